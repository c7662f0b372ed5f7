//! The properties P1 to P18 and P20 of the definition (`matching.md` 2), on random offers and
//! requirements over one dictionary with every kind and scale; P19 is in `tests/index`.
//!
//! 500 cases each; `PROPTEST_CASES` sets another number: `cargo xtask test --nightly` takes 20,000.

#![allow(clippy::unwrap_used, reason = "a test whose own data is wrong should stop there")]

mod brute;
mod world;

use matching::{
    Asked, Dictionary, Item, Mode, Nano, Offer, OfferValues, Order, Prepared, Requirement,
    Tolerance, Value, compile_offers, covers,
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use world::*;

fn cases(otherwise: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn compiled(offer: &OfferValues) -> Offer {
    Offer::new(&dictionary(), 0, offer).unwrap()
}

/// The same offer with some of its promises strengthened.
fn stronger(offer: &OfferValues, changes: &[(u32, Vec<bool>)]) -> OfferValues {
    let values = offer.values.iter().zip(changes);
    let values = values.map(|((item, value), (notches, choice))| {
        (item.clone(), strengthen(item, value, *notches, choice))
    });
    OfferValues { id: offer.id.clone(), values: values.collect() }
}

fn changes() -> impl Strategy<Value = Vec<(u32, Vec<bool>)>> {
    proptest::collection::vec(change(), ITEMS.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p01_reflexive_an_offer_matches_itself(offer in offer(true)) {
        let rows = offer.values.iter().map(|(item, value)| Asked::must(item.clone(), value.clone()));
        let itself = totals(&Requirement { rows: rows.collect() }, &offer);
        prop_assert!(itself.matched);
        prop_assert_eq!((itself.shortfall, itself.surplus), (Nano::ZERO, Nano::ZERO));
        prop_assert!(covers(&dictionary(), &compiled(&offer), &compiled(&offer)));
    }

    #[test]
    fn p02_transitive_containment(c in offer(false), first in changes(), second in changes(), asked in requirement()) {
        let b = stronger(&c, &first);
        let a = stronger(&b, &second);
        let dictionary = dictionary();
        prop_assert!(covers(&dictionary, &compiled(&b), &compiled(&c)));
        prop_assert!(covers(&dictionary, &compiled(&a), &compiled(&b)));
        prop_assert!(covers(&dictionary, &compiled(&a), &compiled(&c)));
        prop_assert!(totals(&asked, &a).matched || !totals(&asked, &c).matched);
    }

    #[test]
    fn p03_antisymmetric_up_to_equal_values(b in offer(true), change in changes()) {
        let a = stronger(&b, &change);
        let back = covers(&dictionary(), &compiled(&b), &compiled(&a));
        prop_assert_eq!(back, a == b);
    }

    #[test]
    fn p04_strengthening_a_promise_never_hurts(
        offer in offer(false), asked in requirement(), item in proptest::sample::select(&ITEMS[..]), change in change(),
    ) {
        let mut better = offer.clone();
        if let Some(value) = better.values.get_mut(item) {
            *value = strengthen(item, value, change.0, &change.1);
        }
        let (before, after) = (totals(&asked, &offer), totals(&asked, &better));
        prop_assert!(after.matched || !before.matched);
        prop_assert!(after.shortfall <= before.shortfall);
        prop_assert!(after.surplus >= before.surplus);
    }

    #[test]
    fn p05_withdrawing_a_promise_never_helps(
        offer in offer(false), asked in requirement(), item in proptest::sample::select(&ITEMS[..]),
    ) {
        let mut less = offer.clone();
        less.values.remove(item);
        let (before, after) = (totals(&asked, &offer), totals(&asked, &less));
        prop_assert!(before.matched || !after.matched);
        prop_assert!(after.shortfall >= before.shortfall);
        prop_assert!(after.surplus <= before.surplus);
    }

    #[test]
    fn p06_tightening_or_adding_a_must_only_removes(
        offers in offers(8), asked in requirement(), added in row("line"), change in change(),
    ) {
        let before = matches(&asked, &offers);
        for index in 0..asked.rows.len() {
            let mut tighter = asked.clone();
            let row = &mut tighter.rows[index];
            row.value = row.value.as_ref().map(|value| tighten(&row.item, value, &change));
            prop_assert!(matches(&tighter, &offers).is_subset(&before), "{:?}", tighter.rows[index]);
        }
        let mut more = asked;
        more.rows.push(Asked { mode: Mode::Must, ..added });
        prop_assert!(matches(&more, &offers).is_subset(&before));
    }

    #[test]
    fn p07_widening_a_tolerance_or_preferring_only_adds(offers in offers(8), asked in requirement()) {
        let before = matches(&asked, &offers);
        for index in 0..asked.rows.len() {
            let mut wider = asked.clone();
            let row = &mut wider.rows[index];
            row.tolerance = match row.tolerance {
                Some(Tolerance::Abs(by)) => Some(Tolerance::Abs(by + dec(3, 1))),
                Some(Tolerance::Rel(by)) => Some(Tolerance::Rel(by + dec(3, 1))),
                Some(Tolerance::Steps(by)) => Some(Tolerance::Steps(by + 1)),
                None => None,
            };
            prop_assert!(matches(&wider, &offers).is_superset(&before));
            if wider.rows[index].mode == Mode::Must {
                wider.rows[index].mode = Mode::Prefer;
            }
            prop_assert!(matches(&wider, &offers).is_superset(&before));
        }
    }

    #[test]
    fn p08_scaling_all_weights_changes_nothing(offers in offers(8), asked in requirement(), factor in 1..=100_000_i64) {
        let mut scaled = asked.clone();
        for row in &mut scaled.rows {
            row.weight *= dec(factor, 4);
        }
        for offer in &offers {
            prop_assert_eq!(totals(&asked, offer), totals(&scaled, offer));
        }
        for by in Order::ALL {
            prop_assert_eq!(order(&asked, &offers, by), order(&scaled, &offers, by));
        }
    }

    #[test]
    fn p09_the_order_of_items_rows_and_offers_changes_nothing(
        items in Just(items()).prop_shuffle(),
        (asked, rows) in requirement().prop_flat_map(|r| (Just(r.clone()), Just(r.rows).prop_shuffle())),
        (offers, shuffled) in offers(8).prop_flat_map(|o| (Just(o.clone()), Just(o).prop_shuffle())),
    ) {
        let (other, shuffled_rows) = (Dictionary::new(items).unwrap(), Requirement { rows });
        let prepared = Prepared::new(&other, &shuffled_rows).unwrap();
        let compiled = compile_offers(&other, &shuffled).unwrap();
        for by in Order::ALL {
            let ids: Vec<String> = prepared.rank(&compiled, by, 99).rows().map(|row| row.id.clone()).collect();
            prop_assert_eq!(order(&asked, &offers, by), ids);
        }
        for offer in &offers {
            prop_assert_eq!(totals(&asked, offer), judge(&other, &shuffled_rows, offer));
        }
    }

    #[test]
    fn p10_a_change_of_unit_changes_nothing(
        offer in offer(false), asked in requirement(), factor in proptest::sample::select(vec![60_000_i64, 1, 1_000, 86_400_000, 7]),
    ) {
        let factor = dec(factor, 3);
        let scaled = |item: &str, value: &Value| match value {
            Value::Number(x) if item != "up" => Value::Number(*x * factor),
            other => other.clone(),
        };
        let values = offer.values.iter().map(|(item, value)| (item.clone(), scaled(item, value))).collect();
        let in_unit = OfferValues { id: offer.id.clone(), values };
        let mut asked_in_unit = asked.clone();
        for row in &mut asked_in_unit.rows {
            row.value = row.value.as_ref().map(|value| scaled(&row.item, value));
            if let (Some(Tolerance::Abs(by)), true) = (&mut row.tolerance, row.item != "up") {
                *by *= factor;
            }
        }
        let (before, after) = (totals(&asked, &offer), judge(&scaled_dictionary(factor), &asked_in_unit, &in_unit));
        prop_assert_eq!(before.matched, after.matched);
        prop_assert!(close(before.shortfall, after.shortfall), "{before:?} {after:?}");
        prop_assert!(close(before.surplus, after.surplus), "{before:?} {after:?}");
        prop_assert!(close(before.balance, after.balance), "{before:?} {after:?}");
    }

    #[test]
    fn p11_other_offers_never_change_the_rest(offers in offers(10), asked in requirement(), keep in any::<u16>()) {
        let kept: Vec<OfferValues> =
            offers.iter().enumerate().filter(|(index, _)| keep >> index & 1 == 1).map(|(_, offer)| offer.clone()).collect();
        for by in Order::ALL {
            let all = order(&asked, &offers, by);
            let rest: Vec<String> = all.into_iter().filter(|id| kept.iter().any(|offer| &offer.id == id)).collect();
            prop_assert_eq!(order(&asked, &kept, by), rest);
        }
    }

    #[test]
    fn p12_open_weightless_and_best_effort_items_never_change_distances(
        offer in offer(false), asked in requirement(), extra in row("level"), value in promise("up", false),
    ) {
        let before = totals(&asked, &offer);
        let mut more = asked.clone();
        more.rows.push(Asked { mode: Mode::BestEffort, ..extra.clone() });
        prop_assert_eq!(totals(&more, &offer), before);
        more.rows.push(Asked { weight: dec(0, 0), ..extra });
        let weightless = totals(&more, &offer);
        prop_assert_eq!((weightless.shortfall, weightless.surplus), (before.shortfall, before.surplus));
        if asked.rows.iter().all(|row| row.item != "up") {
            let mut promising = offer.clone();
            promising.values.insert("up".to_owned(), value);
            prop_assert_eq!(totals(&asked, &promising), before);
        }
    }

    #[test]
    fn p13_splitting_an_item_in_halves_changes_nothing(
        offer in offer(false), asked in requirement(), item in proptest::sample::select(&ITEMS[..8]),
    ) {
        let mut twins = items();
        let twin = Item { id: "twin".to_owned(), ..twins.iter().find(|known| known.id == item).unwrap().clone() };
        twins.push(twin);
        let twins = Dictionary::new(twins).unwrap();
        let (mut split, mut both) = (asked.clone(), offer.clone());
        if let Some(value) = offer.values.get(item) {
            both.values.insert("twin".to_owned(), value.clone());
        }
        for index in 0..asked.rows.len() {
            if split.rows[index].item == item {
                split.rows[index].weight /= dec(2, 0);
                split.rows.push(Asked { item: "twin".to_owned(), ..split.rows[index].clone() });
            }
        }
        prop_assert_eq!(totals(&asked, &offer), judge(&twins, &split, &both));
    }

    #[test]
    fn p14_a_dominated_offer_is_never_placed_by_merit_above_its_dominator(
        weaker in offer(false), change in changes(), asked in requirement(), by in proptest::sample::select(vec![Order::Value, Order::Strength]),
    ) {
        let weaker = OfferValues { id: "a".to_owned(), ..weaker };
        let dominator = OfferValues { id: "b".to_owned(), ..stronger(&weaker, &change) };
        let (weak, strong) = (totals(&asked, &weaker), totals(&asked, &dominator));
        let same = weaker.values.get("price") == dominator.values.get("price")
            && (weak.matched, weak.shortfall, weak.surplus) == (strong.matched, strong.shortfall, strong.surplus);
        // Only where every key is equal may the id put the dominated offer first.
        let first = if same { "a" } else { "b" };
        prop_assert_eq!(&order(&asked, &[weaker, dominator], by)[0], first);
    }

    #[test]
    fn p15_the_match_set_is_what_a_plain_filter_finds(offers in offers(20), asked in requirement()) {
        let expected = offers.iter().filter(|offer| brute::admits(&asked, offer)).map(|offer| offer.id.clone()).collect();
        prop_assert_eq!(matches(&asked, &offers), expected);
    }

    #[test]
    fn p16_edges_are_decided_on_exact_decimals(digits in 1..1_000_000_000_i64, scale in 9..=24_u32, by in 0..1_000_000_i64) {
        // The last digit of up to 25 decides; floats would lose it.
        let (edge, slack, last) = (dec(digits, scale), dec(by, scale), dec(1, scale + 1));
        let exact = |item: &str, asked: Decimal, tolerance, promised: Decimal| {
            let row = Asked { tolerance, ..Asked::must(item, Value::Number(asked)) };
            let values = [(item.to_owned(), Value::Number(promised))].into();
            totals(&Requirement { rows: vec![row] }, &OfferValues { id: "one".to_owned(), values }).matched
        };
        let within = Some(Tolerance::Abs(slack));
        prop_assert!(exact("line", edge + slack, within, edge));
        prop_assert!(!exact("line", edge + slack, within, edge - last));
        prop_assert!(exact("down", edge, within, edge + slack));
        prop_assert!(!exact("down", edge, within, edge + slack + last));
        prop_assert!(exact("up", edge, None, edge) && !exact("up", edge, None, edge - last));
    }

    #[test]
    fn p17_every_thread_finds_the_same_order(offers in offers(12), asked in requirement()) {
        let here: Vec<_> = Order::ALL.map(|by| order(&asked, &offers, by)).to_vec();
        std::thread::scope(|scope| {
            let there: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| Order::ALL.map(|by| order(&asked, &offers, by)).to_vec()))
                .collect();
            for other in there {
                assert_eq!(other.join().unwrap(), here);
            }
        });
    }

    #[test]
    fn p18_shares_add_up_to_the_totals(offer in offer(false), asked in requirement()) {
        let dictionary = dictionary();
        let explained = Prepared::new(&dictionary, &asked).unwrap().explain(&compiled(&offer));
        let short: i64 = explained.rows.iter().map(|row| row.shortfall_share.0).sum();
        let over: i64 = explained.rows.iter().map(|row| row.surplus_share.0).sum();
        prop_assert_eq!((short, over), (explained.totals.shortfall.0, explained.totals.surplus.0));
        prop_assert!(explained.rows.iter().all(|row| row.shortfall_share.0 >= 0 && row.surplus_share.0 >= 0));
    }

    #[test]
    fn p20_the_smallest_relaxation_makes_a_near_miss_match(offers in offers(8), asked in requirement()) {
        let dictionary = dictionary();
        let prepared = Prepared::new(&dictionary, &asked).unwrap();
        let compiled = compile_offers(&dictionary, &offers).unwrap();
        for offer in &compiled {
            let relaxation = prepared.smallest_relaxation(offer);
            prop_assert_eq!(relaxation.is_empty(), prepared.matches(offer));
            let relaxed = prepared.relaxed(&relaxation);
            prop_assert!(Prepared::new(&dictionary, &relaxed).unwrap().matches(offer));
        }
        for gain in prepared.gains(&compiled) {
            let matched = |requirement: &Requirement| matches(requirement, &offers).len();
            let mut without = asked.clone();
            without.rows.remove(gain.row);
            prop_assert_eq!(gain.dropped, matched(&without) - matched(&asked));
            for step in gain.steps {
                let mut with = asked.clone();
                with.rows[gain.row].value = Some(step.to);
                with.rows[gain.row].tolerance = None;
                let admitted = matches(&with, &offers).difference(&matches(&asked, &offers)).count();
                prop_assert_eq!(step.admits, admitted);
            }
        }
    }
}

/// The same row value asked more strictly.
fn tighten(item: &str, value: &Value, change: &(u32, Vec<bool>)) -> Value {
    match (kind(item), value) {
        // Fewer acceptable members are stricter, down to none.
        (matching::KindName::SetAny | matching::KindName::SetWithin, Value::Set(set)) => {
            let chosen = set
                .iter()
                .zip(change.1.iter().chain(std::iter::repeat(&true)))
                .filter(|(_, kept)| **kept);
            Value::Set(chosen.map(|(member, _)| member.clone()).collect())
        }
        _ => strengthen(item, value, change.0, &change.1),
    }
}

/// The dictionary with every range but the percentages in another unit.
fn scaled_dictionary(factor: rust_decimal::Decimal) -> Dictionary {
    use matching::Kind;
    let scaled = |item: Item| match item.kind {
        Kind::Higher(mut range) | Kind::Lower(mut range) if item.id != "up" => {
            range.worst *= factor;
            range.best *= factor;
            let kind = if kind(&item.id) == matching::KindName::Higher {
                Kind::Higher(range)
            } else {
                Kind::Lower(range)
            };
            Item { kind, ..item }
        }
        kind => Item { kind, ..item },
    };
    Dictionary::new(items().into_iter().map(|item| scaled(item.clone())).collect()).unwrap()
}

fn must(item: &str, value: &str, tolerance: Option<Tolerance>) -> Requirement {
    Requirement {
        rows: vec![Asked { tolerance, ..Asked::must(item, Value::Number(value.parse().unwrap())) }],
    }
}

fn promising(item: &str, value: &str) -> OfferValues {
    let values = [(item.to_owned(), Value::Number(value.parse().unwrap()))].into();
    OfferValues { id: "one".to_owned(), values }
}

#[test]
fn p16_decimals_are_compared_exactly() {
    // 0.7 + 0.1 is 0.7999999999999999 in floats.
    let asked = must("line", "0.7", Some(Tolerance::Abs("0.1".parse().unwrap())));
    assert!(totals(&must("line", "0.8", None), &promising("line", "0.8")).matched);
    assert!(totals(&asked, &promising("line", "0.6")).matched);
    assert!(!totals(&asked, &promising("line", "0.5999999999999999999999999999")).matched);
    let longest = must("down", "0.7", Some(Tolerance::Abs("0.1".parse().unwrap())));
    assert!(totals(&longest, &promising("down", "0.8")).matched);
    assert!(!totals(&longest, &promising("down", "0.8000000000000000000000000001")).matched);
    assert!(!totals(&must("up", "99.95", None), &promising("up", "99.949999")).matched);
    assert!(totals(&must("up", "99.95", None), &promising("up", "99.950")).matched);
}

#[test]
fn p17_distances_are_the_same_integers_on_every_machine() {
    let shortfall = |item: &str, asked: &str, promised: &str| {
        totals(&must(item, asked, None), &promising(item, promised)).shortfall.0
    };
    assert_eq!(shortfall("up", "99.99", "99.9"), 250_000_000);
    assert_eq!(shortfall("up", "99.95", "99.8"), 150_514_998);
    assert_eq!(shortfall("up", "99.999", "98"), 825_257_499);
    assert_eq!(shortfall("down", "10", "20"), 95_312_047);
    assert_eq!(shortfall("down", "100", "200"), 95_312_047);
    assert_eq!(shortfall("down", "0", "1440"), 1_000_000_000);
    assert_eq!(shortfall("price", "0.001", "3"), 695_424_251);
    assert_eq!(shortfall("line", "12", "10.5"), 88_235_294);
}

#[test]
fn the_shortfall_from_the_ideal_point_is_the_published_spotis_distance() {
    use matching::{Kind, Range, Scale};
    let range = |worst: i64, best: i64| Range {
        scale: Scale::Linear,
        worst: dec(worst, 0),
        best: dec(best, 0),
    };
    let dictionary = Dictionary::new(vec![
        Item::new("c1", Kind::Higher(range(-5, 12))),
        Item::new("c2", Kind::Lower(range(10, -6))),
        Item::new("c3", Kind::Higher(range(-8, 5))),
    ])
    .unwrap();
    let ideal = [("c1", 12, 2), ("c2", -6, 3), ("c3", 5, 5)];
    let rows = ideal.map(|(item, best, tenths)| {
        Asked::prefer(item, Value::Number(dec(best, 0))).weighing(dec(tenths, 1))
    });
    let asked = Requirement { rows: rows.to_vec() };
    // Dezert et al. 2020, "The SPOTIS Rank Reversal Free Method", the four alternatives of the example.
    let published = [
        ([105, -31, 17], 1_989),
        ([-47, 0, 34], 3_705),
        ([81, 3, 13], 3_063),
        ([32, 73, -53], 7_491),
    ];
    for (values, distance) in published {
        let values = ["c1", "c2", "c3"].into_iter().zip(values);
        let values =
            values.map(|(item, tenths)| (item.to_owned(), Value::Number(dec(tenths, 1)))).collect();
        let found =
            judge(&dictionary, &asked, &OfferValues { id: "a".to_owned(), values }).shortfall.0;
        assert_eq!((found + 50_000) / 100_000, distance, "{found}");
    }
}
