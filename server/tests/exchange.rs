//! Files of offers and signed documents over the API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::{Person, Reply, Sent, Site, table};
use domain::Role;
use serde_json::{Value, json};
use sla::exchange::jws::{self, PrivateKey};

async fn import(site: &Site, who: &Person, text: &str, query: &str) -> Reply {
    let path = format!("/provider/offers/import{query}");
    site.api(Some(who), "POST", &path, Sent::Csv(text)).await
}

async fn names(site: &Site, who: &Person) -> Vec<String> {
    let list = site.get(Some(who), "/provider/offers").await.json();
    let mut names: Vec<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|offer| offer["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_table_is_imported_published_revised_and_left_alone() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let first = import(&site, &provider, table(), "").await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    let first = first.json();
    assert_eq!((&first["created"], &first["published"]), (&json!(2), &json!(0)));
    assert_eq!(first["offers"][1]["row"], 3);
    let listed = site.get(None, "/offers").await.json();
    assert_eq!(listed["items"], json!([]), "a draft is nobody else's business");

    let shown = import(&site, &provider, table(), "?publish=true").await.json();
    assert_eq!((&shown["unchanged"], &shown["published"]), (&json!(2), &json!(2)));
    assert_eq!(site.get(None, "/offers").await.json()["items"].as_array().unwrap().len(), 2);

    let dearer = table().replace("98000", "99000");
    let third = import(&site, &provider, &dearer, "?publish=true").await.json();
    assert_eq!((&third["revised"], &third["unchanged"]), (&json!(1), &json!(1)));
    assert_eq!(third["offers"][0]["version"], 2);
    let again = import(&site, &provider, &dearer, "?publish=true&format=csv").await.json();
    assert_eq!((&again["unchanged"], &again["published"]), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn a_checklist_is_imported_with_what_it_leaves_out_in_the_query() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let text = "サービスレベル項目,回答\nサービス稼働率,99.9％以上\n平均復旧時間,4時間以内\n";
    let head = "?name=kita-saas&title=Kita&region=jp-1&country=JP";
    let done = import(&site, &provider, text, &format!("{head}&publish=true")).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!((&done.json()["created"], &done.json()["published"]), (&json!(1), &json!(1)));
    let again = import(&site, &provider, text, &format!("{head}&format=meti")).await.json();
    assert_eq!(again["unchanged"], json!(1));

    let faulty = text.replace("4時間以内", "早め");
    let pointers = async |text: &str, query: &str| {
        let reply = import(&site, &provider, text, query).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.body);
        let errors = reply.json()["errors"].clone();
        let pointer = |fault: &Value| fault["pointer"].as_str().unwrap().to_owned();
        errors.as_array().unwrap().iter().map(pointer).collect::<Vec<_>>()
    };
    assert_eq!(pointers(&faulty, head).await, ["/rows/3/平均復旧時間"]);
    let open = pointers(text, "").await;
    for field in ["/name", "/title", "/region", "/country"] {
        assert!(open.iter().any(|pointer| pointer == field), "{field}: {open:?}");
    }
    assert_eq!(names(&site, &provider).await, ["kita-saas"]);
}

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let request = || {
        let request = Request::builder().method("POST").uri("/api/v1/provider/offers/import");
        let request = request
            .header(header::AUTHORIZATION, format!("Bearer {}", provider.token))
            .header(header::CONTENT_TYPE, "text/csv")
            .header("idempotency-key", "import-1");
        request.body(Body::from(table())).unwrap()
    };
    let first = site.send(request()).await;
    let again = site.send(request()).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.json()["created"], 2);
}

#[tokio::test]
async fn one_fault_and_nothing_is_imported() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let text = table().replace("99.95 %", "99.95").replace("240000,JPY", "240000,YEN");
    let reply = import(&site, &provider, &text, "").await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "invalid")
    );
    let errors = reply.json()["errors"].clone();
    let pointers: Vec<&str> =
        errors.as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
    assert!(pointers.contains(&"/rows/3/availability.service_uptime"), "{pointers:?}");
    assert!(pointers.contains(&"/rows/3/price.currency"), "{pointers:?}");
    assert_eq!(names(&site, &provider).await, [""; 0]);
}

