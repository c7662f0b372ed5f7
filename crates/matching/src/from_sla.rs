//! From documents to rows and promises: the bridge from the crate `sla` to the engine.
//!
//! A requirement document and a profile give one dictionary and one requirement ([`SlaMatcher`]);
//! an offer document read by that matcher gives a [`Candidate`]. The special rules of documents
//! live here: commitments, percentiles, schemes with accepted equivalents, age of evidence,
//! the derived response time and money in other currencies (sla-schema 1, 2, 4 and 8). Their effect
//! is always the same: a value that does not count is not promised, and a [`Note`] says why.

mod ask;
mod middle;
pub(crate) mod path;
mod promise;
mod reading;
mod shapes;
pub(crate) mod strength;
mod times;

use std::collections::BTreeMap;

pub use ask::natural_kind;
pub use middle::{Rung, middle};
use rust_decimal::Decimal;
pub use shapes::{offer_axes, value_radius};
pub use strength::{offer_covers, promise_covers};
pub use times::{Wish, wishes};

use crate::{
    bundle::Bundle,
    compose::Composite,
    explain::Explanation,
    fault::Fault,
    item::Dictionary,
    note::Note,
    order::Order,
    prepared::Prepared,
    profile::ProfileRows,
    rank::Ranking,
    relax::{Gain, Relaxation},
    requirement::Requirement,
    value::{Offer, Value},
};

/// What documents do not say and the caller knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The day on which the age of evidence is judged, days since 1970-01-01.
    pub today: i64,
    /// Yen per major unit of a currency (ISO 4217); JPY need not be listed.
    pub yen_per: BTreeMap<String, Decimal>,
}

impl Circumstances {
    /// An amount in yen; `None` where no rate is known for its currency.
    #[must_use]
    pub fn yen(&self, amount: &sla::Amount) -> Option<Decimal> {
        let major = major_units(amount);
        if amount.currency == "JPY" {
            return Some(major);
        }
        let rate = self.yen_per.get(&amount.currency)?;
        major.checked_mul(*rate).map(|yen| yen.normalize())
    }
}

/// An amount in major units of its currency.
fn major_units(amount: &sla::Amount) -> Decimal {
    let known = sla::CURRENCIES.iter().find(|(code, _)| *code == amount.currency);
    Decimal::new(amount.minor, known.map_or(2, |(_, digits)| *digits)).normalize()
}

/// One profile of one requirement document or all of them, ready to read and judge offer documents.
#[derive(Debug, Clone)]
pub struct SlaMatcher {
    prepared: Prepared<'static>,
    asks: Vec<ask::Ask>,
    profiles: Vec<ProfileRows>,
    circumstances: Circumstances,
    /// What items mean: offers are read by the registry that the requirement was read by, whenever that is.
    registry: &'static sla::Registry,
}

/// An offer document as one requirement sees it.
#[derive(Debug, Clone)]
pub struct Candidate {
    offer: Offer,
    /// Per row of the requirement: what the document says where it is not what is compared, and remarks.
    remarks: Vec<(Option<Value>, Vec<Note>)>,
}

impl AsRef<Offer> for Candidate {
    fn as_ref(&self) -> &Offer {
        &self.offer
    }
}

impl SlaMatcher {
    /// Compiles one profile of a requirement document.
    ///
    /// # Errors
    /// The first row that cannot be asked; `index` counts the rows of [`SlaMatcher::requirement`].
    /// A document that `sla` has validated compiles.
    pub fn new(
        document: &sla::Requirement,
        profile: sla::ProfileName,
        circumstances: &Circumstances,
    ) -> Result<Self, Fault> {
        Self::of(ask::read(document, profile), Vec::new(), circumstances)
    }

    /// Compiles a requirement document with all its profiles: an offer matches when its promise
    /// contains what is asked in each of them (F7.1.0).
    ///
    /// # Errors
    /// As [`SlaMatcher::new`].
    pub fn for_all_times(
        document: &sla::Requirement,
        circumstances: &Circumstances,
    ) -> Result<Self, Fault> {
        let wishes = wishes(document);
        let profiles = times::profile_rows(document, &wishes);
        Self::of(ask::read_all(document, &wishes), profiles, circumstances)
    }

