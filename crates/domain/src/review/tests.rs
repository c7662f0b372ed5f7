//! Every pair of a review's state and event, two pairs of eyes, and what the rules decide.

use super::*;
use crate::{UserId, Viewer};
use uuid::Uuid;

#[test]
fn every_pair_of_review_state_and_event_is_decided() {
    use ReviewEvent as E;
    use ReviewState as S;
    let legal: Vec<_> = S::ALL
        .into_iter()
        .flat_map(|state| E::ALL.map(|event| (state, event)))
        .filter_map(|(state, event)| Some((state, event, state.apply(event).ok()?)))
        .collect();
    assert_eq!(
        legal,
        [
            (S::Submitted, E::Begin, S::InReview),
            (S::Submitted, E::Approve, S::Approved),
            (S::Submitted, E::Refuse, S::Refused),
            (S::Submitted, E::TakeBack, S::TakenBack),
            (S::InReview, E::Approve, S::Approved),
            (S::InReview, E::Refuse, S::Refused),
            (S::InReview, E::TakeBack, S::TakenBack),
            (S::Approved, E::TakeBack, S::TakenBack),
            (S::Approved, E::Publish, S::Published),
        ]
    );
    for state in S::ALL {
        let moves = E::ALL.into_iter().any(|event| state.apply(event).is_ok());
        assert_eq!(state.is_open(), moves, "{state}");
        assert_eq!(state.as_str().parse(), Ok(state));
    }
}

fn person(user: u128, role: Role, organisation: u128) -> Actor {
    Actor::Person(Viewer {
        user: UserId(Uuid::from_u128(user)),
        organisation: OrganisationId(Uuid::from_u128(organisation)),
        role,
        name: String::new(),
        organisation_name: String::new(),
    })
}

#[test]
fn whoever_submitted_does_not_decide_nor_does_anybody_of_that_house() {
    let provider = Some(OrganisationId(Uuid::from_u128(7)));
    let submitter = UserId(Uuid::from_u128(1)).to_string();
    let eyes = |actor: &Actor| is_second_pair_of_eyes(actor, &submitter, provider);
    assert!(eyes(&person(2, Role::Broker, 9)));
    assert!(!eyes(&person(1, Role::Broker, 9)), "the same person");
    assert!(!eyes(&person(2, Role::Broker, 7)), "the same house");
    assert!(!eyes(&person(2, Role::Provider, 9)), "another role");
    assert!(!eyes(&Actor::System) && !eyes(&Actor::Stranger));
}

fn facts() -> ReviewFacts {
    ReviewFacts {
        published: 0,
        refused: 0,
        category: "IaaS".to_owned(),
        price_minor: Some(120),
        currency: None,
        middle: Some(PriceMiddle { minor: 100, prices: 5 }),
        change: None,
        admitted: None,
    }
}

fn decide(rules: ReviewRules, facts: ReviewFacts) -> bool {
    Evaluation::of(1, rules, facts).approved
}

fn answer(rules: ReviewRules, facts: ReviewFacts, rule: ReviewRule) -> RuleAnswer {
    let found = Evaluation::of(1, rules, facts).checks;
    found.into_iter().find(|check| check.rule == rule).unwrap().answer
}

#[test]
fn a_fresh_market_publishes_what_is_sound_unless_the_provider_was_refused_of_late() {
    assert!(decide(ReviewRules::DEFAULT, facts()));
    let refused = ReviewFacts { refused: 1, ..facts() };
    assert!(!decide(ReviewRules::DEFAULT, refused.clone()));
    let off = ReviewRules { refusal_days: 0, ..ReviewRules::DEFAULT };
    assert!(decide(off, refused));
}

#[test]
fn nothing_of_a_provider_who_is_not_admitted_is_approved_by_rules() {
    let better = Some(ChangeVerdict::Better);
    for (admitted, said, approved) in [
        (None, RuleAnswer::NotAsked, true),
        (Some(true), RuleAnswer::Holds, true),
        (Some(false), RuleAnswer::Fails, false),
    ] {
        let facts = ReviewFacts { admitted, change: better, ..facts() };
        assert_eq!(answer(ReviewRules::DEFAULT, facts.clone(), ReviewRule::Admitted), said);
        assert_eq!(decide(ReviewRules::DEFAULT, facts), approved, "{admitted:?}");
    }
}

#[test]
fn a_person_looks_at_everything_where_the_broker_says_so() {
    let rules = ReviewRules { review_all: true, ..ReviewRules::DEFAULT };
    let better = ReviewFacts { change: Some(ChangeVerdict::Better), ..facts() };
    assert!(!decide(rules, better));
}

#[test]
fn a_harmless_change_is_enough_and_any_other_asks_the_other_rules() {
    let strict = ReviewRules { published_least: 3, ..ReviewRules::DEFAULT };
    for (change, approved) in [
        (None, false),
        (Some(ChangeVerdict::Neutral), true),
        (Some(ChangeVerdict::Better), true),
        (Some(ChangeVerdict::Other), false),
    ] {
        assert_eq!(decide(strict, ReviewFacts { change, ..facts() }), approved, "{change:?}");
    }
    let known = ReviewFacts { published: 3, change: Some(ChangeVerdict::Other), ..facts() };
    assert!(decide(strict, known), "a harmful change of a known provider");
    let off = ReviewRules { harmless_change: false, ..strict };
    assert!(!decide(off, ReviewFacts { change: Some(ChangeVerdict::Better), ..facts() }));
}

#[test]
fn a_price_far_from_the_middle_or_without_one_asks_for_a_person() {
    let near = |percent| ReviewRules { price_percent: percent, ..ReviewRules::DEFAULT };
    let of = |percent, facts| answer(near(percent), facts, ReviewRule::PriceNear);
    assert_eq!(of(0, facts()), RuleAnswer::NotAsked);
    assert_eq!(of(20, facts()), RuleAnswer::Holds, "exactly as far as allowed");
    assert_eq!(of(19, facts()), RuleAnswer::Fails);
    let low = ReviewFacts { price_minor: Some(80), ..facts() };
    assert_eq!(of(20, low.clone()), RuleAnswer::Holds);
    assert_eq!(of(19, low), RuleAnswer::Fails);
    assert_eq!(of(99, ReviewFacts { price_minor: None, ..facts() }), RuleAnswer::Fails);
    let few = Some(PriceMiddle { minor: 100, prices: PRICES_LEAST - 1 });
    assert_eq!(of(99, ReviewFacts { middle: few, ..facts() }), RuleAnswer::Fails);
    let huge = ReviewFacts { price_minor: Some(i64::MAX), ..facts() };
    assert_eq!(of(1_000, huge), RuleAnswer::Fails, "without overflow");
}

#[test]
fn an_evaluation_is_read_again_as_it_was_written() {
    let found = Evaluation::of(4, ReviewRules::DEFAULT, facts());
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), found);
}
