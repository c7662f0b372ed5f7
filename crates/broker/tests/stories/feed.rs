//! The public feed: every change of the market once, in order, for anybody who follows it from a cursor (IF1, G1).

use crate::on_both;
use broker::feed::{EventKind, FeedEvent};
use broker::{Broker, BrokerError, BrokerParts, OpContext};
use domain::{Clock, ManualClock, Role, SequentialIds};
use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::{Engine, TestBroker};

const DAY: i64 = 86_400;

/// Everything behind a number, by pages of seven.
async fn follow(market: &TestBroker, from: i64) -> Vec<FeedEvent> {
    let (mut all, mut after) = (Vec::new(), from);
    loop {
        let anybody = OpContext::stranger("test");
        let page = market.broker.feed_after(&anybody, Some(after), 7).await.unwrap();
        let Some(last) = page.events.last() else { return all };
        after = last.number;
        all.extend(page.events);
    }
}

async fn head(market: &TestBroker) -> i64 {
    market.broker.feed_before(&OpContext::stranger("test"), None, 1).await.unwrap().head
}

async fn the_feed_replays_to_the_catalogue_and_says_every_change_once(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    market.broker.write_feed().await.unwrap();
    let all = follow(&market, 0).await;
    let numbers: Vec<i64> = all.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=i64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
    let mut shown = BTreeMap::new();
    for event in &all {
        let offer = event.offer.as_ref().unwrap();
        assert_eq!(event.kind, EventKind::OfferPublished);
        shown.insert(offer.id, (offer.version.unwrap(), offer.hash.clone().unwrap()));
    }
    for (id, (version, hash)) in &shown {
        let page = market.broker.offer(&OpContext::stranger("test"), *id).await.unwrap();
        assert_eq!((page.card.version, &page.hash), (*version, hash));
    }
    let start = head(&market).await;
    assert_eq!(market.broker.write_feed().await.unwrap(), 0);

    let provider = market.person(Role::Provider).await;
    let id = market.offer("hokusei-gov-iaas").await;
    let mut document = market.broker.my_offer(&provider, id).await.unwrap().document;
    document.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap().minor *= 2;
    market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    market.clock.advance_seconds(1);
    assert_eq!(market.broker.write_feed().await.unwrap(), 0, "a draft is nobody's business");
    market.broker.publish_offer(&provider, id).await.unwrap();
    market.clock.advance_seconds(1);
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&market.clock);
    let parts = testkit::broker_parts(&market.database, clock, 0);
    let parts = BrokerParts { ids: Arc::new(SequentialIds::new(31)), ..parts };
    let other = Broker::open(parts).await.unwrap();
    let both = tokio::join!(market.broker.write_feed(), other.write_feed());
    assert_eq!(both.0.unwrap() + both.1.unwrap(), 1, "two processes write it once");
    market.broker.withdraw_offer(&provider, id).await.unwrap();
    market.clock.advance_seconds(1);
    market.broker.write_feed().await.unwrap();
    let news = follow(&market, start).await;
    let kinds: Vec<_> = news.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::VersionPublished, EventKind::OfferWithdrawn]);
    let (version, withdrawn) = (&news[0], &news[1]);
    let changes = version.changes.as_ref().unwrap();
    assert_eq!(changes.verdict(), sla::Verdict::Worse);
    let offer = version.offer.as_ref().unwrap();
    assert_eq!((offer.id, offer.version, offer.version_before), (id, Some(2), Some(1)));
    let gone = withdrawn.offer.as_ref().unwrap();
    assert_eq!((gone.version, gone.version_before, &gone.hash), (None, Some(2), &None));
    assert!(!gone.title_en.is_empty(), "it says which one went");
    assert_eq!(follow(&market, start).await, news, "the same whenever it is read");
    market.finish().await;
}

async fn a_cursor_before_what_is_kept_or_behind_the_end_is_a_gap(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    market.broker.write_feed().await.unwrap();
    let anybody = OpContext::stranger("test");
    let last = head(&market).await;
    let gap = |answer: Result<_, BrokerError>| match answer {
        Err(BrokerError::Conflict { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(gap(market.broker.feed_after(&anybody, Some(last + 1), 1).await), "feed_gap");
    market.clock.advance_seconds(401 * DAY);
    market.broker.tidy().await.unwrap();
    assert_eq!(gap(market.broker.feed_after(&anybody, Some(0), 1).await), "feed_gap");
    let page = market.broker.feed_after(&anybody, None, 1).await.unwrap();
    assert_eq!((page.events.len(), page.head, page.removed), (0, last, last));
    assert!(market.broker.feed_after(&anybody, Some(last), 1).await.unwrap().events.is_empty());
    assert_eq!(market.broker.write_feed().await.unwrap(), 0, "what was told is not told anew");
    market.finish().await;
}

on_both!(
    the_feed_replays_to_the_catalogue_and_says_every_change_once,
    a_cursor_before_what_is_kept_or_behind_the_end_is_a_gap,
);
