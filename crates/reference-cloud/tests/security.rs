//! What the gateway notices at an address, and sources it keeps out: for real, over a crash, and gone with the data.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use common::*;
use provider_api::*;
use serde_json::{Value, json};

async fn get<T: serde::de::DeserializeOwned>(url: &str, id: &AllocationId, end: &str) -> T {
    let path = format!("/v1/allocations/{id}/{end}");
    serde_json::from_value(ask(url, "GET", &path, None, None).await.1).unwrap()
}

async fn block(url: &str, key: &str, id: &AllocationId, source: &str) -> Block {
    let path = format!("/v1/allocations/{id}/blocks");
    let body = json!({"source": source, "reason": "test"});
    let (status, made) = ask(url, "POST", &path, Some(key), Some(body)).await;
    assert_eq!(status, 201, "{made}");
    serde_json::from_value(made).unwrap()
}

#[tokio::test]
async fn a_source_that_guesses_pages_is_noticed_once_and_so_is_one_that_asks_for_the_control_path()
{
    let local = Local::start().await;
    let url = local.cloud.url();
    let open = activate(&local.driver, group(), Quota::default()).await;
    for number in 0..25 {
        prober().probe(&format!("{}guess-{number}", service_url(&open))).await.unwrap();
    }
    prober().probe(&format!("{}_control/ping", service_url(&open))).await.unwrap();
    let page: SecurityEventPage = get(&url, &open.id, "security-events").await;
    let seen: Vec<_> = page.items.iter().map(|event| (event.kind, event.count)).collect();
    let expected = [(SecurityKind::TooManyBadRequests, 20), (SecurityKind::DeniedAccess, 1)];
    assert_eq!(seen, expected);
    assert!(page.items.iter().all(|event| event.source.as_deref() == Some("127.0.0.1")));
    let feed = local.driver.events(None, Some("ctr_1")).await.unwrap();
    let told = feed.items.iter().filter_map(|event| event.data.security.clone());
    assert_eq!(told.map(|notice| notice.kind).collect::<Vec<_>>(), expected.map(|(kind, _)| kind));
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_blocked_source_gets_no_answer_even_on_a_connection_it_kept_and_after_access_is_allowed_anew()
 {
    let local = Local::start().await;
    let url = local.cloud.url();
    let open = activate(&local.driver, group(), Quota::default()).await;
    let kept = client();
    assert_eq!(kept.get(service_url(&open)).send().await.unwrap().status(), 200);
    let made = block(&url, "block", &open.id, "127.0.0.1").await;
    assert!(kept.get(service_url(&open)).send().await.is_err(), "a kept connection");
    assert!(prober().probe(&service_url(&open)).await.is_err(), "a new connection");
    local.driver.deny(command("deny", &open.id)).await.unwrap();
    local.driver.allow(command("allow-2", &open.id)).await.unwrap();
    assert!(prober().probe(&service_url(&open)).await.is_err(), "after access was allowed anew");
    let (_, told) = ask(&url, "GET", &format!("/v1/blocks/{}", made.id), None, None).await;
    assert!(told["refused"].as_i64().unwrap() >= 3, "{told}");
    let path = format!("/v1/blocks/{}", made.id);
    let (status, lifted) = ask(&url, "DELETE", &path, Some("lift"), None).await;
    assert_eq!((status, &lifted["state"]), (200, &Value::from("lifted")));
    assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_block_of_others_is_in_nobodys_way() {
    let local = Local::start().await;
    let open = activate(&local.driver, group(), Quota::default()).await;
    block(&local.cloud.url(), "block", &open.id, "192.0.2.0/24").await;
    assert_eq!(prober().probe(&service_url(&open)).await.unwrap().status, 200);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_killed_cloud_keeps_out_whom_it_kept_out_before() {
    let mut cloud = Process::start().await;
    let url = format!("http://{}", cloud.address);
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    let made = block(&url, "block", &open.id, "127.0.0.0/8").await;
    cloud.kill();
    cloud.restart().await;
    let state = cloud.driver.allocation(&open.id).await.unwrap().state;
    assert_eq!(state, ResourceState::Active);
    assert!(prober().probe(&service_url(&open)).await.is_err());
    assert_eq!(block(&url, "block", &open.id, "127.0.0.0/8").await.id, made.id);
}

#[tokio::test]
async fn sources_go_with_the_data_and_blocks_end_then() {
    let local = Local::start().await;
    let (url, driver) = (local.cloud.url(), &local.driver);
    let id = activate(driver, group(), Quota::default()).await.id;
    let open = driver.allocation(&id).await.unwrap();
    prober().probe(&format!("{}_control/ping", service_url(&open))).await.unwrap();
    block(&url, "block", &id, "192.0.2.0/24").await;
    driver.stop(command("stop", &id)).await.unwrap();
    driver.erase(command("erase", &id)).await.unwrap();
    let blocks: BlockPage = get(&url, &id, "blocks").await;
    assert_eq!(blocks.items[0].state, BlockState::Lifted);
    assert_eq!((&blocks.items[0].source, &blocks.items[0].reason), (&None, &None));
    let events: SecurityEventPage = get(&url, &id, "security-events").await;
    assert_eq!(events.items.len(), 1);
    assert_eq!(events.items[0].source, None);
    let feed = driver.events(None, None).await.unwrap();
    assert!(!serde_json::to_string(&feed).unwrap().contains("192.0.2"));
    local.cloud.shutdown().await;
}
