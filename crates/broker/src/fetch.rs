//! Documents of published offers: at hand or from the database, a constant number of statements for
//! any number of rows.

use crate::providers::ProviderCard;
use crate::requirements::day_of;
use crate::shelf::{Shelved, State, Stock, hash_start};
use crate::sync::beside;
use crate::{Broker, BrokerError, documents, market, regions};
use domain::{OfferId, Sight, Timestamp};
use matching::index::AnyDocument;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use storage::offers::{self, OfferText, PublishedOffer};

/// Offers read by one statement; a ranking with its combinations needs one, a page of cards too.
const CHUNK: usize = 2_000;

impl Broker {
    /// One published offer as it is now, if whoever asks may know of it.
    pub(crate) async fn shelved(
        &self,
        sight: Sight,
        id: OfferId,
    ) -> Result<Option<Arc<Shelved>>, BrokerError> {
        let stock = self.inner.shelf.seen_by(sight);
        Ok(self.shelved_of(&stock, &[id]).await?.pop())
    }

    /// Those of the offers that are published, in the order asked for. An offer that changed since the
    /// moment of the stock comes as it is now.
    pub(crate) async fn shelved_of(
        &self,
        stock: &Stock,
        ids: &[OfferId],
    ) -> Result<Vec<Arc<Shelved>>, BrokerError> {
        let mut found: HashMap<OfferId, Arc<Shelved>> = HashMap::with_capacity(ids.len());
        let (mut missing, now) = (Vec::new(), self.now());
        {
            let recent = &self.inner.shelf.recent;
            let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
            for id in ids {
                let Some(state) = stock.state(*id) else { continue };
                match recent.get(*id, state.revision, now) {
                    Some(offer) => drop(found.insert(*id, offer)),
                    None => missing.push(*id),
                }
            }
        }
        if !missing.is_empty() {
            let mut tx = self.begin_read().await?;
            for chunk in missing.chunks(CHUNK) {
                let rows = offers::published_by_ids(&mut tx, chunk).await?;
                let offers = read_rows(rows, now).await?.offers;
                self.inner.shelf.remember(&offers);
                found.extend(offers.into_iter().map(|offer| (offer.card.id, offer)));
            }
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// The offers in exactly the state that the stock knows; `None` where one has moved on, so that the
    /// answer has to be made of a newer stock.
    pub(crate) async fn shelved_as(
        &self,
        stock: &Stock,
        ids: &[OfferId],
    ) -> Result<Option<HashMap<OfferId, Arc<Shelved>>>, BrokerError> {
        let found = self.shelved_of(stock, ids).await?;
        let found: HashMap<OfferId, Arc<Shelved>> =
            found.into_iter().map(|offer| (offer.card.id, offer)).collect();
        let as_known = |id: &OfferId| {
            let known = stock.state(*id).map(|state| (state.version, state.hash));
            let now = found.get(id).map(|offer| State::from(offer.as_ref()));
            known.is_some() && known == now.map(|state| (state.version, state.hash))
        };
        Ok(ids.iter().all(as_known).then_some(found))
    }
}

/// Offers that could be read, and the ones that could not with their revisions.
#[derive(Debug, Default)]
pub(crate) struct ReadRows {
    pub offers: Vec<Arc<Shelved>>,
    pub unreadable: Vec<(OfferId, i64)>,
}

/// Reads documents beside the async workers; one that cannot be read is logged.
pub(crate) async fn read_rows(
    rows: Vec<PublishedOffer>,
    now: Timestamp,
) -> Result<ReadRows, BrokerError> {
    let read = move || {
        let mut read = ReadRows::default();
        for row in rows {
            let (id, revision) = (row.id, row.revision);
            match shelve(row, now) {
                Ok(offer) => read.offers.push(Arc::new(offer)),
                Err(reason) => {
                    read.unreadable.push((id, revision));
                    tracing::error!(offer.id = %id, offer.revision = revision, %reason,
                        "a published offer cannot be read and is left out of the market");
                }
            }
        }
        read
    };
    beside("reading offers", read).await
}

/// A document with the prices of a day, without its card, if it is the one that the index knows.
pub(crate) fn document_of(text: &OfferText, known: State, today: i64) -> Option<AnyDocument> {
    if hash_start(&text.hash) != known.hash {
        return None;
    }
    let document = sla::parse_offer(&text.document).ok()?;
    Some(Arc::new(Bare(document.priced_on(today).unwrap_or(document))))
}

struct Bare(sla::Offer);

impl AsRef<sla::Offer> for Bare {
    fn as_ref(&self) -> &sla::Offer {
        &self.0
    }
}

fn shelve(row: PublishedOffer, now: Timestamp) -> Result<Shelved, sla::Faults> {
    let document = sla::parse_offer(&row.document)?;
    let repriced = document.priced_on(day_of(now));
    let today = repriced.as_ref().unwrap_or(&document);
    // Prices are read when they are saved, so that these can be read as well.
    let price = match &repriced {
        Some(today) => documents::price(today).ok().flatten(),
        None => row.price,
    };
    let provider = ProviderCard {
        id: row.provider_id,
        slug: row.provider.slug,
        name_en: row.provider.name_en,
        name_ja: row.provider.name_ja,
        country: row.provider.country,
        backed: row.provider.backed,
        passed: row.provider.passed,
        regions: regions::read(row.provider.cloud_regions.as_deref()),
    };
    let card = market::card(
        market::CardParts {
            id: row.id,
            version: row.version,
            titles: (row.title_en, row.title_ja),
            price,
            published_at: row.updated_at,
            ends_at: row.ends_at,
            audience: row.audience_kind,
            now,
        },
        provider,
        today,
    );
    let holds_until = market::next_change(&card, &document, now);
    let (text, hash, revision) = (row.document, row.hash, row.revision);
    Ok(Shelved { card, document, repriced, text, hash, revision, holds_until })
}
