//! A cloud of two hundred machines, each a process, killed in the middle and started again.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails its test")]

mod common;

use std::collections::BTreeSet;

use common::{Process, call, child_pids, command, group, hold_command, start_command};
use provider_api::*;

/// Machines of one allocation, and how many allocations there are.
const EACH: u32 = 50;
const GROUPS: usize = 4;

#[tokio::test]
async fn two_hundred_running_machines_outlive_a_kill_of_their_cloud_and_are_adopted() {
    let mut cloud = Process::start_with(200, &[]).await;
    let mut ids = Vec::new();
    for number in 0..GROUPS {
        let mut group = group();
        group.compute.count = EACH;
        group.compute.ram_mb = 64;
        group.network.endpoint = EndpointKind::None;
        let held = cloud.driver.hold(hold_command(&format!("hold-{number}"), group)).await.unwrap();
        let confirm = ConfirmCommand {
            call: call(&format!("confirm-{number}")),
            allocation_id: held.id.clone(),
            quota: Quota::default(),
        };
        cloud.driver.confirm(confirm).await.unwrap();
        let started = cloud.driver.start(start_command(&format!("start-{number}"), &held.id)).await;
        assert_eq!(started.unwrap().state, ResourceState::Ready);
        ids.push(held.id);
    }
    let full = cloud.driver.hold(hold_command("one-more", group())).await.unwrap_err();
    assert_eq!(full.code(), Some(ProblemCode::CapacityExhausted));
    let before: BTreeSet<i64> = child_pids(&cloud.dir).into_iter().collect();
    assert_eq!(before.len(), 200);
    cloud.kill();
    assert_eq!(child_pids(&cloud.dir).len(), 200, "machines outlive their cloud");
    cloud.restart().await;
    let after: BTreeSet<i64> = child_pids(&cloud.dir).into_iter().collect();
    assert_eq!(after, before, "every one is adopted and none is started anew");
    for (number, id) in ids.iter().enumerate() {
        let seen = cloud.driver.liveness(id).await.unwrap();
        assert_eq!((seen.alive, seen.instances_running), (true, EACH));
        cloud.driver.stop(command(&format!("stop-{number}"), id)).await.unwrap();
        cloud.driver.erase(command(&format!("erase-{number}"), id)).await.unwrap();
        cloud.driver.release(command(&format!("release-{number}"), id)).await.unwrap();
    }
    assert!(child_pids(&cloud.dir).is_empty());
}
