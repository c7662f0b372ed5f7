//! What would have to be given up: for one near miss, and over the whole catalogue.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    item::KindName,
    order::{Strength, strength},
    prepared::{Prepared, Row, Verdict},
    requirement::{Mode, Requirement},
    value::{Held, Offer, Value, hold},
    wanted::Wanted,
};

/// One change of a must row that admits a promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Relaxation {
    /// Position of the row in the requirement.
    pub row: usize,
    /// Item id.
    pub item: String,
    /// What to ask instead; `None` means to drop the row.
    pub to: Option<Value>,
}

/// What relaxing one must row alone would bring (`matching.md` 1.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gain {
    /// Position of the row in the requirement.
    pub row: usize,
    /// Item id.
    pub item: String,
    /// How many more offers match when the row is dropped.
    pub dropped: usize,
    /// Values to ask instead and how many more offers each admits, the fewest first.
    pub steps: Vec<GainStep>,
}

/// One relaxed value and its yield.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GainStep {
    /// What to ask instead.
    pub to: Value,
    /// How many more offers match then.
    pub admits: usize,
}

/// Relaxed values listed per row; more would not be read.
const STEPS_LISTED: usize = 5;

impl Prepared<'_> {
    /// Sets each failed must to what this offer promises and drops the ones it does not promise.
    #[must_use]
    pub fn smallest_relaxation(&self, offer: &Offer) -> Vec<Relaxation> {
        let failed = |row: &Row| row.mode == Mode::Must && !row.judge(offer).verdict.is_met();
        let rows = self.rows.iter().enumerate().filter(|(_, row)| failed(row));
        rows.map(|(index, row)| self.relaxation(index, row, offer)).collect()
    }

    /// The requirement with relaxations applied; a dropped row becomes best effort.
    #[must_use]
    pub fn relaxed(&self, relaxations: &[Relaxation]) -> Requirement {
        let mut requirement = self.requirement.clone();
        for relaxation in relaxations {
            if let Some(row) = requirement.rows.get_mut(relaxation.row) {
                match &relaxation.to {
                    Some(value) => row.value = Some(value.clone()),
                    None => row.mode = Mode::BestEffort,
                }
            }
        }
        requirement
    }

    /// For each must row, how many more offers match when that row alone is relaxed.
    #[must_use]
    pub fn gains<O: AsRef<Offer>>(&self, offers: &[O]) -> Vec<Gain> {
        let mut only: Vec<Vec<&Offer>> = vec![Vec::new(); self.rows.len()];
        for offer in offers.iter().map(AsRef::as_ref) {
            if let Some(list) = self.only_failure(offer).and_then(|row| only.get_mut(row)) {
                list.push(offer);
            }
        }
        let rows = self.rows.iter().enumerate().zip(only).filter(|(_, offers)| !offers.is_empty());
        rows.map(|((index, row), offers)| self.gain(index, row, &offers)).collect()
    }

    /// Positions of the must rows that an offer does not meet.
    pub(crate) fn failed_musts<'a>(&'a self, offer: &'a Offer) -> impl Iterator<Item = usize> + 'a {
        self.rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.mode == Mode::Must && !row.judge(offer).verdict.is_met())
            .map(|(index, _)| index)
    }

    /// The one must row that keeps the offer out, if it is one.
    fn only_failure(&self, offer: &Offer) -> Option<usize> {
        let mut failed = self.failed_musts(offer);
        let first = failed.next()?;
        failed.next().is_none().then_some(first)
    }

    fn gain(&self, index: usize, row: &Row, offers: &[&Offer]) -> Gain {
        let item = self.dictionary.items().get(row.item);
        let words = item.map(|item| item.kind.words()).unwrap_or_default();
        // Each different promise once: a large market repeats them.
        let mut promises: BTreeMap<Value, (&Offer, usize)> = BTreeMap::new();
        for offer in offers {
            if let Some(held) = offer.held(row.item) {
                promises.entry(held.written(words)).or_insert((offer, 0)).1 += 1;
            }
        }
        let promises: Vec<(&Offer, usize)> = promises.into_values().collect();
        let mut steps = self.steps(index, row, &promises);
        steps.sort_by(|a, b| a.admits.cmp(&b.admits).then_with(|| a.to.cmp(&b.to)));
        if steps.len() > STEPS_LISTED {
            // The widest admits the most; keep it and the smallest steps.
            let widest = steps.pop();
            steps.truncate(STEPS_LISTED - 1);
            steps.extend(widest);
        }
        Gain { row: index, item: self.item_id(row), dropped: offers.len(), steps }
    }

    /// What the row may ask instead, each once, with the offers that this admits. `promises` are
    /// different on the row's item, ascending, each with the number of offers that make it.
    fn steps(&self, index: usize, row: &Row, promises: &[(&Offer, usize)]) -> Vec<GainStep> {
        let kind = self.dictionary.items().get(row.item).map(|item| item.kind.name());
        let step = |(offer, _): &(&Offer, usize)| self.relaxation(index, row, offer).to;
        // Of numbers, each admits all that are stronger, so that one way through them counts.
        let running = |promises: &mut dyn Iterator<Item = &(&Offer, usize)>| {
            let mut admits = 0;
            let mut steps = Vec::new();
            for promise in promises {
                admits += promise.1;
                steps.extend(step(promise).map(|to| GainStep { to, admits }));
            }
            steps
        };
        match kind {
            Some(KindName::Higher) => running(&mut promises.iter().rev()),
            Some(KindName::Lower) => running(&mut promises.iter()),
            _ => {
                let each: BTreeSet<Value> = promises.iter().filter_map(step).collect();
                let admits = |to: &Value| self.admitted(kind, row, to, promises);
                each.into_iter().map(|to| GainStep { admits: admits(&to), to }).collect()
            }
        }
    }

    /// How many of these offers meet the row when it asks for `to` instead.
    fn admitted(
        &self,
        kind: Option<KindName>,
        row: &Row,
        to: &Value,
        promises: &[(&Offer, usize)],
    ) -> usize {
        let Ok(wanted) = hold(&self.dictionary, row.item, to) else { return 0 };
        let meets = |held: &Held| match (kind, &wanted, held) {
            (Some(KindName::SetAny), Held::Set(wanted), Held::Set(held)) => wanted.meets(held),
            (Some(kind), wanted, held) => strength(kind, held, wanted) != Strength::NotAtLeast,
            _ => false,
        };
        let meeting = promises.iter().filter(|(offer, _)| offer.held(row.item).is_some_and(meets));
        meeting.map(|(_, count)| count).sum()
    }

    fn relaxation(&self, index: usize, row: &Row, offer: &Offer) -> Relaxation {
        Relaxation { row: index, item: self.item_id(row), to: self.admitting(row, offer) }
    }

    /// The strictest value this offer meets; `None` where only dropping the row helps.
    fn admitting(&self, row: &Row, offer: &Offer) -> Option<Value> {
        let held = offer.held(row.item)?;
        let words = self.dictionary.items().get(row.item)?.kind.words();
        if row.judge(offer).verdict != Verdict::Missed {
            return None;
        }
        match (row.wanted.as_ref()?, held, held.written(words)) {
            (_, Held::Level { index: None, .. }, _) => None,
            (_, Held::Number { .. } | Held::Level { .. }, value) => Some(value),
            (_, Held::Set(set), _) if set.is_empty() => None,
            // Still ask for what it has of the wish list.
            (Wanted::Includes { asked, .. }, _, Value::Set(promised)) => {
                Some(Value::Set(asked.names(words).intersection(&promised).cloned().collect()))
            }
            // Allow its members besides the ones already allowed.
            (Wanted::Within { asked, .. } | Wanted::Any { asked }, _, Value::Set(promised)) => {
                Some(Value::Set(asked.names(words).union(&promised).cloned().collect()))
            }
            _ => None,
        }
    }

    fn item_id(&self, row: &Row) -> String {
        self.dictionary.items().get(row.item).map(|item| item.id.clone()).unwrap_or_default()
    }
}

/// Whether every promise of `inner` is covered by one of `outer` at least as strong: an order, so
/// reflexive and transitive (`matching.md` 1.2).
#[must_use]
pub fn covers(dictionary: &crate::item::Dictionary, outer: &Offer, inner: &Offer) -> bool {
    dictionary.items().iter().enumerate().all(|(index, item)| {
        match (outer.held(index), inner.held(index)) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(outer), Some(inner)) => {
                strength(item.kind.name(), outer, inner) != Strength::NotAtLeast
            }
        }
    })
}
