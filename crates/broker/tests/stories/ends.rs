//! A service ends by itself at the moment its customer said.

use crate::on_both;
use broker::{BrokerError, OpContext};
use domain::{ContractId, ContractState, Role, Timestamp};
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
const HOUR: i64 = 3_600;

async fn running(engine: Engine) -> (TestBroker, OpContext, ContractId) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "ends").await.unwrap();
    market.run_workflows().await;
    (market, customer, id)
}

fn in_hours(market: &TestBroker, hours: i64) -> Timestamp {
    market.broker.now().plus_seconds(hours * HOUR)
}

async fn the_end_that_was_set_comes_once_and_is_a_release(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    let end = in_hours(&market, 1);
    market.broker.end_at(&customer, id, Some(end)).await.unwrap();
    assert_eq!(market.page(&customer, id).await.card.ends_at, Some(end));
    market.clock.advance_us(end.since(market.broker.now()) - 1);
    assert_eq!(market.broker.end_due().await.unwrap(), 0, "a microsecond early");
    market.clock.advance_us(1);
    // Every process looks; one begins the release.
    let (first, second) = tokio::join!(market.broker.end_due(), market.broker.end_due());
    assert_eq!(first.unwrap() + second.unwrap(), 1);
    assert_eq!(market.state(&customer, id).await, ContractState::Releasing);
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Released);
    assert!(page.statement.is_some() && page.usage.is_some());
    assert_eq!(page.card.ends_at, None, "it has ended");
    assert_eq!(market.broker.end_due().await.unwrap(), 0);
    let again = market.broker.end_at(&customer, id, None).await;
    assert!(
        matches!(again, Err(BrokerError::Conflict { code: "contract_ended", .. })),
        "{again:?}"
    );
    market.finish().await;
}

async fn an_end_is_moved_and_taken_back_until_it_comes(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    for hours in [1, 5] {
        let end = in_hours(&market, hours);
        for _ in 0..2 {
            market.broker.end_at(&customer, id, Some(end)).await.unwrap();
        }
    }
    market.clock.advance_seconds(2 * HOUR);
    assert_eq!(market.broker.end_due().await.unwrap(), 0, "it was moved");
    market.broker.end_at(&customer, id, None).await.unwrap();
    market.clock.advance_seconds(24 * HOUR);
    assert_eq!(market.broker.end_due().await.unwrap(), 0, "it was taken back");
    assert_eq!(market.state(&customer, id).await, ContractState::Active);
    let desk = market.person(Role::Broker).await;
    let audit = market.broker.audit(&desk, None, None, 100).await.unwrap().items;
    let times = |action: &str| audit.iter().filter(|entry| entry.action == action).count();
    assert_eq!((times("contract.end_set"), times("contract.end_taken_back")), (2, 1));
    market.finish().await;
}

async fn an_end_that_comes_while_the_service_is_set_up_waits_until_it_runs(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "early").await.unwrap();
    let end = market.broker.now().plus_seconds(1);
    market.broker.end_at(&customer, id, Some(end)).await.unwrap();
    market.clock.advance_seconds(2);
    assert_eq!(market.broker.end_due().await.unwrap(), 0);
    market.run_workflows().await;
    assert_eq!(market.broker.end_due().await.unwrap(), 1);
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    market.finish().await;
}

async fn only_the_customer_sets_an_end_and_only_one_that_can_come(engine: Engine) {
    let (market, customer, id) = running(engine).await;
    let now = market.broker.now();
    for end in [now, now.plus_seconds(-1), now.plus_seconds(11 * 366 * 24 * HOUR)] {
        let refused = market.broker.end_at(&customer, id, Some(end)).await;
        let Err(BrokerError::Invalid(faults)) = refused else { panic!("{refused:?}") };
        assert_eq!(faults[0].pointer, "/endsAt");
    }
    let end = Some(in_hours(&market, 1));
    let stranger = market.broker.end_at(&OpContext::stranger("test"), id, end).await;
    assert!(matches!(stranger, Err(BrokerError::SignInFirst)), "{stranger:?}");
    let other = customer_of(&market, "another").await;
    let refused = market.broker.end_at(&other, id, end).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    for role in [Role::Provider, Role::Broker] {
        let person = market.person(role).await;
        let refused = market.broker.end_at(&person, id, end).await;
        assert!(matches!(refused, Err(BrokerError::WrongRole)), "{role:?}: {refused:?}");
    }
    assert_eq!(market.page(&customer, id).await.card.ends_at, None);
    market.finish().await;
}

on_both!(
    the_end_that_was_set_comes_once_and_is_a_release,
    an_end_is_moved_and_taken_back_until_it_comes,
    an_end_that_comes_while_the_service_is_set_up_waits_until_it_runs,
    only_the_customer_sets_an_end_and_only_one_that_can_come,
);
