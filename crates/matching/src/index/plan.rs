//! One compiled requirement against the columns of one segment: which codes meet each row, what a
//! code costs exactly, and the bounds in a good order. Leaves going through blocks to `scan`.

use super::{
    best::{Best, Cuts},
    column::{ByCode, Column, Entries, floor_place},
    part::Part,
    term::{Term, share},
};
use crate::{
    nano::PICO_ONE,
    order::{Order, Standing},
    prepared::{Judged, Prepared, Row},
    requirement::Mode,
    value::Held,
    wanted::{Compared, Wanted},
};

/// Rows looked at to guess which must excludes most and which row costs most: so many runs of so many.
const RUNS: usize = 4;
const RUN: usize = 16;

/// A requirement ready for one part of a moment.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    prepared: &'a Prepared<'a>,
    part: &'a Part<'a>,
    rows: Vec<RowPlan<'a>>,
    /// Must rows, the most selective first.
    pub(crate) gates: Vec<Gate<'a>>,
    /// Shortfall, the row that costs most first.
    pub(crate) short: Vec<Short<'a>>,
    /// The key after the shortfall.
    pub(crate) second: Vec<Term<'a>>,
    /// The greatest surplus that this requirement allows, 0..1.
    most_surplus: f64,
}

/// What one row adds to the shortfall.
#[derive(Debug)]
pub(crate) struct Short<'a> {
    pub(crate) term: Term<'a>,
    /// A match may fall short here too; musts that allow no tolerance cost it nothing.
    pub(crate) of_match: bool,
}

/// One asked row.
#[derive(Debug)]
struct RowPlan<'a> {
    row: &'a Row,
    column: &'a Column,
    cost: Cost<'a>,
}

/// What a code costs exactly.
#[derive(Debug)]
enum Cost<'a> {
    /// Codes from `reach` on meet what is asked, from `relax` on with tolerance; the rest is a difference.
    Line { reach: u32, relax: u32, asked: i64, u: &'a [i64] },
    /// By code, 0 first.
    Table(Vec<Cell>),
}

/// The cost of one code: distances in 1e-12.
#[derive(Debug, Clone, Copy)]
struct Cell {
    met: bool,
    short: u64,
    over: u64,
}

const NOT_PROMISED: Cell = Cell { met: false, short: PICO_ONE.unsigned_abs(), over: 0 };

/// Which codes meet a must.
#[derive(Debug)]
pub(crate) enum Gate<'a> {
    /// This code and all above.
    From { column: &'a Column, code: u32, row: usize },
    /// All bits set for a code that meets it.
    Listed { column: &'a Column, masks: ByCode, row: usize },
}

impl Gate<'_> {
    /// Whether an offer passes.
    pub(crate) fn passes(&self, at: usize) -> bool {
        match self {
            Self::From { column, code, .. } => u32::from(column.code(at)) >= *code,
            Self::Listed { column, masks, .. } => masks.get(column.code(at)) != 0,
        }
    }

    /// What passing a block costs beside others.
    const fn effort(&self) -> usize {
        match self {
            Self::From { .. } => 1,
            Self::Listed { .. } => 4,
        }
    }

    /// Position of the row among the rows of the requirement.
    pub(crate) const fn row(&self) -> usize {
        match self {
            Self::From { row, .. } | Self::Listed { row, .. } => *row,
        }
    }
}

impl<'a> Plan<'a> {
    pub(crate) fn new(prepared: &'a Prepared<'a>, part: &'a Part<'a>, order: Order) -> Self {
        let mut plan = Self {
            prepared,
            part,
            rows: Vec::new(),
            gates: Vec::new(),
            short: Vec::new(),
            second: Vec::new(),
            most_surplus: 0.0,
        };
        for (at, (row, column)) in prepared.rows.iter().zip(&part.columns).enumerate() {
            if row.mode == Mode::BestEffort {
                continue;
            }
            let Some(wanted) = &row.wanted else { continue };
            let planned = RowPlan { row, column, cost: cost(row, wanted, column) };
            plan.add(at, &planned, order);
            plan.rows.push(planned);
        }
        plan.add_price(order);
        plan.put_first_what_decides();
        plan
    }

