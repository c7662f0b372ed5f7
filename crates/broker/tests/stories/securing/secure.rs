//! Securing more room: own cloud first, split over several clouds, all or nothing (F7.4.1 to F7.4.5, P6.1.b1 to b3).

use super::running;
use crate::on_both;
use crate::orders::{Drill, STALLS, Trio};
use broker::BrokerError;
use broker::securing::{RoomAnswer, SecureRequest, SecuringView, Strategy};
use domain::{ContractId, ContractState, Currency, Money};
use provider_api::ResourceState;
use serde_json::json;
use std::sync::Arc;
use testkit::{Engine, customer_of_broker};
use workflow::Moment;
use workflow::testing::Script;

fn request(instances: i64, key: &str) -> SecureRequest {
    SecureRequest { instances, strategy: None, limit: None, idempotency_key: key.to_owned() }
}

/// A market with room for `room` machines at each cloud and a service that runs on one of the first.
async fn open(engine: Engine, room: i64) -> (Trio, ContractId) {
    let trio = Trio::open(engine, room, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    let service = running(&trio, 0, "service").await;
    trio.broker.renew_standby_lists().await.unwrap();
    (trio, service)
}

async fn secured(trio: &Trio, service: ContractId, instances: i64, key: &str) -> SecuringView {
    let asked = request(instances, key);
    let id = trio.broker.secure(&trio.customer, service, &asked).await.unwrap();
    trio.run(Arc::new(Script::default())).await;
    trio.broker.securing(&trio.customer, id).await.unwrap()
}

/// What was taken at which provider.
fn taken(view: &SecuringView) -> Vec<(String, i64)> {
    let rows = view.rows.iter().filter(|row| row.place.taken > 0);
    rows.map(|row| (row.card.provider.slug.clone(), row.place.taken)).collect()
}

/// Machines that run for each part.
async fn machines(trio: &Trio, view: &SecuringView) -> Vec<i64> {
    let mut counts = Vec::new();
    for part in &view.parts {
        let page = trio.broker.contract(&trio.customer, part.id).await.unwrap();
        assert_eq!((page.card.state, page.failure), (ContractState::Active, None));
        assert_eq!(trio.lent(part.id).await, [ResourceState::Active]);
        counts.push(page.plan.instances);
    }
    counts
}

async fn p6_1_b1_what_the_own_cloud_has_is_taken_there_and_nobody_else_is_asked(engine: Engine) {
    let (trio, service) = open(engine, 3).await;
    let view = secured(&trio, service, 2, "more").await;
    assert_eq!((view.state.as_str(), view.failure.as_deref()), ("secured", None));
    assert_eq!(taken(&view), [("hokusei".to_owned(), 2)]);
    let first = &view.rows[0].place;
    assert_eq!((first.candidate.rank, &first.answer), (0, &RoomAnswer::Room(2)), "rank 0 is own");
    let others = view.rows.iter().filter(|row| !row.place.candidate.own);
    assert!(others.clone().count() >= 2);
    assert!(others.into_iter().all(|row| row.place.answer == RoomAnswer::NotAsked));
    assert_eq!(machines(&trio, &view).await, [2]);
    let part = view.parts[0].id;
    assert_eq!(trio.broker.secured_for(&trio.customer, part).await.unwrap(), Some(service));
    assert_eq!(trio.broker.secured_for(&trio.customer, service).await.unwrap(), None);

    // Sent twice, it is the same search; given back, nothing of it is left.
    let again = trio.broker.secure(&trio.customer, service, &request(2, "more")).await.unwrap();
    assert_eq!(again, view.id);
    trio.broker.give_back_secured(&trio.customer, view.id).await.unwrap();
    trio.run(Arc::new(Script::default())).await;
    assert!(trio.lent(part).await.is_empty());
    assert_eq!(trio.lent(service).await, [ResourceState::Active]);
    trio.finish().await;
}

async fn p6_1_b1_what_was_secured_ends_with_the_service_it_was_secured_for(engine: Engine) {
    let (trio, service) = open(engine, 3).await;
    let view = secured(&trio, service, 2, "more").await;
    let part = view.parts[0].id;
    trio.broker.release(&trio.customer, service).await.unwrap();
    assert_eq!(trio.broker.end_due().await.unwrap(), 1, "the part is due at once");
    trio.run(Arc::new(Script::default())).await;
    for id in [service, part] {
        assert!(trio.lent(id).await.is_empty());
        let page = trio.broker.contract(&trio.customer, id).await.unwrap();
        assert_eq!(page.card.state, ContractState::Released);
        assert!(page.statement.is_some());
    }
    trio.finish().await;
}

async fn p6_1_b2_what_is_missing_is_split_over_other_clouds_and_set_up_together(engine: Engine) {
    let (trio, service) = open(engine, 2).await;
    let view = secured(&trio, service, 4, "more").await;
    assert_eq!((view.state.as_str(), view.failure.as_deref()), ("secured", None), "{view:?}");
    let mut all = taken(&view);
    assert_eq!(all.remove(0), ("hokusei".to_owned(), 1), "own first");
    all.sort_by_key(|(_, count)| *count);
    assert_eq!(all.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 2]);
    let mut counts = machines(&trio, &view).await;
    counts.sort_unstable();
    assert_eq!(counts, [1, 1, 2]);
    let order = trio.broker.contract(&trio.customer, view.parts[0].id).await.unwrap().order;
    assert!(order.is_some(), "they were set up as one order");
    // One cloud that has room for all that is missing is not split.
    trio.broker.give_back_secured(&trio.customer, view.id).await.unwrap();
    trio.run(Arc::new(Script::default())).await;
    let view = secured(&trio, service, 3, "again").await;
    assert_eq!(taken(&view).iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 2]);
    trio.finish().await;
}

