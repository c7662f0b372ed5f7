//! Single values with a required form: words, names, dates, countries, whole numbers.

use super::cursor::{At, Sink};
use crate::expected::Allowed;
use crate::fault::FaultCode;
use crate::nearest::nearest;
use crate::node::Node;
use crate::{COUNTRIES, Date, Expected, Text, Timestamp, code_point, is_unseen};
use rust_decimal::Decimal;

/// The longest text of a field, in characters; descriptions are the longest so far.
pub(crate) const MAX_TEXT: u32 = 4000;

/// Text that says something. Numbers are taken as written, so that a version may stand unquoted.
pub(crate) fn text(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    text_as(node, at, sink, &Expected::Text { most: MAX_TEXT }.into())
}

/// Text where `allowed` is expected; every fault says so.
fn text_as(node: &Node, at: &At<'_>, sink: &mut Sink, allowed: &Allowed) -> Option<String> {
    let text = match node {
        // Browsers send the line breaks of a form as CR LF.
        Node::Text(text) => text.replace("\r\n", "\n"),
        Node::Number(number) => number.text.clone(),
        other => return sink.wrong_type(at, other, allowed.clone()),
    };
    let readable = |c: char| !is_unseen(c) || matches!(c, '\n' | '\t');
    let mut fault =
        |code, found, message: String| sink.fault(at, code, found, allowed.clone(), message);
    if text.trim().is_empty() {
        return fault(FaultCode::EmptyText, None, "the text is empty".to_owned());
    }
    if text.chars().count() > MAX_TEXT as usize {
        let message = format!("the text is longer than {MAX_TEXT} characters");
        return fault(FaultCode::TextTooLong, Some(node), message);
    }
    if let Some(unseen) = text.chars().find(|c| !readable(*c)) {
        let name = code_point(unseen);
        let message = format!("the text holds the invisible character {name}");
        return fault(FaultCode::ControlCharacter, Some(&Node::text(name)), message);
    }
    Some(text)
}

/// Text of a required form.
pub(crate) fn formed(
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
    form: Expected,
    fits: impl FnOnce(&str) -> bool,
) -> Option<String> {
    let message = format!("expected {form}");
    let allowed = Allowed::from(form);
    let text = text_as(node, at, sink, &allowed)?;
    if fits(&text) {
        return Some(text);
    }
    sink.fault(at, FaultCode::WrongForm, Some(node), allowed, message)
}

/// A word of a closed list.
pub(crate) fn word<T>(
    words: &'static [&'static str],
    find: impl FnOnce(&str) -> Option<T>,
) -> impl FnOnce(&Node, &At<'_>, &mut Sink) -> Option<T> {
    move |node, at, sink| {
        let allowed: Vec<String> = words.iter().map(ToString::to_string).collect();
        let text = text_as(node, at, sink, &allowed.into())?;
        find(&text).or_else(|| {
            one_of(node, at, sink, FaultCode::UnknownWord, &text, words.iter().copied())
        })
    }
}

/// A word of a list that is known at run time only: faults of its type name the list too.
pub(crate) fn listed<'a>(
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
    words: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let allowed: Vec<String> = words.map(str::to_owned).collect();
    text_as(node, at, sink, &allowed.into())
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
    let allowed: Vec<String> = allowed.map(str::to_owned).collect();
    sink.fault(at, code, Some(node), allowed, message)
}

/// A whole number between two ends.
pub(crate) fn whole(min: u32, max: u32) -> impl Fn(&Node, &At<'_>, &mut Sink) -> Option<u32> {
    move |node, at, sink| {
        let expected = Expected::Whole { min, max };
        let number = match node {
            Node::Number(number) => {
                u32::try_from(number.value).ok().filter(|_| number.value.is_integer())
            }
            other => return sink.wrong_type(at, other, expected),
        };
        let message = format!("expected {expected}");
        number
            .filter(|number| (min..=max).contains(number))
            .or_else(|| sink.fault(at, FaultCode::OutOfRange, Some(node), expected, message))
    }
}

