//! F7.4.4: whatever step fails, repeats or is cut off, the cloud ends with one group or with none.

use crate::on_both;
use broker::contracts::BookingView;
use broker::{Broker, OpContext};
use domain::{ContractId, ContractState, Role};
use provider_api::{Allocation, HoldSupport, ResourceState};
use std::sync::{Arc, Mutex};
use testkit::{Engine, TestBroker};
use workflow::EngineConfig;
use workflow::testing::{
    Ended, Stage, fail_at_every_step, recover_from_one_prefix_of, repeat_every_step,
};

const OFFER: &str = "hokusei-gov-iaas";
/// Two offers of the connected cloud, signed together.
const OFFERS: [&str; 2] = [OFFER, "hokusei-standard-iaas"];

/// The market of the run under way; the harness plays one run after the other.
struct Play {
    market: TestBroker,
    customer: OpContext,
    contract: ContractId,
}

/// How many places of a log one is cut at: each on SQLite; on PostgreSQL, where a play takes three times as long, one of
/// three, and at night each.
const fn places(engine: Engine) -> usize {
    match engine {
        Engine::Sqlite => 1,
        Engine::Postgres => 3,
    }
}

#[derive(Clone, Default)]
struct Theatre(Arc<Mutex<Option<Play>>>);

impl Theatre {
    fn put(&self, play: Play) {
        *self.0.lock().unwrap() = Some(play);
    }

    fn take(&self) -> Play {
        self.0.lock().unwrap().take().expect("a play is on")
    }

    /// A contract just signed.
    async fn activation(&self, engine: Engine) -> Stage<Broker> {
        let market = TestBroker::with_cloud(engine, 1).await;
        let customer = market.person(Role::Customer).await;
        let contract = market.sign(&customer, OFFER, "one").await.unwrap();
        self.stage(Play { market, customer, contract }, "activate_contract").await
    }

    /// An active contract whose release was just asked for.
    async fn release(&self, engine: Engine) -> Stage<Broker> {
        let market = TestBroker::with_cloud(engine, 1).await;
        let customer = market.person(Role::Customer).await;
        let contract = market.sign(&customer, OFFER, "one").await.unwrap();
        market.run_workflows().await;
        market.broker.release(&customer, contract).await.unwrap();
        self.stage(Play { market, customer, contract }, "release_contract").await
    }

    /// A service that runs already, just signed for.
    async fn adoption(&self, engine: Engine) -> Stage<Broker> {
        let market = TestBroker::with_cloud(engine, 1).await;
        let customer = market.person(Role::Customer).await;
        let offer = market.offer(OFFER).await;
        let code = market.broker.adoptable(&customer, offer).await.unwrap().code;
        let id = market.run_elsewhere(&code, "one").await;
        let contract = market.adopt(&customer, OFFER, id.as_str(), "one").await.unwrap();
        self.stage(Play { market, customer, contract }, "adopt_service").await
    }

    /// Two contracts just signed together; the play is about the first.
    async fn order(&self, engine: Engine) -> Stage<Broker> {
        let market = TestBroker::with_cloud(engine, 2).await;
        let customer = market.person(Role::Customer).await;
        let order = market.sign_order(&customer, &OFFERS, "one").await.unwrap();
        let contracts = market.broker.order(&customer, order).await.unwrap().contracts;
        let play = Play { market, customer, contract: contracts[0].id };
        self.stage(play, "activate_order_of_2").await
    }

    /// A contract just signed at a cloud that books at once.
    async fn booking(&self, engine: Engine) -> Stage<Broker> {
        let market = TestBroker::with_booking_cloud(engine, 1).await;
        let customer = market.person(Role::Customer).await;
        let contract = market.sign(&customer, OFFER, "one").await.unwrap();
        self.stage(Play { market, customer, contract }, "activate_contract").await
    }

