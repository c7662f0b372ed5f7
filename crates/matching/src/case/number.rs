//! Decimal numbers as case files write them.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::Value;

/// An exact decimal from a string or a JSON number.
pub(crate) fn decimal(value: &Value) -> Result<Decimal, String> {
    match value {
        Value::String(text) => parse(text),
        // `strict` has made sure that no digit was lost.
        Value::Number(number) => parse(&number.to_string()),
        other => Err(format!("{other} is no decimal number, such as 99.95 or \"99.95\"")),
    }
}

/// An exact decimal from text such as `99.95` or `1e-3`; never rounds.
pub(crate) fn parse(text: &str) -> Result<Decimal, String> {
    let refuse = || {
        format!("{text:?} is no decimal number; allowed: at most 28 digits, such as 99.95 or 1e-3")
    };
    let trimmed = text.trim();
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    if trimmed.is_empty() || !trimmed.chars().all(allowed) {
        return Err(refuse());
    }
    match trimmed.split_once(['e', 'E']) {
        None => Decimal::from_str_exact(trimmed).map_err(|_| refuse()),
        Some((mantissa, exponent)) => {
            let number = Decimal::from_str_exact(mantissa).map_err(|_| refuse())?;
            let exponent = i32::from_str(exponent).map_err(|_| refuse())?;
            shift(number, exponent).ok_or_else(refuse)
        }
    }
}

/// `number * 10^exponent`, or `None` where digits would be lost.
fn shift(number: Decimal, exponent: i32) -> Option<Decimal> {
    let scale = i64::from(number.scale()) - i64::from(exponent);
    if scale >= 0 {
        Decimal::try_from_i128_with_scale(number.mantissa(), u32::try_from(scale).ok()?).ok()
    } else {
        let factor = 10_i128.checked_pow(u32::try_from(-scale).ok()?)?;
        Decimal::try_from_i128_with_scale(number.mantissa().checked_mul(factor)?, 0).ok()
    }
}
