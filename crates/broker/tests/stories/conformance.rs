//! A provider has its cloud examined; everybody sees how it went.

use crate::on_both;
use broker::conformance::{self, Outcome};
use broker::{BrokerError, OpContext};
use domain::{ProviderId, Role};
use testkit::{Engine, TestBroker};

const OFFER: &str = "hokusei-gov-iaas";

async fn own(market: &TestBroker, provider: &OpContext) -> ProviderId {
    market.broker.my_provider(provider).await.unwrap().card.id
}

async fn an_examination_that_was_asked_for_is_done_once_and_seen_by_everybody(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let provider = market.person(Role::Provider).await;
    let id = own(&market, &provider).await;
    let stranger = OpContext::stranger("test");
    assert_eq!(market.broker.conformance(&stranger, id).await.unwrap(), None);
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 0, "nobody waits");
    for _ in 0..2 {
        market.broker.request_examination(&provider).await.unwrap();
    }
    let waiting = market.broker.conformance(&stranger, id).await.unwrap().unwrap();
    assert!(waiting.waiting && waiting.report.is_none());
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 1);
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 0, "it is done");
    let done = market.broker.conformance(&stranger, id).await.unwrap().unwrap();
    assert!(!done.waiting);
    let report = done.report.unwrap();
    assert_eq!(report.outcome, Outcome::Conforms, "{report:?}");
    assert!(report.current && report.passed > 10, "{report:?}");
    assert_eq!(report.examined_at, market.broker.now());
    market.finish().await;
}

async fn a_cloud_that_is_gone_is_not_examined_and_a_new_address_makes_a_report_old(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let provider = market.person(Role::Provider).await;
    let desk = market.person(Role::Broker).await;
    let id = own(&market, &provider).await;
    market.broker.request_examination(&provider).await.unwrap();
    market.broker.examine_clouds().await.unwrap();
    market.broker.connect_provider(&desk, id, "http://127.0.0.1:1", "token").await.unwrap();
    let old = market.broker.conformance(&desk, id).await.unwrap().unwrap().report.unwrap();
    assert!(!old.current, "it is about another cloud");
    market.broker.request_examination(&provider).await.unwrap();
    market.broker.examine_clouds().await.unwrap();
    let new = market.broker.conformance(&desk, id).await.unwrap().unwrap().report.unwrap();
    assert_eq!((new.outcome, new.current), (Outcome::NotExamined, true));
    assert!(new.reason.is_some());
    market.finish().await;
}

/// The cloud acts and then answers with an error, whenever it is asked to let a hold go.
async fn break_drop(market: &TestBroker) {
    let (url, token) = market.cloud.as_ref().unwrap().admin();
    let order = serde_json::json!({ "operation": "drop", "kind": "failAfter", "times": 300 });
    let client = reqwest::Client::new();
    let post = client.post(format!("{url}/faults")).bearer_auth(token).json(&order);
    assert!(post.send().await.unwrap().status().is_success());
}

async fn mend(market: &TestBroker) {
    let (url, token) = market.cloud.as_ref().unwrap().admin();
    let delete = reqwest::Client::new().delete(format!("{url}/faults")).bearer_auth(token);
    assert!(delete.send().await.unwrap().status().is_success());
}

async fn nothing_is_ordered_from_a_cloud_that_has_not_passed(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let provider = market.person(Role::Provider).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let id = own(&market, &provider).await;
    let is_refused = async |key: &str| {
        let refused = market.sign(&customer, OFFER, key).await;
        let code = "cloud_not_passed";
        matches!(refused, Err(BrokerError::NotOrderable { code: found, .. }) if found == code)
    };
    break_drop(&market).await;
    market.broker.request_examination(&provider).await.unwrap();
    market.broker.examine_clouds().await.unwrap();
    let report = market.broker.conformance(&desk, id).await.unwrap().unwrap().report.unwrap();
    assert_eq!(report.outcome, Outcome::Deviates, "{report:?}");
    assert!(is_refused("deviates").await);
    mend(&market).await;
    market.broker.request_examination(&provider).await.unwrap();
    market.broker.examine_clouds().await.unwrap();
    market.sign(&customer, OFFER, "conforms").await.unwrap();
    market.run_workflows().await;
    // Another address is another cloud: it is asked for an examination by being connected.
    market.broker.connect_provider(&desk, id, "http://127.0.0.1:1", "token").await.unwrap();
    assert!(is_refused("another").await);
    assert!(market.broker.conformance(&desk, id).await.unwrap().unwrap().waiting);
    market.broker.examine_clouds().await.unwrap();
    assert!(is_refused("unreachable").await, "what could not be examined has not passed");
    market.finish().await;
}

