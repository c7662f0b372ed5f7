//! What is published, as lists and ranking need it: a projection of the database.
//!
//! A [`Stock`] is one moment of the market. It holds what every offer promises in columns and, beside
//! each, which state of which document that is; the documents themselves are read when a row is shown
//! or judged exactly (`fetch`), and the ones used lately are kept here.
//!
//! Offers that are not public are buried in what a reader gets: a [`Stock`] holds what its reader may know
//! of and nothing else, so that whatever is made of it cannot tell more (ADR 0019).

use crate::demand::CountedMiddles;
use crate::market::OfferCard;
use crate::market::items::Count;
use crate::match_index::MatchIndex;
use crate::observed::Shares;
use crate::reading::Reader;
use crate::recent::Recent;
use domain::{OfferId, OrganisationId, Sight, Timestamp};
use matching::index::Mark;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

/// One published offer, ready to be shown and judged.
#[derive(Debug)]
pub(crate) struct Shelved {
    /// What lists show.
    pub card: OfferCard,
    /// The published version.
    pub document: sla::Offer,
    /// The same with the prices of today, where the next ones of the version count; asked for by `today`.
    pub repriced: Option<sla::Offer>,
    /// Its canonical text, exactly as stored.
    pub text: String,
    /// Lower-case hex SHA-256 of that text.
    pub hash: String,
    /// Revision of the row it was read from.
    pub revision: i64,
    /// The moment from which on its card would be another one without any change of the row: its validity
    /// begins or ends, or evidence does; `None`: never.
    pub holds_until: Option<Timestamp>,
}

impl Shelved {
    /// The published version with the prices that count today.
    pub const fn today(&self) -> &sla::Offer {
        match &self.repriced {
            Some(repriced) => repriced,
            None => &self.document,
        }
    }
}

/// Which state of an offer the index knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// Revision of the row.
    pub revision: i64,
    /// The published version; versions never change.
    pub version: i64,
    /// Beginning of the hash of its document.
    pub hash: i64,
}

impl From<Mark> for State {
    fn from([revision, version, hash]: Mark) -> Self {
        Self { revision, version, hash }
    }
}

impl From<State> for Mark {
    fn from(state: State) -> Self {
        [state.revision, state.version, state.hash]
    }
}

impl From<&Shelved> for State {
    fn from(offer: &Shelved) -> Self {
        let hash = hash_start(&offer.hash);
        Self { revision: offer.revision, version: offer.card.version, hash }
    }
}

/// The beginning of a hash in hex, as a number.
pub(crate) fn hash_start(hash: &str) -> i64 {
    let start = hash.get(..16).unwrap_or_default();
    u64::from_str_radix(start, 16).map_or(0, u64::cast_signed)
}

/// One moment of the market; readers keep it while a newer one is put up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stock {
    /// What is published and what it promises.
    pub index: MatchIndex,
    /// Names of providers in English and Japanese by short name, for the filters.
    pub providers: BTreeMap<String, (String, String)>,
    /// Published offers whose documents cannot be read, with their revisions.
    pub unreadable: BTreeMap<OfferId, i64>,
    /// The latest change that was seen.
    pub seen_until: Option<Timestamp>,
    /// Offers that are not public, each with the organisations that may know of it.
    pub closed: Closed,
    /// Offers whose next prices do not count yet, each with the moment from which they do.
    pub repriced_at: BTreeMap<OfferId, Timestamp>,
}

/// Offers that are not public, each with the organisations that may know of it.
pub(crate) type Closed = Arc<BTreeMap<OfferId, BTreeSet<OrganisationId>>>;

impl Stock {
    /// The state of a published offer.
    pub fn state(&self, id: OfferId) -> Option<State> {
        self.index.mark_of(&id.to_string()).map(State::from)
    }

    /// Offers whose next prices count by now and are not known yet.
    pub fn repriced_by(&self, now: Timestamp) -> Vec<OfferId> {
        let due = self.repriced_at.iter().filter(|(_, at)| **at <= now);
        due.map(|(id, _)| *id).collect()
    }

