//! Which offers promise at least what another one promises, on everything it promises.

use super::OfferCard;
use crate::requirements::day_of;
use crate::shelf::Shelved;
use crate::sync::beside;
use crate::{Broker, BrokerError};
use domain::{OfferId, Sight};
use matching::offer_covers;
use std::sync::Arc;

/// Offers looked at for one page at most, in the order of ids; the page says how many there are.
const LOOKED_AT_MAX: usize = 5_000;
/// Offers named in each direction at most.
const NAMED_MAX: usize = 5;

/// How an offer stands to the others of the market (`matching.md` 1.2).
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Offers it covers: at least as strong and binding on everything they promise.
    pub covers: Covered,
    /// Offers that cover it.
    pub covered_by: Covered,
    /// Other offers looked at.
    pub looked_at: u64,
    /// Other offers on the market.
    pub others: u64,
}

/// Some offers, and how many there are.
#[derive(Debug, Clone, Default)]
pub struct Covered {
    /// How many of those looked at.
    pub count: u64,
    /// The first few, by id.
    pub cards: Vec<OfferCard>,
}

impl Covered {
    fn add(&mut self, offer: &Shelved) {
        self.count += 1;
        if self.cards.len() < NAMED_MAX {
            self.cards.push(offer.card.clone());
        }
    }
}

impl Broker {
    /// Looks at the others; an offer that promises nothing is covered by all, which says nothing.
    pub(crate) async fn coverage(
        &self,
        sight: Sight,
        this: Arc<Shelved>,
    ) -> Result<Coverage, BrokerError> {
        let stock = self.inner.shelf.seen_by(sight);
        let id = this.card.id;
        // One more, because the offer itself may be among them.
        let mut ids = stock.first(LOOKED_AT_MAX + 1);
        ids.retain(|other| *other != id);
        ids.truncate(LOOKED_AT_MAX);
        let others = self.shelved_of(&stock, &ids).await?;
        let count = (stock.len() as u64).saturating_sub(1);
        // Thousands of documents are compared beside the async workers.
        let today = day_of(self.now());
        beside("coverage", move || compared(&this, &others, count, today)).await
    }
}

fn compared(this: &Shelved, others: &[Arc<Shelved>], count: u64, today: i64) -> Coverage {
    let mut found = Coverage { others: count, ..Coverage::default() };
    for other in others {
        found.looked_at += 1;
        if covers(this, other, today) {
            found.covers.add(other);
        }
        if covers(other, this, today) {
            found.covered_by.add(other);
        }
    }
    found
}

/// Evidence that has ended proves nothing, on either side.
fn covers(outer: &Shelved, inner: &Shelved, today: i64) -> bool {
    let (outer, inner) = (outer.document.counting_on(today), inner.document.counting_on(today));
    !inner.spec.items.is_empty() && offer_covers(&outer, &inner)
}

/// Of some offers, those that the first covers.
pub(crate) fn covered_among(this: &Shelved, others: &[&Shelved], today: i64) -> Vec<OfferId> {
    let theirs = others.iter().filter(|other| other.card.id != this.card.id);
    theirs.filter(|other| covers(this, other, today)).map(|other| other.card.id).collect()
}
