//! Monitoring: what is measured on order, as text, through traffic, stops, crashes and the end.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::time::Duration;

use common::*;
use provider_api::*;
use serde_json::{Value, json};

fn path(id: &AllocationId, end: &str) -> String {
    format!("/v1/allocations/{id}/{end}")
}

async fn set(url: &str, key: &str, id: &AllocationId, running: bool) -> Monitoring {
    let metrics = ["response.count", "response.p95Us", "usage.memoryBytes"];
    let body = json!({"running": running, "metrics": metrics, "intervalSeconds": 10});
    let (status, told) = ask(url, "PUT", &path(id, "monitoring"), Some(key), Some(body)).await;
    assert_eq!(status, 200, "{told}");
    serde_json::from_value(told).unwrap()
}

async fn get(url: &str, id: &AllocationId) -> Monitoring {
    let (_, told) = ask(url, "GET", &path(id, "monitoring"), None, None).await;
    serde_json::from_value(told).unwrap()
}

async fn value_of(url: &str, id: &AllocationId, family: &str) -> Option<f64> {
    let (kind, text) = text(url, &path(id, "monitoring/readings")).await;
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    assert!(text.ends_with("# EOF\n"));
    let samples = openmetrics::read(&text).unwrap();
    let found = samples.into_iter().find(|sample| sample.family == family);
    found.map(|sample| sample.value.parse().unwrap())
}

#[tokio::test]
async fn requests_of_users_come_into_the_next_reading_and_not_before() {
    let local = Local::start().await;
    let url = local.cloud.url();
    let open = activate(&local.driver, group(), Quota::default()).await;
    let id = &open.id;
    assert_eq!(set(&url, "set", id, true).await.state, MonitoringState::Running);
    until("the first reading", || async { get(&url, id).await.read_at_us.is_some() }).await;
    assert_eq!(value_of(&url, id, "kumoichi_response_window_requests").await, Some(0.0));
    assert_eq!(value_of(&url, id, "kumoichi_response_p95_seconds").await, None);
    assert!(value_of(&url, id, "kumoichi_usage_memory_bytes").await.unwrap() > 0.0);
    prober().probe(&service_url(&open)).await.unwrap();
    assert_eq!(value_of(&url, id, "kumoichi_response_window_requests").await, Some(0.0));
    local.pass(Duration::from_secs(10)).await;
    until("the next reading", || async {
        value_of(&url, id, "kumoichi_response_window_requests").await == Some(1.0)
    })
    .await;
    assert!(value_of(&url, id, "kumoichi_response_p95_seconds").await.unwrap() > 0.0);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn what_is_monitored_survives_a_kill_and_a_repeated_key_sets_nothing_anew() {
    let mut cloud = Process::start().await;
    let url = format!("http://{}", cloud.address);
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    let set_at = set(&url, "set", &open.id, true).await.set_at_us;
    until("the first reading", || async { get(&url, &open.id).await.read_at_us.is_some() }).await;
    cloud.kill();
    cloud.restart().await;
    let after = get(&url, &open.id).await;
    assert_eq!((after.state, after.set_at_us), (MonitoringState::Running, set_at));
    assert!(after.read_at_us.is_some());
    assert_eq!(set(&url, "set", &open.id, true).await.set_at_us, set_at);
    let (_, record) = ask(&url, "GET", "/v1/operations/set", None, None).await;
    assert_eq!(record["operation"], "setMonitoring");
}

#[tokio::test]
async fn a_release_stops_what_is_measured_and_a_stale_epoch_changes_nothing() {
    let local = Local::start().await;
    let url = local.cloud.url();
    let id = activate(&local.driver, group(), Quota::default()).await.id;
    set(&url, "set", &id, true).await;
    let mut stop = command("stop", &id);
    stop.call.epoch = 2;
    local.driver.stop(stop).await.unwrap();
    let body = json!({"running": false, "metrics": ["response.count"], "intervalSeconds": 10});
    let (status, refusal) =
        ask(&url, "PUT", &path(&id, "monitoring"), Some("late"), Some(body)).await;
    assert_eq!((status, &refusal["code"]), (409, &Value::from("stale-epoch")));
    for end in ["erase", "release"] {
        let mut command = command(end, &id);
        command.call.epoch = 2;
        match end {
            "erase" => drop(local.driver.erase(command).await.unwrap()),
            _ => drop(local.driver.release(command).await.unwrap()),
        }
    }
    assert_eq!(get(&url, &id).await.state, MonitoringState::Stopped);
    local.cloud.shutdown().await;
}
