//! The cloud is killed while a broker works with it, and comes back over what it kept.

use broker::OpContext;
use domain::{ContractId, ContractState, Role};
use testkit::{Engine, TestBroker, driver_to};

use crate::processes::{BrokerProcess, CloudProcess, Hold};
use crate::story::{
    OFFER, catch_up, hardest, has_size, is_released, lent, one_of, places, places_of_undo, release,
    runs_once, scale, wait_for_end, wait_for_trouble,
};

/// A market, and a cloud that is a process of its own.
struct Pair {
    market: TestBroker,
    customer: OpContext,
    cloud: CloudProcess,
    folder: tempfile::TempDir,
}

impl Pair {
    async fn open(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cloud = CloudProcess::start(&folder.path().join("cloud"));
        let market = TestBroker::beside_cloud(engine, cloud.connection()).await;
        let customer = market.person(Role::Customer).await;
        Self { market, customer, cloud, folder }
    }

    /// The broker stands still at the place; the cloud is killed there; the broker goes on and finds
    /// nobody; the cloud comes back.
    async fn kill_cloud_at(&mut self, ids: &[ContractId], place: &str) {
        let kind = place.split('/').next().unwrap();
        let data = self.folder.path().join(place.replace('/', "-"));
        let go_on = data.join("go-on");
        let hold = Hold { place, until: Some(&go_on) };
        let process = BrokerProcess::start(&self.market, &data, Some(hold));
        process.wait_until_held(place);
        self.cloud.kill();
        std::fs::write(&go_on, "").unwrap();
        wait_for_trouble(&self.market, &self.customer, ids, kind).await;
        self.cloud.start_again();
        let state = wait_for_end(&self.market, &self.customer, ids[0], kind).await;
        assert_eq!(state, "done", "the cloud was killed at {place}");
        process.kill();
    }

    /// The same while it is undone: the desk cancels when everything stands.
    async fn kill_cloud_in_undo_at(&mut self, id: ContractId, place: &str) {
        let (last, kind) = ("activate_contract/verify/acted", "activate_contract");
        let data = self.folder.path().join(place.replace('/', "-"));
        let first =
            BrokerProcess::start(&self.market, &data, Some(Hold { place: last, until: None }));
        first.wait_until_held(last);
        let workflow = self.market.broker.timelines(&self.customer, id).await.unwrap()[0].id;
        let desk = self.market.person(Role::Broker).await;
        self.market.broker.cancel_workflow(&desk, workflow, "a drill").await.unwrap();
        first.kill();
        let go_on = data.join("go-on");
        let hold = Hold { place, until: Some(&go_on) };
        let second = BrokerProcess::start(&self.market, &data, Some(hold));
        second.wait_until_held(place);
        self.cloud.kill();
        std::fs::write(&go_on, "").unwrap();
        wait_for_trouble(&self.market, &self.customer, &[id], kind).await;
        self.cloud.start_again();
        let state = wait_for_end(&self.market, &self.customer, id, kind).await;
        assert_eq!(state, "undone", "the cloud was killed at {place}");
        second.kill();
    }

    async fn released(&self, id: ContractId, place: &str) {
        let driver = driver_to(self.cloud.connection());
        let kept = |volume: &str| self.cloud.volume_exists(volume);
        is_released(&self.market, &*driver, &self.customer, id, kept, place).await;
    }

    async fn finish(mut self) {
        self.cloud.kill();
        self.market.finish().await;
    }
}

async fn activation_survives(engine: Engine) {
    let mut pair = Pair::open(engine).await;
    for place in hardest(places(&pair.market, "activate_contract")) {
        catch_up(&pair.market);
        let id = pair.market.sign(&pair.customer, OFFER, &place).await.unwrap();
        pair.kill_cloud_at(&[id], &place).await;
        let driver = driver_to(pair.cloud.connection());
        runs_once(&pair.market, &*driver, &pair.customer, id, &place).await;
        // Its services outlive the cloud; the story ends them.
        release(&pair.market, &pair.customer, id).await;
        pair.market.run_workflows().await;
        pair.released(id, &place).await;
    }
    pair.finish().await;
}

