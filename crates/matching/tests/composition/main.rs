//! Properties of composition on random documents: the order of parts does not matter, the whole is
//! never stronger than a part that counts (but for a standby's uptime), a stronger part never makes
//! the whole weaker, and the search finds what trying every pair finds.
//!
//! 500 cases each; `PROPTEST_CASES` sets another number, for example for a run at night.

#![allow(clippy::unwrap_used, reason = "a test whose own data is wrong should stop there")]

mod market;

use market::*;
use matching::{
    Circumstances, Order, SlaMatcher,
    compose::{Composite, CostClasses, Search, Terms, compose, zones_apart},
    offer_covers, promise_covers,
};
use proptest::{prelude::*, strategy::ValueTree};
use sla::{Arrangement, Compose, Decimal, Offer, OfferItem, ServiceModel};
use std::collections::BTreeSet;

fn cases(otherwise: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn whole(arrangement: Arrangement, parts: &[&Offer]) -> Composite {
    let (circumstances, classes) = (Circumstances::default(), CostClasses::default());
    let users = ["JP".to_owned(), "DE".to_owned()];
    let terms = Terms {
        failover_success: Decimal::new(99, 2),
        user_regions: &users,
        circumstances: &circumstances,
        classes: &classes,
    };
    compose(arrangement, parts, &terms)
}

fn arrangement() -> impl Strategy<Value = Arrangement> {
    proptest::sample::select(Arrangement::ALL)
}

fn rule(arrangement: Arrangement, key: &str) -> Compose {
    sla::registry().item(key).unwrap().compose.rule(arrangement)
}

/// The promises but those whose rule asks who is first.
fn symmetric(composite: &Composite) -> Vec<OfferItem> {
    let items = composite.document.spec.items.iter();
    items
        .filter(|item| rule(composite.arrangement, &item.item) != Compose::Failover)
        .cloned()
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_parts_does_not_matter(a in offer(), b in offer(), how in arrangement()) {
        let (there, back) = (whole(how, &[&a, &b]), whole(how, &[&b, &a]));
        prop_assert_eq!(symmetric(&there), symmetric(&back));
        prop_assert_eq!(&there.document.spec.price, &back.document.spec.price);
        prop_assert_eq!(&there.document.spec.network_to_users, &back.document.spec.network_to_users);
        // With a share of failovers that always succeed not even the uptime knows who is first.
        if how == Arrangement::Chain {
            prop_assert_eq!(&there.document.spec.items, &back.document.spec.items);
        }
    }

    #[test]
    fn a_pair_with_itself_promises_what_it_promises_alone_and_is_up_more(a in offer()) {
        let pair = whole(Arrangement::Pair, &[&a, &a]);
        for item in &a.spec.items {
            let together = pair.document.item(&item.item).unwrap();
            if rule(Arrangement::Pair, &item.item) == Compose::Failover {
                prop_assert!(promise_covers(together, item));
            } else {
                prop_assert_eq!(&together.value, &item.value);
            }
            prop_assert_eq!(together.commitment, item.commitment);
        }
        let total = |offer: &Offer| offer.spec.price.clone().map(|price| price.monthly_total.unwrap().minor);
        prop_assert_eq!(total(&pair.document), total(&a).map(|minor| minor * 2));
    }

    #[test]
    fn the_whole_is_never_stronger_than_a_part_that_counts(a in offer(), b in offer(), how in arrangement()) {
        let composite = whole(how, &[&a, &b]);
        for composed in composite.items.iter().filter(|composed| composed.value.is_some()) {
            let together = composite.document.item(&composed.item).unwrap();
            for (part, counts) in [&a, &b].into_iter().zip(&composed.counted) {
                if !counts || composed.rule == Compose::Failover {
                    continue;
                }
                prop_assert!(promise_covers(part.item(&composed.item).unwrap(), together), "{composed:?}");
            }
        }
    }

    #[test]
    fn undeclared_stays_undeclared_wherever_a_part_counts(a in offer(), b in offer(), how in arrangement()) {
        let composite = whole(how, &[&a, &b]);
        for composed in &composite.items {
            let mut counted = composed.parts.iter().zip(&composed.counted).filter(|(_, counts)| **counts);
            let silent = counted.any(|(part, _)| part.is_none());
            prop_assert!(!silent || composed.value.is_none(), "{composed:?}");
            prop_assert_eq!(composed.value.is_none(), composed.open.is_some());
        }
    }

    #[test]
    fn a_stronger_part_never_makes_the_whole_weaker(
        a in offer(), b in offer(), stronger in offer(), how in arrangement(), first in any::<bool>(),
    ) {
        let mut better = a.clone();
        for item in &mut better.spec.items {
            let other = stronger.item(&item.item);
            if let Some(other) = other.filter(|other| promise_covers(other, item)) {
                // Agreement is no order: another law is not a stronger one.
                if rule(how, &item.item) != Compose::Equal {
                    *item = other.clone();
                }
            }
        }
        prop_assert!(offer_covers(&better, &a));
        let of = |one: &Offer| if first { whole(how, &[one, &b]) } else { whole(how, &[&b, one]) };
        let (before, after) = (of(&a), of(&better));
        prop_assert!(offer_covers(&after.document, &before.document), "{before:?} {after:?}");
    }

    #[test]
    fn withdrawing_a_promise_never_helps_the_whole(
        a in offer(), b in offer(), how in arrangement(), gone in proptest::sample::select(KEYS),
    ) {
        let mut less = a.clone();
        less.spec.items.retain(|item| item.item != gone);
        let (before, after) = (whole(how, &[&a, &b]), whole(how, &[&less, &b]));
        prop_assert!(offer_covers(&before.document, &after.document), "{before:?} {after:?}");
    }

    #[test]
    fn covering_is_reflexive_and_transitive_and_keeps_matches(
        a in offer(), b in offer(), c in offer(), need in need(),
    ) {
        prop_assert!(offer_covers(&a, &a));
        let covers = offer_covers(&a, &b);
        prop_assert!(!covers || !offer_covers(&b, &c) || offer_covers(&a, &c));
        // The same promises, some withdrawn: always covered.
        let mut less = a.clone();
        less.spec.items.truncate(2);
        less.spec.network_to_users.clear();
        prop_assert!(offer_covers(&a, &less));
        let matcher = SlaMatcher::new(&need, sla::ProfileName::Normal, &Circumstances::default()).unwrap();
        let matched = |offer: &Offer| matcher.explain(&matcher.candidate("one", offer)).totals.matched;
        // Where no way to the users is stated the measured one counts, which may be shorter than a stated
        // one: promises keep a match, and the same ways.
        let on_the_way_of_a = |offer: &Offer| {
            let mut offer = offer.clone();
            offer.spec.network_to_users.clone_from(&a.spec.network_to_users);
            offer.spec.service.regions.clone_from(&a.spec.service.regions);
            offer
        };
        prop_assert!(matched(&a) || !matched(&on_the_way_of_a(&less)));
        prop_assert!(!covers || matched(&a) || !matched(&on_the_way_of_a(&b)));
    }

    #[test]
    fn the_search_finds_what_trying_every_pair_finds(market in market(), need in need()) {
        let circumstances = Circumstances::default();
        let matcher = SlaMatcher::new(&need, sla::ProfileName::Normal, &circumstances).unwrap();
        let documents: Vec<&Offer> = market.iter().collect();
        let candidates: Vec<_> = market
            .iter()
            .enumerate()
            .map(|(at, offer)| matcher.candidate(&format!("o{at}"), offer))
            .collect();
        let single = candidates.iter().any(|one| matcher.explain(one).totals.matched);
        let search = Search {
            order: Order::Balanced,
            pairs_max: 10_000,
            found_max: 10_000,
            failover_success: Decimal::new(99, 2),
            user_regions: &need.spec.user_regions,
            circumstances: &circumstances,
        };
        let found = matcher.combinations(&documents, &candidates, &search);
        prop_assert_eq!(found.looked_at, found.possible);
        let ids: BTreeSet<BTreeSet<usize>> =
            found.found.iter().map(|one| one.parts.into_iter().collect()).collect();
        let expected = by_hand(&matcher, &documents, &need);
        if single {
            prop_assert!(ids.is_subset(&expected));
        } else {
            prop_assert_eq!(ids, expected);
        }
    }
}

#[test]
fn the_random_markets_hold_combinations_where_no_single_offer_does() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut holding = 0;
    for _ in 0..300 {
        let (market, need) = (market(), need()).new_tree(&mut runner).unwrap().current();
        let matcher =
            SlaMatcher::new(&need, sla::ProfileName::Normal, &Circumstances::default()).unwrap();
        let documents: Vec<&Offer> = market.iter().collect();
        let single =
            |offer: &&Offer| matcher.explain(&matcher.candidate("one", offer)).totals.matched;
        let found = by_hand(&matcher, &documents, &need);
        holding += usize::from(!documents.iter().any(single) && !found.is_empty());
    }
    assert!(holding >= 5, "{holding} of 300");
}

