//! What one row asks, compiled, and how one promise compares with it.
//!
//! Whether is decided on raw values; how far is taken from the fixed scale.

use rust_decimal::Decimal;

use crate::{
    fault::{Fault, Reason},
    item::{Dictionary, Kind, Scale},
    members::Members,
    nano::PICO_ONE,
    requirement::Tolerance,
    value::{Held, expected},
};

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
    let (part, whole) = (part as u64, whole.max(1) as u64);
    let one = PICO_ONE.unsigned_abs();
    // 64 bits divide many times faster, and are enough for every set that somebody wrote.
    let twice = (2 * one).checked_mul(part).and_then(|twice| twice.checked_add(whole));
    let share = twice.map_or_else(
        || {
            let (part, whole) = (u128::from(part), u128::from(whole));
            let share = (2 * part * u128::from(one) + whole) / (2 * whole);
            u64::try_from(share).unwrap_or(one)
        },
        |twice| twice / (2 * whole),
    );
    i64::try_from(share.min(one)).unwrap_or(PICO_ONE)
}

/// `index / (count - 1)` in 1e-12; the only level of a list of one is the best.
pub(crate) fn level_position(index: usize, count: usize) -> i64 {
    if count < 2 { PICO_ONE } else { share(index, count - 1) }
}

/// Compiles an asked value with its tolerance; `index` is the row for faults.
pub(crate) fn want(
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
