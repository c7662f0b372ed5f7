//! Numbers: bare, as text, and with a unit. Whether a number written as text is in range, and comes
//! out even in the base unit, is beyond a schema.

use super::parts::either;
use crate::{ItemDef, Unit};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Number, Value, json};

/// What `parse_decimal` reads, without the limit of 28 digits.
const NUMBER: &str = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?";
/// The same without an exponent.
const DIGITS: &str = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)";
/// Digits inside an ISO 8601 duration.
const PART: &str = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)";

/// An exact decimal as a JSON number.
pub(super) fn number(value: Decimal) -> Value {
    let whole = value.is_integer().then(|| value.to_i64()).flatten().map(Number::from);
    let number = whole.or_else(|| value.to_f64().and_then(Number::from_f64));
    number.map_or(Value::Null, Value::Number)
}

/// A number between two ends, or text that is a number.
pub(super) fn between(min: Decimal, max: Decimal) -> Value {
    let bare = json!({"type": "number", "minimum": number(min), "maximum": number(max)});
    either(vec![bare, text()])
}

/// Any number, or text that is one.
pub(super) fn any() -> Value {
    either(vec![json!({"type": "number"}), text()])
}

/// Whole steps, zero or more.
pub(super) fn steps() -> Value {
    either(vec![json!({"type": "integer", "minimum": 0}), text()])
}

/// Text that is a number.
pub(super) fn text() -> Value {
    json!({"type": "string", "pattern": format!(r"^\s*{NUMBER}\s*$")})
}

/// Text that is a number in digits.
pub(super) fn digits() -> Value {
    json!({"type": "string", "pattern": format!(r"^\s*{DIGITS}\s*$")})
}

/// A share of a whole: a fraction from 0 to 1, or text that may be a percentage.
pub(super) fn share() -> Value {
    with_unit(Unit::Fraction, Decimal::ZERO, Decimal::ONE)
}

/// A percentile: above 0, up to 100, or `p95`.
pub(super) fn percentile() -> Value {
    let bare = json!({"type": "number", "exclusiveMinimum": 0, "maximum": 100});
    either(vec![bare, json!({"type": "string", "pattern": format!("^[pP]?{NUMBER}$")})])
}

/// A value of a number item: in the base unit, or as text with a unit.
pub(super) fn of(item: &ItemDef) -> Value {
    let (min, max) = crate::read::value::limits(item);
    with_unit(item.unit, min, max)
}

/// Slack of a number item.
pub(super) fn slack(item: &ItemDef) -> Value {
    let (_, max) = crate::read::value::limits(item);
    with_unit(item.unit, Decimal::ZERO, max)
}

fn with_unit(unit: Unit, min: Decimal, max: Decimal) -> Value {
    let mut ways = vec![
        json!({"type": "number", "minimum": number(min), "maximum": number(max)}),
        json!({"type": "string", "pattern": pattern(unit)}),
    ];
    if unit.is_time() {
        ways.push(json!({"type": "string", "pattern": duration()}));
        ways.push(json!({"type": "string", "pattern": parts()}));
    }
    either(ways)
}

/// A number and, if need be, one of the unit's names.
fn pattern(unit: Unit) -> String {
    let names: Vec<String> = unit.names().into_iter().map(escaped).collect();
    format!(r"^\s*{NUMBER}\s*(?:{})?\s*$", names.join("|"))
}

/// Lengths of time that are added up, each unit at most once and the longest first: `4 h 30 min`.
fn parts() -> String {
    let part = |names: &[&str]| {
        let names: Vec<String> = names.iter().copied().map(escaped).collect();
        format!(r"(?:{PART}\s*(?:{})\s*)?", names.join("|"))
    };
    let parts: String = Unit::times().into_iter().map(part).collect();
    format!(r"^(?=.*[0-9])\s*{parts}$")
}

/// Weeks, days, hours, minutes and seconds of ISO 8601, in this order, at least one.
fn duration() -> String {
    let part = |letters: &str| format!("{PART}[{letters}]");
    let (w, d, h, m, s) = (part("Ww"), part("Dd"), part("Hh"), part("Mm"), part("Ss"));
    let days = format!("(?:{w}(?:{d})?|{d})");
    let clock = format!("[Tt](?:{h}(?:{m})?(?:{s})?|{m}(?:{s})?|{s})");
    format!(r"^\s*[Pp](?:{days}(?:{clock})?|{clock})\s*$")
}

/// The text with a backslash before every sign of a pattern.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(
            c,
            '.' | '*'
                | '+'
                | '?'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '|'
                | '^'
                | '$'
                | '\\'
                | '/'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
