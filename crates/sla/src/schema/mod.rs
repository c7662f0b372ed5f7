//! JSON Schema 2020-12 of the documents, built from the tables that the reader uses: lists of words,
//! the registry, limits and units. Describes JSON documents, in the canonical form and in the other
//! written forms ("99.9 %", "PT4H", `p95`). What no schema can say is listed in [`BEYOND`].

mod beyond;
mod forms;
mod items;
mod offer;
#[expect(clippy::needless_pass_by_value, reason = "each part is built for one place only")]
mod parts;
mod quantity;
mod requirement;

pub use beyond::{BEYOND, Beyond};

use crate::{API_VERSION, DocumentKind};
use parts::{Object, constant, reference};
use serde_json::{Map, Value, json};

/// The dialect the schemas are written in.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Type of the content when a schema is served (draft-bhutton-json-schema-01, section 15).
pub const CONTENT_TYPE: &str = "application/schema+json";

/// The schema of either kind of document.
#[must_use]
pub fn document() -> Value {
    let branches: Vec<Value> = DocumentKind::ALL
        .iter()
        .map(|kind| {
            let is_kind =
                json!({"properties": {"kind": constant(kind.as_str())}, "required": ["kind"]});
            json!({"if": is_kind, "then": reference(definition(*kind))})
        })
        .collect();
    let kinds = json!({"kind": {"enum": DocumentKind::WORDS}});
    let body = json!({
        "type": "object",
        "properties": kinds,
        "required": ["kind"],
        "allOf": branches,
    });
    rooted("document", "A provider's promises or a customer's requirement", body, DocumentKind::ALL)
}

/// The schema of a `ServiceLevelOffer`.
#[must_use]
pub fn offer() -> Value {
    let body = reference(definition(DocumentKind::Offer));
    rooted("offer", "What a provider promises", body, &[DocumentKind::Offer])
}

/// The schema of a `QualityRequirement`.
#[must_use]
pub fn requirement() -> Value {
    let body = reference(definition(DocumentKind::Requirement));
    rooted("requirement", "What a customer asks for", body, &[DocumentKind::Requirement])
}

/// The schema of this name, as addresses of a server use it: `document`, `offer` or `requirement`.
#[must_use]
pub fn named(name: &str) -> Option<Value> {
    match name {
        "document" => Some(document()),
        "offer" => Some(offer()),
        "requirement" => Some(requirement()),
        _ => None,
    }
}

/// Identifier of a schema. A name, not an address: every server of the market serves the same schema.
fn id(name: &str) -> String {
    format!("https://{API_VERSION}/{name}.json")
}

const fn definition(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Offer => "offer",
        DocumentKind::Requirement => "requirement",
    }
}

/// A whole schema: head, body and the definitions that the kinds need.
fn rooted(name: &str, title: &str, body: Value, kinds: &[DocumentKind]) -> Value {
    let mut root = Map::new();
    root.insert("$schema".to_owned(), json!(DIALECT));
    root.insert("$id".to_owned(), json!(id(name)));
    root.insert("title".to_owned(), json!(title));
    let beyond: Vec<Value> =
        BEYOND.iter().map(|rule| json!(format!("{}: {}", rule.id, rule.says))).collect();
    // Validators pass over names they do not know; people find the rest of the rules here.
    root.insert("x-rules-beyond-this-schema".to_owned(), Value::Array(beyond));
    if let Value::Object(body) = body {
        root.extend(body);
    }
    let mut definitions = Map::new();
    forms::define(&mut definitions);
    for kind in kinds {
        let spec = match kind {
            DocumentKind::Offer => offer::define(&mut definitions),
            DocumentKind::Requirement => requirement::define(&mut definitions),
        };
        let document = Object::new()
            .required("apiVersion", constant(API_VERSION))
            .required("kind", constant(kind.as_str()))
            .required("metadata", reference("metadata"))
            .required("spec", spec)
            .done();
        definitions.insert(definition(*kind).to_owned(), document);
    }
    definitions.insert("metadata".to_owned(), offer::metadata());
    root.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(root)
}
