//! The four orders, and when one offer is at least as strong as another.
//! Leaves the making of lists to `rank`.

use std::{borrow::Cow, cmp::Ordering};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    item::KindName,
    members::Members,
    prepared::{Prepared, Row, Totals},
    requirement::Mode,
    value::{Held, Offer},
    wanted::Compared,
};

/// How equally admitted offers follow each other (`matching.md` 1.5). Matches always come first,
/// then the smaller shortfall; the id of the offer, bytewise, breaks ties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Least surplus, with price as one more axis of the distance.
    #[default]
    Balanced,
    /// Least surplus, then price: the paper's own reading.
    Fit,
    /// Lowest price, then most surplus.
    Value,
    /// Most surplus, then price.
    Strength,
}

impl Order {
    /// All orders, the default first.
    pub const ALL: [Self; 4] = [Self::Balanced, Self::Fit, Self::Value, Self::Strength];

    /// The name in case files, addresses and word lists.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::Fit => "fit",
            Self::Value => "value",
            Self::Strength => "strength",
        }
    }

    /// The order of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.name() == name)
    }

    /// Compares the keys of two offers, without the id.
    pub(crate) fn compare(self, a: &Standing, b: &Standing) -> Ordering {
        let first = b
            .totals
            .matched
            .cmp(&a.totals.matched)
            .then(a.totals.shortfall.cmp(&b.totals.shortfall));
        let price = || match (a.price, b.price) {
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let surplus = || a.totals.surplus.cmp(&b.totals.surplus);
        first.then_with(|| match self {
            Self::Balanced => a.totals.balance.cmp(&b.totals.balance),
            Self::Fit => surplus().then_with(price),
            Self::Value => price().then_with(|| surplus().reverse()),
            Self::Strength => surplus().reverse().then_with(price),
        })
    }
}

/// What the orders look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) totals: Totals,
    pub(crate) price: Option<Decimal>,
}

/// How two offers stand to each other on everything that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    Stronger,
    Equal,
    NotAtLeast,
}

impl Prepared<'_> {
    pub(crate) fn standing(&self, offer: &Offer) -> Standing {
        Standing { totals: self.judge(offer), price: self.price(offer) }
    }

    pub(crate) fn price(&self, offer: &Offer) -> Option<Decimal> {
        self.dictionary.price().and_then(|price| offer.number(price))
    }

    /// Whether `a` is at least as strong as `b` on every asked item but the price, and stronger on one,
    /// and costs no more: "stronger, and not dearer".
    #[must_use]
    pub fn stronger_and_not_dearer(&self, a: &Offer, b: &Offer) -> bool {
        self.strength(a, b) == Strength::Stronger && self.not_dearer(a, b)
    }

    pub(crate) fn not_dearer(&self, a: &Offer, b: &Offer) -> bool {
        not_dearer(self.price(a), self.price(b))
    }

    pub(crate) fn strength(&self, a: &Offer, b: &Offer) -> Strength {
        self.strength_by(|_, row| {
            (a.held(row.item).map(Cow::Borrowed), b.held(row.item).map(Cow::Borrowed))
        })
    }

    /// As [`Prepared::strength`]; `promises` gives what both promise on a row at a position, and is asked
    /// only until it is decided.
    pub(crate) fn strength_by<'a>(
        &self,
        promises: impl Fn(usize, &Row) -> (Option<Cow<'a, Held>>, Option<Cow<'a, Held>>),
    ) -> Strength {
        let mut all = Strength::Equal;
        for (at, row) in self.rows.iter().enumerate() {
            if row.mode == Mode::BestEffort || Some(row.item) == self.dictionary.price() {
                continue;
            }
            let (a, b) = promises(at, row);
            match row_strength(self.kind(row), row, a.as_deref(), b.as_deref()) {
                Strength::NotAtLeast => return Strength::NotAtLeast,
                Strength::Stronger => all = Strength::Stronger,
                Strength::Equal => {}
            }
        }
        all
    }

    fn kind(&self, row: &Row) -> KindName {
        self.dictionary.items().get(row.item).map_or(KindName::SetAny, |item| item.kind.name())
    }
}

/// Whether a price is no higher than another; one that is not published proves nothing, on either side.
pub(crate) fn not_dearer(a: Option<Decimal>, b: Option<Decimal>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a <= b)
}

fn row_strength(kind: KindName, row: &Row, a: Option<&Held>, b: Option<&Held>) -> Strength {
    let (a, b) = match (a, b) {
        (None, None) => return Strength::Equal,
        (Some(_), None) => return Strength::Stronger,
        (None, Some(_)) => return Strength::NotAtLeast,
        (Some(a), Some(b)) => (a, b),
    };
    if kind != KindName::SetAny {
        return strength(kind, a, b);
    }
    // A predicate has no order of its own: meeting what is asked is all that counts.
    let met = |held| {
        row.wanted
            .as_ref()
            .is_some_and(|wanted| matches!(wanted.compare(held), Compared::Reached { .. }))
    };
    from_ordering(met(a).cmp(&met(b)))
}

/// How two promises on one item stand to each other in the order of its kind. A set that is a
/// predicate is compared by inclusion: whoever is served by the smaller is served by the larger.
pub(crate) fn strength(kind: KindName, a: &Held, b: &Held) -> Strength {
    match (a, b) {
        (Held::Number { value: a, .. }, Held::Number { value: b, .. }) => {
            from_ordering(if kind == KindName::Lower { b.cmp(a) } else { a.cmp(b) })
        }
        // No known level is below every level.
        (Held::Level { index: a, .. }, Held::Level { index: b, .. }) => from_ordering(a.cmp(b)),
        (Held::Set(a), Held::Set(b)) if kind == KindName::SetWithin => {
            match (a.is_empty(), b.is_empty()) {
                (true, true) => Strength::Equal,
                (false, true) => Strength::Stronger,
                (true, false) => Strength::NotAtLeast,
                (false, false) => inclusion(b, a),
            }
        }
        (Held::Set(a), Held::Set(b)) => inclusion(a, b),
        _ => Strength::NotAtLeast,
    }
}

fn from_ordering(ordering: Ordering) -> Strength {
    match ordering {
        Ordering::Greater => Strength::Stronger,
        Ordering::Equal => Strength::Equal,
        Ordering::Less => Strength::NotAtLeast,
    }
}

fn inclusion(large: &Members, small: &Members) -> Strength {
    match (small.outside(large), large.outside(small)) {
        (0, 0) => Strength::Equal,
        (0, _) => Strength::Stronger,
        _ => Strength::NotAtLeast,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_that_is_not_published_proves_nothing_on_either_side() {
        let price = |yen: i64| Some(Decimal::from(yen));
        assert!(not_dearer(price(5), price(5)) && not_dearer(price(4), price(5)));
        for (a, b) in [(price(6), price(5)), (price(5), None), (None, price(5)), (None, None)] {
            assert!(!not_dearer(a, b), "{a:?} {b:?}");
        }
    }
}
