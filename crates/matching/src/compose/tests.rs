//! Composition on the smallest documents that show it, and the search over a small market.

use std::collections::BTreeSet;

use sla::{
    Commitment, Demand, Evidence, Offer, OfferItem, Operator, Region, RequirementItem,
    ServiceModel, Value,
};

use super::*;
use crate::{Note, Order, RttOrigin, SlaMatcher, Verdict, compose::Search};

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn number(text: &str) -> Value {
    Value::Number(dec(text))
}

/// A guaranteed promise without anything special.
fn promise(item: &str, value: Value) -> OfferItem {
    OfferItem {
        item: item.to_owned(),
        value,
        scheme: None,
        commitment: Commitment::Guaranteed,
        percentile: None,
        window: None,
        transaction: None,
        qualifying: None,
        exclusions: Vec::new(),
        vantage: None,
        remedy: None,
        evidence: Vec::new(),
        sub_lists: std::collections::BTreeMap::new(),
        tls_min: None,
    }
}

/// An offer in Sapporo.
fn offer(model: ServiceModel, items: Vec<OfferItem>) -> Offer {
    let mut offer = sla::parse_offer(sla::EXAMPLE_OFFERS[0].yaml).unwrap();
    offer.spec.service.model = model;
    offer.spec.service.regions = vec![region("sapporo", "JP", Some("JP-01"))];
    offer.spec.items = items;
    offer.spec.price = None;
    offer.spec.network_to_users.clear();
    offer
}

fn region(id: &str, country: &str, zone: Option<&str>) -> Region {
    Region {
        id: id.to_owned(),
        country: country.to_owned(),
        hazard_zone: zone.map(str::to_owned),
        location: None,
    }
}

fn priced(offer: Offer, minor: i64, currency: &str, tier: &str) -> Offer {
    let mut offer = offer;
    offer.spec.price = Some(sla::Price {
        tier: Some(tier.to_owned()),
        basket: Some("ref-basket-1".to_owned()),
        monthly_total: Some(sla::Amount {
            minor,
            currency: currency.to_owned(),
            tax_excluded: Some(true),
        }),
        minimum: None,
        one_time: None,
        as_of: None,
        next: None,
        per_unit: Vec::new(),
        limits: Vec::new(),
    });
    offer
}

fn circumstances() -> Circumstances {
    Circumstances {
        today: sla::Date::parse("2026-11-22").unwrap().last_day(),
        yen_per: [("EUR".to_owned(), dec("165.5"))].into(),
    }
}

fn composed(arrangement: Arrangement, parts: &[&Offer]) -> Composite {
    let (circumstances, classes) = (circumstances(), CostClasses::default());
    let users = ["JP".to_owned(), "DE".to_owned()];
    let terms = Terms {
        failover_success: dec("0.99"),
        user_regions: &users,
        circumstances: &circumstances,
        classes: &classes,
    };
    compose(arrangement, parts, &terms)
}

const UPTIME: &str = "availability.service_uptime";

fn host(uptime: &str) -> Offer {
    offer(ServiceModel::Iaas, vec![promise(UPTIME, number(uptime))])
}

fn value(composite: &Composite, key: &str) -> Option<Value> {
    composite.document.item(key).map(|item| item.value.clone())
}

fn open(composite: &Composite, key: &str) -> Option<Open> {
    composite.items.iter().find(|item| item.item == key).unwrap().open
}

#[test]
fn server_and_network_in_series_are_up_less_often_and_a_standby_makes_up_for_it() {
    let server = host("0.9995");
    let network = offer(ServiceModel::Network, vec![promise(UPTIME, number("0.999"))]);
    let chain = composed(Arrangement::Chain, &[&server, &network]);
    assert_eq!(value(&chain, UPTIME), Some(number("0.9985005")));
    let pair = composed(Arrangement::Pair, &[&server, &host("0.999")]);
    // 0.9995 + 0.0005 x 0.999 x 0.99
    assert_eq!(value(&pair, UPTIME), Some(number("0.999994505")));
}