    fn add(&mut self, at: usize, planned: &RowPlan<'a>, order: Order) {
        let (row, prepared) = (planned.row, self.prepared);
        if row.mode == Mode::Must {
            self.gates.push(planned.gate(at));
        }
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

    fn add_price(&mut self, order: Order) {
        let Some(column) = self.part.price.as_deref() else { return };
        if column.ladder.is_empty() && column.entries.len() > 0 {
            return;
        }
        match order {
            Order::Balanced => {
                let (weight, of) = self.prepared.price_share();
                self.second.push(Term::Dear { column, weight: share(weight, of) });
            }
            Order::Value if self.prepared.lower_is_cheaper() => {
                self.second.push(Term::Stronger { column });
            }
            _ => {}
        }
    }

    /// Puts the musts that exclude most and the rows that cost most in front.
    fn put_first_what_decides(&mut self) {
        let rows = self.part.rows();
        // Neighbours share a cache line; single rows all over the segment would each be a miss.
        let runs = (0..RUNS).map(|run| rows * run / RUNS);
        let mut sample: Vec<usize> =
            runs.flat_map(|start| start..(start + RUN).min(rows)).collect();
        sample.dedup();
        // Effort for each row that is left out: little effort and much left out comes first.
        self.gates.sort_by_cached_key(|gate| {
            let failing = sample.iter().filter(|row| !gate.passes(**row)).count();
            gate.effort() * 1000 / (1 + failing)
        });
        let decides = |term: &Term<'_>| {
            let sum: u64 = sample.iter().map(|row| u64::from(term.one(*row))).sum();
            std::cmp::Reverse(sum / term.effort())
        };
        self.short.sort_by_cached_key(|short| decides(&short.term));
        self.second.sort_by_cached_key(decides);
    }

    /// The exact judgement of one row.
    pub(crate) fn judge(&self, at: usize) -> Standing {
        let (mut matched, mut short, mut over) = (true, 0_u128, 0_u128);
        for planned in &self.rows {
            let cell = planned.cell(planned.column.code(at));
            matched &= planned.row.mode != Mode::Must || cell.met;
            short += planned.row.weight * u128::from(cell.short);
            if planned.row.counts_surplus {
                over += planned.row.weight * u128::from(cell.over);
            }
        }
        let price = self.part.price.as_deref().and_then(|column| column.held(at));
        let (u, price) = match price {
            Some(Held::Number { value, u }) => (Some(u), Some(value)),
            _ => (None, None),
        };
        Standing { totals: self.prepared.totals(matched, short, over, u), price }
    }

    /// From where on rows of this part cannot be among the best.
    pub(crate) fn cuts(&self, order: Order, best: &Best<'_>) -> Cuts {
        let Some(standing) = best.to_beat() else { return Cuts::NONE };
        let cuts = Cuts::by(&standing.totals, order, self.most_surplus);
        match (order, standing.price, self.part.price.as_deref()) {
            (Order::Value, Some(price), Some(column)) if self.prepared.lower_is_cheaper() => {
                let dearer = first(column.entries.len(), |entry| match &column.entries {
                    Entries::Numbers { values, .. } => {
                        values.get(entry).is_some_and(|number| number <= price)
                    }
                    Entries::Levels(_) | Entries::Sets(_) => false,
                });
                // Codes below the first that costs no more are dearer; the term counts from the top.
                Cuts { second: 65_536 - dearer.min(65_536), ..cuts }
            }
            _ => cuts,
        }
    }
}

impl<'a> RowPlan<'a> {
    fn cell(&self, code: u16) -> Cell {
        match &self.cost {
            Cost::Table(cells) => cells.get(usize::from(code)).copied().unwrap_or(NOT_PROMISED),
            Cost::Line { reach, relax, asked, u } => {
                let Some(u) = usize::from(code).checked_sub(1).and_then(|entry| u.get(entry))
                else {
                    return NOT_PROMISED;
                };
                let (code, gap) = (u32::from(code), (asked - u).unsigned_abs());
                if code >= *reach {
                    Cell { met: true, short: 0, over: gap }
                } else {
                    Cell { met: code >= *relax, short: gap, over: 0 }
                }
            }
        }
    }

