//! `kill -9` in the middle of long work: it goes on or fails with a reason, is told, and leaves nothing half made.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use common::*;
use provider_api::*;
use serde_json::json;

/// A cloud whose service keeps a note, slow enough to be killed in the middle of a file.
async fn slow() -> (Process, Allocation) {
    let cloud = Process::start().await;
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    note(&open, "kept").await;
    (cloud, open)
}

fn names(cloud: &Process, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(cloud.dir.path().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The types of the events of long work, in order.
async fn told(cloud: &Process) -> Vec<String> {
    let page = cloud.driver.events(None, Some("ctr_1")).await.unwrap();
    let of_work = page.items.into_iter().filter(|event| event.data.operation.is_some());
    of_work.map(|event| event.kind).collect()
}

#[tokio::test]
async fn a_backup_cut_off_by_a_crash_is_made_after_the_restart() {
    let (mut cloud, open) = slow().await;
    cloud.switch(json!({"slowDiskMs": 20_000})).await;
    let work = cloud.driver.backup(command("backup", &open.id)).await.unwrap();
    let pid = child_pids(&cloud.dir)[0];
    until("the copy has begun", || async {
        stands_still(pid) && names(&cloud, "staging") == [work.id.0.clone()]
    })
    .await;
    cloud.kill();
    assert!(is_alive(pid), "the machine outlives its cloud, also while it stands still");
    cloud.restart().await;
    let done = ended(&cloud.driver, &work).await;
    assert_eq!(done.state, WorkState::Succeeded, "{done:?}");
    assert_eq!(child_pids(&cloud.dir), [pid], "the machine that stood still goes on");
    assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    let again = cloud.driver.backup(command("backup", &open.id)).await.unwrap();
    assert_eq!(again.id, work.id);
    assert_eq!(cloud.driver.backups(&open.id).await.unwrap().len(), 1);
    assert_eq!(names(&cloud, "staging"), Vec::<String>::new());
    assert_eq!(told(&cloud).await, ["kumoichi.operation.running", "kumoichi.operation.succeeded"]);
}

#[tokio::test]
async fn a_restore_cut_off_by_a_crash_leaves_the_whole_old_volume_and_then_the_whole_new_one() {
    let (mut cloud, open) = slow().await;
    let backup = backed_up(&cloud.driver, "backup", &open.id).await;
    note(&open, "later").await;
    cloud.driver.stop(command("stop", &open.id)).await.unwrap();
    cloud.switch(json!({"slowDiskMs": 20_000})).await;
    let work = cloud.driver.restore(about("restore", &backup)).await.unwrap();
    until("the new volume has begun", || async { names(&cloud, "staging") == [work.id.0.clone()] })
        .await;
    cloud.kill();
    let file = cloud.dir.path().join("volumes").join(open.id.as_str()).join("notebook.json");
    assert!(std::fs::read_to_string(&file).unwrap().contains("later"), "the old one is whole");
    cloud.restart().await;
    assert_eq!(ended(&cloud.driver, &work).await.state, WorkState::Succeeded);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("kept") && !text.contains("later"), "{text}");
    assert_eq!(names(&cloud, "staging"), Vec::<String>::new());
}

#[tokio::test]
async fn work_that_keeps_being_cut_off_is_given_up_with_a_reason() {
    let (mut cloud, open) = slow().await;
    // Each start is killed in the middle of the copy: the switches are turned before it can end.
    let volume = cloud.dir.path().join("volumes").join(open.id.as_str());
    for number in 0..40 {
        std::fs::write(volume.join(format!("file-{number}")), vec![7; 4_000_000]).unwrap();
    }
    let mut work = None;
    for _ in 0..10 {
        let asked = cloud.driver.backup(command("backup", &open.id)).await.unwrap();
        let running = asked.state == WorkState::Running;
        work = Some(asked);
        if !running {
            break;
        }
        cloud.switch(json!({"slowDiskMs": 20_000})).await;
        cloud.kill();
        cloud.restart().await;
    }
    let failed = ended(&cloud.driver, &work.unwrap()).await;
    let problem = failed.problem.unwrap();
    assert_eq!((failed.state, problem.code), (WorkState::Failed, ProblemCode::Internal));
    assert!(problem.detail.contains("restarted 3 times"), "{}", problem.detail);
    assert_eq!(names(&cloud, "staging"), Vec::<String>::new());
    assert_eq!(names(&cloud, "backups"), Vec::<String>::new());
    assert_eq!(told(&cloud).await, ["kumoichi.operation.running", "kumoichi.operation.failed"]);
    // The allocation is free again.
    cloud.driver.stop(command("stop", &open.id)).await.unwrap();
}

#[tokio::test]
async fn a_crash_around_each_call_leaves_one_work_that_ends() {
    for step in ["backup", "verify", "restore", "deleteBackup"] {
        for kind in ["crashBefore", "crashAfter"] {
            let (mut cloud, open) = slow().await;
            let first = backed_up(&cloud.driver, "first", &open.id).await;
            cloud.driver.stop(command("stop", &open.id)).await.unwrap();
            cloud.order_fault(&format!(r#"{{"operation":"{step}","kind":"{kind}"}}"#)).await;
            assert!(one(&cloud, step, &first).await.is_err(), "{kind} {step}");
            cloud.wait_for_end().await;
            cloud.restart().await;
            one(&cloud, step, &first).await.unwrap();
            for work in cloud.driver.long_operations(&open.id).await.unwrap() {
                let done = ended(&cloud.driver, &work).await;
                assert_eq!(done.state, WorkState::Succeeded, "{kind} {step} {done:?}");
            }
            let count = cloud.driver.backups(&open.id).await.unwrap().len();
            assert_eq!(count, if step == "backup" { 2 } else { 1 }, "{kind} {step}");
            assert_eq!(names(&cloud, "staging"), Vec::<String>::new(), "{kind} {step}");
        }
    }
}

async fn one(cloud: &Process, step: &str, backup: &Backup) -> Result<(), DriverError> {
    let driver = &cloud.driver;
    match step {
        "backup" => driver.backup(command(step, &backup.allocation_id)).await.map(drop),
        "verify" => driver.verify(about(step, backup)).await.map(drop),
        "restore" => driver.restore(about(step, backup)).await.map(drop),
        _ => driver.delete_backup(about(step, backup)).await.map(drop),
    }
}
