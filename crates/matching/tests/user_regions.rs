//! The end-to-end response (paper Q2): the provider's promise plus round trips over the way to the
//! users. Only where the users are changes here, and with it the answer.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test whose own data is wrong should stop there"
)]

use matching::{
    Circumstances, Explanation, Note, RowExplanation, RttOrigin, SlaMatcher, Value, Verdict,
    measured_rtt,
};
use sla::{Decimal, EXAMPLE_OFFERS, EXAMPLE_REQUIREMENTS, Offer, ProfileName};

const RESPONSE: &str = "performance.e2e_response_time";

fn need(name: &str, user_regions: &[&str]) -> sla::Requirement {
    let example = EXAMPLE_REQUIREMENTS.iter().find(|example| example.name == name).unwrap();
    let mut need = sla::parse_requirement(example.yaml).unwrap();
    need.spec.user_regions = user_regions.iter().map(|code| (*code).to_owned()).collect();
    need
}

fn offer(name: &str) -> Offer {
    let example = EXAMPLE_OFFERS.iter().find(|example| example.name == name).unwrap();
    sla::parse_offer(example.yaml).unwrap()
}

/// The same offer without a word about the way to its users.
fn silent(name: &str) -> Offer {
    let mut offer = offer(name);
    offer.spec.network_to_users.clear();
    offer
}

fn today() -> i64 {
    sla::Date::parse("2026-11-22").unwrap().last_day()
}

fn explained(need: &sla::Requirement, offer: &Offer) -> Explanation {
    let circumstances = Circumstances { today: today(), ..Circumstances::default() };
    let matcher = SlaMatcher::new(need, ProfileName::Normal, &circumstances).unwrap();
    matcher.explain(&matcher.candidate("offer", offer))
}

fn response(explanation: &Explanation) -> &RowExplanation {
    explanation.rows.iter().find(|row| row.item == RESPONSE).unwrap()
}

fn number(text: &str) -> Option<Value> {
    Some(Value::Number(text.parse().unwrap()))
}

#[test]
fn the_tracking_service_is_contained_for_users_in_japan_and_not_for_users_in_germany() {
    let edge = offer("edge-burst-tokyo");
    let japan = explained(&need("tracking-service", &["JP"]), &edge);
    let germany = explained(&need("tracking-service", &["DE"]), &edge);
    assert!(japan.totals.matched && !germany.totals.matched);
    // 0.04 s of its own, two round trips of 5 or of 245 ms.
    assert_eq!(response(&japan).promised, number("0.05"));
    assert_eq!(response(&germany).promised, number("0.53"));
    assert_eq!(response(&germany).verdict, Verdict::Missed);
    let rest = |explanation: &Explanation| -> Vec<_> {
        let rows = explanation.rows.iter().filter(|row| row.item != RESPONSE);
        rows.map(|row| (row.item.clone(), row.verdict)).collect()
    };
    assert_eq!(rest(&japan), rest(&germany));
}

#[test]
fn users_in_two_regions_are_served_as_well_as_the_farther_ones() {
    let edge = offer("edge-burst-tokyo");
    let both = explained(&need("tracking-service", &["JP", "DE"]), &edge);
    assert_eq!(response(&both).promised, number("0.53"));
}

#[test]
fn measurements_stand_in_where_an_offer_states_no_way_and_their_age_is_told() {
    let offer = silent("rheinland-business-cloud");
    let far = explained(&need("collaboration-service", &["JP"]), &offer);
    let way = measured_rtt("DE", "JP").unwrap();
    assert_eq!(way.rtt_ms, "243.9".parse::<Decimal>().unwrap());
    let row = response(&far);
    let [Note::DerivedResponse { own, round_trips, rtt_ms, user_region, origin }] = &row.notes[..]
    else {
        panic!("{:?}", row.notes)
    };
    // Amsterdam is nearer to Japan than Frankfurt, so that is where it would run.
    let amsterdam = measured_rtt("NL", "JP").unwrap();
    assert!(amsterdam.rtt_ms < way.rtt_ms);
    assert_eq!((user_region.as_str(), *rtt_ms), ("JP", amsterdam.rtt_ms));
    let on_the_way = rtt_ms * Decimal::from(*round_trips) / Decimal::ONE_THOUSAND;
    assert_eq!(row.promised, Some(Value::Number((own + on_the_way).normalize())));
    assert_eq!(
        origin,
        &RttOrigin::Measured {
            country: "NL".to_owned(),
            dataset: "gcp".to_owned(),
            measured_on: None,
            age_days: None,
        }
    );

    let tokyo = explained(&need("tracking-service", &["DE"]), &silent("edge-burst-tokyo"));
    let day = sla::Date::parse("2020-06-05").unwrap().last_day();
    let [Note::DerivedResponse { origin, .. }] = &response(&tokyo).notes[..] else { panic!() };
    assert_eq!(
        origin,
        &RttOrigin::Measured {
            country: "JP".to_owned(),
            dataset: "aws".to_owned(),
            measured_on: Some(day),
            age_days: Some(today() - day),
        }
    );
}

#[test]
fn changing_the_region_changes_a_measured_response_too() {
    let offer = silent("hokusei-gov-iaas");
    let of = |region: &str| {
        response(&explained(&need("collaboration-service", &[region]), &offer)).promised.clone()
    };
    let regions = ["JP", "SG", "US", "DE"];
    let found: Vec<_> = regions.into_iter().map(of).collect();
    assert!(found.iter().all(Option::is_some), "{found:?}");
    assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
}

#[test]
fn where_nothing_is_stated_or_measured_the_response_is_not_promised() {
    let offer = silent("hokusei-gov-iaas");
    let nowhere = explained(&need("collaboration-service", &["JP", "AQ"]), &offer);
    let row = response(&nowhere);
    assert_eq!(row.verdict, Verdict::NotPromised);
    assert_eq!(row.notes, [Note::NoPathFrom { user_region: "AQ".to_owned() }]);
}

#[test]
fn what_the_offer_states_goes_before_what_was_measured_which_is_told_where_it_takes_longer() {
    let origin_of = |rtt_ms: i64| {
        let mut stating = silent("rheinland-business-cloud");
        stating.spec.network_to_users =
            vec![sla::NetworkPath { user_region: "JP".to_owned(), rtt_ms: Decimal::from(rtt_ms) }];
        let explanation = explained(&need("collaboration-service", &["JP"]), &stating);
        match &response(&explanation).notes[..] {
            [Note::DerivedResponse { rtt_ms: used, origin, .. }] => {
                assert_eq!(*used, Decimal::from(rtt_ms));
                origin.clone()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(origin_of(500), RttOrigin::Offer { measured_ms: None });
    let RttOrigin::Offer { measured_ms: Some(measured) } = origin_of(3) else { panic!() };
    assert!(measured > Decimal::from(100), "{measured}");
}
