//! What a service consists of at its cloud, at every moment of its life.

use crate::on_both;
use broker::inventory::{GROUP, Inventory, LOOK, Remedy};
use broker::{BrokerError, OpContext};
use domain::{ContractId, ContractState, Role, Timestamp};
use provider_api::ResourceState;
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";

/// A service that runs, each step a second after the one before.
async fn running(engine: Engine) -> (TestBroker, OpContext, ContractId) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "inventory").await.unwrap();
    market.run_workflows().await;
    (market, customer, id)
}

/// Takes the cloud's API away, or gives it back.
async fn partition(market: &TestBroker, cut: bool) {
    let (url, token) = market.cloud.as_ref().unwrap().admin();
    let switches = serde_json::json!({ "apiPartition": cut });
    let client = reqwest::Client::new();
    let put = client.put(format!("{url}/switches")).bearer_auth(token).json(&switches);
    assert_eq!(put.send().await.unwrap().status(), 200);
}

/// The state of a part, and what was found instead.
fn state(inventory: &Inventory, kind: &str) -> Option<(String, Option<String>)> {
    let parts = inventory.allocations.iter().flat_map(|one| &one.parts);
    let mut parts = parts.filter(|part| part.kind == kind);
    parts.next().map(|part| (part.state.clone(), part.observed.clone()))
}

/// The causes of the changes, oldest first.
fn causes(inventory: &Inventory) -> Vec<&str> {
    inventory.history.iter().rev().map(|change| change.cause.as_str()).collect()
}

async fn f7_5_4_every_moment_of_a_life_reads_as_it_was(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let before = market.broker.now();
    market.clock.advance_seconds(10);
    let id = market.sign(&customer, OFFER, "inventory").await.unwrap();
    market.run_workflows().await;
    let runs = market.broker.now();
    market.clock.advance_seconds(10);
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;

    let now = market.broker.inventory(&customer, id, None).await.unwrap();
    assert_eq!(
        causes(&now),
        [
            "activate_contract/hold",
            "activate_contract/confirm",
            "activate_contract/start",
            "activate_contract/allow",
            "release_contract/deny",
            "release_contract/stop",
            "release_contract/release",
        ]
    );
    assert!(now.history.iter().all(|change| change.actor.is_some()), "{now:?}");
    assert_eq!(state(&now, GROUP).unwrap().0, "erased");
    assert_eq!(state(&now, "storage").unwrap().0, "erased");

    let at = |at: Timestamp| market.broker.inventory(&customer, id, Some(at));
    assert_eq!(at(before).await.unwrap().allocations, []);
    let then = at(runs).await.unwrap();
    for kind in [GROUP, "compute", "storage", "network", "endpoint"] {
        assert_eq!(state(&then, kind), Some(("active".to_owned(), None)), "{kind}");
    }
    let group = then.allocations[0].parts.first().unwrap();
    assert!(group.attributes.contains_key("zone"), "{group:?}");
    assert_eq!(causes(&then).len(), 4);

    let between = market.broker.inventory_differences(&customer, id, (runs, now.at)).await.unwrap();
    let changed = between.iter().find(|change| change.kind == GROUP).unwrap();
    let states = |part: &Option<broker::inventory::Part>| part.as_ref().unwrap().state.clone();
    assert_eq!(
        (states(&changed.before), states(&changed.after)),
        ("active".into(), "erased".into())
    );
    let same = market.broker.inventory_differences(&customer, id, (runs, runs)).await.unwrap();
    assert_eq!(same, []);
    market.finish().await;
}

/// Somebody with the cloud's own tools makes a service larger; the order is what it was.
async fn f7_5_3_another_size_than_was_ordered_is_found_and_told(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    market.clock.advance_seconds(60);
    assert_eq!(market.broker.look_at_services().await.unwrap(), 0);
    market.resize_by_hand(id, "by-hand", 2).await;
    for _ in 0..2 {
        assert_eq!(market.broker.look_at_services().await.unwrap(), 1);
    }
    let now = market.broker.inventory(&customer, id, None).await.unwrap();
    let compute = now.allocations[0].parts.iter().find(|part| part.kind == "compute").unwrap();
    assert_eq!(compute.attributes["count"], "1");
    assert_eq!(compute.observed_attributes["count"], "2");
    assert_eq!(compute.observed, None);
    let remedy = market.broker.repair_view(&customer, id).await.unwrap().remedy;
    assert_eq!(remedy, Some(Remedy::Size));
    let refused = market.broker.repair(&customer, id).await;
    let told = matches!(refused, Err(BrokerError::Conflict { code: "size_differs", .. }));
    assert!(told, "{refused:?}");
    market.resize_by_hand(id, "back", 1).await;
    assert_eq!(market.broker.look_at_services().await.unwrap(), 0);
    assert_eq!(market.broker.repair_view(&customer, id).await.unwrap().remedy, None);
    market.finish().await;
}

