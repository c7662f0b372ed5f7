//! Reading all documents for what a need asks about and no need has asked before.
//!
//! The documents stream by, a few hundred at a time; one pass serves everybody who waits for one. A
//! small market is read while the request waits; a large one takes longer than anybody should wait
//! for, so the answer says how far it is, and the same request a little later gets its list.

use crate::fetch::document_of;
use crate::requirements::day_of;
use crate::shelf::{State, Stock};
use crate::{Broker, BrokerError};
use domain::{OfferId, Sight, Timestamp};
use matching::SlaMatcher;
use matching::index::{AnyDocument, Mark};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use storage::offers::{self, OfferText};
use tokio::runtime::Handle;

/// A request waits so long for a reading.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// A market that changes faster than it is read is given up after so many passes.
const PASSES: usize = 4;
/// Tomorrow's readings are made in the last hours of the day, so that midnight is not felt.
const BEFORE_MIDNIGHT_SECONDS: i64 = 6 * 3600;
/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;

/// Who waits for a reading, and how far it is.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    waiting: Mutex<Vec<Arc<SlaMatcher>>>,
    one_at_a_time: tokio::sync::Mutex<()>,
    done: AtomicU64,
    total: AtomicU64,
    /// The process ends; what has not been read is read by the next one.
    pub closing: AtomicBool,
}

impl Broker {
    /// The market as somebody may see it, once everything that a need asks about has been read of its documents.
    pub(crate) async fn stock_for(
        &self,
        sight: Sight,
        matcher: &Arc<SlaMatcher>,
    ) -> Result<Arc<Stock>, BrokerError> {
        for _ in 0..PASSES {
            let stock = self.inner.shelf.seen_by(sight);
            if stock.index.asked(matcher).is_some() {
                return Ok(stock);
            }
            let reading = self.read_soon(vec![Arc::clone(matcher)]);
            match tokio::time::timeout(PATIENCE, reading).await {
                Err(_) => break,
                Ok(Err(error)) => return Err(BrokerError::Internal(format!("reading: {error}"))),
                Ok(Ok(read)) => read?,
            }
        }
        Err(self.preparing())
    }

    /// The market as somebody may see it, once everything that these needs ask about has been read in one go.
    /// Where they ask in more ways than are kept, some are not there.
    pub(crate) async fn stock_for_all(
        &self,
        sight: Sight,
        matchers: &[Arc<SlaMatcher>],
    ) -> Result<Arc<Stock>, BrokerError> {
        for _ in 0..PASSES {
            let stock = self.inner.shelf.seen_by(sight);
            if matchers.iter().all(|matcher| stock.index.asked(matcher).is_some()) {
                return Ok(stock);
            }
            let reading = self.read_soon(matchers.to_vec());
            match tokio::time::timeout(PATIENCE, reading).await {
                Err(_) => return Err(self.preparing()),
                Ok(Err(error)) => return Err(BrokerError::Internal(format!("reading: {error}"))),
                Ok(Ok(read)) => read?,
            }
        }
        Ok(self.inner.shelf.seen_by(sight))
    }

    /// How far a reading is.
    fn preparing(&self) -> BrokerError {
        let reader = &self.inner.shelf.reader;
        let total = reader.total.load(Ordering::Relaxed);
        BrokerError::Preparing { done: reader.done.load(Ordering::Relaxed).min(total), total }
    }

    /// Starts reading for these needs and goes on.
    pub(crate) fn read_soon(
        &self,
        matchers: Vec<Arc<SlaMatcher>>,
    ) -> tokio::task::JoinHandle<Result<(), BrokerError>> {
        let reader = &self.inner.shelf.reader;
        reader.waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(matchers);
        let broker = self.clone();
        tokio::spawn(async move {
            let read = broker.read_waiting().await;
            if let Err(error) = &read {
                tracing::error!(%error, "the documents could not be read for a need");
            }
            read
        })
    }