#[test]
fn what_a_part_does_not_declare_the_whole_does_not_declare() {
    let rto = "availability.rto";
    let mut one = host("0.999");
    one.spec.items.push(promise(rto, number("0")));
    for arrangement in Arrangement::ALL {
        let whole = composed(*arrangement, &[&one, &host("0.999")]);
        assert_eq!(value(&whole, rto), None);
        assert_eq!(open(&whole, rto), Some(Open::Silent));
    }
}

#[test]
fn in_a_chain_the_path_is_the_networks_and_the_work_is_the_hosts() {
    let (bandwidth, response) = ("network.bandwidth", "performance.online_response_time");
    let host = offer(
        ServiceModel::Iaas,
        vec![promise(response, number("0.3")), promise(bandwidth, number("10"))],
    );
    let network = offer(
        ServiceModel::Network,
        vec![promise(bandwidth, number("1000")), promise("availability.rpo", number("60"))],
    );
    let chain = composed(Arrangement::Chain, &[&host, &network]);
    assert_eq!(value(&chain, response), Some(number("0.3")));
    assert_eq!(value(&chain, bandwidth), Some(number("1000")));
    assert_eq!(value(&chain, "availability.rpo"), None);
    assert_eq!(
        chain.items.iter().find(|item| item.item == bandwidth).unwrap().counted,
        [false, true]
    );
    // In a pair both have to say it, and the weaker counts.
    let pair = composed(Arrangement::Pair, &[&host, &network]);
    assert_eq!(value(&pair, bandwidth), Some(number("10")));
    assert_eq!(open(&pair, response), Some(Open::Silent));
}

#[test]
fn contradictions_leave_the_whole_without_a_promise() {
    let law = |code: &str| {
        offer(ServiceModel::Iaas, vec![promise("legal.governing_law", Value::set([code]))])
    };
    let (japan, germany) = (law("JP"), law("DE"));
    let mixed = composed(Arrangement::Chain, &[&japan, &germany]);
    assert_eq!(open(&mixed, "legal.governing_law"), Some(Open::Conflict));
    assert_eq!(value(&mixed, "legal.governing_law"), None);
    let agreed = composed(Arrangement::Pair, &[&japan, &japan]);
    assert_eq!(value(&agreed, "legal.governing_law"), Some(Value::set(["JP"])));

    let level = |scheme: &str, level: &str| {
        let mut item = promise("security.assurance_level", Value::level(level));
        item.scheme = Some(scheme.to_owned());
        offer(ServiceModel::Iaas, vec![item])
    };
    let other =
        composed(Arrangement::Pair, &[&level("ismap", "ismap"), &level("us-fips199", "low")]);
    assert_eq!(open(&other, "security.assurance_level"), Some(Open::OtherScheme));
    let same =
        composed(Arrangement::Pair, &[&level("us-fips199", "high"), &level("us-fips199", "low")]);
    assert_eq!(value(&same, "security.assurance_level"), Some(Value::level("low")));
}

#[test]
fn sets_are_shared_where_more_is_better_and_joined_where_less_is() {
    let with = |certified: &[&str], places: &[&str]| {
        let items = vec![
            promise("security.certifications", Value::set(certified.iter().copied())),
            promise("security.data_location", Value::set(places.iter().copied())),
        ];
        offer(ServiceModel::Iaas, items)
    };
    let whole = composed(
        Arrangement::Pair,
        &[&with(&["iso27001", "ismap"], &["JP"]), &with(&["iso27001"], &["JP", "SG"])],
    );
    assert_eq!(value(&whole, "security.certifications"), Some(Value::set(["iso27001"])));
    assert_eq!(value(&whole, "security.data_location"), Some(Value::set(["JP", "SG"])));
    let nothing =
        composed(Arrangement::Pair, &[&with(&["ismap"], &["JP"]), &with(&["iso27001"], &["JP"])]);
    assert_eq!(open(&nothing, "security.certifications"), Some(Open::NothingInCommon));
}

