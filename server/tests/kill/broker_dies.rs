//! The broker is killed.

use broker::OpContext;
use broker::contracts::{DataAtEnd, TakeData};
use domain::{ContractId, ContractState, OrderId, Role};
use std::path::Path;
use testkit::{Engine, TestBroker};

use crate::processes::{BrokerProcess, Hold};
use crate::story::{
    KINDS, OFFER, catch_up, hardest, has_size, is_released, lent, one_of, places, places_of_undo,
    release, runs_once, scale, wait_for_end,
};

const ORDER_OFFERS: [&str; 3] =
    ["hokusei-gov-iaas", "hokusei-standard-iaas", "hokusei-managed-database"];

/// A broker stands still at the place, is killed there, and another ends the workflow.
pub async fn kill_at(
    market: &TestBroker,
    engine: Engine,
    data: &Path,
    place: &str,
) -> BrokerProcess {
    let first = BrokerProcess::start(market, &data.join("first"), Some(held(place)));
    first.wait_until_held(place);
    let second = || BrokerProcess::start(market, &data.join("second"), None);
    match engine {
        Engine::Sqlite => {
            first.kill();
            second()
        }
        Engine::Postgres => {
            let second = second();
            second.wait_until_open();
            first.kill();
            second
        }
    }
}

pub fn held(place: &str) -> Hold<'_> {
    Hold { place, until: None }
}

async fn ends_done(
    market: &TestBroker,
    engine: Engine,
    ctx: &OpContext,
    id: ContractId,
    place: &str,
) {
    let kind = place.split('/').next().unwrap();
    let data = tempfile::tempdir().unwrap();
    let process = kill_at(market, engine, data.path(), place).await;
    assert_eq!(wait_for_end(market, ctx, id, kind).await, "done", "killed at {place}");
    process.kill();
}

async fn every_kind_has_a_story(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    for kind in KINDS {
        assert!(places(&market, kind).len() >= 6, "{kind}");
    }
    let config = workflow::EngineConfig::by_clock();
    let known = market.broker.engine_parts(config).definitions;
    let kinds: Vec<_> = known.iter().map(|definition| definition.kind).collect();
    assert_eq!(kinds, KINDS);
    market.finish().await;
}

async fn activation_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    for place in places(&market, "activate_contract") {
        catch_up(&market);
        let id = market.sign(&customer, OFFER, &place).await.unwrap();
        ends_done(&market, engine, &customer, id, &place).await;
        runs_once(&market, &*market.driver(), &customer, id, &place).await;
    }
    market.finish().await;
}

async fn release_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    for place in places(&market, "release_contract") {
        catch_up(&market);
        let id = market.sign(&customer, OFFER, &place).await.unwrap();
        market.run_workflows().await;
        release(&market, &customer, id).await;
        ends_done(&market, engine, &customer, id, &place).await;
        let cloud = market.cloud.as_ref().unwrap();
        let kept = |volume: &str| cloud.volume_exists(volume);
        is_released(&market, &*market.driver(), &customer, id, kept, &place).await;
    }
    market.finish().await;
}

/// The desk cancels when everything stands; the undo is cut off at each of its places.
async fn cancelled_activation_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let last = "activate_contract/verify/acted";
    for place in hardest(places_of_undo(&market, "activate_contract")) {
        catch_up(&market);
        let id = market.sign(&customer, OFFER, &place).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let process = BrokerProcess::start(&market, data.path(), Some(held(last)));
        process.wait_until_held(last);
        let workflow = market.broker.timelines(&customer, id).await.unwrap()[0].id;
        market.broker.cancel_workflow(&desk, workflow, "a drill").await.unwrap();
        process.kill();
        let process = kill_at(&market, engine, data.path(), &place).await;
        let state = wait_for_end(&market, &customer, id, "activate_contract").await;
        assert_eq!(state, "undone", "killed at {place}");
        process.kill();
        assert_eq!(market.state(&customer, id).await, ContractState::Failed, "{place}");
        assert!(lent(&*market.driver(), id).await.is_empty(), "{place}");
    }
    market.finish().await;
}

