//! How an offer's promises stand to the middle of its category, which is the service model.
//!
//! Counted are the published offers that promise an item in the same way (scheme, percentile); who does not
//! promise it is not counted as nothing. Too few of them, or of their providers, are not told.

use crate::recent::KEPT;
use crate::requirements::day_of;
use crate::shelf::Stock;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, Currency, DurationUs, Money, OfferId, ProviderId, Sight, Timestamp};
use matching::{Rung, middle};
use sla::{Decimal, Value};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, Weak};

/// Offers that a middle is made of, at least.
pub const OFFERS_MIN: usize = 5;
/// Their providers, at least.
pub const PROVIDERS_MIN: usize = 3;
/// Documents read by one statement.
const CHUNK: usize = 500;
/// A large market is counted again after so long.
const COUNTED_FOR_US: DurationUs = 600_000_000;

/// What promises are compared with each other: model, item, scheme, percentile.
type Key = (String, String, Option<String>, Option<Decimal>);

/// The middle of one group of promises, and of how many.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Middle<T> {
    value: T,
    offers: u64,
}

/// The middles of all categories at one moment of the market; groups that are too small are not in it.
#[derive(Debug, Default)]
pub(crate) struct Middles {
    items: BTreeMap<Key, Middle<Rung>>,
    prices: BTreeMap<(String, Currency), Middle<i64>>,
}

/// The last count, and what it was counted of.
#[derive(Debug, Default)]
pub(crate) struct CountedMiddles {
    of: Weak<Stock>,
    at: Option<Timestamp>,
    middles: Option<Arc<Middles>>,
}

/// How a promise stands to the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Stronger, or cheaper.
    Better,
    /// The same.
    Equal,
    /// Weaker, or dearer.
    Worse,
    /// Not promised, or without a price.
    NotPromised,
    /// Too few offers of too few providers to tell.
    TooFew,
}

impl Against {
    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Equal => "equal",
            Self::Worse => "worse",
            Self::NotPromised => "not_promised",
            Self::TooFew => "too_few",
        }
    }

    const fn of(ordering: Ordering) -> Self {
        match ordering {
            Ordering::Greater => Self::Better,
            Ordering::Equal => Self::Equal,
            Ordering::Less => Self::Worse,
        }
    }
}

/// One item beside the middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemBeside {
    /// Its key.
    pub item: String,
    /// What is promised, of a range the guaranteed end; `None`: nothing.
    pub promised: Option<Value>,
    /// The middle; `None`: too few to tell.
    pub middle: Option<Value>,
    /// Offers that it is made of.
    pub offers: u64,
    /// How it stands.
    pub against: Against,
}

/// The price beside the middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceBeside {
    /// The price; `None`: none is published.
    pub price: Option<Money>,
    /// The middle in its currency; `None`: too few to tell.
    pub middle: Option<Money>,
    /// Offers that it is made of.
    pub offers: u64,
    /// How it stands.
    pub against: Against,
}

/// An offer beside the middle of its category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The service model.
    pub model: String,
    /// Promised items, and those that it does not promise and enough others do, in the order of the registry.
    pub items: Vec<ItemBeside>,
    /// The price.
    pub price: PriceBeside,
}

impl Broker {
    /// How a document's promises stand to the middle of its category. Everything told is public.
    pub async fn beside_the_middle(
        &self,
        ctx: &OpContext,
        document: &sla::Offer,
    ) -> Result<Beside, BrokerError> {
        ctx.may(Action::ReadMarket, None, "market")?;
        let middles = self.middles().await?;
        Ok(middles.beside(document, day_of(self.now())))
    }

    /// Counted once for each moment of the market; of a large one, every now and then.
    async fn middles(&self) -> Result<Arc<Middles>, BrokerError> {
        let now = self.now();
        let shelf = &self.inner.shelf;
        let _one = shelf.counting_middles.lock().await;
        // Nobody learns of an offer that is not public from a middle.
        let stock = shelf.seen_by(Sight::Public);
        {
            // A poisoned lock still holds a whole count: it is replaced in one assignment.
            let count = shelf.middles.lock().unwrap_or_else(PoisonError::into_inner);
            let same = count.of.upgrade().is_some_and(|of| Arc::ptr_eq(&of, &stock));
            let young = count.at.is_some_and(|at| now < at.plus_us(COUNTED_FOR_US));
            let day = count.at.is_some_and(|at| day_of(at) == day_of(now));
            if let Some(middles) =
                count.middles.clone().filter(|_| day && (same || (young && stock.len() > KEPT)))
            {
                return Ok(middles);
            }
        }
        let ids: Vec<OfferId> = stock.index.ids().filter_map(|id| id.parse().ok()).collect();
        let (mut counting, today) = (Counting::default(), day_of(now));
        for chunk in ids.chunks(CHUNK) {
            for offer in self.shelved_of(&stock, chunk).await? {
                counting.add(offer.card.provider.id, offer.today(), offer.card.price, today);
            }
        }
        let middles = Arc::new(counting.finish());
        let counted = CountedMiddles {
            of: Arc::downgrade(&stock),
            at: Some(now),
            middles: Some(Arc::clone(&middles)),
        };
        *shelf.middles.lock().unwrap_or_else(PoisonError::into_inner) = counted;
        Ok(middles)
    }
}

