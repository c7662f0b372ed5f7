//! Documents used lately, at most so many of them; a market below that is kept whole.

use crate::shelf::Shelved;
use domain::{OfferId, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;

/// Offers of one generation; two are kept. At about 25 kilobytes each this is 250 megabytes.
pub(crate) const KEPT: usize = 5_000;

/// Two generations: what is used moves into the young one, and once that is full the old one goes.
#[derive(Debug)]
pub(crate) struct Recent {
    young: HashMap<OfferId, Arc<Shelved>>,
    old: HashMap<OfferId, Arc<Shelved>>,
    most: usize,
}

impl Default for Recent {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Recent {
    /// Keeps between one and two times so many.
    pub fn keeping(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), most }
    }

    /// The offer in that revision, as it is at that moment.
    pub fn get(&mut self, id: OfferId, revision: i64, now: Timestamp) -> Option<Arc<Shelved>> {
        let is_so = |offer: &Arc<Shelved>| {
            offer.revision == revision && offer.holds_until.is_none_or(|until| now < until)
        };
        if let Some(found) = self.young.get(&id) {
            return is_so(found).then(|| Arc::clone(found));
        }
        let found = self.old.remove(&id).filter(is_so)?;
        self.put(Arc::clone(&found));
        Some(found)
    }

    /// Keeps an offer in place of its other states.
    pub fn put(&mut self, offer: Arc<Shelved>) {
        if self.young.len() >= self.most && !self.young.contains_key(&offer.card.id) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&offer.card.id);
        self.young.insert(offer.card.id, offer);
    }

    /// How many are kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{CardParts, card};
    use crate::providers::ProviderCard;
    use domain::ProviderId;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(5);

    fn offer(number: u128, revision: i64) -> Arc<Shelved> {
        let document = sla::parse_offer(sla::EXAMPLE_OFFERS[0].yaml).unwrap();
        let parts = CardParts {
            id: id(number),
            version: 1,
            titles: (String::new(), String::new()),
            price: None,
            published_at: Timestamp(0),
            ends_at: None,
            audience: None,
            now: Timestamp(0),
        };
        let provider = ProviderCard {
            id: ProviderId(Uuid::nil()),
            slug: String::new(),
            name_en: String::new(),
            name_ja: String::new(),
            country: String::new(),
            backed: false,
            passed: false,
            regions: None,
        };
        let card = card(parts, provider, &document);
        let (text, hash) = (String::new(), String::new());
        let holds_until = (number == 7).then_some(Timestamp(70));
        let repriced = None;
        Arc::new(Shelved { card, document, repriced, text, hash, revision, holds_until })
    }

    fn id(number: u128) -> OfferId {
        OfferId(Uuid::from_u128(number))
    }

    #[test]
    fn what_is_used_stays_and_the_number_is_bounded() {
        let mut recent = Recent::keeping(10);
        for number in 0..100 {
            recent.put(offer(number, 1));
            assert!(recent.get(id(0), 1, NOW).is_some(), "{number}: used all the time");
        }
        assert!(recent.len() <= 20, "{}", recent.len());
        assert!(recent.get(id(1), 1, NOW).is_none(), "not used for long");
        assert!(recent.get(id(99), 1, NOW).is_some());
    }

    #[test]
    fn another_revision_is_not_the_same() {
        let mut recent = Recent::keeping(10);
        recent.put(offer(1, 1));
        assert!(recent.get(id(1), 2, NOW).is_none());
        recent.put(offer(1, 2));
        assert_eq!(recent.get(id(1), 2, NOW).map(|offer| offer.revision), Some(2));
        assert_eq!(recent.len(), 1);
    }

    #[test]
    fn what_changes_by_itself_is_read_again_when_its_moment_comes() {
        let mut recent = Recent::keeping(10);
        recent.put(offer(7, 1));
        assert!(recent.get(id(7), 1, Timestamp(69)).is_some());
        assert!(recent.get(id(7), 1, Timestamp(70)).is_none());
    }
}
