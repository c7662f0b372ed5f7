//! Profiles, floors, further lists and evidence as documents state them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use sla::{Demand, Faults, ProfileName, Requirement, Value, parse_decimal, parse_requirement};

/// A requirement with these lines under `normal` and this disaster profile.
fn with(normal: &str, disaster: &str) -> Result<Requirement, Faults> {
    parse_requirement(&format!(
        "apiVersion: sla.kumoichi/v1alpha1
kind: QualityRequirement
metadata: {{name: a-need, version: 1, title: {{en: A need}}}}
spec:
  userRegions: [JP]
  profiles:
    normal:
      items: [{normal}]
    disaster: {disaster}
"
    ))
}

const NORMAL: &str = "
        {item: availability.service_uptime, op: gte, value: 99.9 %, level: must, minCommitment: guaranteed},
        {item: performance.batch_time, op: lte, value: 1 h, level: must},
        {item: security.assurance_level, scheme: us-fips199, op: gte, value: moderate, level: must},
        {item: security.certifications, op: all_of, value: [iso27001, ismap], level: must},
        {item: security.data_location, op: subset_of, value: [JP], level: must},
        {item: network.bandwidth, op: range, value: {min: 100, max: 200}, level: prefer},
        {item: support.hours, level: best_effort}";

fn faults(disaster: &str) -> Vec<(String, String)> {
    let faults = with(NORMAL, disaster).unwrap_err();
    faults.iter().map(|fault| (fault.path.clone(), fault.code.to_string())).collect()
}

#[test]
fn listed_items_fall_to_their_floor_in_a_disaster_and_only_then() {
    let need = with(
        NORMAL,
        "{recoveryPriority: lifeline, relax: [
            {item: availability.service_uptime, floor: 99 %},
            {item: performance.batch_time, floor: PT24H},
            {item: security.assurance_level, floor: low},
            {item: security.certifications, floor: [iso27001]},
            {item: security.data_location, floor: [JP, DE]},
            {item: network.bandwidth, floor: {min: 10, max: 200}}], items: []}",
    )
    .unwrap();
    let value = |profile, key: &str| {
        let items = need.items_in(profile);
        items.iter().find(|item| item.item == key).unwrap().value.clone()
    };
    let uptime = "availability.service_uptime";
    let number = |text| Some(Value::Number(parse_decimal(text).unwrap()));
    assert_eq!(value(ProfileName::Normal, uptime), number("0.999"));
    assert_eq!(value(ProfileName::Overload, uptime), number("0.999"));
    assert_eq!(value(ProfileName::Disaster, uptime), number("0.99"));
    assert_eq!(value(ProfileName::Disaster, "performance.batch_time"), number("86400"));
    assert_eq!(value(ProfileName::Disaster, "security.assurance_level"), Some(Value::level("low")));
    let places = Some(Value::set(["DE", "JP"]));
    assert_eq!(value(ProfileName::Disaster, "security.data_location"), places);
    // How firmly it is asked, and how binding it has to be, stay as they are.
    let disaster = need.items_in(ProfileName::Disaster);
    let uptime = disaster.iter().find(|item| item.item == uptime).unwrap();
    assert_eq!(uptime.level, Demand::Must);
    assert_eq!(uptime.min_commitment, Some(sla::Commitment::Guaranteed));
    assert_eq!(disaster.len(), need.items_in(ProfileName::Normal).len());
    assert_eq!(parse_requirement(&sla::to_yaml(&need)).unwrap(), need);
}

#[test]
fn an_item_relaxed_without_a_floor_becomes_best_effort() {
    let need = with(NORMAL, "{relax: [{item: performance.batch_time}], items: []}").unwrap();
    let items = need.items_in(ProfileName::Disaster);
    let batch = items.iter().find(|item| item.item == "performance.batch_time").unwrap();
    assert_eq!((batch.level, &batch.value), (Demand::BestEffort, &None));
}

#[test]
fn what_is_weaker_than_every_day_without_being_listed_is_refused() {
    let at = "/spec/profiles/disaster/items/0/item";
    for weaker in [
        "{item: availability.service_uptime, op: gte, value: 99 %, level: must, minCommitment: guaranteed}",
        "{item: availability.service_uptime, op: gte, value: 99.9 %, level: prefer, minCommitment: guaranteed}",
        "{item: availability.service_uptime, op: gte, value: 99.9 %, level: must}",
        "{item: performance.batch_time, op: lte, value: 2 h, level: must}",
        "{item: performance.batch_time, op: gte, value: 1 h, level: must}",
        "{item: performance.batch_time, op: lte, value: 1 h, level: must, tolerance: 60}",
        "{item: security.assurance_level, scheme: us-fips199, op: gte, value: low, level: must}",
        "{item: security.assurance_level, scheme: fedramp, op: gte, value: D, level: must}",
        "{item: security.certifications, op: all_of, value: [ismap], level: must}",
        "{item: security.data_location, op: subset_of, value: [JP, US], level: must}",
        "{item: performance.batch_time, level: best_effort}",
    ] {
        let found = faults(&format!("{{items: [{weaker}]}}"));
        assert_eq!(found, [(at.to_owned(), "contradiction".to_owned())], "{weaker}");
    }
    for stronger in [
        "{item: availability.service_uptime, op: gte, value: 99.99 %, level: must, minCommitment: guaranteed}",
        "{item: performance.batch_time, op: lte, value: 1 h, level: must}",
        "{item: security.certifications, op: all_of, value: [ismap, iso27001, iso27017], level: must}",
        "{item: availability.rto, op: lte, value: 4 h, level: must}",
        "{item: support.hours, op: gte, value: 24x7, level: prefer}",
    ] {
        assert!(with(NORMAL, &format!("{{items: [{stronger}]}}")).is_ok(), "{stronger}");
    }
}

