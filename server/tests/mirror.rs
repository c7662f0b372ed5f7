//! Two installations: one follows the other through random changes and restarts, and shows the same catalogue (IF1).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use axum::body::{Body, to_bytes};
use axum::http::Request;
use broker::accounts::SignUp;
use broker::mirror::CatalogueEntry;
use broker::ports::Channels;
use broker::providers::ProviderEntry;
use broker::{Broker, BrokerError, BrokerParts, OpContext};
use domain::{Clock, ManualClock, OfferId, SequentialIds};
use provider_api::AddressPolicy;
use provider_api::http::HttpReader;
use server::web::Web;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use testkit::{Engine, TestDatabase};
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// Changes in a run by day; a run at night makes as many as this variable says.
const CHANGES: usize = 60;
const CHANGES_VARIABLE: &str = "KUMOICHI_MIRROR_CHANGES";

/// Draws the same numbers every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

async fn open(database: &TestDatabase, clock: &Arc<ManualClock>, seed: u64) -> Broker {
    testkit::encrypts();
    let policy = AddressPolicy::allowing(testkit::loopback());
    let reader = HttpReader::new(Duration::from_secs(10), policy).unwrap();
    let channels = Channels { reader: Some(reader), ..Channels::default() };
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    let parts = testkit::broker_parts(database, clock, 0);
    let ids = Arc::new(SequentialIds::new(seed));
    Broker::open(BrokerParts { ids, channels, ..parts }).await.unwrap()
}

/// Serves a market; the same address again after a restart.
async fn serve(broker: &Broker, at: Option<SocketAddr>) -> (SocketAddr, JoinHandle<()>) {
    let at = at.unwrap_or_else(|| "127.0.0.1:0".parse().unwrap());
    let listener = tokio::net::TcpListener::bind(at).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Web::plain(broker.clone()).router().unwrap();
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, task)
}

async fn provider(broker: &Broker, name: &str) -> OpContext {
    let form = SignUp {
        email: format!("{name}@example.org"),
        password: "correct horse battery".to_owned(),
        name: name.to_owned(),
        organisation: name.to_owned(),
        role: "provider".to_owned(),
    };
    let viewer = broker.sign_up(&OpContext::stranger("test"), form).await.unwrap();
    let provider = OpContext::person(viewer, "test");
    let form = SignUp {
        email: "desk@example.org".to_owned(),
        password: "correct horse battery".to_owned(),
        name: "desk".to_owned(),
        organisation: "desk".to_owned(),
        role: "broker".to_owned(),
    };
    let system = OpContext::system("test");
    let desk = broker.ensure_person(&system, form, domain::Role::Broker).await.unwrap();
    testkit::admit(broker, &OpContext::person(desk, "test"), &provider).await;
    provider
}

fn document(name: &str, price: usize) -> String {
    format!(
        "apiVersion: sla.kumoichi/v1alpha1\nkind: ServiceLevelOffer\n\
        metadata: {{name: {name}, version: 1, title: {{en: \"{name}\", ja: \"提供 {name}\"}}}}\n\
        spec:\n  service: {{model: IaaS, deployment: public, regions: [{{id: jp-1, country: JP}}]}}\n  \
        measurement: {{calendar: 1M, timezone: Asia/Tokyo, sliceSeconds: 60, minOutageSeconds: 60}}\n  \
        items:\n    - {{item: availability.service_uptime, value: 99.9 %, commitment: objective}}\n  \
        price: {{monthlyTotal: {{amount: {price}, currency: JPY}}}}\n"
    )
}

async fn publish(broker: &Broker, who: &OpContext, name: &str, price: usize) -> OfferId {
    let id = broker.save_offer(who, &document(name, price)).await.unwrap().card.id;
    broker.publish_offer(who, id).await.unwrap();
    id
}

