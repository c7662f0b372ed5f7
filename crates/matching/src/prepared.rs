//! A requirement compiled against a dictionary, and the judging of one offer.
//!
//! Containment compares raw values; distances are sums of integers. Judging an offer allocates
//! nothing. Leaves orders to `order`, lists to `rank` and words for people to `explain`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, Reason},
    item::{Dictionary, KindName},
    nano::{Nano, PICO_ONE, mean},
    requirement::{Asked, Mode, Requirement},
    value::{Held, Offer, hold},
    wanted::{Compared, Wanted, want},
    weights::whole_weights,
};

/// A requirement ready to judge any number of offers.
#[derive(Debug, Clone)]
pub struct Prepared<'d> {
    pub(crate) dictionary: Cow<'d, Dictionary>,
    pub(crate) requirement: Requirement,
    pub(crate) rows: Vec<Row>,
    /// Sum of the weights of all asked rows.
    pub(crate) asked: u128,
    /// Sum of the weights of the asked rows that count surplus.
    pub(crate) surplus: u128,
    /// Sum of the weights of the asked cost rows; `None` where cost is not asked.
    pub(crate) cost: Option<u128>,
}

/// One compiled row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) item: usize,
    pub(crate) mode: Mode,
    pub(crate) weight: u128,
    pub(crate) counts_surplus: bool,
    pub(crate) wanted: Option<Wanted>,
}

/// How one promise stands to what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As asked, or better where the item counts no surplus.
    Met,
    /// Short of what was asked, inside the tolerance.
    MetWithinTolerance,
    /// Promised, and not enough.
    Missed,
    /// No promise; said as such and never as "too low".
    NotPromised,
    /// More than was asked, on an item that counts surplus.
    Beyond,
}

impl Verdict {
    /// Whether a must with this verdict lets the offer match.
    #[must_use]
    pub const fn is_met(self) -> bool {
        matches!(self, Self::Met | Self::MetWithinTolerance | Self::Beyond)
    }
}

impl Prepared<'static> {
    /// As [`Prepared::new`], keeping the dictionary with the requirement.
    ///
    /// # Errors
    /// The first fault, with the position of the row and the field.
    pub fn owning(dictionary: Dictionary, requirement: &Requirement) -> Result<Self, Fault> {
        Self::with(Cow::Owned(dictionary), requirement)
    }
}

/// The judgement of one row: verdict and unweighted distances in 1e-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) short: i64,
    pub(crate) over: i64,
}

/// The judgement of one offer (`matching.md` 1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// All musts are met; decided on raw values, never on a distance.
    pub matched: bool,
    /// Weighted mean of what is missing, 0..1.
    pub shortfall: Nano,
    /// Weighted mean of what is promised beyond what was asked, 0..1.
    pub surplus: Nano,
    /// Surplus with price as one more axis, the third key of the balanced order, 0..1.
    pub balance: Nano,
}

impl<'d> Prepared<'d> {
    /// Checks and compiles a requirement.
    ///
    /// # Errors
    /// The first fault, with the position of the row and the field.
    pub fn new(dictionary: &'d Dictionary, requirement: &Requirement) -> Result<Self, Fault> {
        Self::with(Cow::Borrowed(dictionary), requirement)
    }

    fn with(dictionary: Cow<'d, Dictionary>, requirement: &Requirement) -> Result<Self, Fault> {
        let weights = whole_weights(&requirement.rows)?;
        let mut rows = Vec::with_capacity(requirement.rows.len());
        let (mut asked, mut surplus, mut cost) = (0, 0, None);
        for (index, (row, weight)) in requirement.rows.iter().zip(weights).enumerate() {
            let compiled = compile(&dictionary, index, row, weight)?;
            if row.mode != Mode::BestEffort {
                asked += weight;
                surplus += if compiled.counts_surplus { weight } else { 0 };
                if dictionary.is_cost(compiled.item) {
                    cost = Some(cost.unwrap_or(0) + weight);
                }
            }
            rows.push(compiled);
        }
        Ok(Self { dictionary, requirement: requirement.clone(), rows, asked, surplus, cost })
    }

