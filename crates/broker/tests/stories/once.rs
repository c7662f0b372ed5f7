//! What is charged once: agreed with the signature, charged when the service begins, never again; by another provider when
//! the service moves there.

use crate::moves::{self, NEW, OLD};
use crate::on_both;
use crate::orders::{STALLS, Trio};
use crate::securing::running;
use broker::changes::{Move, Renew, Scale};
use broker::contracts::{Charges, ContractPage, OrderMember, Plan, Sign};
use broker::requirements::RequirementSource;
use broker::{Broker, BrokerError, OpContext};
use domain::{ContractState, Currency, Money, OfferId, Role};
use provider_api::ResourceState;
use sla::Amount;
use testkit::{Engine, TestBroker};

const OFFER: &str = "hokusei-gov-iaas";

fn yen(minor: i64) -> Money {
    Money::new(minor, Currency::Jpy)
}

/// The offer's provider publishes it with a charge that is made once.
async fn charging(broker: &Broker, offer: OfferId, once: i64) {
    let reader = OpContext::stranger("test");
    let mut document = broker.offer(&reader, offer).await.unwrap().document;
    let price = document.spec.price.as_mut().unwrap();
    let currency = price.monthly_total.as_ref().unwrap().currency.clone();
    price.one_time = Some(Amount { minor: once, currency, tax_excluded: None });
    let provider = testkit::person(broker, Role::Provider).await;
    broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    broker.publish_offer(&provider, offer).await.unwrap();
}

fn charged(page: &ContractPage) -> Vec<(i64, Option<i64>, bool)> {
    let row = |row: &broker::contracts::ChargedOnce| {
        (row.amount.minor, row.change, row.charged_at.is_some())
    };
    page.charged_once.iter().map(row).collect()
}

async fn order(broker: &Broker, ctx: &OpContext, offer: OfferId, key: &str) -> Sign {
    let requirement = RequirementSource::Template("certificate-service".to_owned());
    let quote = broker.quote(ctx, offer, &requirement).await.unwrap();
    Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement,
        service_name: key.to_owned(),
        plan: Some(quote.plan.clone()),
        shown_price: quote.priced.map(|priced| priced.charges().into()),
        starts_at: None,
        idempotency_key: key.to_owned(),
    }
}

async fn it_is_charged_when_the_service_begins_and_never_again(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 4).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    charging(&market.broker, offer, 30_000).await;
    let sign = order(&market.broker, &customer, offer, "once").await;
    let seen = sign.shown_price.clone().unwrap().charges;
    assert_eq!(seen.once, Some(yen(30_000)), "the quote says it");
    let unseen = Charges { once: None, ..seen };
    for shown in [unseen, Charges { once: Some(yen(29_999)), ..unseen }] {
        let refused = Sign { shown_price: Some(shown.into()), ..sign.clone() };
        let refused = market.broker.sign(&customer, refused).await.unwrap_err();
        assert_eq!(refused.code(), "price_changed", "nobody signs for what was not shown");
    }
    let id = market.broker.sign(&customer, sign.clone()).await.unwrap();
    assert_eq!(charged(&market.page(&customer, id).await), [(30_000, None, false)]);
    market.run_workflows().await;
    let begun = market.page(&customer, id).await;
    assert_eq!(charged(&begun), [(30_000, None, true)]);
    assert_eq!(market.broker.sign(&customer, sign).await.unwrap(), id, "repeated");

    let plan = Plan { instances: 2, ..begun.plan.clone() };
    let wish = Scale { plan, shown_price: None, from: None, idempotency_key: "grow".to_owned() };
    market.broker.scale(&customer, id, wish).await.unwrap();
    market.run_workflows().await;
    let end = market.broker.now().plus_seconds(3_600);
    market.broker.end_at(&customer, id, Some(end)).await.unwrap();
    charging(&market.broker, offer, 90_000).await;
    let renew = Renew {
        ends_at: end.plus_seconds(3_600),
        offer_version: begun.offer_version + 1,
        shown_price: None,
        idempotency_key: "later".to_owned(),
    };
    market.broker.renew(&customer, id, renew).await.unwrap();
    assert_eq!(market.page(&customer, id).await.charged_once, begun.charged_once);
    market.broker.release(&customer, id).await.unwrap();
    market.run_workflows().await;
    let settled = market.page(&customer, id).await;
    assert_eq!(settled.card.state, ContractState::Released);
    assert_eq!(settled.charged_once, begun.charged_once);
    market.finish().await;
}

