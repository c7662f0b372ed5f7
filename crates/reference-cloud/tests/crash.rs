//! `kill -9` of the cloud: what ran is adopted, what died is started again, what was cut off is completed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that cannot go on fails its test")]

mod common;

use common::*;
use provider_api::*;

#[tokio::test]
async fn a_killed_cloud_finds_its_running_children_again() {
    let mut cloud = Process::start().await;
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    let url = service_url(&open);
    assert_eq!(prober().probe(&url).await.unwrap().status, 200);
    let before = child_pids(&cloud.dir);
    assert_eq!(before.len(), 1);
    cloud.kill();
    assert_eq!(prober().probe(&url).await, Err(ProbeError::Refused));
    assert!(is_alive(before[0]), "the child outlives its cloud");
    cloud.restart().await;
    assert_eq!(child_pids(&cloud.dir), before, "the same child serves on");
    assert_eq!(prober().probe(&url).await.unwrap().status, 200);
    let found = cloud.driver.allocation(&open.id).await.unwrap();
    assert_eq!(found.state, ResourceState::Active);
    end(&cloud.driver, &open.id).await;
    assert!(child_pids(&cloud.dir).is_empty() && !is_alive(before[0]));
    assert_eq!(prober().probe(&url).await, Err(ProbeError::Refused));
}

#[tokio::test]
async fn a_child_that_died_with_its_cloud_is_started_again_with_its_state() {
    let mut cloud = Process::start().await;
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    let url = service_url(&open);
    prober().probe(&url).await.unwrap();
    let before = child_pids(&cloud.dir);
    cloud.kill();
    assert!(
        std::process::Command::new("kill")
            .args(["-9", &before[0].to_string()])
            .status()
            .unwrap()
            .success()
    );
    until("the child is gone", || async { !is_alive(before[0]) }).await;
    cloud.restart().await;
    let state = prober().probe(&format!("{url}state")).await.unwrap();
    assert!(state.body.contains("\"visits\":1"), "{}", state.body);
    let after = child_pids(&cloud.dir);
    assert!(after.len() == 1 && after != before);
    end(&cloud.driver, &open.id).await;
}

#[tokio::test]
async fn a_cloud_told_to_end_takes_its_children_along_and_brings_them_back() {
    let mut cloud = Process::start().await;
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    let before = child_pids(&cloud.dir);
    cloud.terminate().await;
    assert!(!is_alive(before[0]));
    cloud.restart().await;
    assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    end(&cloud.driver, &open.id).await;
}

#[tokio::test]
async fn a_crash_around_any_step_leaves_one_set_of_resources_and_the_step_can_be_repeated() {
    for kind in ["crashBefore", "crashAfter"] {
        for step in ["hold", "confirm", "start", "allow", "deny", "stop", "erase", "release"] {
            let mut cloud = Process::start().await;
            cloud.order_fault(&format!(r#"{{"operation":"{step}","kind":"{kind}"}}"#)).await;
            let mut crashed = 0;
            let mut id = None;
            let mut steps =
                ["hold", "confirm", "start", "allow", "deny", "stop", "erase", "release"]
                    .iter()
                    .peekable();
            while let Some(now) = steps.peek() {
                match one(&cloud.driver, now, id.as_ref()).await {
                    Ok(allocation) => {
                        id = Some(allocation.id);
                        steps.next();
                    }
                    Err(DriverError::Unknown { .. }) => {
                        assert_eq!(cloud.wait_for_end().await.code(), None, "ended by a signal");
                        cloud.restart().await;
                        crashed += 1;
                    }
                    Err(error) => panic!("{kind} {step}: {now}: {error}"),
                }
            }
            assert_eq!(crashed, 1, "{kind} {step}");
            let all = cloud.driver.list("ctr_1").await.unwrap();
            let states: Vec<_> = all.iter().map(|allocation| allocation.state).collect();
            assert_eq!(states, [ResourceState::Erased], "{kind} {step}");
            assert!(child_pids(&cloud.dir).is_empty(), "{kind} {step}");
            assert_eq!(
                std::fs::read_dir(cloud.dir.path().join("volumes")).unwrap().count(),
                0,
                "{kind} {step}"
            );
        }
    }
}

/// One step of a life, with the step's name as its key.
async fn one(
    driver: &HttpDriver,
    step: &str,
    id: Option<&AllocationId>,
) -> Result<Allocation, DriverError> {
    let Some(id) = id else { return driver.hold(hold_command("hold", group())).await };
    let plain = command(step, id);
    match step {
        "confirm" => {
            let quota = Quota::default();
            driver
                .confirm(ConfirmCommand { call: call(step), allocation_id: id.clone(), quota })
                .await
        }
        "start" => driver.start(start_command(step, id)).await,
        "allow" => driver.allow(plain).await,
        "deny" => driver.deny(plain).await,
        "stop" => driver.stop(plain).await,
        "erase" => {
            driver.erase(plain).await?;
            driver.allocation(id).await
        }
        "release" => driver.release(plain).await,
        other => panic!("{other} is no step"),
    }
}

async fn end(driver: &HttpDriver, id: &AllocationId) {
    driver.deny(command("deny", id)).await.unwrap();
    driver.stop(command("stop", id)).await.unwrap();
    driver.erase(command("erase", id)).await.unwrap();
    driver.release(command("release", id)).await.unwrap();
}
