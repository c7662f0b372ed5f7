//! What is printed reads back as the same value: for every item, every unit a number may be written in
//! and any number of digits that is accepted.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on must fail loudly")]

use proptest::prelude::*;
use sla::{
    EXAMPLE_OFFERS, ItemDef, Locale, Value, canonical_json, format_number, parse_offer,
    parse_value, registry, to_json, to_yaml, validate,
};

/// Items whose values are numbers.
fn numeric() -> impl Iterator<Item = &'static ItemDef> {
    registry().items().iter().filter(|item| !item.unit.accepted().is_empty() && is_number(item))
}

fn is_number(item: &ItemDef) -> bool {
    parse_value(item, None, "1").is_ok_and(|value| value.as_number().is_some())
}

/// What a page shows, as somebody would type it: digits are grouped for reading only.
fn typed(item: &ItemDef, value: &Value, locale: Locale) -> String {
    format_number(item.unit, value.as_number().unwrap(), locale).replace(',', "")
}

fn reads_back(item: &ItemDef, text: &str) -> bool {
    let Ok(value) = parse_value(item, None, text) else { return false };
    for locale in [Locale::En, Locale::Ja] {
        let shown = typed(item, &value, locale);
        let again = parse_value(item, None, &shown);
        assert_eq!(again.as_ref(), Ok(&value), "{}: {text} is shown as {shown}", item.key);
    }
    true
}

/// Digits of any length, most of them short enough to be accepted.
fn digits() -> impl Strategy<Value = String> {
    let whole = prop_oneof![Just("0".to_owned()), "[1-9][0-9]{0,11}"];
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{1,28}", "\\.0{0,20}[0-9]{1,8}"];
    (whole, fraction).prop_map(|(whole, fraction)| format!("{whole}{fraction}"))
}

proptest! {
    // A run at night draws more digits that no example can hold than are passed over by default.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_global_rejects: 100_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_printed_value_reads_back_for_every_item_and_unit(digits in digits()) {
        for item in numeric() {
            for unit in item.unit.accepted() {
                reads_back(item, &format!("{digits} {unit}"));
            }
            reads_back(item, &digits);
        }
    }

    #[test]
    fn a_printed_document_reads_back_with_numbers_of_any_length(digits in digits(), which in 0..EXAMPLE_OFFERS.len()) {
        let mut offer = parse_offer(EXAMPLE_OFFERS[which].yaml).unwrap();
        // The canonical form is what is signed, so it is without the signature.
        offer.metadata.signature = None;
        let mut changed = 0;
        for at in 0..offer.spec.items.len() {
            let mut other = offer.clone();
            let promise = &mut other.spec.items[at];
            let Some(item) = registry().item(&promise.item) else { continue };
            if promise.value.as_number().is_none() {
                continue;
            }
            let Ok(value) = parse_value(item, None, &digits) else { continue };
            promise.value = value;
            // Steps of credits begin at the promise.
            promise.remedy = None;
            // What contradicts another promise is no document.
            if validate(&other).is_ok() {
                offer = other;
                changed += 1;
            }
        }
        prop_assume!(changed > 0);
        for text in [to_yaml(&offer), to_json(&offer), canonical_json(&offer)] {
            prop_assert_eq!(parse_offer(&text).unwrap(), offer.clone(), "{}", text);
        }
    }
}

#[test]
fn numbers_with_all_the_digits_there_are_read_back_in_every_unit() {
    let mut accepted = 0;
    for item in numeric() {
        for unit in item.unit.accepted() {
            for digits in [
                "2442424242.24244777824242444",
                "0.0000000000000000000000000001",
                "0.1234567890123456789012345678",
                "7.922816251426433759354395033",
                "999999999999.9999999999999999",
                "1000000000000",
                "86399.99999999999999999999999",
                "0.0864",
                "3",
            ] {
                accepted += usize::from(reads_back(item, &format!("{digits} {unit}")));
            }
        }
    }
    assert!(accepted > 500, "{accepted} were accepted");
}
