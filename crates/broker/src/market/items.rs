//! Which offers promise an item of quality, for the pages that explain items.

use super::OfferCard;
use crate::shelf::Stock;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId};
use sla::{Direction, ItemDef, OfferItem, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// Offers listed beside an item at most.
const LISTED_MAX: usize = 100;

/// An offer that promises an item.
#[derive(Debug, Clone)]
pub struct Promising {
    /// The offer.
    pub card: OfferCard,
    /// Its promise.
    pub promise: OfferItem,
}

/// Who promises which item at one moment of the market.
#[derive(Debug, Default)]
pub(crate) struct Promised {
    /// Number of offers by item.
    counts: BTreeMap<String, u64>,
    /// The strongest promises by item of the registry, at most [`LISTED_MAX`].
    strongest: BTreeMap<String, Vec<OfferId>>,
}

impl Broker {
    /// How many published offers promise each item; items nobody promises are left out.
    pub fn promised_items(&self, ctx: &OpContext) -> Result<BTreeMap<String, u64>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "item")?;
        Ok(self.promised(&self.inner.shelf.stock()).counts.clone())
    }

    /// The offers that promise an item of the registry, strongest first, at most `limit`.
    pub fn offers_promising(
        &self,
        ctx: &OpContext,
        key: &str,
        limit: usize,
    ) -> Result<Vec<Promising>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "item")?;
        sla::registry().item(key).ok_or(BrokerError::NotFound { what: "item" })?;
        let stock = self.inner.shelf.stock();
        let promised = self.promised(&stock);
        let row = |id: &OfferId| {
            let offer = stock.offers.get(id)?;
            let promise = offer.document.item(key)?.clone();
            Some(Promising { card: offer.card.clone(), promise })
        };
        let ids = promised.strongest.get(key).into_iter().flatten();
        Ok(ids.take(limit.min(LISTED_MAX)).filter_map(row).collect())
    }

    /// Counted once for each moment of the market, not for each page.
    fn promised(&self, stock: &Arc<Stock>) -> Arc<Promised> {
        // A poisoned lock still holds a whole count: it is replaced in one assignment.
        let mut kept = self.inner.shelf.promised.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0.upgrade().is_some_and(|of| Arc::ptr_eq(&of, stock)) {
            return Arc::clone(&kept.1);
        }
        let counted = Arc::new(count(stock));
        *kept = (Arc::downgrade(stock), Arc::clone(&counted));
        counted
    }
}

fn count(stock: &Stock) -> Promised {
    let mut found: BTreeMap<&str, Vec<(OfferId, &Value)>> = BTreeMap::new();
    for (id, offer) in &stock.offers {
        for item in &offer.document.spec.items {
            found.entry(&item.item).or_default().push((*id, &item.value));
        }
    }
    let mut promised = Promised::default();
    for (key, mut offers) in found {
        promised.counts.insert(key.to_owned(), offers.len() as u64);
        if let Some(item) = sla::registry().item(key) {
            // The order of ids stays where promises are equal or cannot be compared.
            offers.sort_by(|a, b| stronger_first(item, a.1, b.1));
            let ids = offers.into_iter().take(LISTED_MAX).map(|(id, _)| id);
            promised.strongest.insert(key.to_owned(), ids.collect());
        }
    }
    promised
}

fn stronger_first(item: &ItemDef, a: &Value, b: &Value) -> Ordering {
    let upward = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Level(a), Value::Level(b)) => item.level_index(a).cmp(&item.level_index(b)),
        (Value::Set(a), Value::Set(b)) => a.len().cmp(&b.len()),
        _ => Ordering::Equal,
    };
    match item.direction {
        Direction::Higher | Direction::MustInclude => upward.reverse(),
        Direction::Lower | Direction::SubsetOf => upward,
        Direction::OneOf => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_promise_stands_first() {
        let number = |text: &str| Value::Number(text.parse().unwrap());
        let order = |key: &str, a: &Value, b: &Value| {
            stronger_first(sla::registry().item(key).unwrap(), a, b)
        };
        let uptime = "availability.service_uptime";
        assert_eq!(order(uptime, &number("0.9999"), &number("0.999")), Ordering::Less);
        assert_eq!(order("availability.rto", &number("60"), &number("3600")), Ordering::Less);
        let (one, two) = (Value::set(["ismap"]), Value::set(["ismap", "iso27001"]));
        assert_eq!(order("security.certifications", &two, &one), Ordering::Less);
        assert_eq!(order("security.data_location", &one, &two), Ordering::Less);
    }
}
