//! Keeps shelf, match index and search index equal to the published offers.
//!
//! Takes no input and is safe at any time: it reads what changed since the last look, with an
//! overlap because commits of other processes become visible late, and skips revisions it has.

use crate::providers::ProviderCard;
use crate::shelf::{Shelved, Stock};
use crate::{Broker, BrokerError, market, match_index, regions};
use domain::{DurationUs, OfferId, OfferState, Timestamp};
use search::OfferDocument;
use std::path::PathBuf;
use std::sync::Arc;
use storage::offers::{self, OfferChange, PublishedOffer};
use storage::{StorageError, Tx};

/// How far back it looks again: longer than any transaction takes.
const OVERLAP_US: DurationUs = 10_000_000;
/// Rows read at once.
const CHUNK: u32 = 500;

impl Broker {
    /// Brings search and matching up to date with everything committed so far.
    pub async fn sync_market(&self) -> Result<(), BrokerError> {
        let _one_at_a_time = self.inner.shelf.syncing.lock().await;
        let stock = self.inner.shelf.stock();
        match stock.seen_until {
            None => self.load_market(self.snapshot_file()).await.map(drop),
            Some(seen) => self.follow_market(&stock, seen).await,
        }
    }

    /// Builds search and match index anew while the old ones answer; returns the number of offers.
    pub async fn reindex(&self) -> Result<u64, BrokerError> {
        let _one_at_a_time = self.inner.shelf.syncing.lock().await;
        let count = self.load_market(None).await?;
        self.keep_match_index().await?;
        Ok(count)
    }

    /// Reads everything that is published; the match index may start from a snapshot.
    async fn load_market(&self, snapshot: Option<PathBuf>) -> Result<u64, BrokerError> {
        let mut tx = self.begin_read().await?;
        let mut stock = Stock { seen_until: Some(Timestamp(0)), ..Stock::default() };
        let mut after = None;
        loop {
            let page = offers::published_revisions(&mut tx, after, CHUNK).await?;
            let ids: Vec<OfferId> = page.iter().map(|row| row.id).collect();
            put(&mut tx, &mut stock, &ids).await?;
            after = ids.last().copied();
            if after.is_none() {
                break;
            }
        }
        drop(tx);
        let documents: Vec<OfferDocument> =
            stock.offers.values().map(|offer| index_document(offer)).collect();
        self.on_index(move |index| index.rebuild(&documents)).await?;
        let count = stock.offers.len() as u64;
        let (before, usual) = (self.inner.shelf.stock(), self.usual_matchers());
        let stock = beside(move || {
            stock.index = match_index::build(&stock, &before.index, snapshot.as_deref(), &usual);
            stock
        });
        self.inner.shelf.put(stock.await?);
        Ok(count)
    }

    async fn follow_market(&self, stock: &Stock, seen: Timestamp) -> Result<(), BrokerError> {
        let mut tx = self.begin_read().await?;
        let changes = changes(&mut tx, stock, seen.plus_us(-OVERLAP_US)).await?;
        if changes.is_empty() {
            return Ok(());
        }
        let mut next = stock.clone();
        next.seen_until = changes.iter().map(|change| change.updated_at).max().max(Some(seen));
        let (shown, hidden): (Vec<_>, Vec<_>) =
            changes.iter().partition(|change| change.state == OfferState::Published);
        let removals: Vec<OfferId> = hidden.into_iter().map(|change| change.id).collect();
        for id in &removals {
            next.offers.remove(id);
        }
        let ids: Vec<OfferId> = shown.into_iter().map(|change| change.id).collect();
        for chunk in ids.chunks(CHUNK as usize) {
            put(&mut tx, &mut next, chunk).await?;
        }
        drop(tx);
        let upserts: Vec<OfferDocument> =
            ids.iter().filter_map(|id| Some(index_document(next.offers.get(id)?))).collect();
        let changed: Vec<OfferId> = ids.iter().chain(&removals).copied().collect();
        self.on_index(move |index| index.apply(&upserts, &removals)).await?;
        let next = beside(move || {
            next.index = match_index::follow(&next, &changed);
            next
        });
        self.inner.shelf.put(next.await?);
        Ok(())
    }

