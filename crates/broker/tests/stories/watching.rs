//! P6.1.i5: a service is watched before users are let in, and what is not measured is not taken for good.

use crate::on_both;
use broker::contracts::WatchKind;
use domain::{ContractState, Role};
use provider_api::MonitoringState;
use testkit::{Engine, TestBroker};

const OFFER: &str = "hokusei-gov-iaas";

/// Refuses an operation of the market's cloud once.
async fn refuse(market: &TestBroker, operation: &str) {
    let (url, token) = market.cloud.as_ref().unwrap().admin();
    let order = serde_json::json!({"operation": operation, "kind": "refuse"});
    let post = reqwest::Client::new().post(format!("{url}/faults")).bearer_auth(token);
    assert_eq!(post.json(&order).send().await.unwrap().status(), 200);
}

async fn p6_1_i5_the_first_sample_of_each_kind_has_arrived_before_a_service_is_active(
    engine: Engine,
) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "one").await.unwrap();
    market.run_workflows().await;

    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Active, "{:?}", page.timelines);
    let kinds: Vec<_> = page.watches.iter().map(|watch| watch.kind).collect();
    assert_eq!(kinds, [WatchKind::Liveness, WatchKind::Resources, WatchKind::Service]);
    for watch in &page.watches {
        assert!(watch.first_at.is_some_and(|at| at <= page.activated_at.unwrap()), "{watch:?}");
    }
    // Nobody has gone round yet: the samples are those of the activation.
    let (from, to) = (page.card.signed_at, market.broker.now().plus_us(1));
    let seen = market.broker.observations(&customer, id, from, to, 1).await.unwrap();
    assert_eq!((seen[0].samples, seen[0].ok), (1, 1));
    assert_eq!(page.card.healthy, Some(true));
    // It took one attempt: no pause where the sample is there at once.
    let probe = page.timelines[0].steps.iter().find(|step| step.name == "probe").unwrap();
    assert_eq!(probe.attempt, 1);

    let allocation = market.allocations(id).await.remove(0);
    let monitoring = market.driver().monitoring(&allocation.id).await.unwrap();
    assert_eq!(monitoring.state, MonitoringState::Running);
    assert!(monitoring.read_at_us.is_some());
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    let monitoring = market.driver().monitoring(&allocation.id).await.unwrap();
    assert_eq!(monitoring.state, MonitoringState::Stopped);
    market.finish().await;
}

async fn p6_1_i5_what_cannot_be_watched_does_not_begin_and_leaves_nothing(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    refuse(&market, "setMonitoring").await;
    let id = market.sign(&customer, OFFER, "one").await.unwrap();
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Failed);
    assert_eq!(page.failure.as_deref(), Some("refused"));
    assert!(page.watches.is_empty());
    assert!(market.allocations(id).await.iter().all(|it| it.state.is_final()));
    market.finish().await;
}

async fn p6_1_i5_measuring_ends_with_an_activation_that_is_undone(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    refuse(&market, "allow").await;
    let id = market.sign(&customer, OFFER, "one").await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Failed);
    let allocation = market.allocations(id).await.remove(0);
    let monitoring = market.driver().monitoring(&allocation.id).await.unwrap();
    assert_eq!(monitoring.state, MonitoringState::Stopped);
    let steps = &market.page(&customer, id).await.timelines[0].steps;
    assert!(steps.iter().any(|step| step.name == "probe" && step.phase == "undo"));
    market.finish().await;
}

on_both!(
    p6_1_i5_the_first_sample_of_each_kind_has_arrived_before_a_service_is_active,
    p6_1_i5_what_cannot_be_watched_does_not_begin_and_leaves_nothing,
    p6_1_i5_measuring_ends_with_an_activation_that_is_undone,
);
