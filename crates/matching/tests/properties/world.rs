//! Random dictionaries' worth of offers and requirements, and the ways to change them.

use std::collections::{BTreeMap, BTreeSet};

use matching::{
    Asked, Dictionary, Item, Kind, KindName, Mode, Nano, Offer, OfferValues, Order, Prepared,
    Range, Requirement, Scale, Tolerance, Totals, Value, compile_offers,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

pub const LEVELS: [&str; 4] = ["none", "some", "more", "most"];
pub const UNIVERSE: [&str; 5] = ["a", "b", "c", "d", "e"];
/// Members, two of them outside the universe.
pub const MEMBERS: [&str; 7] = ["a", "b", "c", "d", "e", "x", "y"];
pub const ITEMS: [&str; 9] =
    ["up", "down", "line", "level", "has", "has+", "within", "any", "price"];

/// A decimal from its digits and scale.
pub fn dec(mantissa: i64, scale: u32) -> Decimal {
    Decimal::new(mantissa, scale)
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn range(scale: Scale, worst: Decimal, best: Decimal) -> Range {
    Range { scale, worst, best }
}

/// One item of every kind and scale; `has+` is a set that counts surplus.
pub fn items() -> Vec<Item> {
    let nines = Scale::Nines { whole: Decimal::ONE_HUNDRED };
    vec![
        Item::new("up", Kind::Higher(range(nines, dec(90, 0), dec(99_999, 3)))),
        Item::new("down", Kind::Lower(range(Scale::Log, dec(1440, 0), dec(1, 0)))),
        Item::new("line", Kind::Higher(range(Scale::Linear, dec(-5, 0), dec(12, 0)))),
        Item::new("level", Kind::Level(words(&LEVELS))),
        Item::new("has", Kind::SetIncludes(words(&UNIVERSE))),
        Item { surplus: true, ..Item::new("has+", Kind::SetIncludes(words(&UNIVERSE))) },
        Item { surplus: true, ..Item::new("within", Kind::SetWithin(words(&UNIVERSE))) },
        Item::new("any", Kind::SetAny(words(&UNIVERSE))),
        Item {
            surplus: false,
            ..Item::new("price", Kind::Lower(range(Scale::Log, dec(100, 0), dec(1, 3))))
        },
    ]
}

pub fn dictionary() -> Dictionary {
    Dictionary::new(items()).unwrap()
}

pub fn kind(item: &str) -> KindName {
    items().into_iter().find(|known| known.id == item).unwrap().kind.name()
}

fn members(least: usize) -> BoxedStrategy<Value> {
    proptest::sample::subsequence(MEMBERS.to_vec(), least..=MEMBERS.len())
        .prop_map(Value::set)
        .boxed()
}

/// A value anybody may promise; `well_formed` leaves out unknown labels and empty sets.
pub fn promise(item: &'static str, well_formed: bool) -> BoxedStrategy<Value> {
    let least = usize::from(well_formed);
    match item {
        "up" => prop_oneof![
            (0..=100_000_i64).prop_map(|n| dec(n, 3)),
            (99_900..=100_000_i64).prop_map(|n| dec(n, 3))
        ]
        .prop_map(Value::Number)
        .boxed(),
        "down" => (0..=20_000_i64).prop_map(|n| Value::Number(dec(n, 1))).boxed(),
        "line" => (-80..=150_i64).prop_map(|n| Value::Number(dec(n, 1))).boxed(),
        "price" => (0..=1_500_i64).prop_map(|n| Value::Number(dec(n, 1))).boxed(),
        "level" if well_formed => {
            proptest::sample::select(&LEVELS[..]).prop_map(Value::level).boxed()
        }
        "level" => proptest::sample::select(vec!["none", "some", "more", "most", "odd"])
            .prop_map(Value::level)
            .boxed(),
        "within" | "any" => members(least),
        _ => members(0),
    }
}

fn values(well_formed: bool) -> impl Strategy<Value = BTreeMap<String, Value>> {
    let each: Vec<_> = ITEMS
        .iter()
        .map(|item| {
            (Just((*item).to_owned()), proptest::option::weighted(0.8, promise(item, well_formed)))
        })
        .collect();
    each.prop_map(|list| {
        list.into_iter().filter_map(|(item, value)| Some((item, value?))).collect()
    })
}

pub fn offer(well_formed: bool) -> impl Strategy<Value = OfferValues> {
    values(well_formed).prop_map(|values| OfferValues { id: "one".to_owned(), values })
}

/// Offers with ids whose order is not the order of the list.
pub fn offers(most: usize) -> impl Strategy<Value = Vec<OfferValues>> {
    proptest::collection::vec(values(false), 1..=most).prop_map(|list| {
        let name = |index: usize| format!("o{}", (index * 7 + 3) % 31);
        list.into_iter()
            .enumerate()
            .map(|(index, values)| OfferValues { id: name(index), values })
            .collect()
    })
}

fn tolerance(item: &'static str) -> BoxedStrategy<Option<Tolerance>> {
    let some = match kind(item) {
        KindName::Higher | KindName::Lower if item == "up" => {
            (0..=500_i64).prop_map(|n| Tolerance::Abs(dec(n, 3))).boxed()
        }
        KindName::Higher | KindName::Lower => prop_oneof![
            (0..=50_i64).prop_map(|n| Tolerance::Abs(dec(n, 1))),
            (0..=100_i64).prop_map(|n| Tolerance::Rel(dec(n, 2)))
        ]
        .boxed(),
        KindName::Level => (0..=3_u32).prop_map(Tolerance::Steps).boxed(),
        _ => return Just(None).boxed(),
    };
    proptest::option::weighted(0.3, some).boxed()
}

pub fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![3 => Just(Mode::Must), 2 => Just(Mode::Prefer), 1 => Just(Mode::BestEffort)]
}

pub fn weight() -> impl Strategy<Value = Decimal> {
    prop_oneof![1 => Just(Decimal::ZERO), 6 => (1..=1_000_i64).prop_map(|n| dec(n, 2))]
}

pub fn row(item: &'static str) -> impl Strategy<Value = Asked> {
    let value = if item == "level" { promise(item, true) } else { promise(item, false) };
    (value, mode(), weight(), tolerance(item)).prop_map(move |(value, mode, weight, tolerance)| {
        Asked { item: item.to_owned(), value: Some(value), mode, weight, tolerance }
    })
}

/// Rows for some of the items; few musts, so that some offers match.
pub fn requirement() -> impl Strategy<Value = Requirement> {
    let each: Vec<_> =
        ITEMS.iter().map(|item| proptest::option::weighted(0.5, row(item))).collect();
    each.prop_map(|rows| Requirement { rows: rows.into_iter().flatten().collect() })
}

/// Moves a value by 0 to 6 notches towards a stronger promise of that item.
pub fn strengthen(item: &str, value: &Value, notches: u32, choice: &[bool]) -> Value {
    let by = Decimal::from(notches) / dec(2, 0);
    let chosen = || {
        MEMBERS
            .iter()
            .zip(choice)
            .filter(|(_, chosen)| **chosen)
            .map(|(member, _)| (*member).to_owned())
    };
    match (kind(item), value) {
        (KindName::Higher, Value::Number(x)) => Value::Number(x + by),
        (KindName::Lower, Value::Number(x)) => Value::Number(x - by),
        (_, Value::Level(label)) => {
            let index = LEVELS
                .iter()
                .position(|known| known == label)
                .map_or(0, |index| index + notches as usize);
            Value::level(LEVELS[index.min(LEVELS.len() - 1)])
        }
        (KindName::SetWithin, Value::Set(set)) => {
            let kept: BTreeSet<String> = chosen().filter(|member| set.contains(member)).collect();
            if kept.is_empty() { value.clone() } else { Value::Set(kept) }
        }
        (_, Value::Set(set)) => Value::Set(set.iter().cloned().chain(chosen()).collect()),
        (_, other) => other.clone(),
    }
}

/// How much to change, and which members to choose.
pub fn change() -> impl Strategy<Value = (u32, Vec<bool>)> {
    (0..=6_u32, proptest::collection::vec(any::<bool>(), MEMBERS.len()))
}

pub fn totals(requirement: &Requirement, offer: &OfferValues) -> Totals {
    let dictionary = dictionary();
    judge(&dictionary, requirement, offer)
}

pub fn judge(dictionary: &Dictionary, requirement: &Requirement, offer: &OfferValues) -> Totals {
    Prepared::new(dictionary, requirement)
        .unwrap()
        .judge(&Offer::new(dictionary, 0, offer).unwrap())
}

/// Ids of all offers in that order.
pub fn order(requirement: &Requirement, offers: &[OfferValues], order: Order) -> Vec<String> {
    let dictionary = dictionary();
    let prepared = Prepared::new(&dictionary, requirement).unwrap();
    let offers = compile_offers(&dictionary, offers).unwrap();
    prepared.rank(&offers, order, usize::MAX).rows().map(|row| row.id.clone()).collect()
}

/// Ids of the matches, sorted.
pub fn matches(requirement: &Requirement, offers: &[OfferValues]) -> BTreeSet<String> {
    offers
        .iter()
        .filter(|offer| totals(requirement, offer).matched)
        .map(|offer| offer.id.clone())
        .collect()
}

/// Equal up to the last digit of a rounded distance.
pub fn close(a: Nano, b: Nano) -> bool {
    (a.0 - b.0).abs() <= 1
}
