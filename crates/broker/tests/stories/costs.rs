//! The price book of an offer: steps, the least a month is charged, what is charged once, and the calculator.

use crate::on_both;
use broker::contracts::{Bill, Charged, Cost, Plan, Sign};
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{Currency, Money, OfferId, Role};
use sla::{Amount, Price, QuantityLimit, UnitPrice};
use testkit::{Engine, TestBroker};

fn money(minor: i64) -> Money {
    Money::new(minor, Currency::Jpy)
}

fn yen(minor: i64) -> Amount {
    Amount { minor, currency: "JPY".to_owned(), tax_excluded: None }
}

fn unit(name: &str, minor: i64, per: u32, from: u32) -> UnitPrice {
    UnitPrice { unit: name.to_owned(), from, per, minor, currency: "JPY".to_owned() }
}

/// Prices with every part; the basket costs 10,000 yen.
fn book() -> Price {
    let euro = UnitPrice { currency: "EUR".to_owned(), ..unit("support-month", 900, 1, 0) };
    Price {
        tier: None,
        basket: Some("ref-basket-1".to_owned()),
        monthly_total: Some(yen(10_000)),
        minimum: Some(yen(12_000)),
        one_time: Some(yen(3_000)),
        as_of: sla::Date::parse("2026-11-01"),
        per_unit: vec![
            unit("storage-gb-month", 10, 1, 0),
            unit("storage-gb-month", 5, 1, 100),
            unit("egress-gb", 900, 100, 0),
            euro,
        ],
        limits: Vec::new(),
        next: None,
    }
}

async fn published(market: &TestBroker, price: Price) -> OfferId {
    let stranger = OpContext::stranger("test");
    let known = market.offer("hokusei-gov-iaas").await;
    let mut offer = market.broker.offer(&stranger, known).await.unwrap().document;
    offer.metadata.name = "priced-by-steps".to_owned();
    offer.spec.price = Some(price);
    let text = sla::to_yaml(&offer);
    let provider = market.person(Role::Provider).await;
    let id = market.broker.save_offer(&provider, &text).await.unwrap().card.id;
    market.broker.publish_offer(&provider, id).await.unwrap();
    id
}

async fn cost(
    market: &TestBroker,
    offer: OfferId,
    change: impl FnOnce(&mut Bill),
) -> Result<Cost, BrokerError> {
    let stranger = OpContext::stranger("test");
    let card = market.broker.offer(&stranger, offer).await.unwrap().card;
    let mut bill = Bill { plan: market.broker.usual_plan(&card), units: Vec::new(), months: 12 };
    change(&mut bill);
    market.broker.cost(&stranger, offer, &bill).await
}

async fn a_bill_is_priced_line_by_line_and_lifted_to_the_least(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let offer = published(&market, book()).await;
    let small = cost(&market, offer, |_| {}).await.unwrap();
    let what: Vec<_> = small.lines.iter().map(|line| (&line.what, line.amount.minor)).collect();
    assert_eq!(what, [(&Charged::Basket, 10_000), (&Charged::Minimum, 2_000)]);
    assert_eq!(
        (small.month.minor, small.one_time.map(|once| once.minor), small.total.minor),
        (12_000, Some(3_000), 147_000)
    );
    let large = cost(&market, offer, |bill| {
        bill.plan.storage_gb = 500 + 250;
        bill.units = vec![("egress-gb".to_owned(), 150), ("support-month".to_owned(), 1)];
        bill.months = 1;
    });
    let large = large.await.unwrap();
    let amounts: Vec<_> =
        large.lines.iter().map(|line| (line.from, line.milli, line.amount.minor)).collect();
    assert_eq!(
        amounts,
        [(0, 1_000, 10_000), (0, 100_000, 1_000), (100, 150_000, 750), (0, 150_000, 1_350)]
    );
    assert_eq!(large.unpriced, ["support-month"], "a price in another currency is none");
    assert_eq!((large.month.minor, large.total.minor), (13_100, 16_100));
    market.finish().await;
}

async fn a_quote_charges_what_the_calculator_says(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let offer = published(&market, book()).await;
    let stranger = OpContext::stranger("test");
    let card = market.broker.offer(&stranger, offer).await.unwrap().card;
    let need = RequirementSource::Template("certificate-service".to_owned());
    let quote = market.broker.quote(&stranger, offer, &need).await.unwrap().priced.unwrap();
    let usual = cost(&market, offer, |_| {}).await.unwrap();
    assert_eq!((quote.charges().once, quote.lines), (Some(money(3_000)), usual.lines));
    assert_eq!(quote.month, usual.month, "lifted to the least charge");
    for (instances, storage_gb) in [(1, 1), (1, 601), (2, 1_000), (3, 10_000)] {
        let plan = Plan { instances, storage_gb, ..market.broker.usual_plan(&card) };
        let quoted = market.broker.estimate(&stranger, offer, &plan).await.unwrap();
        let bill = cost(&market, offer, |bill| bill.plan = plan).await.unwrap();
        assert_eq!((quoted.month, quoted.once), (bill.month, bill.one_time));
        assert_eq!(quoted.lines, bill.lines);
    }
    market.finish().await;
}