#[test]
fn the_whole_is_as_binding_as_its_least_binding_part_and_on_the_weakest_evidence() {
    let with = |commitment, percentile: &str, date: Option<&str>, expires: Option<&str>| {
        let mut item = promise("security.certifications", Value::set(["ismap"]));
        item.commitment = commitment;
        item.percentile = Some(dec(percentile));
        item.evidence = vec![Evidence {
            kind: "ismap".to_owned(),
            date: date.and_then(sla::Date::parse),
            expires: expires.and_then(sla::Date::parse),
            ..Evidence::default()
        }];
        offer(ServiceModel::Iaas, vec![item])
    };
    let one = with(Commitment::Guaranteed, "99", Some("2026-05-01"), Some("2027-05-01"));
    let other = with(Commitment::Objective, "95", Some("2025-05-01"), None);
    let whole = composed(Arrangement::Chain, &[&one, &other]);
    let item = whole.document.item("security.certifications").unwrap();
    assert_eq!(item.commitment, Commitment::Objective);
    assert_eq!(item.percentile, Some(dec("95")));
    assert_eq!(item.evidence[0].date, sla::Date::parse("2025-05-01"));
    assert_eq!(item.evidence[0].expires, sla::Date::parse("2027-05-01"));
    let undated = with(Commitment::Guaranteed, "99", None, None);
    let whole = composed(Arrangement::Chain, &[&one, &undated]);
    assert_eq!(whole.document.item("security.certifications").unwrap().evidence[0].date, None);
}

#[test]
fn prices_add_up_and_the_cost_class_is_that_of_the_sum() {
    let cheap = priced(host("0.999"), 61_000, "JPY", "1");
    let dear = priced(host("0.999"), 182_000, "JPY", "3");
    let euro = priced(host("0.999"), 148_000, "EUR", "4");
    let yen = |composite: &Composite| {
        let total = composite.document.spec.price.clone().unwrap().monthly_total.unwrap();
        (total.minor, total.currency)
    };
    let same = composed(Arrangement::Pair, &[&cheap, &dear]);
    assert_eq!(yen(&same), (243_000, "JPY".to_owned()));
    let mixed = composed(Arrangement::Pair, &[&cheap, &euro]);
    assert_eq!(yen(&mixed), (61_000 + 244_940, "JPY".to_owned()));
    assert!(composed(Arrangement::Pair, &[&cheap, &host("0.999")]).document.spec.price.is_none());

    let classes = CostClasses::of([(dec("61000"), 1), (dec("182000"), 3), (dec("244940"), 4)]);
    assert_eq!(classes.class(dec("243000")), 4);
    assert_eq!(classes.class(dec("182000")), 3);
    assert_eq!(classes.class(dec("90000")), 3);
    assert_eq!(classes.class(dec("10")), 1);
    assert_eq!(classes.class(dec("244941")), 5);
}

#[test]
fn ways_to_users_follow_each_other_in_a_chain_and_a_pair_is_as_far_as_its_farther_part() {
    let way = |rtt: &str| {
        let mut offer = host("0.999");
        offer.spec.network_to_users =
            vec![sla::NetworkPath { user_region: "JP".to_owned(), rtt_ms: dec(rtt) }];
        offer.spec.service.regions = vec![region("nowhere", "AQ", Some("AQ-1"))];
        offer
    };
    let rtt = |arrangement| {
        let whole = composed(arrangement, &[&way("10"), &way("7")]);
        // Germany is neither stated nor measured from there, so the whole does not know it either.
        assert_eq!(whole.document.spec.network_to_users.len(), 1);
        whole.document.spec.network_to_users[0].rtt_ms
    };
    assert_eq!(rtt(Arrangement::Chain), dec("17"));
    assert_eq!(rtt(Arrangement::Pair), dec("10"));
}