    /// Two contracts just signed together at a cloud that books at once.
    async fn booking_order(&self, engine: Engine) -> Stage<Broker> {
        let market = TestBroker::with_booking_cloud(engine, 2).await;
        let customer = market.person(Role::Customer).await;
        let order = market.sign_order(&customer, &OFFERS, "one").await.unwrap();
        let contracts = market.broker.order(&customer, order).await.unwrap().contracts;
        let play = Play { market, customer, contract: contracts[0].id };
        self.stage(play, "activate_order_of_2").await
    }

    async fn stage(&self, play: Play, kind: &'static str) -> Stage<Broker> {
        let parts = play.market.broker.engine_parts(EngineConfig::by_clock());
        let timelines = play.market.broker.timelines(&play.customer, play.contract).await.unwrap();
        let run = timelines.iter().find(|timeline| timeline.kind == kind).unwrap();
        let stage = Stage::of(parts, Arc::clone(&play.market.clock), kind, run.id);
        self.put(play);
        stage
    }

    /// Active with exactly one open group, or failed with nothing held and nothing on disk.
    async fn check_activation(&self, ended: Ended<Broker>) {
        let play = self.take();
        let page = play.market.page(&play.customer, play.contract).await;
        let allocations = play.market.allocations(play.contract).await;
        are_told(&play.market, &page.bookings, &allocations, &ended.fault.to_string()).await;
        let held = allocations.iter().filter(|allocation| allocation.state.takes_capacity());
        if ended.is_done() {
            assert_eq!(page.card.state, ContractState::Active, "{}", ended.fault);
            let states: Vec<_> = held.map(|allocation| allocation.state).collect();
            assert_eq!(states, [ResourceState::Active], "{}", ended.fault);
        } else {
            assert_eq!(page.card.state, ContractState::Failed, "{}", ended.fault);
            assert_eq!(held.count(), 0, "{}: {allocations:?}", ended.fault);
            let cloud = play.market.cloud.as_ref().unwrap();
            let left = allocations.iter().filter(|each| cloud.volume_exists(each.id.as_str()));
            assert_eq!(left.count(), 0, "{}: data left behind", ended.fault);
            // What was erased on the way back is proven like what is released.
            let erased = allocations.iter().any(|each| each.erasure.is_some());
            assert_eq!(page.statement.is_some(), erased, "{}", ended.fault);
        }
        play.market.finish().await;
    }

    /// The contract's and open, or its owner's again and as it was.
    async fn check_adoption(&self, ended: Ended<Broker>) {
        let play = self.take();
        let market = &play.market;
        let offer = market.offer(OFFER).await;
        let code = market.broker.adoptable(&play.customer, offer).await.unwrap().code;
        let (own, shown) = (play.contract.to_string(), ended.is_done());
        let mut states = Vec::new();
        for label in [&own, &code] {
            let all = market.driver().list(label).await.unwrap();
            states.push(all.iter().map(|one| one.state).collect::<Vec<_>>());
        }
        let state = market.state(&play.customer, play.contract).await;
        if shown {
            assert_eq!(state, ContractState::Active, "{}", ended.fault);
            assert_eq!(states, [vec![ResourceState::Active], vec![]], "{}", ended.fault);
        } else {
            assert_eq!(state, ContractState::Failed, "{}", ended.fault);
            assert_eq!(states, [vec![], vec![ResourceState::Ready]], "{}", ended.fault);
        }
        play.market.finish().await;
    }

    /// All of the order as one contract alone would be.
    async fn check_order(&self, ended: Ended<Broker>) {
        let play = self.take();
        let page = play.market.page(&play.customer, play.contract).await;
        let order = play.market.broker.order(&play.customer, page.order.unwrap()).await.unwrap();
        assert_eq!(order.contracts.len(), OFFERS.len());
        for card in order.contracts {
            let allocations = play.market.allocations(card.id).await;
            let held = allocations.iter().map(|it| it.state).filter(|it| it.takes_capacity());
            let held: Vec<ResourceState> = held.collect();
            let bookings = play.market.page(&play.customer, card.id).await.bookings;
            are_told(&play.market, &bookings, &allocations, &ended.fault.to_string()).await;
            if ended.is_done() {
                assert_eq!(card.state, ContractState::Active, "{}", ended.fault);
                assert_eq!(held, [ResourceState::Active], "{}", ended.fault);
            } else {
                assert_eq!(card.state, ContractState::Failed, "{}", ended.fault);
                assert_eq!(held, [], "{}", ended.fault);
                let cloud = play.market.cloud.as_ref().unwrap();
                let left = allocations.iter().filter(|it| cloud.volume_exists(it.id.as_str()));
                assert_eq!(left.count(), 0, "{}: data left behind", ended.fault);
            }
        }
        play.market.finish().await;
    }

