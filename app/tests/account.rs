//! Signing up, in and out, and tokens, with real sessions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

#[path = "support/session.rs"]
mod session;

use app::{AppState, assets::Assets, router};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use broker::seed::DEMO_PASSWORD;
use storage::testing::Engine;
use testkit::TestBroker;
use tower::ServiceExt;

/// A browser that keeps its cookies.
struct Browser {
    site: Router,
    cookie: String,
    _market: TestBroker,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser {
    async fn open() -> Self {
        let market = TestBroker::catalogue(Engine::Sqlite).await;
        let mut state = AppState::new(market.broker.clone(), Assets::built_in());
        state.demo = true;
        let pages = router().with_state(state);
        let site = session::with_sessions(pages, market.broker.clone());
        Self { site, cookie: String::new(), _market: market }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), String::new()).await
    }

    async fn post(&mut self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let encode = app::format::percent_encode;
        let body: Vec<_> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        self.send(Request::post(path), body.join("&")).await
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Answer {
        let request = request
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let response = self.site.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            if pair.starts_with("id=") {
                pair.clone_into(&mut self.cookie);
            }
        }
        let bytes = to_bytes(body, 4 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let pairs = [("email", email), ("password", password), ("next", "/account")];
        self.post("/account/sign-in", &pairs).await
    }
}

