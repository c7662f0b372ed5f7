//! The published offers in memory, as lists and ranking need them; a projection of the database.

use crate::market::OfferCard;
use crate::market::items::Promised;
use crate::match_index::MatchIndex;
use domain::{OfferId, ProviderId, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

/// One published offer, ready to be shown and judged.
#[derive(Debug)]
pub(crate) struct Shelved {
    /// What lists show.
    pub card: OfferCard,
    /// The published version.
    pub document: sla::Offer,
    /// Its canonical text, exactly as stored.
    pub text: String,
    /// Lower-case hex SHA-256 of that text.
    pub hash: String,
    /// Revision of the row it was read from.
    pub revision: i64,
}

/// One moment of the market; readers keep it while a newer one is put up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stock {
    /// In the order of ids, so that everything derived from it is the same everywhere.
    pub offers: BTreeMap<OfferId, Arc<Shelved>>,
    /// Names of providers in English and Japanese by short name, for the filters.
    pub providers: BTreeMap<String, (String, String)>,
    /// The latest change that was seen.
    pub seen_until: Option<Timestamp>,
    /// For ranking `offers`, always of the same moment.
    pub index: MatchIndex,
}

/// Holds the current [`Stock`].
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    stock: RwLock<Arc<Stock>>,
    /// One synchronisation at a time.
    pub syncing: tokio::sync::Mutex<()>,
    /// Who promises which item, of the moment it was last asked for.
    pub promised: Mutex<(Weak<Stock>, Arc<Promised>)>,
    /// The stock whose match index was written last.
    pub kept: Mutex<Weak<Stock>>,
}

impl Shelf {
    /// The market as it is now.
    pub fn stock(&self) -> Arc<Stock> {
        // A poisoned lock still holds a whole stock: it is replaced in one assignment.
        Arc::clone(&self.stock.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a new moment up.
    pub fn put(&self, stock: Stock) {
        *self.stock.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(stock);
    }

    /// One offer.
    pub fn get(&self, id: OfferId) -> Option<Arc<Shelved>> {
        self.stock().offers.get(&id).cloned()
    }

    /// How many offers are published.
    pub fn len(&self) -> usize {
        self.stock().offers.len()
    }

    /// The offers of one provider.
    pub fn cards_of(&self, provider: ProviderId) -> Vec<OfferCard> {
        let stock = self.stock();
        let theirs = stock.offers.values().filter(|offer| offer.card.provider.id == provider);
        theirs.map(|offer| offer.card.clone()).collect()
    }
}
