//! News about a version of an offer that its provider submitted.

use super::NoticeKind;
use crate::{Broker, BrokerError};
use domain::{OfferId, Timestamp};
use serde::{Deserialize, Serialize};
use storage::Tx;
use storage::offers::ReviewListing;

/// What a notice says of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewNews {
    /// The offer.
    pub offer: OfferId,
    /// The version.
    pub version: i64,
    /// English title of the version.
    pub title_en: String,
    /// Japanese title of the version.
    pub title_ja: String,
    /// When it will be published, if it waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Why, or what was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl ReviewNews {
    /// About this review, without a moment or a reason.
    pub(crate) fn about(row: &ReviewListing) -> Self {
        Self {
            offer: row.review.offer_id,
            version: row.review.version,
            title_en: row.title_en.clone(),
            title_ja: row.title_ja.clone(),
            at: None,
            reason: None,
        }
    }
}

impl Broker {
    /// Puts news about a review into the provider's inbox, in the unit of work that makes them true. A provider
    /// without an account has none.
    pub(crate) async fn tell_provider(
        &self,
        tx: &mut Tx,
        kind: NoticeKind,
        row: &ReviewListing,
        news: &ReviewNews,
    ) -> Result<(), BrokerError> {
        let Some(provider) = row.provider_organisation else { return Ok(()) };
        self.tell_organisation(tx, kind, provider, news).await
    }
}
