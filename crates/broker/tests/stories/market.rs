//! The demo market: found, counted, ranked; Table 1 of the paper against the three example offers.

use crate::on_both;
use broker::OpContext;
use broker::market::{FacetField, MarketQuery};
use broker::requirements::{RankedList, RequirementSource};
use domain::Role;
use matching::Order;
use std::collections::BTreeSet;
use testkit::{Engine, TestBroker};

const EXAMPLES: [&str; 3] = ["hokusei-gov-iaas", "rheinland-business-cloud", "edge-burst-tokyo"];

async fn the_demo_market_has_forty_offers_of_eight_providers_in_both_languages(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let figures = market.broker.figures(&OpContext::stranger("test")).await.unwrap();
    assert!(figures.offers >= 40, "{figures:?}");
    assert!(figures.providers >= 8, "{figures:?}");
    assert_eq!(figures.running, 0);
    market.finish().await;
}

async fn f7_1_3_offers_are_found_in_japanese_and_by_facet(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::stranger("test");
    let text = MarketQuery { text: "北星".into(), ..MarketQuery::default() };
    let found = market.broker.browse(&ctx, &text).await.unwrap();
    assert!(found.total > 0);
    assert!(found.items.iter().all(|card| card.provider.slug == "hokusei"), "{:?}", found.items);
    let facet =
        MarketQuery { chosen: vec![(FacetField::Model, "PaaS".into())], ..MarketQuery::default() };
    let narrowed = market.broker.browse(&ctx, &facet).await.unwrap();
    assert!(narrowed.items.iter().all(|card| card.model == "PaaS"));
    let count =
        narrowed.facets.of(FacetField::Model).iter().find(|count| count.value == "PaaS").unwrap();
    assert_eq!((count.count, count.selected), (narrowed.total, true));
    market.finish().await;
}

async fn browsing_sends_the_same_number_of_statements_for_any_market(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::stranger("test");
    let query = MarketQuery { per_page: 20, ..MarketQuery::default() };
    let (small, before) = storage::stats::counting(market.broker.browse(&ctx, &query)).await;
    let system = OpContext::system("seed");
    market.broker.seed_synthetic(&system, 300, 7).await.unwrap();
    let (large, after) = storage::stats::counting(market.broker.browse(&ctx, &query)).await;
    assert!(large.unwrap().total >= small.unwrap().total + 300);
    assert_eq!(before, after);
    market.finish().await;
}

/// Names of the example offers in a list.
fn examples(market: &[(String, String)], list: &RankedList) -> BTreeSet<String> {
    let matched: BTreeSet<&str> =
        list.matches.iter().map(|row| row.explanation.offer.as_str()).collect();
    market
        .iter()
        .filter(|(_, id)| matched.contains(id.as_str()))
        .map(|(name, _)| name.clone())
        .collect()
}

async fn table_1_matches_follow_from_containment(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::stranger("test");
    let mut offers = Vec::new();
    for name in EXAMPLES {
        offers.push((name.to_owned(), market.offer(name).await.to_string()));
    }
    for (template, expected) in [
        ("certificate-service", "hokusei-gov-iaas"),
        ("collaboration-service", "rheinland-business-cloud"),
        ("tracking-service", "edge-burst-tokyo"),
    ] {
        let source = RequirementSource::Template(template.to_owned());
        for order in Order::ALL {
            let list = market.broker.rank(&ctx, &source, order, 200).await.unwrap();
            assert_eq!(list.considered, list.matched + list.near_misses.len() as u64);
            assert_eq!(
                examples(&offers, &list),
                BTreeSet::from([expected.to_owned()]),
                "{template}"
            );
        }
    }
    market.finish().await;
}

async fn a_shared_link_ranks_the_same_for_everybody(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let customer = market.person(Role::Customer).await;
    let source = RequirementSource::Template("tracking-service".to_owned());
    let mine = market.broker.rank(&customer, &source, Order::Fit, 10).await.unwrap();
    let shared = RequirementSource::Shared(mine.share_code.clone());
    let stranger = OpContext::stranger("test");
    let theirs = market.broker.rank(&stranger, &shared, Order::Fit, 10).await.unwrap();
    let ids = |list: &RankedList| -> Vec<String> {
        list.matches.iter().chain(&list.near_misses).map(|row| row.card.id.to_string()).collect()
    };
    assert_eq!(ids(&mine), ids(&theirs));
    assert_eq!(mine.share_code, theirs.share_code);
    market.finish().await;
}

async fn seeding_twice_changes_nothing(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::system("seed");
    let again = market.broker.seed_demo(&ctx, &Default::default()).await.unwrap();
    assert_eq!(again.offers, 0);
    assert_eq!(market.broker.seed_synthetic(&ctx, 50, 7).await.unwrap().offers, 50);
    assert_eq!(market.broker.seed_synthetic(&ctx, 50, 7).await.unwrap().offers, 0);
    market.finish().await;
}

on_both!(
    the_demo_market_has_forty_offers_of_eight_providers_in_both_languages,
    f7_1_3_offers_are_found_in_japanese_and_by_facet,
    browsing_sends_the_same_number_of_statements_for_any_market,
    table_1_matches_follow_from_containment,
    a_shared_link_ranks_the_same_for_everybody,
    seeding_twice_changes_nothing,
);
