//! The JSON Schema and the reader give the same verdict on every document, but for the rules that
//! are listed as beyond a schema. The judge of the schema is the crate `jsonschema`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod damage;
mod documents;
mod source;
mod values;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;
use sla::schema::{self, BEYOND};
use sla::{Fault, FaultCode};
use source::Source;
use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

static DOCUMENT: LazyLock<Validator> = LazyLock::new(|| compiled(&schema::document()));

fn compiled(schema: &Value) -> Validator {
    assert!(jsonschema::draft202012::meta::is_valid(schema), "not a schema of the dialect");
    jsonschema::draft202012::options().build(schema).unwrap()
}

/// The rule beyond the schema that a fault reports, if it reports one.
fn beyond(fault: &Fault, document: &Value) -> Option<&'static str> {
    let at = document.pointer(&fault.path);
    let path = fault.path.as_str();
    let last = path.rsplit('/').next().unwrap_or_default();
    let applies = |id: &str| match id {
        "exact_number" => {
            let value = path
                .strip_suffix("/op")
                .and_then(|item| document.pointer(&format!("{item}/value")));
            at.is_some_and(Value::is_number) || value.is_some_and(is_beyond_digits)
        }
        "number_in_text" => at
            .and_then(Value::as_str)
            .is_some_and(|text| text.contains(|c: char| c.is_ascii_digit())),
        "entry_once" => {
            path.starts_with("/spec/service/regions/") && last == "id"
                || path.starts_with("/spec/service/machineTypes/") && last == "name"
                || path.starts_with("/spec/service/images/")
                || path.starts_with("/spec/service/recipes/")
                || path.starts_with("/spec/networkToUsers/") && last == "userRegion"
                || path == "/spec/price/perUnit"
                || path == "/spec/price/next/perUnit"
                || path == "/spec/price/limits"
                || last == "item"
                    && at.and_then(Value::as_str).is_some_and(|key| key.starts_with("x-"))
        }
        "fine_size" => {
            path.starts_with("/spec/service/machineTypes/") && at.is_some_and(Value::is_number)
        }
        "versions_in_order" => path == "/metadata/supersedes",
        "times_in_order" => path == "/metadata/validUntil" || last == "periodEnd",
        "ends_in_order" => {
            last == "value" && at.is_some_and(Value::is_object)
                || path.starts_with("/spec/price/limits/") && last == "most"
        }
        "profiles_in_order" => {
            path.starts_with("/spec/profiles/") && !path.starts_with("/spec/profiles/normal")
        }
        "steps_in_order" => path.contains("/remedy/schedule/"),
        _ => false,
    };
    let rule = BEYOND.iter().find(|rule| rule.codes.contains(&fault.code) && applies(rule.id));
    rule.map(|rule| rule.id)
}

/// A number that no exact decimal holds: the reader takes it as text (`exact_number`).
fn is_beyond_digits(value: &Value) -> bool {
    value.is_number() && sla::parse_decimal(&value.to_string()).is_none()
}

fn holds_beyond_digits(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(holds_beyond_digits),
        Value::Object(map) => map.values().any(holds_beyond_digits),
        plain => is_beyond_digits(plain),
    }
}

