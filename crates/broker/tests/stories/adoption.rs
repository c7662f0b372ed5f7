//! What runs at a connected cloud and that no contract of ours made comes under one, without being restarted.

use crate::on_both;
use broker::contracts::Adoption;
use broker::{BrokerError, OpContext};
use domain::{ContractId, ContractState, Role};
use provider_api::{
    Allocation, AllocationCommand, AllocationId, Call, DriverError, IdempotencyKey,
    MonitoringState, Probe, ProblemCode, ResourceState,
};
use std::time::Duration;
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";

/// What the customer has shown, and under which code.
async fn adoptable(market: &TestBroker, customer: &OpContext) -> Adoption {
    let offer = market.offer(OFFER).await;
    market.broker.adoptable(customer, offer).await.unwrap()
}

async fn adopt(
    market: &TestBroker,
    customer: &OpContext,
    allocation: &AllocationId,
    key: &str,
) -> Result<ContractId, BrokerError> {
    market.adopt(customer, OFFER, allocation.as_str(), key).await
}

/// A command of whoever made it, as they call: with the epoch that they know.
fn by_hand(name: &str, id: &AllocationId) -> AllocationCommand {
    let call = Call { key: IdempotencyKey::parse(format!("hand-{name}")).unwrap(), epoch: 1 };
    AllocationCommand { call, allocation_id: id.clone() }
}

/// A service that its owner made and opened at the cloud, and has put under the code.
async fn made(market: &TestBroker, customer: &OpContext) -> Allocation {
    let code = adoptable(market, customer).await.code;
    let id = market.run_elsewhere(&code, "one").await;
    market.driver().allow(by_hand("allow", &id)).await.unwrap()
}

async fn ask(address: &str) -> u16 {
    let policy = provider_api::AddressPolicy::allowing(testkit::loopback());
    let probe = provider_api::HttpProbe::new(Duration::from_secs(5), policy).unwrap();
    probe.probe(address).await.unwrap().status
}

/// Refuses an operation of the market's cloud once.
async fn refuse(market: &TestBroker, operation: &str) {
    let (url, token) = market.cloud.as_ref().unwrap().admin();
    let order = serde_json::json!({"operation": operation, "kind": "refuse"});
    let post = reqwest::Client::new().post(format!("{url}/faults")).bearer_auth(token);
    assert_eq!(post.json(&order).send().await.unwrap().status(), 200);
}

async fn f7_5_1_what_runs_is_adopted_as_it_stands_and_is_a_service_like_others(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 3).await;
    let customer = market.person(Role::Customer).await;
    let before = made(&market, &customer).await;
    let seen = adoptable(&market, &customer).await;
    assert!(seen.supported);
    let shown = &seen.found[0];
    assert_eq!((shown.allocation.as_str(), shown.obstacle), (before.id.as_str(), None));
    let smaller = shown.differences.iter().find(|one| one.item == "vcpu").unwrap();
    assert_eq!((smaller.offered.as_str(), smaller.found.as_str()), ("8", "1"));
    let price = shown.price.unwrap();

    let id = adopt(&market, &customer, &before.id, "one").await.unwrap();
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Active, "{:?}", page.timelines);
    assert_eq!((page.card.price, &page.plan), (price.month, &shown.plan));
    assert_eq!(ask(&page.card.address.unwrap()).await, 200);
    assert!(page.watches.iter().all(|watch| watch.first_at.is_some()));
    let after = market.allocations(id).await.remove(0);
    assert_eq!(after.instances, before.instances, "the same machines");
    assert_eq!(after.started_at_us, before.started_at_us);
    assert!(adoptable(&market, &customer).await.found.is_empty(), "the code opens nothing more");
    // Sent again, the same page names the same contract.
    assert_eq!(adopt(&market, &customer, &before.id, "one").await.unwrap(), id);

    let late = market.driver().stop(by_hand("late", &before.id)).await;
    assert_eq!(late.unwrap_err().code(), Some(ProblemCode::StaleEpoch));
    assert_eq!(market.broker.look_for_orphans().await.unwrap(), 0);
    assert_eq!(market.broker.observe_services().await.unwrap(), 1);

    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Released, "{:?}", page.timelines);
    assert!(page.statement.is_some() && page.usage.is_some());
    assert_eq!(market.allocations(id).await[0].state, ResourceState::Erased);
    market.finish().await;
}

