//! Which offers promise an item of quality, for the pages that explain items.

use super::OfferCard;
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, OpContext};
use domain::Action;
use sla::{Direction, ItemDef, OfferItem, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;

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

impl Broker {
    /// How many published offers promise each item; items nobody promises are left out.
    pub fn promised_items(&self, ctx: &OpContext) -> Result<BTreeMap<String, u64>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "item")?;
        let stock = self.inner.shelf.stock();
        let mut counts = BTreeMap::new();
        for item in stock.offers.values().flat_map(|offer| &offer.document.spec.items) {
            match counts.get_mut(&item.item) {
                Some(count) => *count += 1,
                None => drop(counts.insert(item.item.clone(), 1)),
            }
        }
        Ok(counts)
    }

    /// The offers that promise an item of the registry, strongest first, at most `limit`.
    pub fn offers_promising(
        &self,
        ctx: &OpContext,
        key: &str,
        limit: usize,
    ) -> Result<Vec<Promising>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "item")?;
        let item = sla::registry().item(key).ok_or(BrokerError::NotFound { what: "item" })?;
        let stock = self.inner.shelf.stock();
        let mut found: Vec<(&Shelved, &OfferItem)> = stock
            .offers
            .values()
            .filter_map(|offer| Some((offer.as_ref(), offer.document.item(key)?)))
            .collect();
        // The order of ids stays where promises are equal or cannot be compared.
        found.sort_by(|a, b| stronger_first(item, &a.1.value, &b.1.value));
        let row = |(offer, promise): (&Shelved, &OfferItem)| Promising {
            card: offer.card.clone(),
            promise: promise.clone(),
        };
        Ok(found.into_iter().take(limit.min(LISTED_MAX)).map(row).collect())
    }
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
