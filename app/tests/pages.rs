//! Pages through the router: headers, languages, colours, messages, and who gets a script.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use app::{AppState, assets::Assets, router};
use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use domain::{Actor, Role};
use storage::testing::Engine;
use testkit::TestBroker;
use tower::ServiceExt;

/// The interface over the demo market; the market lives as long as this does.
struct Site {
    market: TestBroker,
    router: Router,
}

async fn site() -> Site {
    with_assets(Assets::built_in()).await
}

async fn built_site(folder: &std::path::Path) -> Site {
    std::fs::create_dir(folder.join("pkg")).unwrap();
    let manifest = r#"{"css":"k.1.css","js":"k.2.js","wasm":"k.3.wasm","boot":"boot.4.js"}"#;
    std::fs::write(folder.join("manifest.json"), manifest).unwrap();
    std::fs::write(folder.join("pkg/boot.4.js"), "plain").unwrap();
    std::fs::write(folder.join("pkg/boot.4.js.br"), "packed").unwrap();
    with_assets(Assets::load(folder).unwrap()).await
}

async fn with_assets(assets: Assets) -> Site {
    let market = TestBroker::catalogue(Engine::Sqlite).await;
    let router = router().with_state(AppState::new(market.broker.clone(), assets));
    Site { market, router }
}

async fn get(site: &Site, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    site.router.clone().oneshot(request).await.unwrap()
}

async fn post(path: &str, body: &str) -> Response<Body> {
    let request = Request::post(path).body(Body::from(body.to_owned())).unwrap();
    site().await.router.oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn cookies(response: &Response<Body>) -> Vec<&str> {
    response
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|cookie| cookie.to_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_page_without_an_island_loads_no_script() {
    let folder = tempfile::tempdir().unwrap();
    let site = built_site(folder.path()).await;
    let home = text(get(&site, "/", &[]).await).await;
    assert!(
        home.starts_with("<!doctype html>") && !home.contains("<script") && !home.contains(".wasm")
    );
    let gallery = text(get(&site, "/design", &[]).await).await;
    assert_eq!(gallery.matches("<script").count(), 1);
    assert!(gallery.contains(r#"<script type="module" src="/pkg/boot.4.js"></script>"#));
}

#[tokio::test]
async fn pages_hold_nothing_their_security_policy_refuses() {
    let site = site().await;
    for path in ["/", "/design", "/nowhere"] {
        let response = get(&site, path, &[]).await;
        let policy =
            response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval';")
                && !policy.contains("unsafe-inline")
        );
        let page = text(response).await;
        assert!(
            !page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick="),
            "{path}"
        );
    }
}

#[tokio::test]
async fn address_wins_over_cookie_and_cookie_over_header() {
    let site = site().await;
    let japanese = [("accept-language", "ja")];
    assert_eq!(get(&site, "/", &japanese).await.headers()[header::CONTENT_LANGUAGE], "ja");
    let cookie = [("accept-language", "ja"), ("cookie", "theme=dark; lang=en")];
    assert_eq!(get(&site, "/", &cookie).await.headers()[header::CONTENT_LANGUAGE], "en");
    assert_eq!(get(&site, "/?lang=ja", &cookie).await.headers()[header::CONTENT_LANGUAGE], "ja");
    assert_eq!(
        get(&site, "/", &[("accept-language", "fr")]).await.headers()[header::CONTENT_LANGUAGE],
        "en"
    );
}

#[tokio::test]
async fn colours_follow_the_device_unless_chosen() {
    let site = site().await;
    assert!(!text(get(&site, "/", &[]).await).await.contains("data-theme"));
    assert!(
        text(get(&site, "/", &[("cookie", "theme=dark")]).await)
            .await
            .contains(r#"<html lang="en" data-theme="dark">"#)
    );
    assert!(
        !text(get(&site, "/", &[("cookie", "theme=\"><b>")]).await).await.contains("data-theme")
    );
}

#[tokio::test]
async fn a_preference_is_kept_and_leads_back() {
    let response = post("/preferences", "back=%2Fmarket%3Fq%3Da%26lang%3Den&lang=ja").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/market?q=a");
    assert!(cookies(&response)[0].starts_with("lang=ja; Path=/"));
}

#[tokio::test]
async fn preferences_lead_to_no_other_site_and_store_only_what_is_known() {
    let response = post("/preferences", "back=%2F%2Felsewhere.example%2F&lang=ja").await;
    assert_eq!(response.headers()[header::LOCATION], "/");
    for unknown in ["back=%2F&lang=tlh&theme=neon", "back=%2F&lang=ja&theme=neon", "back=%2F"] {
        let response = post("/preferences", unknown).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{unknown}");
        assert!(cookies(&response).is_empty(), "{unknown}");
    }
}

#[tokio::test]
async fn a_message_is_shown_once_and_as_text() {
    let site = site().await;
    let response = get(&site, "/", &[("cookie", "flash=d%3Cb%3Edone")]).await;
    assert!(cookies(&response)[0].starts_with("flash=; Path=/; Max-Age=0"));
    let page = text(response).await;
    assert!(page.contains("&lt;b&gt;done") && page.contains(r#"role="status""#));
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_so_with_the_request_id() {
    let site = site().await;
    let response = get(&site, "/nowhere", &[("x-request-id", "req-7")]).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let page = text(response).await;
    assert!(page.contains("There is no page at this address") && page.contains("req-7"));
    assert_eq!(page.matches("<h1").count(), 1);
}

#[tokio::test]
async fn each_role_has_its_own_ways() {
    let site = site().await;
    for (role, own, foreign) in [
        (Role::Customer, "href=\"/services\"", "href=\"/desk\""),
        (Role::Provider, "href=\"/provider/offers\"", "href=\"/services\""),
        (Role::Broker, "href=\"/desk/audit\"", "href=\"/provider/offers\""),
    ] {
        let Actor::Person(mut viewer) = site.market.person(role).await.actor else {
            unreachable!()
        };
        viewer.name = "Hana <Sato>".to_owned();
        let router = site.router.clone().layer(Extension(viewer));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-store");
        let page = text(response).await;
        assert!(
            page.contains(own) && !page.contains(foreign) && page.contains("Hana &lt;Sato&gt;")
        );
    }
}

#[tokio::test]
async fn files_are_sent_packed_to_who_takes_them_and_kept_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let site = built_site(folder.path()).await;
    let packed = get(&site, "/pkg/boot.4.js", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "br");
    assert!(packed.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert_eq!(text(packed).await, "packed");
    assert_eq!(text(get(&site, "/pkg/boot.4.js", &[]).await).await, "plain");
    assert_eq!(get(&site, "/pkg/..%2Fmanifest.json", &[]).await.status(), StatusCode::NOT_FOUND);
}
