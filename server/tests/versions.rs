//! Saving over a known version through the API: a change made of an older version is refused, whether
//! the header or the query says so, and nothing is written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::{Person, Reply, Sent, Site, requirement};
use domain::{OfferId, Role};
use server::api;

/// Saves a document over what is there, with a query and a header.
async fn put(site: &Site, who: &Person, path: &str, tag: Option<&str>, text: &str) -> Reply {
    let mut request = Request::put(format!("/api/v1{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {}", who.token))
        .header(header::CONTENT_TYPE, "application/yaml");
    if let Some(tag) = tag {
        request = request.header(header::IF_MATCH, tag);
    }
    site.send(request.body(Body::from(text.to_owned())).unwrap()).await
}

/// A thing with versions: where it is, what it is made of, and how a later version reads.
struct Case {
    path: String,
    first: String,
    code: &'static str,
    version: &'static str,
}

async fn cases(site: &Site) -> [(Person, Case); 2] {
    let customer = site.person("customer", Role::Customer).await;
    let provider = site.person("provider", Role::Provider).await;
    let did = site.broker.my_provider(&provider.ctx).await.unwrap().did;
    let offer = format!(
        "apiVersion: sla.kumoichi/v1alpha1\nkind: ServiceLevelOffer\n\
        metadata: {{name: kita-small, provider: \"{did}\", version: 1, title: {{en: First}}}}\n\
        spec:\n  service: {{model: IaaS, deployment: public, regions: [{{id: jp-1, country: JP}}]}}\n  \
        measurement: {{calendar: 1M, timezone: Asia/Tokyo, sliceSeconds: 60, minOutageSeconds: 60}}\n  \
        items:\n    - {{item: availability.service_uptime, value: 99.9 %, commitment: objective}}\n"
    );
    let create = async |who: &Person, path: &str, text: &str| {
        let reply = site.api(Some(who), "POST", path, Sent::Yaml(text)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        format!("{path}/{}", reply.json()["id"].as_str().unwrap())
    };
    let need = requirement().replacen("en: Certificate", "en: First", 1);
    let needs = create(&customer, "/requirements", &need).await;
    let offers = create(&provider, "/provider/offers", &offer).await;
    [
        (
            customer,
            Case { path: needs, first: need, code: "requirement_changed", version: "version" },
        ),
        (
            provider,
            Case { path: offers, first: offer, code: "offer_changed", version: "currentVersion" },
        ),
    ]
}

/// The document with another title.
fn titled(text: &str, title: &str) -> String {
    let changed = text.replacen("en: First", &format!("en: {title}"), 1);
    assert_ne!(changed, text);
    changed
}

#[tokio::test]
async fn a_change_of_an_older_version_is_refused_and_nothing_is_lost() {
    let site = Site::empty().await;
    for (who, Case { path, first, code, version }) in cases(&site).await {
        let read = site.get(Some(&who), &path).await;
        assert_eq!((read.header("etag"), &read.json()[version]), ("\"1\"", &1.into()), "{path}");
        let second = put(&site, &who, &path, Some("\"1\""), &titled(&first, "Second")).await;
        assert_eq!(second.status, StatusCode::OK, "{}", second.body);
        assert_eq!((second.header("etag"), &second.json()[version]), ("\"2\"", &2.into()));
        // Somebody else, who had read the first version.
        let stale = titled(&first, "Third");
        let refused = put(&site, &who, &path, Some("\"1\""), &stale).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::PRECONDITION_FAILED, code.to_owned())
        );
        assert!(refused.body.contains("version 2 is the newest"), "{}", refused.body);
        if code == "offer_changed" {
            let title = &refused.json()["errors"][0];
            assert_eq!(title["pointer"], "/metadata/title", "{}", refused.body);
            assert_eq!(title["code"], "changed_by_both", "{}", refused.body);
        }
        let refused = put(&site, &who, &format!("{path}?expectedVersion=1"), None, &stale).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, code.to_owned()));
        let now = site.get(Some(&who), &path).await;
        assert_eq!((now.header("etag"), now.body.contains("Third")), ("\"2\"", false));
        // What is there already is no change; any version may be replaced by who asks for none.
        let same = put(&site, &who, &path, Some("\"1\""), &titled(&first, "Second")).await;
        assert_eq!((same.status, same.header("etag")), (StatusCode::OK, "\"2\""), "{}", same.body);
        let third = put(&site, &who, &format!("{path}?expectedVersion=2"), None, &stale).await;
        assert_eq!(
            (third.status, third.header("etag")),
            (StatusCode::OK, "\"3\""),
            "{}",
            third.body
        );
        let any = put(&site, &who, &path, Some("*"), &titled(&first, "Fourth")).await;
        assert_eq!((any.status, any.header("etag")), (StatusCode::OK, "\"4\""), "{}", any.body);
        let bad = put(&site, &who, &path, Some("4"), &stale).await;
        assert_eq!(
            (bad.status, bad.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid".to_owned())
        );
        assert_eq!(bad.json()["errors"][0]["pointer"], "/If-Match");
    }
}

#[tokio::test]
async fn strangers_and_other_tenants_learn_no_version() {
    let site = Site::empty().await;
    let other_customer = site.person("other-customer", Role::Customer).await;
    let other_provider = site.person("other-provider", Role::Provider).await;
    let others = [other_customer, other_provider];
    for ((_, Case { path, first, .. }), other) in cases(&site).await.into_iter().zip(others) {
        for tag in ["\"1\"", "\"9\""] {
            let reply = put(&site, &other, &path, Some(tag), &first).await;
            assert_eq!((reply.status, reply.header("etag")), (StatusCode::NOT_FOUND, ""), "{path}");
        }
    }
}

