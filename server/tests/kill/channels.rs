//! The broker is killed while it tells of a newer version: every holder hears of it once on each channel, and nobody else.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use broker::OpContext;
use broker::channels::SetChannels;
use broker::notices::NoticeKind;
use domain::{Clock, ContractId, Role};
use provider_api::webhook::{self, WebhookSecret};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::{Engine, Mailbox, TestBroker, customer_of};

use crate::processes::{BrokerProcess, PATIENCE};
use crate::story::{OFFER, catch_up};

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(20);

/// A receiver of events that keeps what it is told, and can stand still after that.
#[derive(Debug, Default)]
struct Receiver {
    events: Mutex<Vec<(HeaderMap, Bytes)>>,
    stands_still: AtomicBool,
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) {
    receiver.events.lock().unwrap().push((headers, body));
    if receiver.stands_still.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
}

async fn receiver() -> (Arc<Receiver>, String) {
    let kept = Arc::new(Receiver::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/events", post(receive)).with_state(Arc::clone(&kept));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (kept, format!("http://{address}/events"))
}

async fn until(what: &str, is: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is().await {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// What the receiver was told, with the secret it shares; every event has to be signed with it.
fn told(receiver: &Receiver, secret: &str) -> Vec<serde_json::Value> {
    let secret = WebhookSecret::parse(secret).unwrap();
    let events = receiver.events.lock().unwrap();
    let read = |(headers, body): &(HeaderMap, Bytes)| {
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        let signed = (header(webhook::ID), header(webhook::TIMESTAMP), header(webhook::SIGNATURE));
        let now = testkit::SystemClock.now().0.div_euclid(1_000_000);
        secret.verify((&signed.0, &signed.1, &signed.2), body, now).unwrap();
        let event: serde_json::Value = serde_json::from_slice(body).unwrap();
        assert_eq!(event["id"], signed.0);
        event
    };
    events.iter().map(read).collect()
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let found = mail.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_else(|| panic!("no {name}: {mail}"))
}

/// The provider publishes the offer at ten times its price.
async fn worsen(market: &TestBroker) {
    catch_up(market);
    let provider = market.person(Role::Provider).await;
    let own = market.broker.my_offer_named(&provider, OFFER).await.unwrap().unwrap();
    let mut document = own.document;
    document.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap().minor *= 10;
    market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    market.broker.publish_offer(&provider, own.card.id).await.unwrap();
}

async fn in_the_inbox(market: &TestBroker, who: &OpContext) -> Vec<ContractId> {
    let all = market.broker.notices(who, None, None, 200).await.unwrap().items;
    all.iter()
        .filter(|notice| notice.kind == NoticeKind::NewerVersion)
        .map(|notice| notice.contract.as_ref().unwrap().contract)
        .collect()
}

async fn telling_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 10).await;
    let holder = market.person(Role::Customer).await;
    let id = market.sign(&holder, OFFER, "holder").await.unwrap();
    let released = market.sign(&holder, OFFER, "released").await.unwrap();
    market.run_workflows().await;
    market.broker.release(&holder, released).await.unwrap();
    market.run_workflows().await;
    let (mailbox, (events, url)) = (Mailbox::open().await, receiver().await);
    let wish = SetChannels { mail: true, webhook: true, webhook_url: url, language: "ja".into() };
    let secret = market.broker.set_channels(&holder, &wish).await.unwrap().secret.unwrap();
    let other = customer_of(&market, "other").await;
    market.broker.set_channels(&other, &wish).await.unwrap();
    mailbox.stand_still(true);
    events.stands_still.store(true, Ordering::SeqCst);
    worsen(&market).await;

    let data = tempfile::tempdir().unwrap();
    let smtp = [("KUMOICHI_SMTP", mailbox.url())];
    let first = BrokerProcess::start_with(&market, &data.path().join("first"), &smtp);
    // Both have what they were sent, and the broker has not heard so.
    until("both are told", async || {
        !mailbox.mails().is_empty() && !events.events.lock().unwrap().is_empty()
    })
    .await;
    first.kill();
    mailbox.stand_still(false);
    events.stands_still.store(false, Ordering::SeqCst);
    let second = BrokerProcess::start_with(&market, &data.path().join("second"), &smtp);
    until("everything is delivered", async || {
        let all = market.broker.deliveries(&holder, None, 50).await.unwrap().items;
        assert!(all.iter().all(|one| one.state != "given_up"), "{all:#?}");
        all.len() == 2 && all.iter().all(|one| one.state == "delivered")
    })
    .await;
    second.kill();

    assert_eq!(in_the_inbox(&market, &holder).await, [id], "once, and not for what was released");
    assert!(in_the_inbox(&market, &other).await.is_empty());
    let notice = market.broker.notices(&holder, None, None, 10).await.unwrap().items.remove(0);
    let mails = mailbox.mails();
    let ids: BTreeSet<&str> = mails.iter().map(|mail| header(mail, "Message-ID")).collect();
    assert_eq!(ids.len(), 1, "a mailbox can tell the repetition: {ids:?}");
    assert!(ids.iter().all(|one| one.starts_with(&format!("<{}.", notice.id))), "{ids:?}");
    for mail in &mails {
        assert_eq!(header(mail, "Content-Language"), "ja");
        assert!(mail.contains("multipart/alternative"), "{mail}");
    }
    let told = told(&events, &secret);
    assert!(!told.is_empty());
    for event in &told {
        assert_eq!(event["id"], notice.id.to_string());
        assert_eq!(event["type"], "notice.newer_version");
        assert_eq!(event["subject"], id.to_string());
        assert_eq!(event["data"]["contract"]["newer"]["verdict"], "worse");
    }
    catch_up(&market);
    assert_eq!(market.broker.tell_holders().await.unwrap(), 0, "everybody was told");
    market.broker.release(&holder, id).await.unwrap();
    market.run_workflows().await;
    market.finish().await;
}

crate::on_both!(
    telling_survives => f7_1_4_a_broker_that_dies_while_it_tells_of_a_worse_version_loses_and_doubles_nothing,
);