async fn scaling_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    let id = market.sign(&customer, OFFER, "scaled").await.unwrap();
    market.run_workflows().await;
    // One machine more or less at each place.
    for (turn, place) in hardest(places(&market, "scale_contract")).into_iter().enumerate() {
        let plan = scale(&market, &customer, id, if turn % 2 == 0 { 2 } else { 1 }).await;
        let data = tempfile::tempdir().unwrap();
        let process = kill_at(&market, engine, data.path(), &place).await;
        let state = wait_for_end(&market, &customer, id, "scale_contract").await;
        assert_eq!(state, "done", "killed at {place}");
        process.kill();
        runs_once(&market, &*market.driver(), &customer, id, &place).await;
        has_size(&market, &*market.driver(), (&customer, id), &plan, &place).await;
    }
    market.finish().await;
}

/// The desk cancels when the service has its new size; the way back is cut off.
async fn cancelled_scaling_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let last = "scale_contract/verify/acted";
    for place in places_of_undo(&market, "scale_contract") {
        catch_up(&market);
        let id = market.sign(&customer, OFFER, &place).await.unwrap();
        market.run_workflows().await;
        let before = market.page(&customer, id).await.plan;
        scale(&market, &customer, id, 2).await;
        let data = tempfile::tempdir().unwrap();
        let process = BrokerProcess::start(&market, data.path(), Some(held(last)));
        process.wait_until_held(last);
        let workflow = market.broker.timelines(&customer, id).await.unwrap().pop().unwrap().id;
        market.broker.cancel_workflow(&desk, workflow, "a drill").await.unwrap();
        process.kill();
        let process = kill_at(&market, engine, data.path(), &place).await;
        let state = wait_for_end(&market, &customer, id, "scale_contract").await;
        assert_eq!(state, "undone", "killed at {place}");
        process.kill();
        runs_once(&market, &*market.driver(), &customer, id, &place).await;
        has_size(&market, &*market.driver(), (&customer, id), &before, &place).await;
    }
    market.finish().await;
}

async fn contracts(market: &TestBroker, ctx: &OpContext, order: OrderId) -> Vec<ContractId> {
    let order = market.broker.order(ctx, order).await.unwrap();
    order.contracts.iter().map(|card| card.id).collect()
}

/// All seats do the same, so that one seat is cut off at every place while the others go on.
async fn order_survives(engine: Engine, kind: &str, seats: usize, seat: &str) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    let of_seat = |place: &String| place.split('/').nth(1).unwrap().ends_with(seat);
    for place in hardest(places(&market, kind)).into_iter().filter(of_seat) {
        catch_up(&market);
        let order = market.sign_order(&customer, &ORDER_OFFERS[..seats], &place).await.unwrap();
        let ids = contracts(&market, &customer, order).await;
        assert_eq!(ids.len(), seats);
        ends_done(&market, engine, &customer, ids[0], &place).await;
        for id in ids {
            runs_once(&market, &*market.driver(), &customer, id, &place).await;
            // Room for the next.
            release(&market, &customer, id).await;
            market.run_workflows().await;
            assert!(lent(&*market.driver(), id).await.is_empty(), "{place}");
        }
    }
    market.finish().await;
}

async fn order_of_two_survives(engine: Engine) {
    order_survives(engine, "activate_order_of_2", 2, "_1").await;
}

async fn order_of_three_survives(engine: Engine) {
    order_survives(engine, "activate_order_of_3", 3, "_3").await;
}

/// What a late call left at the cloud after the contract had ended.
async fn reclaim_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    for place in places(&market, "reclaim_orphan") {
        catch_up(&market);
        let id = market.sign(&customer, OFFER, &place).await.unwrap();
        market.run_workflows().await;
        release(&market, &customer, id).await;
        market.run_workflows().await;
        let left = market.leave_behind(id, &place).await;
        assert_eq!(market.broker.look_for_orphans().await.unwrap(), 1, "{place}");
        ends_done(&market, engine, &customer, id, &place).await;
        assert!(lent(&*market.driver(), id).await.is_empty(), "{place}");
        assert!(!market.cloud.as_ref().unwrap().volume_exists(left.as_str()), "{place}");
        assert_eq!(market.state(&customer, id).await, ContractState::Released, "{place}");
    }
    market.finish().await;
}

