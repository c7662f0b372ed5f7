//! Broker or one of the two clouds are killed while a service is moved: it is moved once, with what users wrote, or runs
//! where it was.

use broker::OpContext;
use broker::changes::Move;
use broker::contracts::Sign;
use broker::requirements::RequirementSource;
use domain::{ChangeState, ContractId, ContractState, Role};
use std::sync::Arc;
use testkit::{Engine, SystemClock, TestBroker, TestCloud, driver_to, offer_named, zone};

use crate::broker_dies::{held, kill_at};
use crate::processes::{BrokerProcess, CloudProcess, Hold};
use crate::story::{
    catch_up, hardest, lent, places, places_of_undo, runs_once, wait_for_end, wait_for_trouble,
};

const KIND: &str = "move_contract";
const OLD_OFFER: &str = "hokusei-standard-iaas";
const NEW: (&str, &str, &str) = ("minato", "minato-burst-compute", "jp-tokyo-e3");
const NOTE: &str = "written-before-the-move";
/// A need that both offers contain.
const NEED: &str = "
apiVersion: sla.kumoichi/v1alpha1
kind: QualityRequirement
metadata: {name: anywhere, version: 1, title: {en: Anywhere, ja: どこでも}}
spec:
  userRegions: [JP]
  profiles:
    normal:
      items:
        - {item: availability.service_uptime, op: gte, value: 0.9, level: must, weight: 1}
";

/// Connects a second provider to a cloud.
async fn connect(market: &TestBroker, (url, token): &(String, String)) {
    let system = OpContext::system("kill");
    let id = market.broker.provider(&system, NEW.0).await.unwrap().card.id;
    market.broker.connect_provider(&system, id, url, token).await.unwrap();
    market.broker.vouch_for(&system, id, url).await.unwrap();
    market.broker.look_at_clouds().await.unwrap();
}

/// A service at the first cloud that somebody wrote to, and its move, asked for.
async fn asked(market: &TestBroker, ctx: &OpContext, key: &str) -> ContractId {
    catch_up(market);
    let need = RequirementSource::Text(NEED.to_owned());
    let offer = offer_named(&market.broker, OLD_OFFER).await;
    let quote = market.broker.quote(ctx, offer, &need).await.unwrap();
    let sign = Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement: need,
        service_name: "moved".to_owned(),
        plan: Some(quote.plan),
        shown_price: None,
        starts_at: None,
        idempotency_key: key.to_owned(),
    };
    let id = market.broker.sign(ctx, sign).await.unwrap();
    market.run_workflows().await;
    let address = market.page(ctx, id).await.card.address.unwrap();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let form = client.build().unwrap().post(format!("{}/notes", address.trim_end_matches('/')));
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.body(format!("note={NOTE}")).send().await.unwrap().status(), 303);
    catch_up(market);
    let offer = offer_named(&market.broker, NEW.1).await;
    let offer_version = market.broker.offer(ctx, offer).await.unwrap().card.version;
    let wish = Move {
        offer,
        offer_version,
        region: Some(NEW.2.to_owned()),
        carries_data: true,
        finish_by: None,
        shown_price: None,
        from: None,
        idempotency_key: key.to_owned(),
    };
    market.broker.move_to(ctx, id, wish).await.unwrap();
    id
}

async fn notes(market: &TestBroker, ctx: &OpContext, id: ContractId) -> String {
    let address = market.page(ctx, id).await.card.address.unwrap();
    reqwest::get(address).await.unwrap().text().await.unwrap()
}

async fn moving_survives_the_broker(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 4).await;
    let second = TestCloud::start(&[zone(NEW.2, "JP")], 4, Arc::new(SystemClock)).await;
    connect(&market, &second.connection()).await;
    let customer = market.person(Role::Customer).await;
    for place in hardest(places(&market, KIND)) {
        let id = asked(&market, &customer, &place).await;
        let data = tempfile::tempdir().unwrap();
        let process = kill_at(&market, engine, data.path(), &place).await;
        assert_eq!(wait_for_end(&market, &customer, id, KIND).await, "done", "killed at {place}");
        process.kill();
        runs_once(&market, &*second.driver(), &customer, id, &place).await;
        assert_eq!(lent(&*market.driver(), id).await, [], "{place}");
        assert!(notes(&market, &customer, id).await.contains(NOTE), "{place}");
        let old = market.cloud.as_ref().unwrap();
        assert_eq!(old.files_with(NOTE), Vec::<std::path::PathBuf>::new(), "{place}");
        let change = market.page(&customer, id).await.changes.remove(0);
        assert_eq!(change.state, ChangeState::Done, "{place}");
        released(&market, &customer, id).await;
    }
    second.shutdown().await;
    market.finish().await;
}

