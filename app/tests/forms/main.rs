//! Bad input on every form: an error that stands at its field and says what is allowed, in both
//! languages, and nothing stored. Never a server error, never a blank page.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod life;
#[path = "../support/session.rs"]
mod session;
mod table;
mod unseen;

use app::{AppState, assets::Assets, format::percent_encode, router};
use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use broker::OpContext;
use domain::{Actor, Role};
use storage::testing::Engine;
use table::{DOCUMENT, FORMS, SIGN_IN, rubbish};
use testkit::TestBroker;
use tower::ServiceExt;
use unseen::hidden_in;

/// The market as strangers and as the demo person of each role see it.
struct Site {
    market: TestBroker,
    people: Vec<(Role, Actor)>,
}

struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

impl Site {
    async fn open() -> Self {
        let market = TestBroker::catalogue(Engine::Sqlite).await;
        let mut people = Vec::new();
        for role in [Role::Customer, Role::Provider, Role::Broker] {
            people.push((role, market.person(role).await.actor));
        }
        Self { market, people }
    }

    fn actor(&self, role: Role) -> Actor {
        let found = self.people.iter().find(|(known, _)| *known == role);
        found.map(|(_, actor)| actor.clone()).expect("a demo person")
    }

    fn pages(&self, role: Option<Role>) -> Router {
        let state = AppState::new(self.market.broker.clone(), Assets::built_in());
        let mut pages = router().with_state(state);
        if let Some(role) = role {
            let Actor::Person(viewer) = self.actor(role) else {
                panic!("a demo person is a person")
            };
            pages = pages.layer(Extension(viewer));
        }
        session::with_sessions(pages, self.market.broker.clone())
    }

    async fn send(&self, role: Option<Role>, request: Request<Body>) -> Answer {
        let response = self.pages(role).oneshot(request).await.unwrap();
        let status = response.status();
        let location = response.headers().get(header::LOCATION);
        let location = location.map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let bytes = to_bytes(response.into_body(), 16 << 20).await.unwrap();
        Answer { status, location, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    async fn get(&self, role: Option<Role>, path: &str, language: &str) -> Answer {
        let request = Request::get(path).header(header::ACCEPT_LANGUAGE, language);
        self.send(role, request.body(Body::empty()).unwrap()).await
    }

    async fn post(
        &self,
        role: Option<Role>,
        path: &str,
        language: &str,
        pairs: &[(&str, &str)],
    ) -> Answer {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
            .collect();
        self.send(role, form_request(path, language, pairs.join("&"))).await
    }

    /// Everything that was ever done, as the broker's desk lists it.
    async fn done(&self) -> String {
        let broker = OpContext { actor: self.actor(Role::Broker), ..OpContext::system("test") };
        let list = self.market.broker.audit(&broker, None, None, 200).await.unwrap();
        format!("{:?}", list.items)
    }
}

fn form_request(path: &str, language: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT_LANGUAGE, language)
        .body(body.into())
        .unwrap()
}

/// Text without its tags.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, rest)| rest));
    }
    text
}

/// What stands at a field as its error.
fn error_at(page: &str, field: &str) -> Option<String> {
    let start = page.find(&format!("id=\"field-{field}-error\""))?;
    Some(plain(&format!("<{}", page[start..].split("</p>").next()?)))
}

/// Every link of the summary leads to a field, and every error describes one.
fn assert_linked(page: &str, about: &str) {
    for piece in page.split("href=\"#field-").skip(1) {
        let field = piece.split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"field-{field}\"")), "{about}: no field {field}");
        let error = format!("field-{field}-error");
        assert!(page.contains(&format!("id=\"{error}\"")), "{about}: no error at {field}");
        let described = page.split("aria-describedby=\"").skip(1);
        let mut described = described.filter_map(|piece| piece.split('"').next());
        assert!(
            described.any(|ids| ids.split(' ').any(|id| id == error)),
            "{about}: nothing is described by the error at {field}"
        );
    }
}

