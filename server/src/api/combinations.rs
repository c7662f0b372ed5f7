//! Combinations of offers on the wire, beside a ranking.

use broker::requirements::{Combination, CombinationPart, Combinations};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::wire::{self, Money, OfferSummary};

/// Two offers together, where they do what no single one does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CombinationsBody {
    /// Pairs whose parts could contain the need together.
    possible: u64,
    /// Pairs of these that were composed and judged; the search has a limit.
    looked_at: u64,
    /// Share of failovers taken to succeed, 0 to 1, as exact text.
    failover_success: String,
    /// Best first.
    found: Vec<CombinationBody>,
}

/// Two offers that contain the need together. There is no contract for the whole.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CombinationBody {
    /// From 1.
    position: u32,
    /// chain (host, network) or pair (primary, standby).
    arrangement: String,
    /// The parts in that order.
    parts: Vec<CombinationPartBody>,
    /// Monthly price of all parts; null: a part has none, or they cannot be added.
    price: Option<Money>,
    /// How each promise came about: rule, values of the parts, value of the whole.
    #[schema(value_type = Vec<Object>)]
    items: Value,
    /// The whole against the need, as for a single offer.
    #[schema(value_type = Object)]
    explanation: Value,
}

/// One part of a combination.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CombinationPartBody {
    /// The offer.
    offer: OfferSummary,
    /// Where it has to run, in a pair.
    region: Option<String>,
    /// The hazard zone of that region.
    hazard_zone: Option<String>,
}

impl From<Combinations> for CombinationsBody {
    fn from(all: Combinations) -> Self {
        Self {
            possible: all.possible,
            looked_at: all.looked_at,
            failover_success: all.failover_success.to_string(),
            found: all.found.into_iter().map(CombinationBody::from).collect(),
        }
    }
}

impl From<Combination> for CombinationBody {
    fn from(one: Combination) -> Self {
        Self {
            position: one.position,
            arrangement: one.arrangement.as_str().to_owned(),
            parts: one.parts.into_iter().map(CombinationPartBody::from).collect(),
            price: one.price.map(Money::from),
            items: wire::json(&one.items),
            explanation: wire::json(&one.explanation),
        }
    }
}

impl From<CombinationPart> for CombinationPartBody {
    fn from(part: CombinationPart) -> Self {
        Self {
            offer: OfferSummary::from(&part.card),
            region: part.region,
            hazard_zone: part.hazard_zone,
        }
    }
}
