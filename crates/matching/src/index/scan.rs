//! The way through the parts of a moment: count matches, collect the best of both lists.

use super::{
    best::{Best, Cuts, Placed},
    block::{FEW, close_from, close_second, count, pass, rows, without},
    column::{BLOCK, Lane},
    part::Part,
    plan::Plan,
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
            let rest = without(&living, &passed);
            let mut sides = [
                Side::new(Kind::Match, passed, passing, &mut matches),
                Side::new(Kind::Miss, rest, here - passing, &mut misses),
            ];
            at.consider(block, &mut sides);
        }
    }
    Found { judged, matched, matches: matches.into_rows(), near_misses: misses.into_rows() }
}

/// Which list a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Match,
    Miss,
}

/// The rows of a block that may still come into one of the lists.
struct Side<'b, 'a> {
    kind: Kind,
    open: Lane,
    left: usize,
    best: &'b mut Best<'a>,
    cuts: Cuts,
}

impl<'b, 'a> Side<'b, 'a> {
    fn new(kind: Kind, open: Lane, left: usize, best: &'b mut Best<'a>) -> Self {
        let left = if best.wants_any() { left } else { 0 };
        Self { kind, open, left, best, cuts: Cuts::NONE }
    }

    /// Whether a row is only in if it beats another.
    const fn is_full(&self) -> bool {
        self.cuts.worse != Cuts::NONE.worse
    }

    /// Whether adding a term for all rows is worth it.
    const fn is_long(&self) -> bool {
        self.left > FEW
    }
}

/// One part and its plan.
struct Place<'p, 'a> {
    plan: &'p Plan<'p>,
    part: &'a Part<'a>,
    number: usize,
    order: Order,
}

impl<'a> Place<'_, 'a> {
    /// Offers the open rows of a block to their lists, the hopeless ones left out. What both lists sum up
    /// is summed up once.
    fn consider(&self, block: usize, sides: &mut [Side<'_, 'a>; 2]) {
        for side in sides.iter_mut().filter(|side| side.left > 0) {
            side.cuts = self.plan.cuts(self.order, side.best);
            if side.is_full() && self.hopeless(block, side.cuts) {
                side.left = 0;
            }
        }
        if sides.iter().all(|side| side.left == 0) {
            return;
        }
        let mut sums = Sums { first: [0; BLOCK], second: [0; BLOCK], firsts: 0, seconds: 0 };
        let filling = sides.iter().any(|side| side.left > 0 && !side.is_full());
        if filling {
            sums.add_all(block, self.plan);
            sides.iter_mut().for_each(|side| sums.close(side));
        } else {
            sums.add_short(block, self.plan, sides);
            sums.add_second(block, self.plan, sides);
        }
        for side in sides.iter_mut().filter(|side| side.left > 0) {
            self.offer(block, &sums, side);
        }
    }

    /// Judges what is still open exactly.
    fn offer(&self, block: usize, sums: &Sums, side: &mut Side<'_, 'a>) {
        let mut order: Vec<(u16, u16, usize)> = Vec::with_capacity(side.left);
        if side.is_full() {
            order.extend(rows(&side.open).map(|row| (0, 0, row)));
        } else {
            // Nothing to beat yet: the most promising first, so that there soon is.
            order.extend(rows(&side.open).map(|row| (sums.first[row], sums.second[row], row)));
            order.sort_unstable();
        }
        for (_, _, row) in order {
            let at = block * BLOCK + row;
            if sums.rule_out(row, at, self.plan, side) {
                continue;
            }
            let standing = self.plan.judge(at);
            if side.best.offer(standing, self.part.ids.get(at), self.number, at) {
                side.cuts = self.plan.cuts(self.order, side.best);
            }
        }
    }

    /// Whether even the least sums of a block are too much.
    fn hopeless(&self, block: usize, cuts: Cuts) -> bool {
        let short: u32 =
            self.plan.short.iter().map(|short| u32::from(short.term.least(block))).sum();
        let second =
            || self.plan.second.iter().map(|term| u32::from(term.least(block))).sum::<u32>();
        short >= cuts.worse || (short >= cuts.level && second() >= cuts.second)
    }
}

