//! Needs that ask something of overload and disaster: an offer matches when its promise contains what
//! is asked in each profile (F7.1.0, R4.5).

use super::*;
use crate::{ProfileStanding, requirement::Mode};
use sla::{EXAMPLE_OFFERS, EXAMPLE_REQUIREMENTS, ProfileName};

const UPTIME: &str = "availability.service_uptime";
const RTO: &str = "availability.rto";

fn whole(need: &sla::Requirement) -> SlaMatcher {
    SlaMatcher::for_all_times(need, &today()).unwrap()
}

fn standing(explanation: &Explanation, profile: ProfileName) -> &ProfileStanding {
    explanation.profiles.iter().find(|standing| standing.profile == profile).unwrap()
}

/// Uptime 99.9 % every day and 99 % in a disaster, when service is back within 4 h.
fn need() -> sla::Requirement {
    let mut need = requirement(vec![asked(UPTIME, Operator::Gte, sla::Value::from(dec("0.999")))]);
    let floor = Some(sla::Value::from(dec("0.99")));
    need.spec.profiles.disaster = Some(sla::Profile {
        recovery_priority: None,
        relax: vec![sla::Relaxed { item: UPTIME.to_owned(), floor }],
        items: vec![asked(RTO, Operator::Lte, sla::Value::from(dec("14400")))],
    });
    need
}

fn explained(uptime: &str, rto: Option<&str>) -> Explanation {
    let mut items = vec![promised(UPTIME, sla::Value::from(dec(uptime)))];
    items.extend(rto.map(|rto| promised(RTO, sla::Value::from(dec(rto)))));
    let matcher = whole(&need());
    matcher.explain(&matcher.candidate("o", &offer(items)))
}

#[test]
fn an_offer_matches_when_every_stated_profile_is_contained() {
    assert!(explained("0.999", Some("14400")).totals.matched);
    let slow = explained("0.999", Some("28800"));
    assert!(!slow.totals.matched);
    assert!(standing(&slow, ProfileName::Normal).matched);
    assert_eq!(standing(&slow, ProfileName::Disaster).failed, [2]);
    assert_eq!(slow.rows[2].promised, Some(Value::Number(dec("28800"))));
}

#[test]
fn a_floor_says_how_an_offer_stands_in_those_times_and_decides_nothing_by_itself() {
    let short = explained("0.995", Some("3600"));
    assert!(!short.totals.matched && !standing(&short, ProfileName::Normal).matched);
    let disaster = standing(&short, ProfileName::Disaster);
    assert!(disaster.matched);
    assert_eq!(disaster.mode_of(1), Some(Mode::Must));
    assert_eq!((short.rows[1].mode, short.rows[1].verdict), (Mode::BestEffort, Verdict::Beyond));
    // One change of the need lets it in: the floor is not a second failure.
    assert_eq!(short.relaxation.len(), 1);
    assert_eq!(short.other_time(0), None);
    assert_eq!(short.other_time(1), Some((ProfileName::Disaster, Mode::Must)));
    let below = explained("0.98", Some("3600"));
    assert_eq!(standing(&below, ProfileName::Disaster).failed, [1]);
}

#[test]
fn what_is_not_promised_for_a_disaster_is_absent_and_not_zero() {
    let silent = explained("0.999", None);
    assert!(!silent.totals.matched);
    assert_eq!(silent.rows[2].verdict, Verdict::NotPromised);
    assert_eq!(standing(&silent, ProfileName::Disaster).failed, [2]);
}

#[test]
fn a_question_of_two_profiles_is_asked_once_and_another_one_of_its_own() {
    let mut need = need();
    need.spec.profiles.overload = need.spec.profiles.disaster.clone();
    let rows = |need: &sla::Requirement| {
        let wishes = wishes(need);
        let real = wishes.iter().filter(|wish| !wish.floor);
        real.map(|wish| (wish.item.item.clone(), wish.profiles.len())).collect::<Vec<_>>()
    };
    assert_eq!(rows(&need), [(UPTIME.to_owned(), 1), (RTO.to_owned(), 2)]);
    let stricter = sla::Value::from(dec("3600"));
    need.spec.profiles.overload.as_mut().unwrap().items[0].value = Some(stricter);
    assert_eq!(rows(&need).len(), 3);
    let matcher = whole(&need);
    let axes = matcher.axes(&matcher.candidate("o", &offer(Vec::new())));
    let drawn: Vec<&str> = axes.iter().map(|axis| axis.item.as_str()).collect();
    assert_eq!(drawn, [UPTIME, RTO]);
}

#[test]
fn a_need_without_other_profiles_is_judged_as_before() {
    for example in EXAMPLE_REQUIREMENTS {
        let mut need = sla::parse_requirement(example.yaml).unwrap();
        need.spec.profiles.overload = None;
        need.spec.profiles.disaster = None;
        let before = SlaMatcher::new(&need, ProfileName::Normal, &today()).unwrap();
        assert_eq!(whole(&need).requirement(), before.requirement());
    }
}

#[test]
fn matching_at_all_times_is_matching_in_each_of_them() {
    let values = ["0.5", "0.99", "0.995", "0.999", "1"];
    for example in EXAMPLE_REQUIREMENTS {
        let mut need = sla::parse_requirement(example.yaml).unwrap();
        need.spec.profiles.overload = need.spec.profiles.disaster.clone().map(|mut profile| {
            profile.items.truncate(1);
            profile
        });
        for (offer, value) in EXAMPLE_OFFERS.iter().flat_map(|one| values.map(|v| (one, v))) {
            let mut offer = sla::parse_offer(offer.yaml).unwrap();
            for item in offer.spec.items.iter_mut().filter(|item| item.item == UPTIME) {
                item.value = sla::Value::from(dec(value));
            }
            let matcher = whole(&need);
            let together = matcher.explain(&matcher.candidate("o", &offer));
            let alone = |profile| {
                let matcher = SlaMatcher::new(&need, profile, &today()).unwrap();
                matcher.explain(&matcher.candidate("o", &offer)).totals.matched
            };
            for standing in &together.profiles {
                assert_eq!(standing.matched, alone(standing.profile), "{}", example.name);
            }
            let each = together.profiles.iter().all(|standing| standing.matched);
            assert_eq!(together.totals.matched, each, "{}", example.name);
        }
    }
}
