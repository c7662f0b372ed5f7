//! The cloud is killed while a broker works with it, and comes back over what it kept.

use broker::OpContext;
use domain::{ContractId, Role};
use testkit::{Engine, TestBroker, driver_to};

use crate::processes::{BrokerProcess, CloudProcess, Hold};
use crate::story::{
    OFFER, catch_up, hardest, is_released, places, release, runs_once, wait_for_end,
    wait_for_trouble,
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
    async fn kill_cloud_at(&mut self, id: ContractId, place: &str) {
        let kind = place.split('/').next().unwrap();
        let data = self.folder.path().join(place.replace('/', "-"));
        let go_on = data.join("go-on");
        let hold = Hold { place, until: Some(&go_on) };
        let process = BrokerProcess::start(&self.market, &data, Some(hold));
        process.wait_until_held(place);
        self.cloud.kill();
        std::fs::write(&go_on, "").unwrap();
        wait_for_trouble(&self.market, &self.customer, id, kind).await;
        self.cloud.start_again();
        let state = wait_for_end(&self.market, &self.customer, id, kind).await;
        assert_eq!(state, "done", "the cloud was killed at {place}");
        process.kill();
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
        pair.kill_cloud_at(id, &place).await;
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
        pair.kill_cloud_at(id, &place).await;
        pair.released(id, &place).await;
    }
    pair.finish().await;
}

crate::on_both!(
    activation_survives => a_cloud_killed_at_every_step_of_activation_ends_with_exactly_one_set,
    release_survives => a_cloud_killed_at_every_step_of_release_ends_released_and_erased,
);