    /// Released with a verified statement, a final meter, no capacity taken and no data left.
    async fn check_release(&self, ended: Ended<Broker>) {
        let play = self.take();
        let page = play.market.page(&play.customer, play.contract).await;
        assert_eq!(page.card.state, ContractState::Released, "{}", ended.fault);
        assert!(page.statement.is_some() && page.usage.is_some(), "{}", ended.fault);
        let cloud = play.market.cloud.as_ref().unwrap();
        for allocation in play.market.allocations(play.contract).await {
            assert_eq!(allocation.state, ResourceState::Erased, "{}", ended.fault);
            assert!(!cloud.volume_exists(allocation.id.as_str()), "{}", ended.fault);
        }
        play.market.finish().await;
    }
}

/// What was booked without a hold is kept as the cloud's own books have it: which, whether it was cancelled, and what
/// that costs.
async fn are_told(
    market: &TestBroker,
    bookings: &[BookingView],
    allocations: &[Allocation],
    place: &str,
) {
    let driver = market.cloud.as_ref().unwrap().driver();
    let told = driver.capabilities().await.unwrap();
    if told.hold != HoldSupport::None {
        assert!(bookings.is_empty(), "{place}");
        return;
    }
    assert_eq!(bookings.len(), allocations.len(), "{place}");
    for (booking, allocation) in bookings.iter().zip(allocations) {
        assert_eq!(booking.declared.map(|declared| declared.minor), Some(500), "{place}");
        let over = !allocation.state.takes_capacity();
        assert_eq!(booking.cancelled_at.is_some(), over, "{place}");
        let charged = driver.meter(&allocation.id).await.unwrap().cancel_charge;
        assert_eq!(
            booking.owed.map(|owed| owed.minor),
            charged.map(|charge| charge.minor),
            "{place}"
        );
    }
}

async fn f7_4_3_repeating_every_step_at_a_cloud_without_holds_doubles_nothing(engine: Engine) {
    let theatre = Theatre::default();
    repeat_every_step(|| theatre.booking(engine), |ended| theatre.check_activation(ended)).await;
    repeat_every_step(|| theatre.booking_order(engine), |ended| theatre.check_order(ended)).await;
}

async fn f7_4_4_failing_at_every_step_at_a_cloud_without_holds_leaves_nothing_booked(
    engine: Engine,
) {
    let theatre = Theatre::default();
    fail_at_every_step(|| theatre.booking(engine), |ended| theatre.check_activation(ended)).await;
    fail_at_every_step(|| theatre.booking_order(engine), |ended| theatre.check_order(ended)).await;
}

async fn f7_4_4_a_crash_at_every_place_at_a_cloud_without_holds_loses_and_doubles_nothing(
    engine: Engine,
) {
    let theatre = Theatre::default();
    recover_from_one_prefix_of(
        places(engine),
        || theatre.booking(engine),
        |ended| theatre.check_activation(ended),
    )
    .await;
    recover_from_one_prefix_of(
        places(engine),
        || theatre.booking_order(engine),
        |ended| theatre.check_order(ended),
    )
    .await;
}

async fn repeating_every_activation_step_doubles_nothing(engine: Engine) {
    let theatre = Theatre::default();
    repeat_every_step(|| theatre.activation(engine), |ended| theatre.check_activation(ended)).await;
}

