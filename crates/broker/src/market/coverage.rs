//! Which offers promise at least what another one promises, on everything it promises.

use super::OfferCard;
use crate::shelf::{Shelved, Stock};
use domain::OfferId;
use matching::offer_covers;

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

/// Looks at the others; an offer that promises nothing is covered by all, which says nothing.
pub(crate) fn coverage(stock: &Stock, id: OfferId) -> Coverage {
    let mut found = Coverage::default();
    let Some(this) = stock.offers.get(&id) else { return found };
    let others = stock.offers.values().filter(|offer| offer.card.id != id);
    found.others = (stock.offers.len() as u64).saturating_sub(1);
    for other in others.take(LOOKED_AT_MAX) {
        found.looked_at += 1;
        if covers(this, other) {
            found.covers.add(other);
        }
        if covers(other, this) {
            found.covered_by.add(other);
        }
    }
    found
}

fn covers(outer: &Shelved, inner: &Shelved) -> bool {
    !inner.document.spec.items.is_empty() && offer_covers(&outer.document, &inner.document)
}

/// Of some offers, those that the first covers.
pub(crate) fn covered_among(this: &Shelved, others: &[&Shelved]) -> Vec<OfferId> {
    let theirs = others.iter().filter(|other| other.card.id != this.card.id);
    theirs.filter(|other| covers(this, other)).map(|other| other.card.id).collect()
}
