//! How a process comes by the market: where the last one left it, or from the beginning.
//!
//! A restart takes the match index from its snapshot and the search index as it lies, follows what
//! changed since, and compares both with the database. Only if they agree is anything of it used;
//! otherwise every document is read again, a batch at a time.

use crate::shelf::{State, Stock};
use crate::sync::{self, BATCH};
use crate::{Broker, BrokerError, match_index};
use domain::Timestamp;
use search::OfferIndex;
use std::sync::atomic::Ordering;
use storage::{audiences, offers};

/// What the search index says of itself: how its texts are cut, and the latest change that is in it.
pub(crate) fn search_note(index: &OfferIndex, seen_until: Option<Timestamp>) -> String {
    format!("{}{}", note_start(index), seen_until.unwrap_or(Timestamp(0)).0)
}

/// Raise the number when the search index is made in another way.
fn note_start(index: &OfferIndex) -> String {
    format!("kumoichi 4 {} ", index.analysis())
}

impl Broker {
    /// Goes on where the last process stopped, if that is possible.
    pub(crate) async fn start_market(&self) -> Result<(), BrokerError> {
        match self.resumed().await {
            Ok(Some(stock)) => self.inner.shelf.put(stock),
            Ok(None) => drop(self.load_market().await?),
            Err(error) => {
                tracing::warn!(%error, "the market cannot be taken up where it was left; it is read anew");
                self.load_market().await?;
            }
        }
        Ok(())
    }

    /// What a start does not wait for: the readings that most needs ask about, where it is another day
    /// than when they were kept, and the check sums of the search index.
    pub(crate) async fn finish_start(&self) {
        let reading = self.read_soon(self.usual_matchers());
        match self.on_index(OfferIndex::damaged_files).await {
            Ok(damaged) if damaged.is_empty() => {}
            Ok(damaged) => {
                tracing::warn!(?damaged, "files of the search index are damaged; it is built anew");
                self.inner.shelf.doubtful.store(true, Ordering::Release);
            }
            Err(error) => tracing::warn!(%error, "the search index could not be looked through"),
        }
        self.compact_index().await;
        if let Err(error) = reading.await {
            tracing::error!(%error, "the usual readings broke off");
        }
    }

    /// Builds search and match index anew while the old ones answer; returns the number of offers.
    pub async fn reindex(&self) -> Result<u64, BrokerError> {
        let one_at_a_time = self.inner.shelf.syncing.lock().await;
        let count = self.load_market().await?;
        drop(one_at_a_time);
        self.compact_index().await;
        self.keep_match_index().await?;
        Ok(count)
    }

    /// A question costs what it costs in each part of the search index; nobody waits for them to become one.
    async fn compact_index(&self) {
        if let Err(error) = self.on_index(OfferIndex::compact).await {
            tracing::warn!(%error, "the parts of the search index could not be put together");
        }
    }

    /// Reads everything that is published; returns the number of offers.
    pub(crate) async fn load_market(&self) -> Result<u64, BrokerError> {
        let shelf = &self.inner.shelf;
        let look = self.now();
        let mut stock = Stock {
            index: shelf.whole().index.emptied(),
            seen_until: Some(Timestamp(0)),
            ..Stock::default()
        };
        self.usual_matchers().iter().for_each(|matcher| stock.index.expect(matcher));
        self.on_index(OfferIndex::clear).await?;
        let mut tx = self.begin_read().await?;
        let shares = self.shares(&mut tx).await?;
        self.know_shares(shares);
        let mut after = None;
        loop {
            let page = offers::published_revisions(&mut tx, after, BATCH).await?;
            let ids: Vec<_> = page.iter().map(|row| row.id).collect();
            after = ids.last().copied();
            if after.is_none() {
                break;
            }
            stock = self.take_in(&mut tx, stock, &ids).await?;
        }
        drop(tx);
        let seen = stock.seen_until;
        self.on_index(move |index| index.publish(&search_note(index, seen))).await?;
        let count = stock.len() as u64;
        shelf.put(stock);
        shelf.looked_at.store(look.0, Ordering::Release);
        Ok(count)
    }

    /// The market as the last process left it, and what changed since; `None` where that is not to be
    /// had or does not agree with the database.
    async fn resumed(&self) -> Result<Option<Stock>, BrokerError> {
        let Some(file) = self.snapshot_file() else { return Ok(None) };
        let restored = sync::beside("match index", move || match_index::restore(&file)).await?;
        let Some((stock, caught_up)) = restored else { return Ok(None) };
        let latest = |index: &OfferIndex| {
            let note = index.note()?;
            Ok(note.and_then(|note| note.strip_prefix(&note_start(index))?.parse().ok()))
        };
        let latest = self.on_index(latest).await?.map(Timestamp);
        // The search index is published before the stock is put up, so it is never behind.
        if latest < stock.seen_until {
            tracing::warn!("the search index is behind the match index; both are built anew");
            return Ok(None);
        }
        self.usual_matchers().iter().for_each(|matcher| stock.index.expect(matcher));
        let look = self.now();
        let mut tx = self.begin_read().await?;
        let next = self.followed(&mut tx, &stock, caught_up).await?;
        let mut stock = next.unwrap_or(stock);
        let closed = audiences::list_closed(&mut tx).await?;
        if !closed.is_empty() {
            stock = self.take_in(&mut tx, stock, &closed).await?;
            let seen = stock.seen_until;
            self.on_index(move |index| index.publish(&search_note(index, seen))).await?;
        }
        let (offers, revisions) = offers::published_sum(&mut tx).await?;
        drop(tx);
        let searched = self.on_index(|index| Ok(index.len())).await?;
        if (offers, revisions) != sum(&stock) || searched != stock.len() as u64 {
            tracing::warn!(
                offers,
                searched,
                kept = stock.len(),
                "what was kept of the market is not what the database holds; it is read anew"
            );
            return Ok(None);
        }
        self.inner.shelf.looked_at.store(look.0, Ordering::Release);
        Ok(Some(stock))
    }
}

/// How many offers a stock has and the sum of their revisions, as the database counts them.
fn sum(stock: &Stock) -> (i64, i64) {
    let states = stock.index.marks().map(|(_, mark)| State::from(mark).revision);
    let revisions = states.chain(stock.unreadable.values().copied());
    revisions.fold((0, 0), |(offers, sum), revision| (offers + 1, sum + revision))
}
