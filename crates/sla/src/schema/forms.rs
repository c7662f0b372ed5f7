//! Single values with a required form, as in `read::scalar`: texts, names, dates, countries.

use super::parts::{either, reference, whole, words};
use super::{items, quantity};
use crate::read::scalar::MAX_TEXT;
use crate::unseen::RUNS;
use crate::{COUNTRIES, registry};
use serde_json::{Map, Value, json};

/// Years whose February has 29 days.
const LEAP: &str = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
const CLOCK: &str = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?";
const OFFSET: &str = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";

/// Every form that several places use.
pub(super) fn define(definitions: &mut Map<String, Value>) {
    let forms = [
        ("text", text()),
        ("texts", texts()),
        ("name", name()),
        ("technicalName", technical_name()),
        ("identifier", json!({"type": "string", "pattern": "^[!-~]*:[!-~]*$", "maxLength": 200})),
        ("country", json!({"enum": COUNTRIES})),
        ("window", json!({"type": "string", "pattern": "^[1-9][0-9]{0,3}(?:min|h|d|w|M|Y)$"})),
        ("timezone", timezone()),
        ("date", date()),
        ("moment", moment()),
        ("webAddress", web_address()),
        ("itemKey", item_key()),
        ("scheme", scheme()),
        ("percentile", quantity::percentile()),
    ];
    definitions.extend(forms.map(|(name, form)| (name.to_owned(), form)));
    for item in registry().items() {
        definitions.insert(items::definition(item), items::value(item));
    }
}

/// No characters that nobody sees but tabs and line breaks.
fn readable() -> String {
    let code = |character: char| match u32::from(character) {
        small @ ..=0xffff => format!("\\u{small:04x}"),
        large => format!("\\u{{{large:x}}}"),
    };
    let runs: String =
        RUNS.iter().map(|(first, last)| format!("{}-{}", code(*first), code(*last))).collect();
    format!(r"^(?:[^{runs}]|[\t\n]|\r\n)*$")
}

fn text() -> Value {
    // Numbers are taken as written, so that a version may stand without quotes.
    json!({
        "type": ["string", "number"],
        "maxLength": MAX_TEXT,
        "allOf": [{"pattern": r"\S"}, {"pattern": readable()}],
    })
}

/// Words in at least one language, by language tag.
fn texts() -> Value {
    json!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^[A-Za-z0-9]{2,3}(?:-[A-Za-z0-9]{1,8})*$", "maxLength": 35},
        "additionalProperties": reference("text"),
    })
}

/// 3 to 63 lower-case letters, digits and hyphens; some whole numbers are such names as well.
fn name() -> Value {
    either(vec![
        json!({"type": "string", "pattern": "^[a-z0-9-]{3,63}$"}),
        json!({"type": "integer", "minimum": 100}),
        json!({"type": "integer", "maximum": -10}),
    ])
}

fn technical_name() -> Value {
    json!({"type": ["string", "number"], "pattern": "^[A-Za-z0-9._:/-]{1,100}$"})
}

fn timezone() -> Value {
    let part = "[A-Za-z][A-Za-z0-9_+-]*";
    json!({"type": "string", "pattern": format!("^{part}(?:/{part})*$"), "maxLength": 60})
}

fn full_date() -> String {
    let long = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])";
    let short = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)";
    let february = "02-(?:0[1-9]|1[0-9]|2[0-8])";
    format!("(?:[0-9]{{4}}-(?:{long}|{short}|{february})|{LEAP}-02-29)")
}

/// A day, a month or a year; a year may be a number.
fn date() -> Value {
    let full = full_date();
    let pattern = format!("^(?!0000)(?:[0-9]{{4}}|[0-9]{{4}}-(?:0[1-9]|1[0-2])|{full})$");
    either(vec![json!({"type": "string", "pattern": pattern}), whole(1000, 9999)])
}

fn moment() -> Value {
    let pattern = format!("^(?!0000){}[Tt]{CLOCK}{OFFSET}$", full_date());
    json!({"type": "string", "pattern": pattern})
}

fn web_address() -> Value {
    json!({
        "type": "string",
        "pattern": r#"^https?://[^\s"<>/][^\s"<>]*$"#,
        "maxLength": MAX_TEXT,
        "allOf": [{"pattern": readable()}],
    })
}

/// A key of the registry, or an extension.
fn item_key() -> Value {
    let keys: Vec<&str> = registry().items().iter().map(|item| item.key.as_str()).collect();
    either(vec![json!({"enum": keys}), extension_key()])
}

/// `x-<vendor>.<name>`.
pub(super) fn extension_key() -> Value {
    json!({"type": "string", "pattern": r"^x-[a-z0-9-]+\.[a-z0-9_.]+$", "maxLength": 100})
}

/// Schemes in force; drafts cannot be promised or asked for.
fn scheme() -> Value {
    let usable = registry().schemes().iter().filter(|scheme| !scheme.draft);
    words(usable.map(|scheme| scheme.key.as_str()))
}
