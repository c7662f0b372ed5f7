//! Whatever is wrong with a request, the answer is a problem document with a stable code, never a 5xx.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::{Person, Sent, Site, requirement};
use domain::Role;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use server::api;

fn post(path: &str, kind: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method("POST")
        .uri(format!("/api/v1{path}"))
        .header(header::CONTENT_TYPE, kind)
        .header("idempotency-key", "the-key")
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn every_rejection_is_a_problem_with_its_own_code() {
    let site = Site::empty().await;
    let json = "application/json";
    let cases = [
        (post("/rankings", json, "{"), 400, "bad_json"),
        (post("/rankings", json, "{} {}"), 422, "invalid"),
        (post("/rankings", json, ""), 422, "invalid"),
        (post("/rankings", json, r#"{"need":{"template":"x"}} 1"#), 400, "bad_json"),
        (post("/rankings", json, r#"{"need":{"template":"x"},"oder":1}"#), 422, "invalid"),
        (post("/rankings", json, r#"{"need":{}}"#), 422, "invalid"),
        (post("/rankings", json, r#"{"need":{"template":"x"},"limit":0}"#), 422, "invalid"),
        (
            post("/rankings", json, r#"{"need":{"template":"x"},"limit":99999999999999999999}"#),
            422,
            "invalid",
        ),
        (post("/rankings", json, r#"{"need":{"template":"\u0000"}}"#), 422, "invalid"),
        (post("/rankings", json, r#"{"need":{"template":"nothing"}}"#), 404, "not_found"),
        (
            post(
                "/plans",
                json,
                r#"{"need":{"template":"certificate-service"},"workload":{"peakPerSecond":0,"processorMs":1}}"#,
            ),
            422,
            "invalid",
        ),
        (
            post(
                "/plans",
                json,
                r#"{"need":{"template":"certificate-service"},"workload":{"peakPerSecond":1000000,"processorMs":9}}"#,
            ),
            409,
            "unattainable",
        ),
        (post("/rankings", "text/plain", "{}"), 415, "unsupported_media_type"),
        (post("/requirements/check", "image/png", "a: b"), 415, "unsupported_media_type"),
        (post("/requirements/check", "application/yaml", vec![0xff, 0xfe]), 400, "bad_encoding"),
        (post("/requirements/check", "application/yaml", vec![b'a'; 2_000_000]), 413, "too_large"),
        (post("/rankings", json, vec![b' '; 6_000_000]), 413, "too_large"),
        (post("/offers", json, "{}"), 405, "method_not_allowed"),
        (post("/nowhere", json, "{}"), 404, "not_found"),
    ];
    for (number, (request, status, code)) in cases.into_iter().enumerate() {
        let reply = site.send(request).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (status, code),
            "case {number}: {}",
            reply.body
        );
    }
}

#[tokio::test]
async fn queries_and_paths_are_checked_whole() {
    let site = Site::demo().await;
    let rejected = [
        "/offers?q=%00",
        "/offers?q=%FF",
        "/offers?limit=99999999999999999999999",
        "/offers?limit=-1",
        "/offers?price_min=1e5",
        "/offers?cursor=p0",
        "/offers?cursor=p99999999999",
        "/offers?sort=best",
        "/offers?page=2",
        "/offers?backed=yes",
        "/offers?currency=DOGE",
        "/offers?price_min=-1",
        "/offers?price_max=99999999999999999999",
        "/offers?price_min=2&price_max=1",
        "/offers?price_min=1&price_min=2",
        "/offers?model=Moon",
        "/offers?deployment=odd",
        "/offers?country=jp",
        "/templates?x=1",
    ];
    for path in rejected {
        let reply = site.get(None, path).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", reply.body);
        assert_eq!(reply.code(), "invalid", "{path}");
        let errors = reply.json()["errors"].as_array().unwrap().clone();
        assert!(!errors.is_empty(), "{path}");
        for error in errors {
            let name = error["pointer"].as_str().unwrap().trim_start_matches('/').to_owned();
            assert!(path.contains(&format!("{name}=")), "{path}: {error}");
            for told in ["found", "allowed", "message"] {
                assert!(!error[told].as_str().unwrap().is_empty(), "{path}: {error}");
            }
        }
    }
    for path in [
        "/offers/x",
        "/offers/ofr_%00",
        "/offers/%FF",
        "/providers/%00",
        "/items/..%2f..",
        "/providers/no-such",
    ] {
        let reply = site.get(None, path).await;
        assert!(reply.status.is_client_error(), "{path}: {}", reply.status);
        reply.code();
    }
    let all = site.get(None, "/offers?limit=100&price_max=9223372036854775807&currency=JPY").await;
    assert_eq!(all.status, StatusCode::OK, "{}", all.body);
}

#[tokio::test]
async fn a_fault_of_a_body_is_told_with_its_pointer() {
    let site = Site::empty().await;
    let body = json!({"need": {"template": 7}});
    let reply = site.api(None, "POST", "/rankings", Sent::Json(body)).await;
    assert_eq!(reply.json()["errors"][0]["pointer"], "/need/template", "{}", reply.body);
    let broken = requirement().replace("weight: ", "wight: ");
    let check = site.api(None, "POST", "/requirements/check", Sent::Yaml(&broken)).await.json();
    assert_eq!(check["valid"], false);
    assert!(check["errors"][0]["pointer"].as_str().unwrap().starts_with("/spec/"), "{check}");
}

#[tokio::test]
async fn faults_of_a_need_stand_where_the_need_stands_in_the_body() {
    let site = Site::demo().await;
    let customer = site.person("customer", Role::Customer).await;
    let provider = site.broker.provider(&customer.ctx, "hokusei").await.unwrap();
    let offer = provider.offers.iter().find(|offer| offer.price.is_some()).unwrap();
    let first = async |path: &str, need: serde_json::Value, name: &str| {
        let mut body = json!({"need": need});
        if path != "/rankings" {
            body["offer"] = json!(offer.id.to_string());
        }
        if path == "/contracts" {
            body["offerVersion"] = json!(offer.version);
            body["serviceName"] = json!(name);
        }
        let reply = site.api(Some(&customer), "POST", path, Sent::Json(body)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", reply.body);
        let error = reply.json()["errors"][0].clone();
        let part = |name: &str| error[name].as_str().unwrap().to_owned();
        (part("pointer"), part("message"))
    };
    // The code of a text that is no document, and of one without all that a need has.
    let inside = "e30";
    for path in ["/rankings", "/quotes", "/contracts"] {
        let document = first(path, json!({"document": {}}), "Certificates").await.0;
        assert_eq!(document, "/need/document/apiVersion", "{path}");
        let document = first(path, json!({"document": 7}), "Certificates").await.0;
        assert_eq!(document, "/need/document", "{path}");
        for code in ["!", "eA", inside] {
            let (pointer, message) = first(path, json!({"shareCode": code}), "Certificates").await;
            assert_eq!(pointer, "/need/shareCode", "{path} {code}");
            assert!(code != inside || message.contains("/apiVersion"), "{path}: {message}");
        }
    }
    let other = first("/contracts", json!({"document": {}}), "").await.0;
    assert_eq!(other, "/serviceName", "faults of other fields stay where they are");
}

#[tokio::test]
async fn every_fault_of_a_check_names_what_was_found_and_what_is_allowed() {
    let site = Site::empty().await;
    let offer = "kind (ServiceLevelOffer or QualityRequirement)";
    for (kind, text) in [
        ("application/json", "[]"),
        ("application/json", "null"),
        ("application/json", "\"\""),
        ("application/json", "7"),
        ("application/json", "{}"),
        ("application/json", "{"),
        ("application/yaml", ""),
        ("application/yaml", "words"),
        ("application/yaml", "a: 1\na: 2"),
        ("application/yaml", "apiVersion: sla.kumoichi/v1alpha1\nkind: ServiceLevelOffer"),
        ("application/yaml", "metadata: {title: {en: \"a\\0b\"}}"),
    ] {
        for path in ["/requirements/check", "/provider/offers/check"] {
            let reply = site.send(post(path, kind, text)).await;
            assert_eq!(reply.status, StatusCode::OK, "{path} {text}: {}", reply.body);
            let check = reply.json();
            assert_eq!(check["valid"], false, "{path} {text}");
            for error in check["errors"].as_array().unwrap() {
                for told in ["found", "allowed", "message", "code"] {
                    assert!(!error[told].as_str().unwrap().is_empty(), "{path} {text}: {error}");
                }
            }
            let first = &check["errors"][0];
            if ["[]", "null", "\"\"", "7", "", "words"].contains(&text) {
                assert!(first["allowed"].as_str().unwrap().contains(offer), "{text}: {first}");
                assert_eq!(check["errors"].as_array().unwrap().len(), 1, "{text}");
            }
        }
    }
    let missing = site.send(post("/requirements/check", "application/json", "{}")).await.json();
    let kind = missing["errors"].as_array().unwrap().iter();
    let kind = kind.clone().find(|error| error["pointer"] == "/kind").unwrap().clone();
    assert_eq!(
        (kind["found"].as_str(), kind["allowed"].as_str()),
        (Some("nothing"), Some("ServiceLevelOffer, QualityRequirement"))
    );
}

#[tokio::test]
async fn a_body_of_the_wrong_shape_is_told_with_what_was_found_and_what_is_expected() {
    let site = Site::empty().await;
    let cases = [
        (r#"{"need":{"template":7}}"#, "/need/template", "7", "text"),
        (r#"{"need":{"template":"x"},"oder":1}"#, "/oder", "oder", "need, order, limit"),
        (r#"{"order":"fit"}"#, "/need", "nothing", "a value"),
        (r#"{"need":{"template":"x"},"limit":-1}"#, "/limit", "-1", "a whole number from 1 to 200"),
        (r#"{"need":{}}"#, "/need", "nothing", "exactly one of"),
        ("[]", "", "", ""),
    ];
    for (body, pointer, found, allowed) in cases {
        let reply = site.send(post("/rankings", "application/json", body)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", reply.body);
        let error = reply.json()["errors"][0].clone();
        assert_eq!(error["pointer"], pointer, "{body}: {error}");
        for (told, part) in [("found", found), ("allowed", allowed)] {
            let text = error[told].as_str().unwrap();
            assert!(!text.is_empty() && text.contains(part), "{body}: {error}");
        }
    }
}

#[tokio::test]
async fn market_lists_page_by_cursor_without_gaps() {
    let site = Site::demo().await;
    let mut seen = Vec::new();
    let mut path = "/offers?limit=20".to_owned();
    let total = loop {
        let page = site.get(None, &path).await.json();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/offers?limit=20&cursor={next}"),
            None => break page["total"].as_u64().unwrap(),
        }
    };
    let count = seen.len() as u64;
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len() as u64, count), (total, total));
    assert!(total >= 40);
}

#[tokio::test]
async fn a_document_has_its_hash_as_etag_and_is_not_sent_twice() {
    let site = Site::demo().await;
    let id = site.get(None, "/offers?limit=1").await.json()["items"][0]["id"].clone();
    let path = format!("/offers/{}/sla", id.as_str().unwrap());
    let first = site.get(None, &path).await;
    let hash = site.get(None, &path.replace("/sla", "")).await.json()["hash"].clone();
    assert_eq!(first.header("etag"), format!("\"{}\"", hash.as_str().unwrap()));
    let again = Request::builder()
        .uri(format!("/api/v1{path}"))
        .header(header::IF_NONE_MATCH, first.header("etag"))
        .body(Body::empty())
        .unwrap();
    let again = site.send(again).await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
}

#[tokio::test]
async fn repeating_a_request_gets_the_first_answer_and_does_nothing_twice() {
    let site = Site::empty().await;
    let person = site.person("customer", Role::Customer).await;
    let send = async |body: &str, key: Option<&str>| {
        let mut request = Request::builder()
            .method("POST")
            .uri("/api/v1/requirements")
            .header(header::AUTHORIZATION, format!("Bearer {}", person.token))
            .header(header::CONTENT_TYPE, "application/yaml");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        site.send(request.body(Body::from(body.to_owned())).unwrap()).await
    };
    assert_eq!(send(requirement(), None).await.code(), "idempotency_key_required");
    let long = "k".repeat(201);
    assert_eq!(send(requirement(), Some(&long)).await.code(), "idempotency_key_required");
    let first = send(requirement(), Some("one")).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = send(requirement(), Some("one")).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(send("other: body", Some("one")).await.code(), "idempotency_key_reused");
    // A request that failed changed nothing: the key is free again.
    assert_eq!(send("other: body", Some("two")).await.code(), "invalid");
    let other = requirement().replacen("certificate-service", "another-service", 1);
    assert_eq!(send(&other, Some("two")).await.status, StatusCode::CREATED);
    // The same need under another key is saved already, and no second time.
    let same = send(requirement(), Some("three")).await;
    assert_eq!((same.status, &same.json()["id"]), (StatusCode::CREATED, &first.json()["id"]));
    let saved = site.get(Some(&person), "/requirements").await.json();
    assert_eq!(saved["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_character_that_nobody_sees_is_named_with_its_place_and_nothing_is_made() {
    let site = Site::empty().await;
    let person = site.person("customer", Role::Customer).await;
    let provider = site.person("provider", Role::Provider).await;
    let title = |document: &str| document.replacen("en: ", "en: \u{202e}", 1);
    let (need, offer) = (title(requirement()), title(common::offer()));
    let name = json!({"name": "lap\u{202e}top"});
    for (who, path, sent, pointer) in [
        (&person, "/tokens", Sent::Json(name), "/name"),
        (&person, "/requirements", Sent::Yaml(&need), "/metadata/title/en"),
        (&provider, "/provider/offers", Sent::Yaml(&offer), "/metadata/title/en"),
    ] {
        let reply = site.api(Some(who), "POST", path, sent).await;
        assert_eq!(reply.code(), "invalid", "{path}");
        let fault = &reply.json()["errors"][0];
        assert_eq!(
            (&fault["pointer"], &fault["code"]),
            (&pointer.into(), &"control_character".into())
        );
        assert_eq!(fault["found"], "U+202E", "{path}");
        assert!(fault["allowed"].as_str().unwrap().contains("invisible"), "{fault}");
    }
    for (who, list) in [(&person, "/requirements"), (&provider, "/provider/offers")] {
        assert_eq!(site.get(Some(who), list).await.json()["items"], json!([]));
    }
}

#[tokio::test]
async fn the_secret_of_a_token_is_told_once_and_works_until_it_is_revoked() {
    let site = Site::empty().await;
    let person = site.person("customer", Role::Customer).await;
    let ask = || {
        Request::builder()
            .method("POST")
            .uri("/api/v1/tokens")
            .header(header::AUTHORIZATION, format!("Bearer {}", person.token))
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", "one")
            .body(Body::from(r#"{"name":"laptop"}"#))
            .unwrap()
    };
    let first = site.send(ask()).await.json();
    let again = site.send(ask()).await.json();
    assert!(again["secret"].is_null() && again["id"] == first["id"]);
    let token = Person { token: first["secret"].as_str().unwrap().to_owned(), ..person.clone() };
    assert_eq!(site.get(Some(&token), "/me").await.status, StatusCode::OK);
    let path = format!("/tokens/{}", first["id"].as_str().unwrap());
    for _ in 0..2 {
        let revoked = site.api(Some(&person), "DELETE", &path, Sent::Nothing).await;
        assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{}", revoked.body);
    }
    let refused = site.get(Some(&token), "/offers").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (401, "unknown_token"));
    assert_eq!(refused.header("www-authenticate"), "Bearer");
}

/// Text that looks like JSON now and then.
fn body() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("-9223372036854775809".to_owned()),
        Just("1e999".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        Just("{\"template\":\"certificate-service\"}".to_owned()),
        "[a-z\\[\\]{}:,\" 0-9\u{0}-\u{1f}雲]{0,40}",
    ];
    let name = prop_oneof![
        Just("need"),
        Just("offer"),
        Just("plan"),
        Just("limit"),
        Just("order"),
        Just("name"),
        Just("reason"),
        Just("serviceName"),
        Just("offerVersion"),
        Just("url"),
        Just("token"),
    ];
    let object = prop::collection::vec((name, value.clone()), 0..5).prop_map(|pairs| {
        let pairs: Vec<String> =
            pairs.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", pairs.join(","))
    });
    prop_oneof![object, value]
}

#[test]
fn no_random_body_or_query_ever_gives_a_server_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (site, people) = runtime.block_on(async {
        let site = Site::empty().await;
        let mut people = Vec::new();
        for (name, role) in [("c", Role::Customer), ("p", Role::Provider), ("b", Role::Broker)] {
            people.push(site.person(name, role).await);
        }
        (site, people)
    });
    let operations = api::operations();
    let id = "[0-9a-hjkmnp-tv-z]{26}|[\u{1}-\u{7f}]{1,12}|雲|%00";
    let input = (
        0..operations.len(),
        0..people.len(),
        body(),
        any::<bool>(),
        id,
        "[a-z]{1,8}=[%0-9a-zA-Z]{0,12}",
    );
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let run = runner.run(&input, |(operation, person, body, yaml, id, query)| {
        let operation = &operations[operation];
        let path = filled(&operation.path, &id);
        let Ok(uri) = format!("/api/v1{path}?{query}").parse::<axum::http::Uri>() else {
            return Ok(());
        };
        let kind = if yaml { "application/yaml" } else { "application/json" };
        let request = Request::builder()
            .method(operation.method)
            .uri(uri)
            .header(header::AUTHORIZATION, format!("Bearer {}", people[person].token))
            .header(header::CONTENT_TYPE, kind)
            .header("idempotency-key", site.key())
            .body(Body::from(body))
            .unwrap();
        let reply = runtime.block_on(site.send(request));
        prop_assert!(
            !reply.status.is_server_error(),
            "{} {path}: {}",
            operation.method,
            reply.body
        );
        if reply.status.is_client_error() {
            reply.code();
        }
        Ok(())
    });
    run.unwrap();
}

/// The path with an id of the right kind, or rubbish.
fn filled(path: &str, id: &str) -> String {
    let plain = id.len() == 26 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let prefixes = [
        ("{offer}", "ofr"),
        ("{provider}", "prv"),
        ("{requirement}", "req"),
        ("{contract}", "ctr"),
        ("{workflow}", "wfl"),
        ("{token}", "tok"),
        ("{item}", "item"),
    ];
    let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    prefixes.into_iter().fold(path.to_owned(), |path, (name, prefix)| {
        let text = if plain { format!("{prefix}_{id}") } else { encoded.clone() };
        path.replace(name, &text)
    })
}
