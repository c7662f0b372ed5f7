//! Keeps match index and search index equal to the published offers.
//!
//! Takes no input and is safe at any time: it reads what changed since the last look, with an
//! overlap because commits of other processes become visible late, and skips revisions it has.

use crate::categories::{self, Categories};
use crate::fetch::read_rows;
use crate::observed::{Shares, observed};
use crate::shelf::{Shelved, Stock};
use crate::{Broker, BrokerError, load, market, match_index};
use domain::{AudienceId, DurationUs, OfferId, OrganisationId, Timestamp};
use search::OfferDocument;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use storage::offers::{self, OfferChange, PublishedOffer};
use storage::{StorageError, Tx, audiences};

/// How far before the latest change it looks again: longer than any transaction takes.
const OVERLAP_US: DurationUs = 10_000_000;
/// How far before the last look it looks again: clocks of other processes may be behind ours.
const LOOK_AGAIN_US: DurationUs = 60_000_000;
/// Documents read by one statement.
pub(crate) const CHUNK: usize = 500;
/// Offers that are in memory with their documents at once, and one segment of the index at first.
pub(crate) const BATCH: u32 = 8_000;
/// Changes listed at once; they are short.
const LISTED: u32 = 5_000;

impl Broker {
    /// Brings search and matching up to date with everything committed so far.
    pub async fn sync_market(&self) -> Result<(), BrokerError> {
        let shelf = &self.inner.shelf;
        let _one_at_a_time = shelf.syncing.lock().await;
        if shelf.doubtful.load(Ordering::Acquire) {
            self.load_market().await?;
            shelf.doubtful.store(false, Ordering::Release);
            return Ok(());
        }
        let stock = shelf.whole();
        if stock.seen_until.is_none() {
            return self.start_market().await;
        }
        let look = self.now();
        let since = caught_up(&stock, shelf.looked_at.load(Ordering::Acquire));
        // Most of the time nothing has changed, and one statement says so.
        if self.has_news(&stock, since).await? {
            let mut tx = self.begin_read().await?;
            if let Some(next) = self.followed(&mut tx, &stock, since).await? {
                shelf.put(next);
            }
        }
        self.reprice(look).await?;
        shelf.looked_at.store(look.0, Ordering::Release);
        Ok(())
    }

    /// Takes offers in anew whose next prices count from now on: their versions do not change, so that no change of a
    /// row tells of it.
    async fn reprice(&self, now: Timestamp) -> Result<(), BrokerError> {
        let stock = self.inner.shelf.whole();
        let due = stock.repriced_by(now);
        if due.is_empty() {
            return Ok(());
        }
        let mut next = Stock::clone(&stock);
        let mut tx = self.begin_read().await?;
        for batch in due.chunks(BATCH as usize) {
            next = self.take_in(&mut tx, next, batch).await?;
        }
        drop(tx);
        let seen = next.seen_until;
        self.on_index(move |index| index.publish(&load::search_note(index, seen))).await?;
        self.inner.shelf.put(next);
        Ok(())
    }

    /// Whether something changed since then that the stock does not know, or too much to tell.
    async fn has_news(&self, stock: &Stock, since: Timestamp) -> Result<bool, BrokerError> {
        let mut tx = self.look().await?;
        let first = OfferId(uuid::Uuid::nil());
        let page = offers::changed_since(&mut tx, since, first, LISTED).await?;
        Ok(page.len() == LISTED as usize || page.iter().any(|change| is_news(stock, change)))
    }

