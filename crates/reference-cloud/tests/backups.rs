//! Backups as a broker meets them: made while users are in, read again, put back, deleted; on a full disk and after the
//! loss of a volume. IF2.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that cannot go on fails its test")]

mod common;

use std::path::PathBuf;
use std::time::Duration;

use common::*;
use provider_api::*;
use serde_json::json;

/// Where the copied files of a backup are.
fn copy(local: &Local, backup: &Backup) -> PathBuf {
    local.dir.path().join("backups").join(backup.id.as_str()).join("data")
}

fn left_in_staging(local: &Local) -> usize {
    std::fs::read_dir(local.dir.path().join("staging")).unwrap().count()
}

#[tokio::test]
async fn if2_a_backup_made_while_users_are_in_holds_every_file_with_its_digest() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    note(&open, "kept").await;
    std::fs::create_dir_all(local.volume(&open.id).join("folder/empty")).unwrap();
    let work = local.driver.backup(command("backup", &open.id)).await.unwrap();
    let done = ended(&local.driver, &work).await;
    assert_eq!((done.state, done.progress), (WorkState::Succeeded, 100), "{done:?}");
    let backup = local.driver.one_backup(done.backup_id.as_ref().unwrap()).await.unwrap();
    let point = backup.restore_point.clone().unwrap();
    let files = local.driver.backup_files(&backup.id).await.unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["folder/empty/", "notebook.json", "notebook.lock"]);
    assert_eq!((point.files, point.sha256), (3, digest(&files)));
    // Users are still in, and what they do now is not in the copy.
    note(&open, "later").await;
    let copied = std::fs::read_to_string(copy(&local, &backup).join("notebook.json")).unwrap();
    assert!(copied.contains("kept") && !copied.contains("later"), "{copied}");
    assert_eq!(left_in_staging(&local), 0);
    assert_eq!(local.driver.backups(&open.id).await.unwrap(), [backup]);
    assert_eq!(local.driver.long_operations(&open.id).await.unwrap(), [done]);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn machines_stand_still_while_they_are_copied_and_requests_wait() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    note(&open, "before").await;
    switch(&local, json!({"slowDiskMs": 700})).await;
    let work = local.driver.backup(command("backup", &open.id)).await.unwrap();
    let pid = child_pids(&local.dir)[0];
    until("the machine stands still", || async { stands_still(pid) }).await;
    assert!(local.driver.liveness(&open.id).await.unwrap().alive, "on purpose is not dead");
    // This waits for the machine to go on, so it is not in the copy.
    note(&open, "waited").await;
    let done = ended(&local.driver, &work).await;
    assert_eq!(done.state, WorkState::Succeeded);
    assert_eq!(child_pids(&local.dir), [pid], "the same machine goes on");
    let backup = local.driver.one_backup(done.backup_id.as_ref().unwrap()).await.unwrap();
    let copied = std::fs::read_to_string(copy(&local, &backup).join("notebook.json")).unwrap();
    assert!(copied.contains("before") && !copied.contains("waited"), "{copied}");
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_copy_that_would_take_too_long_is_given_up_and_made_while_the_service_is_stopped() {
    let local =
        Local::start_with(|config| config.standstill_max = Duration::from_millis(200)).await;
    let driver = &local.driver;
    let open = activate(driver, group(), Quota::default()).await;
    note(&open, "kept").await;
    switch(&local, json!({"slowDiskMs": 600})).await;
    let work = driver.backup(command("backup", &open.id)).await.unwrap();
    let failed = ended(driver, &work).await;
    let problem = failed.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::WrongState);
    assert!(problem.detail.contains("stop the service first"), "{}", problem.detail);
    assert_eq!(left_in_staging(&local), 0);
    note(&open, "users are in").await;
    driver.stop(command("stop", &open.id)).await.unwrap();
    backed_up(driver, "backup-2", &open.id).await;
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn if2_a_restored_volume_is_the_copied_one_and_the_service_starts_on_it() {
    let local = Local::start().await;
    let driver = &local.driver;
    let open = activate(driver, group(), Quota::default()).await;
    note(&open, "copied").await;
    let first = backed_up(driver, "first", &open.id).await;
    note(&open, "after the copy").await;
    let running = driver.restore(about("early", &first)).await.unwrap_err();
    assert_eq!(running.code(), Some(ProblemCode::WrongState), "{running}");
    driver.stop(command("stop", &open.id)).await.unwrap();
    let work = driver.restore(about("restore", &first)).await.unwrap();
    assert_eq!(ended(driver, &work).await.state, WorkState::Succeeded);
    let second = backed_up(driver, "second", &open.id).await;
    let sha256 = |backup: Backup| backup.restore_point.unwrap().sha256;
    assert_eq!(sha256(second), sha256(first));
    driver.start(start_command("start-2", &open.id)).await.unwrap();
    let open = driver.allow(command("allow-2", &open.id)).await.unwrap();
    let page = prober().probe(&service_url(&open)).await.unwrap().body;
    assert!(page.contains("copied") && !page.contains("after the copy"), "{page}");
    assert_eq!(left_in_staging(&local), 0);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn if2_a_damaged_copy_says_what_is_damaged_and_is_not_put_back() {
    let local = Local::start().await;
    let driver = &local.driver;
    let open = activate(driver, group(), Quota::default()).await;
    note(&open, "kept").await;
    let backup = backed_up(driver, "backup", &open.id).await;
    driver.stop(command("stop", &open.id)).await.unwrap();
    let read = |key: &'static str| async {
        let work = driver.verify(about(key, &backup)).await.unwrap();
        assert_eq!(ended(driver, &work).await.state, WorkState::Succeeded);
        driver.one_backup(&backup.id).await.unwrap()
    };
    let whole = read("verify-1").await;
    assert!(whole.state == BackupState::Ready && whole.verified_at_us.is_some());
    let file = copy(&local, &backup).join("notebook.json");
    let good = std::fs::read(&file).unwrap();
    std::fs::write(&file, String::from_utf8_lossy(&good).replace("kept", "Kept")).unwrap();
    let before = std::fs::read(local.volume(&open.id).join("notebook.json")).unwrap();
    // Not read again yet: found when it is to be put back, and the volume stays as it is.
    let work = driver.restore(about("restore-1", &backup)).await.unwrap();
    let failed = ended(driver, &work).await;
    let code = failed.problem.map(|problem| problem.code);
    assert_eq!((failed.state, code), (WorkState::Failed, Some(ProblemCode::BackupDamaged)));
    assert_eq!(std::fs::read(local.volume(&open.id).join("notebook.json")).unwrap(), before);
    let damaged = driver.one_backup(&backup.id).await.unwrap();
    let changed = Damage { path: "notebook.json".into(), what: DamageKind::Changed };
    assert_eq!((damaged.state, damaged.damage), (BackupState::Damaged, vec![changed]));
    let refused = driver.restore(about("restore-2", &backup)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::BackupDamaged));
    // A medium that reads well again makes a good copy again.
    std::fs::write(&file, good).unwrap();
    let mended = read("verify-2").await;
    assert!(mended.state == BackupState::Ready && mended.damage.is_empty());
    assert_eq!(left_in_staging(&local), 0);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn repetitions_at_the_same_moment_are_one_work_and_busy_allocations_say_so() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    note(&open, "kept").await;
    switch(&local, json!({"slowDiskMs": 300})).await;
    let again = || local.driver.backup(command("backup", &open.id));
    let (one, two, three) = tokio::join!(again(), again(), again());
    let work = one.unwrap();
    assert!(work.id == two.unwrap().id && work.id == three.unwrap().id);
    // Raw, since the driver comes back by itself when it is asked to.
    let url = format!("{}/v1/allocations/{}/stop", local.cloud.url(), open.id);
    let stop = client().post(url).bearer_auth(TOKEN);
    let stop = stop.header("idempotency-key", "raw").header("kumoichi-epoch", "1");
    let answer = stop.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    assert_eq!(ended(&local.driver, &work).await.state, WorkState::Succeeded);
    local.driver.stop(command("stop", &open.id)).await.unwrap();
    assert_eq!(local.driver.backups(&open.id).await.unwrap().len(), 1);
    let record = local.driver.operation(&call("backup").key).await.unwrap().unwrap();
    assert_eq!(record.long_operation.unwrap().id, work.id);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_the_medium_and_from_the_graph() {
    let local = Local::start().await;
    let driver = &local.driver;
    let open = activate(driver, group(), Quota::default()).await;
    let backup = backed_up(driver, "backup", &open.id).await;
    let copies = |graph: ResourceGraph| {
        graph.check().unwrap();
        graph.resources.into_iter().filter(|each| each.kind == ResourceKind::Backup).count()
    };
    assert_eq!(copies(driver.resources(&open.id).await.unwrap()), 1);
    let gone = driver.delete_backup(about("delete", &backup)).await.unwrap();
    assert_eq!(gone.state, BackupState::Deleted);
    assert!(!copy(&local, &backup).exists());
    assert_eq!(copies(driver.resources(&open.id).await.unwrap()), 0);
    let refused = driver.verify(about("verify", &backup)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::WrongState));
    assert!(driver.backup_files(&backup.id).await.unwrap().is_empty());
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_disk_that_fills_in_the_middle_leaves_nothing_half_made() {
    let local = Local::start().await;
    let driver = &local.driver;
    let open = activate(driver, group(), Quota::default()).await;
    note(&open, "kept").await;
    switch(&local, json!({"slowDiskMs": 500})).await;
    let work = driver.backup(command("backup", &open.id)).await.unwrap();
    switch(&local, json!({"diskFull": true})).await;
    let failed = ended(driver, &work).await;
    let code = failed.problem.map(|problem| problem.code);
    assert_eq!((failed.state, code), (WorkState::Failed, Some(ProblemCode::StorageFull)));
    let backup = driver.one_backup(failed.backup_id.as_ref().unwrap()).await.unwrap();
    assert!(backup.state == BackupState::Failed && backup.restore_point.is_none());
    assert_eq!(left_in_staging(&local), 0);
    assert_eq!(std::fs::read_dir(local.dir.path().join("backups")).unwrap().count(), 0);
    // A new key is a new intent; the same one tells what became of the first.
    let refused = driver.backup(command("backup-2", &open.id)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageFull));
    let refused = driver.hold(hold_command("hold-2", group())).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageFull));
    let request = DiscoverRequest { region: zone().region, resources: group(), links: Vec::new() };
    assert!(!driver.discover(&request).await.unwrap().available);
    let mut without = group();
    without.storage.gb = 0;
    driver.hold(hold_command("hold-3", without)).await.unwrap();
    switch(&local, json!({})).await;
    assert_eq!(driver.backup(command("backup", &open.id)).await.unwrap().id, work.id);
    backed_up(driver, "backup-2", &open.id).await;
    // Restoring needs room too.
    driver.stop(command("stop", &open.id)).await.unwrap();
    switch(&local, json!({"diskFull": true})).await;
    let kept = driver.backups(&open.id).await.unwrap().pop().unwrap();
    let refused = driver.restore(about("restore", &kept)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageFull));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_lost_volume_is_told_and_a_backup_brings_it_back() {
    let local = Local::start().await;
    let driver = &local.driver;
    let open = activate(driver, group(), Quota::default()).await;
    note(&open, "precious").await;
    let backup = backed_up(driver, "backup", &open.id).await;
    let loss = json!({"lostVolume": open.id});
    switch(&local, loss.clone()).await;
    let told = driver.liveness(&open.id).await.unwrap();
    assert_eq!((told.alive, told.volume), (false, Some(VolumeHealth::Lost)));
    let failed = driver.allocation(&open.id).await.unwrap();
    assert_eq!(failed.state, ResourceState::Failed);
    assert!(failed.failure.unwrap().contains("volume"));
    let graph = driver.resources(&open.id).await.unwrap();
    let volume = graph.resources.iter().find(|each| each.kind == ResourceKind::Storage).unwrap();
    assert_eq!((volume.observed, &volume.provider_id), (Some(ResourceState::Failed), &None));
    // An empty volume in its place would hide the loss.
    let refused = driver.start(start_command("start-2", &open.id)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::VolumeLost));
    let refused = driver.backup(command("backup-2", &open.id)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::VolumeLost));
    let work = driver.restore(about("restore", &backup)).await.unwrap();
    assert_eq!(ended(driver, &work).await.state, WorkState::Succeeded);
    // The same order sent again loses nothing again.
    switch(&local, loss).await;
    let told = driver.liveness(&open.id).await.unwrap();
    assert_eq!(told.volume, Some(VolumeHealth::Present));
    driver.start(start_command("start-3", &open.id)).await.unwrap();
    let open = driver.allow(command("allow-2", &open.id)).await.unwrap();
    let page = prober().probe(&service_url(&open)).await.unwrap().body;
    assert!(page.contains("precious"), "{page}");
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_volume_that_goes_away_by_itself_fails_the_service() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    std::fs::remove_dir_all(local.volume(&open.id)).unwrap();
    until("the loss is noticed", || async {
        let seen = local.driver.allocation(&open.id).await.unwrap();
        seen.state == ResourceState::Failed
    })
    .await;
    let told = local.driver.liveness(&open.id).await.unwrap();
    assert_eq!(told.volume, Some(VolumeHealth::Lost));
    // Without a backup it can be given back all the same.
    local.driver.stop(command("stop", &open.id)).await.unwrap();
    local.driver.erase(command("erase", &open.id)).await.unwrap();
    let end = local.driver.release(command("release", &open.id)).await.unwrap();
    assert_eq!(end.state, ResourceState::Erased);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn wrong_orders_and_questions_are_named_by_their_place() {
    let local = Local::start().await;
    let order = json!({"lostVolume": "nothing", "slowDiskMs": 1});
    let url = format!("{}/switches", local.cloud.url());
    let answer = client().put(&url).bearer_auth(ADMIN).json(&order).send().await.unwrap();
    let problem: Problem = answer.json().await.unwrap();
    assert_eq!(problem.errors[0].pointer, "/lostVolume");
    let seen = client().get(&url).bearer_auth(ADMIN).send().await.unwrap();
    let seen: serde_json::Value = seen.json().await.unwrap();
    assert_eq!(seen["slowDiskMs"], 0, "all switches are set or none");
    let held = local.driver.hold(hold_command("other", group())).await.unwrap();
    let url = format!("{}/v1/allocations/{}/backups?label=x", local.cloud.url(), held.id);
    let answer = client().get(&url).bearer_auth(TOKEN).send().await.unwrap();
    let problem: Problem = answer.json().await.unwrap();
    assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (400, "/label"));
    let stranger = client().get(url.replace("?label=x", "")).bearer_auth("somebody else");
    assert_eq!(stranger.send().await.unwrap().status(), 401);
    let mut without = group();
    without.storage.gb = 0;
    let bare = activate(&local.driver, without, Quota::default()).await;
    let refused = local.driver.backup(command("backup", &bare.id)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::Unsupported));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_cloud_told_to_end_leaves_its_work_to_the_next_start() {
    let mut cloud = Process::start().await;
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    note(&open, "kept").await;
    cloud.switch(json!({"slowDiskMs": 5000})).await;
    let work = cloud.driver.backup(command("backup", &open.id)).await.unwrap();
    let begun = std::time::Instant::now();
    cloud.terminate().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "it does not wait for the copy");
    cloud.restart().await;
    let done = ended(&cloud.driver, &work).await;
    assert_eq!(done.state, WorkState::Succeeded, "{done:?}");
}