#[tokio::test]
async fn somebody_signs_up_out_and_in_again() {
    let mut browser = Browser::open().await;
    let form = [
        ("role", "customer"),
        ("name", "Yui <Mori>"),
        ("organisation", "Minato Town"),
        ("email", "yui@minato.example"),
        ("password", "a long enough one"),
        ("next", "/contracts/new?offer=a"),
    ];
    let created = browser.post("/account/sign-up", &form).await;
    assert_eq!(created.status, StatusCode::SEE_OTHER, "{}", created.text);
    assert_eq!(created.location(), "/contracts/new?offer=a");
    let page = browser.get("/account").await;
    assert!(page.text.contains("<dt>Role</dt>"), "{}", page.text);
    assert!(!page.text.contains("What do you want to do?"));
    assert!(page.text.contains("Yui &lt;Mori&gt;") && page.text.contains("Minato Town"));

    let out = browser.post("/account/sign-out", &[]).await;
    assert_eq!(out.location(), "/");
    let page = browser.get("/account").await;
    assert_eq!(page.location(), "/account/sign-in?next=%2Faccount");

    let again = browser.sign_in("YUI@minato.example ", "a long enough one").await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, "/account"));
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn signing_in_changes_the_session_so_that_an_old_cookie_is_worthless() {
    let mut browser = Browser::open().await;
    browser.sign_in("customer@demo.example", DEMO_PASSWORD).await;
    let before = browser.cookie.clone();
    browser.sign_in("broker@demo.example", DEMO_PASSWORD).await;
    assert_ne!(browser.cookie, before);
    browser.cookie = before;
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_get_the_same_answer() {
    let mut browser = Browser::open().await;
    let known = browser.sign_in("customer@demo.example", "wrong-password").await;
    let unknown = browser.sign_in("nobody@demo.example", "wrong-password").await;
    assert_eq!(known.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(known.status, unknown.status);
    let told =
        |page: &str| page.replace("customer@demo.example", "").replace("nobody@demo.example", "");
    assert_eq!(told(&known.text), told(&unknown.text));
    assert!(!known.text.contains("wrong-password"));
}

#[tokio::test]
async fn faults_of_a_sign_up_stand_at_their_fields_with_what_was_typed() {
    let mut browser = Browser::open().await;
    let form = [
        ("role", "broker"),
        ("name", "\"><script>x</script>"),
        ("organisation", ""),
        ("email", "no-address"),
        ("password", "short"),
    ];
    let answer = browser.post("/account/sign-up", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["role", "organisation", "email", "password"] {
        assert!(answer.text.contains(&format!("id=\"field-{field}-error\"")), "{field}");
    }
    assert!(answer.text.contains("value=\"no-address\""));
    // The list above the form names each field.
    let (_, summary) = answer.text.split_once("class=\"summary\"").unwrap();
    let summary = summary.split("</ul>").next().unwrap();
    for named in ["Organisation: Nothing was entered", "E-mail address: “no-address”", "Password: "]
    {
        assert!(summary.contains(named), "{named}: {summary}");
    }
    assert!(!answer.text.contains("<script>x") && !answer.text.contains("value=\"short\""));
    let taken = [
        ("role", "customer"),
        ("name", "A"),
        ("organisation", "B"),
        ("email", "customer@demo.example"),
        ("password", "a long enough one"),
    ];
    let answer = browser.post("/account/sign-up", &taken).await;
    assert!(answer.text.contains("field-email-error"));
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_signing_in() {
    for next in
        ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
    {
        let mut browser = Browser::open().await;
        let pairs =
            [("email", "customer@demo.example"), ("password", DEMO_PASSWORD), ("next", next)];
        assert_eq!(
            browser.post("/account/sign-in", &pairs).await.location(),
            "/services",
            "{next}"
        );
    }
}

#[tokio::test]
async fn the_demo_market_names_its_logins_and_a_real_one_does_not() {
    let mut browser = Browser::open().await;
    let demo = browser.get("/account/sign-in").await;
    assert!(demo.text.contains(DEMO_PASSWORD) && demo.text.contains("broker@demo.example"));
    let market = TestBroker::catalogue(Engine::Sqlite).await;
    let real = router().with_state(AppState::new(market.broker.clone(), Assets::built_in()));
    browser.site = session::with_sessions(real, market.broker.clone());
    assert!(!browser.get("/account/sign-in").await.text.contains(DEMO_PASSWORD));
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_revoked() {
    let mut browser = Browser::open().await;
    browser.sign_in("customer@demo.example", DEMO_PASSWORD).await;
    let unnamed = browser.post("/account/tokens", &[("name", " ")]).await;
    assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = browser.post("/account/tokens", &[("name", "nightly <report>")]).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let start = made.text.find("<code>kmi_").unwrap() + "<code>".len();
    let secret = made.text[start..].split('<').next().unwrap().to_owned();
    let list = browser.get("/account/tokens").await;
    assert!(list.text.contains("nightly &lt;report&gt;") && !list.text.contains(&secret));

    let broker = browser._market.broker.clone();
    assert!(broker.viewer_by_token(&secret).await.unwrap().is_some());
    let start = list.text.find("/account/tokens/tok_").unwrap();
    let revoke = list.text[start..].split('"').next().unwrap().to_owned();
    assert!(browser.get(&revoke).await.text.contains("nightly &lt;report&gt;"));
    assert_eq!(browser.post(&revoke, &[]).await.location(), "/account/tokens");
    assert!(broker.viewer_by_token(&secret).await.unwrap().is_none());
}

#[tokio::test]
async fn a_page_sent_twice_makes_one_token_and_says_so() {
    let mut browser = Browser::open().await;
    browser.sign_in("customer@demo.example", DEMO_PASSWORD).await;
    let page = browser.get("/account/tokens").await.text;
    let start = page.find("name=\"key\" value=\"").unwrap() + "name=\"key\" value=\"".len();
    let key = page[start..].split('"').next().unwrap();
    let pairs = [("name", "nightly"), ("key", key)];
    let made = browser.post("/account/tokens", &pairs).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert!(made.text.contains("<code>kmi_"));
    let again = browser.post("/account/tokens", &pairs).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(again.text.contains("“nightly” was created when this page was sent the first time"));
    assert!(!again.text.contains("<code>kmi_"));
    assert_eq!(again.text.matches("/account/tokens/tok_").count(), 1);
}

#[tokio::test]
async fn guessing_a_password_is_slowed_down_where_it_is_guessed_and_nowhere_else() {
    let mut site = Browser::open().await;
    let from = |address: &str, password: &str| {
        let body = format!("email=customer%40demo.example&password={password}");
        let mut request = Request::post("/account/sign-in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let peer: std::net::SocketAddr = format!("{address}:9").parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        request
    };
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(site.site.clone().oneshot(from("192.0.2.1", "wrong")).await.unwrap());
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429]);
    assert_eq!(answers[5].headers()[header::RETRY_AFTER], "1");
    // The right password has to wait there too; elsewhere the owner comes in.
    let there = site.site.clone().oneshot(from("192.0.2.1", DEMO_PASSWORD)).await.unwrap();
    assert_eq!(there.status(), StatusCode::TOO_MANY_REQUESTS);
    let owner = site.site.clone().oneshot(from("198.51.100.7", DEMO_PASSWORD)).await.unwrap();
    assert_eq!(owner.status(), StatusCode::SEE_OTHER);
    // A moment later the count still stands, and the right password ends it.
    site._market.clock.advance_seconds(2);
    let there = site.site.clone().oneshot(from("192.0.2.1", DEMO_PASSWORD)).await.unwrap();
    assert_eq!(there.status(), StatusCode::SEE_OTHER);
    let page = site.get("/account/sign-in").await;
    assert_eq!(page.status, StatusCode::OK);
}