#[test]
fn the_precondition_is_documented_with_its_answers() {
    let document = serde_json::to_value(api::document()).unwrap();
    for path in ["/requirements/{requirement}", "/provider/offers/{offer}"] {
        let put = &document["paths"][path]["put"];
        let names = put["parameters"].as_array().unwrap().iter();
        let names: Vec<&str> = names.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"If-Match") && names.contains(&"expectedVersion"), "{names:?}");
        for status in ["409", "412"] {
            assert!(put["responses"][status]["description"].is_string(), "{path} {status}");
        }
        for method in ["get", "put"] {
            let answer = &document["paths"][path][method]["responses"]["200"];
            assert!(answer["headers"]["ETag"].is_object(), "{path} {method}: {answer}");
        }
    }
}

#[tokio::test]
async fn g1_the_feed_is_followed_from_a_cursor_and_asked_again_for_nothing() {
    let site = Site::demo().await;
    site.broker.write_feed().await.unwrap();
    let (mut count, mut after) = (0, String::new());
    loop {
        let page = site.get(None, &format!("/events?limit=100{after}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let body = page.json();
        for event in body["items"].as_array().unwrap() {
            count += 1;
            assert_eq!(
                (&event["specversion"], &event["type"]),
                (&"1.0".into(), &"offer.published".into())
            );
            assert_eq!(event["sequence"], format!("{count:019}"));
            assert_eq!(event["subject"], event["data"]["offer"]["id"]);
            assert_eq!(event["data"]["offer"]["hash"].as_str().unwrap().len(), 64);
        }
        after = format!("&after={}", body["next"].as_str().unwrap());
        if body["more"] == false {
            assert_eq!(body["next"], body["head"]);
            break;
        }
    }
    assert!(count > 5, "{count}");
    let path = format!("/api/v1/events?limit=100{after}");
    let ask = |tag: Option<String>| {
        let mut request = Request::get(&path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        request.body(Body::empty()).unwrap()
    };
    let first = site.send(ask(None)).await;
    let tag = first.header("etag").to_owned();
    assert_eq!(site.send(ask(Some(tag))).await.status, StatusCode::NOT_MODIFIED);
    let gap = site.get(None, "/events?after=99999").await;
    assert_eq!((gap.status, gap.code()), (StatusCode::GONE, "feed_gap".to_owned()));
    let bad = site.get(None, "/events?after=x").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn if1_readers_find_the_feed_on_every_page_and_read_it_in_their_language() {
    let site = Site::demo().await;
    site.broker.write_feed().await.unwrap();
    let get = async |path: &str, tag: Option<&str>| {
        let mut request = Request::get(path).header(header::HOST, "market.example");
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        site.send(request.body(Body::empty()).unwrap()).await
    };
    let page = get("/market", None).await;
    let link = "<link rel=\"alternate\" type=\"application/atom+xml\" href=\"/feed.atom\"";
    assert!(page.body.contains(link), "{}", page.body);
    let atom = get("/feed.atom?lang=ja", None).await;
    assert_eq!(atom.header("content-type"), "application/atom+xml; charset=utf-8");
    assert!(atom.body.contains("xml:lang=\"ja\"") && atom.body.contains("新規："), "{}", atom.body);
    assert!(atom.body.contains("<id>urn:uuid:"), "{}", atom.body);
    assert!(atom.body.contains("href=\"http://market.example/market/offers/ofr_"), "{}", atom.body);
    let entries = atom.body.matches("<entry>").count();
    assert!(entries > 5 && entries <= 50);
    let again = get("/feed.atom?lang=ja", Some(atom.header("etag"))).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let other = get("/feed.atom?lang=en", Some(atom.header("etag"))).await;
    assert_eq!(other.status, StatusCode::OK, "another language is another text");
}

#[tokio::test]
async fn g1_the_history_of_an_offer_shows_each_version_with_what_changed() {
    let site = Site::demo().await;
    let provider = site.person("provider", Role::Provider).await;
    let did = site.broker.my_provider(&provider.ctx).await.unwrap().did;
    let text = |promise: &str| {
        format!(
            "apiVersion: sla.kumoichi/v1alpha1\nkind: ServiceLevelOffer\n\
            metadata: {{name: kita-small, provider: \"{did}\", version: 1, title: {{en: Small, ja: 小}}}}\n\
            spec:\n  service: {{model: IaaS, deployment: public, regions: [{{id: jp-1, country: JP}}]}}\n  \
            measurement: {{calendar: 1M, timezone: Asia/Tokyo, sliceSeconds: 60, minOutageSeconds: 60}}\n  \
            items:\n    - {{item: availability.service_uptime, value: {promise}, commitment: objective}}\n"
        )
    };
    let mut id = None;
    for promise in ["99.9 %", "99.5 %"] {
        let saved = site.broker.save_offer(&provider.ctx, &text(promise)).await.unwrap().card.id;
        site.broker.publish_offer(&provider.ctx, saved).await.unwrap();
        site.broker.write_feed().await.unwrap();
        id = Some(saved);
    }
    let id = id.unwrap();
    let body = site.get(None, &format!("/offers/{id}/events")).await.json();
    let kinds: Vec<&str> =
        body["items"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["sla.version.published", "offer.published"]);
    let data = &body["items"][0]["data"];
    assert_eq!(
        (&data["verdict"], &data["changes"][0]["subject"]),
        (&"worse".into(), &"availability.service_uptime".into())
    );
    let request = Request::get(format!("/market/offers/{id}/history")).body(Body::empty()).unwrap();
    let page = site.send(request).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("Worse: Small, version 2") && page.body.contains("99.5"),
        "{}",
        page.body
    );
    let none =
        site.get(None, &format!("/offers/{}/events", OfferId(uuid::Uuid::from_u128(7)))).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}