    /// The requirement as it was given.
    #[must_use]
    pub const fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// The dictionary it was compiled against.
    #[must_use]
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// Judges one offer; allocates nothing.
    #[must_use]
    pub fn judge(&self, offer: &Offer) -> Totals {
        let (mut matched, mut short, mut over) = (true, 0_u128, 0_u128);
        for row in &self.rows {
            let judged = row.judge(offer);
            if row.mode == Mode::BestEffort {
                continue;
            }
            matched &= row.mode != Mode::Must || judged.verdict.is_met();
            short += row.weight * judged.short.unsigned_abs() as u128;
            if row.counts_surplus {
                over += row.weight * judged.over.unsigned_abs() as u128;
            }
        }
        let price = self.dictionary.price().and_then(|price| offer.held(price));
        let price = if let Some(Held::Number { u, .. }) = price { Some(*u) } else { None };
        self.totals(matched, short, over, price)
    }

    /// The distances of weighted sums in 1e-12; `price` is the place of the price, if it has one.
    pub(crate) fn totals(
        &self,
        matched: bool,
        short: u128,
        over: u128,
        price: Option<i64>,
    ) -> Totals {
        let dearness = (PICO_ONE - price.unwrap_or(0)).unsigned_abs() as u128;
        let (weight, of) = self.price_share();
        Totals {
            matched,
            shortfall: mean(short, self.asked),
            surplus: mean(over, self.surplus),
            // (1 - b) * surplus + b * p in whole numbers.
            balance: mean(over + weight * dearness, of),
        }
    }

    /// Weight of the price in the balance and the sum of all weights there: with cost asked, price
    /// is one more row of its weight; otherwise half of it all.
    pub(crate) fn price_share(&self) -> (u128, u128) {
        match self.cost {
            Some(cost) if self.surplus + cost > 0 => (cost, self.surplus + cost),
            _ if self.surplus > 0 => (self.surplus, 2 * self.surplus),
            _ => (1, 2),
        }
    }

    /// Whether the price is an item on which less is better, as prices are.
    pub(crate) fn lower_is_cheaper(&self) -> bool {
        let item = self.dictionary.price().and_then(|price| self.dictionary.items().get(price));
        item.is_some_and(|item| item.kind.name() == KindName::Lower)
    }

    /// Whether all musts are met.
    #[must_use]
    pub fn matches(&self, offer: &Offer) -> bool {
        self.rows.iter().all(|row| row.mode != Mode::Must || row.judge(offer).verdict.is_met())
    }

    /// The verdict on each row, in the order of the rows; allocates nothing.
    pub fn verdicts<'a>(&'a self, offer: &'a Offer) -> impl Iterator<Item = Verdict> + 'a {
        self.rows.iter().map(|row| row.judge(offer).verdict)
    }
}

impl Row {
    pub(crate) fn judge(&self, offer: &Offer) -> Judged {
        let held = offer.held(self.item);
        match (&self.wanted, held) {
            (_, None) => Judged { verdict: Verdict::NotPromised, short: PICO_ONE, over: 0 },
            (None, Some(_)) => Judged { verdict: Verdict::Met, short: 0, over: 0 },
            (Some(wanted), Some(held)) => self.weigh(wanted, held),
        }
    }

    /// Holds a promise against what the row asks.
    pub(crate) fn weigh(&self, wanted: &Wanted, held: &Held) -> Judged {
        let compared = wanted.compare(held);
        let verdict = match compared {
            Compared::Reached { stronger, .. } if stronger && self.counts_surplus => {
                Verdict::Beyond
            }
            Compared::Reached { .. } => Verdict::Met,
            Compared::Short { tolerated: true, .. } => Verdict::MetWithinTolerance,
            Compared::Short { tolerated: false, .. } => Verdict::Missed,
        };
        match compared {
            Compared::Reached { over, .. } => Judged { verdict, short: 0, over },
            Compared::Short { short, .. } => Judged { verdict, short, over: 0 },
        }
    }
}

fn compile(dictionary: &Dictionary, index: usize, row: &Asked, weight: u128) -> Result<Row, Fault> {
    let position = dictionary
        .position(&row.item)
        .ok_or_else(|| Fault::new(index, "item", Reason::UnknownItem(row.item.clone())))?;
    let wanted = match &row.value {
        Some(value) => {
            let held = hold(dictionary, position, value)
                .map_err(|reason| Fault::new(index, "value", reason))?;
            Some(want(dictionary, position, index, row.tolerance, held)?)
        }
        None if row.mode == Mode::BestEffort => None,
        None => return Err(Fault::new(index, "value", Reason::NoValue)),
    };
    let counts_surplus = dictionary
        .items()
        .get(position)
        .is_some_and(|item| item.surplus && item.kind.name() != KindName::SetAny);
    Ok(Row { item: position, mode: row.mode, weight, counts_surplus, wanted })
}