async fn catalogue(broker: &Broker) -> Vec<CatalogueEntry> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = broker.catalogue(&OpContext::stranger("test"), after, 50).await.unwrap();
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn text(broker: &Broker, id: OfferId) -> Vec<u8> {
    let router = Web::plain(broker.clone()).router().unwrap();
    let request = Request::get(format!("/api/v1/offers/{id}/sla")).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert!(response.status().is_success(), "{id}");
    to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

/// Follows until nothing is left to follow.
async fn follow(broker: &Broker, origin: &str) -> bool {
    let mut compared = false;
    loop {
        let system = OpContext::system("test");
        let report = broker.follow_market(&system, origin).await.unwrap();
        assert_eq!(report.refused, 0);
        compared |= report.compared;
        if report.applied == 0 && !report.compared {
            return compared;
        }
    }
}

async fn equal(there: &Broker, here: &Broker) {
    let shown = catalogue(there).await;
    assert_eq!(shown, catalogue(here).await);
    for entry in &shown {
        assert_eq!(text(there, entry.id).await, text(here, entry.id).await, "{}", entry.name);
    }
}

async fn a_mirror_stays_equal(engine: Engine) {
    let changes = std::env::var(CHANGES_VARIABLE).ok().and_then(|text| text.parse().ok());
    let changes: usize = changes.unwrap_or(CHANGES);
    let (first, second) = (TestDatabase::create(engine).await, TestDatabase::create(engine).await);
    let clock = Arc::new(ManualClock::new(domain::Timestamp::from_seconds(1_795_305_600)));
    let mut there = open(&first, &clock, 101).await;
    let mut here = open(&second, &clock, 202).await;
    let people = [provider(&there, "aoba").await, provider(&there, "minato").await];
    let (address, mut served) = serve(&there, None).await;
    let origin = format!("http://{address}");
    let mut dice = Dice(7);
    let mut offers: Vec<(usize, String, OfferId)> = Vec::new();
    let mut compared = 0;
    for number in 0..changes {
        let who = dice.below(2);
        match dice.below(10) {
            0..4 => {
                let name = format!("offer-{number}");
                let id = publish(&there, &people[who], &name, 1_000 + number).await;
                offers.push((who, name, id));
            }
            4..8 if !offers.is_empty() => {
                let (who, name, _) = &offers[dice.below(offers.len())];
                publish(&there, &people[*who], name, 100_000 + number).await;
            }
            _ if !offers.is_empty() => {
                let (who, _, id) = offers.swap_remove(dice.below(offers.len()));
                there.withdraw_offer(&people[who], id).await.unwrap();
            }
            _ => {}
        }
        clock.advance_seconds(1);
        there.write_feed().await.unwrap();
        if number == changes / 2 {
            // The follower was away for longer than events are kept.
            follow(&here, &origin).await;
            publish(&there, &people[0], "while-away", 5).await;
            clock.advance_seconds(401 * 86_400);
            there.write_feed().await.unwrap();
            clock.advance_seconds(401 * 86_400);
            there.tidy().await.unwrap();
        }
        match dice.below(12) {
            0 => compared += usize::from(follow(&here, &origin).await),
            // Cut off somewhere, and begun again by another process.
            1 => {
                let limit = Duration::from_micros(u64::try_from(dice.below(40_000)).unwrap());
                let system = OpContext::system("test");
                let _ = tokio::time::timeout(limit, here.follow_market(&system, &origin)).await;
                here = open(&second, &clock, 10_000 + u64::try_from(number).unwrap()).await;
            }
            // The followed one restarts; meanwhile nobody answers.
            2 => {
                served.abort();
                let _ = served.await;
                let system = OpContext::system("test");
                let silent = here.follow_market(&system, &origin).await.unwrap_err();
                assert!(matches!(silent, BrokerError::Conflict { code: "mirror_unreachable", .. }));
                there = open(&first, &clock, 20_000 + u64::try_from(number).unwrap()).await;
                served = serve(&there, Some(address)).await.1;
            }
            3 => {
                let system = OpContext::system("test");
                let both = tokio::join!(
                    here.follow_market(&system, &origin),
                    here.follow_market(&system, &origin)
                );
                assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
            }
            _ => {}
        }
    }
    clock.advance_seconds(1);
    there.write_feed().await.unwrap();
    compared += usize::from(follow(&here, &origin).await);
    assert!(compared >= 1, "the gap was noticed");
    equal(&there, &here).await;
    assert!(catalogue(&here).await.len() > 5);
    let slug = there.my_provider(&people[0]).await.unwrap().card.slug;
    let shown = here.provider(&OpContext::stranger("test"), &slug).await.unwrap();
    assert_eq!((shown.mirrored_from.as_deref(), shown.card.backed), (Some(origin.as_str()), false));
    assert!(!follow(&here, &origin).await, "nothing is left");
    served.abort();
    first.remove().await;
    second.remove().await;
}

async fn what_belongs_here_is_never_overwritten_and_only_a_broker_says_whom_to_follow(
    engine: Engine,
) {
    let (first, second) = (TestDatabase::create(engine).await, TestDatabase::create(engine).await);
    let clock = Arc::new(ManualClock::new(domain::Timestamp::from_seconds(1_795_305_600)));
    let (there, here) = (open(&first, &clock, 101).await, open(&second, &clock, 202).await);
    let (theirs, ours) = (provider(&there, "aoba").await, provider(&here, "aoba").await);
    publish(&there, &theirs, "same-name", 1).await;
    let own = publish(&here, &ours, "same-name", 2).await;
    there.write_feed().await.unwrap();
    let (address, served) = serve(&there, None).await;
    let origin = format!("http://{address}");
    let system = OpContext::system("test");
    // The same provider has an entry here that nobody mirrored.
    let view = there.my_provider(&theirs).await.unwrap();
    let entry = ProviderEntry {
        slug: view.card.slug,
        did: view.did,
        name_en: "Here".to_owned(),
        name_ja: "ここ".to_owned(),
        country: "JP".to_owned(),
        ..ProviderEntry::default()
    };
    here.ensure_provider(&system, entry, None).await.unwrap();
    let report = here.follow_market(&system, &origin).await.unwrap();
    assert_eq!((report.applied, report.refused), (0, 1));
    let all = catalogue(&here).await;
    assert_eq!(all.iter().map(|entry| entry.id).collect::<Vec<_>>(), [own]);
    for who in [OpContext::stranger("test"), ours] {
        assert!(here.follow_market(&who, &origin).await.is_err());
        assert!(here.mirrors(&who).await.is_err());
    }
    for wrong in
        ["market.example", "ftp://market.example", "http://a.example/path", "http://u@a.example"]
    {
        let refused = here.follow_market(&system, wrong).await.unwrap_err();
        assert!(matches!(refused, BrokerError::Invalid(_)), "{wrong}: {refused:?}");
    }
    served.abort();
    first.remove().await;
    second.remove().await;
}

/// One test for each database.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $story() {
                super::$story(testkit::Engine::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $story() {
                super::$story(testkit::Engine::Postgres).await;
            })+
        }
    };
}

on_both!(
    a_mirror_stays_equal,
    what_belongs_here_is_never_overwritten_and_only_a_broker_says_whom_to_follow,
);