#[tokio::test]
async fn faults_of_rows_and_of_the_file_say_where_and_what_is_allowed() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let first = async |text: &str| {
        let reply = import(&site, &provider, text, "").await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.body);
        let fault = reply.json()["errors"][0].clone();
        let part = |name: &str| fault[name].as_str().unwrap().to_owned();
        (part("pointer"), part("message"), part("allowed"))
    };
    let said = |pointer: &str, message: &str, allowed: &str| {
        (pointer.to_owned(), message.to_owned(), allowed.to_owned())
    };
    assert_eq!(
        first(&format!("name\n{}", "x\n".repeat(10_001))).await,
        said("", "the file holds 10001 offers", "at most 10000 offers in one file")
    );
    let cells = table().lines().next().unwrap().split(',').count();
    let message = format!("the row has 2 cells, the header has {cells}");
    assert_eq!(
        first(&format!("{}x,y\n", table())).await,
        said("/rows/4", &message, &cells.to_string())
    );
    let row = table().lines().nth(1).unwrap();
    assert_eq!(
        first(&format!("{}{row}\n", table())).await,
        said("/rows/4/name", "the name stands in row 2 already", "another name than in row 2")
    );
}

#[tokio::test]
async fn files_that_are_no_text_or_too_large_are_refused() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let send = async |kind: &str, body: Vec<u8>| {
        let request = Request::builder().method("POST").uri("/api/v1/provider/offers/import");
        let request = request
            .header(header::AUTHORIZATION, format!("Bearer {}", provider.token))
            .header(header::CONTENT_TYPE, kind)
            .header("idempotency-key", site.key());
        let reply = site.send(request.body(Body::from(body)).unwrap()).await;
        (reply.status.as_u16(), reply.code())
    };
    assert_eq!(send("text/csv", vec![0xff, 0xfe, 0x41]).await, (400, "bad_encoding".to_owned()));
    let kind = "unsupported_media_type".to_owned();
    assert_eq!(send("image/png", b"name".to_vec()).await, (415, kind));
    let large = vec![b'a'; 25 * 1024 * 1024];
    assert_eq!(send("text/csv", large).await, (413, "too_large".to_owned()));
    let document = vec![b'a'; 2 * 1024 * 1024];
    let request = Request::builder().method("POST").uri("/api/v1/provider/offers");
    let request = request
        .header(header::AUTHORIZATION, format!("Bearer {}", provider.token))
        .header(header::CONTENT_TYPE, "application/yaml")
        .header("idempotency-key", site.key());
    let reply = site.send(request.body(Body::from(document)).unwrap()).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE, "other bodies stay small");
}

/// The example offer under the provider's own name, signed.
async fn signed(site: &Site, who: &Person, key: &PrivateKey, version: u32) -> sla::Offer {
    let mine = site.broker.my_provider(&who.ctx).await.unwrap();
    let mut offer = sla::parse_offer(common::offer()).unwrap();
    offer.metadata.provider = Some(mine.did);
    offer.metadata.version = version;
    offer.metadata.supersedes = version.checked_sub(1).filter(|before| *before > 0);
    offer.metadata.signature = Some(jws::sign(&offer, key));
    offer
}

async fn save(site: &Site, who: &Person, offer: &sla::Offer) -> Reply {
    let text = sla::to_yaml(offer);
    site.api(Some(who), "POST", "/provider/offers", Sent::Yaml(&text)).await
}

fn fault(reply: &Reply) -> (String, String) {
    let fault = &reply.json()["errors"][0];
    let text = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("message"))
}