#[tokio::test]
async fn each_fault_stands_at_its_field_with_what_is_allowed_and_nothing_is_stored() {
    let site = Site::open().await;
    let before = site.done().await;
    for form in FORMS {
        for (name, value, field) in form.bad {
            let mut pairs: Vec<(&str, &str)> =
                form.good.iter().copied().filter(|(known, _)| known != name).collect();
            pairs.push((name, value));
            for (language, allowed) in [("en", "llowed"), ("ja", "使える値")] {
                let about = format!("{} {name}={value:?} {language}", form.path);
                // The title is asked in the reader's language.
                let in_japanese = field.replace("title_en", "title_ja");
                let field = match (form.path, language) {
                    ("/needs/new", "ja") => in_japanese.as_str(),
                    _ => field,
                };
                let answer = site.post(form.role, form.path, language, &pairs).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{about}");
                assert!(answer.text.contains("role=\"alert\""), "{about}");
                assert_linked(&answer.text, &about);
                if field.is_empty() {
                    continue;
                }
                let error = error_at(&answer.text, field)
                    .unwrap_or_else(|| panic!("{about}: no error at {field}"));
                let listed = answer.text.contains("<table");
                assert!(
                    error.contains(allowed) || listed || form.path == SIGN_IN.path,
                    "{about}: {error}"
                );
                assert!(
                    !error.contains("/spec") && !error.contains("/metadata"),
                    "{about}: {error}"
                );
            }
        }
    }
    assert!(site.done().await == before, "something was stored");
}

#[tokio::test]
async fn rubbish_in_any_field_is_no_server_error_and_what_is_refused_is_not_stored() {
    let site = Site::open().await;
    for form in FORMS {
        for (name, _) in form.good {
            for value in rubbish() {
                let mut pairs: Vec<(&str, &str)> =
                    form.good.iter().copied().filter(|(known, _)| known != name).collect();
                pairs.push((name, &value));
                let before = site.done().await;
                let answer = site.post(form.role, form.path, "en", &pairs).await;
                let short: String = value.chars().take(20).collect();
                let about = format!("{} {name}={short:?}: {}", form.path, answer.status);
                assert!(!answer.status.is_server_error(), "{about}");
                if answer.status.is_redirection() {
                    assert!(answer.location.starts_with('/'), "{about}");
                    continue;
                }
                assert!(answer.text.contains("<h1"), "{about}");
                assert!(!answer.text.contains("<script>alert"), "{about}");
                assert_eq!(hidden_in(&answer.text), None, "{about}");
                assert_linked(&answer.text, &about);
                if answer.status.is_client_error() {
                    assert!(site.done().await == before, "stored: {about}");
                }
            }
        }
    }
}

