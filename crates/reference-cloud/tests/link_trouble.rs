//! Trouble on order reaches links and what moves through them: no room, no bandwidth, an outage, a service cut off.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails its test")]

mod common;

use common::{Local, activate, call, group, hold_command, switch, until};
use provider_api::*;
use serde_json::{Value, json};

async fn booked(driver: &HttpDriver, key: &str) -> AllocationId {
    let id = driver.hold(hold_command(key, group())).await.unwrap().id;
    let key = format!("confirm-{key}");
    let confirm =
        ConfirmCommand { call: call(&key), allocation_id: id.clone(), quota: Quota::default() };
    driver.confirm(confirm).await.unwrap();
    id
}

async fn asking(one: &HttpDriver, key: &str, id: &AllocationId, other: &HttpDriver) -> LinkCommand {
    let peer = other.capabilities().await.unwrap().links.unwrap().peer;
    assert!(one.capabilities().await.unwrap().links.is_some());
    let request = LinkRequest { peer, mbps: 10, isolation: LinkIsolation::Tunnel };
    LinkCommand { call: call(key), allocation_id: id.clone(), request }
}

#[tokio::test]
async fn every_switch_that_should_reaches_links_and_pulls() {
    let (one, other) = (Local::start().await, Local::start().await);
    let open = activate(&one.driver, group(), Quota::default()).await;
    let far = activate(&other.driver, group(), Quota::default()).await;
    let to = booked(&other.driver, "to").await;
    // Lost capacity is missing for links too, and nothing is half booked.
    switch(&one, json!({"capacityLossPercent": 100})).await;
    let command = asking(&one.driver, "link", &open.id, &other.driver).await;
    let refused = one.driver.open_link(command.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::CapacityExhausted));
    switch(&one, json!({})).await;
    let asked = one.driver.open_link(command).await.unwrap();
    let offer = asked.offer.clone().unwrap();
    let accept = AcceptLinkCommand { call: call("accept"), allocation_id: far.id.clone(), offer };
    // An answer that is lost after acting is found again by its key.
    common::order_fault(&other.cloud.url(), r#"{"operation": "acceptLink", "kind": "loseAnswer"}"#)
        .await;
    let accepted = other.driver.accept_link(accept).await.unwrap();
    assert_eq!(other.driver.links(&far.id).await.unwrap().len(), 1);
    let is = |state: LinkState| {
        let (driver, id) = (one.driver.clone(), asked.id.clone());
        async move {
            until(state.as_str(), || async { driver.link(&id).await.unwrap().state == state })
                .await;
        }
    };
    is(LinkState::Up).await;
    // A service that is cut off from its users is cut off from linked ones.
    let heard = || async {
        let url = format!("{}linked", common::service_url(&open));
        let said: Vec<Value> =
            common::client().get(url).send().await.unwrap().json().await.unwrap();
        said.first().is_some_and(|said| said["state"].is_object())
    };
    assert!(heard().await);
    switch(&other, json!({"servicePartition": true})).await;
    assert!(!heard().await);
    // In an outage the tunnel is cut too; a cloud whose API alone is cut off keeps it.
    switch(&other, json!({"outage": true})).await;
    is(LinkState::Accepted).await;
    switch(&other, json!({"apiPartition": true})).await;
    is(LinkState::Up).await;
    assert!(heard().await);
    switch(&other, json!({})).await;
    // A full disk takes nothing that is pulled, and a slow one takes its time.
    let command = asking(&one.driver, "second", &open.id, &other.driver).await;
    let second = one.driver.open_link(command).await.unwrap();
    let accept = AcceptLinkCommand {
        call: call("second"),
        allocation_id: to.clone(),
        offer: second.offer.unwrap(),
    };
    let second = other.driver.accept_link(accept).await.unwrap();
    let pull = |key: &str| PullCommand { call: call(key), link_id: second.id.clone() };
    switch(&other, json!({"diskFull": true})).await;
    let refused = other.driver.pull_data(pull("full")).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::StorageFull));
    switch(&other, json!({})).await;
    assert!(other.driver.backups(&to).await.unwrap().is_empty());
    assert_eq!(other.driver.link(&accepted.id).await.unwrap().state, LinkState::Up);
    for local in [one, other] {
        local.cloud.shutdown().await;
    }
}
