//! A cloud has something else than was ordered: it is put right when asked for, or by itself.

use crate::on_both;
use broker::inventory::{Remedy, RepairMode};
use broker::{BrokerError, OpContext};
use domain::{ContractId, ContractState, Role};
use provider_api::ResourceState;
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";

async fn running(engine: Engine) -> (TestBroker, OpContext, ContractId) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "repair").await.unwrap();
    market.run_workflows().await;
    market.clock.advance_seconds(60);
    (market, customer, id)
}

/// Somebody at the provider stops the service, past the broker, and the broker looks.
async fn stopped_by_hand(market: &TestBroker, id: ContractId, key: &str) {
    market.stop_by_hand(id, key).await;
    assert_eq!(market.broker.look_at_services().await.unwrap(), 1);
}

async fn lose_volume(market: &TestBroker, id: ContractId) {
    let allocation = market.allocations(id).await.pop().unwrap();
    let (url, token) = market.cloud.as_ref().unwrap().admin();
    let switches = serde_json::json!({ "lostVolume": allocation.id });
    let put = reqwest::Client::new().put(format!("{url}/switches")).bearer_auth(token);
    assert_eq!(put.json(&switches).send().await.unwrap().status(), 200);
    assert_eq!(market.broker.look_at_services().await.unwrap(), 1);
}

async fn remedy(market: &TestBroker, ctx: &OpContext, id: ContractId) -> Option<Remedy> {
    market.broker.repair_view(ctx, id).await.unwrap().remedy
}

async fn lent(market: &TestBroker, id: ContractId) -> Vec<ResourceState> {
    market.allocations(id).await.iter().map(|one| one.state).collect()
}

