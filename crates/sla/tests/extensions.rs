//! Items of a market: without any everything is as it was, and none of them changes how a document is read.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on must fail loudly")]

use proptest::prelude::*;
use sla::{
    Decimal, Direction, Document, EXAMPLE_OFFERS, Extension, ExtensionKind, Locale, Offer,
    Registered, Registry, Text, Value,
};

const KEY: &str = "x-vendor.thing";

fn extension(kind: serde_json::Value, direction: Direction) -> Extension {
    Extension {
        key: KEY.to_owned(),
        title: Text::new("Thing", "もの"),
        help: Text::new("A thing.", "ものです。"),
        direction,
        kind: serde_json::from_value(kind).unwrap(),
    }
}

fn levels() -> ExtensionKind {
    serde_json::from_value(serde_json::json!({"type": "level", "words": [
        {"key": "basic", "title": {"en": "Basic", "ja": "基本"}},
        {"key": "high", "title": {"en": "High", "ja": "高"}}]}))
    .unwrap()
}

/// One of each kind.
fn kinds() -> Vec<Extension> {
    let scale = |kind: &str, unit: &str, worst: &str, best: &str, curve: &str| serde_json::json!({"type": kind, "unit": unit, "worst": worst, "best": best, "curve": curve});
    let ratio =
        serde_json::json!({"type": "ratio", "worst": "0.9", "best": "0.999", "curve": "nines"});
    let set = serde_json::json!({"type": "set", "words": [
        {"key": "a", "title": {"en": "A", "ja": "ア"}}, {"key": "b", "title": {"en": "B", "ja": "イ"}}]});
    vec![
        extension(ratio, Direction::Higher),
        extension(scale("duration", "s", "86400", "600", "log"), Direction::Lower),
        extension(scale("number", "vCPU", "0", "64", "linear"), Direction::Higher),
        Extension { kind: levels(), ..extension(set.clone(), Direction::Higher) },
        extension(set, Direction::MustInclude),
    ]
}

fn registry(extension: &Extension) -> &'static Registry {
    let registered = Registered { version: 1, retired: false };
    Registry::with_extensions(&[(extension.clone(), registered)])
}

fn offer(value: &Value) -> Offer {
    let mut offer = sla::parse_offer(EXAMPLE_OFFERS[0].yaml).unwrap();
    let mut promise = offer.spec.items[0].clone();
    (promise.item, promise.value) = (KEY.to_owned(), value.clone());
    (promise.percentile, promise.remedy, promise.window) = (None, None, None);
    offer.spec.items.push(promise);
    offer
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0_i64..200_000).prop_map(|number| Value::Number(Decimal::new(number, 2))),
        any::<bool>().prop_map(Value::Boolean),
        prop_oneof![Just("basic"), Just("high"), Just("a"), Just("4 h"), Just("soon")]
            .prop_map(Value::level),
        proptest::collection::btree_set(prop_oneof![Just("a"), Just("b"), Just("z")], 1..3)
            .prop_map(Value::set),
    ]
}

#[test]
fn every_kind_of_item_is_sound_and_stands_behind_the_programs_own() {
    for extension in kinds() {
        assert_eq!(extension.faults(), [], "{extension:?}");
        let registry = registry(&extension);
        let item = registry.item(KEY).unwrap();
        assert_eq!(item.position, sla::built_in().items().len());
        assert_eq!(registry.items().last().unwrap().key, KEY);
        assert_eq!(item.label(Locale::Ja), "もの");
        let back: Extension =
            serde_json::from_str(&serde_json::to_string(&extension).unwrap()).unwrap();
        assert_eq!(back, extension);
    }
}

#[test]
fn without_extensions_the_registry_is_the_programs_own() {
    assert!(std::ptr::eq(Registry::with_extensions(&[]), sla::built_in()));
    assert!(std::ptr::eq(sla::registry(), sla::built_in()));
    let known = sla::built_in().items();
    assert!(known.iter().all(|item| item.registered.is_none() && !item.is_retired()));
}