/// Every pair that contains the need, tried without thinking.
fn by_hand(
    matcher: &SlaMatcher,
    documents: &[&Offer],
    need: &sla::Requirement,
) -> BTreeSet<BTreeSet<usize>> {
    let (circumstances, classes) = (Circumstances::default(), CostClasses::default());
    let terms = Terms {
        failover_success: Decimal::new(99, 2),
        user_regions: &need.spec.user_regions,
        circumstances: &circumstances,
        classes: &classes,
    };
    let matched = |composite: &Composite| {
        matcher.explain(&matcher.composite_candidate("both", composite)).totals.matched
    };
    let network = |offer: &Offer| offer.spec.service.model == ServiceModel::Network;
    let mut found = BTreeSet::new();
    for (one, first) in documents.iter().enumerate() {
        for (other, second) in documents.iter().enumerate().filter(|(other, _)| *other != one) {
            let fits = match (network(first), network(second)) {
                (false, true) => matched(&compose(Arrangement::Chain, &[first, second], &terms)),
                (false, false) => {
                    first.spec.service.model == second.spec.service.model
                        && zones_apart(first, second).is_some()
                        && matched(&compose(Arrangement::Pair, &[first, second], &terms))
                }
                _ => false,
            };
            if fits {
                found.insert(BTreeSet::from([one, other]));
            }
        }
    }
    found
}