#[tokio::test]
async fn signed_documents_are_checked_with_registered_keys() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let (first, second) = (PrivateKey::from_seed(&[1; 32]), PrivateKey::from_seed(&[2; 32]));
    let offer = signed(&site, &provider, &first, 1).await;
    let (code, message) = fault(&save(&site, &provider, &offer).await);
    assert_eq!(code, "signature_unknown_key");
    assert!(message.contains(&first.public().kid()));

    for key in [&first, &second] {
        let jwk: Value = serde_json::from_str(&key.public().to_jwk()).unwrap();
        let body = Sent::Json(json!({"key": jwk}));
        let reply = site.api(Some(&provider), "POST", "/provider/keys", body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    }
    let saved = save(&site, &provider, &offer).await;
    assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.body);
    let id = saved.json()["id"].as_str().unwrap().to_owned();

    let mut tampered = offer.clone();
    tampered.metadata.title = sla::Text::new("Another", "別のもの");
    let (code, message) = fault(&save(&site, &provider, &tampered).await);
    assert_eq!(code, "signature_broken");
    assert!(message.contains(&first.public().kid()), "{message}");
    assert!(message.contains(&jws::document_hash(&tampered)), "{message}");

    let published = site
        .api(Some(&provider), "POST", &format!("/provider/offers/{id}/publish"), Sent::Nothing)
        .await;
    assert_eq!(published.status, StatusCode::OK, "{}", published.body);
    let page = site.get(None, &format!("/offers/{id}")).await.json();
    assert_eq!(page["signature"]["kid"], first.public().kid());
    assert_eq!(page["signature"]["revokedAt"], Value::Null);

    // Rotation: the old key is revoked, its signature stays, nothing new is taken with it.
    let path = format!("/provider/keys/{}", first.public().kid());
    let revoked = site.api(Some(&provider), "DELETE", &path, Sent::Nothing).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    let page = site.get(None, &format!("/offers/{id}")).await.json();
    assert!(page["signature"]["revokedAt"].is_string());
    let mut next = signed(&site, &provider, &first, 2).await;
    next.metadata.title = sla::Text::new("Next", "次");
    next.metadata.signature = Some(jws::sign(&next, &first));
    assert_eq!(fault(&save(&site, &provider, &next).await).0, "signature_revoked_key");
    next.metadata.signature = Some(jws::sign(&next, &second));
    let saved = save(&site, &provider, &next).await;
    assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.body);
    assert_eq!(saved.json()["versions"][0]["signedBy"], second.public().kid());
    assert_eq!(saved.json()["currentVersion"], 2);

    // The version is part of what is signed.
    next.metadata.title = sla::Text::new("Third", "三");
    next.metadata.signature = Some(jws::sign(&next, &second));
    assert_eq!(fault(&save(&site, &provider, &next).await).0, "signed_version");
}

#[tokio::test]
async fn a_document_is_served_with_the_signature_that_verifies_it() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let key = PrivateKey::from_seed(&[1; 32]);
    let mut offer = signed(&site, &provider, &key, 1).await;
    let signature = offer.metadata.signature.take();
    let id = save(&site, &provider, &offer).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/provider/offers/{id}/publish");
    site.api(Some(&provider), "POST", &path, Sent::Nothing).await;
    let sla = format!("/offers/{id}/sla");
    let plain = site.get(None, &sla).await;
    assert_eq!(plain.body, sla::canonical_json(&offer), "without a signature: what the hash is of");

    // The same version is signed later.
    let jwk: Value = serde_json::from_str(&key.public().to_jwk()).unwrap();
    site.api(Some(&provider), "POST", "/provider/keys", Sent::Json(json!({"key": jwk}))).await;
    offer.metadata.signature = signature;
    let saved = save(&site, &provider, &offer).await;
    assert_eq!(saved.json()["currentVersion"], 1, "{}", saved.body);
    let hash = site.get(None, &format!("/offers/{id}")).await.json()["hash"].clone();
    for accept in ["application/json", "application/yaml"] {
        let request = Request::builder()
            .uri(format!("/api/v1{sla}"))
            .header(header::ACCEPT, accept)
            .header(header::IF_NONE_MATCH, plain.header("etag"));
        let served = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(served.status, StatusCode::OK, "{accept}: another text has another ETag");
        assert_eq!(served.header("content-type"), accept);
        let read = sla::parse_documents(&served.body).unwrap().remove(0);
        let verified = jws::verify(&read, |_| Some(key.public())).unwrap();
        assert_eq!((json!(verified.hash), verified.kid), (hash.clone(), key.public().kid()));
    }
    let served = site.get(None, &sla).await;
    let mut document: Value = serde_json::from_str(&served.body).unwrap();
    document["metadata"].as_object_mut().unwrap().remove("signature").unwrap();
    assert_eq!(document, serde_json::from_str::<Value>(&plain.body).unwrap());
}

