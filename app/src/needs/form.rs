//! The guided form: which fields stand in it, and what was typed into them as the use case reads it.

use std::borrow::Cow;

use broker::{
    FieldFault,
    requirements::{RequirementForm, RequirementFormItem},
};
use sla::ItemKind;

use crate::{
    form::FormState,
    words::{Locale, Words},
};

/// Levels of an item, the usual one first.
pub(super) const LEVELS: [&str; 3] = ["must", "prefer", "best_effort"];
/// The name of a need whose title has no Latin letters.
const NAME_FALLBACK: &str = "my-need";
/// Longest `metadata.name` (sla-schema 2).
const NAME_MAX: usize = 63;

/// Begins the keys of items that are not the registry's.
pub(super) const OWN: &str = "x-";
/// The fields of one more item of one's own.
pub(super) const NEW_OWN: [&str; 3] = ["own-key", "own-op", "own-value"];

/// The field with the version of a saved need that the form was made of.
pub(super) const VERSION: &str = "version";

/// The version that a form was made of, if it is of a saved need; what nobody was given is none.
pub(super) fn made_of(form: &FormState) -> Option<i64> {
    form.filled(VERSION).map(|version| version.parse().unwrap_or_default())
}

/// The field in which the value of an item is typed.
pub(super) fn value_field(key: &str) -> String {
    format!("value-{key}")
}

/// The field that says how firmly an item is asked.
pub(super) fn level_field(key: &str) -> String {
    format!("level-{key}")
}

/// The field of an item's weight.
pub(super) fn weight_field(key: &str) -> String {
    format!("weight-{key}")
}

/// The field of an item's tolerance.
pub(super) fn tolerance_field(key: &str) -> String {
    format!("tolerance-{key}")
}

/// The field of how an item is compared.
pub(super) fn op_field(key: &str) -> String {
    format!("op-{key}")
}

/// The field of the levels that are accepted as equivalent.
pub(super) fn accept_field(key: &str) -> String {
    format!("accept-{key}")
}

/// The title's field in this language.
pub(super) fn title_field(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "title_en",
        Locale::Ja => "title_ja",
    }
}

/// What was typed, as the use case checks it.
pub(super) fn read(form: &FormState, words: Words) -> RequirementForm {
    let text = |name: &str| form.value(name).trim().to_owned();
    let (mut title_en, mut title_ja) = (text("title_en"), text("title_ja"));
    if title_en.is_empty() && title_ja.is_empty() {
        let untitled = words.needs_form_untitled().to_owned();
        match words.0 {
            Locale::En => title_en = untitled,
            Locale::Ja => title_ja = untitled,
        }
    }
    let known = sla::registry().items().iter().map(|item| item.key.as_str());
    let keys = known.chain(own_keys(form));
    let mut items: Vec<_> = keys.filter_map(|key| read_item(form, key)).collect();
    items.extend(new_own(form));
    RequirementForm {
        name: name_of(&title_en),
        title_en,
        title_ja,
        user_regions: text("user_regions"),
        items,
    }
}

