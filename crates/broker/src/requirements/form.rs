//! The guided form: from fields to a document and back, and checks without saving.

use super::{RequirementCheck, RequirementForm, RequirementFormItem};
use crate::documents::{field_faults, read_requirement, requirement_yaml, value_text};
use crate::offers::{texts, typed_value};
use crate::{Broker, FieldFault};
use serde_json::{Map, Value, json};
use sla::{Direction, Faults, Notice, Requirement, half_width};

impl Broker {
    /// Checks a YAML or JSON text without saving.
    #[must_use]
    pub fn check_requirement_text(&self, text: &str) -> RequirementCheck {
        check(read_requirement(text), field_faults)
    }

    /// Checks a form without saving; pointers are `/field` and `/items/KEY/value`.
    #[must_use]
    pub fn check_requirement_form(&self, form: &RequirementForm) -> RequirementCheck {
        let text = document(form).to_string();
        check(read_requirement(&text), |faults| form_faults(form, faults))
    }

    /// The form that a document fills; what the form cannot say (profiles, accept lists) is lost.
    #[must_use]
    pub fn requirement_form(&self, requirement: &Requirement) -> RequirementForm {
        let title = |language: &str| {
            requirement.metadata.title.0.get(language).cloned().unwrap_or_default()
        };
        RequirementForm {
            name: requirement.metadata.name.clone(),
            title_en: title("en"),
            title_ja: title("ja"),
            user_regions: requirement.spec.user_regions.join(" "),
            items: requirement.spec.profiles.normal.items.iter().map(form_item).collect(),
        }
    }
}

fn form_item(item: &sla::RequirementItem) -> RequirementFormItem {
    RequirementFormItem {
        item: item.item.clone(),
        value: item.value.as_ref().map(|value| value_text(&item.item, value)).unwrap_or_default(),
        level: item.level.as_str().to_owned(),
        weight: item.weight.map(|weight| weight.to_string()).unwrap_or_default(),
        tolerance: item.tolerance.map(|size| tolerance_text(&item.item, size)).unwrap_or_default(),
    }
}

/// A tolerance as it is typed: with the unit of a number, as steps of a level.
fn tolerance_text(key: &str, size: sla::Decimal) -> String {
    match sla::registry().item(key) {
        Some(item) if item.kind.is_number() => value_text(key, &sla::Value::Number(size)),
        _ => size.normalize().to_string(),
    }
}

fn check(
    read: Result<(Requirement, Vec<Notice>), Faults>,
    faults: impl FnOnce(&Faults) -> Vec<FieldFault>,
) -> RequirementCheck {
    match read {
        Ok((requirement, notices)) => RequirementCheck {
            yaml: Some(requirement_yaml(&requirement)),
            requirement: Some(requirement),
            faults: Vec::new(),
            notices: notices.iter().map(ToString::to_string).collect(),
        },
        Err(found) => RequirementCheck {
            requirement: None,
            yaml: None,
            faults: faults(&found),
            notices: Vec::new(),
        },
    }
}

/// An item is asked when it has a value, or when anything is accepted on purpose.
fn asked(form: &RequirementForm) -> impl Iterator<Item = &RequirementFormItem> {
    form.items.iter().filter(|item| !item.value.trim().is_empty() || item.level == "best_effort")
}

fn document(form: &RequirementForm) -> Value {
    let regions = half_width(&form.user_regions);
    let regions = regions.split([',', ' ', '、']);
    let regions: Vec<String> =
        regions.filter(|code| !code.is_empty()).map(str::to_uppercase).collect();
    let items: Vec<Value> = asked(form).map(item).collect();
    json!({
        "apiVersion": sla::API_VERSION,
        "kind": "QualityRequirement",
        "metadata": {
            "name": form.name.trim(),
            "version": 1,
            "title": texts(&form.title_en, &form.title_ja),
        },
        "spec": {"userRegions": regions, "profiles": {"normal": {"items": items}}},
    })
}

fn item(asked: &RequirementFormItem) -> Value {
    let mut fields = Map::new();
    fields.insert("item".to_owned(), json!(asked.item));
    fields.insert("level".to_owned(), json!(asked.level));
    let value = asked.value.trim();
    if !value.is_empty() {
        fields.insert("op".to_owned(), json!(operator(&asked.item)));
        fields.insert("value".to_owned(), typed_value(&asked.item, value));
    }
    let weight = half_width(&asked.weight);
    let weight = weight.trim();
    if !weight.is_empty() {
        fields.insert("weight".to_owned(), json!(weight));
    }
    let tolerance = asked.tolerance.trim();
    if !tolerance.is_empty() {
        fields.insert("tolerance".to_owned(), json!(tolerance));
    }
    if asked.item == "performance.e2e_response_time" && !value.is_empty() {
        fields.insert("percentile".to_owned(), json!(95));
    }
    Value::Object(fields)
}

/// What "at least as good" means for the item.
fn operator(key: &str) -> &'static str {
    match sla::registry().item(key).map(|item| item.direction) {
        Some(Direction::Lower) => "lte",
        Some(Direction::MustInclude) => "all_of",
        Some(Direction::SubsetOf) => "subset_of",
        Some(Direction::OneOf) => "one_of",
        Some(Direction::Higher) | None => "gte",
    }
}

/// Moves each fault from its place in the document to the field of the form.
fn form_faults(form: &RequirementForm, faults: &Faults) -> Vec<FieldFault> {
    let keys: Vec<&str> = asked(form).map(|item| item.item.as_str()).collect();
    let mut moved = field_faults(faults);
    for fault in &mut moved {
        fault.pointer = form_pointer(&keys, &fault.pointer);
    }
    moved
}

fn form_pointer(keys: &[&str], pointer: &str) -> String {
    if let Some(rest) = pointer.strip_prefix("/spec/profiles/normal/items/") {
        let (index, field) = rest.split_once('/').unwrap_or((rest, "value"));
        let key = index.parse().ok().and_then(|index: usize| keys.get(index));
        let field = if matches!(field, "level" | "weight" | "tolerance") { field } else { "value" };
        return key.map_or_else(|| "/items".to_owned(), |key| format!("/items/{key}/{field}"));
    }
    const PLACES: [(&str, &str); 4] = [
        ("/metadata/name", "/name"),
        ("/metadata/title", "/title_en"),
        ("/spec/userRegions", "/user_regions"),
        ("/spec/profiles/normal", "/items"),
    ];
    PLACES
        .iter()
        .find(|(place, _)| pointer.starts_with(place))
        .map_or_else(|| pointer.to_owned(), |(_, field)| (*field).to_owned())
}
