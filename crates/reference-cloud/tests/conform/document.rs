//! What the cloud says is what its OpenAPI document says it says.

use std::collections::BTreeSet;

use provider_api::suite::{Exchange, Options};
use provider_api::{OPERATIONS, Operation, openapi, paths};
use serde_json::{Value, json};

use crate::common::{self, Local};
use crate::examine;

/// A judge of one schema of the document.
fn judge(document: &Value, schema: &str) -> jsonschema::Validator {
    let whole = json!({
        "$ref": format!("#/components/schemas/{schema}"),
        "components": document["components"].clone(),
    });
    jsonschema::draft202012::options().build(&whole).unwrap()
}

fn check(document: &Value, schema: &str, value: &Value) {
    let judge = judge(document, schema);
    let faults: Vec<String> = judge
        .iter_errors(value)
        .map(|fault| format!("{} at {}", fault, fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{schema}: {faults:?} in {value}");
}

#[tokio::test]
async fn every_answer_of_the_suite_is_as_the_served_document_says() {
    let local = Local::start().await;
    let url = format!("{}{}", local.cloud.url(), paths::OPENAPI);
    // Without a token: the document is for everybody.
    let document: Value = common::client().get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(document, openapi::document());
    let report = examine(&local, &local.cloud.url(), &Options::new("document", 0)).await;
    let mut seen = BTreeSet::new();
    for exchange in report.checks.iter().flat_map(|check| &check.exchanges) {
        seen.extend(judged(&document, exchange));
    }
    let all: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    assert_eq!(seen, all, "a success of every operation was held against the document");
    local.cloud.shutdown().await;
}

/// Holds one exchange against the document; the name of the operation when it was a success.
fn judged(document: &Value, exchange: &Exchange) -> Option<&'static str> {
    let came = exchange.came.as_ref()?;
    let path = exchange.sent.path.split('?').next()?;
    let operation = Operation::of(&exchange.sent.method, path)?;
    let (status, schema) = operation.answer;
    let described =
        &document["paths"][operation.route][operation.method.to_lowercase()]["responses"];
    let status_told = described.get(came.status.to_string()).is_some();
    assert!(status_told, "{} answers {} unsaid: {}", operation.name, came.status, came.body);
    if came.body.len() >= Exchange::BODY_MAX {
        return None;
    }
    if (came.status == status || came.status == 206) && operation.media() != "application/json" {
        let kind = came.headers.iter().find(|header| header.name == "content-type");
        assert_eq!(kind.unwrap().value, operation.media(), "{}", operation.name);
        return Some(operation.name);
    }
    let value: Value = serde_json::from_str(&came.body).unwrap();
    if came.status >= 300 {
        check(document, "Problem", &value);
        return None;
    }
    check(document, schema, &value);
    let json = operation.body_media() == "application/json";
    let body = exchange.sent.body.as_ref().filter(|_| json);
    if let (Some(schema), Some(body)) = (operation.body, body) {
        check(document, schema, &serde_json::from_str(body).unwrap());
    }
    Some(operation.name)
}

#[test]
fn every_example_is_valid_and_a_wrong_value_is_not() {
    let document = openapi::document();
    for operation in OPERATIONS {
        let json = operation.media() == "application/json";
        let answer = json.then_some(operation.answer.1);
        let body = operation.body.filter(|_| operation.body_media() == "application/json");
        for schema in body.into_iter().chain(answer).chain(["Problem"]) {
            check(&document, schema, &openapi::example(schema).unwrap());
        }
    }
    let mut wrong = openapi::example("HoldRequest").unwrap();
    wrong["resources"]["compute"]["count"] = json!("two");
    assert!(!judge(&document, "HoldRequest").is_valid(&wrong));
    let mut surprising = openapi::example("HoldRequest").unwrap();
    surprising["surprise"] = json!(1);
    assert!(!judge(&document, "HoldRequest").is_valid(&surprising));
}
