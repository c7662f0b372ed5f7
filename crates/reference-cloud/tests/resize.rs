//! Resizing a service: machines come and go, the volume's limit moves, users stay in, and a crash in between.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::time::Duration;

use common::*;
use provider_api::*;

fn size(count: u32, vcpu: u32, gb: u32) -> ResourceGroup {
    let mut group = group();
    group.compute.count = count;
    group.compute.vcpu = vcpu;
    group.storage.gb = gb;
    group
}

fn resize(key: &str, id: &AllocationId, resources: ResourceGroup) -> ResizeCommand {
    let request = ResizeRequest { resources, quota: Quota::default() };
    ResizeCommand { call: call(key), allocation_id: id.clone(), request }
}

#[tokio::test]
async fn a_service_grows_and_shrinks_while_its_users_get_every_answer() {
    let local = Local::start().await;
    let open = activate(&local.driver, size(1, 1, 1), Quota::default()).await;
    note(&open, "kept").await;
    let url = service_url(&open);
    let stop = tokio_util::sync::CancellationToken::new();
    let (users, until) = (url.clone(), stop.clone());
    let visits = tokio::spawn(async move {
        let mut answered = 0;
        while !until.is_cancelled() {
            let status = client().get(&users).send().await.unwrap().status();
            assert_eq!(status, 200);
            answered += 1;
        }
        answered
    });
    for (key, count) in [("grow", 3), ("shrink", 1), ("again", 2)] {
        let told = local.driver.resize(resize(key, &open.id, size(count, 1, 1))).await.unwrap();
        assert_eq!((told.state, told.resources.compute.count), (ResourceState::Active, count));
        assert_eq!(told.instances.iter().filter(|each| each.running).count(), count as usize);
        assert_eq!(child_pids(&local.dir).len(), count as usize);
    }
    stop.cancel();
    assert!(visits.await.unwrap() > 0);
    assert!(prober().probe(&url).await.unwrap().body.contains("kept"));
    let logs = std::fs::read_dir(local.dir.path().join("logs")).unwrap().count();
    assert_eq!(logs, 2, "what users wrote does not stay in the log of a machine that is gone");
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn the_limit_of_the_volume_moves_with_its_size_and_never_below_what_it_holds() {
    let local = Local::start().await;
    let quota = Quota { storage_bytes: Some(4096) };
    let open = activate(&local.driver, size(2, 1, 1), quota).await;
    let long = "x".repeat(1500);
    note(&open, &long).await;
    note(&open, &long).await;
    let full = || async {
        let form = client().post(format!("{}notes", service_url(&open)));
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        form.body(format!("note={long}")).send().await.unwrap().status()
    };
    assert_eq!(full().await, 507);
    let mut wider = resize("wider", &open.id, size(2, 1, 2));
    wider.request.quota = Quota { storage_bytes: Some(9000) };
    local.driver.resize(wider).await.unwrap();
    // Both machines know, whichever is asked.
    for _ in 0..2 {
        assert_eq!(full().await, 303);
    }
    let mut narrow = resize("narrow", &open.id, size(2, 1, 1));
    narrow.request.quota = Quota { storage_bytes: Some(4096) };
    let refused = local.driver.resize(narrow).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageInUse));
    let seen = local.driver.allocation(&open.id).await.unwrap();
    assert_eq!(seen.resources.storage.gb, 2);
    assert_eq!(seen.quota, Some(Quota { storage_bytes: Some(9000) }));
    assert_eq!(full().await, 303, "the refusal left the limit where it was");
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn of_two_that_grow_into_the_last_capacity_one_wins_and_the_other_is_told_what_is_free() {
    let local = Local::start().await;
    let mut ids = Vec::new();
    for key in ["a", "b"] {
        let held = local.driver.hold(hold_command(key, size(1, 3, 1))).await.unwrap();
        let confirm = ConfirmCommand {
            call: call(&format!("confirm-{key}")),
            allocation_id: held.id.clone(),
            quota: Quota::default(),
        };
        ids.push(local.driver.confirm(confirm).await.unwrap().id);
    }
    // Two of eight processors are left.
    let (first, second) = tokio::join!(
        local.driver.resize(resize("grow-a", &ids[0], size(1, 5, 1))),
        local.driver.resize(resize("grow-b", &ids[1], size(1, 5, 1))),
    );
    let refusals: Vec<_> = [first, second].into_iter().filter_map(Result::err).collect();
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].code(), Some(ProblemCode::CapacityExhausted));
    assert!(refusals[0].to_string().contains("vcpu 2 asked, 0 free"), "{}", refusals[0]);
    // A zone that lends less than it has lent refuses nobody who gives back.
    switch(&local, serde_json::json!({"capacityLossPercent": 90})).await;
    for (key, id) in [("less-a", &ids[0]), ("less-b", &ids[1])] {
        local.driver.resize(resize(key, id, size(1, 1, 1))).await.unwrap();
    }
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn each_size_is_metered_for_its_time() {
    let local = Local::start().await;
    let open = activate(&local.driver, size(1, 2, 1), Quota::default()).await;
    local.pass(Duration::from_secs(10)).await;
    local.driver.resize(resize("grow", &open.id, size(2, 3, 4))).await.unwrap();
    local.pass(Duration::from_secs(5)).await;
    local.driver.resize(resize("shrink", &open.id, size(1, 1, 1))).await.unwrap();
    local.pass(Duration::from_secs(1)).await;
    let meter = local.driver.meter(&open.id).await.unwrap();
    assert_eq!(meter.used_seconds, 16);
    assert_eq!(meter.instance_seconds, 10 + 5 * 2 + 1);
    assert_eq!(meter.vcpu_seconds, 10 * 2 + 5 * 6 + 1);
    assert_eq!(meter.storage_gb_seconds, 10 + 5 * 4 + 1);
    let machines: Vec<i64> = meter.sizes.iter().map(|each| each.instances).collect();
    assert_eq!(machines, [1, 2, 1]);
    local.driver.stop(command("stop", &open.id)).await.unwrap();
    local.pass(Duration::from_secs(100)).await;
    let stopped = local.driver.meter(&open.id).await.unwrap();
    assert_eq!((stopped.instance_seconds, stopped.vcpu_seconds), (31 - 10, 51));
    assert_eq!(stopped.storage_gb_seconds, 31 + 100);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_size_that_cannot_be_started_leaves_the_old_one_running() {
    let local = Local::start().await;
    let open = activate(&local.driver, size(1, 1, 1), Quota::default()).await;
    // Where the second machine would write its log there is a folder.
    let in_the_way = local.dir.path().join("logs").join(format!("{}-1.log", open.id));
    std::fs::create_dir_all(&in_the_way).unwrap();
    let refused = local.driver.resize(resize("grow", &open.id, size(2, 1, 1))).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StartFailed), "{refused}");
    let seen = local.driver.allocation(&open.id).await.unwrap();
    assert_eq!((seen.state, seen.resources), (ResourceState::Active, size(1, 1, 1)));
    assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    std::fs::remove_dir_all(&in_the_way).unwrap();
    local.driver.resize(resize("grow", &open.id, size(2, 1, 1))).await.unwrap();
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_cloud_killed_while_it_resizes_has_one_size_when_it_is_back() {
    let mut cloud = Process::start().await;
    let open = activate(&cloud.driver, size(1, 1, 1), Quota::default()).await;
    for (round, count) in [(0, 3), (1, 1), (2, 4), (3, 2)] {
        let before = child_pids(&cloud.dir).len();
        let driver = cloud.driver.clone();
        let order = resize(&format!("resize-{round}"), &open.id, size(count, 1, 1));
        let sent = order.clone();
        let asked = tokio::spawn(async move { driver.resize(sent).await });
        // In the middle: the first machine has come, or gone.
        until("it begins", || async { child_pids(&cloud.dir).len() != before }).await;
        cloud.kill();
        let _ = asked.await.unwrap();
        cloud.restart().await;
        let told = cloud.driver.resize(order).await.unwrap();
        assert_eq!((told.state, told.resources.compute.count), (ResourceState::Active, count));
        assert_eq!(child_pids(&cloud.dir).len(), count as usize);
        assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    }
    let meter = cloud.driver.meter(&open.id).await.unwrap();
    let machines: Vec<i64> = meter.sizes.iter().map(|each| each.instances).collect();
    assert_eq!(machines, [1, 3, 1, 4, 2], "a repetition is no further size");
}
