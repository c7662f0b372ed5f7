//! What a customer asks, row by row. Leaves checking and compiling to `prepared`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::value::Value;

/// The rows of one requirement; their order has no meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requirement {
    /// What is asked; an item without a row is left open.
    pub rows: Vec<Asked>,
}

/// One row: how much of which item is asked, and how firmly (`matching.md` 1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Item id.
    pub item: String,
    /// Asked value; may be absent for `best_effort` only.
    pub value: Option<Value>,
    /// How firmly it is asked.
    pub mode: Mode,
    /// Not negative; only the ratios between weights matter.
    pub weight: Decimal,
    /// Relaxes the requirement, never the promise.
    pub tolerance: Option<Tolerance>,
}

impl Asked {
    /// A must with weight 1 and no tolerance.
    #[must_use]
    pub fn must(item: impl Into<String>, value: Value) -> Self {
        Self {
            item: item.into(),
            value: Some(value),
            mode: Mode::Must,
            weight: Decimal::ONE,
            tolerance: None,
        }
    }

    /// A wish with weight 1 and no tolerance.
    #[must_use]
    pub fn prefer(item: impl Into<String>, value: Value) -> Self {
        Self { mode: Mode::Prefer, ..Self::must(item, value) }
    }

    /// The same row with that weight.
    #[must_use]
    pub fn weighing(self, weight: Decimal) -> Self {
        Self { weight, ..self }
    }
}

/// How firmly a row is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A miss excludes.
    Must,
    /// A miss costs shortfall.
    Prefer,
    /// Anything is accepted; shown only.
    BestEffort,
}

/// How far a promise may fall short of what is asked, edges included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Tolerance {
    /// In the unit of the item.
    Abs(Decimal),
    /// As a fraction of the asked value.
    Rel(Decimal),
    /// In steps of a level item.
    Steps(u32),
}
