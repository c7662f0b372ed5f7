//! Where offers would stand among those of an index, whether they are in it or not: a draft is placed
//! as if it had been published. Every row is judged exactly; no list is made.

use std::cmp::Ordering;

use super::{column::BLOCK, documents::Asked, part::Part, plan::Plan};
use crate::{
    from_sla::Candidate,
    order::{Order, Standing},
    prepared::Totals,
};

/// A place among the offers of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub position: usize,
    /// Offers it stands among, itself included.
    pub of: usize,
    /// How many of these match, itself included.
    pub matching: usize,
    /// Its own match flag and distances.
    pub totals: Totals,
}

/// A judged row.
struct Judged<'a> {
    standing: Standing,
    id: &'a str,
}

impl Judged<'_> {
    const fn matches(&self) -> bool {
        self.standing.totals.matched
    }
}

impl Asked<'_> {
    /// The place of each candidate among all other offers, in that order. What the index knows under its
    /// id is the same offer as it was, and does not count beside it.
    #[must_use]
    pub fn places(&self, order: Order, candidates: &[Candidate]) -> Vec<Place> {
        let prepared = self.matcher().prepared();
        let mut rows: Vec<Judged<'_>> = Vec::new();
        for part in self.parts() {
            judge(&Plan::new(prepared, part, order), part, &mut rows);
        }
        rows.sort_by(|a, b| compare(order, (&a.standing, a.id), (&b.standing, b.id)));
        let matching = rows.iter().filter(|row| row.matches()).count();
        let place = |candidate: &Candidate| {
            let offer = candidate.as_ref();
            let standing = prepared.standing(offer);
            let here = (&standing, offer.id());
            let ahead = rows.partition_point(|row| {
                compare(order, (&row.standing, row.id), here) == Ordering::Less
            });
            let was = rows.iter().position(|row| row.id == offer.id());
            let matched = was.and_then(|at| rows.get(at)).is_some_and(Judged::matches);
            Place {
                position: ahead + 1 - usize::from(was.is_some_and(|at| at < ahead)),
                of: rows.len() + 1 - usize::from(was.is_some()),
                matching: matching + usize::from(standing.totals.matched) - usize::from(matched),
                totals: standing.totals,
            }
        };
        candidates.iter().map(place).collect()
    }
}

/// As lists are in order: the id, bytewise, breaks ties.
fn compare(order: Order, a: (&Standing, &str), b: (&Standing, &str)) -> Ordering {
    order.compare(a.0, b.0).then_with(|| a.1.as_bytes().cmp(b.1.as_bytes()))
}

fn judge<'a>(plan: &Plan<'_>, part: &'a Part<'_>, rows: &mut Vec<Judged<'a>>) {
    for block in 0..part.blocks() {
        let (living, _) = part.living(block);
        rows.extend(living.iter().map(|row| {
            let at = block * BLOCK + row;
            Judged { standing: plan.judge(at), id: part.ids.get(at) }
        }));
    }
}
