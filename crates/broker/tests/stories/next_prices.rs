//! Prices from a day on: they are shown before, count from their day without anybody doing something, and are asked anew
//! between quote and signature.

use crate::on_both;
use broker::contracts::{Bill, Charged, Charges, Plan, Sign};
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{Currency, Money, OfferId, Role};
use matching::Order;
use sla::{Amount, Date, NextPrices, UnitPrice};
use testkit::{Engine, TestBroker};

const OFFER: &str = "hokusei-gov-iaas";
const DAY: i64 = 86_400;
const NEED: &str = "certificate-service";

fn yen(minor: i64) -> Money {
    Money::new(minor, Currency::Jpy)
}

fn amount(minor: i64) -> Amount {
    Amount { minor, currency: "JPY".to_owned(), tax_excluded: None }
}

fn need() -> RequirementSource {
    RequirementSource::Template(NEED.to_owned())
}

/// The day so many days from now, as documents write it.
fn day_in(market: &TestBroker, days: i64) -> String {
    let at = market.broker.now().plus_us(days * DAY * 1_000_000);
    jiff::Timestamp::from_microsecond(at.0).unwrap().strftime("%Y-%m-%d").to_string()
}

/// The provider publishes its offer with a thousand yen more from a day on; returns the total until then.
async fn announce(market: &TestBroker, offer: OfferId, days: i64) -> (String, i64) {
    let reader = OpContext::stranger("test");
    let mut document = market.broker.offer(&reader, offer).await.unwrap().document;
    let price = document.spec.price.as_mut().unwrap();
    let total = price.monthly_total.clone().unwrap();
    let (day, minor) = (day_in(market, days), total.minor);
    let unit = |minor| UnitPrice {
        unit: "storage-gb-month".to_owned(),
        from: 0,
        per: 1,
        minor,
        currency: "JPY".to_owned(),
    };
    (price.minimum, price.one_time, price.per_unit) = (None, None, vec![unit(10)]);
    price.next = Some(NextPrices {
        valid_from: Date::parse(&day).unwrap(),
        monthly_total: Some(Amount { minor: minor + 1_000, ..total }),
        minimum: None,
        one_time: Some(amount(70)),
        per_unit: vec![unit(12)],
    });
    let provider = market.person(Role::Provider).await;
    market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    market.broker.publish_offer(&provider, offer).await.unwrap();
    (day, minor)
}

async fn quoted(market: &TestBroker, ctx: &OpContext, offer: OfferId, key: &str) -> Sign {
    let quote = market.broker.quote(ctx, offer, &need()).await.unwrap();
    Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement: need(),
        service_name: key.to_owned(),
        plan: Some(quote.plan),
        shown_price: quote.priced.map(|priced| priced.charges().into()),
        starts_at: None,
        idempotency_key: key.to_owned(),
    }
}

async fn next_prices_are_shown_before_and_count_from_their_day(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let stranger = OpContext::stranger("test");
    let offer = market.offer(OFFER).await;
    let (day, minor) = announce(&market, offer, 2).await;
    let book = market.broker.price_book(&stranger, offer).await.unwrap().unwrap();
    let next = book.next.unwrap();
    assert_eq!(next.valid_from, day);
    let rows: Vec<_> = (next.rows.into_iter())
        .map(|row| (row.what, row.before.map(|it| it.0), row.after.map(|it| it.0)))
        .collect();
    assert_eq!(
        rows,
        [
            (Some(Charged::Basket), Some(yen(minor)), Some(yen(minor + 1_000))),
            (Some(Charged::Unit("storage-gb-month".to_owned())), Some(yen(10)), Some(yen(12))),
            (None, None, Some(yen(70))),
        ]
    );
    let card = market.broker.offer(&stranger, offer).await.unwrap().card;
    assert_eq!(card.price, Some(yen(minor)));
    let plan = market.broker.usual_plan(&card);
    let plan = Plan { storage_gb: 600, ..plan };
    let bill = Bill { plan, units: Vec::new(), months: 1 };
    let before = market.broker.cost(&stranger, offer, &bill).await.unwrap();
    assert_eq!((before.month, before.one_time), (yen(minor + 1_000), None));
    let then = before.next.unwrap();
    assert_eq!(
        (then.valid_from, then.priced.unwrap().charges()),
        (day, Charges { month: yen(minor + 2_200), once: Some(yen(70)) },)
    );
    market.clock.advance_seconds(2 * DAY);
    market.broker.sync_market().await.unwrap();
    let after = market.broker.cost(&stranger, offer, &bill).await.unwrap();
    assert_eq!((after.month, after.one_time), (yen(minor + 2_200), Some(yen(70))));
    assert_eq!(after.next, None);
    let page = market.broker.offer(&stranger, offer).await.unwrap();
    assert_eq!((page.card.price, page.card.version), (Some(yen(minor + 1_000)), card.version));
    assert!(page.yaml.contains("validFrom"), "the document is the one that was published");
    let book = market.broker.price_book(&stranger, offer).await.unwrap().unwrap();
    assert_eq!((book.next, book.age.days), (None, 0), "as new as their first day");
    let ranked = market.broker.rank(&stranger, &need(), Order::Balanced, 100).await.unwrap();
    let row = ranked.matches.iter().find(|row| row.card.id == offer).unwrap();
    assert_eq!(row.card.price, Some(yen(minor + 1_000)));
    market.finish().await;
}