async fn what_never_began_is_not_charged(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 0).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    charging(&market.broker, offer, 500).await;
    let sign = order(&market.broker, &customer, offer, "full").await;
    let id = market.broker.sign(&customer, sign).await.unwrap();
    market.run_workflows().await;
    let page = market.page(&customer, id).await;
    assert_eq!(page.card.state, ContractState::Failed);
    assert_eq!(charged(&page), [(500, None, false)]);
    market.finish().await;
}

async fn each_offer_of_an_order_charges_its_own(engine: Engine) {
    let trio = Trio::open(engine, 2, "JP").await;
    let mut sign = trio.order(&[OLD, NEW], "both").await;
    charging(&trio.broker, sign.members[0].offer, 700).await;
    let wanted: Vec<_> = sign.members.iter().map(|member| (member.offer, None)).collect();
    let quote = trio.broker.quote_order(&trio.customer, &sign.requirement, &wanted).await.unwrap();
    let sum = quote.members.iter().map(|member| member.price.unwrap().month.minor).sum::<i64>();
    assert_eq!(quote.total, Some(Charges { month: yen(sum), once: Some(yen(700)) }));
    let shown = |member: &mut OrderMember, at: usize| {
        member.offer_version = quote.members[at].quote.ranked.card.version;
        member.shown_price = quote.members[at].price.map(Into::into);
    };
    sign.members.iter_mut().enumerate().for_each(|(at, member)| shown(member, at));
    let id = trio.broker.sign_order(&trio.customer, sign).await.unwrap();
    moves::run(&trio).await;
    let mut found = Vec::new();
    for card in trio.broker.order(&trio.customer, id).await.unwrap().contracts {
        let page = trio.broker.contract(&trio.customer, card.id).await.unwrap();
        assert_eq!(page.card.state, ContractState::Active);
        found.push(charged(&page));
    }
    assert_eq!(found, [vec![(700, None, true)], vec![]]);
    trio.finish().await;
}

async fn a_move_to_another_provider_charges_what_that_one_charges(engine: Engine) {
    let trio = Trio::open(engine, 3, "JP").await;
    let id = running(&trio, NEW, "moved").await;
    let target = moves::offer(&trio, OLD).await;
    charging(&trio.broker, target, 4_000).await;
    let region = Some(STALLS[OLD].2);
    let quote = trio.broker.quote_move(&trio.customer, id, (target, region)).await.unwrap();
    assert_eq!(quote.once, Some(yen(4_000)));
    let wish = moves::wish(&trio, OLD, "once").await;
    let blind = Move { shown_price: Some(quote.after.price.into()), ..wish.clone() };
    let refused = trio.broker.move_to(&trio.customer, id, blind).await.unwrap_err();
    assert!(matches!(refused, BrokerError::Conflict { code: "price_changed", .. }), "{refused:?}");
    let shown = Some(Charges { month: quote.after.price, once: quote.once });
    let seen = Move { shown_price: shown, ..wish };
    for _ in 0..2 {
        assert_eq!(trio.broker.move_to(&trio.customer, id, seen.clone()).await.unwrap(), 1);
    }
    assert_eq!(charged(&moves::page(&trio, id).await), [(4_000, Some(1), false)]);
    moves::run(&trio).await;
    let moved = moves::page(&trio, id).await;
    assert_eq!((moved.offer, moved.card.state), (target, ContractState::Active));
    assert_eq!(charged(&moved), [(4_000, Some(1), true)]);
    let back = trio.broker.quote_move(&trio.customer, id, (target, None)).await;
    assert!(
        back.is_err() || back.unwrap().once.is_none(),
        "its own provider charges nothing again"
    );
    trio.finish().await;
}

async fn a_move_that_came_to_nothing_charges_nothing(engine: Engine) {
    let trio = Trio::open(engine, 3, "JP").await;
    let id = running(&trio, NEW, "stays").await;
    let target = moves::offer(&trio, OLD).await;
    charging(&trio.broker, target, 4_000).await;
    let at = moves::now(&trio).plus_seconds(3_600);
    let wish = Move { from: Some(at), ..moves::wish(&trio, OLD, "later").await };
    trio.broker.move_to(&trio.customer, id, wish).await.unwrap();
    trio.broker.call_off_change(&trio.customer, id, 1).await.unwrap();
    assert_eq!(charged(&moves::page(&trio, id).await), []);
    assert_eq!(moves::lent(&trio, NEW, id).await, [ResourceState::Active]);
    trio.finish().await;
}

on_both!(
    it_is_charged_when_the_service_begins_and_never_again,
    what_never_began_is_not_charged,
    each_offer_of_an_order_charges_its_own,
    a_move_to_another_provider_charges_what_that_one_charges,
    a_move_that_came_to_nothing_charges_nothing,
);
