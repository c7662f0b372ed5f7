//! Ordered lists: matches first, near misses after them, both capped.
//! Leaves the reasons for a place to `explain`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, Reason},
    item::Dictionary,
    order::{Order, Standing},
    prepared::{Prepared, Totals},
    requirement::Requirement,
    value::{Offer, OfferValues},
};

/// The answer to one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ranking {
    /// The order the lists are in.
    pub order: Order,
    /// How many offers were judged.
    pub judged: usize,
    /// How many of them match, also beyond the cap.
    pub matched: usize,
    /// The best matches, at most the limit.
    pub matches: Vec<Ranked>,
    /// The nearest of the rest, at most the limit.
    pub near_misses: Vec<Ranked>,
}

impl Ranking {
    /// Matches, then near misses.
    pub fn rows(&self) -> impl Iterator<Item = &Ranked> {
        self.matches.iter().chain(&self.near_misses)
    }
}

/// One offer in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ranked {
    /// Position in the list of offers that was given.
    pub index: usize,
    /// Id of the offer.
    pub id: String,
    /// Match flag and distances.
    pub totals: Totals,
    /// "Stronger, and not dearer than the one above" (`matching.md` 1.5).
    pub stronger_than_above: bool,
}

/// Compiles the offers of a list and refuses ids that appear twice.
///
/// # Errors
/// The first fault, with the position of the offer and the field.
pub fn compile_offers(
    dictionary: &Dictionary,
    offers: &[OfferValues],
) -> Result<Vec<Offer>, Fault> {
    let mut seen = BTreeSet::new();
    offers
        .iter()
        .enumerate()
        .map(|(index, written)| {
            if !seen.insert(written.id.as_str()) {
                return Err(Fault::new(index, "id", Reason::DuplicateId(written.id.clone())));
            }
            Offer::new(dictionary, index, written)
        })
        .collect()
}

/// Ranks offers for a requirement, from written values, in one call.
///
/// # Errors
/// The first fault of the requirement or of an offer.
pub fn rank(
    dictionary: &Dictionary,
    requirement: &Requirement,
    offers: &[OfferValues],
    order: Order,
    limit: usize,
) -> Result<Ranking, Fault> {
    let prepared = Prepared::new(dictionary, requirement)?;
    Ok(prepared.rank(&compile_offers(dictionary, offers)?, order, limit))
}

impl Prepared<'_> {
    /// Ranks compiled offers; `limit` caps matches and near misses each.
    #[must_use]
    pub fn rank<O: AsRef<Offer>>(&self, offers: &[O], order: Order, limit: usize) -> Ranking {
        let standings = offers.iter().map(|offer| self.standing(offer.as_ref())).enumerate();
        let (matches, misses): (Vec<_>, Vec<_>) =
            standings.partition(|(_, standing)| standing.totals.matched);
        let matched = matches.len();
        let mut ranking = Ranking {
            order,
            judged: offers.len(),
            matched,
            matches: best(matches, offers, order, limit),
            near_misses: best(misses, offers, order, limit),
        };
        self.mark_stronger(offers, &mut ranking.matches);
        self.mark_stronger(offers, &mut ranking.near_misses);
        ranking
    }

    fn mark_stronger<O: AsRef<Offer>>(&self, offers: &[O], rows: &mut [Ranked]) {
        let mut above: Option<&Offer> = None;
        for row in rows {
            let offer = offers.get(row.index).map(AsRef::as_ref);
            if let (Some(above), Some(offer)) = (above, offer) {
                row.stronger_than_above = self.stronger_and_not_dearer(offer, above);
            }
            above = offer;
        }
    }
}

fn best<O: AsRef<Offer>>(
    mut found: Vec<(usize, Standing)>,
    offers: &[O],
    order: Order,
    limit: usize,
) -> Vec<Ranked> {
    let id = |index: usize| offers.get(index).map_or("", |offer| offer.as_ref().id());
    let compare = |a: &(usize, Standing), b: &(usize, Standing)| {
        order.compare(&a.1, &b.1).then_with(|| id(a.0).as_bytes().cmp(id(b.0).as_bytes()))
    };
    if limit == 0 {
        return Vec::new();
    }
    if limit < found.len() {
        found.select_nth_unstable_by(limit - 1, compare);
        found.truncate(limit);
    }
    found.sort_unstable_by(compare);
    let row = |(index, standing): (usize, Standing)| Ranked {
        index,
        id: id(index).to_owned(),
        totals: standing.totals,
        stronger_than_above: false,
    };
    found.into_iter().map(row).collect()
}
