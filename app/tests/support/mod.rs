//! The interface over the demo market, asked through the router as a browser would.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "a test that cannot set up must fail loudly, and no file uses every helper"
)]

use app::{AppState, assets::Assets, router};
use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use broker::{OpContext, market::MarketQuery};
use domain::{Actor, OfferId, Role};
use storage::testing::Engine;
use testkit::TestBroker;

/// The market and its pages; the market lives as long as this does.
pub struct Site {
    pub market: TestBroker,
    router: Router,
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    /// The cookies that the answer sets.
    pub cookies: String,
    pub text: String,
}

impl Answer {
    /// Whether the next page is to say this once.
    #[allow(dead_code, reason = "not every test file follows what was done")]
    pub fn flash(&self, text: &str) -> bool {
        app::format::percent_decode(&self.cookies).contains(text)
    }
}

impl Site {
    /// The demo market as a visitor sees it, with no cloud running.
    pub async fn open() -> Self {
        let market = TestBroker::catalogue(Engine::Sqlite).await;
        let router = router().with_state(AppState::new(market.broker.clone(), Assets::built_in()));
        Self { market, router }
    }

    /// The demo market with a cloud behind its first provider.
    #[allow(dead_code, reason = "not every test file asks for a cloud")]
    pub async fn open_with_cloud(instances: i64) -> Self {
        let market = TestBroker::with_cloud(Engine::Sqlite, instances).await;
        let router = router().with_state(AppState::new(market.broker.clone(), Assets::built_in()));
        Self { market, router }
    }

    /// The same market, seen by a customer of another organisation.
    #[allow(dead_code, reason = "not every test file needs a stranger")]
    pub async fn signed_in_as_other_customer(self) -> Self {
        let Actor::Person(viewer) = testkit::customer_of(&self.market, "elsewhere").await.actor
        else {
            panic!("a customer is a person")
        };
        let pages =
            router().with_state(AppState::new(self.market.broker.clone(), Assets::built_in()));
        Self { router: pages.layer(Extension(viewer)), ..self }
    }

    /// Sends files and fields as a browser's upload does.
    #[allow(dead_code, reason = "not every test file uploads")]
    pub async fn upload(&self, path: &str, parts: &[(&str, &str)]) -> Answer {
        let parts: Vec<(&str, &[u8])> =
            parts.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        self.upload_bytes(path, &parts).await
    }

    /// The same for files that are no UTF-8.
    #[allow(dead_code, reason = "not every test file uploads")]
    pub async fn upload_bytes(&self, path: &str, parts: &[(&str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in parts {
            let file = if *name == "file" { "; filename=\"offer.yaml\"" } else { "" };
            let head =
                format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--edge--\r\n");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// The same, seen by the demo person of a role.
    pub async fn signed_in(self, role: Role) -> Self {
        let Actor::Person(viewer) = self.market.person(role).await.actor else {
            panic!("a demo person is a person")
        };
        let pages =
            router().with_state(AppState::new(self.market.broker.clone(), Assets::built_in()));
        Self { router: pages.layer(Extension(viewer)), ..self }
    }

    /// Asks for a page in a language.
    pub async fn get(&self, path: &str, language: &str) -> Answer {
        let request = Request::get(path).header(header::ACCEPT_LANGUAGE, language);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A page in English that must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path, "en").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    /// Sends a form.
    pub async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.post_in(path, "en", pairs).await
    }

    /// Sends a form in a language.
    pub async fn post_in(&self, path: &str, language: &str, pairs: &[(&str, &str)]) -> Answer {
        let encode = app::format::percent_encode;
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT_LANGUAGE, language)
            .body(Body::from(pairs.join("&")))
            .unwrap();
        self.send(request).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> =
            tower::ServiceExt::oneshot(self.router.clone(), request).await.unwrap();
        let status = response.status();
        let location = response
            .headers()
            .get(header::LOCATION)
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let cookies = response.headers().get_all(header::SET_COOKIE).iter();
        let cookies: Vec<&str> = cookies.filter_map(|cookie| cookie.to_str().ok()).collect();
        let cookies = cookies.join("\n");
        let bytes = to_bytes(response.into_body(), 8 << 20).await.unwrap();
        Answer { status, location, cookies, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// An offer of the demo market by its English title.
    pub async fn offer_titled(&self, title: &str) -> OfferId {
        let query = MarketQuery { text: title.to_owned(), per_page: 100, ..MarketQuery::default() };
        let found = self.market.broker.browse(&OpContext::stranger("test"), &query).await.unwrap();
        let offer = found.items.iter().find(|card| card.title_en == title);
        offer.unwrap_or_else(|| panic!("no offer is titled {title}")).id
    }
}
