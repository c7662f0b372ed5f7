//! Promises item by item instead of offer by offer: small to send, quick to rank again and again.
//!
//! Offers repeat each other: five thousand of them promise a few dozen different recovery times. A
//! [`Columns`] writes each different promise once; a [`Board`] judges each once per ranking and then
//! only adds up. The ranking is the same as [`Prepared::rank`] over the same offers, which
//! `tests/columns.rs` proves. Leaves reading offers and drawing lists to others.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, Reason},
    item::Dictionary,
    order::{Order, Standing},
    prepared::Prepared,
    rank::{Ranked, Ranking},
    requirement::Mode,
    value::{Held, Offer, OfferValues, Value, hold},
};

/// What offers promise, as plain data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Columns {
    /// Ids of the offers; ties are broken by them, bytewise.
    pub ids: Vec<String>,
    /// One per item of the dictionary, in its order.
    pub items: Vec<Column>,
}

/// What offers promise on one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    /// The different promises.
    pub values: Vec<Value>,
    /// Per offer: 0 where nothing is promised, else one more than the place in `values`.
    pub at: Vec<u32>,
}

impl Columns {
    /// The same promises, column by column.
    #[must_use]
    pub fn new(dictionary: &Dictionary, offers: &[OfferValues]) -> Self {
        let items = dictionary.items().iter().map(|item| column(&item.id, offers)).collect();
        Self { ids: offers.iter().map(|offer| offer.id.clone()).collect(), items }
    }
}

fn column(item: &str, offers: &[OfferValues]) -> Column {
    let mut places: BTreeMap<&Value, u32> = BTreeMap::new();
    let mut column = Column::default();
    for offer in offers {
        let place = offer.values.get(item).map_or(0, |value| {
            *places.entry(value).or_insert_with(|| {
                column.values.push(value.clone());
                u32::try_from(column.values.len()).unwrap_or(u32::MAX)
            })
        });
        column.at.push(place);
    }
    column
}

/// Offers made ready to be ranked many times.
#[derive(Debug, Clone, Default)]
pub struct Board {
    offers: Vec<Offer>,
    lanes: Vec<Lane>,
}

/// One column made ready: each different promise as an offer of its own that promises nothing else.
#[derive(Debug, Clone, Default)]
struct Lane {
    single: Vec<Offer>,
    at: Vec<u32>,
}

/// What one different promise adds to the sums of an offer.
#[derive(Debug, Clone, Copy)]
struct Part {
    admitted: bool,
    short: u128,
    over: u128,
}

impl Board {
    /// Checks the promises against the dictionary and scales them.
    ///
    /// # Errors
    /// A column too few or too many, or a promise of the wrong sort; `index` counts the items.
    pub fn new(dictionary: &Dictionary, columns: &Columns) -> Result<Self, Fault> {
        let width = dictionary.items().len();
        if columns.items.len() != width {
            let found = columns.items.len().to_string();
            return Err(Fault::new(width, "items", Reason::UnknownItem(found)));
        }
        let mut held: Vec<Vec<Option<Held>>> = vec![vec![None; width]; columns.ids.len()];
        let mut lanes = Vec::with_capacity(width);
        for (position, column) in columns.items.iter().enumerate() {
            let values: Result<Vec<Held>, Reason> =
                column.values.iter().map(|value| hold(dictionary, position, value)).collect();
            let values = values.map_err(|reason| Fault::new(position, "values", reason))?;
            for (place, row) in column.at.iter().zip(&mut held) {
                if let Some(slot) = row.get_mut(position) {
                    *slot = chosen(&values, *place).cloned();
                }
            }
            lanes.push(Lane::new(width, position, values, column.at.clone()));
        }
        let offers = columns.ids.iter().zip(held);
        let offers = offers.map(|(id, held)| Offer { id: id.clone(), held: held.into() }).collect();
        Ok(Self { offers, lanes })
    }

    /// The offers, in the order they were given.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }
}

fn chosen<T>(values: &[T], place: u32) -> Option<&T> {
    values.get((place as usize).checked_sub(1)?)
}

