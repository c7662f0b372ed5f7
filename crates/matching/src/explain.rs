//! Why an offer stands where it stands, row by row, and what would admit it.
//! Words and units are left to whoever shows it.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    item::{Kind, KindName},
    nano::Nano,
    note::Note,
    prepared::{Prepared, Totals, Verdict},
    profile::ProfileStanding,
    relax::Relaxation,
    requirement::{Mode, Tolerance},
    value::{Offer, Value},
};

/// One offer against one requirement, in full (`matching.md` 1.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Id of the offer.
    pub offer: String,
    /// Match flag and distances.
    pub totals: Totals,
    /// One entry per row of the requirement, in its order.
    pub rows: Vec<RowExplanation>,
    /// The smallest relaxation that would make a near miss match; empty for a match.
    pub relaxation: Vec<Relaxation>,
    /// How the offer stands in each profile that the need states, every day first; empty where only
    /// one was compiled.
    #[serde(default)]
    pub profiles: Vec<ProfileStanding>,
}

impl Explanation {
    /// The profile that a row belongs to and how firmly it is asked there. `None`: it is asked every
    /// day, or only one profile was compiled.
    #[must_use]
    pub fn other_time(&self, row: usize) -> Option<(sla::ProfileName, Mode)> {
        let (every_day, others) = self.profiles.split_first()?;
        if every_day.mode_of(row).is_some() {
            return None;
        }
        others.iter().find_map(|other| Some((other.profile, other.mode_of(row)?)))
    }
}

impl Explanation {
    /// The positions of the rows that keep the offer from matching: asked firmly, every day or at the
    /// time they belong to, and not met.
    pub fn missed(&self) -> impl Iterator<Item = usize> + '_ {
        self.rows.iter().enumerate().filter_map(|(at, row)| {
            let mode = self.other_time(at).map_or(row.mode, |(_, mode)| mode);
            let short = matches!(row.verdict, Verdict::Missed | Verdict::NotPromised);
            (short && mode == Mode::Must).then_some(at)
        })
    }
}

/// One row of the explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowExplanation {
    /// Item id.
    pub item: String,
    /// How firmly it was asked.
    pub mode: Mode,
    /// Weight as it was given.
    pub weight: Decimal,
    /// How the promise stands to what was asked.
    pub verdict: Verdict,
    /// Which way a number is compared: the ends of a range are asked in both. `None` for levels and sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// What was asked, unrelaxed.
    pub required: Option<Value>,
    /// By how much it may be missed.
    pub tolerance: Option<Tolerance>,
    /// What is promised; `None` is "not promised".
    pub promised: Option<Value>,
    /// What the document says where that is not what was compared: it does not count, or counts as something else.
    pub declared: Option<Value>,
    /// Why a declared value does not count as it stands, or how the promise came about.
    pub notes: Vec<Note>,
    /// Promise minus requirement, in the unit of the item.
    pub difference: Option<Difference>,
    /// This row's part of the shortfall; the parts add up to the total.
    pub shortfall_share: Nano,
    /// This row's part of the surplus; the parts add up to the total.
    pub surplus_share: Nano,
}

/// Which side of a number a promise has to be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Bound {
    /// The number or more.
    AtLeast,
    /// The number or less.
    AtMost,
}

impl RowExplanation {
    /// Whether it is asked against the order of the item, as the far end of a range is: a promise that
    /// misses it is not too weak but outside.
    #[must_use]
    pub fn is_far_end(&self, direction: sla::Direction) -> bool {
        matches!(
            (self.bound, direction),
            (Some(Bound::AtMost), sla::Direction::Higher)
                | (Some(Bound::AtLeast), sla::Direction::Lower)
        )
    }
}

/// Promise minus requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Difference {
    /// In the unit of the item.
    Number(Decimal),
    /// In steps of the list; negative is below what was asked.
    Steps(i64),
    /// For sets.
    Members {
        /// Asked and not promised, where that is short: nothing while one of several is enough and
        /// promised, and nothing where a promise may only not leave what is asked.
        missing: BTreeSet<String>,
        /// Promised and not asked.
        extra: BTreeSet<String>,
    },
}

