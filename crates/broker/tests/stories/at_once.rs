//! Clouds that hold nothing: what costs is booked last, and what had to be cancelled is told with its price (F7.4.3, F7.4.4).

use crate::on_both;
use crate::orders::{Drill, Trio};
use broker::contracts::BookingView;
use broker::requirements::RequirementSource;
use broker::securing::{FirmAnswer, FirmRequest};
use domain::{ContractId, ContractState, Currency, Money};
use serde_json::json;
use std::sync::Arc;
use testkit::Engine;
use workflow::Moment;
use workflow::testing::Script;

const CHARGE: Money = Money::new(500, Currency::Jpy);

fn need() -> RequirementSource {
    RequirementSource::Template("certificate-service".to_owned())
}

async fn bookings(trio: &Trio, id: ContractId) -> Vec<BookingView> {
    trio.broker.contract(&trio.customer, id).await.unwrap().bookings
}

/// Everything the contract ever had at any cloud, by cloud.
async fn asked(trio: &Trio, id: ContractId) -> Vec<usize> {
    let mut counts = Vec::new();
    for cloud in &trio.clouds {
        counts.push(cloud.driver().list(&id.to_string()).await.unwrap().len());
    }
    counts
}

async fn f7_4_4_what_cannot_be_held_is_told_before_ordering_and_booked_with_the_others(
    engine: Engine,
) {
    let trio = Trio::booking(engine, 1, &[1]).await;
    let order = trio.order(&[0, 1, 2], "one").await;
    for (at, member) in order.members.iter().enumerate() {
        let quote = trio.broker.quote(&trio.customer, member.offer, &need()).await.unwrap();
        let charge = quote.at_once.map(|terms| terms.cancel_charge);
        assert_eq!(charge, (at == 1).then_some(Some(CHARGE)), "offer {at}");
    }
    let order = trio.broker.sign_order(&trio.customer, order).await.unwrap();
    trio.run(Arc::new(Script::default())).await;
    for (at, (id, state, failure)) in trio.states(order).await.into_iter().enumerate() {
        assert_eq!((state, failure), (ContractState::Active, None));
        let kept: Vec<_> = bookings(&trio, id)
            .await
            .iter()
            .map(|row| (row.declared, row.cancelled_at, row.owed))
            .collect();
        let expected = if at == 1 { vec![(Some(CHARGE), None, None)] } else { vec![] };
        assert_eq!(kept, expected, "contract {at}");
    }
    trio.finish().await;
}

async fn f7_4_4_where_another_cloud_cannot_hold_nothing_is_booked_and_nothing_is_owed(
    engine: Engine,
) {
    // The cloud without holds comes first in the order, and is asked last all the same.
    let trio = Trio::booking(engine, 1, &[0]).await;
    let full = trio.sign(&[2, 1], "first").await;
    trio.run(Arc::new(Script::default())).await;
    assert!(trio.states(full).await.iter().all(|(_, state, _)| *state == ContractState::Active));
    let order = trio.sign(&[0, 1], "second").await;
    trio.run(Arc::new(Script::default())).await;
    for (id, state, _) in trio.states(order).await {
        assert_eq!(state, ContractState::Failed);
        assert_eq!(asked(&trio, id).await, [0, 0, 0], "nothing was ever held or booked");
        assert!(bookings(&trio, id).await.is_empty());
    }
    trio.finish().await;
}

async fn f7_4_4_what_was_booked_before_a_refusal_is_cancelled_and_its_cost_is_kept(engine: Engine) {
    let trio = Trio::booking(engine, 1, &[0, 1]).await;
    let order = trio.sign(&[0, 1, 2], "one").await;
    // There was room when it was asked, and there is none when it comes to booking.
    let full = json!({"diskFull": true});
    trio.run(Drill::at(&trio.clouds[1], "reserve_2", Moment::Started, full)).await;
    let states = trio.states(order).await;
    for (at, (id, state, failure)) in states.iter().enumerate() {
        assert_eq!(*state, ContractState::Failed);
        let reason = if at == 1 { "no_capacity" } else { "order_undone" };
        assert_eq!(failure.as_deref(), Some(reason));
        assert_eq!(trio.lent(*id).await, [], "contract {at}");
        let owed: Vec<_> = bookings(&trio, *id).await.iter().map(|row| row.owed).collect();
        assert_eq!(owed, if at == 0 { vec![Some(CHARGE)] } else { vec![] }, "contract {at}");
    }
    trio.finish().await;
}

async fn f7_4_4_a_booking_whose_answers_are_lost_is_cancelled_and_its_cost_is_kept(engine: Engine) {
    let trio = Trio::booking(engine, 1, &[1]).await;
    let order = trio.sign(&[0, 1, 2], "one").await;
    let lost = json!({"lostAnswerPerMille": 1_000});
    trio.run(Drill::at(&trio.clouds[1], "reserve_2", Moment::Started, lost)).await;
    let states = trio.states(order).await;
    for (at, (id, state, failure)) in states.iter().enumerate() {
        assert_eq!(*state, ContractState::Failed);
        let reason = if at == 1 { "cloud_answer_lost" } else { "order_undone" };
        assert_eq!(failure.as_deref(), Some(reason));
        assert_eq!(trio.lent(*id).await, [], "contract {at}");
    }
    let rows = bookings(&trio, states[1].0).await;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].cancelled_at.is_some());
    assert_eq!(rows[0].owed, Some(CHARGE));
    trio.finish().await;
}

async fn f7_4_4_a_firm_list_books_nothing_and_tells_what_it_would_cost(engine: Engine) {
    let trio = Trio::booking(engine, 1, &[0]).await;
    let request = FirmRequest { need: need(), strategy: None, plan: None, places: 3 };
    let id = trio.broker.open_firm_list(&trio.customer, &request).await.unwrap();
    trio.run(Arc::new(Script::default())).await;
    let view = trio.broker.firm_list(&trio.customer, id).await.unwrap();
    let rows: Vec<_> = view.rows.iter().filter(|row| row.card.provider.slug == "hokusei").collect();
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row.place.answer, FirmAnswer::Refused("no_holds".to_owned()));
        assert_eq!(row.place.cancel_money(), Some(CHARGE));
    }
    trio.finish().await;
}

on_both!(
    f7_4_4_what_cannot_be_held_is_told_before_ordering_and_booked_with_the_others,
    f7_4_4_where_another_cloud_cannot_hold_nothing_is_booked_and_nothing_is_owed,
    f7_4_4_what_was_booked_before_a_refusal_is_cancelled_and_its_cost_is_kept,
    f7_4_4_a_booking_whose_answers_are_lost_is_cancelled_and_its_cost_is_kept,
    f7_4_4_a_firm_list_books_nothing_and_tells_what_it_would_cost,
);