async fn f7_4_4_failing_at_every_activation_step_leaves_nothing_held(engine: Engine) {
    let theatre = Theatre::default();
    fail_at_every_step(|| theatre.activation(engine), |ended| theatre.check_activation(ended))
        .await;
}

async fn f7_4_4_a_crash_at_every_place_of_activation_loses_and_doubles_nothing(engine: Engine) {
    let theatre = Theatre::default();
    recover_from_one_prefix_of(
        places(engine),
        || theatre.activation(engine),
        |ended| theatre.check_activation(ended),
    )
    .await;
}

async fn repeating_every_step_of_an_order_doubles_nothing(engine: Engine) {
    let theatre = Theatre::default();
    repeat_every_step(|| theatre.order(engine), |ended| theatre.check_order(ended)).await;
}

async fn f7_4_4_failing_at_every_step_of_an_order_leaves_nothing_held(engine: Engine) {
    let theatre = Theatre::default();
    fail_at_every_step(|| theatre.order(engine), |ended| theatre.check_order(ended)).await;
}

async fn f7_4_4_a_crash_at_every_place_of_an_order_loses_and_doubles_nothing(engine: Engine) {
    let theatre = Theatre::default();
    recover_from_one_prefix_of(
        places(engine),
        || theatre.order(engine),
        |ended| theatre.check_order(ended),
    )
    .await;
}

async fn repeating_every_step_of_an_adoption_is_harmless(engine: Engine) {
    let theatre = Theatre::default();
    repeat_every_step(|| theatre.adoption(engine), |ended| theatre.check_adoption(ended)).await;
}

async fn f7_5_1_failing_at_every_step_of_an_adoption_gives_it_back(engine: Engine) {
    let theatre = Theatre::default();
    fail_at_every_step(|| theatre.adoption(engine), |ended| theatre.check_adoption(ended)).await;
}

async fn f7_5_1_a_crash_at_every_place_of_an_adoption_restarts_and_loses_nothing(engine: Engine) {
    let theatre = Theatre::default();
    recover_from_one_prefix_of(
        places(engine),
        || theatre.adoption(engine),
        |ended| theatre.check_adoption(ended),
    )
    .await;
}

async fn repeating_every_release_step_is_harmless(engine: Engine) {
    let theatre = Theatre::default();
    repeat_every_step(|| theatre.release(engine), |ended| theatre.check_release(ended)).await;
}

async fn failing_at_every_release_step_still_ends_erased_after_a_retry(engine: Engine) {
    let theatre = Theatre::default();
    fail_at_every_step(|| theatre.release(engine), |ended| theatre.check_release(ended)).await;
}

async fn a_crash_at_every_place_of_release_still_ends_erased(engine: Engine) {
    let theatre = Theatre::default();
    recover_from_one_prefix_of(
        places(engine),
        || theatre.release(engine),
        |ended| theatre.check_release(ended),
    )
    .await;
}

on_both!(
    f7_4_3_repeating_every_step_at_a_cloud_without_holds_doubles_nothing,
    f7_4_4_failing_at_every_step_at_a_cloud_without_holds_leaves_nothing_booked,
    f7_4_4_a_crash_at_every_place_at_a_cloud_without_holds_loses_and_doubles_nothing,
    repeating_every_activation_step_doubles_nothing,
    f7_4_4_failing_at_every_activation_step_leaves_nothing_held,
    f7_4_4_a_crash_at_every_place_of_activation_loses_and_doubles_nothing,
    repeating_every_step_of_an_order_doubles_nothing,
    f7_4_4_failing_at_every_step_of_an_order_leaves_nothing_held,
    f7_4_4_a_crash_at_every_place_of_an_order_loses_and_doubles_nothing,
    repeating_every_step_of_an_adoption_is_harmless,
    f7_5_1_failing_at_every_step_of_an_adoption_gives_it_back,
    f7_5_1_a_crash_at_every_place_of_an_adoption_restarts_and_loses_nothing,
    repeating_every_release_step_is_harmless,
    failing_at_every_release_step_still_ends_erased_after_a_retry,
    a_crash_at_every_place_of_release_still_ends_erased,
);
