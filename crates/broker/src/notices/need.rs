//! Watched needs, compiled once for each version and day.

use crate::BrokerError;
use crate::documents::read_requirement;
use crate::requirements::{Question, day_of, start_of};
use domain::{OfferId, OrganisationId, RequirementId};
use matching::{Candidate, Mode, Order, SlaMatcher};
use sla::{Demand, Offer, PartDiff, Requirement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use storage::requirements::Watched;

/// Derived from the provider's own response time and the paths to the users.
const RESPONSE: &str = "performance.e2e_response_time";
/// What it is derived from.
const RESPONSE_PARTS: [&str; 3] = ["performance.online_response_time", "network", "service"];
/// Items of the price block, which stand in no list of promises.
const COST: &str = "cost.";

/// The compiled needs of one day.
pub(super) type Needs = BTreeMap<RequirementId, Arc<Need>>;

/// A watched need, ready to judge.
#[derive(Debug)]
pub(super) struct Need {
    /// The requirement.
    pub id: RequirementId,
    /// Who is told.
    pub organisation: OrganisationId,
    /// The version that is judged.
    pub version: i64,
    /// The day from which it is watched.
    pub since_day: i64,
    /// The day it was compiled for.
    pub day: i64,
    document: Requirement,
    matcher: Arc<SlaMatcher>,
    /// Keys of what is asked.
    asked: BTreeSet<String>,
    /// Keys that an offer has to declare to match.
    needed: Vec<String>,
}

impl Need {
    /// Compiles the newest version of a watched need.
    pub fn new(row: &Watched, text: &str, day: i64) -> Result<Self, BrokerError> {
        let (document, _) = read_requirement(text)
            .map_err(|faults| BrokerError::Internal(format!("a watched need: {faults}")))?;
        let items = &document.spec.profiles.normal.items;
        let asked = items.iter().filter(|item| item.level != Demand::BestEffort);
        let needed = items.iter().filter(|item| {
            item.level == Demand::Must && item.item != RESPONSE && !item.item.starts_with(COST)
        });
        Ok(Self {
            id: row.id,
            organisation: row.organisation_id,
            version: row.current_version,
            since_day: day_of(row.watched_since),
            day,
            asked: asked.map(|item| item.item.clone()).collect(),
            needed: needed.map(|item| item.item.clone()).collect(),
            matcher: matcher(&document, day)?,
            document,
        })
    }

    /// Whether it is still the same need.
    pub fn is_of(&self, row: &Watched, day: i64) -> bool {
        self.day == day
            && self.version == row.current_version
            && self.since_day == day_of(row.watched_since)
    }

    /// The same judge on another day.
    pub fn matcher_on(&self, day: i64) -> Result<Arc<SlaMatcher>, BrokerError> {
        if day == self.day { Ok(Arc::clone(&self.matcher)) } else { matcher(&self.document, day) }
    }

    /// Whether a change of this item or part of an offer can matter.
    pub fn is_touched_by(&self, subject: &str) -> bool {
        subject == "price"
            || self.asked.contains(subject)
            || (self.asked.contains(RESPONSE) && RESPONSE_PARTS.contains(&subject))
    }

    /// Whether the offer may match: it declares everything that has to be declared. Spares the
    /// reading of most offers of a large market.
    pub fn may_match(&self, offer: &Offer) -> bool {
        self.needed.iter().all(|key| offer.item(key).is_some())
    }

    /// What of the changes the need asks for.
    pub fn relevant(&self, changes: &[PartDiff]) -> Vec<PartDiff> {
        changes.iter().filter(|part| self.is_touched_by(&part.subject)).cloned().collect()
    }

    /// The offer as the need sees it.
    pub fn candidate(matcher: &SlaMatcher, id: OfferId, offer: &Offer) -> Candidate {
        matcher.candidate(&id.to_string(), offer)
    }

    /// Whether the offer's promise contains the need.
    pub fn is_met(&self, matcher: &SlaMatcher, id: OfferId, offer: &Offer) -> bool {
        self.may_match(offer)
            && matcher.prepared().matches(Self::candidate(matcher, id, offer).as_ref())
    }

    /// Must items that the offer does not meet today, in the order asked.
    pub fn missed(&self, id: OfferId, offer: &Offer) -> Vec<String> {
        let explanation = self.matcher.explain(&Self::candidate(&self.matcher, id, offer));
        let failed =
            |row: &&matching::RowExplanation| row.mode == Mode::Must && !row.verdict.is_met();
        let mut keys: Vec<String> =
            explanation.rows.iter().filter(failed).map(|row| row.item.clone()).collect();
        keys.dedup();
        keys
    }

    /// The best of these offers today, best first.
    pub fn best(&self, offers: &[(OfferId, &Offer)], most: usize) -> Vec<OfferId> {
        let read = |(id, offer): &(OfferId, &Offer)| Self::candidate(&self.matcher, *id, offer);
        let candidates: Vec<Candidate> = offers.iter().map(read).collect();
        let ranking = self.matcher.rank(&candidates, Order::default(), most);
        ranking
            .rows()
            .filter_map(|row| offers.get(row.index).map(|(id, _)| *id))
            .take(most)
            .collect()
    }
}

fn matcher(document: &Requirement, day: i64) -> Result<Arc<SlaMatcher>, BrokerError> {
    Ok(Question::new(document.clone(), Order::default(), start_of(day))?.matcher)
}
