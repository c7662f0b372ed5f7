//! Every figure of a real provider, compared with the collected facts it was taken from.

use super::catalogue;
use super::tests::{is_real, published};
use rust_decimal::Decimal;
use sla::{Commitment, Offer, OfferItem, Value};
use std::collections::BTreeSet;

const FACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sla/sla_facts.csv");

/// One row of the collection.
struct Fact {
    line: usize,
    service: String,
    scope: String,
    item: String,
    value: String,
    unit: String,
    credits: String,
    as_of: String,
    seen: String,
    source: String,
}

/// The collection, or `None` with a message when it does not lie beside the project.
fn facts() -> Option<Vec<Fact>> {
    let Ok(text) = std::fs::read_to_string(FACTS) else {
        println!("skipped: no collected facts at ../shared/data/sla/sla_facts.csv");
        return None;
    };
    let rows = text.lines().enumerate().skip(1).map(|(line, row)| {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells.len(), 10, "line {} has a comma inside a cell", line + 1);
        let cell = |index: usize| cells[index].to_owned();
        Fact {
            line: line + 1,
            service: cell(1),
            scope: cell(2),
            item: cell(3),
            value: cell(4),
            unit: cell(5),
            credits: cell(6),
            as_of: cell(7),
            seen: cell(8),
            source: cell(9),
        }
    });
    Some(rows.collect())
}

/// The row an item was taken from: same address, date, service, scope and way of seeing.
fn origin<'a>(facts: &'a [Fact], item: &OfferItem) -> &'a Fact {
    let evidence = published(item).expect("every figure of a real provider has evidence");
    let note = evidence.note.as_deref().unwrap_or_default();
    let date = evidence.date.as_ref().map(sla::Date::as_str);
    let found: Vec<&Fact> = facts
        .iter()
        .filter(|fact| evidence.source.as_deref() == Some(fact.source.as_str()))
        .filter(|fact| date == Some(fact.as_of.as_str()))
        .filter(|fact| {
            note.starts_with(&format!("{}, {}: {}.", fact.service, fact.scope, fact.seen))
        })
        .collect();
    assert_eq!(found.len(), 1, "one row for {} with note {note:?}", item.item);
    found[0]
}

fn number(text: &str) -> Decimal {
    text.parse().expect("a number")
}

/// What the row's figure is on our item, in our unit.
fn expected(fact: &Fact) -> (&'static str, Value) {
    let value = || number(&fact.value);
    match (fact.item.as_str(), fact.unit.as_str()) {
        (_, "%") if fact.value.is_empty() => {
            ("x-kumoichi.published_uptime_promise", Value::level("none"))
        }
        (item, "%") if item.starts_with("availability") => {
            ("availability.service_uptime", Value::from(value() / Decimal::ONE_HUNDRED))
        }
        ("recovery_time", "min") => ("availability.mttr", Value::from(value() * Decimal::from(60))),
        ("recovery_time", "h") => {
            ("availability.mttr", Value::from(value() * Decimal::from(3_600)))
        }
        ("latency", "ms") => ("network.rtt", Value::from(value())),
        ("notification_time", "min") => {
            ("security.incident_notice", Value::from(value() * Decimal::from(60)))
        }
        other => panic!("no item for {other:?} in line {}", fact.line),
    }
}

/// `<99.99:10;<99.0:30` as fractions; `None` for wording that is not a list of steps.
fn steps(credits: &str) -> Option<Vec<(Decimal, Decimal)>> {
    credits
        .split(';')
        .map(|step| {
            let (below, credit) = step.strip_prefix('<')?.split_once(':')?;
            let below: Decimal = below.parse().ok()?;
            let credit: Decimal = credit.parse().ok()?;
            Some((below / Decimal::ONE_HUNDRED, credit / Decimal::ONE_HUNDRED))
        })
        .collect()
}

