//! A service is signed now and begins at the moment its customer said.

use crate::on_both;
use broker::contracts::Sign;
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{ContractId, ContractState, Role, Timestamp};
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
const HOUR: i64 = 3_600;

async fn sign(
    market: &TestBroker,
    ctx: &OpContext,
    key: &str,
    starts_at: Option<Timestamp>,
) -> Result<ContractId, BrokerError> {
    let offer = market.offer(OFFER).await;
    let version = market.broker.offer(ctx, offer).await.unwrap().card.version;
    let sign = Sign {
        offer,
        offer_version: version,
        requirement: RequirementSource::Template("certificate-service".to_owned()),
        service_name: "後で".to_owned(),
        plan: None,
        shown_price: None,
        starts_at,
        idempotency_key: key.to_owned(),
    };
    market.broker.sign(ctx, sign).await
}

async fn waiting(engine: Engine) -> (TestBroker, OpContext, ContractId, Timestamp) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let starts_at = market.broker.now().plus_seconds(HOUR);
    let id = sign(&market, &customer, "later", Some(starts_at)).await.unwrap();
    (market, customer, id, starts_at)
}

fn code(error: BrokerError) -> &'static str {
    match error {
        BrokerError::Conflict { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

async fn nothing_is_asked_of_a_cloud_before_the_moment_and_one_process_begins(engine: Engine) {
    let (market, customer, id, starts_at) = waiting(engine).await;
    let again = sign(&market, &customer, "later", Some(starts_at)).await;
    assert_eq!(again.unwrap(), id, "the same page sent twice signs once");
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!((page.card.state, page.card.starts_at), (ContractState::Scheduled, Some(starts_at)));
    assert!(page.timelines.is_empty() && market.allocations(id).await.is_empty());
    let listed = market.broker.contracts(&customer, None, 10).await.unwrap().items;
    assert_eq!(listed[0].state, ContractState::Scheduled);
    market.clock.advance_us(starts_at.since(market.broker.now()) - 1);
    assert_eq!(market.broker.start_due().await.unwrap(), 0, "a microsecond early");
    market.clock.advance_us(1);
    let (first, second) = tokio::join!(market.broker.start_due(), market.broker.start_due());
    assert_eq!(first.unwrap() + second.unwrap(), 1);
    assert_eq!(market.state(&customer, id).await, ContractState::Activating);
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!((page.card.state, page.card.starts_at), (ContractState::Active, None));
    assert!(page.activated_at.unwrap() >= starts_at);
    assert_eq!(market.broker.start_due().await.unwrap(), 0);
    let refused = market.broker.call_off(&customer, id).await.unwrap_err();
    assert_eq!(code(refused), "contract_begun");
    let refused = market.broker.start_at(&customer, id, starts_at).await.unwrap_err();
    assert_eq!(code(refused), "contract_begun");
    market.finish().await;
}

async fn a_beginning_is_moved_and_called_off_before_it_comes(engine: Engine) {
    let (market, customer, id, starts_at) = waiting(engine).await;
    let later = starts_at.plus_seconds(HOUR);
    for _ in 0..2 {
        market.broker.start_at(&customer, id, later).await.unwrap();
    }
    market.clock.advance_seconds(HOUR);
    assert_eq!(market.broker.start_due().await.unwrap(), 0, "it was moved");
    for _ in 0..2 {
        market.broker.call_off(&customer, id).await.unwrap();
    }
    market.clock.advance_seconds(2 * HOUR);
    assert_eq!(market.broker.start_due().await.unwrap(), 0, "it was called off");
    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Failed);
    assert_eq!(page.failure.as_deref(), Some("called_off"));
    assert!(page.alternatives.offers.is_empty(), "nothing else has to be found");
    assert!(market.allocations(id).await.is_empty());
    let desk = market.person(Role::Broker).await;
    let audit = market.broker.audit(&desk, None, None, 100).await.unwrap().items;
    let times = |action: &str| audit.iter().filter(|entry| entry.action == action).count();
    assert_eq!((times("contract.start_moved"), times("contract.called_off")), (1, 1));
    market.finish().await;
}

async fn beginning_and_end_are_said_together_and_in_order(engine: Engine) {
    let (market, customer, id, starts_at) = waiting(engine).await;
    let early = market.broker.end_at(&customer, id, Some(starts_at)).await;
    assert!(matches!(early, Err(BrokerError::Invalid(_))), "{early:?}");
    let end = starts_at.plus_seconds(HOUR);
    market.broker.end_at(&customer, id, Some(end)).await.unwrap();
    let late = market.broker.start_at(&customer, id, end).await;
    assert!(matches!(late, Err(BrokerError::Invalid(_))), "{late:?}");
    market.clock.advance_seconds(HOUR);
    assert_eq!(market.broker.start_due().await.unwrap(), 1);
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Active);
    market.clock.advance_seconds(HOUR);
    assert_eq!(market.broker.end_due().await.unwrap(), 1);
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Released);
    market.finish().await;
}

async fn only_a_moment_that_can_come_is_taken_and_only_from_the_customer(engine: Engine) {
    let (market, customer, id, starts_at) = waiting(engine).await;
    let now = market.broker.now();
    for wrong in [now, now.plus_seconds(-1), now.plus_seconds(11 * 366 * 24 * HOUR)] {
        let refused = [
            sign(&market, &customer, "wrong", Some(wrong)).await.map(drop),
            market.broker.start_at(&customer, id, wrong).await,
        ];
        for refused in refused {
            let Err(BrokerError::Invalid(faults)) = refused else { panic!("{refused:?}") };
            assert_eq!(faults[0].pointer, "/startsAt");
        }
    }
    let other = customer_of(&market, "another").await;
    for (ctx, expected) in [
        (OpContext::stranger("test"), "SignInFirst"),
        (other, "NotFound"),
        (market.person(Role::Provider).await, "WrongRole"),
        (market.person(Role::Broker).await, "WrongRole"),
    ] {
        let refusals = [
            market.broker.start_at(&ctx, id, starts_at).await,
            market.broker.call_off(&ctx, id).await,
        ];
        for refused in refusals {
            let told = format!("{:?}", refused.unwrap_err());
            assert!(told.starts_with(expected), "{expected}: {told}");
        }
    }
    assert_eq!(market.state(&customer, id).await, ContractState::Scheduled);
    market.finish().await;
}

on_both!(
    nothing_is_asked_of_a_cloud_before_the_moment_and_one_process_begins,
    a_beginning_is_moved_and_called_off_before_it_comes,
    beginning_and_end_are_said_together_and_in_order,
    only_a_moment_that_can_come_is_taken_and_only_from_the_customer,
);