async fn f7_5_3_what_a_cloud_changes_by_itself_is_found_once_and_told(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    market.clock.advance_seconds(60);
    assert_eq!(market.broker.look_at_services().await.unwrap(), 0);
    assert_eq!(market.allocations(id).await.pop().unwrap().state, ResourceState::Active);
    market.stop_by_hand(id, "by-hand").await;
    for _ in 0..2 {
        assert_eq!(market.broker.look_at_services().await.unwrap(), 1);
    }
    let now = market.broker.inventory(&customer, id, None).await.unwrap();
    assert_eq!(state(&now, GROUP), Some(("active".to_owned(), Some("draining".to_owned()))));
    // The picture tells what was ordered, not what the cloud was told by others.
    let graph = market.broker.service_graph(&customer, id).await.unwrap();
    let nodes = graph.contracts[0].allocations.as_ref().unwrap()[0].nodes.as_ref().unwrap();
    let machines: Vec<_> = nodes.iter().filter(|node| node.kind == "compute").collect();
    assert!(machines.iter().all(|node| node.desired == "active" && node.differs()), "{nodes:?}");
    assert!(!machines.is_empty());
    let looks: Vec<_> = now.history.iter().filter(|change| change.cause == LOOK).collect();
    assert_eq!(looks.len(), 1, "one change, however often it is seen");
    assert_eq!(looks[0].actor, None);
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    let ended = market.broker.inventory(&customer, id, None).await.unwrap();
    assert_eq!(state(&ended, GROUP), Some(("erased".to_owned(), None)));
    market.finish().await;
}

async fn a_cloud_that_does_not_answer_says_nothing_about_its_services(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    let before = market.broker.inventory(&customer, id, None).await.unwrap();
    partition(&market, true).await;
    assert_eq!(market.broker.look_at_services().await.unwrap(), 0);
    partition(&market, false).await;
    let after = market.broker.inventory(&customer, id, None).await.unwrap();
    assert_eq!(after.history, before.history);
    market.finish().await;
}

async fn f7_5_what_a_late_call_leaves_is_found_and_given_back(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    let own = market.allocations(id).await.pop().unwrap().id;
    assert_eq!(market.broker.look_for_orphans().await.unwrap(), 0, "its own is no orphan");
    let beside = market.leave_behind(id, "beside").await;
    assert_eq!(market.broker.look_for_orphans().await.unwrap(), 1);
    assert_eq!(market.broker.look_for_orphans().await.unwrap(), 0, "it is being given back");
    market.run_workflows().await;
    let state = |all: &[provider_api::Allocation], id: &provider_api::AllocationId| {
        all.iter().find(|one| one.id == *id).unwrap().state
    };
    let all = market.allocations(id).await;
    assert_eq!(state(&all, &own), ResourceState::Active);
    assert_eq!(state(&all, &beside), ResourceState::Erased);
    assert_eq!(market.state(&customer, id).await, ContractState::Active);

    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    let late = market.leave_behind(id, "late").await;
    let (first, second) =
        tokio::join!(market.broker.look_for_orphans(), market.broker.look_for_orphans());
    assert_eq!(first.unwrap() + second.unwrap(), 1, "of two processes one begins");
    market.run_workflows().await;
    assert_eq!(state(&market.allocations(id).await, &late), ResourceState::Erased);
    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Released);
    assert!(page.timelines.iter().any(|run| run.kind == "reclaim_orphan"), "it can be read");
    let desk = market.person(Role::Broker).await;
    let audit = market.broker.audit(&desk, None, None, 100).await.unwrap().items;
    let told = audit.iter().filter(|entry| entry.action == "allocation.orphan_found").count();
    assert_eq!(told, 2);
    market.finish().await;
}

async fn the_inventory_is_its_customers_and_the_brokers(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    let other = customer_of(&market, "another").await;
    for stranger in [other, market.person(Role::Provider).await] {
        let span = (Timestamp(0), market.broker.now());
        let refused = [
            market.broker.inventory(&stranger, id, None).await.map(drop),
            market.broker.inventory_differences(&stranger, id, span).await.map(drop),
        ];
        for refused in refused {
            let refusal =
                matches!(refused, Err(BrokerError::NotFound { .. } | BrokerError::WrongRole));
            assert!(refusal, "{refused:?}");
        }
    }
    assert!(market.broker.inventory(&customer, id, None).await.is_ok());
    let desk = market.person(Role::Broker).await;
    assert!(market.broker.inventory(&desk, id, None).await.is_ok());
    market.finish().await;
}

on_both!(
    f7_5_4_every_moment_of_a_life_reads_as_it_was,
    f7_5_3_what_a_cloud_changes_by_itself_is_found_once_and_told,
    f7_5_3_another_size_than_was_ordered_is_found_and_told,
    a_cloud_that_does_not_answer_says_nothing_about_its_services,
    f7_5_what_a_late_call_leaves_is_found_and_given_back,
    the_inventory_is_its_customers_and_the_brokers,
);
