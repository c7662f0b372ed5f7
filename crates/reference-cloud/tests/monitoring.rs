//! Monitoring: what is measured on order, as text, through traffic, stops, crashes and the end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that cannot go on fails its test")]

mod common;

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use common::*;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
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

/// A collector that refuses a number of times and then takes what it can decode; what it took, with its token.
async fn collector(
    refusals: usize,
) -> (String, std::sync::Arc<std::sync::Mutex<Vec<(String, ExportMetricsServiceRequest)>>>) {
    type Taken = std::sync::Arc<std::sync::Mutex<Vec<(String, ExportMetricsServiceRequest)>>>;
    let taken = Taken::default();
    let left = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(refusals));
    let kept = taken.clone();
    let take = move |headers: axum::http::HeaderMap, body: axum::body::Bytes| async move {
        if left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            return axum::http::StatusCode::SERVICE_UNAVAILABLE;
        }
        let Ok(told) = serde_json::from_slice(&body) else {
            return axum::http::StatusCode::BAD_REQUEST;
        };
        let bearer = headers["authorization"].to_str().unwrap().to_owned();
        kept.lock().unwrap().push((bearer, told));
        axum::http::StatusCode::OK
    };
    let app = axum::Router::new().route("/v1/metrics", axum::routing::post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/metrics", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, taken)
}

/// The moments of one value in an export, in nanoseconds.
fn moments(told: &ExportMetricsServiceRequest, name: &str) -> Vec<u64> {
    let scopes = told.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let found = scopes.flat_map(|scope| &scope.metrics).find(|metric| metric.name == name);
    match found.and_then(|metric| metric.data.as_ref()) {
        Some(Data::Gauge(gauge)) => gauge.data_points.iter().map(|p| p.time_unix_nano).collect(),
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn if11_readings_reach_a_collector_of_opentelemetry_after_it_was_away_and_none_is_lost() {
    let local = Local::start().await;
    let url = local.cloud.url();
    let open = activate(&local.driver, group(), Quota::default()).await;
    let (to, taken) = collector(2).await;
    let body = json!({"running": true, "metrics": ["response.count", "response.p95Us"],
        "intervalSeconds": 1, "otlp": {"url": to, "token": "for-the-collector"}});
    let (status, told) =
        ask(&url, "PUT", &path(&open.id, "monitoring"), Some("set"), Some(body)).await;
    assert_eq!(status, 200, "{told}");
    assert!(!told.to_string().contains("for-the-collector"));
    for number in 0..3 {
        until("a reading", || async {
            let since = format!("{}?since=0", path(&open.id, "monitoring/readings"));
            openmetrics::read(&text(&url, &since).await.1).unwrap().len() > number
        })
        .await;
        local.pass(Duration::from_secs(2)).await;
    }
    let name = "kumoichi_response_window_requests";
    let came = || {
        let all = taken.lock().unwrap();
        all.iter().flat_map(|(_, told)| moments(told, name)).collect::<Vec<u64>>()
    };
    until("the collector has three readings", || async {
        local.pass(Duration::from_secs(2)).await;
        came().len() >= 3
    })
    .await;
    let all = came();
    assert!(all.is_sorted_by(|a, b| a < b), "each comes once and in order: {all:?}");
    let first = taken.lock().unwrap()[0].clone();
    assert_eq!(first.0, "Bearer for-the-collector");
    let names: Vec<_> = first.1.resource_metrics[0].scope_metrics[0].metrics.iter().collect();
    assert!(names.iter().all(|metric| metric.name == name), "nobody was let in: no times");
    until("the push is told", || async {
        let push = get(&url, &open.id).await.otlp.unwrap();
        push.failures == 0 && push.pushed_at_us.is_some() && !push.suspended
    })
    .await;
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_collector_that_never_takes_anything_is_given_up_and_holds_up_no_reading() {
    let local = Local::start().await;
    let url = local.cloud.url();
    let open = activate(&local.driver, group(), Quota::default()).await;
    let (to, taken) = collector(usize::MAX).await;
    let body = json!({"running": true, "metrics": ["response.count"], "intervalSeconds": 1,
        "otlp": {"url": to}});
    ask(&url, "PUT", &path(&open.id, "monitoring"), Some("set"), Some(body)).await;
    until_within(Duration::from_secs(60), "the push is given up", || async {
        local.pass(Duration::from_secs(301)).await;
        get(&url, &open.id).await.otlp.unwrap().suspended
    })
    .await;
    let push = get(&url, &open.id).await.otlp.unwrap();
    assert_eq!((push.failures, push.pushed_at_us), (12, None));
    assert_eq!(push.last_error.as_deref(), Some("the collector answered 503"));
    assert!(taken.lock().unwrap().is_empty());
    let before = get(&url, &open.id).await.read_at_us;
    local.pass(Duration::from_secs(2)).await;
    until("readings go on", || async { get(&url, &open.id).await.read_at_us > before }).await;
    local.cloud.shutdown().await;
}
