use super::*;
use crate::{Locale, registry};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

#[test]
fn built_in_registry_parses() {
    assert_eq!(registry().items().len(), 63);
    assert_eq!(registry().core().count(), 29);
    assert_eq!(registry().version(), 1);
}

#[test]
fn every_item_has_words_in_both_languages_and_a_scale_that_fits() {
    for item in registry().items() {
        for locale in Locale::ALL {
            assert!(!item.label(*locale).is_empty(), "{}", item.key);
            assert!(!item.help(*locale).is_empty(), "{}", item.key);
        }
        assert!(item.help.0.contains_key("ja"), "{}", item.key);
        let bounds = item.scale.bounds();
        assert_eq!(bounds.is_some(), item.kind.is_number(), "{}", item.key);
        assert_eq!(item.unit == Unit::None, !item.kind.is_number(), "{}", item.key);
        if let Some(Bounds { worst, best, .. }) = bounds {
            assert_eq!(best > worst, item.direction == Direction::Higher, "{}", item.key);
        }
        let words: BTreeSet<_> = item.words().iter().map(|word| &word.key).collect();
        assert_eq!(words.len(), item.words().len(), "{}", item.key);
        assert!(!item.operators().is_empty());
    }
}

#[test]
fn bounds_are_exact() {
    let bounds = |key: &str| registry().item(key).unwrap().scale.bounds().unwrap();
    let uptime = bounds("availability.service_uptime");
    assert_eq!(uptime.worst, Decimal::new(9, 1));
    assert_eq!(uptime.best, Decimal::new(99_999, 5));
    let loss = bounds("network.loss");
    assert_eq!(
        (loss.curve, loss.worst, loss.best),
        (Curve::Log, Decimal::new(1, 1), Decimal::new(1, 6))
    );
    assert_eq!(bounds("performance.online_response_time").best, Decimal::new(1, 2));
}

#[test]
fn items_keep_the_order_of_their_groups() {
    let groups: Vec<_> = registry().groups().iter().map(|group| &group.key).collect();
    let mut seen = Vec::new();
    for item in registry().items() {
        assert_eq!(registry().items()[item.position].key, item.key);
        if seen.last() != Some(&&item.group) {
            seen.push(&item.group);
        }
    }
    assert_eq!(seen, groups);
}

#[test]
fn mistyped_keys_find_the_nearest() {
    assert_eq!(
        registry().nearest("availability.service_uptim"),
        Some("availability.service_uptime")
    );
    assert_eq!(registry().nearest("completely.different"), None);
}

#[test]
fn levels_are_ordered_inside_one_scheme() {
    let scheme = registry().scheme("us-fips199").unwrap();
    assert!(scheme.index("moderate") > scheme.index("low"));
    assert_eq!(scheme.index("C"), None);
    assert!(registry().scheme("eucs").unwrap().draft);
    let countries = registry().item("security.data_location").unwrap();
    assert!(countries.has_member("JP") && !countries.has_member("XX"));
}

#[test]
fn compositions_fit_the_values_of_their_items() {
    for item in registry().items() {
        for arrangement in Arrangement::ALL {
            let rule = item.compose.rule(*arrangement);
            let higher = item.direction == Direction::Higher;
            let fits = match rule {
                Compose::Product => item.kind == ItemKind::Ratio && higher,
                Compose::Failover => {
                    item.kind == ItemKind::Ratio && higher && *arrangement == Arrangement::Pair
                }
                Compose::Loss => item.kind == ItemKind::Ratio && !higher,
                Compose::Sum | Compose::Mean => item.kind.is_number(),
                // The whole is never stronger than its weakest part.
                Compose::Minimum => !item.kind.is_set() && higher,
                Compose::Maximum => item.kind.is_number() && item.direction == Direction::Lower,
                Compose::Intersection => item.direction == Direction::MustInclude,
                Compose::Union => item.direction == Direction::SubsetOf,
                Compose::Equal => item.direction == Direction::OneOf,
                Compose::Recompute => item.derived,
            };
            assert!(fits, "{} {arrangement} {rule}", item.key);
        }
    }
}