    fn gate(&self, row: usize) -> Gate<'a> {
        match &self.cost {
            Cost::Line { relax, .. } => Gate::From { column: self.column, code: *relax, row },
            // Ordered codes that meet it follow those that do not.
            Cost::Table(cells) if self.ordered() => {
                let code = cells.iter().position(|cell| cell.met).unwrap_or(cells.len());
                let code = u32::try_from(code).unwrap_or(u32::MAX);
                Gate::From { column: self.column, code, row }
            }
            Cost::Table(cells) => {
                let masks = cells.iter().map(|cell| if cell.met { u16::MAX } else { 0 });
                Gate::Listed { column: self.column, masks: ByCode::new(masks.collect()), row }
            }
        }
    }

    /// Whether places of the column say how strong a promise is.
    fn ordered(&self) -> bool {
        !self.column.ladder.is_empty()
            && matches!(
                self.row.wanted,
                Some(Wanted::Higher { .. } | Wanted::Lower { .. } | Wanted::Level { .. })
            )
    }

    /// Whether a code can meet the row and still fall short.
    fn forgives(&self) -> bool {
        match &self.cost {
            Cost::Line { reach, relax, .. } => reach != relax,
            Cost::Table(cells) => cells.iter().any(|cell| cell.met && cell.short > 0),
        }
    }

    fn short(&self, weight: u16) -> Term<'a> {
        match &self.cost {
            _ if self.ordered() => {
                Term::Short { column: self.column, asked: floor_place(self.asked()), weight }
            }
            Cost::Line { .. } => Term::table(self.column, Vec::new(), 0),
            Cost::Table(cells) => {
                let value = |cell: &Cell| steps(cell.short);
                Term::table(self.column, cells.iter().map(value).collect(), weight)
            }
        }
    }

    fn over(&self, weight: u16) -> Term<'a> {
        match &self.cost {
            _ if self.ordered() => {
                Term::Over { column: self.column, asked: floor_place(self.asked()), weight }
            }
            Cost::Line { .. } => Term::table(self.column, Vec::new(), 0),
            Cost::Table(cells) => {
                let value = |cell: &Cell| steps(cell.over);
                Term::table(self.column, cells.iter().map(value).collect(), weight)
            }
        }
    }

    fn lack(&self, weight: u16) -> Term<'a> {
        match &self.cost {
            _ if self.ordered() => {
                Term::Lack { column: self.column, asked: floor_place(self.asked()), weight }
            }
            Cost::Line { .. } => Term::table(self.column, Vec::new(), 0),
            Cost::Table(cells) => {
                let most = (PICO_ONE - self.asked()).unsigned_abs();
                let value = |cell: &Cell| steps(most.saturating_sub(cell.over));
                Term::table(self.column, cells.iter().map(value).collect(), weight)
            }
        }
    }

    /// Place of what is asked in 1e-12; 0 for sets, whose surplus may reach 1.
    fn asked(&self) -> i64 {
        match &self.row.wanted {
            Some(Wanted::Higher { u, .. } | Wanted::Lower { u, .. } | Wanted::Level { u, .. }) => {
                *u
            }
            _ => 0,
        }
    }
}

/// Steps of the scale that a distance fills.
fn steps(distance: u64) -> u16 {
    floor_place(i64::try_from(distance).unwrap_or(PICO_ONE))
}

fn cost<'a>(row: &Row, wanted: &Wanted, column: &'a Column) -> Cost<'a> {
    match (&column.entries, wanted) {
        (
            Entries::Numbers { values, u },
            Wanted::Higher { u: asked, .. } | Wanted::Lower { u: asked, .. },
        ) => {
            let compare = |entry: usize| {
                let (value, u) = (values.get(entry)?, *u.get(entry)?);
                Some(wanted.compare(&Held::Number { value, u }))
            };
            let reach = first(values.len(), |entry| {
                matches!(compare(entry), Some(Compared::Reached { .. }))
            });
            let relax = first(values.len(), |entry| {
                matches!(
                    compare(entry),
                    Some(Compared::Reached { .. } | Compared::Short { tolerated: true, .. })
                )
            });
            Cost::Line { reach, relax, asked: *asked, u }
        }
        (Entries::Levels(held) | Entries::Sets(held), _) => {
            let cells = held.iter().map(|held| cell(row.weigh(wanted, held)));
            Cost::Table(std::iter::once(NOT_PROMISED).chain(cells).collect())
        }
        (entries @ Entries::Numbers { .. }, _) => {
            let cells = (0..entries.len()).map(|entry| {
                entries.get(entry).map_or(NOT_PROMISED, |held| cell(row.weigh(wanted, &held)))
            });
            Cost::Table(std::iter::once(NOT_PROMISED).chain(cells).collect())
        }
    }
}

const fn cell(judged: Judged) -> Cell {
    Cell {
        met: judged.verdict.is_met(),
        short: judged.short.unsigned_abs(),
        over: judged.over.unsigned_abs(),
    }
}

/// The code of the first entry for which it holds, where it holds for all after the first;
/// `entries + 1` where it holds for none.
fn first(entries: usize, holds: impl Fn(usize) -> bool) -> u32 {
    let (mut low, mut high) = (0, entries);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    u32::try_from(low + 1).unwrap_or(u32::MAX)
}
