//! What a JSON reader passes over in silence: a key that stands twice in one object, and digits of a
//! number that do not survive its way through a float. Both could change a ranking unseen.

use std::collections::BTreeSet;

use super::CaseFault;
use crate::value::pointer;

/// Significant digits that a number always keeps on its way through a float (IEEE 754 binary64).
const FLOAT_DIGITS: usize = 15;

/// An object or a list that is open.
struct Open {
    /// Keys so far; `None`: a list.
    keys: Option<BTreeSet<String>>,
    /// Where its present value is.
    place: String,
    index: usize,
}

/// Looks through a text that has already been read as JSON without a fault.
pub(super) fn check(json: &str) -> Result<(), CaseFault> {
    let mut open: Vec<Open> = Vec::new();
    let mut key_next = false;
    let mut at = 0;
    while let Some(byte) = json.as_bytes().get(at) {
        let end = match byte {
            b'"' => end_of_text(json, at),
            b'-' | b'0'..=b'9' => end_of_number(json, at),
            _ => at + 1,
        };
        let token = json.get(at..end).unwrap_or_default();
        match byte {
            b'{' | b'[' => {
                key_next = *byte == b'{';
                let keys = key_next.then(BTreeSet::new);
                open.push(Open { keys, place: "0".to_owned(), index: 0 });
            }
            b'}' | b']' => {
                open.pop();
            }
            b',' => key_next = next_value(&mut open),
            b':' => key_next = false,
            b'"' if key_next => key(&mut open, token)?,
            b'-' | b'0'..=b'9' => number(token).map_err(|why| CaseFault::new(path(&open), why))?,
            _ => {}
        }
        at = end;
    }
    Ok(())
}

/// Steps on; true where a key follows.
fn next_value(open: &mut [Open]) -> bool {
    let Some(inner) = open.last_mut() else { return false };
    inner.index += 1;
    if inner.keys.is_none() {
        inner.place = inner.index.to_string();
    }
    inner.keys.is_some()
}

fn key(open: &mut [Open], token: &str) -> Result<(), CaseFault> {
    // The text was read before, so its strings can be.
    let name: String = serde_json::from_str(token).unwrap_or_default();
    let Some(inner) = open.last_mut() else { return Ok(()) };
    inner.place = pointer(&name).to_string();
    let first = inner.keys.as_mut().is_none_or(|keys| keys.insert(name.clone()));
    if first {
        return Ok(());
    }
    Err(CaseFault::new(path(open), format!("the key {name:?} stands twice; leave one of them")))
}

fn number(token: &str) -> Result<(), String> {
    let exact = token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok();
    let mantissa = token.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if exact || digits.trim_start_matches('0').len() <= FLOAT_DIGITS {
        return Ok(());
    }
    Err(format!(
        "the number {token} has more than {FLOAT_DIGITS} digits, of which some would be lost; write \
         it as a string: \"{token}\""
    ))
}

fn path(open: &[Open]) -> String {
    open.iter().map(|level| format!("/{}", level.place)).collect()
}

/// Behind the closing quotation mark.
fn end_of_text(json: &str, at: usize) -> usize {
    let mut escaped = false;
    let inside = json.bytes().skip(at + 1).position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    inside.map_or(json.len(), |length| at + length + 2)
}

fn end_of_number(json: &str, at: usize) -> usize {
    let of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    at + json.as_bytes().iter().skip(at).take_while(|byte| of_number(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(json: &str) -> String {
        check(json).unwrap_err().to_string()
    }

    #[test]
    fn a_key_that_stands_twice_is_told_at_its_place() {
        let json = r#"{"a": [{"b": 1}, {"b": 1, "c": {}, "b": 2}]}"#;
        assert_eq!(told(json), "/a/1/b: the key \"b\" stands twice; leave one of them");
        // The same key, written in two ways; and beside it one that needs an escape.
        assert!(told(r#"{"x/y": {"u": 1, "\u0075": 2}}"#).starts_with("/x~1y/u: "));
        check(r#"{"a": {"b": 1}, "b": {"a": "b\", \"a"}, "c": ["a", "a"]}"#).unwrap();
    }

    #[test]
    fn digits_that_a_float_would_lose_are_told() {
        let told = told(r#"{"offers": [{"values": {"u": 99.89999999999999999999}}]}"#);
        assert!(told.starts_with("/offers/0/values/u: the number 99.899"), "{told}");
        assert!(told.ends_with("\"99.89999999999999999999\""), "{told}");
        for lost in ["0.12345678901234567", "-99.95000000000000001", "123456789012345678901"] {
            assert!(check(lost).is_err(), "{lost}");
        }
        for kept in
            ["0.000000123456789012345", "9223372036854775807", "-1.5e-3", "18446744073709551615"]
        {
            check(kept).unwrap();
        }
        check(r#"{"text": "99.89999999999999999999"}"#).unwrap();
    }

    proptest! {
        #[test]
        fn what_serde_json_prints_passes_unless_its_numbers_are_long(
            text in any::<String>(), key in any::<String>(), number in any::<i64>(),
        ) {
            let printed = serde_json::json!({ key: [text, number, {"a": null}] }).to_string();
            prop_assert_eq!(check(&printed), Ok(()));
        }
    }
}
