//! The body of a `QualityRequirement`, as in `read::requirement`.

use super::parts::{
    Object, both, constant, either, field, has, is, lacks, list, reference, some, when, whole,
    words,
};
use super::{items, quantity};
use crate::read::{limits, sas70};
use crate::{
    Commitment, Demand, Emphasis, ItemDef, ItemKind, Operator, Priority, ProfileName,
    RecoveryPriority,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// Adds the definitions of a requirement and gives the schema of its body.
pub(super) fn define(definitions: &mut Map<String, Value>) -> Value {
    definitions.insert("wish".to_owned(), wish());
    let accepted = Object::new()
        .required("scheme", reference("scheme"))
        .required("value", json!({"not": {"type": "null"}}))
        .with(vec![items::scheme_levels()]);
    definitions.insert("accepted".to_owned(), accepted);
    definitions.insert("relaxed".to_owned(), relaxed());
    let mut profiles = Object::new();
    for name in ProfileName::ALL {
        profiles = match name {
            ProfileName::Normal => profiles.required(name.as_str(), profile().done()),
            _ => {
                let relax = both(vec![list(reference("relaxed")), items::once_each()]);
                profiles.optional(name.as_str(), profile().optional("relax", relax).done())
            }
        };
    }
    Object::new()
        .optional("emphasis", words(Emphasis::WORDS.iter().copied()))
        .required("userRegions", some(reference("country")))
        .optional("roundTrips", whole(1, limits::ROUND_TRIPS_MAX))
        .optional("priority", words(Priority::WORDS.iter().copied()))
        .required("profiles", profiles.done())
        .done()
}

fn profile() -> Object {
    Object::new()
        .optional("recoveryPriority", words(RecoveryPriority::WORDS.iter().copied()))
        .required("items", both(vec![list(reference("wish")), items::once_each()]))
}

/// An item that may be relaxed, with the form of its floor; what it may be is beyond a schema.
fn relaxed() -> Value {
    let floor = |item: &ItemDef| {
        let value = reference(&items::definition(item));
        let ranges = item.kind.is_number().then(|| items::range(item));
        field("floor", or_null(either(ranges.into_iter().chain([value]).collect())))
    };
    let extension = field("floor", or_null(items::extension()));
    Object::new()
        .required("item", reference("itemKey"))
        .optional("floor", json!(true))
        .with(items::by_item(floor, extension))
}

fn wish() -> Value {
    let mut rules = items::by_item(asked, extension());
    let firm = [Demand::Must.as_str(), Demand::Prefer.as_str()];
    rules.push(when(is("level", &firm), both(vec![has("op"), has("value")])));
    rules.push(when(has("op"), has("value")));
    rules.push(when(has("value"), has("op")));
    Object::new()
        .required("item", reference("itemKey"))
        .required("level", words(Demand::WORDS.iter().copied()))
        .optional("op", words(Operator::WORDS.iter().copied()))
        .optional("value", json!(true))
        .optional("subLists", json!({"type": "object"}))
        .optional("scheme", reference("scheme"))
        .optional("accept", json!({"type": "array"}))
        .optional("percentile", reference("percentile"))
        .optional("tolerance", json!({"type": ["number", "string"]}))
        .optional("weight", quantity::between(Decimal::ZERO, Decimal::TEN))
        .optional("minCommitment", words(Commitment::WORDS.iter().copied()))
        .optional("maxAgeDays", whole(1, limits::AGE_DAYS_MAX))
        .optional("pair_with", reference("itemKey"))
        .with(rules)
}

/// What may be asked of an item of the registry.
fn asked(item: &ItemDef) -> Value {
    let operators: Vec<&str> = item.operators().iter().map(|op| op.as_str()).collect();
    let mut rules = vec![field("op", or_null(words(operators)))];
    let mut refused = Vec::new();
    let value = or_null(reference(&items::definition(item)));
    match &item.kind {
        ItemKind::Ratio | ItemKind::Duration | ItemKind::Number => {
            let range = items::range(item);
            let is_range = is("op", &[Operator::Range.as_str()]);
            let value = json!({"then": field("value", range), "else": field("value", value)});
            rules.push(joined(json!({"if": is_range}), value));
            rules.push(field("tolerance", or_null(quantity::slack(item))));
        }
        ItemKind::Level(_) | ItemKind::SchemeLevel => {
            rules.push(field("value", value));
            rules.push(field("tolerance", or_null(quantity::steps())));
            refused.push("percentile");
        }
        ItemKind::Set(_) | ItemKind::Countries => {
            rules.push(if item.key == sas70::ITEM {
                with_sas70(item)
            } else {
                field("value", value)
            });
            refused.extend(["percentile", "tolerance"]);
        }
    }
    if item.kind.is_set() {
        let with_lists: Vec<&str> =
            limits::SUB_LIST_OPERATORS.iter().map(|op| op.as_str()).collect();
        rules.push(field("subLists", items::sub_lists(item)));
        rules.push(when(has("subLists"), both(vec![has("value"), is("op", &with_lists)])));
    } else {
        refused.push("subLists");
    }
    if item.kind == ItemKind::SchemeLevel {
        rules.push(when(has("value"), has("scheme")));
        rules.push(items::scheme_levels());
        rules.push(field("accept", or_null(list(reference("accepted")))));
    } else {
        refused.push("scheme");
        rules.push(field("accept", json!({"maxItems": 0})));
    }
    rules.push(lacks(&refused));
    both(rules)
}

/// Reports, among them the one that ended in 2011: alone, or where any of the list will do.
fn with_sas70(item: &ItemDef) -> Value {
    let legacy = words([sas70::LEGACY]);
    let today = reference(&items::definition(item));
    let entry = either(vec![words(item.words().iter().map(|word| word.key.as_str())), legacy]);
    let asks = field("value", json!({"type": "array", "contains": constant(sas70::LEGACY)}));
    let any = is("op", &[Operator::AnyOf.as_str()]);
    let alone = field("value", json!({"maxItems": 1}));
    both(vec![
        field("value", or_null(either(vec![today, some(entry)]))),
        when(both(vec![has("value"), asks]), either(vec![any, alone])),
    ])
}

/// An extension: any value, with an operator that fits it.
fn extension() -> Value {
    let fits = |kind: Value, list: &[Operator]| {
        let list: Vec<&str> = list.iter().map(|op| op.as_str()).collect();
        when(both(vec![has("value"), field("value", kind)]), field("op", or_null(words(list))))
    };
    let most = Decimal::from(limits::TOLERANCE_MAX);
    both(vec![
        field("value", or_null(items::extension())),
        fits(json!({"type": "number"}), limits::EXTENSION_NUMBER),
        fits(json!({"type": ["string", "boolean"]}), limits::EXTENSION_WORD),
        fits(json!({"type": "array"}), limits::EXTENSION_SET),
        field("accept", or_null(list(reference("accepted")))),
        field("tolerance", or_null(quantity::between(Decimal::ZERO, most))),
        lacks(&["scheme", "subLists"]),
    ])
}

fn or_null(schema: Value) -> Value {
    either(vec![schema, json!({"type": "null"})])
}

/// Two parts of one schema.
fn joined(left: Value, right: Value) -> Value {
    match (left, right) {
        (Value::Object(mut left), Value::Object(right)) => {
            left.extend(right);
            Value::Object(left)
        }
        (left, _) => left,
    }
}