async fn f7_4_4_without_enough_room_anywhere_nothing_is_secured(engine: Engine) {
    let (trio, service) = open(engine, 2).await;
    let view = secured(&trio, service, 6, "too much").await;
    assert_eq!((view.state.as_str(), view.failure.as_deref()), ("failed", Some("no_capacity")));
    assert!(view.parts.is_empty() && taken(&view).is_empty());
    // There is room for what there is.
    let view = secured(&trio, service, 5, "all of it").await;
    assert_eq!(view.state, "secured", "{view:?}");
    trio.finish().await;
}

async fn f7_4_4_one_cloud_that_dies_on_the_way_leaves_nothing_at_any(engine: Engine) {
    let (trio, service) = open(engine, 2).await;
    // Which cloud sits in the second seat is the same each time.
    let view = secured(&trio, service, 4, "to see").await;
    let second = taken(&view)[1].0.clone();
    let cloud = STALLS.iter().position(|stall| stall.0 == second).unwrap();
    assert!(cloud > 0, "another cloud than the service's own");
    trio.broker.give_back_secured(&trio.customer, view.id).await.unwrap();
    trio.run(Arc::new(Script::default())).await;
    for step in ["hold_2", "confirm_2", "start_2", "verify_2"] {
        let asked = request(4, step);
        let id = trio.broker.secure(&trio.customer, service, &asked).await.unwrap();
        let gone = json!({"outage": true});
        trio.run(Drill::at(&trio.clouds[cloud], step, Moment::Started, gone)).await;
        let view = trio.broker.securing(&trio.customer, id).await.unwrap();
        assert_eq!(view.state, "failed", "{step}: {view:?}");
        assert!(view.failure.is_some() && view.parts.len() == 3, "{step}: {view:?}");
        for part in &view.parts {
            assert_eq!(part.state, ContractState::Failed, "{step}");
            assert!(trio.lent(part.id).await.is_empty(), "{step}");
        }
    }
    assert_eq!(trio.lent(service).await, [ResourceState::Active]);
    trio.finish().await;
}

