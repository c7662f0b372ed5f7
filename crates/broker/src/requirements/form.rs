//! The guided form: from fields to a document and back, and checks without saving.

use super::{RequirementCheck, RequirementForm, RequirementFormItem};
use crate::documents::{field_faults, read_written_requirement, requirement_yaml, value_text};
use crate::offers::{texts, typed_value};
use crate::{Broker, FieldFault};
use serde_json::{Map, Value, json};
use sla::{Direction, Faults, Notice, Requirement, half_width};

impl Broker {
    /// Checks a YAML or JSON text without saving.
    #[must_use]
    pub fn check_requirement_text(&self, text: &str) -> RequirementCheck {
        check(read_written_requirement(text), field_faults)
    }

    /// Checks a form without saving; pointers are `/field` and `/items/KEY/value`.
    #[must_use]
    pub fn check_requirement_form(&self, form: &RequirementForm) -> RequirementCheck {
        let text = document(form).to_string();
        check(read_written_requirement(&text), |faults| form_faults(form, faults))
    }

    /// The form that a document fills; what the form cannot say (profiles, ages of evidence) is lost.
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

/// The fields of one item, filled.
#[must_use]
pub fn form_item(item: &sla::RequirementItem) -> RequirementFormItem {
    let accepted = |level: &sla::Accepted| format!("{}:{}", level.scheme, level.value);
    RequirementFormItem {
        item: item.item.clone(),
        value: typed(item, item.value.as_ref()),
        op: item.op.map(|op| op.as_str().to_owned()).unwrap_or_default(),
        accept: item.accept.iter().map(accepted).collect(),
        level: item.level.as_str().to_owned(),
        weight: item.weight.map(|weight| weight.to_string()).unwrap_or_default(),
        tolerance: item.tolerance.map(|size| tolerance_text(&item.item, size)).unwrap_or_default(),
    }
}

/// A value of an item as it is typed; a level of a scheme with its scheme.
pub(super) fn typed(item: &sla::RequirementItem, value: Option<&sla::Value>) -> String {
    match (value, &item.scheme) {
        (Some(sla::Value::Level(level)), Some(scheme)) => format!("{scheme}:{level}"),
        (Some(value), _) => value_text(&item.item, value),
        (None, _) => String::new(),
    }
}

/// A tolerance as it is typed: with the unit of a number, as steps of a level.
fn tolerance_text(key: &str, size: sla::Decimal) -> String {
    match sla::registry().item(key) {
        Some(item) if item.kind.is_number() => value_text(key, &sla::Value::Number(size)),
        _ => size.normalize().to_string(),
    }
}

pub(super) fn check(
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
pub(super) fn asked(items: &[RequirementFormItem]) -> impl Iterator<Item = &RequirementFormItem> {
    items.iter().filter(|item| !item.value.trim().is_empty() || item.level == "best_effort")
}

fn document(form: &RequirementForm) -> Value {
    let regions = half_width(&form.user_regions);
    let regions = regions.split([',', ' ', '、']);
    let regions: Vec<String> =
        regions.filter(|code| !code.is_empty()).map(str::to_uppercase).collect();
    let items: Vec<Value> = asked(&form.items).map(|asked| Value::Object(item(asked))).collect();
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

/// The fields of a document that one item of the form says.
pub(super) fn item(asked: &RequirementFormItem) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("item".to_owned(), json!(asked.item));
    fields.insert("level".to_owned(), json!(asked.level));
    let text = asked.value.trim();
    if !text.is_empty() {
        let (op, value) = value(asked, text);
        fields.insert("op".to_owned(), json!(op));
        let scheme = scheme_of(&asked.item, text);
        fields.extend(scheme.map(|(scheme, _)| ("scheme".to_owned(), json!(scheme))));
        fields.insert("value".to_owned(), value);
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
    if !asked.accept.is_empty() && !text.is_empty() {
        fields.insert("accept".to_owned(), accepted(&asked.accept));
    }
    if asked.item == "performance.e2e_response_time" && !text.is_empty() {
        fields.insert("percentile".to_owned(), json!(95));
    }
    fields
}

/// How a typed value is compared, and the value as documents write it.
fn value(asked: &RequirementFormItem, text: &str) -> (String, Value) {
    let Some(known) = sla::registry().item(&asked.item) else {
        return (asked.op.clone(), own_value(&asked.op, text));
    };
    if known.kind.is_number()
        && let Some((min, max)) = sla::split_range(text)
    {
        return ("range".to_owned(), json!({"min": min, "max": max}));
    }
    let value = match scheme_of(&asked.item, text) {
        Some((_, level)) => json!(level),
        None => typed_value(&asked.item, text),
    };
    (operator(&asked.item).to_owned(), value)
}

/// Scheme and level of a security level as the form writes them: `ismap:ismap`.
pub(super) fn scheme_of<'a>(key: &str, text: &'a str) -> Option<(&'a str, &'a str)> {
    let known = sla::registry().item(key)?;
    (known.kind == sla::ItemKind::SchemeLevel).then(|| text.split_once(':')).flatten()
}

/// The value of an item of one's own: lists where sets are compared, else a number, yes or no, or a word.
pub(super) fn own_value(op: &str, text: &str) -> Value {
    let text = half_width(text);
    let text = text.trim();
    if matches!(op, "all_of" | "any_of" | "one_of" | "subset_of" | "none_of") {
        let members = text.split([',', '、', '\n']).map(str::trim);
        return json!(members.filter(|member| !member.is_empty()).collect::<Vec<_>>());
    }
    match text {
        "yes" | "true" => json!(true),
        "no" | "false" => json!(false),
        _ => own_number(text).unwrap_or_else(|| json!(text)),
    }
}

/// A number as JSON writes it; `None` where it is none, or where JSON would lose a digit of it.
fn own_number(text: &str) -> Option<Value> {
    let number = sla::parse_decimal(text)?.normalize();
    let written: Value = serde_json::from_str(&number.to_string()).ok()?;
    (sla::parse_decimal(&written.to_string())?.normalize() == number).then_some(written)
}

/// Of each scheme the weakest level that is accepted: the stronger ones count with it.
fn accepted(levels: &[String]) -> Value {
    let mut weakest: Vec<(&str, &str)> = Vec::new();
    for (scheme, level) in levels.iter().filter_map(|level| level.split_once(':')) {
        let place =
            |level: &str| sla::registry().scheme(scheme).and_then(|known| known.index(level));
        match weakest.iter_mut().find(|(known, _)| *known == scheme) {
            Some((_, known)) if place(level) < place(known) => *known = level,
            Some(_) => {}
            None => weakest.push((scheme, level)),
        }
    }
    let entry = |(scheme, level)| json!({"scheme": scheme, "value": level});
    Value::Array(weakest.into_iter().map(entry).collect())
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
    let keys: Vec<&str> = asked(&form.items).map(|item| item.item.as_str()).collect();
    let mut moved = field_faults(faults);
    for fault in &mut moved {
        fault.pointer = form_pointer(&keys, &fault.pointer);
        let key =
            fault.pointer.strip_prefix("/items/").and_then(|rest| rest.strip_suffix("/value"));
        let typed = key.and_then(|key| asked(&form.items).find(|item| item.item == key));
        if let Some(typed) = typed {
            quote(fault, &typed.value);
        }
    }
    moved
}

/// Where a document found the parts of a value to contradict each other, or another one, what was
/// typed is quoted as it stands in the field.
pub(super) fn quote(fault: &mut FieldFault, typed: &str) {
    if fault.code == sla::FaultCode::Contradiction.as_str() && !typed.trim().is_empty() {
        fault.found = sla::made_visible(typed.trim()).into_owned();
    }
}

/// The field of the form in which a field of a document's item is said.
pub(super) fn field_of(field: &str) -> &'static str {
    match field.split('/').next().unwrap_or_default() {
        "level" => "level",
        "weight" => "weight",
        "tolerance" => "tolerance",
        "op" => "op",
        "accept" => "accept",
        "item" => "item",
        _ => "value",
    }
}

fn form_pointer(keys: &[&str], pointer: &str) -> String {
    if let Some(rest) = pointer.strip_prefix("/spec/profiles/normal/items/") {
        let (index, field) = rest.split_once('/').unwrap_or((rest, "value"));
        let key = index.parse().ok().and_then(|index: usize| keys.get(index));
        let field = field_of(field);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::read_requirement;

    fn read(items: Vec<RequirementFormItem>) -> Result<Vec<sla::RequirementItem>, Vec<String>> {
        let form = RequirementForm {
            name: "my-need".to_owned(),
            title_en: "My need".to_owned(),
            user_regions: "JP".to_owned(),
            items,
            ..RequirementForm::default()
        };
        let read = read_requirement(&document(&form).to_string());
        read.map(|(requirement, _)| requirement.spec.profiles.normal.items).map_err(|faults| {
            form_faults(&form, &faults).into_iter().map(|fault| fault.pointer).collect()
        })
    }

    fn typed(key: &str, value: &str) -> RequirementFormItem {
        RequirementFormItem {
            item: key.to_owned(),
            value: value.to_owned(),
            level: "must".to_owned(),
            ..RequirementFormItem::default()
        }
    }

    fn own(op: &str, value: &str) -> RequirementFormItem {
        RequirementFormItem { op: op.to_owned(), ..typed("x-acme.colour", value) }
    }

    #[test]
    fn two_ends_ask_for_a_range_and_are_shown_as_they_are_typed() {
        let items = read(vec![typed("availability.mttr", "1 to 4 h")]).unwrap();
        let range = sla::Value::Range { min: 3600.into(), max: 14_400.into() };
        assert_eq!(
            (items[0].op, items[0].value.as_ref()),
            (Some(sla::Operator::Range), Some(&range))
        );
        let shown = form_item(&items[0]);
        assert_eq!(shown.value, "1 h to 4 h");
        assert_eq!(read(vec![shown]), Ok(items));
        let wrong = read(vec![typed("availability.mttr", "4 h to 1 h")]);
        assert_eq!(wrong, Err(vec!["/items/availability.mttr/value".to_owned()]));
    }

    #[test]
    fn a_level_has_its_scheme_and_of_other_schemes_the_weakest_accepted_level_counts() {
        let key = "security.assurance_level";
        let accept = ["fedramp:D", "fedramp:C", "ismap:ismap"].map(str::to_owned).into();
        let items = read(vec![RequirementFormItem { accept, ..typed(key, "us-fips199:moderate") }]);
        let items = items.unwrap();
        assert_eq!(items[0].scheme.as_deref(), Some("us-fips199"));
        let accepted: Vec<_> =
            items[0].accept.iter().map(|level| (&*level.scheme, &*level.value)).collect();
        assert_eq!(accepted, [("fedramp", "C"), ("ismap", "ismap")]);
        assert_eq!(read(vec![form_item(&items[0])]), Ok(items));
    }

    #[test]
    fn values_of_ones_own_items_are_numbers_words_flags_and_sets() {
        use sla::Value as V;
        for (op, text, value) in [
            ("gte", "12.5", V::Number("12.5".parse().unwrap())),
            ("eq", "yes", V::Boolean(true)),
            ("eq", "indigo", V::level("indigo")),
            ("any_of", "indigo、moss", V::set(["indigo", "moss"])),
        ] {
            let items = read(vec![own(op, text)]).unwrap();
            assert_eq!(items[0].value.as_ref(), Some(&value), "{text}");
            assert_eq!(read(vec![form_item(&items[0])]), Ok(items), "{text}");
        }
        assert_eq!(
            read(vec![own("gte", "indigo")]),
            Err(vec!["/items/x-acme.colour/op".to_owned()])
        );
        let nameless = RequirementFormItem { item: "colour".to_owned(), ..own("eq", "indigo") };
        assert_eq!(read(vec![nameless]), Err(vec!["/items/colour/item".to_owned()]));
    }
}
