//! Building blocks of schemas: objects without unknown fields, lists, words, references.

use serde_json::{Map, Number, Value, json};

/// An object that takes the listed fields only. As in the reader, `null` means absent.
#[derive(Debug, Default)]
pub(super) struct Object {
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl Object {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A field that must be there; its schema must not take `null`.
    pub(super) fn required(mut self, name: &str, schema: Value) -> Self {
        self.properties.insert(name.to_owned(), schema);
        self.required.push(json!(name));
        self
    }

    /// A field that may be left out, or be `null`.
    pub(super) fn optional(mut self, name: &str, schema: Value) -> Self {
        let schema = json!({"anyOf": [schema, {"type": "null"}]});
        self.properties.insert(name.to_owned(), schema);
        self
    }

    pub(super) fn done(self) -> Value {
        json!({
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        })
    }

    /// With rules about several fields at once.
    pub(super) fn with(self, rules: Vec<Value>) -> Value {
        let mut object = self.done();
        if let Value::Object(object) = &mut object {
            object.insert("allOf".to_owned(), Value::Array(rules));
        }
        object
    }
}

/// A definition of the same schema.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

pub(super) fn constant(word: &str) -> Value {
    json!({"const": word})
}

pub(super) fn list(entry: Value) -> Value {
    json!({"type": "array", "items": entry})
}

pub(super) fn some(entry: Value) -> Value {
    json!({"type": "array", "items": entry, "minItems": 1})
}

/// Words of a closed list. A word that is a number may stand without quotes: cost class 3.
pub(super) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    let mut list = Vec::new();
    for word in words {
        list.push(json!(word));
        let number: Option<Number> = word.parse().ok();
        // Only where the number is written as the word is: 1.20 is another word than 1.2.
        list.extend(number.filter(|number| number.to_string() == word).map(Value::Number));
    }
    json!({"enum": list})
}

/// A whole number between two ends.
pub(super) fn whole(min: u32, max: u32) -> Value {
    json!({"type": "integer", "minimum": min, "maximum": max})
}

/// The field is there and not `null`.
pub(super) fn has(name: &str) -> Value {
    json!({"required": [name], "properties": {name: {"not": {"type": "null"}}}})
}

/// The field is absent or `null`.
pub(super) fn lacks(names: &[&str]) -> Value {
    let fields: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!({"type": "null"}))).collect();
    json!({"properties": fields})
}

/// The field has one of these words.
pub(super) fn is(name: &str, list: &[&str]) -> Value {
    json!({"required": [name], "properties": {name: {"enum": list}}})
}

/// The field, if it is there, follows this schema.
pub(super) fn field(name: &str, schema: Value) -> Value {
    json!({"properties": {name: schema}})
}

pub(super) fn both(schemas: Vec<Value>) -> Value {
    json!({"allOf": schemas})
}

pub(super) fn either(schemas: Vec<Value>) -> Value {
    json!({"anyOf": schemas})
}

pub(super) fn when(condition: Value, then: Value) -> Value {
    json!({"if": condition, "then": then})
}
