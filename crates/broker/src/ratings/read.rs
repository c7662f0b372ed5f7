//! What everybody reads of a provider's ratings.

use super::{ProviderRatings, RatingSummary, RatingView};
use crate::contracts::parse_cursor;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ProviderId, RatingCounts};
use std::collections::HashMap;
use storage::ratings;

impl Broker {
    /// A provider's ratings by slug or id, the newest first.
    pub async fn provider_ratings(
        &self,
        ctx: &OpContext,
        slug_or_id: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<ProviderRatings, BrokerError> {
        ctx.may(Action::ReadMarket, None, "provider")?;
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let provider = crate::providers::find(&mut tx, slug_or_id).await?.id;
        let summary = ratings::summary(&mut tx, provider).await?;
        let page =
            ratings::list_by_provider(&mut tx, (provider, ctx.sight()), cursor.as_ref(), limit)
                .await?;
        Ok(ProviderRatings {
            summary: RatingSummary::from(summary),
            items: page.items.into_iter().map(RatingView::from).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        })
    }

    /// How the service of each provider was judged; who is not in it was not judged.
    pub async fn ratings_by_provider(
        &self,
        ctx: &OpContext,
    ) -> Result<HashMap<ProviderId, RatingCounts>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "provider")?;
        let rows = ratings::summaries(&mut self.begin_read().await?).await?;
        Ok(rows.into_iter().collect())
    }
}
