//! The best so far, at most so many of them, and what that lets a scan leave out.

use std::{cmp::Ordering, collections::BinaryHeap};

use crate::{
    order::{Order, Standing},
    prepared::Totals,
};

/// A judged row in its place.
#[derive(Debug, Clone)]
pub(crate) struct Placed<'a> {
    order: Order,
    pub(crate) standing: Standing,
    pub(crate) id: &'a str,
    pub(crate) part: usize,
    pub(crate) row: usize,
}

impl Ord for Placed<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order
            .compare(&self.standing, &other.standing)
            .then_with(|| self.id.as_bytes().cmp(other.id.as_bytes()))
    }
}

impl PartialOrd for Placed<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Placed<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Placed<'_> {}

/// A bounded heap with the last place on top.
#[derive(Debug)]
pub(crate) struct Best<'a> {
    order: Order,
    limit: usize,
    heap: BinaryHeap<Placed<'a>>,
}

impl<'a> Best<'a> {
    pub(crate) const fn new(order: Order, limit: usize) -> Self {
        Self { order, limit, heap: BinaryHeap::new() }
    }

    pub(crate) const fn wants_any(&self) -> bool {
        self.limit > 0
    }

    /// The standing of the last place once all places are taken.
    pub(crate) fn to_beat(&self) -> Option<&Standing> {
        let last = self.heap.peek().filter(|_| self.heap.len() >= self.limit)?;
        Some(&last.standing)
    }

    /// Takes a row in if it is among the best; says whether it is.
    pub(crate) fn offer(
        &mut self,
        standing: Standing,
        id: &'a str,
        part: usize,
        row: usize,
    ) -> bool {
        let placed = Placed { order: self.order, standing, id, part, row };
        if self.heap.len() < self.limit {
            self.heap.push(placed);
            return true;
        }
        match self.heap.peek_mut() {
            Some(mut last) if placed < *last => {
                *last = placed;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn into_rows(self) -> Vec<Placed<'a>> {
        self.heap.into_sorted_vec()
    }
}

/// Sums from which on a row cannot be among the best; 65,536 and more is never reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cuts {
    /// From this shortfall on it is worse.
    pub(crate) worse: u32,
    /// From this shortfall on it is not better, so that the next key decides.
    pub(crate) level: u32,
    /// From this next key on it is worse, if it is not better by shortfall.
    pub(crate) second: u32,
}

impl Cuts {
    /// Leaves nothing out.
    pub(crate) const NONE: Self = Self { worse: u32::MAX, level: u32::MAX, second: u32::MAX };

    /// Cuts by the distances of a row to beat; `most_surplus` is the greatest surplus, 0..1.
    pub(crate) fn by(totals: &Totals, order: Order, most_surplus: f64) -> Self {
        let short = totals.shortfall.0;
        let second = match order {
            Order::Balanced => above(totals.balance.0),
            Order::Fit => above(totals.surplus.0),
            // Counted is what the surplus lacks to the most; a billionth covers the float.
            Order::Strength => {
                let lack = most_surplus - (totals.surplus.0 as f64 - 0.5) * 1e-9 + 1e-9;
                (lack * 65_536.0).ceil().max(0.0) as u32
            }
            Order::Value => u32::MAX,
        };
        Self { worse: above(short), level: at_least(short), second }
    }
}

/// The least count that proves a rounded distance above `nano`.
fn above(nano: i64) -> u32 {
    count(2 * nano + 1)
}

/// The least count that proves a rounded distance of `nano` or more.
fn at_least(nano: i64) -> u32 {
    count(2 * nano - 1)
}

/// `ceil(halves / 2e9 * 65536)`.
fn count(halves: i64) -> u32 {
    // Twice a distance of at most 1e9, so that the product is far from the end of 64 bits.
    let scaled = halves.max(0).unsigned_abs().saturating_mul(65_536);
    u32::try_from(scaled.div_ceil(2_000_000_000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_lie_above_what_they_may_not_exclude() {
        assert_eq!((above(0), at_least(0)), (1, 0));
        // Half of everything is 32,768 counts; one billionth more needs one count more.
        assert_eq!((at_least(500_000_000), above(500_000_000)), (32_768, 32_769));
        assert_eq!(above(1_000_000_000), 65_537);
    }
}