impl Prepared<'_> {
    /// Explains one offer.
    #[must_use]
    pub fn explain(&self, offer: &Offer) -> Explanation {
        let totals = self.judge(offer);
        let judged: Vec<_> = self.rows.iter().map(|row| row.judge(offer)).collect();
        let weighted = |distance: fn(&crate::prepared::Judged) -> i64,
                        counts: &dyn Fn(usize) -> bool| {
            let part = |index: usize, weight: u128, judged| {
                if counts(index) { weight * u128::from(distance(judged).unsigned_abs()) } else { 0 }
            };
            self.rows
                .iter()
                .zip(&judged)
                .enumerate()
                .map(|(i, (row, j))| part(i, row.weight, j))
                .collect::<Vec<_>>()
        };
        let asked =
            |index: usize| self.rows.get(index).is_some_and(|row| row.mode != Mode::BestEffort);
        let surplus = |index: usize| {
            asked(index) && self.rows.get(index).is_some_and(|row| row.counts_surplus)
        };
        let short = shares(&weighted(|judged| judged.short, &asked), totals.shortfall);
        let over = shares(&weighted(|judged| judged.over, &surplus), totals.surplus);
        let rows = (self.requirement.rows.iter().zip(&self.rows))
            .zip(judged.iter().zip(short.into_iter().zip(over)))
            .map(|((row, compiled), (judged, (shortfall_share, surplus_share)))| {
                let promised = offer.promised(&self.dictionary, compiled.item);
                RowExplanation {
                    item: row.item.clone(),
                    mode: row.mode,
                    weight: row.weight,
                    verdict: judged.verdict,
                    bound: self.bound(compiled.item),
                    difference: self.difference(
                        compiled.item,
                        row.value.as_ref(),
                        promised.as_ref(),
                    ),
                    required: row.value.clone(),
                    tolerance: row.tolerance,
                    promised,
                    declared: None,
                    notes: Vec::new(),
                    shortfall_share,
                    surplus_share,
                }
            })
            .collect();
        Explanation {
            offer: offer.id.clone(),
            totals,
            rows,
            relaxation: self.smallest_relaxation(offer),
            profiles: Vec::new(),
        }
    }

    fn bound(&self, item: usize) -> Option<Bound> {
        match self.dictionary.items().get(item)?.kind {
            Kind::Higher(_) => Some(Bound::AtLeast),
            Kind::Lower(_) => Some(Bound::AtMost),
            _ => None,
        }
    }

    fn difference(
        &self,
        item: usize,
        required: Option<&Value>,
        promised: Option<&Value>,
    ) -> Option<Difference> {
        match (required?, promised?) {
            (Value::Number(required), Value::Number(promised)) => {
                promised.checked_sub(*required).map(Difference::Number)
            }
            (Value::Level(required), Value::Level(promised)) => {
                let labels = self.dictionary.items().get(item)?.kind.words();
                let index = |label: &String| {
                    labels.iter().position(|known| known == label).map(|index| index as i64)
                };
                Some(Difference::Steps(index(promised)? - index(required)?))
            }
            (Value::Set(required), Value::Set(promised)) => {
                let lacking = match self.dictionary.items().get(item)?.kind.name() {
                    KindName::SetWithin => false,
                    KindName::SetAny => required.is_disjoint(promised),
                    _ => true,
                };
                let missing = required.difference(promised).filter(|_| lacking);
                Some(Difference::Members {
                    missing: missing.cloned().collect(),
                    extra: promised.difference(required).cloned().collect(),
                })
            }
            _ => None,
        }
    }
}

/// Splits a rounded total in proportion to its parts so that the shares add up exactly: rounded
/// down, the rest to the largest remainders.
fn shares(parts: &[u128], total: Nano) -> Vec<Nano> {
    let sum: u128 = parts.iter().sum();
    if sum == 0 {
        return vec![Nano::ZERO; parts.len()];
    }
    // Shifted so that part * total fits; 60 bits of proportion are more than 1e-9 needs.
    let shift = (128 - sum.leading_zeros()).saturating_sub(90);
    let (sum, total) = ((sum >> shift).max(1), total.0.unsigned_abs() as u128);
    let scaled: Vec<u128> = parts.iter().map(|part| (part >> shift) * total).collect();
    let mut shares: Vec<i64> = scaled.iter().map(|scaled| (scaled / sum) as i64).collect();
    let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
    by_remainder.sort_by_key(|index| {
        std::cmp::Reverse(scaled.get(*index).map_or(0, |scaled| scaled % sum))
    });
    let mut rest = total as i64 - shares.iter().sum::<i64>();
    for index in by_remainder.into_iter().cycle().take(parts.len() * 2) {
        if rest > 0
            && parts.get(index).is_some_and(|part| *part > 0)
            && let Some(share) = shares.get_mut(index)
        {
            *share += 1;
            rest -= 1;
        }
    }
    shares.into_iter().map(Nano).collect()
}