#[test]
fn zones_are_apart_only_where_both_are_declared() {
    let at = |zone: Option<&str>| {
        let mut offer = host("0.999");
        offer.spec.service.regions = vec![region("one", "JP", zone)];
        offer
    };
    assert!(zones_apart(&at(Some("JP-01")), &at(Some("JP-27"))).is_some());
    assert!(zones_apart(&at(Some("JP-01")), &at(Some("JP-01"))).is_none());
    assert!(zones_apart(&at(Some("JP-01")), &at(None)).is_none());
}

fn must(item: &str, op: Operator, value: Value) -> RequirementItem {
    RequirementItem {
        item: item.to_owned(),
        level: Demand::Must,
        op: Some(op),
        value: Some(value),
        sub_lists: std::collections::BTreeMap::new(),
        scheme: None,
        accept: Vec::new(),
        percentile: None,
        tolerance: None,
        weight: None,
        min_commitment: None,
        max_age_days: None,
        pair_with: None,
    }
}

fn need(items: Vec<RequirementItem>) -> sla::Requirement {
    let mut need = sla::parse_requirement(sla::EXAMPLE_REQUIREMENTS[0].yaml).unwrap();
    need.spec.user_regions = vec!["JP".to_owned()];
    need.spec.profiles.overload = None;
    need.spec.profiles.disaster = None;
    need.spec.profiles.normal.items = items;
    need
}

/// Searches a market; names of parts and the number of pairs looked at.
fn search(
    need: &sla::Requirement,
    market: &[(&str, Offer)],
    order: Order,
    pairs_max: usize,
) -> (Vec<String>, Combinations) {
    let circumstances = circumstances();
    let matcher = SlaMatcher::new(need, sla::ProfileName::Normal, &circumstances).unwrap();
    let documents: Vec<&Offer> = market.iter().map(|(_, offer)| offer).collect();
    let candidates: Vec<_> =
        market.iter().map(|(name, offer)| matcher.candidate(name, offer)).collect();
    let search = Search {
        order,
        pairs_max,
        found_max: 5,
        failover_success: dec("0.99"),
        user_regions: &need.spec.user_regions,
        circumstances: &circumstances,
    };
    let found = matcher.combinations(&documents, &candidates, &search);
    let names = found.found.iter().map(|one| one.candidate.as_ref().id().to_owned()).collect();
    (names, found)
}

fn elsewhere(mut offer: Offer) -> Offer {
    offer.spec.service.regions = vec![region("osaka", "JP", Some("JP-27"))];
    offer
}

#[test]
fn a_pair_is_proposed_where_no_single_offer_is_up_often_enough() {
    let need = need(vec![must(UPTIME, Operator::Gte, number("0.99995"))]);
    let market = [
        ("a", priced(host("0.9995"), 60_000, "JPY", "1")),
        ("b", priced(elsewhere(host("0.999")), 50_000, "JPY", "1")),
        ("c", priced(host("0.9993"), 10_000, "JPY", "1")),
        ("net", offer(ServiceModel::Network, vec![promise(UPTIME, number("0.9"))])),
    ];
    let (names, found) = search(&need, &market, Order::Balanced, 100);
    // The one that is up more often is the primary; `a` and `c` share a hazard zone.
    assert_eq!(names, ["c+b", "a+b"]);
    assert_eq!((found.possible, found.looked_at), (3, 3));
    let whole = &found.found[0];
    let total = whole.composite.document.spec.price.clone().unwrap().monthly_total.unwrap();
    assert_eq!(total.minor, 60_000);
    let zones: BTreeSet<_> = whole
        .composite
        .document
        .spec
        .service
        .regions
        .iter()
        .map(|region| region.hazard_zone.clone().unwrap())
        .collect();
    assert_eq!(zones.len(), 2);
}