async fn a_cloud_that_customers_have_filled_is_not_found_to_deviate(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let provider = market.person(Role::Provider).await;
    let customer = market.person(Role::Customer).await;
    let id = own(&market, &provider).await;
    let examined = async || {
        market.broker.request_examination(&provider).await.unwrap();
        market.broker.examine_clouds().await.unwrap();
        market.broker.conformance(&provider, id).await.unwrap().unwrap().report.unwrap()
    };
    assert_eq!(examined().await.outcome, Outcome::Conforms);
    for key in ["one", "two"] {
        market.sign(&customer, OFFER, key).await.unwrap();
    }
    market.run_workflows().await;
    let full = examined().await;
    assert_eq!(full.outcome, Outcome::NotExamined, "{full:?}");
    assert!(full.reason.unwrap().contains("no room"));
    // It is tried again by itself, and not only after a week.
    market.clock.advance_seconds(3_599);
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 0);
    market.clock.advance_seconds(1);
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 1);
    // It is still ordered from: what is refused is refused for want of room.
    let late = market.sign(&customer, OFFER, "three").await.unwrap();
    market.run_workflows().await;
    let page = market.page(&customer, late).await;
    assert_eq!(page.failure.as_deref(), Some("no_capacity"));
    market.finish().await;
}

async fn a_cloud_is_examined_again_after_a_week_and_when_it_says_something_else(engine: Engine) {
    const WEEK: i64 = 7 * 24 * 3_600;
    let market = TestBroker::with_cloud(engine, 2).await;
    let provider = market.person(Role::Provider).await;
    let desk = market.person(Role::Broker).await;
    let id = own(&market, &provider).await;
    market.broker.request_examination(&provider).await.unwrap();
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 1);
    let listed = async || {
        let all = market.broker.examined_clouds(&desk).await.unwrap();
        all.into_iter().find(|card| card.provider == id).unwrap()
    };
    let card = listed().await;
    assert_eq!((card.outcome, card.waiting), (Some(Outcome::Conforms), false));
    assert_eq!(card.examined_at, Some(market.broker.now()));
    assert_eq!(card.next_at, Some(market.broker.now().plus_us(WEEK * 1_000_000)));

    market.clock.advance_seconds(WEEK - 1);
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 0, "not yet");
    market.clock.advance_seconds(1);
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 1, "a week is over");
    assert_eq!(listed().await.examined_at, Some(market.broker.now()));

    // As if it had said something else of itself when it was asked last.
    let mut tx = market.broker.db().begin().await.unwrap();
    let now = market.broker.now();
    storage::cloud_reports::note_capabilities(&mut tx, id, "others", now).await.unwrap();
    tx.commit().await.unwrap();
    market.broker.examine_clouds().await.unwrap();
    assert!(!listed().await.waiting);
    market.broker.look_at_clouds().await.unwrap();
    let card = listed().await;
    assert!(card.waiting && card.next_at.is_none(), "{card:?}");
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 1);
    market.broker.look_at_clouds().await.unwrap();
    assert!(!listed().await.waiting, "it says the same as before");

    let customer = market.person(Role::Customer).await;
    let refused = market.broker.examined_clouds(&customer).await;
    assert!(matches!(refused, Err(BrokerError::WrongRole)), "{refused:?}");
    market.finish().await;
}

async fn only_the_provider_itself_asks_and_only_with_a_cloud(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let stranger = market.broker.request_examination(&OpContext::stranger("test")).await;
    assert!(matches!(stranger, Err(BrokerError::SignInFirst)), "{stranger:?}");
    let customer = market.person(Role::Customer).await;
    let refused = market.broker.request_examination(&customer).await;
    assert!(matches!(refused, Err(BrokerError::WrongRole)), "{refused:?}");
    let provider = market.person(Role::Provider).await;
    let none = market.broker.request_examination(&provider).await;
    assert!(matches!(none, Err(BrokerError::Conflict { code: "no_cloud", .. })), "{none:?}");
    assert_eq!(market.broker.examine_clouds().await.unwrap(), 0);
    market.finish().await;
}

#[test]
fn every_check_has_a_name_and_a_fact() {
    assert!(conformance::checks().count() >= 45);
    assert!(conformance::checks().all(|(id, fact)| id.contains('.') && !fact.is_empty()));
}

on_both!(
    an_examination_that_was_asked_for_is_done_once_and_seen_by_everybody,
    a_cloud_that_is_gone_is_not_examined_and_a_new_address_makes_a_report_old,
    only_the_provider_itself_asks_and_only_with_a_cloud,
    nothing_is_ordered_from_a_cloud_that_has_not_passed,
    a_cloud_that_customers_have_filled_is_not_found_to_deviate,
    a_cloud_is_examined_again_after_a_week_and_when_it_says_something_else,
);
