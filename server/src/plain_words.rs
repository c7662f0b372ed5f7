//! What serde says of a value it cannot take, in the words of who wrote the value: the one place for
//! bodies of the API and for the settings file. Names of Rust's types stay inside.

/// What is said of a word of a list that is not known here.
const LISTED: &str = "a word of the list that belongs here";

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A field that has to be there is not.
    Missing,
    /// A field that nobody reads.
    Unknown,
    /// A field that is given twice.
    Repeated,
    /// A value that the field does not take.
    Value,
}

/// One fault, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// What is wrong.
    pub kind: Kind,
    /// The field that is missing, unknown or repeated; else what was found. May be empty.
    pub found: String,
    /// What is allowed: a phrase, or the words of a list.
    pub allowed: String,
}

impl Misfit {
    /// One English sentence, lower case, without a full stop.
    pub fn message(&self) -> String {
        let Self { kind, found, allowed } = self;
        match kind {
            Kind::Missing => format!("the field {found} is missing"),
            Kind::Unknown => match meant(found, allowed) {
                Some(near) => format!("there is no field {found} here; did you mean {near}?"),
                None => format!("there is no field {found} here"),
            },
            Kind::Repeated => format!("the field {found} is given twice"),
            Kind::Value => format!("expected {allowed}"),
        }
    }
}

/// The word of a list that was probably meant.
pub(crate) fn meant<'a>(word: &str, list: &'a str) -> Option<&'a str> {
    sla::nearest(word, list.split(", "))
}

/// Reads the sentence of serde, without what its format adds (`at line 1 column 2`).
pub(crate) fn misfit(message: &str) -> Misfit {
    let sentence = without_place(message);
    let field = |rest: &str| rest.split('`').nth(1).unwrap_or_default().to_owned();
    let made =
        |kind, found: String, allowed: &str| Misfit { kind, found, allowed: allowed.to_owned() };
    if let Some(rest) = sentence.strip_prefix("missing field ") {
        return made(Kind::Missing, field(rest), "a value");
    }
    if let Some(rest) = sentence.strip_prefix("duplicate field ") {
        return made(Kind::Repeated, field(rest), "each field once");
    }
    if let Some(rest) = sentence.strip_prefix("unknown field ") {
        return made(Kind::Unknown, field(rest), &list(rest, "no fields"));
    }
    if let Some(rest) = sentence.strip_prefix("unknown variant ") {
        return made(Kind::Value, field(rest), &list(rest, "nothing"));
    }
    // What was found may hold any words, so the last ones count.
    let Some((start, expected)) = sentence.rsplit_once(", expected ") else {
        return made(Kind::Value, String::new(), self_read(sentence));
    };
    let kinds = ["invalid type: ", "invalid value: ", "invalid length "];
    let found = kinds.iter().find_map(|kind| start.strip_prefix(kind)).unwrap_or(start);
    made(Kind::Value, said(found), &wanted(expected))
}

/// What a type that reads itself takes, in its own words; of a list of words serde_json says nothing.
fn self_read(sentence: &str) -> &str {
    if sentence == "expected value" { LISTED } else { sentence }
}

