//! Broker or cloud are killed while a lifeline takes room of a service, and while that gets it back: the lifeline runs
//! once, and the service comes back whole, with what users wrote.

use broker::OpContext;
use broker::contracts::{Plan, Sign};
use broker::preemption::{AgreePreemption, NOTICE_MIN_US, PreemptionRow};
use broker::requirements::RequirementSource;
use domain::{ContractId, ContractState, PreemptionState, Role};
use provider_api::Driver;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::{Engine, TestBroker, customer_of, driver_to};

use crate::broker_dies::kill_at;
use crate::processes::{BrokerProcess, CloudProcess, Hold, PATIENCE};
use crate::story::{
    OFFER, catch_up, hardest, lent, places, runs_once, wait_for_end, wait_for_trouble,
};

const TAKE: &str = "preempt_service";
const BACK: &str = "return_room";
const ROOM: i64 = 4;
const NOTE: &str = "written-before-the-disaster";
const LOOK: Duration = Duration::from_millis(100);

/// A service that fills its cloud, and whose customer agreed to give room.
struct Scene {
    market: TestBroker,
    customer: OpContext,
    hospital: OpContext,
    gives: ContractId,
}

impl Scene {
    async fn open(market: TestBroker) -> Self {
        let customer = market.person(Role::Customer).await;
        let hospital = customer_of(&market, "hospital").await;
        catch_up(&market);
        let gives = sign(&market, &customer, (ROOM, "gives"), None).await;
        market.run_workflows().await;
        let wish = AgreePreemption { notice_us: NOTICE_MIN_US, keep_instances: 0 };
        market.broker.agree_preemption(&customer, gives, wish).await.unwrap();
        let scene = Self { market, customer, hospital, gives };
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let form = client.build().unwrap().post(format!("{}/notes", scene.address().await));
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(form.body(format!("note={NOTE}")).send().await.unwrap().status(), 303);
        scene
    }

    async fn address(&self) -> String {
        let page = self.market.page(&self.customer, self.gives).await;
        page.card.address.unwrap().trim_end_matches('/').to_owned()
    }

    /// A lifeline was signed, found no room and told the service, whose customer lets it begin.
    async fn asked(&self, key: &str) -> ContractId {
        catch_up(&self.market);
        let priority = Some(sla::Priority::Lifeline);
        let lifeline = sign(&self.market, &self.hospital, (3, key), priority).await;
        self.market.settle().await;
        catch_up(&self.market);
        self.market.broker.hasten_preemption(&self.customer, self.gives).await.unwrap();
        lifeline
    }

    async fn row(&self) -> PreemptionRow {
        let view = self.market.broker.preemption(&self.customer, self.gives).await.unwrap();
        view.gave.into_iter().next().unwrap()
    }