    /// Works on the index beside the async workers: it writes files.
    pub(crate) async fn on_index<T: Send + 'static>(
        &self,
        work: impl FnOnce(&search::OfferIndex) -> Result<T, search::SearchError> + Send + 'static,
    ) -> Result<T, BrokerError> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || work(&inner.index))
            .await
            .map_err(|error| BrokerError::Internal(format!("search index: {error}")))?
            .map_err(|error| BrokerError::Search(Box::new(error)))
    }
}

/// Works on a stock beside the async workers: many offers take a while.
async fn beside(work: impl FnOnce() -> Stock + Send + 'static) -> Result<Stock, BrokerError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| BrokerError::Internal(format!("match index: {error}")))
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
        let page = offers::changed_since(tx, since, after, CHUNK).await?;
        let full = page.len() == CHUNK as usize;
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
    let known = stock.offers.get(&change.id).map(|offer| offer.revision);
    match change.state {
        OfferState::Published => known != Some(change.revision),
        OfferState::Draft | OfferState::Withdrawn => known.is_some(),
    }
}

/// Reads published offers into the stock; one that cannot be read is left out and logged.
async fn put(tx: &mut Tx, stock: &mut Stock, ids: &[OfferId]) -> Result<(), StorageError> {
    for row in offers::published_by_ids(tx, ids).await? {
        stock.seen_until = stock.seen_until.max(Some(row.updated_at));
        let (id, revision) = (row.id, row.revision);
        match shelved(row) {
            Ok(offer) => {
                let provider = &offer.card.provider;
                let names = (provider.name_en.clone(), provider.name_ja.clone());
                stock.providers.insert(provider.slug.clone(), names);
                stock.offers.insert(id, Arc::new(offer));
            }
            Err(reason) => {
                stock.offers.remove(&id);
                tracing::error!(offer.id = %id, offer.revision = revision, %reason,
                    "a published offer cannot be read and is left out of the market");
            }
        }
    }
    Ok(())
}

fn shelved(row: PublishedOffer) -> Result<Shelved, sla::Faults> {
    let document = sla::parse_offer(&row.document)?;
    let provider = ProviderCard {
        id: row.provider_id,
        slug: row.provider.slug,
        name_en: row.provider.name_en,
        name_ja: row.provider.name_ja,
        country: row.provider.country,
        backed: row.provider.backed,
        regions: regions::read(row.provider.cloud_regions.as_deref()),
    };
    let card = market::card(
        market::CardParts {
            id: row.id,
            version: row.version,
            titles: (row.title_en, row.title_ja),
            price: row.price,
            published_at: row.updated_at,
        },
        provider,
        &document,
    );
    Ok(Shelved { card, document, text: row.document, hash: row.hash, revision: row.revision })
}

/// What is searched of an offer.
fn index_document(offer: &Shelved) -> OfferDocument {
    let card = &offer.card;
    let service = &offer.document.spec.service;
    let middleware = service
        .middleware
        .iter()
        .map(|item| format!("{} {}", item.name, item.version.as_deref().unwrap_or_default()));
    let mut body = vec![
        card.description_en.clone(),
        card.description_ja.clone(),
        card.provider.name_en.clone(),
        card.provider.name_ja.clone(),
        card.provider.slug.clone(),
        offer.document.metadata.name.replace('-', " "),
    ];
    body.extend(middleware);
    body.extend(card.regions.iter().map(|(id, country)| format!("{id} {country}")));
    body.extend(card.certifications.iter().cloned());
    OfferDocument {
        id: card.id,
        title_en: card.title_en.clone(),
        title_ja: card.title_ja.clone(),
        body,
        provider: card.provider.slug.clone(),
        model: card.model.clone(),
        deployment: card.deployment.clone(),
        countries: card.countries(),
        certifications: card.certifications.clone(),
        price: card.price.map(|price| (price.minor, price.currency)),
        backed: card.backed,
        published_at: card.published_at.0,
    }
}
