//! The way through the parts of a moment: count matches, collect the best of both lists.

use super::{
    best::{Best, Cuts, Placed},
    block::{FEW, close_from, close_second, count, pass, rows, without},
    column::{BLOCK, Lane},
    part::Part,
    plan::Plan,
    term::Term,
};
use crate::{order::Order, prepared::Prepared};

/// What a scan finds.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) judged: usize,
    pub(crate) matched: usize,
    pub(crate) matches: Vec<Placed<'a>>,
    pub(crate) near_misses: Vec<Placed<'a>>,
}

/// How many rows of each list are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) matches: usize,
    pub(crate) near_misses: usize,
}

/// Finds the best of all parts.
pub(crate) fn scan<'a>(
    prepared: &Prepared<'_>,
    parts: &'a [Part<'a>],
    order: Order,
    limits: Limits,
) -> Found<'a> {
    let mut matches = Best::new(order, limits.matches);
    let mut misses = Best::new(order, limits.near_misses);
    let (mut judged, mut matched) = (0, 0);
    for (number, part) in parts.iter().enumerate() {
        let plan = Plan::new(prepared, part, order);
        let at = Place { plan: &plan, part, number, order };
        let mut living = [0; BLOCK];
        for block in 0..part.blocks() {
            part.living(block, &mut living);
            let here = count(&living);
            let mut passed = living;
            let passing = pass(&plan.gates, block, &mut passed);
            judged += here;
            matched += passing;
            if passing < here && misses.wants_any() {
                let mut rest = without(&living, &passed);
                at.consider(block, &mut rest, &plan.short, &mut misses);
            }
            if passing > 0 && matches.wants_any() {
                at.consider(block, &mut passed, &plan.short_of_match, &mut matches);
            }
        }
    }
    Found { judged, matched, matches: matches.into_rows(), near_misses: misses.into_rows() }
}

/// One part and its plan.
struct Place<'p, 'a> {
    plan: &'p Plan<'p>,
    part: &'a Part<'a>,
    number: usize,
    order: Order,
}

impl<'a> Place<'_, 'a> {
    /// Offers the open rows of a block to a list, the hopeless ones left out.
    fn consider(&self, block: usize, open: &mut Lane, short: &[Term<'_>], best: &mut Best<'a>) {
        let second = self.plan.second.as_slice();
        let mut cuts = self.plan.cuts(self.order, best);
        let mut sums = Sums { first: [0; BLOCK], second: [0; BLOCK], firsts: 0, seconds: 0 };
        if cuts.worse != Cuts::NONE.worse {
            if hopeless(block, short, second, cuts) {
                return;
            }
            let mut left = count(open);
            left = sums.add_short(block, open, short, cuts, left);
            if left > FEW {
                left = sums.add_second(block, open, second, cuts, left);
            }
            if left == 0 {
                return;
            }
        }
        let mut order: Vec<(u16, u16, usize)> = Vec::new();
        if cuts.worse == Cuts::NONE.worse {
            // Nothing to beat yet: the most promising first, so that there soon is.
            sums.add_all(block, short, second);
            order.extend(rows(open).map(|row| (sums.first[row], sums.second[row], row)));
            order.sort_unstable();
        } else {
            order.extend(rows(open).map(|row| (0, 0, row)));
        }
        let start = block * BLOCK;
        for (_, _, row) in order {
            let at = start + row;
            if sums.rule_out(row, at, short, second, cuts) {
                continue;
            }
            let standing = self.plan.judge(at);
            if best.offer(standing, self.part.ids.get(at), self.number, at) {
                cuts = self.plan.cuts(self.order, best);
            }
        }
    }
}

/// Whether even the least sums of a block are too much.
fn hopeless(block: usize, short: &[Term<'_>], second: &[Term<'_>], cuts: Cuts) -> bool {
    let least =
        |terms: &[Term<'_>]| terms.iter().map(|term| u32::from(term.least(block))).sum::<u32>();
    let short = least(short);
    short >= cuts.worse || (short >= cuts.level && least(second) >= cuts.second)
}

/// Sums of a block so far, and how many terms are in them.
struct Sums {
    first: Lane,
    second: Lane,
    firsts: usize,
    seconds: usize,
}

impl Sums {
    fn add_all(&mut self, block: usize, short: &[Term<'_>], second: &[Term<'_>]) {
        short.iter().for_each(|term| term.add(block, &mut self.first));
        second.iter().for_each(|term| term.add(block, &mut self.second));
        (self.firsts, self.seconds) = (short.len(), second.len());
    }

    fn add_short(
        &mut self,
        block: usize,
        open: &mut Lane,
        terms: &[Term<'_>],
        cuts: Cuts,
        mut left: usize,
    ) -> usize {
        for (at, term) in terms.iter().enumerate() {
            if left <= FEW {
                return left;
            }
            term.add(block, &mut self.first);
            self.firsts = at + 1;
            // Looking costs as much as adding.
            if at % 2 == 1 || self.firsts == terms.len() {
                left = close_from(open, &self.first, cuts.worse);
            }
        }
        left
    }

    fn add_second(
        &mut self,
        block: usize,
        open: &mut Lane,
        terms: &[Term<'_>],
        cuts: Cuts,
        mut left: usize,
    ) -> usize {
        for (at, term) in terms.iter().enumerate() {
            if left <= FEW || cuts.second > u32::from(u16::MAX) {
                return left;
            }
            term.add(block, &mut self.second);
            self.seconds = at + 1;
            if at % 2 == 1 || self.seconds == terms.len() {
                left = close_second(open, &self.first, cuts.level, &self.second, cuts.second);
            }
        }
        left
    }

    /// Adds what is missing to the sums of one row and says whether it is out.
    fn rule_out(
        &self,
        row: usize,
        at: usize,
        short: &[Term<'_>],
        second: &[Term<'_>],
        cuts: Cuts,
    ) -> bool {
        let mut sum = u32::from(self.first[row]);
        for term in short.iter().skip(self.firsts) {
            if sum >= cuts.worse {
                return true;
            }
            sum += u32::from(term.one(at));
        }
        if sum >= cuts.worse {
            return true;
        }
        if sum < cuts.level {
            return false;
        }
        let mut next = u32::from(self.second[row]);
        for term in second.iter().skip(self.seconds) {
            if next >= cuts.second {
                return true;
            }
            next += u32::from(term.one(at));
        }
        next >= cuts.second
    }
}
