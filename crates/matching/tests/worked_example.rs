//! The three requirements of the paper's Table 1 against three offers (sla-schema 6): match sets,
//! reasons, and the distances that the definition gives.

#![allow(clippy::unwrap_used, reason = "a test whose own data is wrong should stop there")]

use matching::{Candidate, Circumstances, Explanation, Note, Order, SlaMatcher, Value, Verdict};
use sla::{EXAMPLE_OFFERS, EXAMPLE_REQUIREMENTS, ProfileName, parse_offer, parse_requirement};

const GOV: &str = "hokusei-gov-iaas";
const BUSINESS: &str = "rheinland-business-cloud";
const EDGE: &str = "edge-burst-tokyo";

fn matcher(requirement: &str, profile: ProfileName) -> SlaMatcher {
    let example = EXAMPLE_REQUIREMENTS.iter().find(|example| example.name == requirement).unwrap();
    let circumstances = Circumstances {
        today: sla::Date::parse("2026-11-22").unwrap().last_day(),
        yen_per: [("EUR".to_owned(), "165".parse().unwrap())].into(),
    };
    SlaMatcher::new(&parse_requirement(example.yaml).unwrap(), profile, &circumstances).unwrap()
}

fn candidates(matcher: &SlaMatcher) -> Vec<Candidate> {
    let read = |yaml| parse_offer(yaml).unwrap();
    EXAMPLE_OFFERS
        .iter()
        .map(|example| matcher.candidate(example.name, &read(example.yaml)))
        .collect()
}

fn explained(requirement: &str, offer: &str) -> Explanation {
    let matcher = matcher(requirement, ProfileName::Normal);
    let candidates = candidates(&matcher);
    let candidate = candidates.iter().find(|candidate| candidate.as_ref().id() == offer).unwrap();
    matcher.explain(candidate)
}

/// Missed and unpromised items of an offer.
fn reasons(requirement: &str, offer: &str) -> (Vec<String>, Vec<String>) {
    let explanation = explained(requirement, offer);
    let having = |verdict| {
        explanation
            .rows
            .iter()
            .filter(|row| row.verdict == verdict)
            .map(|row| row.item.clone())
            .collect()
    };
    (having(Verdict::Missed), having(Verdict::NotPromised))
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

#[test]
fn each_service_of_table_1_is_contained_by_another_provider() {
    for (requirement, only) in [
        ("certificate-service", GOV),
        ("collaboration-service", BUSINESS),
        ("tracking-service", EDGE),
    ] {
        let matcher = matcher(requirement, ProfileName::Normal);
        for order in Order::ALL {
            let ranking = matcher.rank(&candidates(&matcher), order, 10);
            let matches: Vec<_> = ranking.matches.iter().map(|row| row.id.as_str()).collect();
            assert_eq!(matches, [only], "{requirement}");
            assert_eq!(ranking.near_misses.len(), 2);
        }
    }
}

#[test]
fn distances_are_those_of_the_definition() {
    // Computed apart from the engine; rounded to two digits they are the table of the schema.
    let expected = [
        ("certificate-service", GOV, "0", "0.05416569"),
        ("certificate-service", BUSINESS, "0.788461538", "0.027055076"),
        ("certificate-service", EDGE, "0.221153846", "0.074074074"),
        ("collaboration-service", GOV, "0.586311388", "0.075"),
        ("collaboration-service", BUSINESS, "0", "0.113673335"),
        ("collaboration-service", EDGE, "0.759407187", "0.018381609"),
        ("tracking-service", GOV, "0.335891454", "0.0667525"),
        ("tracking-service", BUSINESS, "0.429348694", "0.054209583"),
        ("tracking-service", EDGE, "0", "0.09616236"),
    ];
    for (requirement, offer, shortfall, surplus) in expected {
        let totals = explained(requirement, offer).totals;
        let found = (totals.shortfall.to_string(), totals.surplus.to_string());
        assert_eq!(found, (shortfall.to_owned(), surplus.to_owned()), "{requirement} {offer}");
        assert_eq!(totals.matched, shortfall == "0");
    }
}

#[test]
fn failed_musts_are_those_of_the_table() {
    let none = || words(&[]);
    assert_eq!(reasons("certificate-service", GOV), (none(), none()));
    let missed = ["cost.tier", "legal.regimes", "legal.governing_law", "security.data_location"];
    assert_eq!(
        reasons("certificate-service", BUSINESS),
        (words(&missed), words(&["security.assurance_level"]))
    );
    assert_eq!(
        reasons("certificate-service", EDGE),
        (words(&["availability.service_uptime"]), words(&["security.assurance_level"]))
    );
    let missed = [
        "performance.e2e_response_time",
        "network.assurance_class",
        "audit.attestations",
        "legal.regimes",
        "security.data_location",
    ];
    assert_eq!(reasons("collaboration-service", GOV), (words(&missed), none()));
    let missed = [
        "availability.service_uptime",
        "network.assurance_class",
        "legal.regimes",
        "security.data_location",
    ];
    assert_eq!(
        reasons("collaboration-service", EDGE),
        (words(&missed), words(&["network.bandwidth", "audit.attestations"]))
    );
    for offer in [GOV, BUSINESS] {
        let missed = words(&["performance.e2e_response_time", "cost.tier"]);
        assert_eq!(reasons("tracking-service", offer), (missed, none()));
    }
}

#[test]
fn the_certificate_service_is_contained_only_through_the_accepted_equivalent() {
    let row = |explanation: Explanation| {
        explanation.rows.into_iter().find(|row| row.item == "security.assurance_level").unwrap()
    };
    let gov = row(explained("certificate-service", GOV));
    assert_eq!(gov.verdict, Verdict::Met);
    assert_eq!(gov.required, Some(Value::level("us-fips199:moderate")));
    assert_eq!(gov.declared, Some(Value::level("ismap:ismap")));
    assert_eq!(
        gov.notes,
        [Note::AcceptedEquivalent { scheme: "ismap".to_owned(), level: "ismap".to_owned() }]
    );
    let business = row(explained("certificate-service", BUSINESS));
    assert_eq!(business.declared, Some(Value::level("gaia-x:L2")));
    assert_eq!(business.notes, [Note::OtherScheme { scheme: Some("gaia-x".to_owned()) }]);
}

#[test]
fn in_a_disaster_only_the_government_cloud_contains_the_certificate_service() {
    let matcher = matcher("certificate-service", ProfileName::Disaster);
    let candidates = candidates(&matcher);
    let ranking = matcher.rank(&candidates, Order::Balanced, 10);
    assert_eq!(ranking.matches.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), [GOV]);
    let business = candidates.iter().find(|candidate| candidate.as_ref().id() == BUSINESS).unwrap();
    let row = matcher
        .explain(business)
        .rows
        .into_iter()
        .find(|row| row.item == "availability.rto")
        .unwrap();
    assert_eq!(
        (row.verdict, row.promised),
        (Verdict::Missed, Some(Value::Number("28800".parse().unwrap())))
    );
}

#[test]
fn a_support_site_outside_the_allowed_countries_is_remarked() {
    let explanation = explained("collaboration-service", BUSINESS);
    let row = explanation.rows.iter().find(|row| row.item == "security.data_location").unwrap();
    let members = ["PL".to_owned()].into();
    assert_eq!(row.notes, [Note::SubListOutside { list: "support".to_owned(), members }]);
}