async fn a_quote_from_before_the_day_is_asked_anew_line_by_line(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    let (_, minor) = announce(&market, offer, 1).await;
    let early = quoted(&market, &customer, offer, "early").await;
    let late = quoted(&market, &customer, offer, "late").await;
    let id = market.broker.sign(&customer, early).await.unwrap();
    assert_eq!(market.page(&customer, id).await.card.price, yen(minor), "signed before the day");
    market.clock.advance_seconds(DAY);
    let refused = market.broker.sign(&customer, late.clone()).await;
    let Err(BrokerError::Requote(mut quotes)) = refused else { panic!("{refused:?}") };
    let requote = quotes.remove(0);
    assert_eq!((requote.code, requote.version), ("price_changed", late.offer_version));
    let lines: Vec<_> =
        requote.lines().into_iter().map(|line| (line.what, line.before, line.now)).collect();
    assert_eq!(
        lines,
        [
            (Some(Charged::Basket), Some(yen(minor)), Some(yen(minor + 1_000))),
            (None, None, Some(yen(70))),
        ]
    );
    let yes = Sign { shown_price: Some(requote.now.charges().into()), ..late };
    let late = market.broker.sign(&customer, yes).await.unwrap();
    assert_eq!(market.page(&customer, late).await.card.price, yen(minor + 1_000));
    market.run_workflows().await;
    assert_eq!(market.page(&customer, id).await.card.price, yen(minor), "what was signed stays");
    // Other quantities take the signed prices of their day.
    let plan = market.page(&customer, id).await.plan;
    let plan = Plan { storage_gb: plan.storage_gb + 100, ..plan };
    let scaled = market.broker.quote_scale(&customer, id, &plan).await.unwrap();
    assert_eq!(scaled.after.price, yen(minor + 1_000 + 1_200));
    market.finish().await;
}

async fn amounts_that_cannot_be_charged_together_are_refused_with_the_currency(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let reader = OpContext::stranger("test");
    let offer = market.offer(OFFER).await;
    let mut document = market.broker.offer(&reader, offer).await.unwrap().document;
    let price = document.spec.price.as_mut().unwrap();
    price.one_time = Some(Amount { currency: "EUR".to_owned(), ..amount(5) });
    let text = sla::to_yaml(&document);
    let provider = market.person(Role::Provider).await;
    let refused = market.broker.save_offer(&provider, &text).await;
    let Err(BrokerError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    let told: Vec<_> = (faults.iter())
        .map(|fault| (fault.pointer.as_str(), fault.found.as_str(), fault.allowed.as_str()))
        .collect();
    assert_eq!(told, [("/spec/price/oneTime/currency", "EUR", "JPY")]);
    let checked = market.broker.check_offer_text(&text);
    assert_eq!(checked.faults.len(), 1);
    assert!(checked.faults[0].place.is_some(), "with its line");
    market.finish().await;
}

on_both!(
    next_prices_are_shown_before_and_count_from_their_day,
    a_quote_from_before_the_day_is_asked_anew_line_by_line,
    amounts_that_cannot_be_charged_together_are_refused_with_the_currency,
);
