//! Trouble of the whole cloud, switched on and off again.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::time::{Duration, Instant};

use common::*;
use provider_api::*;
use serde_json::{Value, json};

async fn switch(local: &Local, switches: Value) -> u16 {
    put_switches(&local.cloud.url(), &switches).await
}

#[tokio::test]
async fn a_partition_of_the_api_leaves_services_alive_and_the_reverse() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let url = service_url(&open);
    assert_eq!(switch(&local, json!({"apiPartition": true})).await, 200);
    assert!(matches!(local.driver.capabilities().await, Err(DriverError::Transient { .. })));
    let held = local.driver.hold(hold_command("cut", group())).await;
    assert!(matches!(held, Err(DriverError::Unknown { .. })), "{held:?}");
    assert_eq!(prober().probe(&url).await.unwrap().status, 200);
    assert_eq!(switch(&local, json!({"servicePartition": true})).await, 200);
    assert!(prober().probe(&url).await.is_err());
    assert!(local.driver.liveness(&open.id).await.unwrap().alive, "it runs on");
    assert!(local.driver.operation(&call("cut").key).await.unwrap().is_none(), "nothing was done");
    assert_eq!(switch(&local, json!({"outage": true})).await, 200);
    assert!(local.driver.capabilities().await.is_err() && prober().probe(&url).await.is_err());
    assert_eq!(switch(&local, json!({})).await, 200);
    assert_eq!(prober().probe(&url).await.unwrap().status, 200);
    assert_eq!(local.driver.allocation(&open.id).await.unwrap().state, ResourceState::Active);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_slow_cloud_is_slow_and_one_with_errors_says_that_it_did_nothing() {
    let local = Local::start().await;
    assert_eq!(switch(&local, json!({"slowMs": 150})).await, 200);
    let begun = Instant::now();
    local.driver.capabilities().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(150));
    assert_eq!(switch(&local, json!({"errorPerMille": 1000})).await, 200);
    let refused = local.driver.hold(hold_command("hold", group())).await;
    assert!(matches!(refused, Err(DriverError::Transient { .. })), "{refused:?}");
    assert_eq!(switch(&local, json!({"errorPerMille": 0})).await, 200);
    assert!(local.driver.list("ctr_1").await.unwrap().is_empty());
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn lost_capacity_is_missing_for_new_holds_and_what_is_lent_stays() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    assert_eq!(switch(&local, json!({"capacityLossPercent": 100})).await, 200);
    let refused = local.driver.hold(hold_command("more", group())).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::CapacityExhausted));
    assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    // Of four machines two are left, and one is lent.
    assert_eq!(switch(&local, json!({"capacityLossPercent": 50})).await, 200);
    local.driver.hold(hold_command("one", group())).await.unwrap();
    let refused = local.driver.hold(hold_command("two", group())).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::CapacityExhausted));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_clock_that_is_wrong_ends_holds_early_and_shows_in_every_time() {
    let local = Local::start().await;
    let held = local.driver.hold(hold_command("hold", group())).await.unwrap();
    assert_eq!(switch(&local, json!({"clockSkewSeconds": 3600})).await, 200);
    let seen = local.driver.allocation(&held.id).await.unwrap();
    assert_eq!(seen.state, ResourceState::Expired);
    let late = local.driver.hold(hold_command("late", group())).await.unwrap();
    assert_eq!(late.created_at_us - held.created_at_us, 3_600_000_000);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_wrong_switch_is_named_and_only_the_operator_reaches_them() {
    let local = Local::start().await;
    let url = format!("{}/switches", local.cloud.url());
    let wrong = json!({"slowMs": 60_001, "capacityLossPercent": 101});
    let answer = client().put(&url).bearer_auth(ADMIN).json(&wrong).send().await.unwrap();
    let problem: Problem = answer.json().await.unwrap();
    let places: Vec<_> = problem.errors.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(places, ["/slowMs", "/capacityLossPercent"]);
    assert_eq!(switch(&local, json!({"surprise": 1})).await, 400);
    let stranger = client().put(&url).bearer_auth(TOKEN).json(&json!({"outage": true}));
    assert_eq!(stranger.send().await.unwrap().status(), 401);
    let seen: Value =
        client().get(&url).bearer_auth(ADMIN).send().await.unwrap().json().await.unwrap();
    assert_eq!(seen["outage"], false);
    local.cloud.shutdown().await;
}
