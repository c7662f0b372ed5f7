//! A process goes on where the last one stopped, and trusts nothing that does not agree with the database.

use crate::on_both;
use crate::ranking::{all_told, second, told};
use broker::OpContext;
use broker::market::MarketQuery;
use broker::requirements::RequirementSource;
use domain::Role;
use matching::Order;
use std::fs;
use testkit::{Engine, TestBroker};

/// Statements of a start that takes up what was kept: what categories and items mean, what changed since, which offers are not
/// public, and whether it agrees.
const STATEMENTS: u64 = 5;

async fn a_restart_reads_no_document_before_it_answers(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let (first, cold) = storage::stats::counting(second(&market, folder.path())).await;
    first.keep_match_index().await.unwrap();
    drop(first);
    let (again, warm) = storage::stats::counting(second(&market, folder.path())).await;
    assert_eq!(warm, STATEMENTS);
    assert!(cold > warm, "{cold} statements without anything kept");
    let ctx = OpContext::stranger("test");
    let page = again.browse(&ctx, &MarketQuery::default()).await.unwrap();
    let before = market.broker.browse(&ctx, &MarketQuery::default()).await.unwrap();
    assert_eq!(page.total, before.total);
    let ids = |page: &broker::market::MarketPage| -> Vec<_> {
        page.items.iter().map(|card| (card.id, card.title_en.clone(), card.backed)).collect()
    };
    assert_eq!(ids(&page), ids(&before));
    assert_eq!(again.figures(&ctx).await.unwrap(), market.broker.figures(&ctx).await.unwrap());
    assert_eq!(
        again.promised_items(&ctx).await.unwrap(),
        market.broker.promised_items(&ctx).await.unwrap()
    );
    market.finish().await;
}

async fn a_need_that_nobody_asked_before_is_answered_after_a_restart(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let first = second(&market, folder.path()).await;
    first.keep_match_index().await.unwrap();
    drop(first);
    let again = second(&market, folder.path()).await;
    let example = sla::EXAMPLE_REQUIREMENTS.iter().find(|one| one.name == "tracking-service");
    // Other users: everything that depends on where they are is read anew.
    let mut need = sla::parse_requirement(example.unwrap().yaml).unwrap();
    need.spec.user_regions = vec!["DE".to_owned()];
    for item in &mut need.spec.profiles.normal.items {
        item.max_age_days = Some(400);
    }
    let source = RequirementSource::Text(sla::to_yaml(&need));
    let ctx = OpContext::stranger("test");
    for order in Order::ALL {
        let expected = market.broker.rank(&ctx, &source, order, 200).await.unwrap();
        let answered = again.rank(&ctx, &source, order, 200).await.unwrap();
        assert_eq!(told(&answered), told(&expected));
    }
    market.finish().await;
}

async fn an_offer_that_goes_while_it_is_ranked_is_not_in_the_answer(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let first = second(&market, folder.path()).await;
    first.keep_match_index().await.unwrap();
    drop(first);
    let again = second(&market, folder.path()).await;
    let provider = market.person(Role::Provider).await;
    let offer = market.offer("hokusei-gov-iaas").await;
    market.broker.withdraw_offer(&provider, offer).await.unwrap();
    // The other process has not looked at the database since.
    let ctx = OpContext::stranger("test");
    let source = RequirementSource::Template("certificate-service".to_owned());
    let list = again.rank(&ctx, &source, Order::Balanced, 200).await.unwrap();
    let mut rows = list.matches.iter().chain(&list.near_misses);
    assert!(rows.all(|row| row.card.id != offer));
    assert_eq!(all_told(&again).await, all_told(&market.broker).await);
    market.finish().await;
}

async fn what_another_database_left_behind_is_not_used(engine: Engine) {
    let (one, other) = (TestBroker::catalogue(engine).await, TestBroker::catalogue(engine).await);
    let provider = other.person(Role::Provider).await;
    let offer = other.offer("hokusei-gov-iaas").await;
    other.broker.withdraw_offer(&provider, offer).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let first = second(&one, folder.path()).await;
    first.keep_match_index().await.unwrap();
    drop(first);
    let over = second(&other, folder.path()).await;
    assert_eq!(all_told(&over).await, all_told(&other.broker).await);
    one.finish().await;
    other.finish().await;
}

async fn without_the_search_index_it_was_kept_with_the_market_is_read_anew(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let first = second(&market, folder.path()).await;
    first.keep_match_index().await.unwrap();
    drop(first);
    fs::remove_dir_all(folder.path().join("index")).unwrap();
    let again = second(&market, folder.path()).await;
    let ctx = OpContext::stranger("test");
    let total = |page: broker::market::MarketPage| page.total;
    let query = MarketQuery::default();
    assert_eq!(
        total(again.browse(&ctx, &query).await.unwrap()),
        total(market.broker.browse(&ctx, &query).await.unwrap())
    );
    assert_eq!(all_told(&again).await, all_told(&market.broker).await);
    market.finish().await;
}

on_both!(
    a_restart_reads_no_document_before_it_answers,
    a_need_that_nobody_asked_before_is_answered_after_a_restart,
    an_offer_that_goes_while_it_is_ranked_is_not_in_the_answer,
    what_another_database_left_behind_is_not_used,
    without_the_search_index_it_was_kept_with_the_market_is_read_anew,
);