async fn what_cannot_be_calculated_is_said_at_its_field(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let offer = published(&market, book()).await;
    let wrong = cost(&market, offer, |bill| {
        bill.plan.instances = 0;
        bill.months = 121;
        bill.units = vec![("egress-gb".to_owned(), -1), ("vcpu-month".to_owned(), 1)];
    });
    let Err(BrokerError::Invalid(faults)) = wrong.await else { panic!() };
    let places: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(places, ["/plan/instances", "/months", "/units/egress-gb", "/units"]);
    let beyond = cost(&market, offer, |bill| bill.plan.vcpu = 9).await;
    let Err(BrokerError::Invalid(faults)) = beyond else { panic!() };
    assert_eq!(faults[0].code, "no_unit_price", "a processor more has no price here");
    let bare = published(&market, Price { monthly_total: None, ..book() }).await;
    let stranger = OpContext::stranger("test");
    assert_eq!(market.broker.price_book(&stranger, bare).await.unwrap(), None);
    let none = cost(&market, bare, |_| {}).await;
    assert!(matches!(none, Err(BrokerError::NotFound { what: "price" })), "{none:?}");
    market.finish().await;
}

async fn more_or_less_than_an_offer_is_made_for_is_refused_with_what_may_be_ordered(
    engine: Engine,
) {
    let market = TestBroker::with_cloud(engine, 4).await;
    let limit = |unit: &str, least, most| QuantityLimit { unit: unit.to_owned(), least, most };
    let limits = vec![
        limit("instance-month", None, Some(2)),
        limit("ram-gib-month", Some(4), Some(16)),
        limit("storage-gb-month", Some(600), None),
        limit("egress-gb", Some(100), Some(1_000)),
    ];
    let offer = published(&market, Price { limits, ..book() }).await;
    let customer = market.person(Role::Customer).await;
    let need = RequirementSource::Template("certificate-service".to_owned());
    let quote = market.broker.quote(&customer, offer, &need).await.unwrap();
    let plan = &quote.plan;
    assert_eq!((plan.instances, plan.ram_mb, plan.storage_gb), (1, 16_384, 600), "within");
    let known = market.broker.price_book(&customer, offer).await.unwrap().unwrap();
    assert_eq!(
        known.limits,
        [
            ("instances", 1..=2),
            ("ramMb", 4_096..=16_384),
            ("storageGb", 600..=10_000),
            ("egress-gb", 100..=1_000),
        ]
    );
    let wrong = Plan { instances: 3, ram_mb: 2_048, storage_gb: 599, ..plan.clone() };
    let expected = [
        ("/plan/instances", "1 to 2"),
        ("/plan/ramMb", "4096 to 16384"),
        ("/plan/storageGb", "600 to 10000"),
    ];
    let sign = Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement: need,
        service_name: "too much".to_owned(),
        plan: Some(wrong.clone()),
        shown_price: None,
        starts_at: None,
        idempotency_key: "too much".to_owned(),
    };
    for refused in [
        market.broker.estimate(&customer, offer, &wrong).await.map(drop),
        market.broker.sign(&customer, sign).await.map(drop),
        cost(&market, offer, |bill| bill.plan = wrong.clone()).await.map(drop),
    ] {
        let Err(BrokerError::Invalid(faults)) = refused else { panic!("{refused:?}") };
        let told = faults.iter().map(|one| (one.pointer.as_str(), one.allowed.as_str()));
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }
    for (count, sound) in [(0, true), (99, false), (100, true), (1_000, true), (1_001, false)] {
        let asked = cost(&market, offer, |bill| bill.units = vec![("egress-gb".to_owned(), count)]);
        assert_eq!(asked.await.is_ok(), sound, "{count}");
    }
    market.finish().await;
}

async fn the_price_book_says_how_old_it_is(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let stranger = OpContext::stranger("test");
    let offer = published(&market, book()).await;
    let known = market.broker.price_book(&stranger, offer).await.unwrap().unwrap();
    assert_eq!(known.as_of.as_deref(), Some("2026-11-01"));
    assert_eq!(known.units, ["egress-gb"]);
    let other = market.offer("hokusei-gov-iaas").await;
    let other = market.broker.price_book(&stranger, other).await.unwrap().unwrap();
    assert_eq!((other.as_of, other.minimum, other.one_time), (None, None, None));
    market.finish().await;
}

on_both!(
    a_bill_is_priced_line_by_line_and_lifted_to_the_least,
    a_quote_charges_what_the_calculator_says,
    what_cannot_be_calculated_is_said_at_its_field,
    more_or_less_than_an_offer_is_made_for_is_refused_with_what_may_be_ordered,
    the_price_book_says_how_old_it_is,
);