/// The sentence without the place that serde_json writes behind it.
fn without_place(message: &str) -> &str {
    let message = message.trim();
    match message.rsplit_once(" at line ") {
        Some((sentence, place)) if place.split(' ').next().is_some_and(is_number) => sentence,
        _ => message,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The names in ticks behind the first, which is what was found.
fn list(rest: &str, none: &str) -> String {
    let names: Vec<&str> = rest.split('`').skip(3).step_by(2).collect();
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}

/// What was found: `string "x"`, ``integer `5` ``, `sequence`.
fn said(found: &str) -> String {
    if let Some(text) = found.strip_prefix("string ") {
        return text.to_owned();
    }
    for kind in ["integer ", "floating point ", "boolean ", "character "] {
        if let Some(value) = found.strip_prefix(kind) {
            return value.trim_matches('`').to_owned();
        }
    }
    match found {
        "null" | "unit value" | "Option value" => "null".to_owned(),
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        length if is_number(length) => format!("{length} entries"),
        other => other.to_owned(),
    }
}

/// What serde expects, by the name of its type or the phrase of its reader.
fn wanted(expected: &str) -> String {
    let from = |least: i64, most: u64| format!("a whole number from {least} to {most}");
    match expected {
        "i64" | "isize" | "i128" => "a whole number".to_owned(),
        "u64" | "usize" | "u128" => "a whole number, 0 or more".to_owned(),
        "i8" => from(i8::MIN.into(), 127),
        "i16" => from(i16::MIN.into(), 32_767),
        "i32" => from(i32::MIN.into(), 2_147_483_647),
        "u8" => from(0, u8::MAX.into()),
        "u16" => from(0, u16::MAX.into()),
        "u32" => from(0, u32::MAX.into()),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a character" => "one character".to_owned(),
        "a sequence" => "a list".to_owned(),
        "unit" | "null" => "null".to_owned(),
        "socket address" => "an address and a port, such as 127.0.0.1:7600".to_owned(),
        map if map == "a map" || map.starts_with("struct ") => "an object".to_owned(),
        word if word.starts_with("enum ") || word.contains("string or ") => LISTED.to_owned(),
        text if text.contains("string") => "text".to_owned(),
        several if several.contains('`') => list(&format!("``{several}"), "nothing"),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Order {
        count: i64,
        room: u16,
        share: f64,
        open: bool,
        note: String,
        list: Vec<String>,
        map: BTreeMap<String, String>,
        inner: Option<Box<Order>>,
        size: Size,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }

    fn of(json: &str) -> (Kind, String, String) {
        let message = serde_json::from_str::<Order>(json).unwrap_err().to_string();
        let Misfit { kind, found, allowed } = misfit(&message);
        (kind, found, allowed)
    }

    #[test]
    fn every_type_is_said_in_plain_words() {
        for (json, found, allowed) in [
            (
                r#"{"count": "x, expected y at line 3"}"#,
                r#""x, expected y at line 3""#,
                "a whole number",
            ),
            (r#"{"count": 1.5}"#, "1.5", "a whole number"),
            (r#"{"count": null}"#, "null", "a whole number"),
            (r#"{"room": 70000}"#, "70000", "a whole number from 0 to 65535"),
            (r#"{"room": -1}"#, "-1", "a whole number from 0 to 65535"),
            (r#"{"share": []}"#, "a list", "a number"),
            (r#"{"open": "yes"}"#, "\"yes\"", "true or false"),
            (r#"{"note": 7}"#, "7", "text"),
            (r#"{"note": true}"#, "true", "text"),
            (r#"{"list": {}}"#, "an object", "a list"),
            (r#"{"map": []}"#, "a list", "an object"),
            (r#"{"inner": 7}"#, "7", "an object"),
            (r#"{"size": "huge"}"#, "huge", "small, large"),
            (r#"{"size": 7}"#, "", LISTED),
            ("7", "7", "an object"),
        ] {
            assert_eq!(of(json), (Kind::Value, found.to_owned(), allowed.to_owned()), "{json}");
        }
    }

    #[test]
    fn fields_are_named_with_what_is_there_instead() {
        let (kind, found, allowed) = of(r#"{"cuont": 1}"#);
        assert_eq!((kind, found.as_str()), (Kind::Unknown, "cuont"));
        assert_eq!(allowed, "count, room, share, open, note, list, map, inner, size");
        let unknown = Misfit { kind, found, allowed };
        assert_eq!(unknown.message(), "there is no field cuont here; did you mean count?");
        assert_eq!(of("{}"), (Kind::Missing, "count".to_owned(), "a value".to_owned()));
        let twice = of(r#"{"count": 1, "count": 2}"#);
        assert_eq!((twice.0, twice.1.as_str()), (Kind::Repeated, "count"));
    }
}
