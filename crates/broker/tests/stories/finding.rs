//! F7.1.3: what is published is found at once in every process, what is withdrawn is found nowhere, and the search
//! index loses nothing by a crash.

use crate::on_both;
use crate::ranking::second;
use broker::market::{FacetField, MarketQuery, MarketSort};
use broker::requirements::RequirementSource;
use broker::{Broker, OpContext};
use domain::{OfferId, Role};
use matching::Order;
use std::time::{Duration, Instant};
use testkit::{Engine, TestBroker};
use tokio_util::sync::CancellationToken;

/// F7.1.3: an offer is found this long after its publication at the latest, in every process.
const FOUND_WITHIN: Duration = Duration::from_secs(1);

fn asking(text: &str) -> MarketQuery {
    MarketQuery { text: text.to_owned(), per_page: 100, ..MarketQuery::default() }
}

async fn found(broker: &Broker, text: &str) -> Vec<OfferId> {
    let page = broker.browse(&OpContext::stranger("test"), &asking(text)).await.unwrap();
    page.items.iter().map(|card| card.id).collect()
}

/// A new offer with a word of its own, published by the provider.
async fn publish(market: &TestBroker, name: &str, word: &str) -> OfferId {
    let provider = market.person(Role::Provider).await;
    let model = market.offer("hokusei-gov-iaas").await;
    let page = market.broker.offer(&OpContext::stranger("test"), model).await.unwrap();
    let text = page.yaml.replace("hokusei-gov-iaas", name).replace("Virtual machines", word);
    let id = market.broker.save_offer(&provider, &text).await.unwrap().card.id;
    market.broker.publish_offer(&provider, id).await.unwrap();
    id
}