    /// How many offers are published and can be read.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// The same moment with nothing in it that is hidden from that sight.
    fn seen_by(&self, sight: Sight) -> Self {
        let hidden = self.closed.iter().filter(|(_, members)| match sight {
            Sight::Everything => false,
            Sight::Public => true,
            Sight::Of(organisation) => !members.contains(&organisation),
        });
        let hidden: Vec<OfferId> = hidden.map(|(id, _)| *id).collect();
        let ids: Vec<String> = hidden.iter().map(ToString::to_string).collect();
        let mut seen =
            Self { index: self.index.hiding(ids.iter().map(String::as_str)), ..self.clone() };
        for id in &hidden {
            seen.unreadable.remove(id);
            seen.repriced_at.remove(id);
        }
        seen.closed = Arc::default();
        seen
    }

    /// The first offers in the order of ids, so that everything derived from them is the same everywhere.
    pub fn first(&self, most: usize) -> Vec<OfferId> {
        self.index.first_ids(most).into_iter().filter_map(|id| id.parse().ok()).collect()
    }
}

/// Readers for whom the market is kept as they may see it; most see what is public and share it.
const VIEWS_MAX: usize = 256;

/// One moment of the market as different readers may see it.
#[derive(Debug, Default)]
struct Views {
    of: Weak<Stock>,
    /// Organisations that may know of something that is not public.
    invited: BTreeSet<OrganisationId>,
    stocks: BTreeMap<Sight, Arc<Stock>>,
}

/// Holds the current [`Stock`] and what was worked out of it.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    stock: RwLock<Arc<Stock>>,
    views: Mutex<Views>,
    /// One synchronisation at a time.
    pub syncing: tokio::sync::Mutex<()>,
    /// When the database was last asked for changes, microseconds.
    pub looked_at: AtomicI64,
    /// The database is not the one the stock was made of: it has to be read anew.
    pub doubtful: AtomicBool,
    /// Documents used lately.
    pub recent: Mutex<Recent>,
    /// The middles of categories as they were last counted.
    pub middles: Mutex<CountedMiddles>,
    /// One count of them at a time.
    pub counting_middles: tokio::sync::Mutex<()>,
    /// Readings of all documents that are asked for.
    pub reader: Reader,
    /// Who promises which item, as it was last counted.
    pub promised: Mutex<Count>,
    /// One count at a time.
    pub counting: tokio::sync::Mutex<()>,
    /// Providers and countries of the stock they were last counted of.
    pub figures: Mutex<(Weak<Stock>, u64, u64)>,
    /// What was measured of the offers in the search index.
    pub shares: RwLock<Arc<Shares>>,
    /// The stock whose match index was written last.
    pub kept: Mutex<Weak<Stock>>,
}

impl Shelf {
    /// The market as it is now for somebody: what it hides is not in it.
    pub fn seen_by(&self, sight: Sight) -> Arc<Stock> {
        let whole = self.whole();
        if sight == Sight::Everything || whole.closed.is_empty() {
            return whole;
        }
        // A poisoned lock still holds whole views: each is put in by one call.
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if !views.of.upgrade().is_some_and(|of| Arc::ptr_eq(&of, &whole)) {
            *views = Views {
                of: Arc::downgrade(&whole),
                invited: whole.closed.values().flatten().copied().collect(),
                stocks: BTreeMap::new(),
            };
        }
        let sight = match sight {
            Sight::Of(organisation) if !views.invited.contains(&organisation) => Sight::Public,
            sight => sight,
        };
        if let Some(known) = views.stocks.get(&sight) {
            return Arc::clone(known);
        }
        if views.stocks.len() >= VIEWS_MAX {
            views.stocks.retain(|sight, _| *sight == Sight::Public);
        }
        let seen = Arc::new(whole.seen_by(sight));
        views.stocks.insert(sight, Arc::clone(&seen));
        seen
    }

    /// Everything that is on the market, for what keeps it up to date and is shown to nobody.
    pub fn whole(&self) -> Arc<Stock> {
        // A poisoned lock still holds a whole stock: it is replaced in one assignment.
        Arc::clone(&self.stock.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a new moment up.
    pub fn put(&self, stock: Stock) {
        *self.stock.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(stock);
    }

    /// Keeps documents at hand.
    pub fn remember<'a>(&self, offers: impl IntoIterator<Item = &'a Arc<Shelved>>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        offers.into_iter().for_each(|offer| recent.put(Arc::clone(offer)));
    }
}
