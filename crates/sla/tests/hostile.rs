//! Input made to do harm is refused soon, with a word about why; what was once found by fuzzing is tried
//! for ever.

#![cfg(feature = "exchange")]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on must fail loudly")]

use sla::exchange::{Format, MAX_TABLE_BYTES, csv, jws, read};
use sla::{FaultCode, Faults, parse};
use std::time::{Duration, Instant};

/// Far longer than any of these takes, far shorter than doing what they ask for.
const SOON: Duration = Duration::from_secs(5);
const LARGE: usize = 20 * 1024 * 1024;

fn refused(text: &str) -> (FaultCode, String) {
    let begun = Instant::now();
    let Faults(faults) = parse(text).unwrap_err();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    (faults[0].code, faults[0].message.clone())
}

#[test]
fn a_document_of_twenty_megabytes_is_refused_at_once() {
    for text in [
        "a".repeat(LARGE),
        "- x\n".repeat(LARGE / 4),
        format!("{{\"a\":\"{}\"}}", "b".repeat(LARGE)),
    ] {
        let (code, message) = refused(&text);
        assert_eq!(code, FaultCode::TooLarge);
        assert!(message.contains("longer than"), "{message}");
    }
}

#[test]
fn a_deeply_nested_document_is_refused_at_once() {
    let deep = 1_000_000;
    for text in [
        format!("{}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("{}1{}", "{\"a\":".repeat(deep / 2), "}".repeat(deep / 2)),
        "- ".repeat(deep),
        (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
    ] {
        let (code, message) = refused(&text);
        assert!(matches!(code, FaultCode::TooLarge | FaultCode::Syntax), "{code}: {message}");
        assert!(message.contains("line"), "{message}");
    }
}

#[test]
fn an_alias_bomb_is_refused_at_its_first_anchor() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let before = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", [before.as_str(); 9].join(", ")));
    }
    let (code, message) = refused(&bomb);
    assert_eq!(code, FaultCode::Syntax);
    assert!(message.contains("anchors are not read"), "{message}");
}

#[test]
fn a_document_of_too_many_values_is_refused() {
    let (code, _) = refused(&format!("[{}1]", "1,".repeat(500_000)));
    assert_eq!(code, FaultCode::TooLarge);
}

#[test]
fn tables_that_are_too_large_are_refused_at_once() {
    let begun = Instant::now();
    let code = |text: &str| csv::read(text).faults[0].fault.code;
    assert_eq!(code(&"x".repeat(MAX_TABLE_BYTES + 1)), FaultCode::TooLarge);
    assert_eq!(code(&",".repeat(LARGE)), FaultCode::TooLarge);
    let wide = format!("name\n{}", "\"".repeat(LARGE));
    assert!(!csv::read(&wide).is_sound());
    let quoted = format!("name,regions\nabc,\"{}\"\n", "[".repeat(1_000_000));
    assert!(!csv::read(&quoted).is_sound());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn a_report_lists_a_thousand_faults_and_counts_the_rest() {
    let rows = "x\n".repeat(5000);
    let import = csv::read(&format!("name\n{rows}"));
    assert_eq!(import.faults.len(), 1000);
    assert!(import.fault_count > 5000);
}

#[test]
fn signatures_and_keys_of_any_length_are_refused() {
    let mut offer = sla::parse_offer(sla::EXAMPLE_OFFERS[2].yaml).unwrap();
    for value in ["a".repeat(LARGE), ".".repeat(LARGE), format!("{}..", "a".repeat(LARGE))] {
        offer.metadata.signature =
            Some(sla::Signature { kind: jws::DETACHED.into(), kid: None, value: Some(value) });
        assert!(jws::verify(&offer, |_| None).is_err());
    }
    assert!(jws::PublicKey::from_jwk(&"[".repeat(LARGE)).is_err());
}

/// Inputs that fuzzing found, with what they are tried as.
const FOUND: &[(&str, &str)] = &[("27 digits of milliseconds", "2442424242.24244777824242444")];

#[test]
fn what_fuzzing_found_is_read_or_refused() {
    for (name, text) in FOUND {
        for format in [Format::Yaml, Format::Csv] {
            let import = read(format, text);
            assert!(import.is_sound() || import.offers.is_empty(), "{name}");
        }
        let _ = jws::PublicKey::from_jwk(text);
        for item in sla::registry().items() {
            let _ = sla::parse_value(item, None, text);
        }
    }
}