    /// The stock after everything that changed since then, the search index with it; `None` where
    /// nothing did.
    pub(crate) async fn followed(
        &self,
        tx: &mut Tx,
        stock: &Stock,
        since: Timestamp,
    ) -> Result<Option<Stock>, BrokerError> {
        let changes = changes(tx, stock, since).await?;
        if changes.is_empty() {
            return Ok(None);
        }
        let mut next = stock.clone();
        next.seen_until = changes.iter().map(|change| change.updated_at).max().max(next.seen_until);
        let (shown, hidden): (Vec<_>, Vec<_>) =
            changes.iter().partition(|change| change.state.is_on_market());
        let shown: Vec<OfferId> = shown.into_iter().map(|change| change.id).collect();
        for batch in shown.chunks(BATCH as usize) {
            next = self.take_in(tx, next, batch).await?;
        }
        let hidden: Vec<OfferId> = hidden.into_iter().map(|change| change.id).collect();
        let next = self.take_out(next, hidden).await?;
        let seen = next.seen_until;
        self.on_index(move |index| index.publish(&load::search_note(index, seen))).await?;
        Ok(Some(next))
    }

    /// Reads published offers into the stock and the search index, which is not published yet.
    pub(crate) async fn take_in(
        &self,
        tx: &mut Tx,
        mut stock: Stock,
        ids: &[OfferId],
    ) -> Result<Stock, BrokerError> {
        let mut offers: Vec<Arc<Shelved>> = Vec::with_capacity(ids.len());
        let mut unreadable = Vec::new();
        let mut closed = BTreeMap::new();
        for chunk in ids.chunks(CHUNK) {
            let rows = offers::published_by_ids(tx, chunk).await?;
            closed.extend(closed_among(tx, &rows).await?);
            stock.seen_until = rows.iter().map(|row| row.updated_at).max().max(stock.seen_until);
            let read = read_rows(rows, self.now()).await?;
            offers.extend(read.offers);
            unreadable.extend(read.unreadable);
        }
        for offer in &offers {
            let provider = &offer.card.provider;
            let names = (provider.name_en.clone(), provider.name_ja.clone());
            stock.providers.insert(provider.slug.clone(), names);
            stock.unreadable.remove(&offer.card.id);
        }
        stock.repriced_at.retain(|id, _| !ids.contains(id));
        stock.repriced_at.extend(offers.iter().filter_map(|offer| {
            Some((offer.card.id, market::next_prices_at(&offer.document, self.now())?))
        }));
        let gone: Vec<OfferId> = unreadable.iter().map(|(id, _)| *id).collect();
        let mut stock = self.take_out(stock, gone).await?;
        stock.unreadable.extend(unreadable);
        let known = Arc::make_mut(&mut stock.closed);
        ids.iter().for_each(|id| drop(known.remove(id)));
        known.extend(closed);
        self.inner.shelf.remember(&offers);
        let inner = Arc::clone(&self.inner);
        let shares = self.shares_known();
        let catalogue = self.known_categories();
        beside("market", move || {
            let documents: Vec<OfferDocument> = offers
                .iter()
                .map(|offer| index_document(offer, &stock, &shares, &catalogue))
                .collect();
            let ids: Vec<OfferId> = documents.iter().map(|document| document.id).collect();
            inner.index.remove(&ids).and_then(|()| inner.index.add(&documents)).map_err(search)?;
            let rows = offers.iter().map(match_index::row).collect();
            stock.index = stock.index.apply(rows, &[]);
            Ok(stock)
        })
        .await?
    }

    /// Takes offers out of the stock and the search index, which is not published yet.
    async fn take_out(&self, mut stock: Stock, ids: Vec<OfferId>) -> Result<Stock, BrokerError> {
        if ids.is_empty() {
            return Ok(stock);
        }
        let inner = Arc::clone(&self.inner);
        beside("market", move || {
            inner.index.remove(&ids).map_err(search)?;
            let gone: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
            stock.index = stock.index.apply(Vec::new(), &gone);
            let closed = Arc::make_mut(&mut stock.closed);
            for id in &ids {
                stock.unreadable.remove(id);
                stock.repriced_at.remove(id);
                closed.remove(id);
            }
            Ok(stock)
        })
        .await?
    }

    /// Works on the index beside the async workers: it writes files.
    pub(crate) async fn on_index<T: Send + 'static>(
        &self,
        work: impl FnOnce(&search::OfferIndex) -> Result<T, search::SearchError> + Send + 'static,
    ) -> Result<T, BrokerError> {
        let inner = Arc::clone(&self.inner);
        beside("search index", move || work(&inner.index).map_err(search)).await?
    }
}