#[test]
fn a_chain_is_proposed_where_the_host_lacks_the_path_and_the_network_the_work() {
    let (class, response) = ("network.assurance_class", "performance.e2e_response_time");
    let mut items = vec![
        must(class, Operator::Gte, Value::level("guaranteed_bandwidth")),
        must(UPTIME, Operator::Gte, number("0.99")),
        must(response, Operator::Lte, number("1")),
    ];
    let host = offer(
        ServiceModel::Iaas,
        vec![
            promise(UPTIME, number("0.999")),
            promise("performance.online_response_time", number("0.3")),
        ],
    );
    let network = offer(
        ServiceModel::Network,
        vec![
            promise(UPTIME, number("0.999")),
            promise(class, Value::level("guaranteed_bandwidth")),
        ],
    );
    let market = [("host", host.clone()), ("net", network.clone())];
    let (names, found) = search(&need(items.clone()), &market, Order::Balanced, 100);
    assert_eq!(names, ["host+net"]);
    let matcher =
        SlaMatcher::new(&need(items.clone()), sla::ProfileName::Normal, &circumstances()).unwrap();
    let explained = matcher.explain(&found.found[0].candidate);
    let row = explained.rows.iter().find(|row| row.item == response).unwrap();
    assert_eq!(row.verdict, Verdict::Beyond);
    assert!(matches!(
        &row.notes[..],
        [Note::DerivedResponse { origin: RttOrigin::Parts, rtt_ms, .. }] if *rtt_ms == dec("17.2")
    ));
    // A network that does not reach the host's country is no help.
    let mut far = network;
    far.spec.service.regions = vec![region("paris", "FR", None)];
    assert!(
        search(&need(items.clone()), &[("host", host.clone()), ("far", far)], Order::Fit, 9)
            .0
            .is_empty()
    );
    // Both have to be certified, so the chain fails what one of them fails.
    items.push(must("security.certifications", Operator::AllOf, Value::set(["ismap"])));
    let (names, found) = search(&need(items), &market, Order::Balanced, 100);
    assert!(names.is_empty());
    assert_eq!(found.possible, 0);
}

#[test]
fn beside_a_single_match_only_better_combinations_are_proposed() {
    let wish = need(vec![must(UPTIME, Operator::Gte, number("0.99995"))]);
    let a = priced(host("0.9995"), 60_000, "JPY", "1");
    let b = priced(elsewhere(host("0.999")), 50_000, "JPY", "1");
    let dear = priced(host("0.99999"), 200_000, "JPY", "4");
    let market = |single: &Offer| [("a", a.clone()), ("b", b.clone()), ("one", single.clone())];
    // 110,000 for the pair against 200,000 for one.
    assert_eq!(search(&wish, &market(&dear), Order::Value, 100).0, ["a+b"]);
    let cheap = priced(host("0.99999"), 70_000, "JPY", "2");
    assert!(search(&wish, &market(&cheap), Order::Value, 100).0.is_empty());
    assert!(search(&wish, &market(&cheap), Order::Fit, 100).0.is_empty());
}

#[test]
fn a_service_of_another_kind_does_not_stand_by() {
    let wish = need(vec![must(UPTIME, Operator::Gte, number("0.99995"))]);
    let mut desk = elsewhere(host("0.999"));
    desk.spec.service.model = ServiceModel::Saas;
    let market = [("a", host("0.999")), ("desk", desk)];
    let (names, found) = search(&wish, &market, Order::Balanced, 100);
    assert!(names.is_empty());
    assert_eq!(found.possible, 0);
}

#[test]
fn the_search_ends_at_its_limit_and_says_so() {
    let wish = need(vec![must(UPTIME, Operator::Gte, number("0.99995"))]);
    let market: Vec<(String, Offer)> = (0..30)
        .map(|at| {
            let one = host("0.999");
            (format!("o{at:02}"), if at % 2 == 0 { one } else { elsewhere(one) })
        })
        .collect();
    let named: Vec<(&str, Offer)> =
        market.iter().map(|(name, offer)| (name.as_str(), offer.clone())).collect();
    let (names, found) = search(&wish, &named, Order::Balanced, 40);
    assert_eq!((found.possible, found.looked_at), (30 * 29 / 2, 40));
    assert_eq!(names.len(), 5);
    assert!(search(&wish, &named, Order::Balanced, 1000).1.looked_at == 435);
}