async fn f7_5_1_a_failed_adoption_gives_everything_back_as_it_was(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 3).await;
    let customer = market.person(Role::Customer).await;
    let before = made(&market, &customer).await;
    refuse(&market, "metrics").await;
    let id = adopt(&market, &customer, &before.id, "one").await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Failed);

    let after = market.driver().allocation(&before.id).await.unwrap();
    assert_eq!((&after.label, after.state), (&before.label, before.state));
    assert_eq!(after.instances, before.instances);
    assert_eq!(ask(&after.endpoint.unwrap().url).await, 200);
    // Nothing was measured of it before, and nothing is now.
    let monitoring = market.driver().monitoring(&before.id).await.unwrap();
    assert_ne!(monitoring.state, MonitoringState::Running);
    // It is nobody's orphan, and it can be adopted after all.
    assert_eq!(market.broker.look_for_orphans().await.unwrap(), 0);
    market.clock.advance_us(1_000_000);
    let id = adopt(&market, &customer, &before.id, "two").await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Active);
    market.finish().await;
}

async fn f7_5_1_only_who_shows_that_it_is_theirs_sees_it_or_takes_it(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 3).await;
    let customer = market.person(Role::Customer).await;
    let before = made(&market, &customer).await;
    let other = customer_of(&market, "other").await;
    let seen = adoptable(&market, &other).await;
    assert_ne!(seen.code, before.label);
    assert!(seen.found.is_empty());
    let refused = adopt(&market, &other, &before.id, "one").await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    let stranger = OpContext::stranger("test");
    let refused = market.broker.adoptable(&stranger, market.offer(OFFER).await).await;
    assert!(matches!(refused, Err(BrokerError::SignInFirst)));
    // A foreign label is neither listed nor swept away.
    let foreign = market.run_elsewhere("of somebody else", "two").await;
    assert_eq!(adoptable(&market, &customer).await.found.len(), 1);
    assert_eq!(market.broker.look_for_orphans().await.unwrap(), 0);
    let state = market.driver().allocation(&foreign).await.unwrap().state;
    assert_eq!(state, ResourceState::Ready);
    market.finish().await;
}

async fn f7_5_1_two_contracts_never_stand_on_one_service(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 3).await;
    let customer = market.person(Role::Customer).await;
    let before = made(&market, &customer).await;
    // Signed for at one moment and again before the first has acted: one contract, and nothing else is begun.
    let (first, second, third) = tokio::join!(
        adopt(&market, &customer, &before.id, "one"),
        adopt(&market, &customer, &before.id, "two"),
        adopt(&market, &customer, &before.id, "three"),
    );
    let late = adopt(&market, &customer, &before.id, "four").await;
    let all = [first, second, third, late];
    let refused = |one: &&Result<ContractId, BrokerError>| {
        matches!(one, Err(BrokerError::Conflict { code: "owned", .. }))
    };
    assert_eq!(all.iter().filter(refused).count(), 3, "{all:?}");
    let signed = all.iter().find_map(|one| one.as_ref().ok()).copied().unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(&customer, signed).await, ContractState::Active);
    // Put under the code again by hand, it is still the contract's.
    let epoch = market.driver().allocation(&before.id).await.unwrap();
    let request = provider_api::AdoptRequest { from: epoch.label, label: before.label.clone() };
    let call = Call { epoch: epoch.epoch, ..by_hand("again", &before.id).call };
    let command = provider_api::AdoptCommand { call, allocation_id: before.id.clone(), request };
    market.driver().adopt(command).await.unwrap();
    assert_eq!(adoptable(&market, &customer).await.found[0].obstacle, Some("owned"));
    let refused = adopt(&market, &customer, &before.id, "five").await;
    assert!(matches!(refused, Err(BrokerError::Conflict { code: "owned", .. })), "{refused:?}");
    let unknown = market.driver().allocation(&AllocationId("alc_none".to_owned())).await;
    assert!(matches!(unknown, Err(DriverError::Gone { .. })));
    market.finish().await;
}

on_both!(
    f7_5_1_what_runs_is_adopted_as_it_stands_and_is_a_service_like_others,
    f7_5_1_a_failed_adoption_gives_everything_back_as_it_was,
    f7_5_1_only_who_shows_that_it_is_theirs_sees_it_or_takes_it,
    f7_5_1_two_contracts_never_stand_on_one_service,
);
