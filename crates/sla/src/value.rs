//! The value of an item: what a provider promises or a customer asks. Leaves reading to `read`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A value in the item's base unit (`ItemDef::unit`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// An exact number, normalised (no trailing zeros).
    Number(Decimal),
    /// Two ends of a range, both in the base unit, `min <= max`; only with operator `range`.
    Range {
        /// Lower end.
        min: Decimal,
        /// Upper end.
        max: Decimal,
    },
    /// A level of the item's list (or of the named scheme); free text for extension items.
    Level(String),
    /// Members in order, without repetition.
    Set(BTreeSet<String>),
    /// Yes or no; extension items only, the registry uses two-level lists instead.
    Boolean(bool),
}

impl Value {
    /// The number, if this is one.
    #[must_use]
    pub const fn as_number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The level, if this is one.
    #[must_use]
    pub fn as_level(&self) -> Option<&str> {
        match self {
            Self::Level(level) => Some(level),
            _ => None,
        }
    }

    /// The members, if this is a set.
    #[must_use]
    pub const fn as_set(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::Set(members) => Some(members),
            _ => None,
        }
    }

    /// A set from anything that lists its members.
    pub fn set<S: Into<String>>(members: impl IntoIterator<Item = S>) -> Self {
        Self::Set(members.into_iter().map(Into::into).collect())
    }

    /// A level by its word.
    pub fn level(word: impl Into<String>) -> Self {
        Self::Level(word.into())
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Number(number.normalize())
    }
}
