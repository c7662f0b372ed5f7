//! Mirrors of other markets: a second Kumoichi follows the feed of the first and shows the same catalogue (IF1).
//!
//! What is mirrored keeps the ids, versions and texts of its market; its providers are catalogue only here and say where they
//! come from. Whoever follows goes on behind its cursor; where the feed has a gap, the whole catalogue is compared. Each
//! event is applied in the unit of work that moves the cursor.

mod apply;
mod fetch;

use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId, ProviderId, Timestamp};
use fetch::{Known, Market, NewEvent};
use std::collections::HashMap;
use storage::mirror::{self, CatalogueRow};

pub use fetch::ORIGIN_FORM;

/// Offers of one page of a catalogue at most.
pub const CATALOGUE_MAX: u32 = 500;
/// Pages of a feed in one go; the rest waits for the next look.
const PAGES_MAX: u32 = 200;

/// A published offer as a catalogue lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// Its id.
    pub id: OfferId,
    /// Whose it is.
    pub provider: ProviderId,
    /// metadata.name of its document.
    pub name: String,
    /// The published version.
    pub version: i64,
    /// Lower-case hex SHA-256 of its canonical text.
    pub hash: String,
}

/// Some of a catalogue, in the order of ids, and the feed's latest event before it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CataloguePage {
    /// At most [`CATALOGUE_MAX`] offers.
    pub items: Vec<CatalogueEntry>,
    /// Behind which id to go on; `None`: this is the end.
    pub next: Option<OfferId>,
    /// The number of the latest event: what changed after it is told behind it.
    pub head: i64,
}

/// A market that is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorView {
    /// Scheme and host.
    pub origin: String,
    /// Its feed was followed up to this event; `None`: its catalogue was not compared yet.
    pub cursor: Option<i64>,
    /// When the whole catalogue was last compared.
    pub compared_at: Option<Timestamp>,
    /// Why the last look did not succeed.
    pub fault: Option<String>,
    /// When it was last looked at.
    pub updated_at: Timestamp,
}

/// What one look at a market came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MirrorReport {
    /// Offers that came, changed or went here.
    pub applied: u64,
    /// Offers that were not taken: their provider belongs here, or a signature or hash is wrong.
    pub refused: u64,
    /// Whether the whole catalogue was compared.
    pub compared: bool,
}

impl Broker {
    /// Some of the catalogue behind an id, `None` from the first one; for whoever compares all of it.
    pub async fn catalogue(
        &self,
        ctx: &OpContext,
        after: Option<OfferId>,
        limit: u32,
    ) -> Result<CataloguePage, BrokerError> {
        ctx.may(Action::ReadMarket, None, "catalogue")?;
        let limit = limit.clamp(1, CATALOGUE_MAX);
        let mut tx = self.begin_read().await?;
        // Before the offers: what changes meanwhile is told behind it.
        let head = storage::feed::read(&mut tx).await?.number;
        let rows = mirror::catalogue(&mut tx, None, after, limit).await?;
        let full = rows.len() == limit as usize;
        let next = rows.last().map(|row| row.id).filter(|_| full);
        let entry = |row: CatalogueRow| CatalogueEntry {
            id: row.id,
            provider: row.provider_id,
            name: row.slug,
            version: row.version,
            hash: row.hash,
        };
        Ok(CataloguePage { items: rows.into_iter().map(entry).collect(), next, head })
    }

