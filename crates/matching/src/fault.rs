//! What can be wrong with a dictionary, a requirement or an offer, and where.
//! Leaves to `case` and to the pages the turning of places into pointers and field errors.

use crate::item::KindName;

/// One fault: which entry of the list, which field of it, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {index}, {field}: {reason}")]
pub struct Fault {
    /// Position in the list that was given (items, requirement rows or offers), from 0.
    pub index: usize,
    /// Field inside the entry, in JSON pointer syntax without the leading slash; empty for the entry.
    pub field: String,
    /// Why it is refused.
    pub reason: Reason,
}

impl Fault {
    pub(crate) fn new(index: usize, field: impl Into<String>, reason: Reason) -> Self {
        Self { index, field: field.into(), reason }
    }
}

/// Why an entry is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Two entries share an id.
    #[error("the id {0:?} is used twice")]
    DuplicateId(String),
    /// A scale without extent.
    #[error("worst and best are equal")]
    WorstIsBest,
    /// A scale whose extent has no exact decimal.
    #[error("worst and best are too far apart for exact arithmetic; the range may span 28 digits")]
    ScaleTooWide,
    /// The scale runs against the direction of the item.
    #[error("worst and best contradict the direction of a {0} item")]
    ScaleAgainstDirection(KindName),
    /// A logarithmic scale needs both ends above zero.
    #[error("a logarithmic scale needs worst and best above 0")]
    LogOfNothing,
    /// A nines scale needs both ends below the whole.
    #[error("a scale in nines needs worst and best from 0 to below {0}")]
    NinesOfWhole(String),
    /// A level item needs labels.
    #[error("a level item needs at least one level")]
    NoLevels,
    /// A label or member is listed twice.
    #[error("{0:?} is listed twice")]
    ListedTwice(String),
    /// The dictionary does not know the item.
    #[error("the item {0:?} is not in the dictionary")]
    UnknownItem(String),
    /// A must or prefer row without a value.
    #[error("a value is needed unless the row is best effort")]
    NoValue,
    /// A value of the wrong sort.
    #[error("a {0} item needs {1}")]
    WrongValue(KindName, &'static str),
    /// A requirement that asks for a level nobody can promise.
    #[error("the level {0:?} is not one of {1}")]
    UnknownLevel(String, String),
    /// Weights say how much, never how little.
    #[error("a weight must not be negative")]
    NegativeWeight,
    /// Exact sums of such weights would not fit.
    #[error("the weights differ by more than 24 digits")]
    WeightsTooFarApart,
    /// A tolerance only relaxes.
    #[error("a tolerance must not be negative")]
    NegativeTolerance,
    /// This sort of tolerance means nothing for this item.
    #[error("a {0} item takes {1}")]
    WrongTolerance(KindName, &'static str),
    /// One percent of 99.9 would admit 98.901.
    #[error("an item on a scale in nines takes an absolute tolerance only")]
    RelativeOnNines,
}
