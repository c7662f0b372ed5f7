//! Sessions, protection against other sites, security headers, health: through all layers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::{Reply, Site};
use domain::Role;
use server::web::Web;

const FORM: &str = "application/x-www-form-urlencoded";

fn get(path: &str, cookie: &str) -> Request<Body> {
    let request = Request::builder().uri(path).header(header::COOKIE, cookie);
    request.body(Body::empty()).unwrap()
}

fn post(path: &str, cookie: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method("POST")
        .uri(path)
        .header(header::HOST, "market.example")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, FORM)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// The session cookie an answer sets, `name=value`.
fn session(reply: &Reply) -> Option<String> {
    let cookies = reply.headers.get_all(header::SET_COOKIE).iter();
    let lines = cookies.filter_map(|value| value.to_str().ok());
    let line = lines.into_iter().find(|line| line.contains("kumoichi="))?;
    Some(line.split(';').next()?.to_owned())
}

const SIGN_IN: &str = "email=customer%40example.org&password=correct+horse+battery";

#[tokio::test]
async fn signing_in_opens_a_session_with_a_new_id_and_signing_out_ends_it() {
    let site = Site::empty().await;
    site.person("customer", Role::Customer).await;
    let signed_in = site.send(post("/account/sign-in", "", SIGN_IN)).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.body);
    let first = session(&signed_in).expect("a session cookie");
    let line = signed_in.headers.get_all(header::SET_COOKIE).iter();
    let line = line.filter_map(|value| value.to_str().ok()).find(|line| line.contains(&first));
    let line = line.unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
        assert!(line.contains(part), "{line}");
    }
    let me = site.send(get("/api/v1/me", &first)).await;
    assert_eq!(me.json()["name"], "customer");
    // Signing in again gives a new id, and the old one is worth nothing.
    let again = site.send(post("/account/sign-in", &first, SIGN_IN)).await;
    let second = session(&again).expect("a rotated cookie");
    assert_ne!(first, second);
    assert_eq!(site.send(get("/api/v1/me", &first)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.send(get("/api/v1/me", &second)).await.status, StatusCode::OK);
    site.send(post("/account/sign-out", &second, "")).await;
    assert_eq!(site.send(get("/api/v1/me", &second)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_made_up_session_is_a_strangers() {
    let site = Site::empty().await;
    for cookie in ["kumoichi=AAAAAAAAAAAAAAAAAAAAAA", "kumoichi=x", "kumoichi=", "kumoichi=%00"] {
        let reply = site.send(get("/api/v1/me", cookie)).await;
        assert_eq!(reply.code(), "sign_in_first", "{cookie}");
    }
}

#[tokio::test]
async fn secure_cookies_carry_the_host_prefix() {
    let site = Site::empty().await;
    site.person("customer", Role::Customer).await;
    let web = Web { secure_cookies: true, ..Web::plain(site.broker.clone()) };
    let site = Site { router: web.router().unwrap(), ..site };
    let reply = site.send(post("/account/sign-in", "", SIGN_IN)).await;
    let cookie = session(&reply).expect("a session cookie");
    assert!(cookie.starts_with("__Host-kumoichi="), "{cookie}");
    assert!(reply.header("strict-transport-security").starts_with("max-age="));
}

#[tokio::test]
async fn other_sites_may_not_change_anything_and_tokens_may() {
    let site = Site::empty().await;
    let person = site.person("customer", Role::Customer).await;
    let cookie = session(&site.send(post("/account/sign-in", "", SIGN_IN)).await).unwrap();
    let foreign = |path: &str, token: Option<&str>| {
        let mut request = post(path, &cookie, r#"{"name":"x"}"#);
        let headers = request.headers_mut();
        headers.insert(header::ORIGIN, "https://evil.example".parse().unwrap());
        headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
        headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        headers.insert("idempotency-key", "one".parse().unwrap());
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        request
    };
    let page = site.send(foreign("/preferences", None)).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.header("content-type").starts_with("text/html"), "a page says so");
    assert!(page.body.contains("This form came from another site"), "{}", page.body);
    assert!(page.body.contains("nothing was changed") && !page.body.contains("somebody else"));
    let api = site.send(foreign("/api/v1/tokens", None)).await;
    assert_eq!(api.code(), "cross_site");
    let token = site.send(foreign("/api/v1/tokens", Some(&person.token))).await;
    assert_eq!(token.status, StatusCode::CREATED, "{}", token.body);
    // A token does not open the pages.
    assert_eq!(
        site.send(foreign("/preferences", Some(&person.token))).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_foreign_referer_alone_is_another_site_too() {
    let site = Site::empty().await;
    let person = site.person("customer", Role::Customer).await;
    let cookie = session(&site.send(post("/account/sign-in", "", SIGN_IN)).await).unwrap();
    let from = |path: &str, referer: &str, token: Option<&str>| {
        let mut request = post(path, &cookie, r#"{"name":"x"}"#);
        let headers = request.headers_mut();
        headers.insert(header::REFERER, referer.parse().unwrap());
        if path.starts_with("/api/") {
            headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
            headers.insert("idempotency-key", "one".parse().unwrap());
        }
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        request
    };
    for foreign in ["https://evil.example/", "https://market.example.evil.example/", "null"] {
        let page = site.send(from("/account/sign-out", foreign, None)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{foreign}");
        assert!(page.header("content-type").starts_with("text/html"), "{foreign}");
        assert!(page.body.contains("This form came from another site"), "{foreign}");
        let api = site.send(from("/api/v1/tokens", foreign, None)).await;
        assert_eq!(api.code(), "cross_site", "{foreign}");
    }
    assert_eq!(site.send(get("/api/v1/me", &cookie)).await.status, StatusCode::OK);
    let token = site.send(from("/api/v1/tokens", "https://evil.example/", Some(&person.token)));
    assert_eq!(token.await.status, StatusCode::CREATED);
    let own = site.send(from("/account/sign-out", "https://market.example/account", None)).await;
    assert_eq!(own.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = Site::demo().await;
    for path in ["/", "/nowhere", "/api/v1/offers", "/api/v1/nowhere", "/healthz", "/pkg/none.js"] {
        let reply = site.send(get(path, "")).await;
        let policy = reply.header("content-security-policy");
        for part in
            ["script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(reply.header("permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(reply.header("x-request-id").len(), 32, "{path}");
    }
}

#[tokio::test]
async fn errors_are_pages_for_people_and_problems_for_programs() {
    let site = Site::empty().await;
    let page = site.send(get("/nowhere", "")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains(page.header("x-request-id")), "the page names the request");
    assert_eq!(site.send(get("/api/v1/nowhere", "")).await.code(), "not_found");
    let wrong = Request::builder().method("PUT").uri("/preferences").body(Body::empty()).unwrap();
    let wrong = site.send(wrong).await;
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(wrong.header("content-type").starts_with("text/html"));
    let long = "x=".to_owned() + &"y".repeat(5 * 1024 * 1024);
    let reply = site.send(post("/preferences", "", &long)).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_number_of_statements_of_the_first_page_does_not_grow_with_the_market() {
    let few = Site::empty().await.send(get("/", "")).await.header("x-sql-statements").to_owned();
    let many = Site::demo().await.send(get("/", "")).await.header("x-sql-statements").to_owned();
    assert!(!few.is_empty());
    assert_eq!(few, many);
}

#[tokio::test]
async fn health_tells_alive_from_ready() {
    let site = Site::empty().await;
    let web = Web::plain(site.broker.clone());
    let readiness = web.readiness.clone();
    let site = Site { router: web.router().unwrap(), ..site };
    assert_eq!(site.send(get("/readyz", "")).await.status, StatusCode::OK);
    readiness.set(false);
    assert_eq!(site.send(get("/readyz", "")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.send(get("/healthz", "")).await.body, "ok\n");
    site.broker.db().close().await;
    assert_eq!(site.send(get("/healthz", "")).await.status, StatusCode::OK);
    assert_eq!(site.send(get("/readyz", "")).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
