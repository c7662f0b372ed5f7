//! The OpenAPI 3.1 document of the API: the operations of the table, the schemas of the wire, the rules of the README.

mod examples;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::operations::{ARCHIVE, CHANGING, CHUNK, OPEN_METRICS, OPERATIONS, Operation, Part};
use crate::problem::{Problem, ProblemCode as Code};
use crate::state::diagram;
use crate::{erasure, otlp, resource, wire};

pub use examples::example;

/// The README, whose rules are the prose of the document.
const README: &str = include_str!("../../README.md");
/// Where the rules begin in it.
const RULES: &str = "## Rules of the API";

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let mut routes = Map::new();
    for operation in OPERATIONS {
        let route = routes.entry(operation.route).or_insert_with(|| json!({}));
        route[operation.method.to_lowercase()] = describe(operation);
    }
    let tags: Vec<Value> = Part::ALL
        .iter()
        .map(|part| json!({"name": part.tag(), "description": part.text()}))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Inter-cloud Provider API",
            "version": "1",
            "summary": "How a broker holds, runs, watches and gives back resources at a cloud",
            "description": prose(),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": tags,
        "paths": routes,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas(),
            "parameters": parameters(),
            "headers": {
                "RequestId": {
                    "description": "The provider's id of the request, to quote when asking its operator",
                    "required": true,
                    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
                },
                "Location": {
                    "description": "The path of the long work, to be read until it has ended",
                    "required": true,
                    "schema": {"type": "string"},
                },
            },
        },
    })
}

fn prose() -> String {
    let rules = README.find(RULES).and_then(|start| README.get(start..)).unwrap_or_default();
    format!("{rules}\n## States\n\n```mermaid\n{}```\n", diagram())
}

/// One operation of the document.
fn describe(operation: &Operation) -> Value {
    let mut parameters = Vec::new();
    for name in ["id", "key"] {
        if operation.route.contains(&format!("{{{name}}}")) {
            parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
        }
    }
    if operation.answer.1 == ARCHIVE {
        for name in ["Range", "IfRange"] {
            parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
        }
    }
    if operation.body == Some(CHUNK) {
        for name in ["UploadOffset", "ContentDigest"] {
            parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
        }
    }
    if operation.changing {
        for name in ["IdempotencyKey", "Epoch"] {
            parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
        }
    }
    if operation.answer.1 == OPEN_METRICS {
        parameters.push(json!({"$ref": "#/components/parameters/since"}));
    }
    if is_list(operation) {
        // What is listed of one thing has its label.
        let own: &[&str] = match operation.name {
            "images" => &["name", "sha256"],
            _ if operation.route.contains('{') => &[],
            _ => &["label"],
        };
        for name in own.iter().chain(&["after", "limit"]) {
            parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
        }
    }
    let mut described = json!({
        "operationId": operation.name,
        "tags": [operation.part.tag()],
        "summary": operation.summary,
        "description": format!("{} [{}]", operation.text, operation.requirements.join(", ")),
        "parameters": parameters,
        "responses": responses(operation),
    });
    if let Some(schema) = operation.body {
        described["requestBody"] =
            json!({"required": true, "content": content(operation.body_media(), schema)});
    }
    described
}

fn is_list(operation: &Operation) -> bool {
    operation.answer.1.ends_with("Page")
}

fn content(media: &str, schema: &str) -> Value {
    if media != "application/json" && media != "application/problem+json" {
        return json!({media: {"schema": {"type": "string"}, "example": example(schema)}});
    }
    let mut body = json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}});
    if let Some(example) = example(schema) {
        body["example"] = example;
    }
    json!({media: body})
}

