//! A provider that is broken on purpose: a proxy before a working cloud that twists one thing.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use ed25519_dalek::SigningKey;
use provider_api::{ErasureStatement, Problem, ProblemCode, PublicKey};
use serde_json::Value;

use crate::common::{self, Local, TOKEN};

/// One deliberate fault.
#[derive(Debug)]
pub struct Fault {
    pub name: &'static str,
    /// The check that must catch it.
    pub check: &'static str,
    /// A word of the finding, so that it is about this fault.
    pub says: &'static str,
    pub twist: Twist,
}

/// An answer to come.
type Replying = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// What is twisted.
pub enum Twist {
    /// The request, before it goes on.
    Ask(fn(&Upstream, &mut Call)),
    /// The answer, on its way back.
    Tell(fn(&Upstream, &Call, &mut Reply)),
    /// Everything.
    Whole(fn(Arc<Upstream>, Call) -> Replying),
}

impl std::fmt::Debug for Twist {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Twist")
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Call {
    /// Whether it is this operation: the method and the last part of the path.
    pub fn is(&self, method: &str, end: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        self.method == method && path.ends_with(end)
    }

    pub fn is_hold(&self) -> bool {
        self.is("POST", "/v1/holds")
    }

    /// A question about one allocation itself.
    pub fn is_look(&self) -> bool {
        self.method == "GET"
            && self.path.split('/').count() == 4
            && self.path.contains("/allocations/")
    }

    pub fn id(&self) -> String {
        self.path.split('/').nth(3).unwrap_or_default().to_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn set(&mut self, change: impl FnOnce(&mut Value)) {
        let mut value = self.json();
        if !value.is_null() {
            change(&mut value);
            self.body = serde_json::to_vec(&value).unwrap();
        }
    }
}

/// An answer as it goes.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn set(&mut self, change: impl FnOnce(&mut Value)) {
        let mut value = self.json();
        if !value.is_null() {
            change(&mut value);
            self.body = serde_json::to_vec(&value).unwrap();
        }
    }

    pub fn code(&self) -> Option<ProblemCode> {
        serde_json::from_slice::<Problem>(&self.body).ok().map(|problem| problem.code)
    }

    /// The same as a success with another body.
    pub fn ok(&mut self, body: &Value) {
        self.status = 200;
        self.headers.insert("content-type".into(), "application/json".into());
        self.body = serde_json::to_vec(body).unwrap();
    }
}

/// The working cloud behind, and what the broken one remembers.
#[derive(Debug)]
pub struct Upstream {
    client: reqwest::Client,
    url: String,
    count: AtomicU64,
    pub memory: Mutex<HashMap<String, String>>,
}

impl Upstream {
    pub async fn send(&self, call: &Call) -> Reply {
        let method = call.method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}{}", self.url, call.path));
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        match request.body(call.body.clone()).send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let headers = response.headers().iter().map(|(name, value)| {
                    (name.to_string(), value.to_str().unwrap_or_default().to_owned())
                });
                let headers = headers.collect();
                let body = response.bytes().await.unwrap_or_default().to_vec();
                Reply { status, headers, body }
            }
            // A lost answer stays lost: no status of ours makes sense of it.
            Err(_) => Reply { status: 0, headers: HashMap::new(), body: Vec::new() },
        }
    }

    /// A call of the broken provider's own.
    pub async fn own(&self, method: &str, path: &str, body: &str) -> Reply {
        let headers = [
            ("authorization".to_owned(), format!("Bearer {TOKEN}")),
            ("idempotency-key".to_owned(), self.fresh()),
            ("kumoichi-epoch".to_owned(), "1".to_owned()),
        ];
        let call = Call {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers.into(),
            body: body.as_bytes().to_vec(),
        };
        self.send(&call).await
    }

    /// The allocation as it really is.
    pub async fn look(&self, id: &str) -> Value {
        self.own("GET", &format!("/v1/allocations/{id}"), "").await.json()
    }

    /// A key never used before.
    pub fn fresh(&self) -> String {
        format!("own-{}", self.count.fetch_add(1, Ordering::SeqCst))
    }
}

/// A key of the broken provider's own.
pub fn own_key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// The statement changed and signed again with the own key.
pub fn resign(reply: &mut Reply, change: impl FnOnce(&mut provider_api::UnsignedStatement)) {
    let Ok(statement) = serde_json::from_slice::<ErasureStatement>(&reply.body) else { return };
    let mut unsigned = statement.statement;
    change(&mut unsigned);
    let signed = unsigned.sign(&own_key()).unwrap();
    reply.body = serde_json::to_vec(&signed).unwrap();
}

/// Publishes the own key under the id that statements name.
pub fn publish_own_key(reply: &mut Reply) {
    reply.set(|told| {
        let id = told["erasureKey"]["keyId"].as_str().unwrap_or_default().to_owned();
        let key = PublicKey::of(&own_key().verifying_key(), id);
        told["erasureKey"] = serde_json::to_value(key).unwrap();
    });
}

/// The running proxy.
pub struct Broken {
    pub url: String,
    task: tokio::task::JoinHandle<()>,
}

type Shared = (Arc<Upstream>, Option<&'static Fault>);

impl Broken {
    pub async fn before(local: &Local, fault: Option<&'static Fault>) -> Self {
        let upstream = Upstream {
            client: common::client(),
            url: local.cloud.url(),
            count: AtomicU64::new(0),
            memory: Mutex::default(),
        };
        let shared: Shared = (Arc::new(upstream), fault);
        let router = Router::new().fallback(pass).with_state(shared);
        let address = std::net::SocketAddr::new(common::own_address().into(), 0);
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, task }
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State((upstream, fault)): State<Shared>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let kept = [
        "authorization",
        "content-type",
        "idempotency-key",
        "kumoichi-epoch",
        "accept",
        "range",
        "if-range",
        "upload-offset",
        "content-digest",
    ];
    let headers = kept.into_iter().filter_map(|name| {
        Some((name.to_owned(), parts.headers.get(name)?.to_str().ok()?.to_owned()))
    });
    let mut call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: headers.collect(),
        body: axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default().to_vec(),
    };
    // In a task of its own, so that a caller who hangs up stops nothing half-way.
    let work = tokio::spawn(async move {
        let mut reply = match fault.map(|fault| &fault.twist) {
            Some(Twist::Whole(twist)) => twist(Arc::clone(&upstream), call.clone()).await,
            Some(Twist::Ask(twist)) => {
                twist(&upstream, &mut call);
                upstream.send(&call).await
            }
            _ => upstream.send(&call).await,
        };
        if let Some(Twist::Tell(twist)) = fault.map(|fault| &fault.twist) {
            twist(&upstream, &call, &mut reply);
        }
        reply
    });
    let reply = work.await.unwrap();
    let status = if reply.status == 0 { 502 } else { reply.status };
    let mut response = Response::builder().status(status);
    for (name, value) in &reply.headers {
        if !["content-length", "transfer-encoding", "connection", "date"].contains(&name.as_str()) {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(reply.body)).unwrap()
}
