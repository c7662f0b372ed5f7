//! Quoting anew before signing: a newer version, another price, a price that nobody has looked at for long.

use crate::on_both;
use broker::contracts::{Charged, Charges, Requote, Shown, Sign};
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{ContractId, ContractState, Currency, Money, OfferId, Role};
use sla::{Amount, UnitPrice};
use testkit::{Engine, TestBroker};

const OFFER: &str = "hokusei-gov-iaas";
const DAY: i64 = 86_400;

fn yen(minor: i64) -> Money {
    Money::new(minor, Currency::Jpy)
}

/// The provider publishes its offer with other prices.
async fn publish(market: &TestBroker, offer: OfferId, change: impl FnOnce(&mut sla::Price)) {
    let reader = OpContext::stranger("test");
    let mut document = market.broker.offer(&reader, offer).await.unwrap().document;
    change(document.spec.price.as_mut().unwrap());
    let provider = market.person(Role::Provider).await;
    market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    market.broker.publish_offer(&provider, offer).await.unwrap();
}

async fn quoted(market: &TestBroker, ctx: &OpContext, key: &str) -> Sign {
    let offer = market.offer(OFFER).await;
    let requirement = RequirementSource::Template("certificate-service".to_owned());
    let quote = market.broker.quote(ctx, offer, &requirement).await.unwrap();
    Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement,
        service_name: key.to_owned(),
        plan: Some(quote.plan),
        shown_price: quote.priced.map(|priced| priced.charges().into()),
        starts_at: None,
        idempotency_key: key.to_owned(),
    }
}

async fn requoted(market: &TestBroker, ctx: &OpContext, sign: &Sign) -> Requote {
    match market.broker.sign(ctx, sign.clone()).await {
        Err(BrokerError::Requote(mut quotes)) if quotes.len() == 1 => quotes.remove(0),
        other => panic!("{other:?}"),
    }
}

async fn price_of(market: &TestBroker, ctx: &OpContext, id: ContractId) -> Money {
    market.page(ctx, id).await.card.price
}

async fn a_newer_version_is_quoted_line_by_line_and_signed_with_one_more_yes(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    let shown = quoted(&market, &customer, "newer").await;
    let before = shown.shown_price.clone().unwrap().charges;
    publish(&market, offer, |price| {
        price.monthly_total.as_mut().unwrap().minor += 1_000;
        let minor = before.month.minor + 5_000;
        price.minimum = Some(Amount { minor, currency: "JPY".to_owned(), tax_excluded: None });
        price.one_time = Some(Amount { minor: 70, currency: "JPY".to_owned(), tax_excluded: None });
    })
    .await;
    let requote = requoted(&market, &customer, &shown).await;
    assert_eq!((requote.code, requote.version), ("offer_changed", requote.version_before + 1));
    assert_eq!(requote.shown, Some(before));
    let lines: Vec<_> =
        requote.lines().into_iter().map(|line| (line.what, line.before, line.now)).collect();
    assert_eq!(
        lines,
        [
            (Some(Charged::Basket), Some(before.month), Some(yen(before.month.minor + 1_000))),
            (Some(Charged::Minimum), None, Some(yen(4_000))),
            (None, None, Some(yen(70))),
        ]
    );
    let mine = market.broker.contracts(&customer, None, 10).await.unwrap();
    assert!(mine.items.is_empty(), "nothing is signed");
    let yes = Sign {
        offer_version: requote.version,
        shown_price: Some(requote.now.charges().into()),
        ..shown
    };
    let id = market.broker.sign(&customer, yes).await.unwrap();
    assert_eq!(price_of(&market, &customer, id).await, yen(before.month.minor + 5_000));
    market.run_workflows().await;
    market.finish().await;
}

async fn lines_of_a_version_are_told_only_to_whoever_was_shown_its_price(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    let shown = quoted(&market, &customer, "guess").await;
    publish(&market, offer, |price| price.monthly_total.as_mut().unwrap().minor *= 2).await;
    for guess in [Some(Shown::from(yen(1))), None] {
        let requote =
            requoted(&market, &customer, &Sign { shown_price: guess, ..shown.clone() }).await;
        assert_eq!(requote.before, None);
        assert!(requote.lines().iter().all(|line| line.before.is_none()));
    }
    let known = requoted(&market, &customer, &shown).await;
    assert_eq!(known.before.unwrap().charges(), known.shown.unwrap());
    market.finish().await;
}