/// The success, and the refusals gathered by status with an example of each code.
fn responses(operation: &Operation) -> Value {
    let request_id = json!({"x-request-id": {"$ref": "#/components/headers/RequestId"}});
    let (status, schema) = operation.answer;
    let mut headers = request_id.clone();
    if status == 202 {
        headers["location"] = json!({"$ref": "#/components/headers/Location"});
    }
    let mut responses = json!({status.to_string(): {
        "description": operation.summary,
        "headers": headers,
        "content": content(operation.media(), schema),
    }});
    if schema == OPEN_METRICS {
        // The same in OTLP, for whoever asks for JSON.
        responses["200"]["content"][otlp::MEDIA_TYPE] =
            json!({"schema": {"type": "object"}, "example": examples::otlp()});
    }
    if schema == ARCHIVE {
        let mut headers = request_id.clone();
        headers["content-range"] = json!({"schema": {"type": "string"}});
        let content = content(operation.media(), schema);
        responses["206"] = json!({"description": "The part that was asked for", "headers": headers, "content": content});
    }
    if operation.name == "drain" {
        let mut begun = responses["202"].clone();
        begun["description"] = json!("It is under way, or nothing runs already");
        responses["200"] = begun;
    }
    for (status, codes) in refusals(operation) {
        let titles: Vec<&str> = codes.iter().map(|code| code.title()).collect();
        let mut examples = Map::new();
        for code in &codes {
            let value = json!({"value": Problem::new(*code, code.title())});
            examples.insert(code.as_str().to_owned(), value);
        }
        responses[status.to_string()] = json!({
            "description": titles.join("; "),
            "headers": request_id,
            "content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": examples,
            }},
        });
    }
    responses
}

/// The codes an operation may refuse with, by status.
fn refusals(operation: &Operation) -> Vec<(u16, Vec<Code>)> {
    let everywhere = [Code::Unauthorized, Code::Unavailable, Code::TooManyRequests, Code::Internal];
    let mut codes: Vec<Code> = everywhere.to_vec();
    codes.extend(operation.problems);
    if operation.answer.1 == ARCHIVE {
        codes.push(Code::RangeUnsatisfiable);
    }
    if operation.changing {
        codes.extend(CHANGING);
    }
    // Readings are asked for since a moment, which can be none.
    let asks = is_list(operation) || operation.answer.1 == OPEN_METRICS;
    if operation.body.is_some() || asks {
        codes.push(Code::InvalidRequest);
    }
    let mut by_status: Vec<(u16, Vec<Code>)> = Vec::new();
    for code in codes {
        match by_status.iter_mut().find(|(status, _)| *status == code.status()) {
            Some((_, known)) if known.contains(&code) => {}
            Some((_, known)) => known.push(code),
            None => by_status.push((code.status(), vec![code])),
        }
    }
    by_status.sort_by_key(|(status, _)| *status);
    by_status
}

