//! Reading what was typed as the server reads it, and comparing it with a floor.

use matching::Value;
use sla::{Decimal, ItemDef, ItemKind, Text, Unit, Word};

use super::{
    data::{Ask, AskKind},
    say,
};
use crate::words::Words;

/// Whether a floor of the document asks more than a value; of sets any other one may.
pub(super) fn is_above(ask: &Ask, floor: &serde_json::Value, value: &Value) -> bool {
    let text = floor.as_str().map_or_else(|| floor.to_string(), str::to_owned);
    match value {
        Value::Number(_) => {
            sla::parse_decimal(&text).is_none_or(|floor| exceeds(ask, &Value::Number(floor), value))
        }
        Value::Level(_) => exceeds(ask, &Value::Level(text), value),
        Value::Set(_) => true,
    }
}

/// Whether one value asks more than another; of sets any other one may.
pub(super) fn exceeds(ask: &Ask, one: &Value, other: &Value) -> bool {
    let lower = ask.direction == sla::Direction::Lower;
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            if lower {
                one < other
            } else {
                one > other
            }
        }
        (Value::Level(one), Value::Level(other)) => {
            let place = |word: &str| ask.words.iter().position(|(key, _)| key == word);
            if lower { place(one) < place(other) } else { place(one) > place(other) }
        }
        _ => true,
    }
}

/// Reads a value as `sla` reads the fields of the server's form.
pub(super) fn read_value(words: Words, ask: &Ask, text: &str) -> Result<sla::Value, String> {
    sla::parse_value(&item_of(ask), None, text).map_err(|faults| {
        let first = faults.iter().next();
        let found = first.and_then(|fault| fault.found.clone()).unwrap_or_default();
        let allowed = first.map(|fault| match &fault.expected {
            Some(expected) => crate::expected::expected_text(words, expected),
            None => fault.allowed.join(", "),
        });
        say::fault_text(words, &found, &allowed.unwrap_or_default())
    })
}

pub(super) fn read_slack(words: Words, ask: &Ask, text: &str) -> Result<Decimal, String> {
    let refused = || say::fault_text(words, text, "");
    let size = match (ask.kind, ask.unit) {
        (AskKind::Level | AskKind::Scheme, _) => {
            sla::parse_decimal(text).filter(Decimal::is_integer)
        }
        // A ratio such as PUE is at least 1, its slack is not.
        (AskKind::Number, Unit::Ratio | Unit::None) => sla::parse_decimal(text),
        (AskKind::Number, _) => read_value(words, ask, text)?.as_number(),
        _ => None,
    };
    size.filter(|size| *size >= Decimal::ZERO).ok_or_else(refused)
}

/// As much of the registry's item as reading a value needs.
fn item_of(ask: &Ask) -> ItemDef {
    let words = || -> Vec<Word> {
        let word = |(key, _): &(String, String)| Word { key: key.clone(), label: Text::default() };
        ask.words.iter().map(word).collect()
    };
    let kind = match ask.kind {
        AskKind::Level => ItemKind::Level(words()),
        AskKind::Scheme => ItemKind::SchemeLevel,
        AskKind::Set => ItemKind::Set(words()),
        AskKind::Countries => ItemKind::Countries,
        AskKind::Number | AskKind::Own => ItemKind::Number,
    };
    ItemDef {
        key: ask.key.clone(),
        group: String::new(),
        position: 0,
        label: Text::default(),
        help: Text::default(),
        paper: Vec::new(),
        core: false,
        kind,
        unit: ask.unit,
        direction: ask.direction,
        scale: sla::Scale::Level,
        derived: false,
        compose: sla::Composition {
            chain: sla::Compose::Equal,
            pair: sla::Compose::Equal,
            parts: sla::Parts::Every,
        },
        registered: None,
    }
}
