//! The broker is killed while it holds places for a need: nothing stays held, and what is booked runs once.

use broker::OpContext;
use broker::requirements::RequirementSource;
use broker::securing::{FirmRequest, FirmView};
use domain::{FirmListId, Role};
use provider_api::{
    ComputeSpec, DiscoverRequest, EndpointKind, NetworkSpec, ResourceGroup, StorageSpec,
};
use std::time::{Duration, Instant};
use testkit::{Engine, TestBroker, zones};

use crate::processes::{BrokerProcess, Hold, PATIENCE};
use crate::story::{
    catch_up, hardest, lent, places, places_of_undo, release, runs_once, wait_for_end,
};

/// Machines in each zone of the cloud.
const ROOM: i64 = 40;
/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(50);

async fn opened(market: &TestBroker, customer: &OpContext) -> FirmListId {
    catch_up(market);
    let need = RequirementSource::Template("certificate-service".to_owned());
    let request = FirmRequest { need, strategy: None, plan: None, places: 3 };
    market.broker.open_firm_list(customer, &request).await.unwrap()
}

/// Waits until the list stands in one of the states.
async fn until(
    market: &TestBroker,
    customer: &OpContext,
    id: FirmListId,
    states: &[&str],
) -> FirmView {
    let begun = Instant::now();
    loop {
        let view = market.broker.firm_list(customer, id).await.unwrap();
        if states.contains(&view.state.as_str()) {
            return view;
        }
        assert!(begun.elapsed() < PATIENCE, "stays: {view:#?}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until nobody works for the list any more, and tells how its workflow ended.
async fn ended(market: &TestBroker, id: FirmListId) -> String {
    let desk = market.person(Role::Broker).await;
    let begun = Instant::now();
    loop {
        let all = market.broker.workflows(&desk, None, None, 50).await.unwrap().items;
        let run = all.into_iter().find(|run| run.subject == id.to_string()).unwrap();
        let state = run.state.as_str().to_owned();
        if !matches!(state.as_str(), "running" | "undoing") {
            return state;
        }
        assert!(begun.elapsed() < PATIENCE, "does not end: {run:#?}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Everything that the cloud has is free.
async fn nothing_is_held(market: &TestBroker, place: &str) {
    for zone in zones() {
        let resources = ResourceGroup {
            compute: ComputeSpec { count: 1, vcpu: 1, ram_mb: 256 },
            storage: StorageSpec { gb: 1 },
            network: NetworkSpec { mbps: 10, endpoint: EndpointKind::Http },
        };
        let request = DiscoverRequest { region: zone.region, resources, links: Vec::new() };
        let answer = market.driver().discover(&request).await.unwrap();
        assert_eq!(answer.free.instances, ROOM, "killed at {place}");
    }
}

async fn firm_list_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, ROOM).await;
    market.broker.look_at_clouds().await.unwrap();
    let customer = market.person(Role::Customer).await;
    for place in hardest(places(&market, "firm_list")) {
        let data = tempfile::tempdir().unwrap();
        let hold = Hold { place: &place, until: None };
        let first = BrokerProcess::start(&market, &data.path().join("first"), Some(hold));
        let id = opened(&market, &customer).await;
        // The last steps come after somebody decided.
        let late = ["/wait/", "/drop/"].iter().any(|step| place.contains(step));
        if late {
            until(&market, &customer, id, &["open"]).await;
            market.broker.drop_firm_list(&customer, id).await.unwrap();
        }
        first.wait_until_held(&place);
        first.kill();
        let second = BrokerProcess::start(&market, &data.path().join("second"), None);
        if !late {
            let view = until(&market, &customer, id, &["open"]).await;
            let held = view.rows.iter().filter(|row| row.place.held.is_some()).count();
            assert!(held >= 1, "killed at {place}: {view:#?}");
            market.broker.drop_firm_list(&customer, id).await.unwrap();
        }
        assert_eq!(ended(&market, id).await, "done", "killed at {place}");
        nothing_is_held(&market, &place).await;
        second.kill();
    }
    market.finish().await;
}

/// The desk cancels while everything is held.
async fn undone_firm_list_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, ROOM).await;
    market.broker.look_at_clouds().await.unwrap();
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    for place in hardest(places_of_undo(&market, "firm_list")) {
        let data = tempfile::tempdir().unwrap();
        let hold = Hold { place: &place, until: None };
        let first = BrokerProcess::start(&market, &data.path().join("first"), Some(hold));
        let id = opened(&market, &customer).await;
        until(&market, &customer, id, &["open"]).await;
        let all = market.broker.workflows(&desk, None, None, 50).await.unwrap().items;
        let run = all.into_iter().find(|run| run.subject == id.to_string()).unwrap();
        market.broker.cancel_workflow(&desk, run.id, "a drill").await.unwrap();
        first.wait_until_held(&place);
        first.kill();
        let second = BrokerProcess::start(&market, &data.path().join("second"), None);
        assert_eq!(ended(&market, id).await, "undone", "killed at {place}");
        until(&market, &customer, id, &["failed"]).await;
        nothing_is_held(&market, &place).await;
        second.kill();
    }
    market.finish().await;
}

/// The contract takes over what is held, wherever the broker dies meanwhile.
async fn booked_place_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, ROOM).await;
    market.broker.look_at_clouds().await.unwrap();
    let customer = market.person(Role::Customer).await;
    for step in ["discover", "hold", "confirm"] {
        let place = format!("activate_contract/{step}/acted");
        let data = tempfile::tempdir().unwrap();
        let hold = Hold { place: &place, until: None };
        let first = BrokerProcess::start(&market, &data.path().join("first"), Some(hold));
        let list = opened(&market, &customer).await;
        let view = until(&market, &customer, list, &["open"]).await;
        let number = view.rows[0].place.number;
        let booked = market.broker.book_firm_place(&customer, list, number, &place).await;
        let id = booked.unwrap();
        first.wait_until_held(&place);
        first.kill();
        let second = BrokerProcess::start(&market, &data.path().join("second"), None);
        assert_eq!(wait_for_end(&market, &customer, id, "activate_contract").await, "done");
        assert_eq!(ended(&market, list).await, "done", "killed at {place}");
        runs_once(&market, &*market.driver(), &customer, id, &place).await;
        second.kill();
        release(&market, &customer, id).await;
        market.run_workflows().await;
        assert!(lent(&*market.driver(), id).await.is_empty(), "{place}");
        nothing_is_held(&market, &place).await;
    }
    market.finish().await;
}

crate::on_both!(
    firm_list_survives => f7_4_4_kill_9_at_every_step_of_a_firm_list_leaves_nothing_held,
    undone_firm_list_survives => f7_4_4_kill_9_while_a_firm_list_is_undone_leaves_nothing_held,
    booked_place_survives => f7_4_4_kill_9_while_a_held_place_is_booked_sets_it_up_once,
);