/// An exact number, written as a number or as text ("0.18").
pub(crate) fn decimal(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Decimal> {
    decimal_as(node, at, sink, Expected::Number)
}

/// An exact number where `expected` is; every fault says so.
pub(crate) fn decimal_as(
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
    expected: Expected,
) -> Option<Decimal> {
    match node {
        Node::Number(number) => Some(number.value),
        Node::Text(text) => crate::parse_decimal(text.trim()).or_else(|| {
            let message = "expected an exact number: digits with a point, no grouping";
            sink.fault(at, FaultCode::NotANumber, Some(node), expected, message)
        }),
        other => sink.wrong_type(at, other, expected),
    }
}

/// An exact number between two ends.
pub(crate) fn between(
    min: Decimal,
    max: Decimal,
) -> impl Fn(&Node, &At<'_>, &mut Sink) -> Option<Decimal> {
    move |node, at, sink| {
        let expected = Expected::Between { min, max };
        let number = decimal_as(node, at, sink, expected.clone())?;
        if number >= min && number <= max {
            return Some(number);
        }
        let message = format!("expected {expected}");
        sink.fault(at, FaultCode::OutOfRange, Some(node), expected, message)
    }
}

/// A percentile: above 0, up to 100; "p95" is read as 95.
pub(crate) fn percentile(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Decimal> {
    let number = match node {
        Node::Text(text) => crate::parse_decimal(text.strip_prefix(['p', 'P']).unwrap_or(text)),
        Node::Number(number) => Some(number.value),
        other => return sink.wrong_type(at, other, Expected::Percentile),
    };
    number.filter(|n| *n > Decimal::ZERO && *n <= Decimal::ONE_HUNDRED).or_else(|| {
        let message = "expected a percentile above 0 and up to 100";
        sink.fault(at, FaultCode::OutOfRange, Some(node), Expected::Percentile, message)
    })
}

pub(crate) fn boolean(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<bool> {
    match node {
        Node::Bool(yes) => Some(*yes),
        other => sink.wrong_type(at, other, Expected::YesNo),
    }
}

pub(crate) fn date(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Date> {
    let text = text_as(node, at, sink, &Expected::Date.into())?;
    Date::parse(&text).or_else(|| {
        let message = "expected a date such as 2026-03-31, 2026-03 or 2026";
        sink.fault(at, FaultCode::WrongForm, Some(node), Expected::Date, message)
    })
}

/// One day, not a month or a year.
pub(crate) fn day(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Date> {
    let read = date(node, at, sink)?;
    if read.is_one_day() {
        return Some(read);
    }
    let message = "expected a day such as 2026-03-31";
    sink.fault(at, FaultCode::WrongForm, Some(node), Expected::Day, message)
}

pub(crate) fn timestamp(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Timestamp> {
    let text = text_as(node, at, sink, &Expected::Moment.into())?;
    Timestamp::parse(&text).or_else(|| {
        let message = "expected a moment such as 2026-10-01T00:00:00+09:00";
        sink.fault(at, FaultCode::WrongForm, Some(node), Expected::Moment, message)
    })
}

/// ISO 3166-1 alpha-2.
pub(crate) fn country(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let text = text_as(node, at, sink, &Expected::Country.into())?;
    if COUNTRIES.contains(&text.as_str()) {
        return Some(text);
    }
    let upper = text.to_uppercase();
    let message = match upper.as_str() {
        "UK" => "unknown country; did you mean `GB`?".to_owned(),
        code if COUNTRIES.contains(&code) => format!("country codes are upper case: `{code}`"),
        _ => "unknown country: expected two letters of ISO 3166-1, such as JP".to_owned(),
    };
    sink.fault(at, FaultCode::UnknownMember, Some(node), Expected::Country, message)
}

/// A period such as `30min`, `24h`, `90d`, `1M` or `1Y`.
pub(crate) fn window(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    formed(node, at, sink, Expected::Period, |text| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let counted = (1..=4).contains(&digits) && !text.starts_with('0');
        counted && matches!(&text[digits..], "min" | "h" | "d" | "w" | "M" | "Y")
    })
}

/// An IANA time zone name, by form: the list of zones changes too often to be compiled in.
pub(crate) fn timezone(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    formed(node, at, sink, Expected::TimeZone, |text| {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-'))
        };
        text.len() <= 60 && text.split('/').all(part)
    })
}

/// 3 to 63 lower-case letters, digits and hyphens.
pub(crate) fn document_name(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    // The `e` of an unquoted number is an exponent, not a letter.
    let letters = matches!(node, Node::Text(_));
    let plain = |b: u8| b.is_ascii_digit() || b == b'-' || (letters && b.is_ascii_lowercase());
    formed(node, at, sink, Expected::Name, |text| {
        (3..=63).contains(&text.len()) && text.bytes().all(plain)
    })
}

/// A short technical name: letters, digits, `.`, `_`, `-`, `:`, `/`.
pub(crate) fn technical_name(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    formed(node, at, sink, Expected::TechnicalName, |text| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
        text.len() <= 100 && text.chars().all(plain)
    })
}

/// An address that a browser can open.
pub(crate) fn web_address(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    formed(node, at, sink, Expected::WebAddress, |text| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.starts_with('/') && !rest.is_empty())
            && !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>'))
    })
}

/// Words in at least one language.
pub(crate) fn words_for_people(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Text> {
    let Node::Map(entries) = node else {
        return sink.wrong_type(at, node, Expected::Texts);
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
            let found = Node::text(language.as_str());
            sink.fault::<()>(&at, FaultCode::WrongForm, Some(&found), Expected::Language, message);
        } else if let Some(text) = text(node, &at, sink) {
            words.0.insert(language.clone(), text);
        }
    }
    if entries.is_empty() {
        let message = "expected the text in at least one language";
        return sink.fault(at, FaultCode::Missing, None, Expected::Texts, message);
    }
    Some(words)
}