async fn release_survives(engine: Engine) {
    let mut pair = Pair::open(engine).await;
    for place in hardest(places(&pair.market, "release_contract")) {
        catch_up(&pair.market);
        let id = pair.market.sign(&pair.customer, OFFER, &place).await.unwrap();
        pair.market.run_workflows().await;
        release(&pair.market, &pair.customer, id).await;
        pair.kill_cloud_at(&[id], &place).await;
        pair.released(id, &place).await;
    }
    pair.finish().await;
}

async fn scaling_survives(engine: Engine) {
    let mut pair = Pair::open(engine).await;
    let id = pair.market.sign(&pair.customer, OFFER, "scaled").await.unwrap();
    pair.market.run_workflows().await;
    for (turn, place) in hardest(places(&pair.market, "scale_contract")).into_iter().enumerate() {
        let size = if turn % 2 == 0 { 2 } else { 1 };
        let plan = scale(&pair.market, &pair.customer, id, size).await;
        pair.kill_cloud_at(&[id], &place).await;
        let driver = driver_to(pair.cloud.connection());
        runs_once(&pair.market, &*driver, &pair.customer, id, &place).await;
        has_size(&pair.market, &*driver, (&pair.customer, id), &plan, &place).await;
    }
    release(&pair.market, &pair.customer, id).await;
    pair.market.run_workflows().await;
    pair.released(id, "scaled").await;
    pair.finish().await;
}

async fn undo_survives(engine: Engine) {
    let mut pair = Pair::open(engine).await;
    for place in one_of(places_of_undo(&pair.market, "activate_contract")) {
        catch_up(&pair.market);
        let id = pair.market.sign(&pair.customer, OFFER, &place).await.unwrap();
        pair.kill_cloud_in_undo_at(id, &place).await;
        let state = pair.market.state(&pair.customer, id).await;
        assert_eq!(state, ContractState::Failed, "{place}");
        let driver = driver_to(pair.cloud.connection());
        assert!(lent(&*driver, id).await.is_empty(), "{place}");
    }
    pair.finish().await;
}

async fn order_survives(engine: Engine) {
    let mut pair = Pair::open(engine).await;
    let of_first = |place: &String| place.split('/').nth(1).unwrap().ends_with("_1");
    let places = places(&pair.market, "activate_order_of_2").into_iter().filter(of_first);
    for place in one_of(places.collect()) {
        catch_up(&pair.market);
        let offers = [OFFER, "hokusei-standard-iaas"];
        let order = pair.market.sign_order(&pair.customer, &offers, &place).await.unwrap();
        let order = pair.market.broker.order(&pair.customer, order).await.unwrap();
        let ids: Vec<ContractId> = order.contracts.iter().map(|card| card.id).collect();
        pair.kill_cloud_at(&ids, &place).await;
        for id in ids {
            let driver = driver_to(pair.cloud.connection());
            runs_once(&pair.market, &*driver, &pair.customer, id, &place).await;
            release(&pair.market, &pair.customer, id).await;
            pair.market.run_workflows().await;
            pair.released(id, &place).await;
        }
    }
    pair.finish().await;
}

crate::on_both!(
    activation_survives => a_cloud_killed_at_every_step_of_activation_ends_with_exactly_one_set,
    scaling_survives => a_cloud_killed_at_every_step_of_scaling_ends_with_the_new_size_once,
    undo_survives => a_cloud_killed_while_everything_is_taken_back_keeps_nothing,
    order_survives => a_cloud_killed_in_an_order_of_two_ends_with_one_set_for_each,
    release_survives => a_cloud_killed_at_every_step_of_release_ends_released_and_erased,
);
