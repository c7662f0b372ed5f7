//! The subscription: events come signed and in order, again after failures and crashes, and not without end.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use common::*;
use provider_api::webhook::WebhookSecret;
use provider_api::*;
use serde_json::{Value, json};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[derive(Clone, Default)]
struct Receiver {
    heard: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    /// What it answers; 0 means 204.
    answer: Arc<AtomicU16>,
}

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let router = Router::new().fallback(hear).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, url)
    }

    fn count(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// States in the order in which they came, each with a signature that fits.
    fn states(&self) -> Vec<ResourceState> {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let heard = self.heard.lock().unwrap();
        let read = |(headers, body): &(HeaderMap, Bytes)| {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            let told = [webhook::ID, webhook::TIMESTAMP, webhook::SIGNATURE].map(header);
            let now = told[1].parse().unwrap();
            secret.verify((&told[0], &told[1], &told[2]), body, now).unwrap();
            serde_json::from_slice::<CloudEvent>(body).unwrap().data.state
        };
        heard.iter().map(read).collect()
    }
}

async fn hear(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.heard.lock().unwrap().push((headers, body));
    match receiver.answer.load(Ordering::SeqCst) {
        0 => StatusCode::NO_CONTENT,
        status => StatusCode::from_u16(status).unwrap(),
    }
}

async fn subscribe(url: &str, key: &str, to: &str) -> (u16, Value) {
    let body = json!({"url": to, "secret": SECRET});
    ask(url, "PUT", "/v1/webhook", Some(key), Some(body)).await
}

async fn told(url: &str) -> Webhook {
    let (_, told) = ask(url, "GET", "/v1/webhook", None, None).await;
    serde_json::from_value(told).unwrap()
}

#[tokio::test]
async fn events_come_signed_and_in_order_and_what_failed_comes_again_before_the_next() {
    use ResourceState::{Held, Released};
    let local = Local::start().await;
    let url = local.cloud.url();
    let (receiver, to) = Receiver::start().await;
    assert_eq!(subscribe(&url, "set", &to).await.0, 200);
    receiver.answer.store(503, Ordering::SeqCst);
    let id = local.driver.hold(hold_command("hold", group())).await.unwrap().id;
    local.driver.drop_hold(command("drop", &id)).await.unwrap();
    until("the first attempt failed", || async { told(&url).await.failures == 1 }).await;
    assert_eq!(told(&url).await.last_error.as_deref(), Some("the receiver answered 503"));
    receiver.answer.store(0, Ordering::SeqCst);
    local.pass(Duration::from_secs(2)).await;
    until("both were taken", || async { receiver.count() == 3 }).await;
    assert_eq!(receiver.states(), [Held, Held, Released]);
    let ids: Vec<_> = {
        let heard = receiver.heard.lock().unwrap();
        heard.iter().map(|(headers, _)| headers[webhook::ID].clone()).collect()
    };
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "a repetition has the same id");
    until("it is noted", || async { told(&url).await.delivered.as_deref() == Some("2") }).await;
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_receiver_that_keeps_failing_is_suspended_and_catches_up_from_the_feed() {
    let local = Local::start().await;
    let url = local.cloud.url();
    let (receiver, to) = Receiver::start().await;
    subscribe(&url, "set", &to).await;
    receiver.answer.store(500, Ordering::SeqCst);
    local.driver.hold(hold_command("hold", group())).await.unwrap();
    for failures in 1..=12 {
        until("one more attempt", || async { told(&url).await.failures == failures }).await;
        local.pass(Duration::from_secs(300)).await;
    }
    let seen = told(&url).await;
    assert_eq!((seen.state, seen.delivered.as_deref()), (WebhookState::Suspended, Some("0")));
    let missed = local.driver.events(seen.delivered.as_deref(), None).await.unwrap();
    assert_eq!(missed.items[0].data.state, ResourceState::Held);
    receiver.answer.store(0, Ordering::SeqCst);
    assert_eq!(subscribe(&url, "again", &to).await.1["state"], "active");
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn a_killed_cloud_goes_on_posting_where_it_was() {
    let mut cloud = Process::start().await;
    let url = format!("http://{}", cloud.address);
    let (receiver, to) = Receiver::start().await;
    subscribe(&url, "set", &to).await;
    receiver.answer.store(503, Ordering::SeqCst);
    cloud.driver.hold(hold_command("hold", group())).await.unwrap();
    until("the first attempt failed", || async { told(&url).await.failures >= 1 }).await;
    cloud.kill();
    receiver.answer.store(0, Ordering::SeqCst);
    cloud.restart().await;
    until("it was taken", || async { told(&url).await.delivered.as_deref() == Some("1") }).await;
    assert_eq!(receiver.states().last(), Some(&ResourceState::Held));
    assert_eq!(subscribe(&url, "set", &to).await.0, 200, "the key is remembered");
}

#[tokio::test]
async fn private_receivers_and_keys_used_for_something_else_are_refused_and_the_secret_is_not_told()
{
    let local = Local::start_with(|config| config.webhooks_to_loopback = false).await;
    let url = local.cloud.url();
    for to in ["http://127.0.0.1:1/", "http://10.1.2.3/", "http://[::1]/", "gopher://x.example/"] {
        let (status, refusal) = subscribe(&url, "set", to).await;
        assert_eq!((status, &refusal["errors"][0]["pointer"]), (400, &json!("/url")), "{to}");
        assert!(!refusal.to_string().contains("MfKQ9r8G"), "{refusal}");
    }
    // A name is judged by where it leads, whenever it is asked.
    let (receiver, to) = Receiver::start().await;
    let (status, _) = subscribe(&url, "name", &to.replace("127.0.0.1", "localhost")).await;
    assert_eq!(status, 200);
    local.driver.hold(hold_command("hold", group())).await.unwrap();
    until("the attempt failed", || async { told(&url).await.failures == 1 }).await;
    assert_eq!(receiver.count(), 0);
    let error = told(&url).await.last_error.unwrap();
    assert!(error.contains("not a public address"), "{error}");
    let (status, set) = subscribe(&url, "set", "https://receiver.invalid/").await;
    assert!(status == 200 && !set.to_string().contains("MfKQ9r8G"), "{set}");
    let refused = local.driver.hold(hold_command("set", group())).await.unwrap_err();
    assert_eq!(refused.code(), Some(ProblemCode::IdempotencyKeyReused));
    let (status, gone) = ask(&url, "DELETE", "/v1/webhook", Some("gone"), None).await;
    assert_eq!((status, &gone["state"]), (200, &json!("unset")));
    local.cloud.shutdown().await;
}