async fn an_old_price_is_confirmed_by_the_cloud(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    market.clock.advance_seconds(90 * DAY);
    let fresh = quoted(&market, &customer, "old").await;
    let offer = fresh.offer;
    let book = market.broker.price_book(&customer, offer).await.unwrap().unwrap();
    assert_eq!((book.age.days, book.age.days_max, book.age.stale), (90, 90, false), "the last day");
    market.clock.advance_seconds(DAY);
    let book = market.broker.price_book(&customer, offer).await.unwrap().unwrap();
    assert!(book.age.stale && !book.age.said, "{:?}", book.age);
    // The cloud names no price: the book holds.
    let id = market.broker.sign(&customer, fresh.clone()).await.unwrap();
    assert_eq!(price_of(&market, &customer, id).await, fresh.shown_price.unwrap().charges.month);
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Active);
    market.finish().await;
}

async fn an_old_price_of_a_silent_cloud_wants_one_more_yes(engine: Engine) {
    let mut market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    publish(&market, offer, |price| price.as_of = sla::Date::parse("2026-01")).await;
    let shown = quoted(&market, &customer, "silent").await;
    market.cloud.take().unwrap().shutdown().await;
    for shown_price in [shown.shown_price.clone(), None] {
        let asked = Sign { shown_price, ..shown.clone() };
        let requote = requoted(&market, &customer, &asked).await;
        assert_eq!((requote.code, requote.age.stale), ("price_stale", true));
        assert_eq!((requote.age.day.as_str(), requote.age.said), ("2026-01", true));
        assert_eq!(requote.age.told_at, None);
    }
    let other_day =
        Shown { as_of: Some("2026-02".to_owned()), ..shown.shown_price.clone().unwrap() };
    let other_day = Sign { shown_price: Some(other_day), ..shown.clone() };
    assert_eq!(requoted(&market, &customer, &other_day).await.code, "price_stale");
    let yes = Shown { as_of: Some("2026-01".to_owned()), ..shown.shown_price.clone().unwrap() };
    let id = market.broker.sign(&customer, Sign { shown_price: Some(yes), ..shown.clone() }).await;
    assert_eq!(
        price_of(&market, &customer, id.unwrap()).await,
        shown.shown_price.unwrap().charges.month
    );
    market.database.remove().await;
}

async fn a_cloud_that_names_another_price_is_signed_at_it_once_it_was_shown(engine: Engine) {
    let market = TestBroker::with_pricing_cloud(engine, 1, 7_000).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    publish(&market, offer, |price| price.as_of = sla::Date::parse("2026-01-31")).await;
    let shown = quoted(&market, &customer, "told").await;
    for shown_price in [shown.shown_price.clone(), None] {
        let asked = Sign { shown_price, ..shown.clone() };
        let requote = requoted(&market, &customer, &asked).await;
        assert_eq!((requote.code, requote.age.stale), ("price_changed", false));
        assert_eq!(requote.age.told_at, Some(market.broker.now()));
        assert_eq!(requote.now.charges(), Charges::from(yen(8 * 7_000)));
        assert_eq!(requote.now.lines[0].what, Charged::Told);
    }
    let yes = Sign { shown_price: Some(yen(8 * 7_000).into()), ..shown };
    let id = market.broker.sign(&customer, yes).await.unwrap();
    assert_eq!(price_of(&market, &customer, id).await, yen(8 * 7_000));
    market.run_workflows().await;
    assert_eq!(market.state(&customer, id).await, ContractState::Active);
    market.finish().await;
}

async fn lines_of_another_step_are_told_apart(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 1).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    let unit = |from, minor| UnitPrice {
        unit: "storage-gb-month".to_owned(),
        from,
        per: 1,
        minor,
        currency: "JPY".to_owned(),
    };
    publish(&market, offer, |price| price.per_unit = vec![unit(0, 10), unit(100, 5)]).await;
    let mut shown = quoted(&market, &customer, "steps").await;
    let basket = shown.shown_price.unwrap().charges.month.minor;
    let plan = shown.plan.as_mut().unwrap();
    plan.storage_gb = 500 + 150;
    shown.shown_price = Some(Charges::from(yen(basket + 1_250)).into());
    publish(&market, offer, |price| price.per_unit = vec![unit(0, 10)]).await;
    let requote = requoted(&market, &customer, &shown).await;
    let lines: Vec<_> =
        requote.lines().into_iter().map(|line| (line.from, line.before, line.now)).collect();
    assert_eq!(
        lines,
        [
            (0, Some(yen(basket)), Some(yen(basket))),
            (0, Some(yen(1_000)), Some(yen(1_500))),
            (100, Some(yen(250)), None),
        ]
    );
    market.finish().await;
}

on_both!(
    a_newer_version_is_quoted_line_by_line_and_signed_with_one_more_yes,
    lines_of_a_version_are_told_only_to_whoever_was_shown_its_price,
    an_old_price_is_confirmed_by_the_cloud,
    an_old_price_of_a_silent_cloud_wants_one_more_yes,
    a_cloud_that_names_another_price_is_signed_at_it_once_it_was_shown,
    lines_of_another_step_are_told_apart,
);
