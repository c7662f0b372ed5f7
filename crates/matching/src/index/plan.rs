//! One compiled requirement against the columns of one segment: which codes meet each row, what a
//! code costs exactly, and the bounds in a good order. Leaves going through blocks to `scan`.

use std::{cell::OnceCell, sync::Arc};

use super::{
    best::{Best, Cuts},
    column::{ByCode, Column, Entries, floor_place},
    part::Part,
    term::Term,
    terms::Terms,
};
use crate::{
    nano::PICO_ONE,
    order::{Order, Standing},
    prepared::{Judged, Prepared, Row},
    requirement::Mode,
    value::Held,
    wanted::{Compared, Wanted},
};

/// A requirement ready for one part of a moment.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    prepared: &'a Prepared<'a>,
    part: &'a Part<'a>,
    order: Order,
    /// Must rows, the most selective first.
    pub(crate) gates: Vec<Gate<'a>>,
    /// Made when the first row comes into question: often none does.
    terms: OnceCell<Terms<'a>>,
}

/// One asked row.
#[derive(Debug)]
pub(crate) struct RowPlan<'a> {
    pub(crate) row: &'a Row,
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
        self.admits(self.column().code(at))
    }

    const fn column(&self) -> &Column {
        match self {
            Self::From { column, .. } | Self::Listed { column, .. } => column,
        }
    }

    fn admits(&self, held: u16) -> bool {
        match self {
            Self::From { code, .. } => u32::from(held) >= *code,
            Self::Listed { masks, .. } => masks.get(held) != 0,
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
        let musts = prepared.rows.iter().zip(&part.columns).enumerate();
        let gate = |(at, (row, column)): (usize, (&'a Row, &'a Arc<Column>))| {
            let must = row.mode == Mode::Must;
            must.then(|| RowPlan::new(row, column)).flatten().map(|planned| planned.gate(at))
        };
        let mut gates: Vec<Gate<'a>> = musts.filter_map(gate).collect();
        // Effort for each row that is left out: little effort and much left out comes first.
        gates.sort_by_cached_key(|gate| {
            let failing = gate.column().sample.iter().filter(|code| !gate.admits(**code)).count();
            gate.effort() * 1000 / (1 + failing)
        });
        Self { prepared, part, order, gates, terms: OnceCell::new() }
    }

    /// The terms, made when they are first asked for.
    pub(crate) fn terms(&self) -> &Terms<'a> {
        self.terms.get_or_init(|| Terms::new(self.prepared, self.part, self.order))
    }

    /// The exact judgement of one row.
    pub(crate) fn judge(&self, at: usize) -> Standing {
        let (mut matched, mut short, mut over) = (true, 0_u128, 0_u128);
        for planned in &self.terms().rows {
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
    pub(crate) fn cuts(&self, best: &Best<'_>) -> Cuts {
        let Some(standing) = best.to_beat() else { return Cuts::NONE };
        let most_surplus =
            if self.order == Order::Strength { self.terms().most_surplus } else { 0.0 };
        let cuts = Cuts::by(&standing.totals, self.order, most_surplus);
        match (self.order, standing.price, self.part.price.as_deref()) {
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
    /// `None` where the row decides nothing.
    pub(crate) fn new(row: &'a Row, column: &'a Column) -> Option<Self> {
        let wanted = row.wanted.as_ref().filter(|_| row.mode != Mode::BestEffort)?;
        Some(Self { row, column, cost: cost(row, wanted, column) })
    }

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
    pub(crate) fn forgives(&self) -> bool {
        match &self.cost {
            Cost::Line { reach, relax, .. } => reach != relax,
            Cost::Table(cells) => cells.iter().any(|cell| cell.met && cell.short > 0),
        }
    }

    pub(crate) fn short(&self, weight: u16) -> Term<'a> {
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

    pub(crate) fn over(&self, weight: u16) -> Term<'a> {
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

    pub(crate) fn lack(&self, weight: u16) -> Term<'a> {
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
    pub(crate) fn asked(&self) -> i64 {
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
            let tolerated = |entry: usize| {
                matches!(
                    compare(entry),
                    Some(Compared::Reached { .. } | Compared::Short { tolerated: true, .. })
                )
            };
            // Mostly nothing is tolerated, and the one below the reach says so.
            let below = (reach as usize).saturating_sub(1);
            let relax = match below.checked_sub(1) {
                Some(nearest) if tolerated(nearest) => first(below, tolerated),
                _ => reach,
            };
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
