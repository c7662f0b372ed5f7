//! What can be wished for, when, and by whom.

use super::*;
use broker::BrokerError;
use broker::changes::Scale;
use broker::contracts::{GiveNotice, Plan};
use domain::{Money, Role};
use testkit::{customer_of_broker, person};

const HOUR_US: i64 = 3_600_000_000;

fn code(error: BrokerError) -> &'static str {
    match error {
        BrokerError::Conflict { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

fn faults(error: BrokerError) -> Vec<String> {
    match error {
        BrokerError::Invalid(faults) => faults.into_iter().map(|fault| fault.code).collect(),
        other => panic!("{other:?}"),
    }
}

/// What a provider that leaves is for: its customer goes elsewhere, and the notice has nothing left to end.
async fn uc5_3_a_move_away_from_a_provider_that_ends_the_contract_keeps_it(engine: Engine) {
    let (trio, id) = written(engine).await;
    let (broker, ctx) = (&trio.broker, &trio.customer);
    let provider = person(broker, Role::Provider).await;
    let ends_at = now(&trio).plus_seconds(366 * 86_400);
    let notice = GiveNotice { ends_at, reason: "the hall is torn down".to_owned() };
    broker.give_notice(&provider, id, &notice).await.unwrap();
    assert!(page(&trio, id).await.termination.is_some());
    broker.move_to(ctx, id, wish(&trio, NEW, "away").await).await.unwrap();
    run(&trio).await;
    is_moved(&trio, id, "away").await;
    assert!(page(&trio, id).await.termination.is_none());
    let theirs = broker.delivered_contracts(&provider, None, 10).await.unwrap().items;
    assert!(theirs.iter().all(|one| one.id != id), "{theirs:?}");
    let refused = broker.delivered_contract(&provider, id).await.unwrap_err();
    assert!(matches!(refused, BrokerError::NotFound { .. }), "{refused:?}");
    trio.finish().await;
}

async fn one_change_at_a_time_and_no_end_meanwhile(engine: Engine) {
    let (trio, id) = written(engine).await;
    let (broker, ctx) = (&trio.broker, &trio.customer);
    let plan = Plan { instances: 2, ..page(&trio, id).await.plan };
    let larger = |key: &str| Scale {
        plan: plan.clone(),
        shown_price: None,
        from: None,
        idempotency_key: key.to_owned(),
    };
    broker.scale(ctx, id, larger("grow")).await.unwrap();
    let refused = broker.move_to(ctx, id, wish(&trio, NEW, "during").await).await.unwrap_err();
    assert_eq!(code(refused), "change_under_way");
    let refused = broker.move_offers(ctx, id).await.unwrap_err();
    assert_eq!(code(refused), "change_under_way");
    run(&trio).await;
    trio.clock.advance_seconds(60);
    broker.move_to(ctx, id, wish(&trio, NEW, "after").await).await.unwrap();
    let refused = broker.scale(ctx, id, larger("more")).await.unwrap_err();
    assert_eq!(code(refused), "change_under_way");
    assert_eq!(code(broker.release(ctx, id).await.unwrap_err()), "change_under_way");
    // An end that comes meanwhile waits for the end of the move.
    broker.end_at(ctx, id, Some(now(&trio).plus_us(1_000_000))).await.unwrap();
    trio.clock.advance_seconds(2);
    assert_eq!(broker.end_due().await.unwrap(), 0);
    run(&trio).await;
    is_moved(&trio, id, "moved first").await;
    assert_eq!(broker.end_due().await.unwrap(), 1);
    run(&trio).await;
    assert_eq!(page(&trio, id).await.card.state, ContractState::Released);
    let refused = broker.move_to(ctx, id, wish(&trio, OLD, "ended").await).await.unwrap_err();
    assert_eq!(code(refused), "contract_ended");
    trio.finish().await;
}

async fn what_cannot_be_moved_to_is_said_before_anything_happens(engine: Engine) {
    let (trio, id) = written(engine).await;
    let (broker, ctx) = (&trio.broker, &trio.customer);
    let good = wish(&trio, NEW, "good").await;
    let now = now(&trio);
    let currency = page(&trio, id).await.card.price.currency;
    for (wrong, expected) in [
        (Move { offer_version: 99, ..good.clone() }, "offer_changed"),
        (
            Move { shown_price: Some(Money::new(1, currency).into()), ..good.clone() },
            "price_changed",
        ),
    ] {
        assert_eq!(code(broker.move_to(ctx, id, wrong).await.unwrap_err()), expected);
    }
    for (wrong, expected) in [
        (Move { region: Some("nowhere".to_owned()), ..good.clone() }, "region"),
        (Move { finish_by: Some(now), ..good.clone() }, "finish_by"),
        (Move { finish_by: Some(now.plus_us(31 * 24 * HOUR_US)), ..good.clone() }, "finish_by"),
        (Move { from: Some(now), ..good.clone() }, "begin"),
        (Move { carries_data: false, ..wish(&trio, OLD, "same").await }, "nothing_changes"),
        (Move { idempotency_key: String::new(), ..good.clone() }, "idempotency_key"),
    ] {
        assert_eq!(faults(broker.move_to(ctx, id, wrong).await.unwrap_err()), [expected]);
    }
    // A cloud has no tunnel to itself.
    let same = broker.move_to(ctx, id, wish(&trio, OLD, "same cloud").await).await.unwrap_err();
    assert_eq!(code(same), "data_not_carried");
    let stranger = customer_of_broker(broker, "rival").await;
    let provider = testkit::person(broker, Role::Provider).await;
    for other in [&stranger, &provider] {
        for refused in [
            broker.move_offers(other, id).await.err(),
            broker.quote_move(other, id, (good.offer, None)).await.err(),
            broker.move_to(other, id, good.clone()).await.err(),
        ] {
            let refused = refused.unwrap();
            let expected = matches!(refused, BrokerError::NotFound { .. } | BrokerError::WrongRole);
            assert!(expected, "{refused:?}");
        }
    }
    assert_eq!(page(&trio, id).await.changes, []);
    trio.finish().await;
}

async fn a_move_begins_at_its_moment_is_taken_back_before_it_and_asked_for_once(engine: Engine) {
    let (trio, id) = written(engine).await;
    let (broker, ctx) = (&trio.broker, &trio.customer);
    let from = Some(now(&trio).plus_us(HOUR_US));
    let later = Move { from, ..wish(&trio, NEW, "later").await };
    let (first, second) = tokio::join!(
        broker.move_to(ctx, id, later.clone()),
        broker.move_to(ctx, id, later.clone())
    );
    assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
    let other = Move { carries_data: false, ..later.clone() };
    assert_eq!(code(broker.move_to(ctx, id, other).await.unwrap_err()), "change_key_used");
    broker.call_off_change(ctx, id, 1).await.unwrap();
    let again = Move { idempotency_key: "again".to_owned(), ..later };
    assert_eq!(broker.move_to(ctx, id, again).await.unwrap(), 2);
    assert_eq!(broker.change_due().await.unwrap(), 0);
    trio.clock.advance_seconds(3_601);
    assert_eq!(broker.change_due().await.unwrap(), 1);
    run(&trio).await;
    is_moved(&trio, id, "at its moment").await;
    assert_eq!(page(&trio, id).await.changes[1].state, ChangeState::CalledOff);
    trio.finish().await;
}

async fn what_changed_on_the_market_before_the_move_begins_is_not_signed_unseen(engine: Engine) {
    let trio = Trio::open(engine, 3, "JP").await;
    let id = running(&trio, NEW, "back").await;
    trio.clock.advance_seconds(60);
    let (broker, ctx) = (&trio.broker, &trio.customer);
    let before = page(&trio, id).await;
    let from = Some(now(&trio).plus_us(HOUR_US));
    let later = Move { from, ..wish(&trio, OLD, "later").await };
    broker.move_to(ctx, id, later.clone()).await.unwrap();
    let owner = testkit::person(broker, Role::Provider).await;
    broker.withdraw_offer(&owner, later.offer).await.unwrap();
    trio.clock.advance_seconds(3_601);
    broker.change_due().await.unwrap();
    run(&trio).await;
    let after = page(&trio, id).await;
    assert_eq!((after.offer, after.card.address), (before.offer, before.card.address));
    assert_eq!(after.changes[0].failure.as_deref(), Some("offer_gone"));
    assert_eq!(trio.lent(id).await, [ResourceState::Active]);
    let gone = broker.quote_move(ctx, id, (later.offer, later.region.as_deref())).await;
    assert!(matches!(gone, Err(BrokerError::NotFound { .. })), "{gone:?}");
    trio.finish().await;
}

on_both!(
    one_change_at_a_time_and_no_end_meanwhile,
    uc5_3_a_move_away_from_a_provider_that_ends_the_contract_keeps_it,
    what_cannot_be_moved_to_is_said_before_anything_happens,
    a_move_begins_at_its_moment_is_taken_back_before_it_and_asked_for_once,
    what_changed_on_the_market_before_the_move_begins_is_not_signed_unseen,
);