/// Promises of one group with their providers.
type Group<T> = (BTreeSet<ProviderId>, Vec<T>);

/// A count that goes on.
#[derive(Debug, Default)]
struct Counting {
    items: BTreeMap<Key, Group<Rung>>,
    prices: BTreeMap<(String, Currency), Group<i64>>,
}

impl Counting {
    fn add(&mut self, provider: ProviderId, offer: &sla::Offer, price: Option<Money>, today: i64) {
        let model = offer.spec.service.model.as_str();
        for (key, rung) in promised(offer, today) {
            let (providers, rungs) = self.items.entry(key).or_default();
            providers.insert(provider);
            rungs.push(rung);
        }
        if let Some(price) = price {
            let key = (model.to_owned(), price.currency);
            let (providers, prices) = self.prices.entry(key).or_default();
            providers.insert(provider);
            prices.push(price.minor);
        }
    }

    fn finish(self) -> Middles {
        let items = self.items.into_iter().filter_map(|(key, (providers, mut rungs))| {
            let offers = enough(&providers, rungs.len())?;
            Some((key, Middle { value: middle(&mut rungs)?, offers }))
        });
        let prices = self.prices.into_iter().filter_map(|(key, (providers, mut prices))| {
            let offers = enough(&providers, prices.len())?;
            prices.sort_unstable();
            // The lower of two, as the rules that look at new prices take it.
            let value = *prices.get((prices.len() - 1) / 2)?;
            Some((key, Middle { value, offers }))
        });
        Middles { items: items.collect(), prices: prices.collect() }
    }
}

fn enough(providers: &BTreeSet<ProviderId>, offers: usize) -> Option<u64> {
    (offers >= OFFERS_MIN && providers.len() >= PROVIDERS_MIN).then_some(offers as u64)
}

/// What an offer promises today on items whose values stand in one line.
fn promised(offer: &sla::Offer, today: i64) -> impl Iterator<Item = (Key, Rung)> {
    let model = offer.spec.service.model.as_str();
    offer.promises().filter_map(move |item| {
        let def = sla::registry().item(&item.item)?;
        let rung = Rung::of(def, item.scheme.as_deref(), &item.counting_on(today)?)?;
        let key = (model.to_owned(), item.item.clone(), item.scheme.clone(), item.percentile);
        Some((key, rung))
    })
}

impl Middles {
    fn beside(&self, offer: &sla::Offer, today: i64) -> Beside {
        let model = offer.spec.service.model.as_str().to_owned();
        let mut items: Vec<ItemBeside> =
            promised(offer, today).map(|(key, rung)| self.promise(&key, &rung)).collect();
        // What it does not promise, by the most usual way of promising it.
        let mut missing: BTreeMap<&str, &Middle<Rung>> = BTreeMap::new();
        for ((of, item, ..), found) in &self.items {
            let known = items.iter().any(|one| one.item == *item);
            if *of == model && !known {
                let most = missing.entry(item).or_insert(found);
                if most.offers < found.offers {
                    *most = found;
                }
            }
        }
        items.extend(missing.into_iter().map(|(item, found)| ItemBeside {
            item: item.to_owned(),
            promised: None,
            middle: Some(found.value.value().clone()),
            offers: found.offers,
            against: Against::NotPromised,
        }));
        items.sort_by_key(|item| sla::registry().place(&item.item));
        Beside { price: self.price(&model, offer), model, items }
    }

    fn promise(&self, key: &Key, rung: &Rung) -> ItemBeside {
        let found = self.items.get(key);
        ItemBeside {
            item: key.1.clone(),
            promised: Some(rung.value().clone()),
            middle: found.map(|found| found.value.value().clone()),
            offers: found.map_or(0, |found| found.offers),
            against: found.map_or(Against::TooFew, |found| Against::of(rung.compare(&found.value))),
        }
    }

    fn price(&self, model: &str, offer: &sla::Offer) -> PriceBeside {
        let price = crate::documents::price(offer).ok().flatten();
        let found = price.and_then(|price| self.prices.get(&(model.to_owned(), price.currency)));
        PriceBeside {
            price,
            middle: price.zip(found).map(|(price, found)| Money::new(found.value, price.currency)),
            offers: found.map_or(0, |found| found.offers),
            against: match (price, found) {
                (None, _) => Against::NotPromised,
                (Some(_), None) => Against::TooFew,
                // Less is better.
                (Some(price), Some(found)) => Against::of(found.value.cmp(&price.minor)),
            },
        }
    }
}