#[tokio::test]
async fn missing_repeated_and_unknown_fields_are_no_server_error() {
    let site = Site::open().await;
    for form in FORMS {
        for (name, value) in form.good {
            let without: Vec<(&str, &str)> =
                form.good.iter().copied().filter(|(known, _)| known != name).collect();
            let mut twice = form.good.to_vec();
            twice.push((name, value));
            let mut unknown = without.clone();
            unknown.push(("no-such-field", "x"));
            for pairs in [without, twice, unknown] {
                let answer = site.post(form.role, form.path, "ja", &pairs).await;
                let about = format!("{} {name}: {}", form.path, answer.status);
                assert!(!answer.status.is_server_error(), "{about}");
                if !answer.status.is_redirection() {
                    assert!(answer.text.contains("<h1"), "{about}");
                    assert_linked(&answer.text, &about);
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_form_of_a_browser_is_answered_with_a_page_that_says_so() {
    let site = Site::open().await;
    let before = site.done().await;
    for form in FORMS {
        let send = async |kind: &str, body: Vec<u8>| {
            let request = Request::post(form.path).header(header::CONTENT_TYPE, kind);
            site.send(form.role, request.body(Body::from(body)).unwrap()).await
        };
        for (kind, body, status) in [
            ("application/json", b"{}".to_vec(), 415),
            ("text/plain", b"a=b".to_vec(), 415),
            ("application/x-www-form-urlencoded", b"name=%93%FA&yaml=%FF&text=%FE".to_vec(), 400),
            ("application/x-www-form-urlencoded; charset=Shift_JIS", vec![0x93, 0xfa], 400),
            ("application/x-www-form-urlencoded", vec![b'a'; 3_000_000], 413),
        ] {
            // An offer's document may be larger than a form.
            if status == 413 && form.path == DOCUMENT.path {
                continue;
            }
            let answer = send(kind, body).await;
            assert_eq!(answer.status.as_u16(), status, "{} {kind}", form.path);
            assert!(answer.text.contains("<h1"), "{} {kind}", form.path);
        }
    }
    assert!(site.done().await == before, "something was stored");
}

#[tokio::test]
async fn an_upload_that_is_no_document_says_so_at_the_file() {
    let site = Site::open().await;
    let upload = async |language: &str, file: &[u8], end: &str| {
        let mut body =
            b"--edge\r\ncontent-disposition: form-data; name=\"yaml\"\r\n\r\nkept: text\r\n\
            --edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"cat.png\"\r\n\r\n"
                .to_vec();
        body.extend_from_slice(file);
        body.extend_from_slice(end.as_bytes());
        let request = Request::post(DOCUMENT.path)
            .header(header::ACCEPT_LANGUAGE, language)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .body(Body::from(body))
            .unwrap();
        site.send(DOCUMENT.role, request).await
    };
    let whole = "\r\n--edge--\r\n";
    for (file, english) in [
        (&[0x89, b'P', b'N', b'G', 0xff][..], "“cat.png” is no text"),
        (b"a\0b", "“cat.png” is no text"),
        (&[b'a'; 1_200_000], "This is too large. Allowed: a document of at most 1 MB"),
    ] {
        for language in ["en", "ja"] {
            let answer = upload(language, file, whole).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{english}");
            let error = error_at(&answer.text, "file").expect(english);
            assert!(language == "ja" || error.contains(english), "{error}");
            assert!(answer.text.contains("kept: text"), "what was typed is kept");
            assert!(!answer.text.contains("list above"));
            assert_linked(&answer.text, english);
        }
    }
    let broken = upload("en", b"half", "").await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert!(broken.text.contains("<h1"));
}

#[tokio::test]
async fn an_id_of_nothing_or_of_something_else_is_not_found_on_every_address() {
    let site = Site::open().await;
    let addresses = [
        (Role::Customer, "/account/tokens/{}/revoke"),
        (Role::Customer, "/contracts/{}/change"),
        (Role::Customer, "/contracts/{}/changes/1/call-off"),
        (Role::Customer, "/contracts/{}/renew"),
        (Role::Customer, "/contracts/{}/start"),
        (Role::Customer, "/contracts/{}/release"),
        (Role::Provider, "/provider/offers/{}/edit"),
        (Role::Provider, "/provider/offers/{}/publish"),
        (Role::Provider, "/provider/offers/{}/withdraw"),
        (Role::Provider, "/provider/offers/{}/submit"),
        (Role::Provider, "/provider/offers/{}/schedule"),
        (Role::Provider, "/provider/offers/{}/take-back"),
        (Role::Provider, "/provider/offers/{}/pause"),
        (Role::Provider, "/provider/offers/{}/resume"),
        (Role::Provider, "/provider/offers/{}/end"),
        (Role::Provider, "/provider/offers/{}/stay"),
        (Role::Provider, "/provider/offers/{}/comments"),
        (Role::Broker, "/desk/reviews/{}/begin"),
        (Role::Broker, "/desk/reviews/{}/approve"),
        (Role::Broker, "/desk/reviews/{}/refuse"),
        (Role::Broker, "/desk/reviews/{}/comments"),
        (Role::Provider, "/provider/keys/revoke?{}"),
        (Role::Broker, "/desk/workflows/{}/retry"),
        (Role::Broker, "/desk/workflows/{}/skip"),
        (Role::Broker, "/desk/workflows/{}/mark-undone"),
        (Role::Broker, "/desk/workflows/{}/cancel"),
        (Role::Broker, "/desk/workflows/{}/abandon"),
        (Role::Broker, "/desk/providers/{}"),
    ];
    let ids = [
        "x",
        "%00",
        "%E9%9B%B2",
        "ofr_00000000000000000000000001",
        "ctr_00000000000000000000000001",
    ];
    for (role, address) in addresses {
        for id in ids {
            let path = address.replace("{}", id);
            let answer = site
                .post(Some(role), &path, "en", &[("reason", "x"), ("name", "x"), ("kid", "a\0b")])
                .await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(answer.text.contains("<h1"), "{path}");
        }
    }
    for path in [
        "/needs/new?by=form&need=saved:x",
        "/needs/req_x",
        "/needs/templates/no-such",
        "/market/offers/%00",
        "/providers/%00",
        "/items/no.such",
        "/contracts/new?offer=x",
    ] {
        let answer = site.get(Some(Role::Customer), path, "ja").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn bounds_of_the_market_that_make_no_sense_stand_at_their_field_and_the_list_stays() {
    let site = Site::open().await;
    let all = site.get(None, "/market", "en").await.text.matches("class=\"offer\"").count();
    for (query, field) in [
        ("max=cheap&currency=JPY", "max"),
        ("min=-5&currency=JPY", "min"),
        ("min=99999999999999999999", "min"),
        ("max=0.5&currency=JPY", "max"),
        ("min=500000&max=100&currency=JPY", "max"),
        ("min=5&currency=DOGE", "currency"),
    ] {
        for (language, allowed) in [("en", "Allowed"), ("ja", "使える値")] {
            let answer = site.get(None, &format!("/market?{query}"), language).await;
            assert_eq!(answer.status, StatusCode::OK, "{query}");
            let error = error_at(&answer.text, field).expect(query);
            assert!(error.contains(allowed), "{error}");
            assert_linked(&answer.text, query);
            let typed = query.split('&').find(|pair| pair.starts_with(field)).unwrap();
            let typed = typed.split_once('=').unwrap().1;
            assert!(field == "currency" || answer.text.contains(&format!("value=\"{typed}\"")));
            assert_eq!(answer.text.matches("class=\"offer\"").count(), all, "{query}");
        }
    }
    for query in ["page=0", "page=x", "page=99999", "sort=best", "backed=2", "q=%00", "q=%FF"] {
        let answer = site.get(None, &format!("/market?{query}"), "ja").await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        assert!(answer.text.contains("role=\"alert\""), "{query}");
    }
    let beyond = site.get(None, "/market?page=400", "en").await;
    assert!(beyond.text.contains("The list has no page 400"), "it exists, only not here");
}

#[tokio::test]
async fn a_filter_of_the_desk_that_cannot_be_used_is_said_and_the_list_stays() {
    let site = Site::open().await;
    for (path, field) in [
        ("/desk/workflows?state=fast", "state"),
        ("/desk/workflows?cursor=x", ""),
        ("/desk/audit?subject=%00", "subject"),
        ("/desk/audit?subject=a%20b", "subject"),
        ("/desk/audit?cursor=x", ""),
    ] {
        for language in ["en", "ja"] {
            let answer = site.get(Some(Role::Broker), path, language).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            assert!(
                answer.text.contains("role=\"alert\"") && answer.text.contains("<h1"),
                "{path}"
            );
            assert!(field.is_empty() || error_at(&answer.text, field).is_some(), "{path}");
            assert_linked(&answer.text, path);
        }
    }
}

#[tokio::test]
async fn an_address_or_token_of_no_cloud_stands_at_its_field() {
    let site = Site::open().await;
    let providers = site.market.broker.providers(&OpContext::stranger("test")).await.unwrap();
    let path = format!("/desk/providers/{}", providers[0].id);
    let before = site.done().await;
    for (url, token, field) in [
        ("", "secret", "url"),
        ("no address", "secret", "url"),
        ("ftp://cloud.example", "secret", "url"),
        ("http://127.0.0.1:9", "", "token"),
        ("http://127.0.0.1:9", "two words", "token"),
        ("http://127.0.0.1:9", "nul\0", "token"),
        ("http://127.0.0.1:9", "雲", "token"),
    ] {
        let pairs = [("url", url), ("token", token)];
        for language in ["en", "ja"] {
            let answer = site.post(Some(Role::Broker), &path, language, &pairs).await;
            let about = format!("{url:?} {token:?}");
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{about}");
            assert!(error_at(&answer.text, field).is_some(), "{about}");
            assert!(!answer.text.contains("two words"), "a token is never shown again");
            assert_linked(&answer.text, &about);
        }
    }
    assert!(site.done().await == before, "something was stored");
}

#[tokio::test]
async fn a_preference_that_does_not_exist_is_refused() {
    let site = Site::open().await;
    for pairs in [&[("lang", "xx")][..], &[("theme", "neon")], &[], &[("lang", ""), ("theme", "")]]
    {
        let answer = site.post(None, "/preferences", "ja", pairs).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{pairs:?}");
    }
    let away = [("lang", "en"), ("back", "https://evil.example/")];
    assert_eq!(site.post(None, "/preferences", "ja", &away).await.location, "/");
}

#[tokio::test]
async fn a_stranger_is_led_to_sign_in_and_back_to_the_need() {
    let site = Site::open().await;
    let path = "/needs/req_00000000000000000000000001?order=value";
    let answer = site.get(None, path, "en").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location, format!("/account/sign-in?next={}", percent_encode(path)));
    // A form that was sent too late leads back to the page it stood on.
    let request = Request::post("/provider/offers/x/publish")
        .header(header::HOST, "market.example")
        .header(header::REFERER, "https://market.example/provider/offers/x")
        .body(Body::empty())
        .unwrap();
    let answer = site.send(None, request).await;
    assert_eq!(answer.location, "/account/sign-in?next=%2Fprovider%2Foffers%2Fx");
}
