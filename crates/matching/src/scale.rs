//! The map from a value to 0..1 on a fixed scale. Decides nothing: containment looks at raw values,
//! and what comes out here is only how far, never whether.
//!
//! The result is an integer of 1e-12. Linear scales never leave exact decimals; logarithms go
//! through `libm`, whose code is the same on every target, so server, browser and command line agree.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::{
    fault::Reason,
    item::{KindName, Range, Scale},
    nano::PICO_ONE,
};

/// A checked scale with its constants.
#[derive(Debug, Clone)]
pub(crate) enum Measure {
    Linear { worst: Decimal, span: Decimal },
    Log { worst: Decimal, log_span: f64 },
    Nines { whole: Decimal, worst: f64, span: f64 },
}

impl Measure {
    /// Checks the range and prepares its constants; the error names the field.
    pub(crate) fn new(range: &Range, kind: KindName) -> Result<Self, (&'static str, Reason)> {
        let (worst, best) = (range.worst, range.best);
        if worst == best {
            return Err(("best", Reason::WorstIsBest));
        }
        if (best > worst) != (kind == KindName::Higher) {
            return Err(("best", Reason::ScaleAgainstDirection(kind)));
        }
        match range.scale {
            Scale::Linear => Ok(Self::Linear {
                worst,
                span: best.checked_sub(worst).ok_or(("best", Reason::ScaleTooWide))?,
            }),
            Scale::Log => {
                let (low, high) = if worst < best { (worst, best) } else { (best, worst) };
                if low <= Decimal::ZERO {
                    let field = if low == worst { "worst" } else { "best" };
                    return Err((field, Reason::LogOfNothing));
                }
                let log_span = ln_ratio(high, low);
                Ok(Self::Log { worst, log_span: if worst < best { log_span } else { -log_span } })
            }
            Scale::Nines { whole } => {
                for (field, bound) in [("worst", worst), ("best", best)] {
                    if bound < Decimal::ZERO || bound >= whole {
                        return Err((field, Reason::NinesOfWhole(whole.to_string())));
                    }
                }
                let start = nines(worst, whole).unwrap_or(0.0);
                Ok(Self::Nines {
                    whole,
                    worst: start,
                    span: nines(best, whole).unwrap_or(0.0) - start,
                })
            }
        }
    }

    /// Where the value stands between worst (0) and best (`PICO_ONE`), clipped outside.
    pub(crate) fn position(&self, value: Decimal) -> i64 {
        match self {
            Self::Linear { worst, span } => linear(value, *worst, *span),
            Self::Log { worst, log_span } if value <= Decimal::ZERO => {
                // ln(0) is minus infinity: below every bound, so best where small is good, else worst.
                let _ = worst;
                if *log_span < 0.0 { PICO_ONE } else { 0 }
            }
            Self::Log { worst, log_span } => quantise(ln_ratio(value, *worst) / log_span),
            Self::Nines { whole, worst, span } => match nines(value, *whole) {
                Some(n) => quantise((n - worst) / span),
                // The whole promised: infinitely many nines.
                None if *span > 0.0 => PICO_ONE,
                None => 0,
            },
        }
    }
}

fn linear(value: Decimal, worst: Decimal, span: Decimal) -> i64 {
    let share = value.checked_sub(worst).and_then(|distance| distance.checked_div(span));
    match share {
        Some(share) if share <= Decimal::ZERO => 0,
        Some(share) if share >= Decimal::ONE => PICO_ONE,
        Some(share) => {
            let scaled = (share * Decimal::from(PICO_ONE))
                .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
            i64::try_from(scaled.mantissa() / 10_i128.pow(scaled.scale())).unwrap_or(PICO_ONE)
        }
        // Beyond 28 digits: the value is far outside the range on one of its sides.
        None if (value > worst) == (span > Decimal::ZERO) => PICO_ONE,
        None => 0,
    }
}

/// `ln(a / b)` for positive a and b; the quotient is taken in decimals so that units cancel exactly.
fn ln_ratio(a: Decimal, b: Decimal) -> f64 {
    match a.checked_div(b) {
        Some(quotient) if !quotient.is_zero() => libm::log(to_f64(quotient)),
        _ => libm::log(to_f64(a)) - libm::log(to_f64(b)),
    }
}

/// `-log10(1 - value / whole)`, or `None` where the whole (or more) is promised.
fn nines(value: Decimal, whole: Decimal) -> Option<f64> {
    let missing = whole.checked_sub(value)?.checked_div(whole)?;
    (missing > Decimal::ZERO).then(|| -libm::log10(to_f64(missing)))
}

fn quantise(share: f64) -> i64 {
    if share <= 0.0 {
        0
    } else if share >= 1.0 {
        PICO_ONE
    } else {
        // Rounded by hand because `f64::round` may call the platform's library.
        (share * 1e12 + 0.5) as i64
    }
}

/// The nearest float, by a conversion and one division that IEEE 754 fixes.
pub(crate) fn to_f64(value: Decimal) -> f64 {
    const POWERS: [f64; 29] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28,
    ];
    value.mantissa() as f64 / POWERS.get(value.scale() as usize).copied().unwrap_or(1e28)
}