#[test]
fn what_is_retired_is_known_and_is_no_item_to_choose_from() {
    let extension = kinds().remove(3);
    let registered = Registered { version: 2, retired: true };
    let registry = Registry::with_extensions(&[(extension, registered)]);
    assert!(registry.item(KEY).unwrap().is_retired());
    assert_eq!(registry.items().len(), sla::built_in().items().len());
    let promised = offer(&Value::level("high"));
    assert!(sla::hold_offer(promised.clone(), registry, true).is_ok());
    let faults = sla::hold_offer(promised, registry, false).unwrap_err();
    assert!(faults[0].path.ends_with("/item"), "{faults:?}");
}

#[test]
fn what_is_pinned_holds_until_the_work_is_done_and_only_there() {
    let registry = registry(&kinds()[0]);
    sla::within(registry, || {
        assert!(sla::registry().item(KEY).is_some());
        sla::within(sla::built_in(), || assert!(sla::registry().item(KEY).is_none()));
        assert!(sla::registry().item(KEY).is_some());
    });
    assert!(sla::registry().item(KEY).is_none());
}

proptest! {
    #[test]
    fn a_document_is_read_the_same_whatever_is_registered(value in value()) {
        let written = sla::to_json(&Document::Offer(offer(&value)));
        let plain = sla::parse(&written).unwrap();
        for extension in kinds() {
            let again = sla::within(registry(&extension), || sla::parse(&written)).unwrap();
            prop_assert_eq!(&again.documents, &plain.documents);
        }
    }

    #[test]
    fn with_nothing_registered_nothing_is_held_and_nothing_compares(value in value(), other in value()) {
        let (one, two) = (offer(&value), offer(&other));
        let held = sla::hold_offer(one.clone(), sla::built_in(), false);
        prop_assert_eq!(held.as_ref(), Ok(&one));
        prop_assert_eq!(sla::extension_faults(&one, sla::built_in()), []);
        let verdict = sla::diff(&one, &two).verdict();
        let same = if value == other { sla::Verdict::Neutral } else { sla::Verdict::Incomparable };
        prop_assert_eq!(verdict, same);
    }

    #[test]
    fn what_is_held_is_a_value_of_its_item_and_stays_so(value in value()) {
        for extension in kinds() {
            let registry = registry(&extension);
            let item = registry.item(KEY).unwrap();
            match sla::hold_offer(offer(&value), registry, false) {
                Ok(held) => {
                    prop_assert!(item.holds(&held.spec.items.last().unwrap().value));
                    prop_assert_eq!(sla::extension_faults(&held, registry), []);
                    prop_assert_eq!(sla::hold_offer(held.clone(), registry, false), Ok(held));
                }
                Err(faults) => {
                    prop_assert!(!item.holds(&value));
                    prop_assert!(faults.iter().all(|fault| fault.path.starts_with("/spec/items/")));
                }
            }
        }
    }

    #[test]
    fn a_value_that_is_none_of_its_item_is_shown_as_written_and_compares_with_nothing(value in value()) {
        let written = sla::format_offer_item(offer(&value).spec.items.last().unwrap(), Locale::En);
        for extension in kinds() {
            let registry = registry(&extension);
            if registry.item(KEY).unwrap().holds(&value) {
                continue;
            }
            sla::within(registry, || {
                let shown = sla::format_offer_item(offer(&value).spec.items.last().unwrap(), Locale::En);
                assert_eq!(shown, written);
                for other in [Value::Number(Decimal::ONE), Value::level("high"), Value::set(["a"])] {
                    if other != value {
                        let verdict = sla::diff(&offer(&value), &offer(&other)).verdict();
                        assert_eq!(verdict, sla::Verdict::Incomparable);
                    }
                }
            });
        }
    }
}
