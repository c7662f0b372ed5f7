//! Which public offers promise an item of quality, for the pages that explain items: the same for every reader.

use super::OfferCard;
use crate::reading::PATIENCE;
use crate::recent::KEPT;
use crate::requirements::day_of;
use crate::shelf::{Shelved, State, Stock};
use crate::sync::CHUNK;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, DurationUs, OfferId, Sight, Timestamp};
use sla::{Direction, ItemDef, OfferItem, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};

/// Offers listed beside an item at most.
const LISTED_MAX: usize = 100;
/// A large market is counted again after so long.
const COUNTED_FOR_US: DurationUs = 600_000_000;

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

/// The last count, and what it was counted of.
#[derive(Debug, Default)]
pub(crate) struct Count {
    of: Weak<Stock>,
    at: Option<Timestamp>,
    promised: Option<Arc<Promised>>,
}

impl Broker {
    /// How many published offers promise each item; items nobody promises are left out.
    pub async fn promised_items(
        &self,
        ctx: &OpContext,
    ) -> Result<BTreeMap<String, u64>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "item")?;
        Ok(self.promised().await?.counts.clone())
    }

    /// The offers that promise an item of the registry, strongest first, at most `limit`.
    pub async fn offers_promising(
        &self,
        ctx: &OpContext,
        key: &str,
        limit: usize,
    ) -> Result<Vec<Promising>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "item")?;
        sla::registry().item(key).ok_or(BrokerError::NotFound { what: "item" })?;
        let promised = self.promised().await?;
        let ids = promised.strongest.get(key).into_iter().flatten().copied();
        let ids: Vec<OfferId> = ids.take(limit.min(LISTED_MAX)).collect();
        let offers = self.shelved_of(&self.inner.shelf.seen_by(Sight::Public), &ids).await?;
        let row = |offer: &Arc<Shelved>| {
            let promise = offer.document.item(key)?.clone();
            Some(Promising { card: offer.card.clone(), promise })
        };
        Ok(offers.iter().filter_map(row).collect())
    }

    /// Counted once for each moment of the market, not for each page; of a market too large to be at
    /// hand, every now and then.
    async fn promised(&self) -> Result<Arc<Promised>, BrokerError> {
        let now = self.now();
        if let Some(promised) = self.counted(now) {
            return Ok(promised);
        }
        let broker = self.clone();
        let counting = async move { broker.count_promised(now).await };
        let counting = tokio::spawn(sla::following(sla::registry(), counting));
        match tokio::time::timeout(PATIENCE, counting).await {
            Ok(Ok(counted)) => counted,
            Ok(Err(error)) => Err(BrokerError::Internal(format!("counting: {error}"))),
            // It goes on; until then what was counted before is near enough to be shown.
            Err(_) => self.last_count().promised.clone().ok_or_else(|| BrokerError::Preparing {
                done: 0,
                total: self.inner.shelf.seen_by(Sight::Public).len() as u64,
            }),
        }
    }

    fn last_count(&self) -> MutexGuard<'_, Count> {
        // A poisoned lock still holds a whole count: it is replaced in one assignment.
        self.inner.shelf.promised.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The count of this moment, or of a large market a young one.
    fn counted(&self, now: Timestamp) -> Option<Arc<Promised>> {
        let stock = self.inner.shelf.seen_by(Sight::Public);
        let count = self.last_count();
        let same = count.of.upgrade().is_some_and(|of| Arc::ptr_eq(&of, &stock));
        let young = count.at.is_some_and(|at| now < at.plus_us(COUNTED_FOR_US));
        let young = young && stock.len() > KEPT;
        count.promised.clone().filter(|_| same || young)
    }

    async fn count_promised(&self, now: Timestamp) -> Result<Arc<Promised>, BrokerError> {
        let _one = self.inner.shelf.counting.lock().await;
        if let Some(promised) = self.counted(now) {
            return Ok(promised);
        }
        let stock = self.inner.shelf.seen_by(Sight::Public);
        let states: Vec<(OfferId, State)> = (stock.index.marks())
            .filter_map(|(id, mark)| Some((id.parse().ok()?, State::from(mark))))
            .collect();
        let (mut promised, today) = (Counting::default(), day_of(now));
        for chunk in states.chunks(CHUNK) {
            let documents = self.documents_of(chunk).await?;
            for ((id, _), document) in chunk.iter().zip(documents) {
                if let Some(document) = document {
                    promised.add(*id, (*document).as_ref(), today);
                }
            }
        }
        let promised = Arc::new(promised.finish());
        let counted = Some(Arc::clone(&promised));
        *self.last_count() = Count { of: Arc::downgrade(&stock), at: Some(now), promised: counted };
        Ok(promised)
    }
}

/// A count that goes on, with a little more of each list than is shown.
#[derive(Debug, Default)]
struct Counting {
    counts: BTreeMap<String, u64>,
    strongest: BTreeMap<String, Vec<(OfferId, Value)>>,
}

impl Counting {
    fn add(&mut self, id: OfferId, document: &sla::Offer, today: i64) {
        for item in document.promises() {
            let Some(value) = item.counting_on(today) else { continue };
            *self.counts.entry(item.item.clone()).or_default() += 1;
            let Some(known) = sla::registry().item(&item.item) else { continue };
            if known.differs_from(&value) {
                continue;
            }
            let list = self.strongest.entry(item.item.clone()).or_default();
            list.push((id, value));
            if list.len() > 4 * LISTED_MAX {
                cut(known, list);
            }
        }
    }

    fn finish(self) -> Promised {
        let strongest = self.strongest.into_iter().filter_map(|(key, mut list)| {
            cut(sla::registry().item(&key)?, &mut list);
            Some((key, list.into_iter().map(|(id, _)| id).collect()))
        });
        Promised { strongest: strongest.collect(), counts: self.counts }
    }
}

/// Leaves the strongest; the order of ids decides where promises are equal or cannot be compared.
fn cut(item: &ItemDef, list: &mut Vec<(OfferId, Value)>) {
    list.sort_by(|a, b| stronger_first(item, &a.1, &b.1).then_with(|| a.0.cmp(&b.0)));
    list.truncate(LISTED_MAX);
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
