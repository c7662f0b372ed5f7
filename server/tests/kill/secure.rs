//! The broker is killed while it secures more room: exactly what was asked for runs, or nothing does.

use broker::OpContext;
use broker::securing::{SecureRequest, SecuringView};
use domain::{ContractId, ContractState, Role, SecuringId};
use std::time::{Duration, Instant};
use testkit::{Engine, TestBroker};

use crate::processes::{BrokerProcess, Hold, PATIENCE};
use crate::story::{OFFER, catch_up, hardest, lent, places, places_of_undo, runs_once};

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(50);

async fn service(market: &TestBroker, customer: &OpContext) -> ContractId {
    market.broker.look_at_clouds().await.unwrap();
    let id = market.sign(customer, OFFER, "service").await.unwrap();
    market.run_workflows().await;
    market.broker.renew_standby_lists().await.unwrap();
    id
}

async fn asked(
    market: &TestBroker,
    customer: &OpContext,
    service: ContractId,
    key: &str,
) -> SecuringId {
    catch_up(market);
    let request = SecureRequest {
        instances: 2,
        strategy: None,
        limit: None,
        idempotency_key: key.to_owned(),
    };
    market.broker.secure(customer, service, &request).await.unwrap()
}

async fn ended(market: &TestBroker, customer: &OpContext, id: SecuringId) -> SecuringView {
    let begun = Instant::now();
    loop {
        let view = market.broker.securing(customer, id).await.unwrap();
        if view.state != "searching" {
            return view;
        }
        assert!(begun.elapsed() < PATIENCE, "does not end: {view:#?}");
        tokio::time::sleep(LOOK).await;
    }
}

async fn securing_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    let service = service(&market, &customer).await;
    for place in hardest(places(&market, "secure")) {
        let data = tempfile::tempdir().unwrap();
        let hold = Hold { place: &place, until: None };
        let id = asked(&market, &customer, service, &place).await;
        let first = BrokerProcess::start(&market, &data.path().join("first"), Some(hold));
        first.wait_until_held(&place);
        first.kill();
        let second = BrokerProcess::start(&market, &data.path().join("second"), None);
        let view = ended(&market, &customer, id).await;
        assert_eq!(view.state, "secured", "killed at {place}: {view:#?}");
        assert_eq!(view.rows.iter().map(|row| row.place.taken).sum::<i64>(), 2, "{place}");
        assert!(!view.parts.is_empty());
        for part in &view.parts {
            runs_once(&market, &*market.driver(), &customer, part.id, &place).await;
        }
        second.kill();
        catch_up(&market);
        market.broker.give_back_secured(&customer, id).await.unwrap();
        market.run_workflows().await;
        for part in &view.parts {
            assert!(lent(&*market.driver(), part.id).await.is_empty(), "{place}");
        }
    }
    runs_once(&market, &*market.driver(), &customer, service, "the service itself").await;
    market.finish().await;
}

/// The desk cancels when what is secured is being set up.
async fn undone_securing_survives(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let service = service(&market, &customer).await;
    let before = "activate_contract/verify/acted";
    for place in hardest(places_of_undo(&market, "secure")) {
        let data = tempfile::tempdir().unwrap();
        let id = asked(&market, &customer, service, &place).await;
        let hold = Hold { place: before, until: None };
        let first = BrokerProcess::start(&market, &data.path().join("first"), Some(hold));
        first.wait_until_held(before);
        let all = market.broker.workflows(&desk, None, None, 50).await.unwrap().items;
        let run = all.into_iter().find(|run| run.subject == id.to_string()).unwrap();
        market.broker.cancel_workflow(&desk, run.id, "a drill").await.unwrap();
        first.kill();
        let hold = Hold { place: &place, until: None };
        let second = BrokerProcess::start(&market, &data.path().join("second"), Some(hold));
        second.wait_until_held(&place);
        second.kill();
        let third = BrokerProcess::start(&market, &data.path().join("third"), None);
        let view = ended(&market, &customer, id).await;
        assert_eq!(view.state, "failed", "killed at {place}: {view:#?}");
        for part in &view.parts {
            assert_ne!(part.state, ContractState::Active, "{place}: {view:#?}");
            assert!(lent(&*market.driver(), part.id).await.is_empty(), "{place}");
        }
        third.kill();
    }
    runs_once(&market, &*market.driver(), &customer, service, "the service itself").await;
    market.finish().await;
}

crate::on_both!(
    securing_survives => f7_4_4_kill_9_at_every_step_of_securing_ends_with_just_what_was_asked_for,
    undone_securing_survives => f7_4_4_kill_9_while_securing_is_undone_leaves_nothing_secured,
);
