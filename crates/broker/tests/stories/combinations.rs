//! Two offers for one need, and offers beside each other, over the demo market.

use crate::on_both;
use broker::OpContext;
use broker::requirements::RequirementSource;
use matching::Order;
use sla::Arrangement;
use testkit::{Engine, TestBroker};

/// A need that only asks for uptime, in Japan.
fn need(uptime: &str) -> RequirementSource {
    RequirementSource::Text(format!(
        "apiVersion: sla.kumoichi/v1alpha1
kind: QualityRequirement
metadata: {{name: always-up, version: 1, title: {{ja: 止まらない業務, en: Always up}}}}
spec:
  userRegions: [JP]
  profiles:
    normal:
      items:
        - {{item: availability.service_uptime, op: gte, value: {uptime}, level: must}}
        - {{item: security.data_location, op: subset_of, value: [JP], level: must}}
        - {{item: legal.governing_law, op: one_of, value: [JP], level: must}}
"
    ))
}

async fn a_redundant_pair_is_proposed_where_no_single_offer_is_up_often_enough(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::stranger("test");
    let list = market.broker.rank(&ctx, &need("0.99999"), Order::Balanced, 20).await.unwrap();
    assert_eq!(list.matched, 0);
    let all = &list.combinations;
    assert!(all.looked_at > 0 && all.looked_at <= all.possible, "{all:?}");
    assert!(!all.found.is_empty());
    for one in &all.found {
        assert_eq!(one.arrangement, Arrangement::Pair);
        assert!(one.explanation.totals.matched);
        let [primary, standby] = &one.parts[..] else { panic!("{:?}", one.parts) };
        assert!(primary.hazard_zone.is_some() && standby.hazard_zone.is_some());
        assert_ne!(primary.hazard_zone, standby.hazard_zone);
        assert_eq!(primary.card.model, standby.card.model);
        let sum = primary.card.price.unwrap().minor + standby.card.price.unwrap().minor;
        assert_eq!(one.price.unwrap().minor, sum);
        let law = one.items.iter().find(|item| item.item == "legal.governing_law").unwrap();
        assert_eq!(law.value, Some(sla::Value::set(["JP"])));
    }
    market.finish().await;
}

async fn what_a_single_offer_contains_more_cheaply_needs_no_combination(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::stranger("test");
    let list = market.broker.rank(&ctx, &need("0.99"), Order::Value, 20).await.unwrap();
    assert!(list.matched > 0);
    assert!(list.combinations.found.is_empty(), "{:?}", list.combinations.found);
    market.finish().await;
}

async fn each_step_of_a_relaxation_admits_as_many_as_it_says(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::stranger("test");
    let list = market.broker.rank(&ctx, &need("0.99999"), Order::Fit, 20).await.unwrap();
    let uptime = list.relaxations.iter().find(|gain| gain.item == "availability.service_uptime");
    let uptime = uptime.expect("asking less uptime brings offers");
    assert!(!uptime.steps.is_empty());
    let mut needs: Vec<(u64, sla::Requirement)> =
        uptime.steps.iter().map(|step| (step.admits, step.need.clone())).collect();
    needs.push((uptime.dropped, uptime.without.clone().unwrap()));
    for (more, need) in needs {
        let source = RequirementSource::Shared(market.broker.share_code(&need));
        let relaxed = market.broker.rank(&ctx, &source, Order::Fit, 20).await.unwrap();
        assert_eq!(relaxed.matched, list.matched + more);
    }
    market.finish().await;
}

async fn an_offer_that_covers_another_contains_every_need_the_other_contains(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let ctx = OpContext::stranger("test");
    let all = market.broker.rank(&ctx, &need("0.5"), Order::Fit, 200).await.unwrap();
    let ids: Vec<_> = all.matches.iter().chain(&all.near_misses).map(|row| row.card.id).collect();
    let mut pairs = 0;
    for id in &ids {
        let page = market.broker.offer(&ctx, *id).await.unwrap();
        assert_eq!(page.coverage.others + 1, ids.len() as u64);
        assert_eq!(page.coverage.looked_at, page.coverage.others);
        for covered in &page.coverage.covers.cards {
            pairs += 1;
            let other = market.broker.offer(&ctx, covered.id).await.unwrap();
            assert!(other.coverage.covered_by.count > 0);
            let both = market.broker.compare(&ctx, &[*id, covered.id]).await.unwrap();
            assert_eq!(both[0].covers_beside, [covered.id]);
            for template in ["certificate-service", "collaboration-service", "tracking-service"] {
                let source = RequirementSource::Template(template.to_owned());
                let outer = market.broker.explain(&ctx, &source, *id).await.unwrap();
                let inner = market.broker.explain(&ctx, &source, covered.id).await.unwrap();
                let quality = |row: &&matching::RowExplanation| !row.item.starts_with("cost.");
                for (ours, theirs) in outer
                    .explanation
                    .rows
                    .iter()
                    .zip(&inner.explanation.rows)
                    .filter(|(row, _)| quality(row))
                {
                    assert!(
                        ours.verdict.is_met() || !theirs.verdict.is_met(),
                        "{ours:?} {theirs:?}"
                    );
                }
            }
        }
    }
    assert!(pairs > 0, "the demo market has offers that cover others");
    market.finish().await;
}

on_both!(
    a_redundant_pair_is_proposed_where_no_single_offer_is_up_often_enough,
    what_a_single_offer_contains_more_cheaply_needs_no_combination,
    each_step_of_a_relaxation_admits_as_many_as_it_says,
    an_offer_that_covers_another_contains_every_need_the_other_contains,
);
