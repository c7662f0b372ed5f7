//! Random documents over a few items of the registry, one for each rule of composition.

use std::sync::LazyLock;

use proptest::prelude::*;
use sla::{
    Commitment, Decimal, Demand, Offer, OfferItem, Operator, Region, RequirementItem, ServiceModel,
    Value,
};

static TEMPLATE: LazyLock<Offer> =
    LazyLock::new(|| sla::parse_offer(sla::EXAMPLE_OFFERS[0].yaml).unwrap());
static NEED: LazyLock<sla::Requirement> =
    LazyLock::new(|| sla::parse_requirement(sla::EXAMPLE_REQUIREMENTS[0].yaml).unwrap());

/// One item for each rule and sort of parts.
pub const KEYS: &[&str] = &[
    "availability.service_uptime",
    "availability.mttr",
    "availability.rto",
    "performance.online_response_time",
    "network.bandwidth",
    "network.loss",
    "network.assurance_class",
    "security.certifications",
    "security.data_location",
    "security.at_rest_encryption",
    "legal.governing_law",
    "remedy.max_credit",
];

fn number(numbers: &'static [&'static str]) -> BoxedStrategy<Value> {
    let parsed: Vec<Decimal> = numbers.iter().map(|text| text.parse().unwrap()).collect();
    proptest::sample::select(parsed).prop_map(|number| Value::Number(number.normalize())).boxed()
}

fn set(members: &'static [&'static str]) -> BoxedStrategy<Value> {
    proptest::sample::subsequence(members.to_vec(), 1..=members.len()).prop_map(Value::set).boxed()
}

fn level(key: &'static str) -> BoxedStrategy<Value> {
    let words: Vec<String> =
        sla::registry().item(key).unwrap().words().iter().map(|word| word.key.clone()).collect();
    proptest::sample::select(words).prop_map(Value::level).boxed()
}

fn value(key: &'static str) -> BoxedStrategy<Value> {
    match key {
        "availability.service_uptime" => {
            number(&["0", "0.98", "0.999", "0.9995", "0.9995", "0.9997", "0.9997", "0.99999"])
        }
        "availability.mttr" | "availability.rto" => number(&["60", "3600", "86400"]),
        "performance.online_response_time" => number(&["0", "0.1", "0.45", "2"]),
        "network.bandwidth" => number(&["10", "1000"]),
        "network.loss" => number(&["0", "0.001", "0.01"]),
        "remedy.max_credit" => number(&["0.1", "1"]),
        "security.certifications" => set(&["iso27001", "ismap", "iso27017"]),
        "security.data_location" => set(&["JP", "DE", "SG"]),
        "legal.governing_law" => set(&["JP"]).prop_union(set(&["DE"])).boxed(),
        levelled => level(levelled),
    }
}

fn promise(key: &'static str) -> BoxedStrategy<OfferItem> {
    let commitment = proptest::sample::select(Commitment::ALL);
    let percentile = proptest::option::of(proptest::sample::select(vec![95, 99]));
    let template = TEMPLATE.spec.items[0].clone();
    (value(key), commitment, percentile)
        .prop_map(move |(value, commitment, percentile)| OfferItem {
            item: key.to_owned(),
            value,
            scheme: None,
            commitment,
            percentile: percentile.map(Decimal::from),
            window: None,
            transaction: None,
            qualifying: None,
            remedy: None,
            evidence: Vec::new(),
            tls_min: None,
            ..template.clone()
        })
        .boxed()
}

