//! Single values with a required form: words, names, dates, countries, whole numbers.

use super::cursor::{At, Sink};
use crate::fault::FaultCode;
use crate::nearest::nearest;
use crate::node::Node;
use crate::{COUNTRIES, Date, Text, Timestamp};
use rust_decimal::Decimal;

/// The longest text of a field, in characters; descriptions are the longest so far.
const MAX_TEXT: usize = 4000;

/// Text that says something. Numbers are taken as written, so that a version may stand unquoted.
pub(crate) fn text(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let text = match node {
        // Browsers send the line breaks of a form as CR LF.
        Node::Text(text) => text.replace("\r\n", "\n"),
        Node::Number(number) => number.text.clone(),
        other => return sink.wrong_type(at, other, "text"),
    };
    let readable = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    let code = FaultCode::WrongForm;
    if text.trim().is_empty() {
        return sink.fault(at, code, None, Vec::new(), "the text is empty");
    }
    if text.chars().count() > MAX_TEXT {
        let message = format!("the text is longer than {MAX_TEXT} characters");
        return sink.fault(at, code, Some(node), Vec::new(), message);
    }
    if !text.chars().all(readable) {
        return sink.fault(at, code, None, Vec::new(), "the text holds control characters");
    }
    Some(text)
}

/// Text of a required form; `form` finishes "expected …".
pub(crate) fn formed(
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
    form: &str,
    fits: impl FnOnce(&str) -> bool,
) -> Option<String> {
    let text = text(node, at, sink)?;
    if fits(&text) {
        return Some(text);
    }
    let message = format!("expected {form}");
    sink.fault(at, FaultCode::WrongForm, Some(node), Vec::new(), message)
}

/// A word of a closed list.
pub(crate) fn word<T>(
    words: &'static [&'static str],
    find: impl FnOnce(&str) -> Option<T>,
) -> impl FnOnce(&Node, &At<'_>, &mut Sink) -> Option<T> {
    move |node, at, sink| {
        let text = text(node, at, sink)?;
        find(&text).or_else(|| {
            one_of(node, at, sink, FaultCode::UnknownWord, &text, words.iter().copied())
        })
    }
}

/// Reports a word outside a list, with the nearest one.
pub(crate) fn one_of<'a, T>(
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
    code: FaultCode,
    word: &str,
    allowed: impl Iterator<Item = &'a str> + Clone,
) -> Option<T> {
    let message = match nearest(word, allowed.clone()) {
        Some(meant) => format!("unknown word; did you mean `{meant}`?"),
        None => "unknown word".to_owned(),
    };
    sink.fault(at, code, Some(node), allowed.map(str::to_owned).collect(), message)
}

/// A whole number between two ends.
pub(crate) fn whole(min: u32, max: u32) -> impl Fn(&Node, &At<'_>, &mut Sink) -> Option<u32> {
    move |node, at, sink| {
        let number = match node {
            Node::Number(number) => {
                u32::try_from(number.value).ok().filter(|_| number.value.is_integer())
            }
            other => return sink.wrong_type(at, other, "a whole number"),
        };
        let message = format!("expected a whole number from {min} to {max}");
        number
            .filter(|number| (min..=max).contains(number))
            .or_else(|| sink.fault(at, FaultCode::OutOfRange, Some(node), Vec::new(), message))
    }
}

