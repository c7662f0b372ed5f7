//! What can be contracted instead, as the API tells it.

use broker::contracts::AlternativeOffer;
use broker::requirements::RankedOffer;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::OfferSummary;

/// Another offer, and how it stands to the need.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlternativeBody {
    /// As in lists.
    #[serde(flatten)]
    offer: OfferSummary,
    /// Whether its promise contains the need.
    matched: bool,
    /// Items that it misses of what must be; empty when it contains the need.
    missed: Vec<String>,
}

impl From<&RankedOffer> for AlternativeBody {
    fn from(row: &RankedOffer) -> Self {
        let AlternativeOffer { matched, missed, .. } = row.into();
        Self { offer: OfferSummary::from(&row.card), matched, missed }
    }
}
