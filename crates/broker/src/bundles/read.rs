//! Reading bundles, as anybody may.

use super::write::{maker, own};
use super::{BundleMember, BundleView};
use crate::contracts::parse_cursor;
use crate::market::OfferCard;
use crate::{Broker, BrokerError, Listed, OpContext};
use domain::{Action, BundleId, OfferId};
use std::collections::{BTreeSet, HashMap};
use storage::Page;
use storage::bundles::{self, Bundle, Whose};

impl Broker {
    /// Bundles that everybody sees, the latest first.
    pub async fn bundles(
        &self,
        ctx: &OpContext,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<BundleView>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "bundle")?;
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let page = bundles::list(&mut tx, Whose::Shown, cursor.as_ref(), limit).await?;
        drop(tx);
        self.bundle_page(ctx, page).await
    }

    /// What the actor may change: a broker the market's, a provider its own.
    pub async fn own_bundles(
        &self,
        ctx: &OpContext,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<BundleView>, BrokerError> {
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let whose = maker(ctx, &mut tx).await?.map_or(Whose::Market, Whose::Provider);
        let page = bundles::list(&mut tx, whose, cursor.as_ref(), limit).await?;
        drop(tx);
        self.bundle_page(ctx, page).await
    }

    /// One that the actor may change.
    pub async fn own_bundle(
        &self,
        ctx: &OpContext,
        id: BundleId,
    ) -> Result<BundleView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let row = own(ctx, &mut tx, id).await?;
        drop(tx);
        self.bundle_view(ctx, row).await
    }

    /// Bundles that everybody sees and that hold an offer, the latest ten.
    pub async fn bundles_with(
        &self,
        ctx: &OpContext,
        offer: OfferId,
    ) -> Result<Vec<BundleView>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "bundle")?;
        let rows = bundles::list_with(&mut self.look().await?, offer).await?;
        self.bundle_views(ctx, rows).await
    }

    /// One that everybody sees, or that the actor may change.
    pub async fn bundle(&self, ctx: &OpContext, id: BundleId) -> Result<BundleView, BrokerError> {
        ctx.may(Action::ReadMarket, None, "bundle")?;
        let mut tx = self.begin_read().await?;
        let missing = BrokerError::NotFound { what: "bundle" };
        let row = bundles::find(&mut tx, id).await?.ok_or(missing)?;
        // One that is not shown is nobody else's business.
        if !row.text.shown && own(ctx, &mut tx, id).await.is_err() {
            return Err(BrokerError::NotFound { what: "bundle" });
        }
        drop(tx);
        self.bundle_view(ctx, row).await
    }

    async fn bundle_page(
        &self,
        ctx: &OpContext,
        page: Page<Bundle>,
    ) -> Result<Listed<BundleView>, BrokerError> {
        let next = page.next.map(|cursor| cursor.to_string());
        Ok(Listed { items: self.bundle_views(ctx, page.items).await?, next })
    }

    pub(super) async fn bundle_view(
        &self,
        ctx: &OpContext,
        row: Bundle,
    ) -> Result<BundleView, BrokerError> {
        let mut views = self.bundle_views(ctx, vec![row]).await?;
        views.pop().ok_or(BrokerError::NotFound { what: "bundle" })
    }

    /// With the cards of their offers: two statements for all at most.
    async fn bundle_views(
        &self,
        ctx: &OpContext,
        rows: Vec<Bundle>,
    ) -> Result<Vec<BundleView>, BrokerError> {
        let ids: Vec<BundleId> = rows.iter().map(|row| row.id).collect();
        let mut members = bundles::members(&mut self.look().await?, &ids).await?;
        let wanted: BTreeSet<OfferId> = members.values().flatten().copied().collect();
        let wanted: Vec<OfferId> = wanted.into_iter().collect();
        let stock = self.inner.shelf.seen_by(ctx.sight());
        let found = self.shelved_of(&stock, &wanted).await?;
        let cards: HashMap<OfferId, &OfferCard> =
            found.iter().map(|offer| (offer.card.id, &offer.card)).collect();
        let view = |row: Bundle| {
            let offers = members.remove(&row.id).unwrap_or_default();
            let member = |offer: OfferId| BundleMember {
                offer,
                card: cards.get(&offer).map(|card| (*card).clone()),
            };
            BundleView::of(row, offers.into_iter().map(member).collect())
        };
        Ok(rows.into_iter().map(view).collect())
    }
}
