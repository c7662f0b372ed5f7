//! From a place on a scale to a value that people would write: 4 h and not 3 h 58 min 12 s.
//!
//! The way back, from a value to its place, is the matcher's; a value made here is a decimal like any other.

use matching::{Kind, Range, Scale, Value};
use sla::{Decimal, Unit};

/// The smallest move of a corner by keyboard, as a part of the axis.
pub const STEP: f64 = 0.02;
/// The larger one.
pub const LEAP: f64 = 0.1;

/// The value at a place from 0 (worst) to 1 (best); `None` for sets, which have no places.
#[must_use]
pub fn value_at(kind: &Kind, unit: Unit, place: f64) -> Option<Value> {
    match kind {
        Kind::Higher(range) | Kind::Lower(range) => {
            Some(Value::Number(number_at(range, unit, place.clamp(0.0, 1.0))))
        }
        Kind::Level(levels) => {
            let last = levels.len().saturating_sub(1);
            let index = (place.clamp(0.0, 1.0) * last as f64 + 0.5) as usize;
            levels.get(index.min(last)).cloned().map(Value::Level)
        }
        _ => None,
    }
}

fn number_at(range: &Range, unit: Unit, place: f64) -> Decimal {
    if place <= 0.0 {
        return range.worst;
    }
    if place >= 1.0 {
        return range.best;
    }
    let (worst, best) = (float(range.worst), float(range.best));
    let value = match range.scale {
        Scale::Linear => worst + place * (best - worst),
        Scale::Log => worst * (place * (best / worst).ln()).exp(),
        Scale::Nines { whole } => {
            let all = float(whole);
            let (low, high) = (nines(worst / all), nines(best / all));
            // Rounded by what is missing: 99.94 % and 99.9994 %.
            let missing = (-(low + place * (high - low)) * std::f64::consts::LN_10).exp();
            return clamp(range, whole - digits(missing * all, 2));
        }
    };
    clamp(range, rounded(unit, value))
}

/// Nines of a share; all of it is as good as nine of them.
fn nines(share: f64) -> f64 {
    if share >= 1.0 { 9.0 } else { -(1.0 - share).ln() / std::f64::consts::LN_10 }
}

fn clamp(range: &Range, value: Decimal) -> Decimal {
    value.clamp(range.worst.min(range.best), range.worst.max(range.best)).normalize()
}

fn float(value: Decimal) -> f64 {
    value.mantissa() as f64 / 10_f64.powi(value.scale() as i32)
}

fn rounded(unit: Unit, value: f64) -> Decimal {
    match unit {
        Unit::Second => time(value),
        Unit::Millisecond => time(value / 1000.0) * Decimal::ONE_THOUSAND,
        Unit::Day if value < 1.0 => Decimal::new((value * 8.0 + 0.5) as i64 * 125, 3),
        Unit::Day if value < 10.0 => Decimal::new((value * 2.0 + 0.5) as i64 * 5, 1),
        Unit::Day if value >= 100.0 => Decimal::from((value / 5.0 + 0.5) as i64 * 5),
        Unit::Fraction if value > 0.05 => Decimal::new((value * 200.0 + 0.5) as i64 * 5, 3),
        _ => digits(value, 2),
    }
}

/// A length in seconds, even in the unit it would be said in.
fn time(seconds: f64) -> Decimal {
    // From that many seconds up, in steps of that many milliseconds.
    const STEPS: [(f64, i64); 9] = [
        (432_000.0, 86_400_000),
        (86_400.0, 43_200_000),
        (43_200.0, 1_800_000),
        (3_600.0, 900_000),
        (1_200.0, 300_000),
        (300.0, 60_000),
        (60.0, 30_000),
        (10.0, 1_000),
        (1.0, 100),
    ];
    match STEPS.iter().find(|(from, _)| seconds >= *from) {
        Some((_, step)) => {
            let count = (seconds * 1000.0 / *step as f64 + 0.5) as i64;
            Decimal::new(count * step, 3)
        }
        None => digits(seconds, 2),
    }
}

/// The nearest number with so many significant digits; 0 for what is not above 0.
fn digits(value: f64, count: i32) -> Decimal {
    // Beyond these no item has values, and the mantissa would not fit.
    if !(1e-15..1e15).contains(&value) {
        return Decimal::ZERO;
    }
    let (mut low, mut exponent) = (value, 0_i32);
    let (floor, ceiling) = (10_f64.powi(count - 1), 10_f64.powi(count));
    while low >= ceiling {
        low /= 10.0;
        exponent += 1;
    }
    while low < floor {
        low *= 10.0;
        exponent -= 1;
    }
    let mantissa = (low + 0.5) as i64;
    match u32::try_from(exponent) {
        Ok(up) => Decimal::from(mantissa.saturating_mul(10_i64.saturating_pow(up))),
        Err(_) => Decimal::new(mantissa, exponent.unsigned_abs()).normalize(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(scale: Scale, worst: &str, best: &str) -> Range {
        Range { scale, worst: worst.parse().unwrap(), best: best.parse().unwrap() }
    }

    #[test]
    fn places_become_values_that_people_write() {
        let hours = range(Scale::Log, "259200", "60");
        let shown = |place| {
            sla::format_number(
                Unit::Second,
                number_at(&hours, Unit::Second, place),
                sla::Locale::En,
            )
        };
        let all: Vec<String> = [0.0, 0.3, 0.5, 0.61, 0.85, 1.0].into_iter().map(shown).collect();
        assert_eq!(all, ["3 d", "5.75 h", "1 h", "25 min", "3.5 min", "1 min"]);
        let uptime = range(Scale::Nines { whole: Decimal::ONE }, "0.9", "0.99999");
        let percent = |place| {
            sla::format_number(
                Unit::Fraction,
                number_at(&uptime, Unit::Fraction, place),
                sla::Locale::En,
            )
        };
        let all: Vec<String> = [0.0, 0.33, 0.5, 0.8, 1.0].into_iter().map(percent).collect();
        assert_eq!(all, ["90 %", "99.52 %", "99.9 %", "99.9937 %", "99.999 %"]);
        let class = Kind::Level(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]);
        assert_eq!(value_at(&class, Unit::None, 0.4), Some(Value::level("b")));
    }

    #[test]
    fn every_number_of_the_registry_stays_on_its_scale() {
        for item in sla::registry().items() {
            let Some(bounds) = item.scale.bounds() else { continue };
            if !item.kind.is_number() {
                continue;
            }
            let scale = match bounds.curve {
                sla::Curve::Linear => Scale::Linear,
                sla::Curve::Log => Scale::Log,
                sla::Curve::Nines => Scale::Nines { whole: Decimal::ONE },
            };
            let range = Range { scale, worst: bounds.worst, best: bounds.best };
            let mut before: Option<Decimal> = None;
            for step in 0..=50 {
                let value = number_at(&range, item.unit, f64::from(step) / 50.0);
                let text = sla::format_number(item.unit, value, sla::Locale::En).replace(',', "");
                assert_eq!(
                    sla::parse_value(item, None, &text).unwrap().as_number(),
                    Some(value),
                    "{} {text}",
                    item.key
                );
                if let Some(before) = before {
                    let onward =
                        if bounds.best > bounds.worst { value >= before } else { value <= before };
                    assert!(onward, "{} goes back from {before} to {value}", item.key);
                }
                before = Some(value);
            }
        }
    }
}