/// Keys of the items of one's own that have fields, each once.
pub(super) fn own_keys(form: &FormState) -> Vec<&str> {
    let mut keys: Vec<&str> = Vec::new();
    for key in form.pairs().filter_map(|(name, _)| name.strip_prefix("level-")) {
        if key.starts_with(OWN) && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The item of one's own that is asked for anew.
fn new_own(form: &FormState) -> Option<RequirementFormItem> {
    let [key, op, value] = NEW_OWN.map(|name| form.value(name).trim().to_owned());
    if key.is_empty() && value.is_empty() {
        return None;
    }
    let level = "must".to_owned();
    Some(RequirementFormItem { item: key, op, value, level, ..RequirementFormItem::default() })
}

/// An item that is asked; ticked boxes of one field become one list.
pub(super) fn read_item(form: &FormState, key: &str) -> Option<RequirementFormItem> {
    let field = value_field(key);
    let ticked: Vec<&str> =
        form.values(&field).map(str::trim).filter(|value| !value.is_empty()).collect();
    let level = form.value(&level_field(key));
    if ticked.is_empty() && level != "best_effort" {
        return None;
    }
    Some(RequirementFormItem {
        item: key.to_owned(),
        value: ticked.join(", "),
        level: if level.is_empty() { "must".to_owned() } else { level.to_owned() },
        weight: form.value(&weight_field(key)).trim().to_owned(),
        tolerance: form.value(&tolerance_field(key)).trim().to_owned(),
        op: form.value(&op_field(key)).to_owned(),
        accept: form.values(&accept_field(key)).map(str::to_owned).collect(),
    })
}

/// The form filled with a document; grouped digits are not what the reader of values takes.
pub(super) fn fill(filled: &RequirementForm) -> FormState {
    let mut form = FormState::empty()
        .with("title_en", filled.title_en.clone())
        .with("title_ja", filled.title_ja.clone())
        .with("user_regions", filled.user_regions.clone());
    for asked in &filled.items {
        form = fill_item(form, &asked.item, asked);
    }
    form
}

/// The fields of one item, filled; `key` is what their names end with.
pub(super) fn fill_item(mut form: FormState, key: &str, asked: &RequirementFormItem) -> FormState {
    form = form
        .and(&level_field(key), asked.level.clone())
        .and(&weight_field(key), asked.weight.clone())
        .and(&tolerance_field(key), asked.tolerance.clone())
        .and(&op_field(key), asked.op.clone());
    for level in &asked.accept {
        form = form.and(&accept_field(key), level.clone());
    }
    fill_value(form, &value_field(key), &asked.item, &asked.value)
}

/// The field of a value, filled; grouped digits are not what the reader of values takes.
pub(super) fn fill_value(mut form: FormState, field: &str, item: &str, value: &str) -> FormState {
    match sla::registry().item(item).map(|item| &item.kind) {
        Some(ItemKind::Set(_)) => {
            for member in value.split(", ").filter(|member| !member.is_empty()) {
                form = form.and(field, member);
            }
            form
        }
        Some(kind) if kind.is_number() => form.and(field, value.replace(',', "")),
        _ => form.and(field, value.to_owned()),
    }
}

/// Notes the faults of a check at the fields they belong to.
pub(super) fn note(form: &mut FormState, words: Words, faults: &[FieldFault]) {
    let own = format!("-{}", form.value(NEW_OWN[0]).trim());
    let typed = NEW_OWN.iter().any(|name| *name != NEW_OWN[1] && form.filled(name).is_some());
    for fault in faults {
        let mut field = field_of(words.0, &fault.pointer);
        // The item that is asked for anew has fields of its own.
        if let Some(part) = field.strip_suffix(&own).filter(|_| typed) {
            field = match part {
                "item" => NEW_OWN[0],
                "op" => NEW_OWN[1],
                _ => NEW_OWN[2],
            }
            .to_owned();
        }
        let named = named(words, &field, fault);
        form.fail(&field, crate::fault::fault_text(words, &named));
    }
}

/// The fault with the members of a set as the form calls them; others stay as they are.
fn named<'a>(words: Words, field: &str, fault: &'a FieldFault) -> Cow<'a, FieldFault> {
    // floor-disaster:security.certifications
    let key = field.split_once('-').map_or("", |(_, rest)| rest);
    let key = key.split_once(':').map_or(key, |(_, item)| item);
    let Some(item) = sla::registry().item(key).filter(|item| item.kind.is_set()) else {
        return Cow::Borrowed(fault);
    };
    match sla::parse_value(item, None, &fault.found) {
        Ok(value @ sla::Value::Set(_)) if !fault.found.is_empty() => {
            let found = crate::market::text::value(words.0, key, &value);
            Cow::Owned(FieldFault { found, ..fault.clone() })
        }
        _ => Cow::Borrowed(fault),
    }
}