    /// The markets that are followed.
    pub async fn mirrors(&self, ctx: &OpContext) -> Result<Vec<MirrorView>, BrokerError> {
        ctx.may(Action::AdministerProviders, None, "mirror")?;
        let rows = mirror::list(&mut self.look().await?).await?;
        let view = |row: mirror::Mirror| MirrorView {
            origin: row.origin,
            cursor: row.cursor,
            compared_at: row.compared_at,
            fault: row.fault,
            updated_at: row.updated_at,
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Follows a market up to its latest event. May run in several processes at once and be cut off anywhere.
    ///
    /// # Errors
    /// `/origin` where it is no address of a market; `Conflict` `mirror_unreachable` where it does not answer as one.
    pub async fn follow_market(
        &self,
        ctx: &OpContext,
        origin: &str,
    ) -> Result<MirrorReport, BrokerError> {
        ctx.may(Action::AdministerProviders, None, "mirror")?;
        let market = Market::new(self.inner.channels.reader.as_ref(), origin)?;
        let mut tx = self.begin().await?;
        mirror::add(&mut tx, market.origin(), self.now()).await?;
        tx.commit().await?;
        let followed = self.follow(&market).await;
        if let Err(error) = &followed {
            let mut tx = self.begin().await?;
            mirror::note_fault(&mut tx, market.origin(), &error.to_string(), self.now()).await?;
            tx.commit().await?;
        }
        followed
    }

    /// Follows every market of the settings; one that does not answer keeps no other from being followed.
    pub(crate) async fn follow_markets(&self) -> Result<(), BrokerError> {
        let ctx = OpContext::system("mirror");
        for origin in &self.inner.channels.mirrors {
            if let Err(error) = self.follow_market(&ctx, origin).await {
                tracing::warn!(mirror.origin = origin, %error, "a market could not be followed; it is tried again");
            }
        }
        Ok(())
    }

    async fn follow(&self, market: &Market<'_>) -> Result<MirrorReport, BrokerError> {
        let mut report = MirrorReport::default();
        for _ in 0..PAGES_MAX {
            if self.is_closing() {
                return Ok(report);
            }
            let row = mirror::find(&mut self.look().await?, market.origin()).await?;
            let Some(cursor) = row.and_then(|row| row.cursor) else {
                self.compare_catalogue(market, &mut report).await?;
                continue;
            };
            let Some(page) = market.events(cursor).await? else {
                // What lies behind the cursor is no longer kept there.
                self.compare_catalogue(market, &mut report).await?;
                continue;
            };
            let mut known = Known::new();
            let mut ahead = true;
            for event in &page.events {
                ahead =
                    !self.is_closing() && self.take(market, event, &mut known, &mut report).await?;
                if !ahead {
                    break;
                }
            }
            if !page.events.is_empty() {
                self.sync_market().await?;
            }
            if !ahead || !page.more {
                return Ok(report);
            }
        }
        Ok(report)
    }

    /// Applies one event and moves the cursor behind it; `false`: another process was first.
    async fn take(
        &self,
        market: &Market<'_>,
        event: &NewEvent,
        known: &mut Known,
        report: &mut MirrorReport,
    ) -> Result<bool, BrokerError> {
        let fetched = match (&event.offer, event.version) {
            (Some(offer), Some(version)) => {
                market
                    .offer((*offer, event.provider, version), event.hash.as_deref(), known)
                    .await?
            }
            (Some(_), None) => None,
            (None, _) => Some(market.provider(event.provider, known).await?),
        };
        let mut tx = self.begin().await?;
        let row = mirror::lock(&mut tx, market.origin()).await?;
        if row.and_then(|row| row.cursor) != Some(event.number - 1) {
            return Ok(false);
        }
        let origin = market.origin();
        let done = match (fetched, event.offer) {
            (Some(fetched), _) => self.put(&mut tx, origin, fetched).await?,
            (None, Some(offer)) if event.version.is_none() => {
                self.take_away(&mut tx, origin, offer).await?
            }
            // It has changed again, or gone, since: a later event says so.
            _ => apply::Done::Same,
        };
        done.count(report);
        mirror::advance(&mut tx, origin, event.number, None, self.now()).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Compares the whole catalogue: takes what is missing or different, and withdraws what is no longer there.
    async fn compare_catalogue(
        &self,
        market: &Market<'_>,
        report: &mut MirrorReport,
    ) -> Result<(), BrokerError> {
        let origin = market.origin();
        let mut here = self.mirrored(origin).await?;
        let (mut after, mut head) = (None, None);
        let mut known = Known::new();
        loop {
            let page = market.catalogue(after).await?;
            // The first page's: whatever changes while the others are read is told behind it.
            head.get_or_insert(page.head);
            for entry in page.items {
                if self.is_closing() {
                    return Ok(());
                }
                let same = here.remove(&entry.id);
                if same.as_ref() == Some(&(entry.version, entry.hash.clone())) {
                    continue;
                }
                let wanted = (entry.id, entry.provider, entry.version);
                let Some(fetched) = market.offer(wanted, Some(&entry.hash), &mut known).await?
                else {
                    continue;
                };
                let mut tx = self.begin().await?;
                mirror::lock(&mut tx, origin).await?;
                self.put(&mut tx, origin, fetched).await?.count(report);
                tx.commit().await?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut tx = self.begin().await?;
        mirror::lock(&mut tx, origin).await?;
        for gone in here.into_keys() {
            self.take_away(&mut tx, origin, gone).await?.count(report);
        }
        let now = self.now();
        mirror::advance(&mut tx, origin, head.unwrap_or(0), Some(now), now).await?;
        tx.commit().await?;
        report.compared = true;
        self.sync_market().await
    }

    /// What is mirrored of a market and published here: version and hash of each offer.
    async fn mirrored(&self, origin: &str) -> Result<HashMap<OfferId, (i64, String)>, BrokerError> {
        let (mut all, mut after) = (HashMap::new(), None);
        let mut tx = self.begin_read().await?;
        loop {
            let rows = mirror::catalogue(&mut tx, Some(origin), after, CATALOGUE_MAX).await?;
            let full = rows.len() == CATALOGUE_MAX as usize;
            after = rows.last().map(|row| row.id);
            all.extend(rows.into_iter().map(|row| (row.id, (row.version, row.hash))));
            if !full {
                return Ok(all);
            }
        }
    }
}