/// An offer that promises about two thirds of the items, in one of three zones or in none that is declared.
pub fn offer() -> impl Strategy<Value = Offer> {
    let items: Vec<_> =
        KEYS.iter().map(|key| proptest::option::weighted(0.75, promise(key))).collect();
    let model = prop_oneof![
        4 => Just(ServiceModel::Iaas),
        1 => Just(ServiceModel::Saas),
        2 => Just(ServiceModel::Network),
    ];
    let zone = proptest::sample::select(vec![Some("JP-01"), Some("JP-27"), Some("JP-13"), None]);
    let price = proptest::option::weighted(0.8, 1_000..300_000_i64);
    let ways = proptest::collection::vec(proptest::option::weighted(0.7, 1..300_i64), 2);
    (items, model, zone, price, ways).prop_map(|(items, model, zone, price, ways)| {
        let mut offer = TEMPLATE.clone();
        offer.spec.service.model = model;
        offer.spec.service.regions = vec![Region {
            id: "one".to_owned(),
            country: "JP".to_owned(),
            hazard_zone: zone.map(str::to_owned),
            location: None,
        }];
        offer.spec.items = items.into_iter().flatten().collect();
        offer.spec.price = price.map(|minor| sla::Price {
            tier: Some("3".to_owned()),
            basket: None,
            monthly_total: Some(sla::Amount {
                minor,
                currency: "JPY".to_owned(),
                tax_excluded: Some(true),
            }),
            minimum: None,
            one_time: None,
            as_of: None,
            next: None,
            per_unit: Vec::new(),
            limits: Vec::new(),
        });
        offer.spec.network_to_users = ["JP", "DE"]
            .into_iter()
            .zip(ways)
            .filter_map(|(region, rtt)| {
                Some(sla::NetworkPath {
                    user_region: region.to_owned(),
                    rtt_ms: Decimal::from(rtt?),
                })
            })
            .collect();
        offer
    })
}

/// A few offers.
pub fn market() -> impl Strategy<Value = Vec<Offer>> {
    proptest::collection::vec(offer(), 2..8)
}

fn asked(key: &'static str) -> BoxedStrategy<RequirementItem> {
    let known = sla::registry().item(key).unwrap();
    let op = known.operators()[0];
    let level = prop_oneof![3 => Just(Demand::Must), 1 => Just(Demand::Prefer)];
    let template = NEED.spec.profiles.normal.items[0].clone();
    (value(key), level)
        .prop_map(move |(value, level)| RequirementItem {
            item: key.to_owned(),
            level,
            op: Some(op),
            value: Some(value),
            scheme: None,
            accept: Vec::new(),
            percentile: None,
            tolerance: None,
            weight: None,
            min_commitment: None,
            max_age_days: None,
            pair_with: None,
            ..template.clone()
        })
        .boxed()
}

/// A need for a few of the items and, often, for an end-to-end response.
pub fn need() -> impl Strategy<Value = sla::Requirement> {
    // Much uptime and little else, so that combinations have something to do.
    let (uptime, others) = KEYS.split_first().unwrap();
    let often = number(&["0.9995", "0.9998", "0.9999", "0.99999"]);
    let uptime = proptest::option::weighted(0.8, (asked(uptime), often)).prop_map(|asked| {
        asked.map(|(asked, value)| RequirementItem { value: Some(value), ..asked })
    });
    let others: Vec<_> =
        others.iter().map(|key| proptest::option::weighted(0.07, asked(key))).collect();
    let items = (uptime, others).prop_map(|(uptime, others)| {
        uptime.into_iter().map(Some).chain(others).collect::<Vec<_>>()
    });
    let response = proptest::option::weighted(0.15, 1..4_i64);
    (items, response).prop_map(|(items, response)| {
        let mut need = NEED.clone();
        need.spec.user_regions = vec!["JP".to_owned(), "DE".to_owned()];
        let profiles = &mut need.spec.profiles;
        (profiles.overload, profiles.disaster) = (None, None);
        let template = profiles.normal.items.remove(0);
        profiles.normal.items = items.into_iter().flatten().collect();
        profiles.normal.items.extend(response.map(|seconds| RequirementItem {
            item: "performance.e2e_response_time".to_owned(),
            level: Demand::Must,
            op: Some(Operator::Lte),
            value: Some(Value::Number(Decimal::from(seconds))),
            tolerance: None,
            min_commitment: None,
            max_age_days: None,
            percentile: None,
            ..template
        }));
        need
    })
}