fn check_credits(offer: &Offer, item: &OfferItem, fact: &Fact) {
    let name = &offer.metadata.name;
    let note = published(item).and_then(|evidence| evidence.note.clone()).unwrap_or_default();
    let schedule = item.remedy.as_ref().map(|remedy| {
        remedy.schedule.iter().map(|step| (step.below, step.credit)).collect::<Vec<_>>()
    });
    if fact.credits.is_empty() {
        assert_eq!(item.commitment, Commitment::Objective, "{name}: no credits were read");
        assert_eq!(schedule, None, "{name}: no credits were read");
    } else if let Some(steps) = steps(&fact.credits) {
        assert_eq!(item.commitment, Commitment::Guaranteed, "{name}");
        assert_eq!(schedule, Some(steps), "{name}");
    } else if !fact.value.is_empty() {
        assert_eq!(item.commitment, Commitment::Guaranteed, "{name}");
        assert!(note.contains("Published credit"), "{name}: {note}");
        assert!(note.contains(&fact.credits), "{name}: {note}");
    }
}

#[test]
fn every_figure_of_a_real_provider_is_a_collected_fact() {
    let Some(facts) = facts() else { return };
    let market = catalogue().expect("the demo market loads");
    let mut checked = 0;
    for offer in market.offers.iter().filter(|offer| is_real(&market, offer)) {
        for item in &offer.spec.items {
            let fact = origin(&facts, item);
            assert_eq!((item.item.as_str(), item.value.clone()), expected(fact));
            check_credits(offer, item, fact);
            checked += 1;
        }
    }
    assert!(checked >= 40, "only {checked} figures were compared");
}

/// Rows that are no promise of an offer: guideline values, claim windows, superseded terms.
const NOT_OFFERED: &[&str] = &[
    "claim_window",
    "sla_kinds",
    "downtime_threshold",
    "availability_annual",
    "backup_retention",
    "data_erasure",
    "support_hours",
    "mttr",
];

#[test]
fn every_collected_promise_of_a_provider_is_in_the_market() {
    let Some(facts) = facts() else { return };
    let market = catalogue().expect("the demo market loads");
    let used: BTreeSet<usize> = market
        .offers
        .iter()
        .filter(|offer| is_real(&market, offer))
        .flat_map(|offer| &offer.spec.items)
        .map(|item| origin(&facts, item).line)
        .collect();
    let missing: Vec<String> = facts
        .iter()
        .filter(|fact| !used.contains(&fact.line))
        .filter(|fact| !NOT_OFFERED.contains(&fact.item.as_str()))
        .filter(|fact| !fact.scope.contains("(old)"))
        .filter(|fact| !fact.source.contains("japan.cnet.com"))
        .map(|fact| format!("line {}: {} {}", fact.line, fact.service, fact.scope))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn thresholds_and_claim_windows_are_the_published_ones() {
    let Some(facts) = facts() else { return };
    let market = catalogue().expect("the demo market loads");
    let one = |item: &str, unit: &str| {
        let fact = facts.iter().find(|fact| fact.item == item && fact.unit == unit);
        number(&fact.expect("the row").value)
    };
    let offer = |name: &str| {
        let found = market.offers.iter().find(|offer| offer.metadata.name == name);
        found.expect("the offer").clone()
    };
    let window = |name: &str| {
        let offer = offer(name);
        let uptime = offer.item("availability.service_uptime").expect("uptime");
        let days = uptime.remedy.as_ref().and_then(|remedy| remedy.claim_window_days);
        Decimal::from(days.expect("a claim window"))
    };
    let threshold = Decimal::from(offer("nifcloud-server").spec.measurement.min_outage_seconds);
    assert_eq!(threshold, one("downtime_threshold", "min") * Decimal::from(60));
    assert_eq!(window("ovh-us-public-cloud"), one("claim_window", "day"));
    assert_eq!(
        window("azure-vm-availability-zones"),
        one("claim_window", "month") * Decimal::from(30)
    );
}