    async fn until(&self, what: &str, is: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        while !is().await {
            assert!(begun.elapsed() < PATIENCE, "{what}: {:?}", self.row().await);
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn until_active(&self, lifeline: ContractId, place: &str) {
        let state = async || self.market.state(&self.hospital, lifeline).await;
        self.until(place, async || state().await == ContractState::Active).await;
    }

    async fn release(&self, lifeline: ContractId) {
        catch_up(&self.market);
        self.market.broker.release(&self.hospital, lifeline).await.unwrap();
    }

    /// The lifeline is gone, and the service has everything as before.
    async fn until_whole(&self, driver: &dyn Driver, lifeline: ContractId, place: &str) {
        let returned = async || self.row().await.state == PreemptionState::Returned;
        self.until(place, returned).await;
        let released =
            async || self.market.state(&self.hospital, lifeline).await == ContractState::Released;
        self.until(place, released).await;
        assert_eq!(lent(driver, lifeline).await, [], "{place}");
        runs_once(&self.market, driver, &self.customer, self.gives, place).await;
        let found = driver.list(&self.gives.to_string()).await.unwrap().remove(0);
        let running = found.instances.iter().filter(|one| one.running).count();
        assert_eq!((running, i64::from(found.resources.compute.count)), (4, ROOM), "{place}");
        let shown = reqwest::get(self.address().await).await.unwrap().text().await.unwrap();
        assert!(shown.contains(NOTE), "{place}");
        assert!(self.row().await.owed.is_some_and(|owed| owed.minor > 0), "{place}");
    }
}

async fn sign(
    market: &TestBroker,
    ctx: &OpContext,
    (machines, key): (i64, &str),
    priority: Option<sla::Priority>,
) -> ContractId {
    let mut need = market.broker.templates()[0].requirement.clone();
    let lifeline = priority.is_some();
    need.spec.priority = priority;
    let need = RequirementSource::Text(sla::to_yaml(&need));
    let offer = market.offer(OFFER).await;
    let quote = market.broker.quote(ctx, offer, &need).await.unwrap();
    let sign = Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement: need,
        service_name: "service".to_owned(),
        // The service has all the bandwidth there is, and has to stand still to give of it.
        plan: Some(Plan {
            instances: machines,
            network_mbps: if lifeline { quote.plan.network_mbps } else { ROOM * 100 },
            ..quote.plan
        }),
        shown_price: None,
        starts_at: None,
        idempotency_key: key.to_owned(),
    };
    market.broker.sign(ctx, sign).await.unwrap()
}

async fn preemption_survives_the_broker(engine: Engine) {
    let scene = Scene::open(TestBroker::with_real_time_cloud(engine, ROOM).await).await;
    let driver: Arc<dyn Driver> = scene.market.driver();
    for place in hardest(places(&scene.market, TAKE)) {
        let lifeline = scene.asked(&place).await;
        let data = tempfile::tempdir().unwrap();
        let process = kill_at(&scene.market, engine, data.path(), &place).await;
        let state = wait_for_end(&scene.market, &scene.customer, scene.gives, TAKE).await;
        assert_eq!(state, "done", "killed at {place}");
        scene.until_active(lifeline, &place).await;
        assert_eq!(scene.row().await.state, PreemptionState::Taken, "{place}");
        runs_once(&scene.market, &*driver, &scene.hospital, lifeline, &place).await;
        scene.release(lifeline).await;
        scene.until_whole(&*driver, lifeline, &place).await;
        process.kill();
    }
    for place in hardest(places(&scene.market, BACK)) {
        let lifeline = scene.asked(&place).await;
        let data = tempfile::tempdir().unwrap();
        let first = BrokerProcess::start(&scene.market, &data.path().join("takes"), None);
        scene.until_active(lifeline, &place).await;
        first.kill();
        scene.release(lifeline).await;
        let process = kill_at(&scene.market, engine, data.path(), &place).await;
        let state = wait_for_end(&scene.market, &scene.customer, scene.gives, BACK).await;
        assert_eq!(state, "done", "killed at {place}");
        scene.until_whole(&*driver, lifeline, &place).await;
        process.kill();
    }
    scene.market.finish().await;
}

/// The broker stands still at the place; the cloud is killed there; the broker goes on and finds nobody; the cloud comes
/// back.
async fn preemption_survives_the_cloud(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let mut cloud = CloudProcess::start_with_room(&folder.path().join("cloud"), ROOM);
    let market = TestBroker::beside_cloud(engine, cloud.connection()).await;
    let scene = Scene::open(market).await;
    let all = [TAKE, BACK].map(|kind| (kind, hardest(places(&scene.market, kind))));
    for (kind, place) in
        all.into_iter().flat_map(|(kind, all)| all.into_iter().map(move |it| (kind, it)))
    {
        let lifeline = scene.asked(&place).await;
        let data = folder.path().join(place.replace('/', "-"));
        if kind == BACK {
            let first = BrokerProcess::start(&scene.market, &data.join("takes"), None);
            scene.until_active(lifeline, &place).await;
            first.kill();
            scene.release(lifeline).await;
        }
        let go_on = data.join("go-on");
        let hold = Hold { place: &place, until: Some(&go_on) };
        let process = BrokerProcess::start(&scene.market, &data.join("holds"), Some(hold));
        process.wait_until_held(&place);
        cloud.kill();
        std::fs::write(&go_on, "").unwrap();
        wait_for_trouble(&scene.market, &scene.customer, &[scene.gives], kind).await;
        cloud.start_again();
        if kind == TAKE {
            scene.until_active(lifeline, &place).await;
            scene.release(lifeline).await;
        }
        let driver = driver_to(cloud.connection());
        scene.until_whole(&*driver, lifeline, &place).await;
        process.kill();
    }
    cloud.kill();
    scene.market.finish().await;
}

crate::on_both!(
    preemption_survives_the_broker => f7_4_6_kill_9_of_the_broker_at_every_step_of_a_preemption_takes_and_returns_once,
    preemption_survives_the_cloud => f7_4_6_kill_9_of_the_cloud_at_every_step_of_a_preemption_takes_and_returns_once,
);
