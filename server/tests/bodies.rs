//! Every body of the API, damaged field by field: the fault stands at its field and is said in words
//! that need no knowledge of Rust, and secrets are not repeated.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod common;

use common::{Sent, Site};
use domain::{
    AnnouncementId, AudienceId, BundleId, ContractId, FirmListId, InvitationId, OfferId,
    ProposalId, ProviderId, RequirementId, UploadId, WorkflowId,
};
use serde_json::{Map, Value, json};
use server::api;

/// Words of Rust and serde.
const INSIDE: &[&str] = &[
    "i64",
    "u64",
    "u32",
    "u16",
    "usize",
    "f64",
    "invalid type",
    "invalid value",
    "invalid length",
    "struct ",
    "sequence",
    "variant",
    "newtype",
    "unit value",
    "floating point",
    "integer `",
    "a string",
    "boolean `",
];

/// A schema behind references and options.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(place) = schema["$ref"].as_str() {
        return resolved(document, document.pointer(place.trim_start_matches('#')).unwrap());
    }
    match schema["oneOf"].as_array() {
        Some(ways) => {
            let way = ways.iter().find(|way| way["type"] != "null").unwrap();
            resolved(document, way)
        }
        None => schema,
    }
}

fn is(schema: &Value, kind: &str) -> bool {
    let kinds = &schema["type"];
    *kinds == kind || kinds.as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
}

/// A body with every field, each of its kind.
fn sample(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    if let Some(fields) = schema["properties"].as_object() {
        let fields = fields.iter().map(|(name, field)| (name.clone(), sample(document, field)));
        return Value::Object(fields.collect::<Map<_, _>>());
    }
    match schema {
        _ if is(schema, "integer") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        _ if is(schema, "number") => json!(1),
        _ if is(schema, "boolean") => json!(true),
        _ if is(schema, "array") && schema["items"]["$ref"].is_string() => {
            json!([sample(document, &schema["items"])])
        }
        _ if is(schema, "array") => json!([]),
        _ if is(schema, "string") => schema.get("example").cloned().unwrap_or_else(|| json!("x")),
        _ => json!({}),
    }
}

/// Every field with its schema.
fn fields(document: &Value, schema: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    let schema = resolved(document, schema);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        found.push((at.clone(), resolved(document, field).clone()));
        fields(document, field, &at, found);
    }
}

/// The address of things that nobody has, so that a body is read before they are looked for.
fn concrete(path: &str) -> String {
    let id = uuid::Uuid::from_u128(7);
    path.replace("{provider}", &ProviderId(id).to_string())
        .replace("{contract}", &ContractId(id).to_string())
        .replace("{offer}", &OfferId(id).to_string())
        .replace("{requirement}", &RequirementId(id).to_string())
        .replace("{firmList}", &FirmListId(id).to_string())
        .replace("{announcement}", &AnnouncementId(id).to_string())
        .replace("{bundle}", &BundleId(id).to_string())
        .replace("{upload}", &UploadId(id).to_string())
        .replace("{proposal}", &ProposalId(id).to_string())
        .replace("{audience}", &AudienceId(id).to_string())
        .replace("{invitation}", &InvitationId(id).to_string())
        .replace("{version}", "2")
        .replace("{workflow}", &WorkflowId(id).to_string())
}

#[tokio::test]
async fn every_field_of_every_body_tells_a_wrong_kind_in_plain_words() {
    let site = Site::empty().await;
    let document = serde_json::to_value(api::document()).unwrap();
    let (mut bodies, mut told) = (0, 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let Some(name) = schema["$ref"].as_str() else { continue };
            if !name.ends_with("Input") {
                continue;
            }
            bodies += 1;
            let mut places = Vec::new();
            fields(&document, schema, "", &mut places);
            assert!(!places.is_empty(), "{path}");
            for (place, field) in places {
                for wrong in
                    [json!("\u{3042}, expected i"), json!(7), json!(1.5), json!(true), json!([])]
                {
                    let mut body = sample(&document, schema);
                    *body.pointer_mut(&place).unwrap() = wrong.clone();
                    let address = concrete(path);
                    let method = method.to_uppercase();
                    let reply = site.api(None, &method, &address, Sent::Json(body)).await;
                    let what = format!("{method} {path} {place} = {wrong}: {}", reply.body);
                    assert!(!reply.status.is_server_error(), "{what}");
                    // Ids are drawn, and `f64` are hexadecimal digits.
                    let said = reply.body.split("\"request_id\"").next().unwrap_or_default();
                    let faults = reply.body.split("\"errors\"").nth(1).unwrap_or_default();
                    for word in INSIDE {
                        let inside = said.contains(word) || faults.contains(word);
                        assert!(!inside, "`{word}` in {what}");
                    }
                    let fits = (is(&field, "string") && wrong.is_string())
                        || (is(&field, "integer") && wrong.is_i64())
                        || (is(&field, "number") && wrong.is_number())
                        || (is(&field, "boolean") && wrong.is_boolean())
                        || (is(&field, "array") && wrong.is_array())
                        || (is(&field, "object") || field.get("type").is_none());
                    if fits {
                        continue;
                    }
                    told += 1;
                    let reply = reply.json();
                    assert_eq!(reply["code"], "invalid", "{what}");
                    assert_eq!(reply["errors"][0]["pointer"], place, "{what}");
                    let allowed = reply["errors"][0]["allowed"].as_str().unwrap();
                    let said = if is(&field, "integer") { "a whole number" } else { "" };
                    assert!(!allowed.is_empty() && allowed.starts_with(said), "{what}");
                    if let (Some(least), Some(most)) = (field.get("minimum"), field.get("maximum"))
                    {
                        assert_eq!(
                            allowed,
                            format!("a whole number from {least} to {most}"),
                            "{what}"
                        );
                    }
                }
            }
        }
    }
    assert!(bodies >= 10 && told >= 80, "{bodies} bodies, {told} faults");
}

#[tokio::test]
async fn a_secret_of_the_wrong_kind_is_not_repeated() {
    let site = Site::empty().await;
    let account = json!({"email": "a@example.org", "password": 12_345_678_901_i64, "name": "A",
        "organisation": "A", "role": "customer"});
    let connection = json!({"url": "https://cloud.example", "token": 12_345_678_901_i64});
    for (method, path, body, place) in [
        ("POST", "/accounts", account, "/password"),
        ("PUT", "/desk/providers/{provider}/connection", connection, "/token"),
    ] {
        let reply = site.api(None, method, &concrete(path), Sent::Json(body)).await;
        assert!(!reply.body.contains("12345678901"), "{}", reply.body);
        assert_eq!(reply.json()["errors"][0]["pointer"], place, "{}", reply.body);
        assert_eq!(reply.json()["errors"][0]["found"], "(not shown)", "{}", reply.body);
    }
}

#[tokio::test]
async fn a_word_of_a_list_that_is_no_text_is_a_fault_of_its_field_and_not_of_the_syntax() {
    let site = Site::empty().await;
    let body = json!({"offer": "ofr_x", "offerVersion": 1, "need": {}, "serviceName": "x",
        "shownPrice": {"minor": 1, "currency": 7}});
    let reply = site.api(None, "POST", "/contracts", Sent::Json(body)).await;
    assert_eq!(reply.code(), "invalid", "{}", reply.body);
    assert_eq!(reply.json()["errors"][0]["pointer"], "/shownPrice/currency");
}
