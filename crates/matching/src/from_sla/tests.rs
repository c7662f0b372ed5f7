//! The special rules of documents, each on the smallest documents that show it. The worked example
//! of the schema stands in `tests/worked_example.rs`.

use sla::{Commitment, Demand, Operator, RequirementItem};

use super::*;
use crate::{Bound, nano::Nano, prepared::Verdict, requirement::Mode};

mod standard;
mod times;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn number(text: &str) -> sla::Value {
    sla::Value::Number(dec(text))
}

fn metadata(name: &str) -> sla::Metadata {
    sla::Metadata {
        name: name.to_owned(),
        provider: None,
        version: 1,
        valid_from: None,
        valid_until: None,
        supersedes: None,
        title: sla::Text::new("a title", "題名"),
        description: None,
        signature: None,
    }
}

/// A must without anything special.
fn asked(item: &str, op: Operator, value: sla::Value) -> RequirementItem {
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

fn requirement(items: Vec<RequirementItem>) -> sla::Requirement {
    let profiles = sla::Profiles {
        normal: sla::Profile { recovery_priority: None, relax: Vec::new(), items },
        overload: None,
        disaster: None,
    };
    let spec = sla::RequirementSpec {
        emphasis: None,
        user_regions: vec!["JP".to_owned(), "DE".to_owned()],
        round_trips: Some(2),
        priority: None,
        profiles,
    };
    sla::Requirement { metadata: metadata("need"), spec }
}

/// A guaranteed promise without anything special.
fn promised(item: &str, value: sla::Value) -> sla::OfferItem {
    sla::OfferItem {
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
        sub_lists: BTreeMap::new(),
        tls_min: None,
    }
}

fn offer(items: Vec<sla::OfferItem>) -> sla::Offer {
    let service = sla::Service {
        model: sla::ServiceModel::Iaas,
        deployment: sla::DeploymentModel::Public,
        regions: Vec::new(),
        category: None,
        attributes: BTreeMap::new(),
        middleware: Vec::new(),
        apps: Vec::new(),
        images: Vec::new(),
        recipes: Vec::new(),
        machine_types: Vec::new(),
    };
    let measurement = sla::Measurement {
        calendar: "1M".to_owned(),
        timezone: "Asia/Tokyo".to_owned(),
        slice_seconds: 60,
        min_outage_seconds: 0,
        exclusions: Vec::new(),
        vantage: None,
    };
    let spec =
        sla::OfferSpec { service, measurement, items, price: None, network_to_users: Vec::new() };
    sla::Offer { metadata: metadata("offer"), spec }
}

fn priced(amount: i64, currency: &str) -> sla::Offer {
    let mut offer = offer(Vec::new());
    let total =
        sla::Amount { minor: amount, currency: currency.to_owned(), tax_excluded: Some(true) };
    offer.spec.price = Some(sla::Price {
        tier: Some("3".to_owned()),
        basket: None,
        monthly_total: Some(total),
        minimum: None,
        one_time: None,
        as_of: None,
        next: None,
        per_unit: Vec::new(),
        limits: Vec::new(),
    });
    offer
}

fn today() -> Circumstances {
    Circumstances {
        today: sla::Date::parse("2026-11-22").unwrap().last_day(),
        yen_per: [("EUR".to_owned(), dec("165.5"))].into(),
    }
}

fn explain(wish: RequirementItem, document: &sla::Offer) -> Explanation {
    let matcher =
        SlaMatcher::new(&requirement(vec![wish]), sla::ProfileName::Normal, &today()).unwrap();
    matcher.explain(&matcher.candidate("offer", document))
}

fn set(members: &[&str]) -> sla::Value {
    sla::Value::set(members.iter().copied())
}

#[test]
fn every_registry_item_has_an_axis_of_its_own() {
    for def in sla::registry().items() {
        let value = match &def.kind {
            sla::ItemKind::Level(words) => sla::Value::level(words[0].key.clone()),
            sla::ItemKind::SchemeLevel => sla::Value::level("L2"),
            sla::ItemKind::Set(words) => set(&[&words[0].key]),
            sla::ItemKind::Countries => set(&["JP"]),
            _ => number("0.5"),
        };
        let mut item = promised(&def.key, value);
        item.scheme = (def.kind == sla::ItemKind::SchemeLevel).then(|| "gaia-x".to_owned());
        let axes = offer_axes(&offer(vec![item]));
        assert_eq!(axes.len(), 1, "{}", def.key);
        let radius = axes[0].promised.unwrap();
        assert!((0.0..=1.0).contains(&radius), "{}", def.key);
        let middle = def.kind == sla::ItemKind::SchemeLevel;
        assert!(!middle || (radius - 2.0 / 3.0).abs() < 1e-9);
    }
}

#[test]
fn a_promise_that_is_not_binding_enough_is_told_from_one_that_is_too_low() {
    let wish = RequirementItem {
        min_commitment: Some(Commitment::Guaranteed),
        ..asked("availability.service_uptime", Operator::Gte, number("0.999"))
    };
    let mut target = promised("availability.service_uptime", number("0.9999"));
    target.commitment = Commitment::Objective;
    let weak = explain(wish.clone(), &offer(vec![target]));
    assert!(!weak.totals.matched);
    assert_eq!(weak.rows[0].verdict, Verdict::NotPromised);
    assert_eq!(weak.rows[0].declared, Some(Value::Number(dec("0.9999"))));
    let note = Note::CommitmentTooWeak {
        declared: "objective".to_owned(),
        needed: "guaranteed".to_owned(),
    };
    assert_eq!(weak.rows[0].notes, [note]);

    let low = explain(wish, &offer(vec![promised("availability.service_uptime", number("0.99"))]));
    assert_eq!((low.rows[0].verdict, low.rows[0].notes.len()), (Verdict::Missed, 0));
    assert_eq!(low.totals.shortfall, Nano(250_000_000));
}

#[test]
fn a_stricter_percentile_is_accepted_and_a_laxer_one_is_not_compared() {
    let wish = RequirementItem {
        percentile: Some(dec("95")),
        ..asked("performance.online_response_time", Operator::Lte, number("1"))
    };
    for (percentile, matched) in
        [(Some("99"), true), (Some("95"), true), (Some("50"), false), (None, false)]
    {
        let mut item = promised("performance.online_response_time", number("0.5"));
        item.percentile = percentile.map(dec);
        let found = explain(wish.clone(), &offer(vec![item.clone()]));
        assert_eq!(found.totals.matched, matched, "{percentile:?}");
        let note = Note::PercentileTooLax { declared: item.percentile, needed: dec("95") };
        assert_eq!(found.rows[0].notes.contains(&note), !matched);
    }
}

#[test]
fn levels_of_another_scheme_count_only_where_the_customer_accepts_them() {
    let accept = |scheme: &str, value: &str| sla::Accepted {
        scheme: scheme.to_owned(),
        value: value.to_owned(),
    };
    let wish = RequirementItem {
        scheme: Some("us-fips199".to_owned()),
        accept: vec![accept("fedramp", "C"), accept("ismap", "ismap")],
        ..asked("security.assurance_level", Operator::Gte, sla::Value::level("moderate"))
    };
    let found = |scheme: &str, level: &str| {
        let mut item = promised("security.assurance_level", sla::Value::level(level));
        item.scheme = Some(scheme.to_owned());
        let row = explain(wish.clone(), &offer(vec![item])).rows.remove(0);
        (row.verdict, row.notes)
    };
    assert_eq!(found("us-fips199", "moderate"), (Verdict::Met, vec![]));
    assert_eq!(found("us-fips199", "high"), (Verdict::Beyond, vec![]));
    assert_eq!(found("us-fips199", "low"), (Verdict::Missed, vec![]));
    let equivalent = |scheme: &str, level: &str| Note::AcceptedEquivalent {
        scheme: scheme.to_owned(),
        level: level.to_owned(),
    };
    assert_eq!(found("ismap", "ismap"), (Verdict::Met, vec![equivalent("ismap", "ismap")]));
    assert_eq!(found("fedramp", "D"), (Verdict::Met, vec![equivalent("fedramp", "D")]));
    let below = Note::BelowAccepted { scheme: "fedramp".to_owned(), accepted: "C".to_owned() };
    assert_eq!(found("fedramp", "B"), (Verdict::NotPromised, vec![below]));
    let other = Note::OtherScheme { scheme: Some("gaia-x".to_owned()) };
    assert_eq!(found("gaia-x", "L3"), (Verdict::NotPromised, vec![other]));
}

fn report(kind: &str, period_end: Option<&str>) -> sla::Evidence {
    let period_end = period_end.map(|date| sla::Date::parse(date).unwrap());
    sla::Evidence { kind: kind.to_owned(), period_end, ..sla::Evidence::default() }
}

#[test]
fn old_undated_and_ended_evidence_does_not_count() {
    let wish = RequirementItem {
        max_age_days: Some(365),
        ..asked("audit.attestations", Operator::AllOf, set(&["soc2-type2", "c5-type2"]))
    };
    let found = |evidence: Vec<sla::Evidence>| {
        let mut item = promised("audit.attestations", set(&["soc2-type2", "c5-type2"]));
        item.evidence = evidence;
        explain(wish.clone(), &offer(vec![item]))
    };
    let fresh = report("c5-type2", Some("2026-06-30"));
    assert!(found(vec![report("soc2-type2", Some("2025-11-22")), fresh.clone()]).totals.matched);
    for evidence in [
        report("soc2-type2", Some("2025-11-21")),
        report("soc2-type2", None),
        // A period that has not ended proves nothing yet.
        report("soc2-type2", Some("2026-11-23")),
        report("other", None),
    ] {
        let found = found(vec![evidence, fresh.clone()]);
        assert_eq!(found.totals.shortfall, Nano(500_000_000));
        let members = ["soc2-type2".to_owned()].into();
        assert_eq!(found.rows[0].notes, [Note::EvidenceTooOld { members, max_age_days: 365 }]);
        assert_eq!(found.rows[0].declared, Some(Value::set(["soc2-type2", "c5-type2"])));
    }

    let wish = asked("security.certifications", Operator::AllOf, set(&["ismap"]));
    for (expires, matched) in [("2026-11-22", true), ("2026-11-21", false)] {
        let mut item = promised("security.certifications", set(&["ismap", "iso27001"]));
        item.evidence = vec![sla::Evidence {
            kind: "register".to_owned(),
            scheme: Some("ismap".to_owned()),
            expires: sla::Date::parse(expires),
            ..sla::Evidence::default()
        }];
        assert_eq!(explain(wish.clone(), &offer(vec![item])).totals.matched, matched, "{expires}");
    }
}

#[test]
fn what_is_measured_is_nobodys_promise() {
    let wish = asked("trust.observed_conformance", Operator::Gte, number("0.99"));
    let written = promised("trust.observed_conformance", number("1"));
    let found = explain(wish, &offer(vec![written]));
    assert_eq!(found.rows[0].verdict, Verdict::NotPromised);
    assert!(!found.totals.matched);
}

#[test]
fn the_response_time_is_derived_over_the_slowest_path() {
    let wish = RequirementItem {
        percentile: Some(dec("95")),
        ..asked("performance.e2e_response_time", Operator::Lte, number("1"))
    };
    let mut item = promised("performance.online_response_time", number("0.45"));
    item.percentile = Some(dec("95"));
    let mut document = offer(vec![item]);
    let path = |region: &str, rtt: &str| sla::NetworkPath {
        user_region: region.to_owned(),
        rtt_ms: dec(rtt),
    };
    document.spec.network_to_users = vec![path("JP", "240")];
    let unknown = explain(wish.clone(), &document);
    assert_eq!(unknown.rows[0].verdict, Verdict::NotPromised);
    assert_eq!(unknown.rows[0].notes, [Note::NoPathFrom { user_region: "DE".to_owned() }]);

    document.spec.network_to_users.push(path("DE", "15"));
    let derived = explain(wish, &document);
    assert_eq!(derived.rows[0].promised, Some(Value::Number(dec("0.93"))));
    assert!(derived.totals.matched);
    let note = Note::DerivedResponse {
        own: dec("0.45"),
        round_trips: 2,
        rtt_ms: dec("240"),
        user_region: "JP".to_owned(),
        origin: crate::RttOrigin::Offer { measured_ms: None },
    };
    assert_eq!(derived.rows[0].notes, [note]);
}

#[test]
fn prices_are_compared_in_yen_and_the_cost_class_downwards() {
    let budget = asked("cost.monthly_total", Operator::Lte, number("250000"));
    assert!(explain(budget.clone(), &priced(182_000, "JPY")).totals.matched);
    let euro = explain(budget.clone(), &priced(148_050, "EUR"));
    assert_eq!(euro.rows[0].promised, Some(Value::Number(dec("245022.75"))));
    let pound = explain(budget, &priced(100, "GBP"));
    assert_eq!(pound.rows[0].verdict, Verdict::NotPromised);
    assert_eq!(pound.rows[0].notes, [Note::NoRate { currency: "GBP".to_owned() }]);

    let class = |asked_class: &str| {
        explain(
            asked("cost.tier", Operator::Lte, sla::Value::level(asked_class)),
            &priced(1, "JPY"),
        )
        .rows
        .remove(0)
    };
    assert_eq!(class("3").verdict, Verdict::Met);
    assert_eq!(class("5").verdict, Verdict::Met, "being cheaper is no surplus");
    assert_eq!(class("1").verdict, Verdict::Missed);
    assert_eq!(class("1").shortfall_share, Nano(500_000_000));
}

#[test]
fn equal_offers_are_ordered_by_price_even_where_no_price_is_asked() {
    let need = requirement(vec![asked("security.data_location", Operator::SubsetOf, set(&["JP"]))]);
    let matcher = SlaMatcher::new(&need, sla::ProfileName::Normal, &today()).unwrap();
    let with = |amount| {
        let mut offer = priced(amount, "JPY");
        offer.spec.items.push(promised("security.data_location", set(&["JP"])));
        offer
    };
    let candidates = [matcher.candidate("a", &with(90_000)), matcher.candidate("b", &with(80_000))];
    for order in Order::ALL {
        let ranking = matcher.rank(&candidates, order, 10);
        assert_eq!(ranking.matches[0].id, "b", "{order:?}");
        let sent = serde_json::to_string(&matcher.bundle(&candidates)).unwrap();
        let received: crate::Bundle = serde_json::from_str(&sent).unwrap();
        assert_eq!(received.rank(order, 10).unwrap(), ranking, "the browser finds the same");
    }
}

#[test]
fn a_country_outside_is_a_whole_miss_and_side_lists_are_remarked() {
    let wish = asked("security.data_location", Operator::SubsetOf, set(&["DE", "NL"]));
    let mut item = promised("security.data_location", set(&["DE"]));
    item.sub_lists = [("support".to_owned(), ["DE".to_owned(), "PL".to_owned()].into())].into();
    let inside = explain(wish.clone(), &offer(vec![item]));
    assert!(inside.totals.matched);
    let note =
        Note::SubListOutside { list: "support".to_owned(), members: ["PL".to_owned()].into() };
    assert_eq!(inside.rows[0].notes, [note]);
    let outside =
        explain(wish, &offer(vec![promised("security.data_location", set(&["DE", "JP"]))]));
    assert_eq!(outside.totals.shortfall, Nano::ONE);
    assert_eq!(outside.relaxation[0].to, Some(Value::set(["DE", "JP", "NL"])));
}

#[test]
fn banned_members_are_missed_one_by_one() {
    let wish = asked("legal.controlling_jurisdictions", Operator::NoneOf, set(&["US", "CN"]));
    let found = |countries: &[&str]| {
        explain(
            wish.clone(),
            &offer(vec![promised("legal.controlling_jurisdictions", set(countries))]),
        )
    };
    assert!(found(&["JP", "DE"]).totals.matched);
    let one = found(&["JP", "US"]);
    assert!(!one.totals.matched);
    assert_eq!(one.totals.shortfall, Nano(500_000_000));
    assert_eq!(one.rows[0].declared, Some(Value::set(["JP", "US"])));
}

#[test]
fn a_range_asks_for_both_ends() {
    let range = sla::Value::Range { min: dec("10"), max: dec("20") };
    let wish = asked("network.rtt", Operator::Range, range);
    let found = |value| explain(wish.clone(), &offer(vec![promised("network.rtt", number(value))]));
    for (value, matched) in [("9.9", false), ("10", true), ("20", true), ("20.1", false)] {
        assert_eq!(found(value).totals.matched, matched, "{value}");
    }
    assert_eq!(
        found("15").rows.iter().map(|row| row.item.as_str()).collect::<Vec<_>>(),
        ["network.rtt"; 2]
    );
    // The page words each end by its own bound, not by the order of the item.
    let bounds: Vec<_> = found("15").rows.iter().map(|row| row.bound).collect();
    assert_eq!(bounds, [Some(Bound::AtLeast), Some(Bound::AtMost)]);
    let far: Vec<_> =
        found("15").rows.iter().map(|row| row.is_far_end(sla::Direction::Lower)).collect();
    assert_eq!(far, [true, false]);
}

#[test]
fn best_effort_accepts_anything_and_costs_nothing() {
    let wish = RequirementItem {
        level: Demand::BestEffort,
        op: None,
        value: None,
        ..asked("network.assurance_class", Operator::Gte, number("0"))
    };
    let with = offer(vec![promised("network.assurance_class", sla::Value::level("priority"))]);
    for document in [with, offer(Vec::new())] {
        let found = explain(wish.clone(), &document);
        assert_eq!(found.rows[0].mode, Mode::BestEffort);
        assert_eq!(
            (found.totals.matched, found.totals.shortfall, found.totals.surplus),
            (true, Nano(0), Nano(0))
        );
    }
}

#[test]
fn extension_items_match_only_where_both_sides_use_them() {
    let wish = asked("x-acme.seats", Operator::Gte, number("100"));
    assert!(
        explain(wish.clone(), &offer(vec![promised("x-acme.seats", number("100"))])).totals.matched
    );
    assert!(
        !explain(wish.clone(), &offer(vec![promised("x-other.seats", number("100"))]))
            .totals
            .matched
    );
    let odd = explain(wish, &offer(vec![promised("x-acme.seats", sla::Value::level("many"))]));
    assert_eq!(
        (odd.rows[0].verdict, &odd.rows[0].notes[..]),
        (Verdict::NotPromised, &[Note::NotComparable][..])
    );
    let flag = asked("x-acme.gpu", Operator::Eq, sla::Value::Boolean(true));
    assert!(
        explain(flag.clone(), &offer(vec![promised("x-acme.gpu", sla::Value::Boolean(true))]))
            .totals
            .matched
    );
    assert!(
        !explain(flag, &offer(vec![promised("x-acme.gpu", sla::Value::Boolean(false))]))
            .totals
            .matched
    );
}

#[test]
fn axes_are_the_union_of_both_sides_in_the_order_of_the_registry() {
    let need = requirement(vec![
        asked("cost.tier", Operator::Lte, sla::Value::level("3")),
        asked("availability.service_uptime", Operator::Gte, number("0.999")),
    ]);
    let matcher = SlaMatcher::new(&need, sla::ProfileName::Normal, &today()).unwrap();
    let document = offer(vec![promised("availability.mttr", number("60"))]);
    let axes = matcher.all_axes(&matcher.candidate("offer", &document), &document);
    let drawn: Vec<_> =
        axes.iter().map(|axis| (axis.item.as_str(), axis.asked, axis.promised)).collect();
    assert_eq!(
        drawn,
        [
            ("availability.service_uptime", Some(0.5), None),
            ("availability.mttr", None, Some(1.0)),
            ("cost.tier", Some(0.5), None),
        ]
    );
}