#[test]
fn a_floor_stands_for_something_asked_has_its_form_and_is_not_above_it() {
    for (entry, path, code) in [
        ("{item: availability.rto, floor: 4 h}", "item", "contradiction"),
        ("{item: support.hours}", "item", "contradiction"),
        ("{item: availability.service_uptime, floor: 99.99 %}", "floor", "contradiction"),
        ("{item: performance.batch_time, floor: 30 min}", "floor", "contradiction"),
        ("{item: security.certifications, floor: [iso27017]}", "floor", "contradiction"),
        ("{item: network.bandwidth, floor: 10}", "floor", "wrong_type"),
        ("{item: security.assurance_level, floor: A}", "floor", "unknown_level"),
    ] {
        let found = faults(&format!("{{relax: [{entry}], items: []}}"));
        let at = format!("/spec/profiles/disaster/relax/0/{path}");
        assert_eq!(found, [(at, code.to_owned())], "{entry}");
    }
    let both = "{relax: [{item: performance.batch_time, floor: 2 h}],
        items: [{item: performance.batch_time, op: lte, value: 1 h, level: must}]}";
    assert_eq!(faults(both)[0].0, "/spec/profiles/disaster/items/0/item");
    let twice =
        "{relax: [{item: performance.batch_time}, {item: performance.batch_time}], items: []}";
    assert_eq!(faults(twice)[0].1, "duplicate_item");
}

#[test]
fn every_day_itself_cannot_be_relaxed() {
    let text = sla::EXAMPLE_REQUIREMENTS[0].yaml.replacen("normal:", "normal:\n      relax: []", 1);
    let faults = parse_requirement(&text).unwrap_err();
    assert!(faults.iter().any(|fault| fault.path == "/spec/profiles/normal/relax"), "{faults}");
}

#[test]
fn further_lists_are_asked_of_places_only() {
    let need = |item: &str| with(item, "{items: []}");
    let places = "{item: security.data_location, op: subset_of, value: [JP], subLists: {support: [JP, DE], backup: [JP]}, level: must}";
    let read = need(places).unwrap();
    assert_eq!(read.spec.profiles.normal.items[0].sub_lists["support"].len(), 2);
    assert_eq!(parse_requirement(&sla::to_json(&read)).unwrap(), read);
    for wrong in [
        "{item: security.data_location, op: all_of, value: [JP], subLists: {support: [JP]}, level: must}",
        "{item: security.data_location, op: subset_of, value: [JP], subLists: {elsewhere: [JP]}, level: must}",
        "{item: availability.mttr, op: lte, value: 1 h, subLists: {support: [JP]}, level: must}",
        "{item: security.data_location, subLists: {support: [JP]}, level: best_effort}",
    ] {
        assert!(need(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn evidence_counts_through_its_last_day() {
    let offer = sla::parse_offer(sla::EXAMPLE_OFFERS[0].yaml).unwrap();
    let certificates = offer.item("security.certifications").unwrap();
    let last = sla::Date::parse("2027-08-31").unwrap().last_day();
    assert!(certificates.ended_members(last).is_empty());
    assert_eq!(certificates.ended_members(last + 1), ["ismap".to_owned()].into());
    let left = certificates.counting_on(last + 1).unwrap();
    assert!(left.as_set().is_some_and(|left| !left.is_empty() && !left.contains("ismap")));
    assert!(matches!(offer.counting_on(last), std::borrow::Cow::Borrowed(_)), "all of it counts");
    let counting = offer.counting_on(last + 1);
    assert_eq!(counting.item("security.certifications").unwrap().value, left);
    assert_eq!(counting.spec.items.len(), offer.spec.items.len());
}

#[test]
fn items_of_your_own_survive_every_form() {
    let text = sla::EXAMPLE_OFFERS[0].yaml.replacen(
        "  items:",
        "  items:\n    - {item: x-hokusei.green_hours, value: 12.5, commitment: guaranteed}\n    - {item: x-hokusei.colours, value: [red, blue], commitment: declared}",
        1,
    );
    let offer = sla::parse_offer(&text).unwrap();
    assert_eq!(sla::parse_offer(&sla::to_yaml(&offer)).unwrap(), offer);
    assert_eq!(sla::parse_offer(&sla::to_json(&offer)).unwrap(), offer);
    let serde = serde_json::to_string(&offer).unwrap();
    assert_eq!(serde_json::from_str::<sla::Offer>(&serde).unwrap(), offer);
    assert!(sla::canonical_json(&offer).contains("x-hokusei.green_hours"));
}
