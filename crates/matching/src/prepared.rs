//! A requirement compiled against a dictionary, and the judging of one offer.
//!
//! Containment compares raw values; distances are sums of integers. Judging an offer allocates
//! nothing. Leaves orders to `order`, lists to `rank` and words for people to `explain`.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, Reason},
    item::{Dictionary, Kind, KindName, Scale},
    members::Members,
    nano::{Nano, PICO_ONE, mean},
    requirement::{Asked, Mode, Requirement, Tolerance},
    value::{Held, Offer, expected, hold},
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

/// What a row asks, in the form that is compared.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    Higher { asked: Decimal, relaxed: Decimal, u: i64 },
    Lower { asked: Decimal, relaxed: Decimal, u: i64 },
    Level { asked: usize, relaxed: usize, u: i64 },
    Includes { asked: Members, elsewhere: usize },
    Within { asked: Members, elsewhere: usize },
    Any { asked: Members },
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
        Totals {
            matched,
            shortfall: mean(short, self.asked),
            surplus: mean(over, self.surplus),
            balance: self.balance(offer, over),
        }
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

    /// `(1 - b) * surplus + b * p` in whole numbers: with cost asked, price is one more row of its weight.
    fn balance(&self, offer: &Offer, over: u128) -> Nano {
        let dearness = match self.dictionary.price().map(|price| offer.held(price)) {
            Some(Some(Held::Number { u, .. })) => PICO_ONE - u,
            _ => PICO_ONE,
        }
        .unsigned_abs() as u128;
        match self.cost {
            Some(cost) if self.surplus + cost > 0 => {
                mean(over + cost * dearness, self.surplus + cost)
            }
            _ if self.surplus > 0 => mean(over + self.surplus * dearness, 2 * self.surplus),
            _ => mean(dearness, 2),
        }
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

    fn weigh(&self, wanted: &Wanted, held: &Held) -> Judged {
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

/// A promise held against what is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Compared {
    /// Meets the unrelaxed requirement; `over` in 1e-12.
    Reached { stronger: bool, over: i64 },
    /// Does not; `short` in 1e-12.
    Short { tolerated: bool, short: i64 },
}

impl Wanted {
    pub(crate) fn compare(&self, held: &Held) -> Compared {
        match (self, held) {
            (Self::Higher { asked, relaxed, u }, Held::Number { value, u: promised }) => {
                line(value >= asked, value > asked, value >= relaxed, *u, *promised)
            }
            (Self::Lower { asked, relaxed, u }, Held::Number { value, u: promised }) => {
                line(value <= asked, value < asked, value <= relaxed, *u, *promised)
            }
            (
                Self::Level { asked, relaxed, u },
                Held::Level { index: Some(index), u: promised, .. },
            ) => line(index >= asked, index > asked, index >= relaxed, *u, *promised),
            (Self::Includes { asked, elsewhere }, Held::Set(set)) => match asked.outside(set) {
                0 => reached(set.outside(asked), *elsewhere),
                missing => Compared::Short { tolerated: false, short: share(missing, asked.len()) },
            },
            (Self::Within { asked, elsewhere }, Held::Set(set)) if !set.is_empty() => match set
                .outside(asked)
            {
                0 => reached(asked.outside(set), asked.len()),
                strays => Compared::Short { tolerated: false, short: share(strays, *elsewhere) },
            },
            (Self::Any { asked }, Held::Set(set)) if asked.meets(set) => {
                Compared::Reached { stronger: false, over: 0 }
            }
            // A label outside the dictionary, an empty location set, sets that do not meet.
            _ => Compared::Short { tolerated: false, short: PICO_ONE },
        }
    }
}

fn line(reached: bool, stronger: bool, tolerated: bool, asked: i64, promised: i64) -> Compared {
    if reached {
        Compared::Reached { stronger, over: promised - asked }
    } else {
        Compared::Short { tolerated, short: asked - promised }
    }
}

fn reached(extra: usize, of: usize) -> Compared {
    Compared::Reached { stronger: extra > 0, over: share(extra, of) }
}

/// `part / max(1, whole)`, at most 1, in 1e-12.
fn share(part: usize, whole: usize) -> i64 {
    let (part, whole) = (part as i128, whole.max(1) as i128);
    let one = i128::from(PICO_ONE);
    i64::try_from(((2 * part * one + whole) / (2 * whole)).min(one)).unwrap_or(PICO_ONE)
}

/// `index / (count - 1)` in 1e-12; the only level of a list of one is the best.
pub(crate) fn level_position(index: usize, count: usize) -> i64 {
    if count < 2 { PICO_ONE } else { share(index, count - 1) }
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

fn want(
    dictionary: &Dictionary,
    position: usize,
    index: usize,
    tolerance: Option<Tolerance>,
    held: Held,
) -> Result<Wanted, Fault> {
    let Some(item) = dictionary.items().get(position) else {
        return Err(Fault::new(index, "item", Reason::UnknownItem(position.to_string())));
    };
    let tolerance = check_tolerance(&item.kind, tolerance)
        .map_err(|(field, reason)| Fault::new(index, field, reason))?;
    let elsewhere =
        |asked: &Members, universe: &[String]| asked.universe_outside(universe.len()).max(1);
    match (&item.kind, held) {
        (Kind::Higher(_), Held::Number { value, u }) => Ok(Wanted::Higher {
            asked: value,
            relaxed: value.saturating_sub(slack(value, tolerance)),
            u,
        }),
        (Kind::Lower(_), Held::Number { value, u }) => Ok(Wanted::Lower {
            asked: value,
            relaxed: value.saturating_add(slack(value, tolerance)),
            u,
        }),
        (Kind::Level(_), Held::Level { index: Some(asked), u, .. }) => {
            let steps =
                if let Some(Tolerance::Steps(steps)) = tolerance { steps as usize } else { 0 };
            Ok(Wanted::Level { asked, relaxed: asked.saturating_sub(steps), u })
        }
        (Kind::Level(labels), Held::Level { label, .. }) => Err(Fault::new(
            index,
            "value",
            Reason::UnknownLevel(label.to_string(), labels.join(", ")),
        )),
        (Kind::SetIncludes(universe), Held::Set(asked)) => {
            Ok(Wanted::Includes { elsewhere: elsewhere(&asked, universe), asked })
        }
        (Kind::SetWithin(universe), Held::Set(asked)) => {
            Ok(Wanted::Within { elsewhere: elsewhere(&asked, universe), asked })
        }
        (Kind::SetAny(_), Held::Set(asked)) => Ok(Wanted::Any { asked }),
        (kind, _) => {
            Err(Fault::new(index, "value", Reason::WrongValue(kind.name(), expected(kind.name()))))
        }
    }
}

/// How far the bound moves, in the unit of the item.
fn slack(value: Decimal, tolerance: Option<Tolerance>) -> Decimal {
    match tolerance {
        Some(Tolerance::Abs(by)) => by,
        Some(Tolerance::Rel(fraction)) => value.abs().checked_mul(fraction).unwrap_or(Decimal::MAX),
        Some(Tolerance::Steps(_)) | None => Decimal::ZERO,
    }
}

fn check_tolerance(
    kind: &Kind,
    tolerance: Option<Tolerance>,
) -> Result<Option<Tolerance>, (&'static str, Reason)> {
    let Some(tolerance) = tolerance else { return Ok(None) };
    let field = match tolerance {
        Tolerance::Abs(_) => "tolerance/abs",
        Tolerance::Rel(_) => "tolerance/rel",
        Tolerance::Steps(_) => "tolerance/steps",
    };
    let fits = match (kind, tolerance) {
        (Kind::Higher(range) | Kind::Lower(range), Tolerance::Rel(_))
            if matches!(range.scale, Scale::Nines { .. }) =>
        {
            return Err((field, Reason::RelativeOnNines));
        }
        (Kind::Higher(_) | Kind::Lower(_), Tolerance::Abs(by) | Tolerance::Rel(by)) => {
            if by < Decimal::ZERO {
                return Err((field, Reason::NegativeTolerance));
            }
            true
        }
        (Kind::Level(_), Tolerance::Steps(_)) => true,
        _ => false,
    };
    let allowed = match kind {
        Kind::Higher(_) | Kind::Lower(_) => "an absolute or a relative tolerance",
        Kind::Level(_) => "a tolerance in steps",
        Kind::SetIncludes(_) | Kind::SetWithin(_) | Kind::SetAny(_) => "no tolerance",
    };
    if fits {
        Ok(Some(tolerance))
    } else {
        Err((field, Reason::WrongTolerance(kind.name(), allowed)))
    }
}
