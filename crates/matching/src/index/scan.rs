//! The way through the parts of a moment: count matches, collect the best of both lists.

use super::{
    best::{Best, Cuts, Placed},
    block::{FEW, pass},
    column::{BLOCK, Lane},
    part::Part,
    plan::Plan,
    rows::Rows,
    terms::Terms,
    wide::{Aligned, keep_below, keep_below_either},
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
    let mut sums =
        Sums { first: Aligned([0; BLOCK]), second: Aligned([0; BLOCK]), firsts: 0, seconds: 0 };
    for (number, part) in parts.iter().enumerate() {
        let plan = Plan::new(prepared, part, order);
        let at = Place { plan: &plan, part, number };
        let mut sides = [at.side(Kind::Match, &mut matches), at.side(Kind::Miss, &mut misses)];
        for block in 0..part.blocks() {
            let (living, here) = part.living(block);
            let mut passed = living;
            let passing = pass(&plan.gates, block, &mut passed, here);
            judged += here;
            matched += passing;
            let [match_side, miss_side] = &mut sides;
            match_side.open(passed, passing);
            miss_side.open(living.without(&passed), here - passing);
            at.consider(block, &mut sides, &mut sums);
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

/// One of the lists, what that lets this part leave out, and the rows of a block that may still come
/// into it.
struct Side<'b, 'a> {
    kind: Kind,
    best: &'b mut Best<'a>,
    cuts: Cuts,
    open: Rows,
    left: usize,
}

impl Side<'_, '_> {
    /// Begins a block with those rows.
    fn open(&mut self, rows: Rows, count: usize) {
        self.open = rows;
        self.left = if self.best.wants_any() { count } else { 0 };
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
}

impl<'a> Place<'_, 'a> {
    fn side<'b>(&self, kind: Kind, best: &'b mut Best<'a>) -> Side<'b, 'a> {
        let cuts = self.plan.cuts(best);
        Side { kind, best, cuts, open: Rows::NONE, left: 0 }
    }

    /// Offers the open rows of a block to their lists, the hopeless ones left out. What both lists sum up
    /// is summed up once.
    fn consider(&self, block: usize, sides: &mut [Side<'_, 'a>; 2], sums: &mut Sums) {
        let mut least = None;
        for side in sides.iter_mut().filter(|side| side.left > 0 && side.is_full()) {
            if least.get_or_insert_with(|| self.least(block)).reach(side.cuts) {
                side.left = 0;
            }
        }
        if sides.iter().all(|side| side.left == 0) {
            return;
        }
        sums.begin();
        let terms = self.plan.terms();
        let filling = sides.iter().any(|side| side.left > 0 && !side.is_full());
        if filling {
            sums.add_all(block, terms, &open_of(sides));
            sides.iter_mut().for_each(|side| sums.close(side));
        } else {
            sums.add_short(block, terms, sides);
            sums.add_second(block, terms, sides);
        }
        for side in sides.iter_mut().filter(|side| side.left > 0) {
            self.offer(block, sums, side);
        }
    }

    /// Judges what is still open exactly.
    fn offer(&self, block: usize, sums: &Sums, side: &mut Side<'_, 'a>) {
        if side.is_full() {
            side.open.iter().for_each(|row| self.offer_row(block, row, sums, side));
            return;
        }
        // Nothing to beat yet: the most promising first, so that there soon is.
        let keyed = side.open.iter().map(|row| (sums.first[row], sums.second[row], row));
        let mut rows: Vec<(u16, u16, usize)> = keyed.collect();
        rows.sort_unstable();
        rows.into_iter().for_each(|(_, _, row)| self.offer_row(block, row, sums, side));
    }

    fn offer_row(&self, block: usize, row: usize, sums: &Sums, side: &mut Side<'_, 'a>) {
        let at = block * BLOCK + row;
        if sums.rule_out(row, at, self.plan.terms(), side) {
            return;
        }
        let standing = self.plan.judge(at);
        if side.best.offer(standing, self.part.ids.get(at), self.number, at) {
            side.cuts = self.plan.cuts(side.best);
        }
    }

    /// At most the least sums of the rows of a block.
    fn least(&self, block: usize) -> Least {
        Least {
            first: self
                .plan
                .terms()
                .short
                .iter()
                .map(|short| u32::from(short.term.least(block)))
                .sum(),
            second: self.plan.terms().second.iter().map(|term| u32::from(term.least(block))).sum(),
        }
    }
}

/// The least sums that a row of a block may have.
struct Least {
    first: u32,
    second: u32,
}

impl Least {
    /// Whether even these are too much.
    const fn reach(&self, cuts: Cuts) -> bool {
        self.first >= cuts.worse || (self.first >= cuts.level && self.second >= cuts.second)
    }
}

/// After how many terms to look again who is still open: looking costs as much as adding, and the first
/// terms decide most.
const fn next_look(terms: usize) -> usize {
    terms + terms / 2 + 1
}

/// The rows that any side has open.
fn open_of(sides: &[Side<'_, '_>; 2]) -> Rows {
    let open = sides.iter().filter(|side| side.left > 0).map(|side| side.open);
    open.fold(Rows::NONE, |all, open| all.and(&open))
}

/// Sums of the open rows of a block so far, and how many terms are in them.
struct Sums {
    first: Lane,
    second: Lane,
    firsts: usize,
    seconds: usize,
}

impl Sums {
    fn begin(&mut self) {
        self.first.fill(0);
        self.second.fill(0);
        (self.firsts, self.seconds) = (0, 0);
    }

    fn add_all(&mut self, block: usize, terms: &Terms<'_>, open: &Rows) {
        terms.short.iter().for_each(|short| short.term.add(block, open, &mut self.first));
        terms.second.iter().for_each(|term| term.add(block, open, &mut self.second));
        (self.firsts, self.seconds) = (terms.short.len(), terms.second.len());
    }

    /// Closes by all sums.
    fn close(&self, side: &mut Side<'_, '_>) {
        if side.left > 0 && side.is_full() {
            self.close_first(side);
            self.close_second(side);
        }
    }

    /// Closes the rows whose first sum is too much.
    fn close_first(&self, side: &mut Side<'_, '_>) {
        if let Ok(worse) = u16::try_from(side.cuts.worse) {
            side.left = keep_below(&mut side.open, &self.first, worse);
        }
    }

    /// Closes the rows that are not better by the first sum and worse by the second.
    fn close_second(&self, side: &mut Side<'_, '_>) {
        if let (Ok(level), Ok(second)) =
            (u16::try_from(side.cuts.level), u16::try_from(side.cuts.second))
        {
            let (first, second) = ((&self.first, level), (&self.second, second));
            side.left = keep_below_either(&mut side.open, first, second);
        }
    }

    fn add_short(&mut self, block: usize, terms: &Terms<'_>, sides: &mut [Side<'_, '_>; 2]) {
        // Behind the last term that a match can fall short in, only misses need more of them.
        let of_matches =
            terms.short.iter().rposition(|short| short.of_match).map_or(0, |at| at + 1);
        let (mut look, mut open) = (2, open_of(sides));
        for (at, short) in terms.short.iter().enumerate() {
            let wanted = sides
                .iter()
                .any(|side| side.is_long() && (side.kind == Kind::Miss || at < of_matches));
            if !wanted {
                return;
            }
            short.term.add(block, &open, &mut self.first);
            self.firsts = at + 1;
            if self.firsts == look || self.firsts == terms.short.len() {
                look = next_look(self.firsts);
                for side in sides.iter_mut().filter(|side| side.is_long()) {
                    self.close_first(side);
                }
                open = open_of(sides);
            }
        }
    }

    fn add_second(&mut self, block: usize, terms: &Terms<'_>, sides: &mut [Side<'_, '_>; 2]) {
        let wants = |side: &Side<'_, '_>| side.is_long() && side.cuts.second <= u32::from(u16::MAX);
        let (mut look, mut open) = (2, open_of(sides));
        for (at, term) in terms.second.iter().enumerate() {
            if !sides.iter().any(wants) {
                return;
            }
            term.add(block, &open, &mut self.second);
            self.seconds = at + 1;
            if self.seconds == look || self.seconds == terms.second.len() {
                look = next_look(self.seconds);
                sides
                    .iter_mut()
                    .filter(|side| side.is_long())
                    .for_each(|side| self.close_second(side));
                open = open_of(sides);
            }
        }
    }

    /// Adds what is missing to the sums of one row and says whether it is out.
    fn rule_out(&self, row: usize, at: usize, terms: &Terms<'_>, side: &Side<'_, '_>) -> bool {
        let cuts = side.cuts;
        let mut sum = u32::from(self.first[row]);
        let rest = terms.short.iter().skip(self.firsts);
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
        for term in terms.second.iter().skip(self.seconds) {
            if next >= cuts.second {
                return true;
            }
            next += u32::from(term.one(at));
        }
        next >= cuts.second
    }
}
