//! One promise of a document against another, without a requirement: the natural order of each item
//! in the registry, and the relation "this offer covers that one" that follows from it.

use std::{cmp::Ordering, collections::BTreeSet};

use rust_decimal::Decimal;
use sla::{Direction, ItemDef, ItemKind, OfferItem, Value};

/// Whether `outer` promises everything `inner` promises at least as strongly and as bindingly, so
/// that it contains every need that `inner` contains (`matching.md` 1.2). Reflexive and transitive.
///
/// Compared are the promises with their commitment and percentile, and the stated ways to users;
/// price, places of business and the age of evidence are not.
#[must_use]
pub fn offer_covers(outer: &sla::Offer, inner: &sla::Offer) -> bool {
    let promises =
        inner.spec.items.iter().all(|theirs| {
            outer.item(&theirs.item).is_some_and(|ours| promise_covers(ours, theirs))
        });
    let way = |theirs: &sla::NetworkPath| {
        let ours = outer.spec.network_to_users.iter();
        ours.filter(|path| path.user_region == theirs.user_region)
            .any(|path| path.rtt_ms <= theirs.rtt_ms)
    };
    promises && inner.spec.network_to_users.iter().all(way)
}

/// Whether one promise on an item is at least as strong and binding as another on the same item.
#[must_use]
pub fn promise_covers(ours: &OfferItem, theirs: &OfferItem) -> bool {
    let percentile = match (ours.percentile, theirs.percentile) {
        (_, None) => true,
        (Some(ours), Some(theirs)) => ours >= theirs,
        (None, Some(_)) => false,
    };
    let def = sla::registry().item(&ours.item);
    ours.commitment >= theirs.commitment
        && percentile
        && order(def, ours, theirs).is_some_and(Ordering::is_ge)
}

/// The guaranteed end of a promised number.
pub(crate) fn guaranteed(def: Option<&ItemDef>, value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Range { min, max } => {
            let upwards = def.is_none_or(|def| def.direction == Direction::Higher);
            Some(if upwards { *min } else { *max })
        }
        _ => None,
    }
}

/// Place of a level, from 0 for the weakest; `None` outside the list or the scheme.
pub(crate) fn level_index(def: &ItemDef, item: &OfferItem) -> Option<usize> {
    let level = item.value.as_level()?;
    if def.kind == ItemKind::SchemeLevel {
        return sla::registry().scheme(item.scheme.as_deref()?)?.index(level);
    }
    let index = def.level_index(level)?;
    // Lists of `lower` items begin with the best.
    Some(if def.direction == Direction::Lower { def.words().len() - 1 - index } else { index })
}

/// How the value of one promise stands to that of another; `None` where neither is the stronger.
pub(crate) fn order(def: Option<&ItemDef>, one: &OfferItem, other: &OfferItem) -> Option<Ordering> {
    if one.scheme != other.scheme {
        return None;
    }
    let def = def.filter(|def| !def.differs_from(&one.value) && !def.differs_from(&other.value));
    let Some(def) = def else { return (one.value == other.value).then_some(Ordering::Equal) };
    if let (Some(one), Some(other)) =
        (guaranteed(Some(def), &one.value), guaranteed(Some(def), &other.value))
    {
        let upwards = def.direction == Direction::Higher;
        return Some(if upwards { one.cmp(&other) } else { other.cmp(&one) });
    }
    match (&one.value, &other.value) {
        (Value::Set(one), Value::Set(other)) if def.direction == Direction::SubsetOf => {
            match (one.is_empty(), other.is_empty()) {
                (true, true) => Some(Ordering::Equal),
                (true, false) => Some(Ordering::Less),
                (false, true) => Some(Ordering::Greater),
                (false, false) => inclusion(other, one),
            }
        }
        (Value::Set(one), Value::Set(other)) => inclusion(one, other),
        (Value::Level(a), Value::Level(b)) => {
            match (level_index(def, one), level_index(def, other)) {
                (Some(one), Some(other)) => Some(one.cmp(&other)),
                _ => (a == b).then_some(Ordering::Equal),
            }
        }
        (one, other) => (one == other).then_some(Ordering::Equal),
    }
}

fn inclusion(large: &BTreeSet<String>, small: &BTreeSet<String>) -> Option<Ordering> {
    match (large.is_superset(small), small.is_superset(large)) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Greater),
        (false, true) => Some(Ordering::Less),
        (false, false) => None,
    }
}
