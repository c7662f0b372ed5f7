//! Keeps what the guided form cannot show when a document is edited with it.
//!
//! The form knows value, level, weight, tolerance and accepted equivalents. Least commitments, ages of
//! evidence, percentiles and further lists stay as they were; what other times ask is `times`.

use sla::{Operator, Requirement, RequirementItem};

/// The edited document with everything of `base` that the form cannot show; `keeps` names the items
/// that it had no fields for.
pub(super) fn merged(
    base: &Requirement,
    edited: Requirement,
    keeps: impl Fn(&str) -> bool,
) -> Requirement {
    let mut whole = base.clone();
    whole.metadata.title = edited.metadata.title;
    whole.spec.user_regions = edited.spec.user_regions;
    let old = &base.spec.profiles.normal.items;
    let kept = old.iter().filter(|item| keeps(&item.item)).cloned();
    let known = |key: &str| old.iter().any(|known| known.item == key);
    let edited = edited.spec.profiles.normal.items.into_iter();
    let edited = edited.filter(|item| !(known(&item.item) && keeps(&item.item)));
    let mut items: Vec<RequirementItem> = edited
        .map(|item| match old.iter().find(|known| known.item == item.item) {
            Some(known) => changed(known, item),
            None => item,
        })
        .chain(kept)
        .collect();
    items.sort_by_key(|item| {
        old.iter().position(|known| known.item == item.item).unwrap_or(usize::MAX)
    });
    whole.spec.profiles.normal.items = items;
    whole.spec.profiles.follow_normal();
    whole
}

/// The old item with what the form says.
fn changed(old: &RequirementItem, new: RequirementItem) -> RequirementItem {
    if new.value.is_none() {
        return new;
    }
    // Another comparison than the usual one is kept; that of a range and of one's own item is typed.
    let ranged = [old.op, new.op].contains(&Some(Operator::Range));
    let own = sla::registry().item(&old.item).is_none();
    RequirementItem {
        op: if ranged || own { new.op } else { old.op.or(new.op) },
        scheme: new.scheme,
        accept: new.accept,
        percentile: old.percentile.or(new.percentile),
        value: new.value,
        level: new.level,
        weight: new.weight,
        tolerance: new.tolerance,
        ..old.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(index: usize) -> Requirement {
        sla::parse_requirement(sla::EXAMPLE_REQUIREMENTS[index].yaml).unwrap()
    }

    #[test]
    fn what_the_form_cannot_show_stays() {
        let base = example(0);
        let mut edited = base.clone();
        edited.spec.profiles.disaster = None;
        for item in &mut edited.spec.profiles.normal.items {
            item.min_commitment = None;
        }
        assert_eq!(merged(&base, edited, |_| false), base);
    }

    #[test]
    fn an_item_without_fields_in_the_form_stays_and_a_scheme_is_edited_with_what_it_accepts() {
        let base = example(0);
        let mut edited = base.clone();
        let level = "security.assurance_level";
        edited.spec.profiles.normal.items.retain(|item| item.item == level);
        let asked = &mut edited.spec.profiles.normal.items[0];
        asked.scheme = Some("ismap".to_owned());
        asked.value = Some(sla::Value::level("ismap"));
        asked.accept.clear();
        let wanted = asked.clone();
        let whole = merged(&base, edited, |key| key != level);
        let normal = &whole.spec.profiles.normal.items;
        assert_eq!(normal.len(), base.spec.profiles.normal.items.len());
        let now = normal.iter().find(|item| item.item == level).unwrap();
        assert_eq!((&now.scheme, &now.accept), (&wanted.scheme, &wanted.accept));
    }

    #[test]
    fn a_need_asked_below_its_floor_for_a_disaster_can_still_be_read() {
        let base = example(0);
        let relaxed = &base.spec.profiles.disaster.as_ref().unwrap().relax;
        let entry = relaxed.iter().find(|entry| entry.floor.is_some()).unwrap();
        let mut edited = base.clone();
        let normal = &mut edited.spec.profiles.normal.items;
        let asked = normal.iter_mut().find(|item| item.item == entry.item).unwrap();
        asked.value = Some(sla::Value::Number("0.5".parse().unwrap()));
        let whole = merged(&base, edited, |_| false);
        assert_eq!(sla::parse_requirement(&sla::to_yaml(&whole)), Ok(whole.clone()));
        let after = &whole.spec.profiles.disaster.unwrap().relax;
        let floor = after.iter().find(|after| after.item == entry.item).unwrap().floor.clone();
        assert_eq!(floor, Some(sla::Value::Number("0.5".parse().unwrap())));
    }

    #[test]
    fn an_item_taken_away_is_gone_and_a_new_one_stands_last() {
        let base = example(0);
        let mut edited = base.clone();
        edited.spec.profiles.normal.items.retain(|item| item.item != "cost.tier");
        edited.spec.profiles.normal.items.extend(
            example(1)
                .spec
                .profiles
                .normal
                .items
                .into_iter()
                .filter(|item| item.item == "network.bandwidth"),
        );
        let whole = merged(&base, edited, |_| false);
        let keys: Vec<_> =
            whole.spec.profiles.normal.items.iter().map(|item| item.item.as_str()).collect();
        assert!(!keys.contains(&"cost.tier"));
        assert_eq!(keys.last(), Some(&"network.bandwidth"));
    }
}