async fn f7_1_3_another_process_finds_within_a_second_and_forgets_everywhere(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let other = second(&market, folder.path()).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (other, stop) = (other.clone(), stop.clone());
        async move { other.run(stop).await }
    });
    let id = publish(&market, "hokusei-quokka", "Quokkamachines").await;
    assert_eq!(
        found(&market.broker, "quokkamachines").await,
        [id],
        "where it was published, at once"
    );
    let published = Instant::now();
    while found(&other, "quokkamachines").await != [id] {
        assert!(published.elapsed() < FOUND_WITHIN, "not found after {:?}", published.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let provider = market.person(Role::Provider).await;
    market.broker.withdraw_offer(&provider, id).await.unwrap();
    let withdrawn = Instant::now();
    while !found(&other, "quokkamachines").await.is_empty() {
        assert!(withdrawn.elapsed() < FOUND_WITHIN, "found after {:?}", withdrawn.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let ctx = OpContext::stranger("test");
    for broker in [&market.broker, &other] {
        assert!(found(broker, "quokkamachines").await.is_empty());
        assert!(broker.offer(&ctx, id).await.is_err());
        assert!(broker.offer_cards(&ctx, &[id]).await.unwrap().is_empty());
        assert!(broker.compare(&ctx, &[id]).await.unwrap().is_empty());
        let source = RequirementSource::Template("certificate-service".to_owned());
        let ranked = broker.rank(&ctx, &source, Order::Fit, 200).await.unwrap();
        let rows = ranked.matches.iter().chain(&ranked.near_misses);
        assert!(rows.map(|row| row.card.id).all(|row| row != id));
        let all = broker.browse(&ctx, &asking("")).await.unwrap();
        let providers = all.facets.of(FacetField::Provider);
        let counted: u64 = providers.iter().map(|count| count.count).sum();
        assert_eq!(counted, all.total, "the counts forget it too");
    }
    stop.cancel();
    running.await.unwrap().unwrap();
    market.finish().await;
}

async fn what_was_committed_before_a_crash_is_found_after_it(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let first = second(&market, folder.path()).await;
    assert!(found(&first, "quokkamachines").await.is_empty());
    // Its process ends between the commit and its index: nothing of it is told or written any more.
    drop(first);
    let id = publish(&market, "hokusei-quokka", "Quokkamachines").await;
    let again = second(&market, folder.path()).await;
    assert_eq!(found(&again, "quokkamachines").await, [id]);
    drop(again);
    // A damaged index is noticed and made again.
    std::fs::write(folder.path().join("index/meta.json"), "{").unwrap();
    let mended = second(&market, folder.path()).await;
    assert_eq!(found(&mended, "quokkamachines").await, [id]);
    assert_eq!(found(&mended, "").await.len(), found(&market.broker, "").await.len());
    market.finish().await;
}

async fn a_rebuild_answers_all_the_while(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let before = found(&market.broker, "").await;
    let rebuilding = market.broker.clone();
    let rebuild = tokio::spawn(async move { rebuilding.reindex().await });
    while !rebuild.is_finished() {
        assert_eq!(found(&market.broker, "").await.len(), before.len());
    }
    assert_eq!(rebuild.await.unwrap().unwrap(), before.len() as u64);
    assert_eq!(found(&market.broker, "").await, before);
    market.finish().await;
}

async fn search_facets_and_fit_send_the_same_number_of_statements_for_any_market(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::stranger("test");
    let queries = [
        asking("cloud クラウド"),
        MarketQuery { chosen: vec![(FacetField::Country, "JP".to_owned())], ..asking("") },
        MarketQuery {
            need: Some(RequirementSource::Template("tracking-service".to_owned())),
            sort: MarketSort::Fit,
            ..asking("")
        },
        MarketQuery { chosen: vec![(FacetField::Country, "XX".to_owned())], ..asking("cloud") },
    ];
    let mut before = Vec::new();
    for query in &queries {
        let query = MarketQuery { per_page: 20, ..query.clone() };
        let (page, statements) = storage::stats::counting(market.broker.browse(&ctx, &query)).await;
        assert!(!page.unwrap().facets.of(FacetField::Model).is_empty() || query.text == "cloud");
        before.push(statements);
    }
    market.broker.seed_synthetic(&OpContext::system("seed"), 1_000, 7).await.unwrap();
    for (query, before) in queries.iter().zip(before) {
        let query = MarketQuery { per_page: 20, ..query.clone() };
        let (page, statements) = storage::stats::counting(market.broker.browse(&ctx, &query)).await;
        assert!(page.is_ok() && statements <= before.max(1), "{query:?}: {statements} of {before}");
    }
    market.finish().await;
}

async fn a_need_orders_what_text_and_filters_find(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::stranger("test");
    let need = RequirementSource::Template("collaboration-service".to_owned());
    let by_fit = |text: &str| MarketQuery {
        need: Some(need.clone()),
        sort: MarketSort::Fit,
        ..asking(text)
    };
    let all = market.broker.browse(&ctx, &by_fit("")).await.unwrap();
    assert_eq!(
        all.items[0].id,
        market.offer("rheinland-business-cloud").await,
        "it contains the need"
    );
    assert_eq!(all.total, all.items.len() as u64);
    let japanese = market.broker.browse(&ctx, &by_fit("札幌")).await.unwrap();
    assert!(japanese.total > 0 && japanese.total < all.total);
    let place = |id: OfferId| all.items.iter().position(|card| card.id == id);
    let places: Vec<_> = japanese.items.iter().map(|card| place(card.id)).collect();
    assert!(places.is_sorted(), "the same order as in the whole market: {places:?}");
    market.finish().await;
}

async fn what_was_measured_narrows_and_orders_the_market(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let ctx = OpContext::stranger("test");
    let customer = market.person(Role::Customer).await;
    let offer = market.offer("hokusei-gov-iaas").await;
    let narrowed = |word: &str| MarketQuery {
        chosen: vec![(FacetField::Observed, word.to_owned())],
        sort: MarketSort::Observed,
        ..asking("")
    };
    let ids = |page: broker::market::MarketPage| -> Vec<OfferId> {
        page.items.iter().map(|card| card.id).collect()
    };
    let broker = &market.broker;
    assert!(ids(broker.browse(&ctx, &narrowed("kept")).await.unwrap()).is_empty());
    let contract = market.sign(&customer, "hokusei-gov-iaas", "one").await.unwrap();
    // The activation takes the first samples.
    market.run_workflows().await;
    broker.follow_observed().await.unwrap();
    assert_eq!(ids(broker.browse(&ctx, &narrowed("kept")).await.unwrap()), [offer]);
    let all = MarketQuery { sort: MarketSort::Observed, ..asking("") };
    assert_eq!(
        ids(broker.browse(&ctx, &all).await.unwrap())[0],
        offer,
        "before what nobody measured"
    );
    let mut tx = market.database.db.begin().await.unwrap();
    let failed = storage::observations::Observation {
        contract_id: contract,
        kind: storage::observations::ObservationKind::Response,
        at: broker.now().plus_us(1),
        ok: false,
        value_us: None,
    };
    storage::observations::insert(&mut tx, &failed).await.unwrap();
    tx.commit().await.unwrap();
    broker.follow_observed().await.unwrap();
    assert!(ids(broker.browse(&ctx, &narrowed("kept")).await.unwrap()).is_empty());
    assert_eq!(ids(broker.browse(&ctx, &narrowed("missed")).await.unwrap()), [offer]);
    market.finish().await;
}

on_both!(
    what_was_measured_narrows_and_orders_the_market,
    f7_1_3_another_process_finds_within_a_second_and_forgets_everywhere,
    what_was_committed_before_a_crash_is_found_after_it,
    a_rebuild_answers_all_the_while,
    search_facets_and_fit_send_the_same_number_of_statements_for_any_market,
    a_need_orders_what_text_and_filters_find,
);