/// An exact number, written as a number or as text ("0.18").
pub(crate) fn decimal(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Decimal> {
    match node {
        Node::Number(number) => Some(number.value),
        Node::Text(text) => crate::parse_decimal(text.trim()).or_else(|| {
            let message = "expected an exact number: digits with a point, no grouping";
            sink.fault(at, FaultCode::NotANumber, Some(node), Vec::new(), message)
        }),
        other => sink.wrong_type(at, other, "a number"),
    }
}

/// An exact number between two ends.
pub(crate) fn between(
    min: Decimal,
    max: Decimal,
) -> impl Fn(&Node, &At<'_>, &mut Sink) -> Option<Decimal> {
    move |node, at, sink| {
        let number = decimal(node, at, sink)?;
        if number >= min && number <= max {
            return Some(number);
        }
        let message = format!("expected a number from {min} to {max}");
        sink.fault(at, FaultCode::OutOfRange, Some(node), Vec::new(), message)
    }
}

/// A percentile: above 0, up to 100; "p95" is read as 95.
pub(crate) fn percentile(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Decimal> {
    let number = match node {
        Node::Text(text) => crate::parse_decimal(text.strip_prefix(['p', 'P']).unwrap_or(text)),
        Node::Number(number) => Some(number.value),
        other => return sink.wrong_type(at, other, "a number"),
    };
    number.filter(|n| *n > Decimal::ZERO && *n <= Decimal::ONE_HUNDRED).or_else(|| {
        let message = "expected a percentile above 0 and up to 100";
        sink.fault(at, FaultCode::OutOfRange, Some(node), Vec::new(), message)
    })
}

pub(crate) fn boolean(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<bool> {
    match node {
        Node::Bool(yes) => Some(*yes),
        other => sink.wrong_type(at, other, "true or false"),
    }
}

pub(crate) fn date(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Date> {
    let text = text(node, at, sink)?;
    Date::parse(&text).or_else(|| {
        let message = "expected a date such as 2026-03-31, 2026-03 or 2026";
        sink.fault(at, FaultCode::WrongForm, Some(node), Vec::new(), message)
    })
}

pub(crate) fn timestamp(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Timestamp> {
    let text = text(node, at, sink)?;
    Timestamp::parse(&text).or_else(|| {
        let message = "expected a moment such as 2026-10-01T00:00:00+09:00";
        sink.fault(at, FaultCode::WrongForm, Some(node), Vec::new(), message)
    })
}

/// ISO 3166-1 alpha-2.
pub(crate) fn country(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let text = text(node, at, sink)?;
    if COUNTRIES.contains(&text.as_str()) {
        return Some(text);
    }
    let upper = text.to_uppercase();
    let message = match upper.as_str() {
        "UK" => "unknown country; did you mean `GB`?".to_owned(),
        code if COUNTRIES.contains(&code) => format!("country codes are upper case: `{code}`"),
        _ => "unknown country: expected two letters of ISO 3166-1, such as JP".to_owned(),
    };
    sink.fault(at, FaultCode::UnknownMember, Some(node), Vec::new(), message)
}

/// A period such as `30min`, `24h`, `90d`, `1M` or `1Y`.
pub(crate) fn window(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    formed(node, at, sink, "a period such as 24h, 90d, 1M or 1Y", |text| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let counted = (1..=4).contains(&digits) && !text.starts_with('0');
        counted && matches!(&text[digits..], "min" | "h" | "d" | "w" | "M" | "Y")
    })
}

/// An IANA time zone name, by form: the list of zones changes too often to be compiled in.
pub(crate) fn timezone(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    formed(node, at, sink, "a time zone such as Asia/Tokyo", |text| {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-'))
        };
        text.len() <= 60 && text.split('/').all(part)
    })
}

/// 3 to 63 lower-case letters, digits and hyphens.
pub(crate) fn document_name(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let form = "3 to 63 lower-case letters, digits and hyphens";
    formed(node, at, sink, form, |text| {
        (3..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

/// A short technical name: letters, digits, `.`, `_`, `-`, `:`, `/`.
pub(crate) fn technical_name(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let form = "up to 100 letters, digits and . _ - : /";
    formed(node, at, sink, form, |text| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
        text.len() <= 100 && text.chars().all(plain)
    })
}

/// An address that a browser can open.
pub(crate) fn web_address(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    formed(node, at, sink, "an address that begins with https:// or http://", |text| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.starts_with('/') && !rest.is_empty())
            && !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>'))
    })
}

/// Words in at least one language.
pub(crate) fn words_for_people(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Text> {
    let Node::Map(entries) = node else {
        return sink.wrong_type(
            at,
            node,
            "a mapping from language to text, such as {en: …, ja: …}",
        );
    };
    let mut words = Text::default();
    for (language, node) in entries {
        let at = at.field(language);
        let parts = language.split('-').enumerate();
        let tag = |(index, part): (usize, &str)| {
            let letters = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            letters
                && if index == 0 {
                    (2..=3).contains(&part.len())
                } else {
                    (1..=8).contains(&part.len())
                }
        };
        if !parts.clone().all(tag) || language.len() > 35 {
            let message = "expected a language tag such as en or ja";
            sink.fault::<()>(&at, FaultCode::WrongForm, None, Vec::new(), message);
        } else if let Some(text) = text(node, &at, sink) {
            words.0.insert(language.clone(), text);
        }
    }
    if entries.is_empty() {
        let message = "expected the text in at least one language";
        return sink.fault(at, FaultCode::Missing, None, Vec::new(), message);
    }
    Some(words)
}