/// What somebody at the provider stopped is started again.
async fn repair_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    for place in hardest(places(&market, "repair_service")) {
        catch_up(&market);
        let id = market.sign(&customer, OFFER, &place).await.unwrap();
        market.run_workflows().await;
        market.stop_by_hand(id, &place).await;
        assert_eq!(market.broker.look_at_services().await.unwrap(), 1, "{place}");
        catch_up(&market);
        market.broker.repair(&customer, id).await.unwrap();
        ends_done(&market, engine, &customer, id, &place).await;
        runs_once(&market, &*market.driver(), &customer, id, &place).await;
        release(&market, &customer, id).await;
        market.run_workflows().await;
        assert!(lent(&*market.driver(), id).await.is_empty(), "{place}");
    }
    market.finish().await;
}

/// What runs already is the contract's once, whoever dies while it becomes so.
async fn adoption_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    let offer = market.offer(OFFER).await;
    let code = market.broker.adoptable(&customer, offer).await.unwrap().code;
    for place in hardest(places(&market, "adopt_service")) {
        catch_up(&market);
        let running = market.run_elsewhere(&code, &place).await;
        let before = market.driver().allocation(&running).await.unwrap();
        let id = market.adopt(&customer, OFFER, running.as_str(), &place).await.unwrap();
        ends_done(&market, engine, &customer, id, &place).await;
        runs_once(&market, &*market.driver(), &customer, id, &place).await;
        let after = market.driver().allocation(&running).await.unwrap();
        assert_eq!(after.instances, before.instances, "{place}: the same machines");
        assert!(market.driver().list(&code).await.unwrap().is_empty(), "{place}");
    }
    market.finish().await;
}

/// The data of a service are given up before the processes begin; nothing is erased before that is known.
async fn returning_release_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    let cloud = market.cloud.as_ref().unwrap();
    for place in one_of(places(&market, "release_returning_data")) {
        catch_up(&market);
        let id = market.sign(&customer, OFFER, &place).await.unwrap();
        market.run_workflows().await;
        catch_up(&market);
        market.broker.release_with(&customer, id, DataAtEnd::Return).await.unwrap();
        market.broker.take_data(&customer, id, &TakeData::Waived).await.unwrap();
        ends_done(&market, engine, &customer, id, &place).await;
        let driver = market.driver();
        is_released(&market, &*driver, &customer, id, |name| cloud.volume_exists(name), &place)
            .await;
    }
    market.finish().await;
}

crate::on_both!(
    every_kind_has_a_story => every_kind_of_workflow_is_killed_in_some_story,
    activation_survives => kill_9_at_every_step_of_activation_leaves_exactly_one_set_of_resources,
    release_survives => kill_9_at_every_step_of_release_ends_released_and_erased,
    cancelled_activation_survives => kill_9_at_every_step_of_an_undo_leaves_nothing_at_the_cloud,
    order_of_two_survives => f7_4_4_kill_9_at_every_step_of_an_order_of_two_doubles_nothing,
    scaling_survives => kill_9_at_every_step_of_scaling_ends_with_the_new_size_once,
    cancelled_scaling_survives => kill_9_while_a_size_is_taken_back_leaves_the_old_one,
    reclaim_survives => kill_9_at_every_step_of_giving_back_an_orphan_leaves_nothing_at_the_cloud,
    returning_release_survives => f7_10_1c_kill_9_at_a_step_of_a_release_that_returns_data_ends_erased,
    adoption_survives => f7_5_1_kill_9_at_every_step_of_an_adoption_leaves_what_runs_to_one_owner,
    repair_survives => f7_5_3_kill_9_at_every_step_of_a_repair_leaves_the_service_running_once,
    order_of_three_survives => f7_4_4_kill_9_at_every_step_of_an_order_of_three_doubles_nothing,
);
