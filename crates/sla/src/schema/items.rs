//! Values of items, from the registry.

use super::parts::{Object, both, field, is, reference, some, when, words};
use super::{forms, quantity};
use crate::read::limits;
use crate::{ItemDef, ItemKind, Scheme, registry};
use serde_json::{Value, json};

/// Name of the definition of an item's value.
pub(super) fn definition(item: &ItemDef) -> String {
    format!("value.{}", item.key)
}

/// What an item's value may be; a level of a scheme is narrowed by [`scheme_levels`].
pub(super) fn value(item: &ItemDef) -> Value {
    let mut schema = match &item.kind {
        ItemKind::Ratio | ItemKind::Duration | ItemKind::Number => quantity::of(item),
        ItemKind::Level(levels) => words(levels.iter().map(|word| word.key.as_str())),
        ItemKind::SchemeLevel => {
            let levels = registry().schemes().iter().flat_map(|scheme| &scheme.levels);
            words(levels.map(|word| word.key.as_str()))
        }
        ItemKind::Set(members) => some(words(members.iter().map(|word| word.key.as_str()))),
        ItemKind::Countries => some(reference("country")),
    };
    if let (Value::Object(schema), Some(label)) = (&mut schema, item.label.0.get("en")) {
        schema.insert("title".to_owned(), json!(label));
    }
    schema
}

/// The levels of each scheme, where `scheme` and `value` stand side by side.
pub(super) fn scheme_levels() -> Value {
    let usable = registry().schemes().iter().filter(|scheme| !scheme.draft);
    let levels = |scheme: &Scheme| words(scheme.levels.iter().map(|word| word.key.as_str()));
    let narrowed = |scheme: &Scheme| {
        // An absent value is reported where it is required.
        let or_null = json!({"anyOf": [levels(scheme), {"type": "null"}]});
        when(is("scheme", &[&scheme.key]), field("value", or_null))
    };
    both(usable.map(narrowed).collect())
}

/// The value of an extension item.
pub(super) fn extension() -> Value {
    json!({"anyOf": [
        {"type": ["number", "boolean"]},
        reference("text"),
        {"type": "array", "items": reference("text")},
    ]})
}

/// Further lists of a set, or `null`.
pub(super) fn sub_lists(item: &ItemDef) -> Value {
    let list = reference(&definition(item));
    let lists = (limits::SUB_LISTS.iter())
        .fold(Object::new(), |lists, name| lists.optional(name, list.clone()));
    json!({"anyOf": [lists.done(), {"type": "null"}]})
}

/// Two ends of a range.
pub(super) fn range(item: &ItemDef) -> Value {
    let end = || reference(&definition(item));
    Object::new().required("min", end()).required("max", end()).done()
}

/// One rule for every item of the registry, and one for extensions.
pub(super) fn by_item(rule: impl Fn(&ItemDef) -> Value, extension: Value) -> Vec<Value> {
    let mut rules: Vec<Value> =
        registry().items().iter().map(|item| when(is("item", &[&item.key]), rule(item))).collect();
    let mut extension_key = forms::extension_key();
    // Those that a market registered have a rule of their own above.
    let registered: Vec<&str> = (registry().items().iter())
        .filter(|item| item.registered.is_some())
        .map(|item| item.key.as_str())
        .collect();
    if let (Value::Object(key), false) = (&mut extension_key, registered.is_empty()) {
        key.insert("not".to_owned(), json!({"enum": registered}));
    }
    let key = json!({"required": ["item"], "properties": {"item": extension_key}});
    rules.push(when(key, extension));
    rules
}

/// At most one entry for each item of the registry.
pub(super) fn once_each() -> Value {
    let once = |item: &ItemDef| json!({"contains": is("item", &[&item.key]), "minContains": 0, "maxContains": 1});
    both(registry().items().iter().map(once).collect())
}
