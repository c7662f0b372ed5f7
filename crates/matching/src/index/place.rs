//! Where offers would stand among those of an index, whether they are in it or not: a draft is placed
//! as if it had been published. Every row is judged exactly; no list is made.

use std::cmp::Ordering;
use std::collections::HashMap;

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

/// A candidate, and what was counted for it.
struct Placed<'a> {
    standing: Standing,
    id: &'a str,
    /// Rows that stand between the candidate before this one and itself; ahead of this one and of all later ones.
    just_ahead: usize,
    /// What the index knows under its id: whether that matches, and whether it stands ahead.
    was: Option<(bool, bool)>,
}

impl Asked<'_> {
    /// The place of each candidate among all other offers, in that order. What the index knows under its
    /// id is the same offer as it was, and does not count beside it.
    #[must_use]
    pub fn places(&self, order: Order, candidates: &[Candidate]) -> Vec<Place> {
        let prepared = self.matcher().prepared();
        let placed = |candidate| {
            let offer = Candidate::as_ref(candidate);
            Placed { standing: prepared.standing(offer), id: offer.id(), just_ahead: 0, was: None }
        };
        // The candidates are put in order, and each row of the market is told where it falls among them.
        let mut places: Vec<(usize, Placed<'_>)> =
            candidates.iter().map(placed).enumerate().collect();
        places.sort_by(|(_, a), (_, b)| compare(order, (&a.standing, a.id), (&b.standing, b.id)));
        let by_id: HashMap<&str, usize> =
            places.iter().enumerate().map(|(at, (_, place))| (place.id, at)).collect();
        let (mut rows, mut matching) = (0, 0);
        for part in self.parts() {
            each(&Plan::new(prepared, part, order), part, |standing, id| {
                rows += 1;
                matching += usize::from(standing.totals.matched);
                let behind = places.partition_point(|(_, place)| {
                    compare(order, (&place.standing, place.id), (&standing, id))
                        != Ordering::Greater
                });
                if let Some((_, next)) = places.get_mut(behind) {
                    next.just_ahead += 1;
                }
                if let Some(at) = by_id.get(id)
                    && let Some((_, place)) = places.get_mut(*at)
                {
                    place.was = Some((standing.totals.matched, *at >= behind));
                }
            });
        }
        let mut found: Vec<(usize, Place)> = Vec::with_capacity(places.len());
        let mut ahead = 0;
        for (at, place) in places {
            ahead += place.just_ahead;
            let (known, matched, before) = match place.was {
                Some((matched, before)) => (1, usize::from(matched), usize::from(before)),
                None => (0, 0, 0),
            };
            let totals = place.standing.totals;
            found.push((
                at,
                Place {
                    position: ahead + 1 - before,
                    of: rows + 1 - known,
                    matching: matching + usize::from(totals.matched) - matched,
                    totals,
                },
            ));
        }
        found.sort_unstable_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, place)| place).collect()
    }
}

/// As lists are in order: the id, bytewise, breaks ties.
fn compare(order: Order, a: (&Standing, &str), b: (&Standing, &str)) -> Ordering {
    order.compare(a.0, b.0).then_with(|| a.1.as_bytes().cmp(b.1.as_bytes()))
}

/// Judges every living row.
fn each(plan: &Plan<'_>, part: &Part<'_>, mut seen: impl FnMut(Standing, &str)) {
    for block in 0..part.blocks() {
        let (living, _) = part.living(block);
        for row in living.iter() {
            let at = block * BLOCK + row;
            seen(plan.judge(at), part.ids.get(at));
        }
    }
}
