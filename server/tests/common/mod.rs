//! A broker over a temporary database, asked through its router without a socket.
#![allow(dead_code, reason = "each test file uses a part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use broker::accounts::SignUp;
use broker::seed::DemoClouds;
use broker::{Broker, BrokerConfig, BrokerParts, OpContext, SealingKey};
use domain::{Role, Viewer};
use provider_api::{AddressPolicy, HttpProbe};
use serde_json::Value;
use server::web::Web;
use server::wiring::HttpDrivers;
use server::{SystemClock, SystemIds};
use storage::Db;
use tower::ServiceExt;

/// Nobody listens there: every call to a cloud is refused at once.
pub const SILENT_CLOUD: &str = "http://127.0.0.1:1";

/// A broker and its router.
#[derive(Debug)]
pub struct Site {
    pub broker: Broker,
    pub router: Router,
    pub keys: AtomicU64,
    pub _folder: tempfile::TempDir,
}

/// A person with a token.
#[derive(Debug, Clone)]
pub struct Person {
    pub viewer: Viewer,
    pub token: String,
    pub ctx: OpContext,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The code of a problem document, which must be whole.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        assert!(problem["errors"].is_array() && problem["title"].is_string());
        let code = problem["code"].as_str().expect("a code").to_owned();
        assert_eq!(problem["type"], format!("urn:kumoichi:problem:{code}"));
        code
    }
}

impl Site {
    /// A market without offers.
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("sqlite:{}", folder.path().join("test.db").display());
        let db = Db::open(&address).await.expect("a database");
        db.migrate().await.expect("tables");
        let allowed = vec!["127.0.0.0/8".parse().expect("a network")];
        let limit = std::time::Duration::from_secs(1);
        let parts = BrokerParts {
            db,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds::default()),
            drivers: Arc::new(HttpDrivers::new(allowed.clone())),
            probe: Arc::new(
                HttpProbe::new(limit, AddressPolicy::allowing(allowed)).expect("a probe"),
            ),
            channels: broker::ports::Channels::default(),
            config: BrokerConfig {
                workers: 0,
                monitor_interval_seconds: 60,
                examine_interval_seconds: 0,
                price_days_max: 90,
                admission_required: true,
                lease_seconds: 30,
                // Tests are in a hurry; the real cost is the broker's own test.
                password_memory_kib: 64,
                index_dir: None,
                dictionary_dir: None,
                sealing_key: SealingKey([7; 32]),
            },
        };
        let broker = Broker::open(parts).await.expect("a broker");
        let router = Web::plain(broker.clone()).router().expect("a router");
        Self { broker, router, keys: AtomicU64::new(0), _folder: folder }
    }

    /// The demo market; the cloud of `hokusei` is connected and silent.
    pub async fn demo() -> Self {
        let site = Self::empty().await;
        let mut clouds = DemoClouds::new();
        let connection = (SILENT_CLOUD.to_owned(), "token-of-nobody".to_owned());
        clouds.insert("hokusei".to_owned(), connection);
        site.broker.seed_demo(&OpContext::system("test"), &clouds).await.expect("a market");
        site
    }

    /// A new person in an organisation of its own.
    pub async fn person(&self, name: &str, role: Role) -> Person {
        let form = SignUp {
            email: format!("{name}@example.org"),
            password: "correct horse battery".to_owned(),
            name: name.to_owned(),
            organisation: format!("{name} & Co"),
            role: role.to_string(),
        };
        let system = OpContext::system("test");
        let viewer = match role {
            // Brokers are appointed; the others sign up as people do, providers with their entry.
            Role::Broker => self.broker.ensure_person(&system, form, role).await,
            _ => self.broker.sign_up(&OpContext::stranger("test"), form).await,
        };
        let viewer = viewer.expect("a person");
        let ctx = OpContext::person(viewer.clone(), "test");
        if role == Role::Provider {
            self.admit(&ctx).await;
        }
        let (_, token) = self.broker.create_token(&ctx, "test").await.expect("a token");
        Person { viewer, token, ctx }
    }

    /// A broker finds everything in order and admits a provider.
    async fn admit(&self, provider: &OpContext) {
        let form = SignUp {
            email: "admissions@example.org".to_owned(),
            password: "correct horse battery".to_owned(),
            name: "Admissions".to_owned(),
            organisation: "Desk of admissions".to_owned(),
            role: "broker".to_owned(),
        };
        let system = OpContext::system("test");
        let desk = self.broker.ensure_person(&system, form, Role::Broker).await;
        let desk = OpContext::person(desk.expect("a broker"), "test");
        testkit::admit(&self.broker, &desk, provider).await;
    }

    /// A key that was not used before.
    pub fn key(&self) -> String {
        format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Asks the API, with a fresh key where one is needed.
    pub async fn api(
        &self,
        who: Option<&Person>,
        method: &str,
        path: &str,
        body: Sent<'_>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(person) = who {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", person.token));
        }
        if method == "POST" {
            request = request.header("idempotency-key", self.key());
        }
        let (kind, text) = match body {
            Sent::Nothing => (None, String::new()),
            Sent::Json(value) => (Some("application/json"), value.to_string()),
            Sent::Yaml(text) => (Some("application/yaml"), text.to_owned()),
            Sent::Csv(text) => (Some("text/csv"), text.to_owned()),
        };
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        self.send(request.body(Body::from(text)).expect("a request")).await
    }

    pub async fn get(&self, who: Option<&Person>, path: &str) -> Reply {
        self.api(who, "GET", path, Sent::Nothing).await
    }
}

/// What is sent.
#[derive(Debug, Clone)]
pub enum Sent<'a> {
    Nothing,
    Json(Value),
    Yaml(&'a str),
    Csv(&'a str),
}

/// A requirement document.
pub fn requirement() -> &'static str {
    sla::EXAMPLE_REQUIREMENTS[0].yaml
}

/// A table with two offers.
pub fn table() -> &'static str {
    "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,min_outage_seconds,\
     commitment,availability.service_uptime,price.monthly,price.currency\n\
     small,Small,IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,99.9 %,98000,JPY\n\
     large,Large,IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,99.95 %,240000,JPY\n"
}

/// An offer document.
pub fn offer() -> &'static str {
    sla::EXAMPLE_OFFERS[0].yaml
}
