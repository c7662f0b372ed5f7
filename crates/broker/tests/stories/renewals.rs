//! A contract that has an end gets a later one, at the terms that were signed or at today's.

use crate::on_both;
use broker::changes::Renew;
use broker::{BrokerError, OpContext};
use domain::{ChangeKind, ChangeState, ContractId, ContractState, Role, Timestamp};
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
const HOUR: i64 = 3_600;

/// A service that runs and ends in an hour.
async fn ending(engine: Engine) -> (TestBroker, OpContext, ContractId, Timestamp) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "renewed").await.unwrap();
    market.run_workflows().await;
    let end = market.broker.now().plus_seconds(HOUR);
    market.broker.end_at(&customer, id, Some(end)).await.unwrap();
    (market, customer, id, end)
}

fn wish(ends_at: Timestamp, offer_version: i64, key: &str) -> Renew {
    Renew { ends_at, offer_version, shown_price: None, idempotency_key: key.to_owned() }
}

/// The provider publishes the same offer at ten times its price.
async fn dearer(market: &TestBroker, customer: &OpContext, id: ContractId) {
    let page = market.page(customer, id).await;
    let provider = market.person(Role::Provider).await;
    let mut document = sla::parse_offer(&page.offer_document).unwrap();
    let price = document.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap();
    price.minor *= 10;
    market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    market.broker.publish_offer(&provider, page.offer).await.unwrap();
}

fn code(error: BrokerError) -> &'static str {
    match error {
        BrokerError::Conflict { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

async fn a_renewal_as_signed_moves_the_end_and_nothing_else(engine: Engine) {
    let (market, customer, id, end) = ending(engine).await;
    dearer(&market, &customer, id).await;
    let before = market.page(&customer, id).await;
    let later = end.plus_seconds(24 * HOUR);
    for _ in 0..2 {
        let wish = wish(later, before.offer_version, "as signed");
        assert_eq!(market.broker.renew(&customer, id, wish).await.unwrap(), 1);
    }
    let after = market.page(&customer, id).await;
    assert_eq!(after.card.ends_at, Some(later));
    assert_eq!((after.card.price, after.offer_version), (before.card.price, before.offer_version));
    assert_eq!(after.offer_hash, before.offer_hash);
    let change = &after.changes[0];
    assert_eq!((change.kind, change.state), (ChangeKind::Renew, ChangeState::Done));
    assert_eq!((change.before.ends_at, change.after.ends_at), (Some(end), Some(later)));
    market.clock.advance_seconds(2 * HOUR);
    assert_eq!(market.broker.end_due().await.unwrap(), 0, "the old end has passed");
    assert_eq!(market.state(&customer, id).await, ContractState::Active);
    market.finish().await;
}

async fn a_renewal_as_of_today_takes_todays_version_and_keeps_both_texts(engine: Engine) {
    let (market, customer, id, end) = ending(engine).await;
    let before = market.page(&customer, id).await;
    let later = end.plus_seconds(24 * HOUR);
    let quote = market.broker.quote_renew(&customer, id, later).await.unwrap();
    assert!(quote.today.is_none(), "there is one version only");
    dearer(&market, &customer, id).await;
    let quote = market.broker.quote_renew(&customer, id, later).await.unwrap();
    let today = quote.today.unwrap();
    assert_eq!(quote.signed.price, before.card.price);
    assert_eq!(today.terms.price.minor, before.card.price.minor * 10);
    assert!(!today.changes.is_empty());
    let version = today.terms.offer_version;
    let blind = Renew { shown_price: Some(before.card.price), ..wish(later, version, "blind") };
    let refused = market.broker.renew(&customer, id, blind).await.unwrap_err();
    assert_eq!(code(refused), "price_changed");
    let number = market.broker.renew(&customer, id, wish(later, version, "today")).await.unwrap();
    let after = market.page(&customer, id).await;
    assert_eq!((after.card.price, after.offer_version), (today.terms.price, version));
    assert_ne!(after.offer_hash, before.offer_hash);
    assert!(after.newer.is_none(), "it is today's");
    let kept = market.broker.signed_texts(&customer, id, number).await.unwrap().unwrap();
    assert_eq!((kept.0.text, kept.0.hash), (before.offer_document, before.offer_hash));
    assert_eq!((kept.1.text, kept.1.hash), (after.offer_document, after.offer_hash));
    market.finish().await;
}

async fn only_a_later_end_of_a_running_contract_that_has_one_is_agreed(engine: Engine) {
    let (market, customer, id, end) = ending(engine).await;
    let version = market.page(&customer, id).await.offer_version;
    for wrong in [end, end.plus_seconds(-1), end.plus_seconds(11 * 366 * 24 * HOUR)] {
        let refused = [
            market.broker.quote_renew(&customer, id, wrong).await.map(drop),
            market.broker.renew(&customer, id, wish(wrong, version, "wrong")).await.map(drop),
        ];
        for refused in refused {
            let Err(BrokerError::Invalid(faults)) = refused else { panic!("{refused:?}") };
            assert_eq!(faults[0].pointer, "/endsAt");
        }
    }
    let later = end.plus_seconds(HOUR);
    let unknown = market.broker.renew(&customer, id, wish(later, version + 7, "unknown")).await;
    assert_eq!(code(unknown.unwrap_err()), "offer_changed");
    for (ctx, expected) in [
        (OpContext::stranger("test"), "SignInFirst"),
        (customer_of(&market, "another").await, "NotFound"),
        (market.person(Role::Provider).await, "WrongRole"),
        (market.person(Role::Broker).await, "WrongRole"),
    ] {
        let refused = market.broker.renew(&ctx, id, wish(later, version, "theirs")).await;
        let told = format!("{:?}", refused.unwrap_err());
        assert!(told.starts_with(expected), "{expected}: {told}");
    }
    market.broker.end_at(&customer, id, None).await.unwrap();
    let endless = market.broker.renew(&customer, id, wish(later, version, "endless")).await;
    assert_eq!(code(endless.unwrap_err()), "no_end");
    market.broker.release(&customer, id).await.unwrap();
    let ended = market.broker.renew(&customer, id, wish(later, version, "ended")).await;
    assert_eq!(code(ended.unwrap_err()), "contract_ended");
    market.run_workflows().await;
    market.finish().await;
}

on_both!(
    a_renewal_as_signed_moves_the_end_and_nothing_else,
    a_renewal_as_of_today_takes_todays_version_and_keeps_both_texts,
    only_a_later_end_of_a_running_contract_that_has_one_is_agreed,
);