fn code(result: Result<(), BrokerError>) -> &'static str {
    match result {
        Err(BrokerError::Conflict { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

async fn repairs(market: &TestBroker, ctx: &OpContext, id: ContractId) -> usize {
    let page = market.page(ctx, id).await;
    page.timelines.iter().filter(|run| run.kind == "repair_service").count()
}

async fn f7_5_3_a_service_that_was_stopped_runs_again_when_asked_for(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    assert_eq!(remedy(&market, &customer, id).await, None);
    assert_eq!(code(market.broker.repair(&customer, id).await), "nothing_to_repair");

    stopped_by_hand(&market, id, "by-hand").await;
    assert_eq!(remedy(&market, &customer, id).await, Some(Remedy::Start));
    for _ in 0..2 {
        market.broker.repair(&customer, id).await.unwrap();
    }
    assert!(market.broker.repair_view(&customer, id).await.unwrap().running);
    market.run_workflows().await;
    assert_eq!(repairs(&market, &customer, id).await, 1, "asked twice, repaired once");
    assert_eq!(lent(&market, id).await, [ResourceState::Active]);
    assert_eq!(remedy(&market, &customer, id).await, None);
    assert_eq!(market.state(&customer, id).await, ContractState::Active);
    let page = market.page(&customer, id).await;
    assert!(!page.differs);
    let inventory = market.broker.inventory(&customer, id, None).await.unwrap();
    assert_eq!(inventory.history[0].cause, "repair_service/allow");
    assert!(inventory.history[0].actor.is_some(), "somebody asked for it");
    market.clock.advance_seconds(60);
    assert_eq!(market.broker.look_at_services().await.unwrap(), 0);
    market.finish().await;
}

async fn f7_5_3_where_it_was_decided_a_service_is_repaired_by_itself_and_not_without_end(
    engine: Engine,
) {
    let (market, customer, id) = running(engine).await;
    for _ in 0..2 {
        market.broker.set_repair_mode(&customer, id, RepairMode::Automatic).await.unwrap();
    }
    stopped_by_hand(&market, id, "first").await;
    assert_eq!(market.broker.look_at_services().await.unwrap(), 1);
    market.run_workflows().await;
    assert_eq!(repairs(&market, &customer, id).await, 1, "one at a time");
    assert_eq!(lent(&market, id).await, [ResourceState::Active]);

    market.clock.advance_seconds(60);
    stopped_by_hand(&market, id, "second").await;
    market.run_workflows().await;
    assert_eq!(
        repairs(&market, &customer, id).await,
        1,
        "what breaks again at once needs a person"
    );
    market.clock.advance_seconds(600);
    assert_eq!(market.broker.look_at_services().await.unwrap(), 1);
    market.run_workflows().await;
    assert_eq!(repairs(&market, &customer, id).await, 2);
    assert_eq!(lent(&market, id).await, [ResourceState::Active]);

    market.broker.set_repair_mode(&customer, id, RepairMode::Ask).await.unwrap();
    market.clock.advance_seconds(1200);
    stopped_by_hand(&market, id, "third").await;
    market.run_workflows().await;
    assert_eq!(repairs(&market, &customer, id).await, 2, "it waits to be asked again");
    let desk = market.person(Role::Broker).await;
    let audit = market.broker.audit(&desk, None, None, 200).await.unwrap().items;
    let times = |action: &str| audit.iter().filter(|entry| entry.action == action).count();
    assert_eq!((times("contract.repair_mode_set"), times("contract.repaired")), (2, 2));
    market.finish().await;
}

async fn nothing_is_started_on_an_empty_volume(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    market.broker.set_repair_mode(&customer, id, RepairMode::Automatic).await.unwrap();
    lose_volume(&market, id).await;
    assert_eq!(remedy(&market, &customer, id).await, Some(Remedy::VolumeLost));
    assert_eq!(code(market.broker.repair(&customer, id).await), "volume_lost");
    assert_eq!(repairs(&market, &customer, id).await, 0);
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    assert_eq!(code(market.broker.repair(&customer, id).await), "nothing_to_repair");
    market.finish().await;
}

/// The volume is lost between the look and the repair.
async fn a_repair_that_cannot_succeed_ends_and_says_why(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    stopped_by_hand(&market, id, "by-hand").await;
    market.broker.repair(&customer, id).await.unwrap();
    lose_volume(&market, id).await;
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    let run = page.timelines.iter().find(|run| run.kind == "repair_service").unwrap();
    assert_eq!(run.state, "undone");
    let failed = run.steps.iter().find_map(|step| step.error_code.as_deref());
    assert_eq!(failed, Some("volume_lost"));
    assert_eq!(page.card.state, ContractState::Active, "the contract itself does not change");
    market.finish().await;
}

async fn a_release_wins_against_a_repair(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    stopped_by_hand(&market, id, "by-hand").await;
    market.broker.repair(&customer, id).await.unwrap();
    market.clock.advance_seconds(1);
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    assert_eq!(lent(&market, id).await, [ResourceState::Erased]);
    market.finish().await;
}

async fn only_its_customer_has_a_service_repaired(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    stopped_by_hand(&market, id, "by-hand").await;
    let other = customer_of(&market, "another").await;
    let strangers = [other, market.person(Role::Provider).await, OpContext::stranger("nobody")];
    for stranger in &strangers {
        let refused = [
            market.broker.repair(stranger, id).await,
            market.broker.set_repair_mode(stranger, id, RepairMode::Automatic).await,
            market.broker.repair_view(stranger, id).await.map(drop),
        ];
        assert!(refused.iter().all(Result::is_err), "{refused:?}");
    }
    let desk = market.person(Role::Broker).await;
    assert!(market.broker.repair_view(&desk, id).await.is_ok());
    assert!(market.broker.repair(&desk, id).await.is_err(), "the desk only looks");
    assert_eq!(repairs(&market, &customer, id).await, 0);
    market.finish().await;
}

on_both!(
    f7_5_3_a_service_that_was_stopped_runs_again_when_asked_for,
    f7_5_3_where_it_was_decided_a_service_is_repaired_by_itself_and_not_without_end,
    nothing_is_started_on_an_empty_volume,
    a_repair_that_cannot_succeed_ends_and_says_why,
    a_release_wins_against_a_repair,
    only_its_customer_has_a_service_repaired,
);
