//! What rows cost for one requirement and one segment: exactly, and as bounds in a good order. Leaves
//! what a single row costs to `plan` and what a bound counts to `term`.

use super::{
    part::Part,
    plan::RowPlan,
    term::{Term, share},
};
use crate::{nano::PICO_ONE, order::Order, prepared::Prepared, requirement::Mode};

/// What rows cost and in which order to look at it.
#[derive(Debug, Default)]
pub(crate) struct Terms<'a> {
    pub(crate) rows: Vec<RowPlan<'a>>,
    /// Shortfall, the row that costs most first.
    pub(crate) short: Vec<Short<'a>>,
    /// The key after the shortfall.
    pub(crate) second: Vec<Term<'a>>,
    /// The greatest surplus that this requirement allows, 0..1.
    pub(crate) most_surplus: f64,
}

/// What one row adds to the shortfall.
#[derive(Debug)]
pub(crate) struct Short<'a> {
    pub(crate) term: Term<'a>,
    /// A match may fall short here too; musts that allow no tolerance cost it nothing.
    pub(crate) of_match: bool,
}

impl<'a> Terms<'a> {
    pub(crate) fn new(prepared: &'a Prepared<'a>, part: &'a Part<'a>, order: Order) -> Self {
        let mut terms = Self::default();
        for (row, column) in prepared.rows.iter().zip(&part.columns) {
            if let Some(planned) = RowPlan::new(row, column) {
                terms.add(prepared, &planned, order);
                terms.rows.push(planned);
            }
        }
        terms.add_price(prepared, part, order);
        terms.put_first_what_decides();
        terms
    }

    fn add(&mut self, prepared: &Prepared<'_>, planned: &RowPlan<'a>, order: Order) {
        let row = planned.row;
        let weight = share(row.weight, prepared.asked);
        let of_match = row.mode != Mode::Must || planned.forgives();
        self.short.push(Short { term: planned.short(weight), of_match });
        if !row.counts_surplus {
            return;
        }
        match order {
            Order::Balanced => {
                let (_, of) = prepared.price_share();
                self.second.push(planned.over(share(row.weight, of)));
            }
            Order::Fit => self.second.push(planned.over(share(row.weight, prepared.surplus))),
            Order::Strength => {
                self.second.push(planned.lack(share(row.weight, prepared.surplus)));
                let most = (PICO_ONE - planned.asked()) as f64 / PICO_ONE as f64;
                self.most_surplus += row.weight as f64 / prepared.surplus.max(1) as f64 * most;
            }
            Order::Value => {}
        }
    }

    fn add_price(&mut self, prepared: &Prepared<'_>, part: &'a Part<'a>, order: Order) {
        let Some(column) = part.price.as_deref() else { return };
        if column.ladder.is_empty() && column.entries.len() > 0 {
            return;
        }
        match order {
            Order::Balanced => {
                let (weight, of) = prepared.price_share();
                self.second.push(Term::Dear { column, weight: share(weight, of) });
            }
            Order::Value if prepared.lower_is_cheaper() => {
                self.second.push(Term::Stronger { column });
            }
            _ => {}
        }
    }

    /// Puts the rows that cost most in front.
    fn put_first_what_decides(&mut self) {
        let decides = |term: &Term<'_>| {
            let sum: u64 = term.column().sample.iter().map(|code| u64::from(term.of(*code))).sum();
            std::cmp::Reverse(sum / term.effort())
        };
        self.short.sort_by_cached_key(|short| decides(&short.term));
        self.second.sort_by_cached_key(decides);
    }
}