impl Lane {
    fn new(width: usize, position: usize, values: Vec<Held>, at: Vec<u32>) -> Self {
        let single = |held: Held| {
            let mut row = vec![None; width];
            if let Some(slot) = row.get_mut(position) {
                *slot = Some(held);
            }
            Offer { id: String::new(), held: row.into() }
        };
        Self { single: values.into_iter().map(single).collect(), at }
    }
}

impl Prepared<'_> {
    /// As [`Prepared::rank`], for a board compiled against the same dictionary.
    #[must_use]
    pub fn rank_board(&self, board: &Board, order: Order, limit: usize) -> Ranking {
        let standings = self.standings(board);
        let (matches, misses): (Vec<_>, Vec<_>) =
            standings.into_iter().enumerate().partition(|(_, standing)| standing.totals.matched);
        let matched = matches.len();
        Ranking {
            order,
            judged: board.offers.len(),
            matched,
            matches: self.best_of(matches, board, order, limit),
            near_misses: self.best_of(misses, board, order, limit),
        }
    }

    /// Sums up what each different promise adds.
    fn standings(&self, board: &Board) -> Vec<Standing> {
        let count = board.offers.len();
        let mut sums = vec![Part { admitted: true, short: 0, over: 0 }; count];
        let nothing = Offer { id: String::new(), held: Box::default() };
        for row in self.rows.iter().filter(|row| row.mode != Mode::BestEffort) {
            let part = |offer: &Offer| {
                let judged = row.judge(offer);
                let over = if row.counts_surplus { judged.over.unsigned_abs().into() } else { 0 };
                Part {
                    admitted: row.mode != Mode::Must || judged.verdict.is_met(),
                    short: row.weight * u128::from(judged.short.unsigned_abs()),
                    over: row.weight * over,
                }
            };
            let Some(lane) = board.lanes.get(row.item) else { continue };
            let absent = part(&nothing);
            let parts: Vec<Part> = lane.single.iter().map(part).collect();
            for (sum, place) in sums.iter_mut().zip(&lane.at) {
                let part = chosen(&parts, *place).unwrap_or(&absent);
                sum.admitted &= part.admitted;
                sum.short += part.short;
                sum.over += part.over;
            }
        }
        let prices = self.prices(board);
        let total = |(sum, (price, place)): (Part, (Option<Decimal>, Option<i64>))| Standing {
            totals: self.totals(sum.admitted, sum.short, sum.over, place),
            price,
        };
        sums.into_iter().zip(prices).map(total).collect()
    }

    /// Price of every offer, and its place on the scale.
    fn prices(&self, board: &Board) -> Vec<(Option<Decimal>, Option<i64>)> {
        let none = (None, None);
        let lane = self.dictionary.price().and_then(|price| Some((price, board.lanes.get(price)?)));
        let Some((price, lane)) = lane else { return vec![none; board.offers.len()] };
        let each = |offer: &Offer| match offer.held(price) {
            Some(Held::Number { value, u }) => (Some(*value), Some(*u)),
            _ => none,
        };
        let each: Vec<_> = lane.single.iter().map(each).collect();
        lane.at.iter().map(|place| chosen(&each, *place).copied().unwrap_or(none)).collect()
    }

    fn best_of(
        &self,
        mut found: Vec<(usize, Standing)>,
        board: &Board,
        order: Order,
        limit: usize,
    ) -> Vec<Ranked> {
        let id = |index: usize| board.offers.get(index).map_or("", Offer::id);
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
        let mut above: Option<&Offer> = None;
        let row = |(index, standing): (usize, Standing)| {
            let offer = board.offers.get(index);
            let stronger = match (above, offer) {
                (Some(above), Some(offer)) => self.stronger_and_not_dearer(offer, above),
                _ => false,
            };
            above = offer;
            Ranked {
                index,
                id: id(index).to_owned(),
                totals: standing.totals,
                stronger_than_above: stronger,
            }
        };
        found.into_iter().map(row).collect()
    }
}
