//! What was measured lately, as the market filters and orders by it: the share of samples that were well beside
//! the uptime that is promised.

use crate::shelf::Shelved;
use crate::{Broker, BrokerError, load};
use domain::{DurationUs, OfferId};
use search::Observed;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use storage::Tx;
use storage::observations::{self, ObservationKind};

/// How far back it looks.
const WINDOW_US: DurationUs = 24 * 3600 * 1_000_000;
/// Shares are told apart to a hundredth of a percent: the index is not written for less.
const STEP: u32 = 100;
/// A share of one, in millionths.
const WHOLE: i64 = 1_000_000;
/// The promise that is compared.
const UPTIME: &str = "availability.service_uptime";

/// Shares of samples that were well, in millionths.
pub(crate) type Shares = BTreeMap<OfferId, u32>;

impl Broker {
    /// Brings filter and order by what was measured up to date; safe at any time.
    pub async fn follow_observed(&self) -> Result<(), BrokerError> {
        let shelf = &self.inner.shelf;
        let _one_at_a_time = shelf.syncing.lock().await;
        let stock = shelf.whole();
        if stock.seen_until.is_none() {
            // The next look at the market reads everything.
            return Ok(());
        }
        let mut tx = self.begin_read().await?;
        let now = self.shares(&mut tx).await?;
        let before = self.shares_known();
        let differs = |id: &&OfferId| now.get(id) != before.get(id);
        let offers = now.keys().chain(before.keys().filter(|id| !now.contains_key(id)));
        let changed: Vec<OfferId> =
            offers.filter(differs).filter(|id| stock.state(**id).is_some()).copied().collect();
        self.know_shares(now);
        if changed.is_empty() {
            return Ok(());
        }
        let next = self.take_in(&mut tx, stock.as_ref().clone(), &changed).await?;
        let seen = next.seen_until;
        self.on_index(move |index| index.publish(&load::search_note(index, seen))).await?;
        shelf.put(next);
        Ok(())
    }

    /// Reads the shares as they are now.
    pub(crate) async fn shares(&self, tx: &mut Tx) -> Result<Shares, BrokerError> {
        let since = self.now().plus_us(-WINDOW_US);
        let rows = observations::shares(tx, ObservationKind::Response, since).await?;
        let share = |row: &observations::Share| {
            let share = row.ok_samples.saturating_mul(WHOLE) / row.samples.max(1);
            let share = u32::try_from(share).unwrap_or(0);
            (row.offer_id, share / STEP * STEP)
        };
        Ok(rows.iter().map(share).collect())
    }

    /// The shares that the index was made of.
    pub(crate) fn shares_known(&self) -> Arc<Shares> {
        // A poisoned lock still holds whole shares: they are replaced in one assignment.
        Arc::clone(&self.inner.shelf.shares.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn know_shares(&self, shares: Shares) {
        let mut known = self.inner.shelf.shares.write().unwrap_or_else(PoisonError::into_inner);
        *known = Arc::new(shares);
    }
}

/// What was measured of an offer beside what it promises; without samples or without a promise nothing is said.
pub(crate) fn observed(offer: &Shelved, shares: &Shares) -> Observed {
    let promised = match offer.document.item(UPTIME).map(|item| &item.value) {
        Some(sla::Value::Number(promised)) => promised,
        _ => return Observed::Unmeasured,
    };
    match shares.get(&offer.card.id) {
        None => Observed::Unmeasured,
        Some(share) => {
            let measured = rust_decimal::Decimal::new(i64::from(*share), 6);
            Observed::Measured { share: *share, kept: measured >= *promised }
        }
    }
}
