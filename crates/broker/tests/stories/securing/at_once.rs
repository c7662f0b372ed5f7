//! Securing more room at clouds that hold nothing: booked when everything else is held, cancelled when something
//! cannot be had, and told with its price (F7.4.3, F7.4.4).

use super::running;
use crate::on_both;
use crate::orders::{Drill, STALLS, Trio};
use broker::Broker;
use broker::contracts::AtOnce;
use broker::securing::{RoomAnswer, SecureRequest, SecuringView};
use domain::{ContractId, ContractState, Currency, Money, Role, SecuringId};
use provider_api::{HoldSupport, ResourceState};
use serde_json::json;
use std::sync::{Arc, Mutex};
use testkit::Engine;
use workflow::testing::{
    Ended, Script, Stage, fail_at_every_step, recover_from_one_prefix_of, repeat_every_step,
};
use workflow::{EngineConfig, Moment};

const CHARGE: Money = Money::new(500, Currency::Jpy);
const TERMS: AtOnce = AtOnce { cancel_charge: Some(CHARGE) };
/// The own cloud has room for one more, the two others for two each.
const ROOM: i64 = 2;
const WANTED: i64 = 4;

/// A service that runs at the first cloud; the other two hold nothing.
async fn open(engine: Engine) -> (Trio, ContractId) {
    open_with(engine, &[1, 2]).await
}

async fn open_with(engine: Engine, at_once: &[usize]) -> (Trio, ContractId) {
    let trio = Trio::booking(engine, ROOM, at_once).await;
    let service = running(&trio, 0, "service").await;
    trio.broker.renew_standby_lists().await.unwrap();
    (trio, service)
}

async fn ask(trio: &Trio, service: ContractId, key: &str) -> SecuringId {
    let request = SecureRequest {
        instances: WANTED,
        strategy: None,
        limit: None,
        idempotency_key: key.to_owned(),
    };
    trio.broker.secure(&trio.customer, service, &request).await.unwrap()
}

async fn view(trio: &Trio, id: SecuringId) -> SecuringView {
    trio.broker.securing(&trio.customer, id).await.unwrap()
}

/// The stall of each seat.
fn seats(view: &SecuringView) -> Vec<usize> {
    let of = |name: &str| {
        let mut providers = view.rows.iter().map(|row| &row.card.provider);
        let found = providers.find(|provider| provider.name_en == name).unwrap();
        STALLS.iter().position(|stall| stall.0 == found.slug).unwrap()
    };
    view.parts.iter().map(|part| of(&part.provider_en)).collect()
}

/// What each part booked at its cloud is kept as the cloud's own books have it.
async fn are_told(trio: &Trio, view: &SecuringView, place: &str) {
    for (part, stall) in view.parts.iter().zip(seats(view)) {
        let page = trio.broker.contract(&trio.customer, part.id).await.unwrap();
        let driver = trio.clouds[stall].driver();
        let all = driver.list(&part.id.to_string()).await.unwrap();
        if driver.capabilities().await.unwrap().hold != HoldSupport::None {
            assert!(page.bookings.is_empty(), "{place}: it holds");
            continue;
        }
        assert_eq!(page.bookings.len(), all.len(), "{place}");
        for (booking, allocation) in page.bookings.iter().zip(&all) {
            assert_eq!(booking.declared, Some(CHARGE), "{place}");
            let over = !allocation.state.takes_capacity();
            assert_eq!(booking.cancelled_at.is_some(), over, "{place}");
            let charged = driver.meter(&allocation.id).await.unwrap().cancel_charge;
            let owed = booking.owed.map(|owed| owed.minor);
            assert_eq!(owed, charged.map(|charge| charge.minor), "{place}");
        }
    }
}

async fn all_run(trio: &Trio, view: &SecuringView, place: &str) {
    assert_eq!((view.state.as_str(), view.failure.as_deref()), ("secured", None), "{place}");
    assert_eq!(view.rows.iter().map(|row| row.place.taken).sum::<i64>(), WANTED, "{place}");
    assert_eq!(view.parts.len(), 3, "{place}");
    for part in &view.parts {
        assert_eq!(part.state, ContractState::Active, "{place}");
        assert_eq!(trio.lent(part.id).await, [ResourceState::Active], "{place}");
    }
    are_told(trio, view, place).await;
}

async fn nothing_is_left(trio: &Trio, view: &SecuringView, place: &str) {
    assert_eq!(view.state, "failed", "{place}");
    assert!(view.failure.is_some(), "{place}");
    for part in &view.parts {
        assert_eq!(part.state, ContractState::Failed, "{place}");
        assert!(trio.lent(part.id).await.is_empty(), "{place}");
    }
    are_told(trio, view, place).await;
}

async fn f7_4_3_clouds_without_holds_take_part_and_their_price_is_told_before_and_after(
    engine: Engine,
) {
    let (trio, service) = open(engine).await;
    let standby = trio.broker.standby_of_contract(&trio.customer, service).await.unwrap();
    assert!(standby.rows.len() >= 3, "{standby:?}");
    for row in &standby.rows {
        let terms = (row.card.provider.slug != "hokusei").then_some(TERMS);
        assert_eq!(row.at_once, terms, "{}", row.card.provider.slug);
    }
    let id = ask(&trio, service, "more").await;
    trio.run(Arc::new(Script::default())).await;
    let view = view(&trio, id).await;
    all_run(&trio, &view, "without a fault").await;
    for row in &view.rows {
        let asked = row.place.answer != RoomAnswer::NotAsked;
        let terms = (asked && !row.place.candidate.own).then_some(TERMS);
        assert_eq!(row.place.at_once(), terms, "{:?}", row.place);
    }
    assert_eq!(trio.lent(service).await, [ResourceState::Active]);
    trio.finish().await;
}

