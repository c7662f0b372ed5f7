//! The ranking follows the market change by change, and a restart from a snapshot changes nothing in it.

use crate::on_both;
use broker::requirements::{RankedList, RequirementSource};
use broker::{Broker, BrokerConfig, BrokerParts, OpContext, SealingKey};
use domain::{Clock, IdSource, ManualClock, Role, SequentialIds};
use matching::{Board, Order, Ranking};
use provider_api::{AddressPolicy, HttpProbe};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use testkit::{Engine, HttpDrivers, SEALING_KEY, TestBroker, loopback};

const TEMPLATES: [&str; 3] = ["certificate-service", "collaboration-service", "tracking-service"];

/// Ids, distances and marks of both lists.
pub fn told(list: &RankedList) -> Vec<String> {
    let rows = list.matches.iter().chain(&list.near_misses);
    let told = rows.map(|row| {
        format!("{} {:?} {}", row.card.id, row.explanation.totals, row.stronger_than_above)
    });
    std::iter::once(format!("{} of {}", list.matched, list.considered)).chain(told).collect()
}

fn scanned(ranking: &Ranking) -> Vec<String> {
    let rows = ranking.rows();
    let told = rows.map(|row| format!("{} {:?} {}", row.id, row.totals, row.stronger_than_above));
    std::iter::once(format!("{} of {}", ranking.matched, ranking.judged)).chain(told).collect()
}

/// Everything the broker says about the templates.
pub async fn all_told(broker: &Broker) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for template in TEMPLATES {
        let source = RequirementSource::Template(template.to_owned());
        for order in Order::ALL {
            let ctx = OpContext::stranger("test");
            all.push(told(&broker.rank(&ctx, &source, order, 200).await.unwrap()));
        }
    }
    all
}

/// The same from the plain scan over what is sent to browsers.
async fn all_scanned(broker: &Broker) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for template in TEMPLATES {
        let source = RequirementSource::Template(template.to_owned());
        let sent = broker.candidates(&OpContext::stranger("test"), &source).await.unwrap();
        let prepared = sent.bundle.prepared().unwrap();
        let board = Board::new(prepared.dictionary(), &sent.columns).unwrap();
        for order in Order::ALL {
            all.push(scanned(&prepared.rank(board.offers(), order, 200)));
        }
    }
    all
}

async fn the_index_ranks_as_the_plain_scan_after_every_change(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    assert_eq!(all_told(&market.broker).await, all_scanned(&market.broker).await);
    let offer = market.offer("hokusei-gov-iaas").await;
    let page = market.broker.offer(&OpContext::stranger("test"), offer).await.unwrap();
    let text = page.yaml.replace("hokusei-gov-iaas", "hokusei-new-offer");
    let id = market.broker.save_offer(&provider, &text).await.unwrap().card.id;
    market.broker.publish_offer(&provider, id).await.unwrap();
    let with = all_told(&market.broker).await;
    assert!(with[0].iter().any(|row| row.starts_with(&id.to_string())), "the new offer is ranked");
    assert_eq!(with, all_scanned(&market.broker).await);
    let dearer = text.replace("182000", "190000");
    market.broker.save_offer(&provider, &dearer).await.unwrap();
    market.broker.publish_offer(&provider, id).await.unwrap();
    let changed = all_told(&market.broker).await;
    assert_ne!(with, changed, "the new price is ranked");
    assert_eq!(changed, all_scanned(&market.broker).await);
    market.broker.withdraw_offer(&provider, id).await.unwrap();
    let without = all_told(&market.broker).await;
    assert!(!without[0].iter().any(|row| row.starts_with(&id.to_string())));
    assert_eq!(without, all_scanned(&market.broker).await);
    market.broker.reindex().await.unwrap();
    assert_eq!(without, all_told(&market.broker).await);
    market.finish().await;
}

/// Another process over the same database, with a data folder.
pub async fn second(market: &TestBroker, folder: &Path) -> Broker {
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&market.clock);
    let ids: Arc<dyn IdSource> = Arc::new(SequentialIds::new(99));
    let parts = BrokerParts {
        db: market.database.db.clone(),
        clock,
        ids,
        drivers: Arc::new(HttpDrivers),
        probe: Arc::new(
            HttpProbe::new(Duration::from_secs(5), AddressPolicy::allowing(loopback())).unwrap(),
        ),
        channels: broker::ports::Channels::default(),
        config: BrokerConfig {
            workers: 0,
            monitor_interval_seconds: 1,
            examine_interval_seconds: 0,
            price_days_max: 90,
            admission_required: true,
            lease_seconds: 30,
            password_memory_kib: 8,
            index_dir: Some(folder.join("index")),
            dictionary_dir: None,
            sealing_key: SealingKey(SEALING_KEY),
        },
    };
    Broker::open(parts).await.unwrap()
}

async fn a_restart_ranks_alike_with_a_good_an_old_and_a_damaged_snapshot(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let before = all_told(&market.broker).await;
    let first = second(&market, folder.path()).await;
    first.keep_match_index().await.unwrap();
    drop(first);
    let file = folder.path().join("match-index");
    let good = fs::read(&file).unwrap();
    let restarted = second(&market, folder.path()).await;
    assert_eq!(all_told(&restarted).await, before);
    drop(restarted);

    // What changed while it was stopped is not taken from the snapshot.
    let provider = market.person(Role::Provider).await;
    let offer = market.offer("hokusei-gov-iaas").await;
    let page = market.broker.offer(&OpContext::stranger("test"), offer).await.unwrap();
    market.broker.save_offer(&provider, &page.yaml.replace("182000", "190000")).await.unwrap();
    market.broker.publish_offer(&provider, offer).await.unwrap();
    let after = all_told(&market.broker).await;
    assert_ne!(before, after);
    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for snapshot in [good, damaged, b"something else".to_vec()] {
        fs::write(&file, snapshot).unwrap();
        let restarted = second(&market, folder.path()).await;
        assert_eq!(all_told(&restarted).await, after);
    }
    market.finish().await;
}

on_both!(
    the_index_ranks_as_the_plain_scan_after_every_change,
    a_restart_ranks_alike_with_a_good_an_old_and_a_damaged_snapshot,
);
