//! The item dictionary: which items exist, how their promises are ordered and on which fixed scale
//! they are measured. Leaves values to `value` and all judging to `prepared`.

use std::{collections::BTreeMap, fmt};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, Reason},
    scale::Measure,
};

/// One item of quality, its order and its scale (`matching.md` 1.1 and 1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// Name of the item, unique in its dictionary.
    pub id: String,
    /// Order, with the data that order needs.
    pub kind: Kind,
    /// Whether a promise beyond what was asked counts as surplus.
    pub surplus: bool,
}

impl Item {
    /// An item that counts surplus as its kind does by default: numbers and levels do, sets do not.
    #[must_use]
    pub fn new(id: impl Into<String>, kind: Kind) -> Self {
        let surplus = matches!(kind, Kind::Higher(_) | Kind::Lower(_) | Kind::Level(_));
        Self { id: id.into(), kind, surplus }
    }
}

/// The order of an item; `a >= b` reads "a is at least as strong a promise as b".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Numbers, the larger the stronger.
    Higher(Range),
    /// Numbers, the smaller the stronger.
    Lower(Range),
    /// Labels from weakest to strongest; a boolean is `no`, `yes`.
    Level(Vec<String>),
    /// Sets, the larger the stronger; the list is the universe that fixes the scale.
    SetIncludes(Vec<String>),
    /// Sets, the smaller (but not empty) the stronger; the list is the universe.
    SetWithin(Vec<String>),
    /// Sets that must share a member: a predicate, not an order; the list is the universe.
    SetAny(Vec<String>),
}

impl Kind {
    /// The name of the kind without its data.
    #[must_use]
    pub const fn name(&self) -> KindName {
        match self {
            Self::Higher(_) => KindName::Higher,
            Self::Lower(_) => KindName::Lower,
            Self::Level(_) => KindName::Level,
            Self::SetIncludes(_) => KindName::SetIncludes,
            Self::SetWithin(_) => KindName::SetWithin,
            Self::SetAny(_) => KindName::SetAny,
        }
    }

    /// The labels or the universe; empty for numbers.
    #[must_use]
    pub fn words(&self) -> &[String] {
        match self {
            Self::Higher(_) | Self::Lower(_) => &[],
            Self::Level(words)
            | Self::SetIncludes(words)
            | Self::SetWithin(words)
            | Self::SetAny(words) => words,
        }
    }

    /// The range of a number item.
    #[must_use]
    pub const fn range(&self) -> Option<&Range> {
        match self {
            Self::Higher(range) | Self::Lower(range) => Some(range),
            _ => None,
        }
    }
}

/// The six kinds by name, as the neutral case format writes them (`matching.md` 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    /// Numbers up.
    Higher,
    /// Numbers down.
    Lower,
    /// Position in a list.
    Level,
    /// Larger set is stronger.
    SetIncludes,
    /// Smaller non-empty set is stronger.
    SetWithin,
    /// Sets must meet.
    SetAny,
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Level => "level",
            Self::SetIncludes => "set_includes",
            Self::SetWithin => "set_within",
            Self::SetAny => "set_any",
        })
    }
}

/// The fixed scale of a number item, in the item's base unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Range {
    /// How values are spread between worst and best.
    pub scale: Scale,
    /// Value drawn at 0 and below.
    pub worst: Decimal,
    /// Value drawn at 1 and above.
    pub best: Decimal,
}

/// How a number is mapped to 0..1 (`matching.md` 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scale {
    /// `(x - worst) / (best - worst)`.
    Linear,
    /// `ln(x / worst) / ln(best / worst)`, for times, rates and money.
    Log,
    /// `-log10(1 - x / whole)` between the nines of worst and best; `whole` is 100 for percent.
    Nines {
        /// What counts as everything: 100 for percentages, 1 for fractions.
        whole: Decimal,
    },
}

/// The checked list of items, with everything precomputed that judging needs.
#[derive(Debug, Clone)]
pub struct Dictionary {
    items: Vec<Item>,
    measures: Vec<Option<Measure>>,
    by_id: BTreeMap<String, usize>,
    price: Option<usize>,
    cost: Vec<bool>,
}

impl Dictionary {
    /// Checks the items; the item called `price`, if any, is the price and counts no surplus by default.
    ///
    /// # Errors
    /// The first fault, with the position of the item and the field.
    pub fn new(items: Vec<Item>) -> Result<Self, Fault> {
        Self::with_cost(items, Some("price"), &[])
    }

    /// As [`Dictionary::new`], naming the price item and further items whose weight is weight of cost.
    ///
    /// # Errors
    /// The first fault, with the position of the item and the field.
    pub fn with_cost(items: Vec<Item>, price: Option<&str>, cost: &[&str]) -> Result<Self, Fault> {
        let mut by_id = BTreeMap::new();
        let mut measures = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            if by_id.insert(item.id.clone(), index).is_some() {
                return Err(Fault::new(index, "id", Reason::DuplicateId(item.id.clone())));
            }
            measures.push(measure(index, item)?);
        }
        let price = price
            .and_then(|id| by_id.get(id).copied())
            .filter(|index| items.get(*index).is_some_and(|item| item.kind.range().is_some()));
        let cost = items
            .iter()
            .enumerate()
            .map(|(index, item)| Some(index) == price || cost.contains(&item.id.as_str()))
            .collect();
        Ok(Self { items, measures, by_id, price, cost })
    }

    /// The items in the order given, which is also the order of axes.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Position of an item by its id.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The item with that id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.position(id).and_then(|index| self.items.get(index))
    }

    /// Position of the price item.
    #[must_use]
    pub const fn price(&self) -> Option<usize> {
        self.price
    }

    /// Whether weight on this item is weight on cost (`matching.md` 1.5, `balanced`).
    pub(crate) fn is_cost(&self, index: usize) -> bool {
        self.cost.get(index).copied().unwrap_or(false)
    }

    /// The measure of a number item.
    pub(crate) fn measure(&self, index: usize) -> Option<&Measure> {
        self.measures.get(index).and_then(Option::as_ref)
    }
}

fn measure(index: usize, item: &Item) -> Result<Option<Measure>, Fault> {
    match &item.kind {
        Kind::Higher(range) | Kind::Lower(range) => Measure::new(range, item.kind.name())
            .map(Some)
            .map_err(|(field, reason)| Fault::new(index, field, reason)),
        Kind::Level(labels) if labels.is_empty() => {
            Err(Fault::new(index, "levels", Reason::NoLevels))
        }
        Kind::Level(labels) => no_twins(index, "levels", labels),
        Kind::SetIncludes(universe) | Kind::SetWithin(universe) | Kind::SetAny(universe) => {
            no_twins(index, "universe", universe)
        }
    }
}

fn no_twins(index: usize, field: &str, words: &[String]) -> Result<Option<Measure>, Fault> {
    let mut seen = std::collections::BTreeSet::new();
    for (position, word) in words.iter().enumerate() {
        if !seen.insert(word) {
            return Err(Fault::new(
                index,
                format!("{field}/{position}"),
                Reason::ListedTwice(word.clone()),
            ));
        }
    }
    Ok(None)
}