async fn f7_4_5_the_strategy_decides_which_other_cloud_is_taken(engine: Engine) {
    let (trio, service) = open(engine, 1).await;
    let mut chosen = Vec::new();
    for strategy in [Strategy::CostFirst, Strategy::AssuranceFirst] {
        let asked = SecureRequest { strategy: Some(strategy), ..request(1, strategy.as_str()) };
        let id = trio.broker.secure(&trio.customer, service, &asked).await.unwrap();
        trio.run(Arc::new(Script::default())).await;
        let view = trio.broker.securing(&trio.customer, id).await.unwrap();
        assert_eq!((view.state.as_str(), view.strategy), ("secured", strategy));
        chosen.push(taken(&view));
        trio.broker.give_back_secured(&trio.customer, id).await.unwrap();
        trio.run(Arc::new(Script::default())).await;
    }
    assert_eq!(chosen[0].len(), 1);
    assert_eq!(chosen[0][0].0, "minato", "the cheapest");
    assert_eq!(chosen[1][0].0, "rheinland", "the strongest promise");
    trio.finish().await;
}

/// The own cloud first, but not at any price.
async fn a_cheaper_cloud_is_taken_where_the_own_one_is_over_the_limit(engine: Engine) {
    let (trio, service) = open(engine, 3).await;
    let own = secured(&trio, service, 1, "whatever it costs").await;
    assert_eq!(taken(&own), [("hokusei".to_owned(), 1)]);
    let price = own.parts[0].price;
    trio.broker.give_back_secured(&trio.customer, own.id).await.unwrap();
    trio.run(Arc::new(Script::default())).await;
    let limit = Some(Money::new(price.minor - 1, price.currency));
    let asked = SecureRequest { limit, ..request(1, "a little less") };
    let id = trio.broker.secure(&trio.customer, service, &asked).await.unwrap();
    trio.run(Arc::new(Script::default())).await;
    let view = trio.broker.securing(&trio.customer, id).await.unwrap();
    assert_eq!((view.state.as_str(), view.failure.as_deref()), ("secured", None), "{view:?}");
    assert_eq!(taken(&view), [("minato".to_owned(), 1)], "the cheapest");
    assert!(view.parts[0].price.minor < price.minor);
    trio.finish().await;
}

async fn nobody_pays_over_the_limit_and_strangers_secure_nothing(engine: Engine) {
    let (trio, service) = open(engine, 2).await;
    let limit = Some(Money::new(1, Currency::Jpy));
    let asked = SecureRequest { limit, ..request(1, "cheap") };
    let id = trio.broker.secure(&trio.customer, service, &asked).await.unwrap();
    let second = trio.broker.secure(&trio.customer, service, &request(1, "second")).await;
    let busy = matches!(second, Err(BrokerError::Conflict { code: "securing_under_way", .. }));
    assert!(busy, "{second:?}");
    trio.run(Arc::new(Script::default())).await;
    let view = trio.broker.securing(&trio.customer, id).await.unwrap();
    assert_eq!((view.state.as_str(), view.failure.as_deref()), ("failed", Some("over_limit")));
    assert!(view.parts.is_empty() && taken(&view).is_empty());
    let asked_all = view.rows.iter().all(|row| row.place.answer != RoomAnswer::NotAsked);
    assert!(asked_all, "somebody else might have been cheaper: {view:?}");
    let rival = customer_of_broker(&trio.broker, "rival").await;
    let refused = trio.broker.secure(&rival, service, &request(1, "mine")).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    let refused = trio.broker.securing(&rival, id).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    let refused = trio.broker.give_back_secured(&rival, id).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    let wrong = trio.broker.secure(&trio.customer, service, &request(0, "none")).await;
    let Err(BrokerError::Invalid(faults)) = wrong else { panic!("{wrong:?}") };
    assert_eq!(faults[0].pointer, "/instances");
    trio.finish().await;
}

on_both!(
    p6_1_b1_what_the_own_cloud_has_is_taken_there_and_nobody_else_is_asked,
    p6_1_b1_what_was_secured_ends_with_the_service_it_was_secured_for,
    p6_1_b2_what_is_missing_is_split_over_other_clouds_and_set_up_together,
    f7_4_4_without_enough_room_anywhere_nothing_is_secured,
    f7_4_4_one_cloud_that_dies_on_the_way_leaves_nothing_at_any,
    f7_4_5_the_strategy_decides_which_other_cloud_is_taken,
    a_cheaper_cloud_is_taken_where_the_own_one_is_over_the_limit,
    nobody_pays_over_the_limit_and_strangers_secure_nothing,
);
