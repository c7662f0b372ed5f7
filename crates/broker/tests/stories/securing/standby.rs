//! The standby list follows services, needs and the market (F7.4.1, F7.4.2, P6.1.i6).

use super::{NEED, running};
use crate::on_both;
use crate::orders::{STALLS, Trio};
use broker::BrokerError;
use broker::securing::{StandbyView, Why};
use domain::{ProviderId, Role};
use provider_api::ResourceState;
use std::collections::BTreeSet;
use testkit::{Engine, customer_of_broker};

fn providers(view: &StandbyView) -> Vec<String> {
    view.rows.iter().map(|row| row.card.provider.slug.clone()).collect()
}

async fn f7_4_2_the_own_cloud_stands_first_and_others_that_contain_the_need_follow(engine: Engine) {
    let trio = Trio::open(engine, 2, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    let id = running(&trio, 0, "one").await;
    let before = trio.broker.standby_of_contract(&trio.customer, id).await.unwrap();
    assert!(before.computed_at.is_none() && before.rows.is_empty() && before.own_first);
    assert_eq!(trio.broker.renew_standby_lists().await.unwrap(), 1);
    assert_eq!(trio.broker.renew_standby_lists().await.unwrap(), 0, "nothing changed since");

    let view = trio.broker.standby_of_contract(&trio.customer, id).await.unwrap();
    assert_eq!(view.computed_at, Some(trio.broker.now()));
    let (first, rest) = view.rows.split_first().unwrap();
    assert_eq!((first.candidate.rank, first.card.provider.slug.as_str()), (0, "hokusei"));
    assert_eq!(first.candidate.region, STALLS[0].2);
    assert!(first.candidate.price.is_some());
    assert_eq!(first.candidate.why, [Why::OwnCloud, Why::ContainsNeed, Why::SameHazardZone]);
    let others: BTreeSet<ProviderId> =
        rest.iter().filter(|row| !row.candidate.own).map(|row| row.candidate.provider).collect();
    assert!(others.len() >= 2, "{:?}", providers(&view));
    for row in rest.iter().filter(|row| !row.candidate.own) {
        assert!(row.candidate.why.contains(&Why::ContainsNeed), "{row:?}");
        assert!(row.candidate.why.contains(&Why::OtherHazardZone), "{row:?}");
        assert!(row.candidate.hazard_zone.is_some() && row.card.backed, "{row:?}");
    }
    // Another wish, another order.
    trio.broker.set_own_first(&trio.customer, id, false).await.unwrap();
    let after = trio.broker.standby_of_contract(&trio.customer, id).await.unwrap();
    assert!(!after.own_first);
    let mixed = after.rows.windows(2).any(|pair| !pair[0].candidate.own && pair[1].candidate.own);
    assert!(mixed, "the own cloud stands where its promise puts it: {:?}", providers(&after));
    // To list is to hold nothing.
    assert_eq!(trio.lent(id).await, [ResourceState::Active]);
    trio.finish().await;
}

async fn f7_4_1_lists_follow_the_market_and_end_with_their_service(engine: Engine) {
    let trio = Trio::open(engine, 2, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    let id = running(&trio, 0, "one").await;
    trio.broker.renew_standby_lists().await.unwrap();
    let before = trio.broker.standby_of_contract(&trio.customer, id).await.unwrap();
    let home = before.rows[0].card.id;
    let gone = before.rows.iter().find(|row| row.candidate.own && row.card.id != home).unwrap();
    let owner = testkit::person(&trio.broker, Role::Provider).await;
    trio.clock.advance_us(1_000_000);
    trio.broker.withdraw_offer(&owner, gone.card.id).await.unwrap();
    assert_eq!(trio.broker.renew_standby_lists().await.unwrap(), 1);
    let after = trio.broker.standby_of_contract(&trio.customer, id).await.unwrap();
    assert!(after.rows.iter().all(|row| row.card.id != gone.card.id), "{:?}", providers(&after));
    trio.broker.release(&trio.customer, id).await.unwrap();
    trio.run(std::sync::Arc::new(workflow::testing::Script::default())).await;
    trio.clock.advance_us(7_200 * 1_000_000);
    assert_eq!(trio.broker.renew_standby_lists().await.unwrap(), 0);
    trio.finish().await;
}

async fn p6_1_i6_a_watched_need_has_its_list_and_strangers_read_none(engine: Engine) {
    let trio = Trio::open(engine, 2, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    let id = running(&trio, 0, "one").await;
    let saved = trio.broker.save_requirement(&trio.customer, NEED, None).await.unwrap();
    trio.broker.watch_requirement(&trio.customer, saved.card.id, true).await.unwrap();
    trio.broker.renew_standby_lists().await.unwrap();
    let view = trio.broker.standby_of_requirement(&trio.customer, saved.card.id).await.unwrap();
    let distinct: BTreeSet<String> = providers(&view).into_iter().collect();
    assert!(distinct.len() >= 3, "{distinct:?}");
    assert!(view.rows.iter().all(|row| row.candidate.rank > 0 && !row.candidate.own));
    let rival = customer_of_broker(&trio.broker, "rival").await;
    let refused = trio.broker.standby_of_contract(&rival, id).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    let refused = trio.broker.set_own_first(&rival, id, false).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    let refused = trio.broker.standby_of_requirement(&rival, saved.card.id).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    trio.finish().await;
}

async fn the_number_of_statements_does_not_grow_with_the_services(engine: Engine) {
    let trio = Trio::open(engine, 8, "JP").await;
    trio.broker.look_at_clouds().await.unwrap();
    running(&trio, 0, "one").await;
    trio.broker.renew_standby_lists().await.unwrap();
    let mut counts = Vec::new();
    for key in ["two", "three", "four"] {
        running(&trio, 0, key).await;
        trio.clock.advance_us(3_700 * 1_000_000);
        let renewed = trio.broker.renew_standby_lists();
        let (renewed, statements) = storage::stats::counting(renewed).await;
        counts.push((renewed.unwrap(), statements));
    }
    assert_eq!(counts.iter().map(|(lists, _)| *lists).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(counts.windows(2).all(|pair| pair[0].1 == pair[1].1), "{counts:?}");
    trio.finish().await;
}

on_both!(
    f7_4_2_the_own_cloud_stands_first_and_others_that_contain_the_need_follow,
    f7_4_1_lists_follow_the_market_and_end_with_their_service,
    p6_1_i6_a_watched_need_has_its_list_and_strangers_read_none,
    the_number_of_statements_does_not_grow_with_the_services,
);