#[tokio::test]
async fn a_revoked_key_cannot_be_registered_again() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let key = PrivateKey::from_seed(&[1; 32]).public();
    let jwk: Value = serde_json::from_str(&key.to_jwk()).unwrap();
    let register = async || {
        let body = Sent::Json(json!({"key": jwk}));
        site.api(Some(&provider), "POST", "/provider/keys", body).await
    };
    assert_eq!(register().await.status, StatusCode::CREATED);
    assert_eq!(register().await.status, StatusCode::CREATED, "repeating changes nothing");
    let path = format!("/provider/keys/{}", key.kid());
    let revoked = site.api(Some(&provider), "DELETE", &path, Sent::Nothing).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    let again = register().await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::CONFLICT, "key_revoked"));
    let detail = again.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&key.kid()) && detail.contains("cannot come back"), "{detail}");
}

#[tokio::test]
async fn private_and_weak_keys_are_refused_and_never_repeated() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let private = PrivateKey::from_seed(&[5; 32]).to_jwk();
    let body = Sent::Json(json!({"key": serde_json::from_str::<Value>(&private).unwrap()}));
    let reply = site.api(Some(&provider), "POST", "/provider/keys", body).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let secret = serde_json::from_str::<Value>(&private).unwrap()["d"].clone();
    assert!(!reply.body.contains(secret.as_str().unwrap()));
    let keys = site.get(Some(&provider), "/provider/keys").await.json();
    assert_eq!(keys["items"], json!([]));
}

#[tokio::test]
async fn an_upload_is_followed_undone_and_found_again_and_nobody_elses() {
    let site = Site::empty().await;
    let provider = site.person("provider", Role::Provider).await;
    let request = Request::builder()
        .method("POST")
        .uri("/api/v1/provider/offers/import?publish=true&file=offers.csv");
    let request = request
        .header(header::AUTHORIZATION, format!("Bearer {}", provider.token))
        .header(header::CONTENT_TYPE, "text/csv")
        .header("prefer", "respond-async")
        .header("idempotency-key", site.key())
        .body(Body::from(table()));
    let sent = site.send(request.unwrap()).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
    assert_eq!(sent.header("preference-applied"), "respond-async");
    let at = sent.header("location").strip_prefix("/api/v1").unwrap().to_owned();
    let waiting = site.get(Some(&provider), &at).await.json();
    assert_eq!((&waiting["state"], &waiting["offers"]), (&json!("waiting"), &json!(0)));
    assert_eq!(waiting["fileName"], "offers.csv");
    site.broker.take_uploads().await.unwrap();
    let saved = site.get(Some(&provider), &at).await.json();
    assert_eq!((&saved["state"], &saved["published"]), (&json!("saved"), &json!(2)));
    let report = site.get(Some(&provider), &format!("{at}/report?after=2")).await.json();
    assert_eq!((&report["created"], report["offers"].as_array().unwrap().len()), (&json!(2), 1));
    let preview = site.get(Some(&provider), &format!("{at}/undo")).await.json();
    assert_eq!(preview, json!({"deleted": 0, "withdrawn": 2, "restored": 0, "kept": 0}));

    let other = site.person("other", Role::Provider).await;
    let customer = site.person("customer", Role::Customer).await;
    for (who, status) in [(&other, StatusCode::NOT_FOUND), (&customer, StatusCode::FORBIDDEN)] {
        assert_eq!(site.get(Some(who), &at).await.status, status);
        let undo = site.api(Some(who), "POST", &format!("{at}/undo"), Sent::Nothing).await;
        assert_eq!(undo.status, status);
    }
    let listed = site.get(Some(&other), "/provider/uploads").await.json();
    assert_eq!(listed["items"], json!([]));

    for _ in 0..2 {
        let undone = site.api(Some(&provider), "POST", &format!("{at}/undo"), Sent::Nothing).await;
        assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
        assert_eq!(undone.json()["undone"]["withdrawn"], 2);
    }
    assert_eq!(site.get(None, "/offers").await.json()["items"], json!([]));
    let again = Sent::Json(json!({"rows": "valid"}));
    let again = site.api(Some(&provider), "POST", &format!("{at}/save"), again).await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::CONFLICT, "wrong_state"));
    let wrong = Sent::Json(json!({"rows": "some"}));
    let wrong = site.api(Some(&provider), "POST", &format!("{at}/save"), wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/rows");
    let listed = site.get(Some(&provider), "/provider/uploads").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}