/// Puts the faults of a whole document at the fields that say the same; what no field says stands above.
pub(super) fn note_document(
    form: &mut FormState,
    words: Words,
    whole: &sla::Requirement,
    faults: &[FieldFault],
) {
    for fault in faults {
        let item = fault.pointer.strip_prefix("/spec/profiles/normal/items/").and_then(|rest| {
            let (index, part) = rest.split_once('/')?;
            let asked = whole.spec.profiles.normal.items.get(index.parse::<usize>().ok()?)?;
            let part = part.split('/').next()?;
            matches!(part, "value" | "level" | "weight" | "tolerance" | "op" | "accept")
                .then(|| format!("{part}-{}", asked.item))
        });
        let field = item.unwrap_or_else(|| match fault.pointer.as_str() {
            pointer if pointer.starts_with("/metadata/title") => title_field(words.0).to_owned(),
            pointer if pointer.starts_with("/spec/userRegions") => "user_regions".to_owned(),
            _ => String::new(),
        });
        form.fail(&field, crate::fault::fault_text(words, fault));
    }
}

fn field_of(locale: Locale, pointer: &str) -> String {
    if let Some(rest) = pointer.strip_prefix("/items/")
        && let Some((key, part)) = rest.rsplit_once('/')
    {
        return format!("{part}-{key}");
    }
    // /times/disaster/availability.rto/floor
    if let Some(rest) = pointer.strip_prefix("/times/")
        && let Some((time, part)) = rest.rsplit_once('/')
    {
        return format!("{part}-{}", time.replacen('/', ":", 1));
    }
    match pointer {
        "/user_regions" => "user_regions".to_owned(),
        "/title_en" | "/name" => title_field(locale).to_owned(),
        _ => String::new(),
    }
}

/// A document name from a title: lower-case letters and digits with hyphens between.
fn name_of(title: &str) -> String {
    let mut name = String::new();
    for character in title.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if name.len() == NAME_MAX {
            break;
        }
    }
    let name = name.trim_matches('-');
    let sound = name.len() >= 3 && name.starts_with(|first: char| first.is_ascii_alphabetic());
    if sound { name.to_owned() } else { NAME_FALLBACK.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticked_boxes_become_one_list_and_empty_fields_ask_nothing() {
        let form = FormState::from_urlencoded(
            "value-security.certifications=ismap&value-security.certifications=iso27001&level-network.bandwidth=must&value-network.bandwidth=+&level-availability.rto=best_effort",
        );
        let read = read(&form, Locale::En.words());
        let items: Vec<_> = read
            .items
            .iter()
            .map(|item| (item.item.as_str(), item.value.as_str(), item.level.as_str()))
            .collect();
        assert_eq!(
            items,
            [
                ("availability.rto", "", "best_effort"),
                ("security.certifications", "ismap, iso27001", "must")
            ]
        );
        assert_eq!((read.name.as_str(), read.title_en.as_str()), ("my-need", "My need"));
    }

    #[test]
    fn names_come_from_titles() {
        assert_eq!(
            name_of("Certificate service (security first)"),
            "certificate-service-security-first"
        );
        assert_eq!(name_of("証明サービス"), NAME_FALLBACK);
        assert_eq!(name_of("24 h"), NAME_FALLBACK);
        assert!(name_of(&"a b".repeat(60)).len() <= NAME_MAX);
    }

    #[test]
    fn faults_stand_at_their_fields() {
        assert_eq!(
            field_of(Locale::En, "/items/network.bandwidth/value"),
            "value-network.bandwidth"
        );
        assert_eq!(field_of(Locale::Ja, "/title_en"), "title_ja");
        assert_eq!(field_of(Locale::En, "/spec/other"), "");
    }

    #[test]
    fn a_filled_form_is_read_back() {
        let filled = RequirementForm {
            name: "web".to_owned(),
            title_en: "Web".to_owned(),
            user_regions: "JP".to_owned(),
            items: vec![RequirementFormItem {
                item: "security.log_retention".to_owned(),
                value: "1,825 d".to_owned(),
                level: "prefer".to_owned(),
                weight: "2".to_owned(),
                tolerance: "1 d".to_owned(),
                ..RequirementFormItem::default()
            }],
            ..RequirementForm::default()
        };
        let read = read(&fill(&filled), Locale::En.words());
        assert_eq!(read.items[0].value, "1825 d");
        assert_eq!((read.items[0].level.as_str(), read.items[0].weight.as_str()), ("prefer", "2"));
        assert_eq!(read.items[0].tolerance, "1 d");
    }
}
