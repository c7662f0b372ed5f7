//! Draining a service: what is in flight finishes, newcomers wait, a crash in between, and a stop that cuts it short.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::*;
use provider_api::*;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A note whose head and first half are with the service.
async fn half_a_note(open: &Allocation) -> TcpStream {
    let endpoint = open.endpoint.as_ref().unwrap();
    let address: SocketAddr = format!("{}:{}", endpoint.host, endpoint.port).parse().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /notes HTTP/1.1\r\nhost: demo\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                content-length: 9\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut asked = [0; 64];
    let length = stream.read(&mut asked).await.unwrap();
    assert!(asked[..length].starts_with(b"HTTP/1.1 100"), "the request is with the service");
    stream.write_all(b"note=").await.unwrap();
    stream
}

async fn drain(url: &str, key: &str, id: &AllocationId, seconds: u32) -> LongOperation {
    let path = format!("/v1/allocations/{id}/drain");
    let body = json!({"deadlineSeconds": seconds});
    let (status, told) = ask(url, "POST", &path, Some(key), Some(body)).await;
    let work: LongOperation = serde_json::from_value(told).unwrap();
    let expected = if work.state == WorkState::Running { 202 } else { 200 };
    assert_eq!((status, work.kind), (expected, WorkKind::Drain));
    work
}

async fn drained(driver: &HttpDriver, id: &AllocationId) {
    until("nothing runs", || async {
        driver.allocation(id).await.unwrap().state == ResourceState::Draining
    })
    .await;
}

#[tokio::test]
async fn a_note_in_flight_is_kept_and_newcomers_are_told_when_to_come_back() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let mut flying = half_a_note(&open).await;
    let work = drain(&local.cloud.url(), "drain", &open.id, 60).await;
    let told = local.driver.allocation(&open.id).await.unwrap();
    assert_eq!(told.state, ResourceState::Active);
    assert!(!told.endpoint.unwrap().open, "newcomers are not let in");
    let away = client().get(service_url(&open)).send().await.unwrap();
    assert_eq!(
        (away.status().as_u16(), away.headers()["retry-after"].as_bytes()),
        (503, &b"30"[..])
    );
    flying.write_all(b"kept").await.unwrap();
    let mut answer = [0; 64];
    let length = flying.read(&mut answer).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 303"), "the request in flight is answered");
    drop(flying);
    drained(&local.driver, &open.id).await;
    let done = local.driver.long_operation(&work.id).await.unwrap();
    assert_eq!((done.state, done.progress), (WorkState::Succeeded, 100));
    assert_eq!(done.result, Some(format!("/v1/allocations/{}", open.id)));
    assert_eq!(prober().probe(&service_url(&open)).await, Err(ProbeError::Refused));
    local.driver.start(start_command("start-2", &open.id)).await.unwrap();
    local.driver.allow(command("allow-2", &open.id)).await.unwrap();
    let page = prober().probe(&service_url(&open)).await.unwrap();
    assert!(page.status == 200 && page.body.contains("kept"), "{}", page.body);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn what_is_still_in_flight_at_the_deadline_is_cut_off() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let mut flying = half_a_note(&open).await;
    drain(&local.cloud.url(), "drain", &open.id, 60).await;
    local.pass(Duration::from_secs(61)).await;
    drained(&local.driver, &open.id).await;
    let mut answer = Vec::new();
    let _ = flying.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 303"));
    assert!(child_pids(&local.dir).is_empty());
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_stop_ends_a_drain_at_once_and_the_next_start_is_open_to_everybody() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    let _flying = half_a_note(&open).await;
    let work = drain(&local.cloud.url(), "drain", &open.id, 3600).await;
    let refused = local.driver.start(start_command("start-2", &open.id)).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::WrongState));
    let stopped = local.driver.stop(command("stop", &open.id)).await.unwrap();
    assert_eq!((stopped.state, stopped.draining_until_us), (ResourceState::Draining, None));
    let done = local.driver.long_operation(&work.id).await.unwrap();
    assert_eq!(done.state, WorkState::Succeeded, "nothing runs, as the drain was to reach");
    local.driver.start(start_command("start-3", &open.id)).await.unwrap();
    local.driver.allow(command("allow-2", &open.id)).await.unwrap();
    assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_cloud_killed_while_it_drains_goes_on_draining_and_comes_to_the_end() {
    let mut cloud = Process::start().await;
    let url = format!("http://{}", cloud.address);
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    let _flying = half_a_note(&open).await;
    let work = drain(&url, "drain", &open.id, 3600).await;
    cloud.kill();
    cloud.restart().await;
    // What was in flight went with the cloud, so nothing is waited for.
    drained(&cloud.driver, &open.id).await;
    assert!(child_pids(&cloud.dir).is_empty());
    let done = cloud.driver.long_operation(&work.id).await.unwrap();
    assert_eq!((&done.id, done.state), (&work.id, WorkState::Succeeded));
    let feed = cloud.driver.events(None, None).await.unwrap();
    let last = feed.items.last().unwrap();
    assert_eq!(
        (last.data.before, last.data.state),
        (Some(ResourceState::Active), ResourceState::Draining)
    );
    let told = feed.items.iter().filter_map(|event| event.data.operation.as_ref());
    let states: Vec<_> = told.filter(|each| each.id == work.id).map(|each| each.state).collect();
    assert_eq!(states, [WorkState::Running, WorkState::Succeeded]);
    // What is stopped has nothing to be drained, and says so with work that has ended.
    let late = drain(&url, "drain-2", &open.id, 3600).await;
    assert_eq!((late.state, late.id == work.id), (WorkState::Succeeded, false));
}