async fn f7_4_4_where_the_holding_cloud_fails_nothing_is_booked_and_nothing_is_owed(
    engine: Engine,
) {
    let (trio, service) = open(engine).await;
    let id = ask(&trio, service, "more").await;
    // The own cloud is in the first seat, and the only one that holds.
    let gone = json!({"outage": true});
    trio.run(Drill::at(&trio.clouds[0], "hold_1", Moment::Started, gone)).await;
    let view = view(&trio, id).await;
    nothing_is_left(&trio, &view, "hold_1").await;
    assert_eq!(seats(&view)[0], 0);
    for (part, stall) in view.parts.iter().zip(seats(&view)).skip(1) {
        let asked = trio.clouds[stall].driver().list(&part.id.to_string()).await.unwrap();
        assert!(asked.is_empty(), "nothing was ever booked: {asked:?}");
    }
    trio.finish().await;
}

async fn f7_4_4_what_was_booked_before_a_refusal_is_cancelled_and_told_with_its_price(
    engine: Engine,
) {
    let (trio, service) = open(engine).await;
    // Which cloud sits in the last seat is the same each time.
    let first = ask(&trio, service, "to see").await;
    trio.run(Arc::new(Script::default())).await;
    let last = seats(&view(&trio, first).await)[2];
    trio.broker.give_back_secured(&trio.customer, first).await.unwrap();
    trio.run(Arc::new(Script::default())).await;
    let id = ask(&trio, service, "more").await;
    let full = json!({"diskFull": true});
    trio.run(Drill::at(&trio.clouds[last], "reserve_3", Moment::Started, full)).await;
    let view = view(&trio, id).await;
    nothing_is_left(&trio, &view, "reserve_3").await;
    let mut owed = Vec::new();
    for part in &view.parts {
        let page = trio.broker.contract(&trio.customer, part.id).await.unwrap();
        owed.push(page.bookings.iter().map(|booking| booking.owed).collect::<Vec<_>>());
    }
    assert_eq!(owed, [vec![], vec![Some(CHARGE)], vec![]]);
    assert_eq!(trio.lent(service).await, [ResourceState::Active]);
    trio.finish().await;
}

/// The search under way; the harness plays one run after the other.
#[derive(Clone, Default)]
struct Theatre(Arc<Mutex<Option<(Trio, SecuringId)>>>);

impl Theatre {
    async fn stage(&self, engine: Engine, at_once: &[usize]) -> Stage<Broker> {
        let (trio, service) = open_with(engine, at_once).await;
        let id = ask(&trio, service, "more").await;
        let parts = trio.broker.engine_parts(EngineConfig::by_clock());
        let desk = testkit::person(&trio.broker, Role::Broker).await;
        let runs = trio.broker.workflows(&desk, None, None, 50).await.unwrap().items;
        let run = runs.iter().find(|run| run.subject == id.to_string()).unwrap();
        let stage = Stage::of(parts, Arc::clone(&trio.clock), "secure", run.id);
        *self.0.lock().unwrap() = Some((trio, id));
        stage
    }

    async fn check(&self, ended: Ended<Broker>) {
        let (trio, id) = self.0.lock().unwrap().take().expect("a play is on");
        let view = view(&trio, id).await;
        if ended.is_done() {
            all_run(&trio, &view, &ended.fault).await;
        } else {
            nothing_is_left(&trio, &view, &ended.fault).await;
        }
        trio.finish().await;
    }
}

async fn f7_4_3_repeating_every_step_of_securing_at_clouds_without_holds_doubles_nothing(
    engine: Engine,
) {
    let theatre = Theatre::default();
    repeat_every_step(|| theatre.stage(engine, &[1, 2]), |ended| theatre.check(ended)).await;
}

async fn f7_4_4_failing_at_every_step_of_securing_at_clouds_without_holds_leaves_nothing(
    engine: Engine,
) {
    let theatre = Theatre::default();
    fail_at_every_step(|| theatre.stage(engine, &[1, 2]), |ended| theatre.check(ended)).await;
}

/// At one of so many places, and at night at all: each play has three clouds of its own. None of them holds: where the
/// program dies at every place a hold would end before it is booked.
async fn f7_4_4_a_crash_while_securing_at_clouds_without_holds_loses_and_doubles_nothing(
    engine: Engine,
) {
    let theatre = Theatre::default();
    let places = match engine {
        Engine::Sqlite => 5,
        Engine::Postgres => 11,
    };
    let stage = || theatre.stage(engine, &[0, 1, 2]);
    recover_from_one_prefix_of(places, stage, |ended| theatre.check(ended)).await;
}

on_both!(
    f7_4_3_clouds_without_holds_take_part_and_their_price_is_told_before_and_after,
    f7_4_4_where_the_holding_cloud_fails_nothing_is_booked_and_nothing_is_owed,
    f7_4_4_what_was_booked_before_a_refusal_is_cancelled_and_told_with_its_price,
    f7_4_3_repeating_every_step_of_securing_at_clouds_without_holds_doubles_nothing,
    f7_4_4_failing_at_every_step_of_securing_at_clouds_without_holds_leaves_nothing,
    f7_4_4_a_crash_while_securing_at_clouds_without_holds_loses_and_doubles_nothing,
);
