//! Which of two values is the stronger promise, by the item's own order.

use super::Verdict;
use crate::{Direction, ItemDef, ItemKind, OfferItem, Value, registry};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// For values where more is better.
pub(super) fn more<T: Ord>(old: &T, new: &T) -> Verdict {
    match new.cmp(old) {
        Ordering::Greater => Verdict::Better,
        Ordering::Equal => Verdict::Neutral,
        Ordering::Less => Verdict::Worse,
    }
}

/// For values where less is better.
pub(super) fn less<T: Ord>(old: &T, new: &T) -> Verdict {
    more(old, new).reversed()
}

/// For texts and other things without an order.
pub(super) const fn no_order<T: ?Sized>(_: &T, _: &T) -> Verdict {
    Verdict::Incomparable
}

/// For words that promise nothing.
pub(super) const fn neutral<T: ?Sized>(_: &T, _: &T) -> Verdict {
    Verdict::Neutral
}

/// For something that is good to have: given is better, taken is worse, else `order`.
pub(super) fn good_to_have<T>(
    old: Option<&T>,
    new: Option<&T>,
    order: impl FnOnce(&T, &T) -> Verdict,
) -> Verdict {
    match (old, new) {
        (None, None) => Verdict::Neutral,
        (None, Some(_)) => Verdict::Better,
        (Some(_), None) => Verdict::Worse,
        (Some(old), Some(new)) => order(old, new),
    }
}

/// For a limit or a condition: having none is best, else `order`.
pub(super) fn best_without<T>(
    old: Option<&T>,
    new: Option<&T>,
    order: impl FnOnce(&T, &T) -> Verdict,
) -> Verdict {
    if old.is_some() && new.is_some() {
        good_to_have(old, new, order)
    } else {
        good_to_have(old, new, order).reversed()
    }
}

/// Larger sets are better.
pub(super) fn wider<T: Ord>(old: &BTreeSet<T>, new: &BTreeSet<T>) -> Verdict {
    match (old.is_subset(new), new.is_subset(old)) {
        (true, true) => Verdict::Neutral,
        (true, false) => Verdict::Better,
        (false, true) => Verdict::Worse,
        (false, false) => Verdict::Incomparable,
    }
}

/// The order of sets of an item.
pub(super) fn sets(
    direction: Direction,
    old: &BTreeSet<String>,
    new: &BTreeSet<String>,
) -> Verdict {
    match direction {
        Direction::SubsetOf => wider(old, new).reversed(),
        Direction::MustInclude | Direction::Higher => wider(old, new),
        Direction::OneOf | Direction::Lower => no_order(old, new),
    }
}

/// The order of two promises on the same item; only the values are looked at.
pub(super) fn values(old: &OfferItem, new: &OfferItem) -> Verdict {
    let Some(item) = registry().item(&old.item) else { return Verdict::Incomparable };
    if item.differs_from(&old.value) || item.differs_from(&new.value) {
        return Verdict::Incomparable;
    }
    let higher = match (&old.value, &new.value) {
        (Value::Number(old), Value::Number(new)) => more(old, new),
        (Value::Level(_), Value::Level(_)) => return levels(item, old, new),
        (Value::Set(old), Value::Set(new)) => return sets(item.direction, old, new),
        _ => return Verdict::Incomparable,
    };
    if item.direction == Direction::Lower { higher.reversed() } else { higher }
}

fn levels(item: &ItemDef, old: &OfferItem, new: &OfferItem) -> Verdict {
    let index = |promise: &OfferItem| {
        let level = promise.value.as_level()?;
        match (&item.kind, &promise.scheme) {
            (ItemKind::SchemeLevel, Some(scheme)) => registry().scheme(scheme)?.index(level),
            (ItemKind::SchemeLevel, None) => None,
            _ => item.level_index(level),
        }
    };
    // Levels of different schemes have no order: what counts as equivalent is the customer's to say.
    match (index(old), index(new)) {
        (Some(before), Some(after)) if old.scheme == new.scheme => {
            let higher = more(&before, &after);
            if item.direction == Direction::Lower { higher.reversed() } else { higher }
        }
        _ => Verdict::Incomparable,
    }
}