/// What the schema has against a document.
fn refusals(document: &Value) -> Vec<String> {
    let errors = DOCUMENT.iter_errors(document);
    errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Fails where the two verdicts differ for another reason than a rule beyond the schema.
fn agree(document: &Value, how: &str) -> Result<(), TestCaseError> {
    let text = document.to_string();
    let read = sla::parse(&text);
    let valid = DOCUMENT.is_valid(document);
    match (valid, read) {
        (true, Ok(_)) | (false, Err(_)) => Ok(()),
        (true, Err(faults)) => {
            let others: Vec<&Fault> =
                faults.iter().filter(|fault| beyond(fault, document).is_none()).collect();
            prop_assert!(others.is_empty(), "{how}: only the reader refuses: {others:#?}\n{text}");
            Ok(())
        }
        (false, Ok(_)) if holds_beyond_digits(document) => Ok(()),
        (false, Ok(_)) => {
            let faults = refusals(document);
            prop_assert!(false, "{how}: only the schema refuses: {faults:#?}\n{text}");
            Ok(())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_valid_document_is_taken_by_both(seed in any::<u64>()) {
        let document = documents::document(&Source::new(seed));
        let read = sla::parse(&document.to_string());
        prop_assert!(read.is_ok(), "{}\n{document}", read.unwrap_err());
        let faults = refusals(&document);
        prop_assert!(faults.is_empty(), "{faults:#?}\n{document}");
    }

    #[test]
    fn a_damaged_document_is_judged_alike(seed in any::<u64>()) {
        let source = &Source::new(seed);
        let mut document = documents::document(source);
        let mut how = damage::damage(source, &mut document);
        if source.once_in(3) {
            how = format!("{how}, {}", damage::damage(source, &mut document));
        }
        agree(&document, &how)?;
    }

    #[test]
    fn what_the_printer_writes_is_canonical_and_taken_by_the_schema(seed in any::<u64>()) {
        let document = documents::document(&Source::new(seed));
        let parsed = sla::parse(&document.to_string()).unwrap();
        let printed: Value = serde_json::from_str(&sla::to_json(&parsed.documents[0])).unwrap();
        let faults = refusals(&printed);
        prop_assert!(faults.is_empty(), "{faults:#?}\n{printed}");
    }
}

/// Faults and rules seen over many seeds: neither the damage nor the list has gone stale.
#[test]
fn damage_reaches_the_rules_of_the_format_and_both_verdicts_are_common() {
    let seen: Mutex<BTreeSet<FaultCode>> = Mutex::default();
    let (mut valid, mut refused, mut rules) = (0, 0, BTreeSet::new());
    for seed in 0..12_000 {
        let source = &Source::new(seed);
        let mut document = documents::document(source);
        damage::damage(source, &mut document);
        let taken = DOCUMENT.is_valid(&document);
        match sla::parse(&document.to_string()) {
            Ok(_) => valid += 1,
            Err(faults) => {
                refused += 1;
                seen.lock().unwrap().extend(faults.iter().map(|fault| fault.code));
                if taken {
                    rules.extend(faults.iter().filter_map(|fault| beyond(fault, &document)));
                }
            }
        }
    }
    assert!(valid > 900 && refused > 4500, "{valid} taken, {refused} refused");
    let seen = seen.into_inner().unwrap();
    // These are about texts and tables, not about values of JSON.
    let textual = [
        FaultCode::Syntax,
        FaultCode::TooLarge,
        FaultCode::Empty,
        FaultCode::TooMany,
        FaultCode::DuplicateField,
        FaultCode::CellCount,
        FaultCode::OpenQuote,
        FaultCode::UnknownRow,
    ];
    let unseen: Vec<FaultCode> = (FaultCode::ALL.iter().copied())
        .filter(|code| !seen.contains(code) && !textual.contains(code))
        .collect();
    assert!(unseen.is_empty(), "no damage leads to {unseen:?}");
    assert!(rules.len() >= 4, "{rules:?}");
}

#[test]
fn the_examples_fit_the_schema_of_their_kind_and_not_the_other() {
    let (offer, requirement) = (compiled(&schema::offer()), compiled(&schema::requirement()));
    let as_json = |yaml: &str| -> Value {
        let documents = sla::parse_documents(yaml).unwrap();
        serde_json::from_str(&sla::to_json(&documents[0])).unwrap()
    };
    for example in sla::EXAMPLE_OFFERS {
        let document = as_json(example.yaml);
        assert!(offer.is_valid(&document) && !requirement.is_valid(&document));
        assert!(DOCUMENT.is_valid(&document));
    }
    for example in sla::EXAMPLE_REQUIREMENTS {
        let document = as_json(example.yaml);
        assert!(requirement.is_valid(&document) && !offer.is_valid(&document));
        assert!(DOCUMENT.is_valid(&document));
    }
}

#[test]
fn lengths_of_time_that_are_added_up_are_judged_alike() {
    let example: Value = documents::offer(&Source::new(1));
    let mut document = example;
    let judged = |document: &mut Value, text: &str| {
        document["spec"]["items"] = serde_json::json!([{
            "item": "availability.mttr", "value": text, "commitment": "declared",
        }]);
        agree(document, text).unwrap();
        sla::parse(&document.to_string()).is_ok()
    };
    for taken in
        ["4 h 30 min", "4h30min", "1 d 12 hours", "1時間30分", " 1 min 30.5 s ", "2 w 1 d 1 h"]
    {
        assert!(judged(&mut document, taken), "{taken}");
    }
    for refused in ["30 min 4 h", "1 h 1 h", "4 h 30", "4 h -30 min", "1 h 2 parsecs", "h 30 min"] {
        assert!(!judged(&mut document, refused), "{refused}");
    }
}

#[test]
fn rules_about_texts_are_the_readers_alone() {
    let document = documents::offer(&Source::new(1)).to_string();
    let twice = document.replacen('{', "{\"kind\": \"ServiceLevelOffer\", ", 1);
    let faults = sla::parse(&twice).unwrap_err();
    assert!(faults.iter().any(|fault| fault.code == FaultCode::DuplicateField), "{faults}");
    // Most JSON readers, ours of the test among them, keep one of the two.
    assert!(DOCUMENT.is_valid(&serde_json::from_str(&twice).unwrap()));

    let mut lines: Value = serde_json::from_str(&document).unwrap();
    lines["metadata"]["title"] = serde_json::json!({"en": "a\r\n".repeat(2000)});
    assert!(sla::parse(&lines.to_string()).is_ok() && !DOCUMENT.is_valid(&lines));
}

#[test]
fn every_rule_beyond_the_schema_has_its_own_name_and_a_sentence() {
    let names: BTreeSet<&str> = BEYOND.iter().map(|rule| rule.id).collect();
    assert_eq!(names.len(), BEYOND.len());
    assert!(BEYOND.iter().all(|rule| !rule.says.is_empty() && !rule.says.ends_with('.')));
}
