//! Several offers as one: a chain (compute from one provider, network from another) or a redundant
//! pair (a primary and a standby), composed by the rules of the registry into one document that is
//! then matched like any other (`matching.md` 3).
//!
//! `value` combines values, `item` one promise with all that hangs on it, `document` the rest of the
//! document, `class` the cost class of a sum, `search` finds combinations worth proposing. Who signs
//! with whom is left to the caller: the parts are contracted one by one.

mod class;
mod document;
mod item;
mod search;
#[cfg(test)]
mod tests;
mod value;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sla::{Arrangement, Commitment, Compose};

pub use class::CostClasses;
pub use document::{compose, zones_apart};
pub use search::{Combination, Combinations, Search};

use crate::from_sla::Circumstances;

/// What the rules need and the parts do not say.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Share of failovers that succeed, 0 to 1; only pairs use it.
    pub failover_success: Decimal,
    /// Where the users are (ISO 3166-1 alpha-2); paths are put together for these.
    pub user_regions: &'a [String],
    /// The day, and rates for adding up prices of different currencies.
    pub circumstances: &'a Circumstances,
    /// What cost class a sum belongs to.
    pub classes: &'a CostClasses,
}

/// Several offers as one document, and how each promise of it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composite {
    /// Chain or pair.
    pub arrangement: Arrangement,
    /// The document that is matched. It is nobody's offer: no provider, no remedies.
    pub document: sla::Offer,
    /// Every item that any part promises, in the order of the registry, extensions last.
    pub items: Vec<Composed>,
}

/// How one promise of a composite came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Composed {
    /// Key of the registry, or of an extension.
    pub item: String,
    /// The rule; extensions have none and must be equal.
    pub rule: Compose,
    /// What each part promises, in the order of the parts; `None` is "not promised".
    pub parts: Vec<Option<sla::Value>>,
    /// Which parts the rule looks at.
    pub counted: Vec<bool>,
    /// The promise of the whole; `None` where there is none, which `open` explains.
    pub value: Option<sla::Value>,
    /// How binding it is: as the least binding of the parts that count.
    pub commitment: Option<Commitment>,
    /// Why the whole promises nothing.
    pub open: Option<Open>,
}

/// Why a composite promises nothing on an item although a part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Open {
    /// A part that has to promise it does not.
    Silent,
    /// The parts name different things where they must name the same, such as the governing law.
    Conflict,
    /// The levels belong to different schemes and have no common order.
    OtherScheme,
    /// The parts have no member in common.
    NothingInCommon,
    /// The values are of different kinds or leave the range of exact numbers.
    NotComparable,
}