/// After how many terms to look again who is still open: looking costs as much as adding, and the first
/// terms decide most.
const fn next_look(terms: usize) -> usize {
    terms + terms / 2 + 1
}

/// Sums of a block so far, and how many terms are in them.
struct Sums {
    first: Lane,
    second: Lane,
    firsts: usize,
    seconds: usize,
}

impl Sums {
    fn add_all(&mut self, block: usize, plan: &Plan<'_>) {
        plan.short.iter().for_each(|short| short.term.add(block, &mut self.first));
        plan.second.iter().for_each(|term| term.add(block, &mut self.second));
        (self.firsts, self.seconds) = (plan.short.len(), plan.second.len());
    }

    /// Closes by all sums.
    fn close(&self, side: &mut Side<'_, '_>) {
        if side.left > 0 && side.is_full() {
            let Cuts { worse, level, second } = side.cuts;
            close_from(&mut side.open, &self.first, worse);
            side.left = close_second(&mut side.open, &self.first, level, &self.second, second);
        }
    }

    fn add_short(&mut self, block: usize, plan: &Plan<'_>, sides: &mut [Side<'_, '_>; 2]) {
        // Behind the last term that a match can fall short in, only misses need more of them.
        let of_matches = plan.short.iter().rposition(|short| short.of_match).map_or(0, |at| at + 1);
        let mut look = 2;
        for (at, short) in plan.short.iter().enumerate() {
            let wanted = sides
                .iter()
                .any(|side| side.is_long() && (side.kind == Kind::Miss || at < of_matches));
            if !wanted {
                return;
            }
            short.term.add(block, &mut self.first);
            self.firsts = at + 1;
            if self.firsts == look || self.firsts == plan.short.len() {
                look = next_look(self.firsts);
                for side in sides.iter_mut().filter(|side| side.is_long()) {
                    side.left = close_from(&mut side.open, &self.first, side.cuts.worse);
                }
            }
        }
    }

    fn add_second(&mut self, block: usize, plan: &Plan<'_>, sides: &mut [Side<'_, '_>; 2]) {
        let wants = |side: &Side<'_, '_>| side.is_long() && side.cuts.second <= u32::from(u16::MAX);
        let mut look = 2;
        for (at, term) in plan.second.iter().enumerate() {
            if !sides.iter().any(wants) {
                return;
            }
            term.add(block, &mut self.second);
            self.seconds = at + 1;
            if self.seconds == look || self.seconds == plan.second.len() {
                look = next_look(self.seconds);
                for side in sides.iter_mut().filter(|side| side.is_long()) {
                    let Cuts { level, second, .. } = side.cuts;
                    side.left =
                        close_second(&mut side.open, &self.first, level, &self.second, second);
                }
            }
        }
    }

    /// Adds what is missing to the sums of one row and says whether it is out.
    fn rule_out(&self, row: usize, at: usize, plan: &Plan<'_>, side: &Side<'_, '_>) -> bool {
        let cuts = side.cuts;
        let mut sum = u32::from(self.first[row]);
        let rest = plan.short.iter().skip(self.firsts);
        for short in rest.filter(|short| side.kind == Kind::Miss || short.of_match) {
            if sum >= cuts.worse {
                return true;
            }
            sum += u32::from(short.term.one(at));
        }
        if sum >= cuts.worse {
            return true;
        }
        if sum < cuts.level {
            return false;
        }
        let mut next = u32::from(self.second[row]);
        for term in plan.second.iter().skip(self.seconds) {
            if next >= cuts.second {
                return true;
            }
            next += u32::from(term.one(at));
        }
        next >= cuts.second
    }
}
