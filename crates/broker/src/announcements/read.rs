//! Reading announcements, as anybody may.

use super::write::{own, speaker};
use super::{AnnouncementView, SHOWN_MAX};
use crate::contracts::parse_cursor;
use crate::providers::find;
use crate::{Broker, BrokerError, Listed, OpContext};
use domain::{Action, AnnouncementId, SHOWN_BEFORE_US, Timestamp};
use std::sync::{Arc, PoisonError};
use storage::Page;
use storage::announcements::{self, Announcement, Speaker};

/// News without an end stand on every page for so long.
const NEWS_US: i64 = 14 * 86_400 * 1_000_000;
/// Every page shows them, so they are read once in this time; one's own change is seen at once.
const FRESH_US: i64 = 2_000_000;
/// The word for the market itself, where a provider's short name may stand.
const MARKET: &str = "market";

impl Broker {
    /// Announcements by their beginning, the latest first; of everybody, or of `market` or a provider (short name or
    /// `prv_…`).
    pub async fn announcements(
        &self,
        ctx: &OpContext,
        of: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<AnnouncementView>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "announcement")?;
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let of = match of {
            None => Speaker::Anybody,
            Some(MARKET) => Speaker::Market,
            Some(name) => Speaker::Provider(find(&mut tx, name).await?.id),
        };
        let page = announcements::list(&mut tx, of, cursor.as_ref(), limit).await?;
        Ok(listed(page, self.now()))
    }

    /// What the actor may change: a broker the market's, a provider its own.
    pub async fn own_announcements(
        &self,
        ctx: &OpContext,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<AnnouncementView>, BrokerError> {
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let of = speaker(ctx, &mut tx).await?.map_or(Speaker::Market, Speaker::Provider);
        let page = announcements::list(&mut tx, of, cursor.as_ref(), limit).await?;
        Ok(listed(page, self.now()))
    }

    /// Whether the actor may announce anything at all.
    pub async fn may_announce(&self, ctx: &OpContext) -> Result<(), BrokerError> {
        let mut tx = self.begin_read().await?;
        speaker(ctx, &mut tx).await.map(|_| ())
    }

    /// One that the actor may change.
    pub async fn own_announcement(
        &self,
        ctx: &OpContext,
        id: AnnouncementId,
    ) -> Result<AnnouncementView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let row = own(ctx, &mut tx, id).await?;
        Ok(AnnouncementView::of(row, self.now()))
    }

    /// One announcement.
    pub async fn announcement(
        &self,
        ctx: &OpContext,
        id: AnnouncementId,
    ) -> Result<AnnouncementView, BrokerError> {
        ctx.may(Action::ReadMarket, None, "announcement")?;
        let mut tx = self.begin_read().await?;
        let row = announcements::find(&mut tx, id).await?;
        let row = row.ok_or(BrokerError::NotFound { what: "announcement" })?;
        Ok(AnnouncementView::of(row, self.now()))
    }

    /// The market's own announcements that stand on every page now, at most three.
    pub async fn shown_announcements(&self) -> Result<Arc<Vec<AnnouncementView>>, BrokerError> {
        let now = self.now();
        {
            let known = self.inner.announced.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((at, shown)) = known.as_ref()
                && now.0.abs_diff(at.0) < FRESH_US.unsigned_abs()
            {
                return Ok(Arc::clone(shown));
            }
        }
        let mut tx = self.look().await?;
        let span = (now, now.plus_us(SHOWN_BEFORE_US), now.plus_us(-NEWS_US));
        let rows = announcements::list_shown(&mut tx, span, SHOWN_MAX).await?;
        let shown: Arc<Vec<AnnouncementView>> =
            Arc::new(rows.into_iter().map(|row| AnnouncementView::of(row, now)).collect());
        let mut known = self.inner.announced.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((now, Arc::clone(&shown)));
        Ok(shown)
    }

    /// The next page reads them anew.
    pub(super) fn forget_shown(&self) {
        *self.inner.announced.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn listed(page: Page<Announcement>, now: Timestamp) -> Listed<AnnouncementView> {
    Listed {
        items: page.items.into_iter().map(|row| AnnouncementView::of(row, now)).collect(),
        next: page.next.map(|cursor| cursor.to_string()),
    }
}