    fn of(
        asks: ask::Asks,
        profiles: Vec<ProfileRows>,
        circumstances: &Circumstances,
    ) -> Result<Self, Fault> {
        let ask::Asks { asks, items, rows } = asks;
        let dictionary = Dictionary::with_cost(items, Some(ask::MONTHLY_TOTAL), &[ask::TIER])?;
        let prepared = Prepared::owning(dictionary, &Requirement { rows })?;
        let (circumstances, registry) = (circumstances.clone(), sla::registry());
        Ok(Self { prepared, asks, profiles, circumstances, registry })
    }

    /// Reads an offer document; `id` is what ranks and breaks ties, usually the id of the offer.
    #[must_use]
    pub fn candidate(&self, id: &str, document: &sla::Offer) -> Candidate {
        promise::read(self, id, document, false)
    }

    /// Reads a composite of several offers, which is judged like one offer.
    #[must_use]
    pub fn composite_candidate(&self, id: &str, composite: &Composite) -> Candidate {
        promise::read(self, id, &composite.document, true)
    }

    /// Ranks candidates; `limit` caps matches and near misses each.
    #[must_use]
    pub fn rank(&self, candidates: &[Candidate], order: Order, limit: usize) -> Ranking {
        self.prepared.rank(candidates, order, limit)
    }

    /// Explains one candidate row by row; `item` of each row is the key of the registry.
    #[must_use]
    pub fn explain(&self, candidate: &Candidate) -> Explanation {
        let mut explanation = self.prepared.explain(&candidate.offer);
        let rows = explanation.rows.iter_mut().zip(&self.asks).zip(&candidate.remarks);
        for ((row, ask), (declared, notes)) in rows {
            row.item.clone_from(&ask.key);
            row.declared.clone_from(declared);
            row.notes.clone_from(notes);
        }
        self.name_items(&mut explanation.relaxation);
        explanation.profiles =
            self.profiles.iter().map(|profile| profile.standing(&explanation.rows)).collect();
        explanation
    }

    /// How many more candidates each single relaxation would admit.
    #[must_use]
    pub fn gains<O: AsRef<Offer>>(&self, candidates: &[O]) -> Vec<Gain> {
        let mut gains = self.prepared.gains(candidates);
        for gain in &mut gains {
            if let Some(ask) = self.asks.get(gain.row) {
                gain.item.clone_from(&ask.key);
            }
        }
        gains
    }

    /// The requirement and these candidates as plain data, for ranking elsewhere with the same result.
    #[must_use]
    pub fn bundle(&self, candidates: &[Candidate]) -> Bundle {
        let dictionary = self.prepared.dictionary();
        let id = |index: usize| dictionary.items().get(index).map(|item| item.id.clone());
        let cost =
            (0..dictionary.items().len()).filter(|index| dictionary.is_cost(*index)).filter_map(id);
        Bundle {
            items: dictionary.items().to_vec(),
            price: dictionary.price().and_then(id),
            cost: cost.collect(),
            requirement: self.requirement().clone(),
            profiles: self.profiles.clone(),
            offers: candidates
                .iter()
                .map(|candidate| candidate.offer.written(dictionary))
                .collect(),
        }
    }

    /// The compiled requirement, for judging without documents.
    #[must_use]
    pub const fn prepared(&self) -> &Prepared<'static> {
        &self.prepared
    }

    /// The rows as they are compared; a range is two rows.
    #[must_use]
    pub const fn requirement(&self) -> &Requirement {
        self.prepared.requirement()
    }

    /// Registry keys of the must rows that a candidate does not meet.
    pub(crate) fn failed_musts<'a>(
        &'a self,
        candidate: &'a Candidate,
    ) -> impl Iterator<Item = &'a str> {
        let failed = self.prepared.failed_musts(&candidate.offer);
        failed.filter_map(|row| self.asks.get(row)).map(|ask| ask.key.as_str())
    }

    fn name_items(&self, relaxations: &mut [Relaxation]) {
        for relaxation in relaxations {
            if let Some(ask) = self.asks.get(relaxation.row) {
                relaxation.item.clone_from(&ask.key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