async fn undone_moving_survives_the_broker(engine: Engine) {
    let market = TestBroker::with_real_time_cloud(engine, 4).await;
    let second = TestCloud::start(&[zone(NEW.2, "JP")], 4, Arc::new(SystemClock)).await;
    connect(&market, &second.connection()).await;
    let customer = market.person(Role::Customer).await;
    let desk = market.person(Role::Broker).await;
    let last = "move_contract/verify/acted";
    for place in hardest(places_of_undo(&market, KIND)) {
        let id = asked(&market, &customer, &place).await;
        let data = tempfile::tempdir().unwrap();
        let process =
            BrokerProcess::start(&market, &data.path().join("cancelled"), Some(held(last)));
        process.wait_until_held(last);
        let timelines = market.broker.timelines(&customer, id).await.unwrap();
        let run = timelines.into_iter().find(|timeline| timeline.kind == KIND).unwrap();
        market.broker.cancel_workflow(&desk, run.id, "a drill").await.unwrap();
        process.kill();
        let process = kill_at(&market, engine, data.path(), &place).await;
        assert_eq!(wait_for_end(&market, &customer, id, KIND).await, "undone", "{place}");
        process.kill();
        runs_once(&market, &*market.driver(), &customer, id, &place).await;
        assert_eq!(lent(&*second.driver(), id).await, [], "{place}");
        assert_eq!(second.files_with(NOTE), Vec::<std::path::PathBuf>::new(), "{place}");
        assert!(notes(&market, &customer, id).await.contains(NOTE), "{place}");
        released(&market, &customer, id).await;
    }
    second.shutdown().await;
    market.finish().await;
}

/// Each of the two clouds is killed at every step and comes back over what it kept.
async fn moving_survives_the_clouds(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let mut old = CloudProcess::start(&folder.path().join("old"));
    let mut new = CloudProcess::start_in(&folder.path().join("new"), NEW.2);
    let market = TestBroker::beside_cloud(engine, old.connection()).await;
    connect(&market, &new.connection()).await;
    let customer = market.person(Role::Customer).await;
    for (at, place) in hardest(places(&market, KIND)).into_iter().enumerate() {
        let id = asked(&market, &customer, &place).await;
        let data = folder.path().join(format!("broker-{at}"));
        let go_on = data.join("go-on");
        let process =
            BrokerProcess::start(&market, &data, Some(Hold { place: &place, until: Some(&go_on) }));
        process.wait_until_held(&place);
        // One after the other, so that each meets both.
        let dies = if at % 2 == 0 { &mut old } else { &mut new };
        dies.kill();
        std::fs::write(&go_on, "").unwrap();
        wait_for_trouble(&market, &customer, &[id], KIND).await;
        dies.start_again();
        let state = wait_for_end(&market, &customer, id, KIND).await;
        process.kill();
        let (here, there) = (driver_to(old.connection()), driver_to(new.connection()));
        match state.as_str() {
            "done" => {
                runs_once(&market, &*there, &customer, id, &place).await;
                assert_eq!(lent(&*here, id).await, [], "{place}");
            }
            "undone" => {
                runs_once(&market, &*here, &customer, id, &place).await;
                assert_eq!(lent(&*there, id).await, [], "{place}");
            }
            other => panic!("{place}: {other}"),
        }
        assert!(notes(&market, &customer, id).await.contains(NOTE), "{place}");
        released(&market, &customer, id).await;
    }
    old.kill();
    new.kill();
    market.finish().await;
}

async fn released(market: &TestBroker, ctx: &OpContext, id: ContractId) {
    catch_up(market);
    market.broker.release(ctx, id).await.unwrap();
    market.run_workflows().await;
    assert_eq!(market.state(ctx, id).await, ContractState::Released);
}

crate::on_both!(
    moving_survives_the_broker => uc5_3_kill_9_of_the_broker_at_every_step_of_a_move_moves_once,
    undone_moving_survives_the_broker => uc5_3_kill_9_while_a_move_is_undone_leaves_the_service_where_it_was,
    moving_survives_the_clouds => uc5_3_kill_9_of_either_cloud_at_every_step_of_a_move_leaves_one_service,
);
