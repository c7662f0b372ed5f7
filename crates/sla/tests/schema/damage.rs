//! Damage to a valid document at a random place.

use serde_json::{Value, json};

use crate::source::Source;

/// Every place of a document, the root left out.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                places(value, &at, found);
                found.push(at);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                let at = format!("{at}/{index}");
                places(value, &at, found);
                found.push(at);
            }
        }
        _ => {}
    }
}

/// What happens to a document at a place.
type Damage = fn(&Source, &mut Value, &str);

/// Damages one place, and says how.
pub fn damage(source: &Source, document: &mut Value) -> String {
    let mut all = Vec::new();
    places(document, "", &mut all);
    let at = source.pick(&all).clone();
    let kinds: &[(&str, Damage)] = &[
        ("wrong type", wrong_type),
        ("missing", missing),
        ("unknown field", unknown_field),
        ("other text", other_text),
        ("other number", other_number),
        ("twice in a list", twice),
        ("emptied", emptied),
        ("null", |_, document, at| set(document, at, Value::Null)),
        ("moved", moved),
    ];
    let (name, apply) = source.pick(kinds);
    apply(source, document, &at);
    format!("{name} at {at}")
}

fn set(document: &mut Value, at: &str, value: Value) {
    if let Some(place) = document.pointer_mut(at) {
        *place = value;
    }
}

fn parent<'a>(document: &'a mut Value, at: &str) -> (&'a mut Value, String) {
    let (parent, last) = at.rsplit_once('/').unwrap();
    let name = last.replace("~1", "/").replace("~0", "~");
    (document.pointer_mut(parent).unwrap(), name)
}

fn wrong_type(source: &Source, document: &mut Value, at: &str) {
    let values = [
        json!(true),
        json!(3),
        json!(0.5),
        json!("word"),
        json!([]),
        json!({}),
        json!(["JP"]),
        json!({"a": 1}),
        json!([null]),
    ];
    set(document, at, source.pick(&values).clone());
}

fn missing(_: &Source, document: &mut Value, at: &str) {
    let (parent, name) = parent(document, at);
    match parent {
        Value::Object(map) => drop(map.remove(&name)),
        Value::Array(list) => drop(list.remove(name.parse().unwrap())),
        _ => {}
    }
}

fn unknown_field(source: &Source, document: &mut Value, at: &str) {
    let names = [
        "extra",
        "Value",
        "scheme",
        "percentile",
        "subLists",
        "tolerance",
        "accept",
        "en",
        "value",
        "op",
        "x-acme.more",
        "remedy",
        "relax",
        "vantage",
        "floor",
        "exclusions",
    ];
    let name = *source.pick(&names);
    let value = source.pick(&[json!(1), json!("none"), json!(null), json!([]), json!({})]).clone();
    if let Some(Value::Object(map)) = document.pointer_mut(at) {
        map.insert(name.to_owned(), value);
    } else if let (Value::Object(map), _) = parent(document, at) {
        map.insert(name.to_owned(), value);
    }
}

fn other_text(source: &Source, document: &mut Value, at: &str) {
    let long = "x".repeat(4001);
    let texts = [
        "",
        " ",
        "\u{7}",
        "a\rb",
        "a\r\nb",
        &long,
        "JP",
        "jp",
        "XX",
        "4 parsecs",
        "99.9 %",
        "101 %",
        "-5",
        "1,000",
        "p95",
        "p0",
        "1e2",
        "PT4H",
        "P1M",
        "PT",
        "P1DT",
        "5 m",
        "4 h",
        "1 s",
        "2026-02-29",
        "2024-02-29",
        "2026-13",
        "0000-01-01",
        "2026-10-01T00:00:00Z",
        "2026-10-01T24:00:00Z",
        "https://example.com",
        "https:///x",
        "http://a b",
        "Asia/Tokyo",
        "Asia//Tokyo",
        "did:x",
        "none",
        "must",
        "prefer",
        "best_effort",
        "guaranteed",
        "gte",
        "eq",
        "range",
        "any_of",
        "all_of",
        "sas70-type2",
        "eucs",
        "fedramp",
        "us-fips199",
        "C",
        "high",
        "EUR",
        "JPY",
        "availability.service_uptime",
        "security.assurance_level",
        "audit.attestations",
        "x-acme.shade",
        "x-.y",
        "x-Acme.y",
        "x-a.b-c",
        "1M",
        "0d",
        "12345d",
        "90m",
        "1.3",
        "3",
        "6",
        "published",
        "A",
        "abc",
        "a_b",
        "\u{85}",
        "1.2.3",
        "9e9",
        "16.5",
    ];
    set(document, at, json!(source.pick(&texts)));
}

fn other_number(source: &Source, document: &mut Value, at: &str) {
    let numbers = [
        json!(-1),
        json!(0),
        json!(1),
        json!(1.5),
        json!(101),
        json!(1000),
        json!(0.001),
        json!(0.0001),
        json!(2.5),
        json!(4_000_000_000_u64),
        json!(5_000_000_000_u64),
        json!(1e300),
        json!(1e-30),
        json!(2_000_000_000_000_i64),
        json!(99),
        json!(-10),
        json!(1.3),
        json!(3.0),
        json!(169),
        json!(10.5),
        json!(86_401),
    ];
    set(document, at, source.pick(&numbers).clone());
}

fn twice(_: &Source, document: &mut Value, at: &str) {
    if let Some(Value::Array(list)) = document.pointer_mut(at) {
        list.extend(list.first().cloned());
    } else if let (Value::Array(list), name) = parent(document, at) {
        let again = list[name.parse::<usize>().unwrap()].clone();
        list.push(again);
    }
}

fn emptied(_: &Source, document: &mut Value, at: &str) {
    let empty = match document.pointer(at) {
        Some(Value::Array(_)) => json!([]),
        Some(Value::Object(_)) => json!({}),
        Some(Value::String(_)) => json!(""),
        _ => json!(0),
    };
    set(document, at, empty);
}

/// Puts what stands somewhere else here.
fn moved(source: &Source, document: &mut Value, at: &str) {
    let mut all = Vec::new();
    places(document, "", &mut all);
    let other = document.pointer(source.pick::<String>(&all)).cloned().unwrap();
    set(document, at, other);
}
