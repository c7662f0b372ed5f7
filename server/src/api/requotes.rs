//! What would be signed now, beside what was shown: how a problem document tells it.

use broker::contracts::{Charged, LineDifference, Requote};
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::{Money, moment};

/// A new quote for an offer that would be signed otherwise than it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Requote)]
pub struct RequoteRef {
    /// `offer_changed`, `price_changed` or `price_stale`.
    pub code: String,
    /// `ofr_…`
    pub offer: String,
    /// The version that was shown.
    pub version_before: i64,
    /// The version that is on offer now: sign with it.
    pub version: i64,
    /// The monthly price that was shown; null: none was sent.
    pub price_before: Option<Money>,
    /// What was shown as charged once; null: nothing.
    pub one_time_before: Option<Money>,
    /// The monthly price now.
    pub price: Money,
    /// What is charged once now; null: nothing.
    pub one_time: Option<Money>,
    /// Line by line.
    pub lines: Vec<RequoteLine>,
    /// The day on which the prices were last checked, or published where their provider does not say.
    pub prices_as_of: String,
    /// Whether they are older than the market's limit and the cloud does not confirm them: sign with this day in
    /// `shownPrice.asOf`.
    pub prices_stale: bool,
    /// When the cloud said what its price is now; null: it was not asked, or is silent.
    pub told_at: Option<String>,
}

/// One line of what was shown and of what is charged now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequoteLine {
    /// `basket`, `minimum`, `told`, `one_time`, or a billing unit such as `egress-gb`.
    pub what: String,
    /// Units that are charged at another price before these.
    pub from: i64,
    /// As it was shown; null: it was not, or is not known line by line.
    pub before: Option<Money>,
    /// As it is now; null: no longer.
    pub now: Option<Money>,
}

impl From<&Requote> for RequoteRef {
    fn from(quote: &Requote) -> Self {
        Self {
            code: quote.code.to_owned(),
            offer: quote.offer.to_string(),
            version_before: quote.version_before,
            version: quote.version,
            price_before: quote.shown.map(|shown| shown.month.into()),
            one_time_before: quote.shown.and_then(|shown| shown.once).map(Money::from),
            price: quote.now.month.into(),
            one_time: quote.now.once.map(Money::from),
            lines: quote.lines().iter().map(RequoteLine::from).collect(),
            prices_as_of: quote.age.day.clone(),
            prices_stale: quote.age.stale,
            told_at: quote.age.told_at.map(moment),
        }
    }
}

impl From<&LineDifference> for RequoteLine {
    fn from(line: &LineDifference) -> Self {
        let what = match &line.what {
            None => "one_time",
            Some(Charged::Basket) => "basket",
            Some(Charged::Minimum) => "minimum",
            Some(Charged::Told) => "told",
            Some(Charged::Unit(unit)) => unit,
        };
        Self {
            what: what.to_owned(),
            from: line.from,
            before: line.before.map(Money::from),
            now: line.now.map(Money::from),
        }
    }
}