    /// Prepares the readings in use for tomorrow late in the day, and gives up those of days gone by.
    pub(crate) async fn turn_the_day(&self, now: Timestamp) -> Result<(), BrokerError> {
        let today = now.seconds().div_euclid(DAY_SECONDS);
        let stock = self.inner.shelf.whole();
        stock.index.forget_before(today);
        if now.seconds().rem_euclid(DAY_SECONDS) < DAY_SECONDS - BEFORE_MIDNIGHT_SECONDS {
            return Ok(());
        }
        let tomorrow = stock.index.matchers_on(today + 1);
        if stock.index.unread(&tomorrow) == 0 {
            return Ok(());
        }
        let reading = self.read_soon(tomorrow).await;
        reading.map_err(|error| BrokerError::Internal(format!("reading: {error}")))?
    }

    async fn read_waiting(&self) -> Result<(), BrokerError> {
        let shelf = &self.inner.shelf;
        let reader = &shelf.reader;
        let _one = reader.one_at_a_time.lock().await;
        // Whoever held the lock before may have read for us.
        let matchers =
            std::mem::take(&mut *reader.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let stock = shelf.whole();
        let unread = stock.index.unread(&matchers);
        if unread == 0 {
            return Ok(());
        }
        reader.done.store(0, Ordering::Relaxed);
        reader.total.store(unread as u64, Ordering::Relaxed);
        let (broker, handle) = (self.clone(), Handle::current());
        let read = move || {
            let bring = |rows: &[(&str, Mark)]| handle.block_on(broker.bring(&stock, rows));
            stock.index.read(&matchers, bring)
        };
        crate::sync::beside("reading", read).await??;
        // The snapshot on disk lacks what is new.
        *shelf.kept.lock().unwrap_or_else(PoisonError::into_inner) = Weak::new();
        Ok(())
    }

    /// The documents of these rows exactly as the index knows them.
    async fn bring(
        &self,
        stock: &Stock,
        rows: &[(&str, Mark)],
    ) -> Result<Vec<Option<AnyDocument>>, BrokerError> {
        let shelf = &self.inner.shelf;
        if shelf.reader.closing.load(Ordering::Relaxed) {
            return Err(BrokerError::Internal("the process ends".to_owned()));
        }
        let wanted: Vec<(OfferId, State)> = rows
            .iter()
            .filter_map(|(id, mark)| Some((id.parse().ok()?, State::from(*mark))))
            .collect();
        let found = self.documents_of(&wanted).await?;
        shelf.reader.done.fetch_add(rows.len() as u64, Ordering::Relaxed);
        if found.len() == rows.len() && found.iter().all(Option::is_some) {
            return Ok(found);
        }
        // Versions never change, so this is not the database that the index was made of.
        shelf.doubtful.store(true, Ordering::Release);
        let known = stock.len();
        tracing::error!(known, "a document of the index is not in the database; all are read anew");
        Err(BrokerError::Internal("a document of the index is not in the database".to_owned()))
    }

    /// Documents as the index knows them; `None` where the database has no such version.
    pub(crate) async fn documents_of(
        &self,
        wanted: &[(OfferId, State)],
    ) -> Result<Vec<Option<AnyDocument>>, BrokerError> {
        let mut found: Vec<Option<AnyDocument>> = Vec::with_capacity(wanted.len());
        let (now, today) = (self.now(), day_of(self.now()));
        {
            let recent = &self.inner.shelf.recent;
            let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, state) in wanted {
                let offer = recent.get(*id, state.revision, now);
                found.push(offer.map(|offer| -> AnyDocument { offer }));
            }
        }
        let missing: Vec<(OfferId, i64)> = (wanted.iter().zip(&found))
            .filter(|(_, found)| found.is_none())
            .map(|((id, state), _)| (*id, state.version))
            .collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let texts = offers::texts(&mut self.begin_read().await?, &missing).await?;
        let mut texts: HashMap<(OfferId, i64), OfferText> =
            texts.into_iter().map(|text| ((text.offer_id, text.version), text)).collect();
        for ((id, state), slot) in wanted.iter().zip(&mut found) {
            if slot.is_none() {
                let text = texts.remove(&(*id, state.version));
                *slot = text.and_then(|text| document_of(&text, *state, today));
            }
        }
        Ok(found)
    }
}
