//! JSON for hashing and signing: the JSON Canonicalization Scheme (RFC 8785).
//!
//! Keys are sorted by UTF-16 code units, strings escape no more than they must, numbers are written
//! as ECMAScript writes doubles. A number that no double holds exactly becomes a string of its digits,
//! as RFC 8785 (section 3.1) and RFC 7493 (section 2.2) ask for; reading takes both.

use crate::node::Node;
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::fmt::Write as _;

pub(super) fn canonical(node: &Node) -> String {
    let mut out = String::new();
    print(node, &mut out);
    out
}

fn print(node: &Node, out: &mut String) {
    match node {
        Node::Null => out.push_str("null"),
        Node::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Node::Number(exact) => number(exact.value, out),
        Node::Text(text) => quote(text, out),
        Node::List(nodes) => {
            out.push('[');
            for (index, node) in nodes.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                print(node, out);
            }
            out.push(']');
        }
        Node::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by(|(left, _), (right, _)| by_utf16(left, right));
            out.push('{');
            for (index, (name, node)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(name, out);
                out.push(':');
                print(node, out);
            }
            out.push('}');
        }
    }
}

/// Bytes of UTF-8 sort the characters above U+FFFF last, code units of UTF-16 do not.
fn by_utf16(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn number(value: Decimal, out: &mut String) {
    let value = value.normalize();
    if value.is_zero() {
        out.push('0');
        return;
    }
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let all = format!("{whole}{fraction}");
    let leading = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_matches('0');
    // The number is 0.DIGITS times ten to the power of `point`; both are below 60.
    let point = signed(whole.len()) - signed(leading);
    if !is_double(&text, digits, point) {
        let sign = if value.is_sign_negative() { "-" } else { "" };
        quote(&format!("{sign}{text}"), out);
        return;
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    ecmascript(digits, point, out);
}

fn signed(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// Whether the double nearest to the number is written with exactly these digits. A double keeps any
/// 15 digits; beyond that the standard library's shortest form decides, which is ECMAScript's too.
fn is_double(text: &str, digits: &str, point: i32) -> bool {
    if digits.len() <= 15 {
        return true;
    }
    let Ok(double) = text.parse::<f64>() else { return false };
    let shortest = format!("{double:e}");
    let Some((mantissa, exponent)) = shortest.split_once('e') else { return false };
    mantissa.replace('.', "") == digits && exponent.parse::<i32>() == Ok(point - 1)
}

/// `Number::toString` of ECMA-262, section 6.1.6.1.20.
fn ecmascript(digits: &str, point: i32, out: &mut String) {
    let length = signed(digits.len());
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    match point {
        _ if length <= point && point <= 21 => {
            out.push_str(digits);
            out.push_str(&zeros(point - length));
        }
        1..=21 => {
            let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
            let _ = write!(out, "{whole}.{fraction}");
        }
        -5..=0 => {
            let _ = write!(out, "0.{}{digits}", zeros(-point));
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            let _ = write!(out, "{first}{dot}{rest}e{:+}", point - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_decimal;
    use proptest::prelude::*;

    fn printed(text: &str) -> String {
        canonical(&Node::number(parse_decimal(text).unwrap()))
    }

    #[test]
    fn numbers_are_written_as_ecmascript_writes_doubles() {
        // The ends of each form of RFC 8785, appendix B, as far as exact decimals reach.
        for (number, text) in [
            ("0", "0"),
            ("-0", "0"),
            ("1", "1"),
            ("-1.50", "-1.5"),
            ("0.999", "0.999"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("0.00000012", "1.2e-7"),
            ("9007199254740992", "9007199254740992"),
            ("100000000000000000000", "100000000000000000000"),
            ("1000000000000000000000", "1e+21"),
            ("1250000000000000000000", "1.25e+21"),
            ("333333333.3333332", "333333333.3333332"),
        ] {
            assert_eq!(printed(number), text, "{number}");
        }
    }

    #[test]
    fn numbers_that_no_double_holds_become_text() {
        for number in ["9007199254740993", "0.99999999999999999", "-0.1234567890123456789"] {
            assert_eq!(printed(number), format!("\"{number}\""));
        }
    }

    #[test]
    fn keys_are_sorted_by_utf16_and_strings_are_escaped_no_more_than_needed() {
        // The example of RFC 8785, section 3.2.3.
        let names = ["\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}"];
        let map = Node::Map(names.iter().map(|name| ((*name).to_owned(), Node::Null)).collect());
        assert_eq!(
            canonical(&map),
            "{\"\\r\":null,\"1\":null,\"\u{80}\":null,\"\u{f6}\":null,\"\u{20ac}\":null,\"\u{1f600}\":null,\"\u{fb33}\":null}"
        );
        let text = Node::text("\u{20ac}$\u{f}\nA'\u{42}\u{22}\u{5c}\\\"/\u{2028}\u{7f}");
        assert_eq!(canonical(&text), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{2028}\u{7f}\"");
    }

    proptest! {
        #[test]
        fn numbers_read_back_and_are_doubles(mantissa in any::<i64>(), scale in 0_u32..=28) {
            let exact = Decimal::from_i128_with_scale(i128::from(mantissa), scale).normalize();
            let text = canonical(&Node::number(exact));
            prop_assert_eq!(parse_decimal(text.trim_matches('"')), Some(exact));
            if !text.starts_with('"') {
                let double: f64 = text.parse().unwrap();
                let read: f64 = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(read.to_bits(), double.to_bits());
                prop_assert_eq!(parse_decimal(&double.to_string()), Some(exact));
            }
        }
    }
}