/// Works beside the async workers, for what takes a while.
pub(crate) async fn beside<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BrokerError> {
    let registry = sla::registry();
    tokio::task::spawn_blocking(move || sla::within(registry, work))
        .await
        .map_err(|error| BrokerError::Internal(format!("{what}: {error}")))
}

fn search(error: search::SearchError) -> BrokerError {
    BrokerError::Search(Box::new(error))
}

/// Every change before that moment is in the stock, if the database was last asked for changes then.
pub(crate) fn caught_up(stock: &Stock, looked_at: i64) -> Timestamp {
    let looked = Timestamp(looked_at).plus_us(-LOOK_AGAIN_US);
    let seen = stock.seen_until.unwrap_or(Timestamp(0)).plus_us(-OVERLAP_US);
    looked.max(seen).max(Timestamp(0))
}

/// Changes that the stock does not know yet, oldest first.
async fn changes(
    tx: &mut Tx,
    stock: &Stock,
    since: Timestamp,
) -> Result<Vec<OfferChange>, StorageError> {
    let mut since = since;
    let mut after = OfferId(uuid::Uuid::nil());
    let mut found = Vec::new();
    loop {
        let page = offers::changed_since(tx, since, after, LISTED).await?;
        let full = page.len() == LISTED as usize;
        if let Some(last) = page.last() {
            (since, after) = (last.updated_at, last.id);
        }
        found.extend(page.into_iter().filter(|change| is_news(stock, change)));
        if !full {
            return Ok(found);
        }
    }
}

fn is_news(stock: &Stock, change: &OfferChange) -> bool {
    let known = stock.state(change.id).map(|state| state.revision);
    let known = known.or_else(|| stock.unreadable.get(&change.id).copied());
    if change.state.is_on_market() { known != Some(change.revision) } else { known.is_some() }
}

/// What is searched of an offer.
fn index_document(
    offer: &Shelved,
    stock: &Stock,
    shares: &Shares,
    catalogue: &Categories,
) -> OfferDocument {
    let card = &offer.card;
    let kinds = categories::indexed(catalogue, &offer.document.spec.service);
    OfferDocument {
        id: card.id,
        title_en: card.title_en.clone(),
        title_ja: card.title_ja.clone(),
        names: [card.provider.name_en.clone(), card.provider.name_ja.clone()]
            .into_iter()
            .chain(kinds.names)
            .collect(),
        body: vec![
            card.description_en.clone(),
            card.description_ja.clone(),
            offer.document.metadata.name.replace('-', " "),
        ],
        middleware: card.middleware.clone(),
        categories: kinds.categories,
        attributes: kinds.attributes,
        numbers: kinds.numbers,
        machines: kinds.machines,
        provider: card.provider.slug.clone(),
        model: card.model.clone(),
        deployment: card.deployment.clone(),
        regions: card.regions.iter().map(|(id, _)| id.clone()).collect(),
        countries: card.countries(),
        certifications: card.certifications.clone(),
        regimes: card.regimes.clone(),
        hold: card.hold.clone(),
        observed: observed(offer, shares),
        price: card.price.map(|price| (price.minor, price.currency)),
        backed: card.backed,
        published_at: card.published_at.0,
        members: stock.closed.get(&card.id).map(|members| members.iter().copied().collect()),
    }
}

/// Those of the offers that are not public, with who may know of them; one statement, and none where all are.
async fn closed_among(
    tx: &mut Tx,
    rows: &[PublishedOffer],
) -> Result<BTreeMap<OfferId, BTreeSet<OrganisationId>>, StorageError> {
    let audiences: BTreeSet<AudienceId> = rows.iter().filter_map(|row| row.audience_id).collect();
    let members = audiences::members(tx, &audiences).await?;
    let closed = rows.iter().filter_map(|row| {
        // Nobody is a member of what is not known.
        Some((row.id, members.get(&row.audience_id?).cloned().unwrap_or_default()))
    });
    Ok(closed.collect())
}