fn parameters() -> Value {
    json!({
        "id": {"name": "id", "in": "path", "required": true, "description": "The cloud's id of an allocation, a backup, a block, an image, a link or long work",
            "schema": {"type": "string", "minLength": 1}},
        "key": {"name": "key", "in": "path", "required": true, "description": "An idempotency key",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200}},
        "IdempotencyKey": {"name": "Idempotency-Key", "in": "header", "required": true,
            "description": "Names the intent: 1 to 200 visible ASCII characters. The same key with the same request acts once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
            "example": "4f1c2a-hold"},
        "Epoch": {"name": "Kumoichi-Epoch", "in": "header", "required": true,
            "description": "The fencing token: one below the highest seen for the allocation is refused.",
            "schema": {"type": "integer", "format": "int64"}, "example": 7},
        "Range": {"name": "Range", "in": "header", "description": "One part, as `bytes=1000-`",
            "schema": {"type": "string"}},
        "IfRange": {"name": "If-Range", "in": "header", "description": "The entity tag of the archive the part is of",
            "schema": {"type": "string"}},
        "UploadOffset": {"name": "Upload-Offset", "in": "header", "required": true,
            "description": "How many bytes of the image come before the chunk", "schema": {"type": "integer", "minimum": 0}},
        "ContentDigest": {"name": "Content-Digest", "in": "header", "required": true,
            "description": "The SHA-256 of the chunk (RFC 9530)", "schema": {"type": "string"},
            "example": "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"},
        "name": {"name": "name", "in": "query", "description": "Only what has exactly this name",
            "schema": {"type": "string"}},
        "sha256": {"name": "sha256", "in": "query", "description": "Only what has this digest",
            "schema": {"type": "string"}},
        "label": {"name": "label", "in": "query", "description": "Only what has exactly this label",
            "schema": {"type": "string"}},
        "since": {"name": "since", "in": "query", "description": "Every kept reading after this moment, in microseconds UTC, oldest first; without it the last one",
            "schema": {"type": "integer", "format": "int64"}},
        "after": {"name": "after", "in": "query", "description": "What `next` of the page before said",
            "schema": {"type": "string", "minLength": 1}},
        "limit": {"name": "limit", "in": "query", "description": "Entries of the page at most, 1 to 100",
            "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    })
}

/// Every schema of the wire, by name.
fn schemas() -> Map<String, Value> {
    let mut all = Vec::new();
    macro_rules! add {
        ($($kind:ty),* $(,)?) => {$(
            all.push((<$kind as ToSchema>::name().into_owned(), <$kind as PartialSchema>::schema()));
            <$kind as ToSchema>::schemas(&mut all);
        )*};
    }
    add!(
        wire::Capabilities,
        wire::TenantQuota,
        wire::DiscoverRequest,
        wire::DiscoverAnswer,
        wire::HoldRequest,
        wire::ReserveRequest,
        wire::ExtendRequest,
        wire::ConfirmRequest,
        wire::StartRequest,
        wire::ResolvedRecipe,
        wire::DrainRequest,
        wire::ResizeRequest,
        wire::AdoptRequest,
        wire::AttachRequest,
        wire::Allocation,
        wire::AllocationPage,
        wire::OperationRecord,
        wire::EventPage,
        wire::WebhookRequest,
        wire::Webhook,
        wire::Liveness,
        wire::Metrics,
        wire::MonitoringRequest,
        wire::OtlpTarget,
        wire::OtlpPush,
        wire::ReadingHistory,
        wire::Monitoring,
        wire::UsageRecord,
        wire::SecurityEventPage,
        wire::BlockRequest,
        wire::Block,
        wire::BlockPage,
        wire::Backup,
        wire::BackupPage,
        wire::BackupFilePage,
        wire::LongOperation,
        wire::LongOperationPage,
        resource::ResourceGraph,
        wire::ExportManifest,
        wire::LinkRequest,
        wire::LinkOffer,
        wire::LinkShare,
        wire::Link,
        wire::LinkPlace,
        wire::LinkPage,
        wire::LinkProbe,
        wire::Image,
        wire::ImagePage,
        wire::ConvertRequest,
        wire::ImageRequest,
        wire::ImageManifest,
        erasure::ErasureStatement,
        Problem,
    );
    all.into_iter()
        .filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_in_the_document_with_prose_and_its_refusals() {
        let document = document();
        for operation in OPERATIONS {
            let found = &document["paths"][operation.route][operation.method.to_lowercase()];
            assert_eq!(found["operationId"], operation.name);
            assert!(found["description"].as_str().unwrap().len() > 20, "{}", operation.name);
            let refusals = &found["responses"]["401"]["content"]["application/problem+json"];
            assert!(refusals["examples"]["unauthorized"].is_object());
            let status = operation.answer.0.to_string();
            let answer = &found["responses"][status]["content"][operation.media()];
            assert!(!answer["example"].is_null(), "{} has no example", operation.name);
            let told = found["responses"]["202"]["headers"]["location"].is_object();
            assert_eq!(told, operation.answer.0 == 202, "{}: where to look", operation.name);
        }
    }

    #[test]
    fn whatever_takes_a_body_or_a_question_may_be_told_that_it_is_wrong() {
        let document = document();
        for operation in OPERATIONS {
            let found = &document["paths"][operation.route][operation.method.to_lowercase()];
            let parameters = found["parameters"].as_array().unwrap();
            let of_query = |one: &Value| {
                let place = one["$ref"].as_str().unwrap().trim_start_matches('#');
                document.pointer(place).unwrap()["in"] == "query"
            };
            let asks = operation.body.is_some() || parameters.iter().any(of_query);
            let told = found["responses"].get("400").is_some();
            assert!(told || !asks, "{} says nothing of 400", operation.name);
        }
    }

    #[test]
    fn no_reference_leads_nowhere() {
        fn walk(at: &Value, root: &Value) {
            match at {
                Value::Object(fields) => {
                    if let Some(Value::String(place)) = fields.get("$ref") {
                        let pointer = place.trim_start_matches('#');
                        assert!(root.pointer(pointer).is_some(), "{place}");
                    }
                    fields.values().for_each(|each| walk(each, root));
                }
                Value::Array(items) => items.iter().for_each(|each| walk(each, root)),
                _ => {}
            }
        }
        let document = document();
        walk(&document, &document);
    }

    #[test]
    fn the_rules_and_the_states_are_in_the_prose() {
        let prose = prose();
        assert!(prose.starts_with(RULES), "{prose}");
        assert!(prose.contains("held --> reserved: confirm"));
    }
}
