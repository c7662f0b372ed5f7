//! The marketplace under test and the few things stories do with it.

use crate::cloud::{TestCloud, zones};
use crate::parts::{HttpDrivers, encrypts, probe_policy};
use broker::accounts::SignUp;
use broker::admissions::{Answer, Application};
use broker::contracts::{Adopt, ContractPage, OrderMember, Plan, Sign, SignOrder};
use broker::requirements::RequirementSource;
use broker::seed::{DEMO_PASSWORD, DEMO_PEOPLE, DemoClouds};
use broker::{Broker, BrokerConfig, BrokerError, BrokerParts, OpContext, SealingKey};
use domain::{
    AdmissionEvent, CheckAnswer, Clock, ContractId, ContractState, DurationUs, ManualClock,
    OfferId, OrderId, Role, SequentialIds, Timestamp,
};
use provider_api::{
    Allocation, AllocationCommand, AllocationId, Call, ComputeSpec, ConfirmCommand, Driver,
    EndpointKind, HoldCommand, HoldRequest, HttpProbe, IdempotencyKey, NetworkSpec, Quota,
    ResizeCommand, ResizeRequest, ResourceGroup, StartCommand, StartRequest, StorageSpec, Zone,
};
use std::sync::Arc;
use std::time::Duration;
use storage::testing::{Engine, TestDatabase};
use workflow::EngineConfig;

/// Turns of the engine before a story counts as stuck.
const TURNS_MAX: usize = 2_000;
/// The story's first moment: 2026-11-22T00:00:00Z.
const START: Timestamp = Timestamp::from_seconds(1_795_305_600);
/// Seals the test clouds' tokens; a second process over the same database is given it too.
pub const SEALING_KEY: [u8; 32] = [7; 32];
/// How long a test service may take to answer.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// A marketplace with the demo market and, if wanted, a cloud behind its first provider.
#[derive(Debug)]
pub struct TestBroker {
    /// The market.
    pub broker: Broker,
    /// Stands still until it is moved.
    pub clock: Arc<ManualClock>,
    /// The cloud behind `hokusei`, if there is one.
    pub cloud: Option<TestCloud>,
    /// Where everything is stored.
    pub database: TestDatabase,
}

impl TestBroker {
    /// The demo market without any cloud: everything is catalogue only.
    pub async fn catalogue(engine: Engine) -> Self {
        Self::build(engine, None).await
    }

    /// The demo market with a cloud behind `hokusei` that has room for `instances` machines in
    /// each of its two regions, and has told them.
    pub async fn with_cloud(engine: Engine, instances: i64) -> Self {
        let market = Self::build(engine, Some((&zones(), instances))).await;
        market.broker.look_at_clouds().await.expect("look at the cloud");
        market
    }

    /// The same with a cloud that holds nothing and charges 500 yen for what is cancelled before the start.
    pub async fn with_booking_cloud(engine: Engine, instances: i64) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let clock_of_cloud: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let securing = crate::cloud::booking_at_once();
        let cloud = TestCloud::start_securing(&zones(), instances, clock_of_cloud, securing).await;
        let market = Self::assemble(engine, clock, Some(cloud)).await;
        market.broker.look_at_clouds().await.expect("look at the cloud");
        market
    }

    /// The same with a cloud that names its own prices when it is asked for room: yen for each processor a month.
    pub async fn with_pricing_cloud(engine: Engine, instances: i64, vcpu_minor: i64) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let clock_of_cloud: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let prices = reference_cloud::UnitPrices {
            currency: "JPY".to_owned(),
            vcpu_minor,
            ram_gb_minor: 0,
            storage_gb_minor: 0,
        };
        let pricing = |config: &mut reference_cloud::CloudConfig| config.prices = Some(prices);
        let cloud = TestCloud::start_with(&zones(), instances, clock_of_cloud, pricing).await;
        let market = Self::assemble(engine, clock, Some(cloud)).await;
        market.broker.look_at_clouds().await.expect("look at the cloud");
        market
    }

    /// The same with other zones, which the broker has not heard of yet.
    pub async fn with_zones(engine: Engine, zones: &[Zone], instances: i64) -> Self {
        Self::build(engine, Some((zones, instances))).await
    }

    /// The same for stories with a second process: the cloud runs on real time, and the market's
    /// clock begins at the present.
    pub async fn with_real_time_cloud(engine: Engine, instances: i64) -> Self {
        let now = reference_cloud::SystemClock.now();
        let clock = Arc::new(ManualClock::new(now));
        let cloud =
            TestCloud::start(&zones(), instances, Arc::new(reference_cloud::SystemClock)).await;
        Self::assemble(engine, clock, Some(cloud)).await
    }

    /// The same with a cloud that holds nothing.
    pub async fn with_real_time_booking_cloud(engine: Engine, instances: i64) -> Self {
        let clock = Arc::new(ManualClock::new(reference_cloud::SystemClock.now()));
        let real: Arc<dyn Clock> = Arc::new(reference_cloud::SystemClock);
        let securing = crate::cloud::booking_at_once();
        let cloud = TestCloud::start_securing(&zones(), instances, real, securing).await;
        Self::assemble(engine, clock, Some(cloud)).await
    }

    /// The demo market on real time with a cloud behind `hokusei` that the story runs itself.
    pub async fn beside_cloud(engine: Engine, connection: (String, String)) -> Self {
        let clock = Arc::new(ManualClock::new(reference_cloud::SystemClock.now()));
        let clouds = [("hokusei".to_owned(), connection)].into();
        Self::open(engine, clock, None, clouds).await
    }

    async fn build(engine: Engine, cloud: Option<(&[Zone], i64)>) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let cloud = match cloud {
            Some((zones, instances)) => {
                let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
                Some(TestCloud::start(zones, instances, clock).await)
            }
            None => None,
        };
        Self::assemble(engine, clock, cloud).await
    }

    async fn assemble(engine: Engine, clock: Arc<ManualClock>, cloud: Option<TestCloud>) -> Self {
        let clouds = cloud.iter().map(|cloud| ("hokusei".to_owned(), cloud.connection())).collect();
        Self::open(engine, clock, cloud, clouds).await
    }

    async fn open(
        engine: Engine,
        clock: Arc<ManualClock>,
        cloud: Option<TestCloud>,
        clouds: DemoClouds,
    ) -> Self {
        encrypts();
        let database = TestDatabase::create(engine).await;
        let clock_of_parts: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let parts = broker_parts(&database, clock_of_parts, 1);
        let broker = Broker::open(parts).await.expect("open the broker");
        broker.seed_demo(&OpContext::system("seed"), &clouds).await.expect("seed the demo market");
        Self { broker, clock, cloud, database }
    }

    /// Signed in as the demo person of a role.
    pub async fn person(&self, role: Role) -> OpContext {
        person(&self.broker, role).await
    }

    /// A published offer of the demo market by the name in its document.
    pub async fn offer(&self, name: &str) -> OfferId {
        offer_named(&self.broker, name).await
    }

    /// Signs the offer for the first sample service.
    pub async fn sign(
        &self,
        ctx: &OpContext,
        offer: &str,
        key: &str,
    ) -> Result<ContractId, BrokerError> {
        let offer = self.offer(offer).await;
        let page = self.broker.offer(ctx, offer).await?;
        self.broker.sign(ctx, order(offer, page.card.version, None, key)).await
    }

    /// The same in a region that is named, with the quantities of the quote.
    pub async fn sign_in(
        &self,
        ctx: &OpContext,
        offer: &str,
        region: &str,
        key: &str,
    ) -> Result<ContractId, BrokerError> {
        let offer = self.offer(offer).await;
        let quote = self.broker.quote(ctx, offer, &need()).await?;
        let plan = Plan { region: region.to_owned(), ..quote.plan };
        let sign = order(offer, quote.ranked.card.version, Some(plan), key);
        self.broker.sign(ctx, sign).await
    }

    /// Adopts what runs at the cloud under an offer, for the first sample service.
    pub async fn adopt(
        &self,
        ctx: &OpContext,
        offer: &str,
        allocation: &str,
        key: &str,
    ) -> Result<ContractId, BrokerError> {
        let offer = self.offer(offer).await;
        let page = self.broker.offer(ctx, offer).await?;
        let sign = order(offer, page.card.version, None, key);
        let adopt = Adopt { sign, allocation: allocation.to_owned() };
        self.broker.adopt(ctx, adopt).await
    }

    /// Signs several offers together for the first sample service.
    pub async fn sign_order(
        &self,
        ctx: &OpContext,
        offers: &[&str],
        key: &str,
    ) -> Result<OrderId, BrokerError> {
        let mut members = Vec::new();
        for name in offers {
            let offer = self.offer(name).await;
            let offer_version = self.broker.offer(ctx, offer).await?.card.version;
            members.push(OrderMember { offer, offer_version, plan: None, shown_price: None });
        }
        let sign = SignOrder {
            members,
            requirement: need(),
            service_name: "証明サービス".to_owned(),
            idempotency_key: key.to_owned(),
        };
        self.broker.sign_order(ctx, sign).await
    }

    /// Drives all workflows until they end or need a person, moving the clock over their pauses.
    pub async fn run_workflows(&self) {
        self.run_workflows_within(DurationUs::MAX).await;
    }

    /// The same, but what waits for longer than that is left waiting.
    pub async fn run_workflows_within(&self, pause_us: DurationUs) {
        let parts = self.broker.engine_parts(EngineConfig::by_clock());
        let engine = workflow::Engine::new(parts).expect("engine");
        for _ in 0..TURNS_MAX {
            engine.run_until_idle(TURNS_MAX).await.expect("the log is available");
            let Some(wake) = engine.next_wake().await.expect("the log is available") else {
                return;
            };
            let pause = wake.since(self.clock.now());
            if pause > pause_us {
                return;
            }
            self.clock.advance_us(pause.max(1));
        }
        panic!("the workflows do not come to rest");
    }

    /// Does what is due now and leaves what waits.
    pub async fn settle(&self) {
        let parts = self.broker.engine_parts(EngineConfig::by_clock());
        let engine = workflow::Engine::new(parts).expect("engine");
        engine.run_until_idle(TURNS_MAX).await.expect("the log is available");
    }

    /// The contract as the customer sees it.
    pub async fn page(&self, ctx: &OpContext, id: ContractId) -> ContractPage {
        self.broker.contract(ctx, id).await.expect("the contract is readable")
    }

    /// Where the contract stands.
    pub async fn state(&self, ctx: &OpContext, id: ContractId) -> ContractState {
        self.page(ctx, id).await.card.state
    }

    /// A driver of the test cloud, past the broker.
    #[must_use]
    pub fn driver(&self) -> Arc<dyn Driver> {
        self.cloud.as_ref().expect("the story has a cloud").driver()
    }

    /// What the cloud ever held for the contract.
    pub async fn allocations(&self, id: ContractId) -> Vec<Allocation> {
        self.driver().list(&id.to_string()).await.expect("list allocations")
    }

    /// A service that runs at the cloud under a contract's label and that nobody knows of, as a call
    /// that arrives late leaves one.
    pub async fn leave_behind(&self, id: ContractId, key: &str) -> AllocationId {
        self.run_elsewhere(&id.to_string(), key).await
    }

    /// A small service that somebody made at the cloud under a label of their own, past the broker.
    pub async fn run_elsewhere(&self, label: &str, key: &str) -> AllocationId {
        let driver = self.driver();
        let mut turn = 0_u32;
        let mut call = || {
            turn += 1;
            let key = format!("late-{}-{turn}", key.replace('/', "-"));
            Call { key: IdempotencyKey::parse(key).expect("a key"), epoch: 1 }
        };
        let request = HoldRequest {
            label: label.to_owned(),
            region: region_of(&*driver).await,
            resources: ResourceGroup {
                compute: ComputeSpec { count: 1, vcpu: 1, ram_mb: 256 },
                storage: StorageSpec { gb: 1 },
                network: NetworkSpec { mbps: 10, endpoint: EndpointKind::Http },
            },
            links: Vec::new(),
            ttl_seconds: Some(60),
        };
        let held = driver.hold(HoldCommand { call: call(), request }).await.expect("the cloud");
        let allocation_id = held.id;
        let quota = Quota { storage_bytes: Some(1_000_000_000) };
        let confirm = ConfirmCommand { call: call(), allocation_id: allocation_id.clone(), quota };
        driver.confirm(confirm).await.expect("the cloud");
        let request = StartRequest {
            application: Some("demo".to_owned()),
            image: None,
            service_name: "late".to_owned(),
            settings: std::collections::BTreeMap::new(),
            values: std::collections::BTreeMap::new(),
        };
        let start = StartCommand { call: call(), allocation_id: allocation_id.clone(), request };
        driver.start(start).await.expect("the cloud");
        allocation_id
    }

    /// Somebody at the provider stops the service, past the broker.
    pub async fn stop_by_hand(&self, id: ContractId, key: &str) {
        let allocation = self.allocations(id).await.pop().expect("an allocation");
        let key = format!("hand-{}", key.replace('/', "-"));
        let call =
            Call { key: IdempotencyKey::parse(key).expect("a key"), epoch: allocation.epoch };
        let stop = AllocationCommand { call, allocation_id: allocation.id };
        self.driver().stop(stop).await.expect("the cloud");
    }

    /// Somebody at the provider lends the service another number of machines, past the broker.
    pub async fn resize_by_hand(&self, id: ContractId, key: &str, machines: u32) {
        let allocation = self.allocations(id).await.pop().expect("an allocation");
        let key = IdempotencyKey::parse(format!("hand-{key}")).expect("a key");
        let call = Call { key, epoch: allocation.epoch };
        let mut resources = allocation.resources;
        resources.compute.count = machines;
        let request = ResizeRequest { resources, quota: Quota::default() };
        let resize = ResizeCommand { call, allocation_id: allocation.id, request };
        self.driver().resize(resize).await.expect("the cloud");
    }

    /// Ends the story; fails when a workflow is left over.
    pub async fn finish(self) {
        let ctx = self.person(Role::Broker).await;
        for state in ["running", "undoing", "parked"] {
            let left = self.broker.workflows(&ctx, Some(state), None, 10).await.expect("workflows");
            assert!(left.items.is_empty(), "left over: {:?}", left.items);
        }
        if let Some(cloud) = self.cloud {
            cloud.shutdown().await;
        }
        self.database.remove().await;
    }
}

/// Signed in as the demo person of a role.
pub async fn person(broker: &Broker, role: Role) -> OpContext {
    let person = DEMO_PEOPLE.iter().find(|person| person.role == role).expect("demo person");
    let stranger = OpContext::stranger("test");
    let viewer = broker.sign_in(&stranger, person.email, DEMO_PASSWORD).await;
    OpContext::person(viewer.expect("the demo person signs in"), "test")
}

/// A published offer of the demo market by the name in its document.
pub async fn offer_named(broker: &Broker, name: &str) -> OfferId {
    let ctx = OpContext::stranger("test");
    let query = broker::market::MarketQuery {
        text: name.replace('-', " "),
        per_page: 100,
        ..Default::default()
    };
    for card in broker.browse(&ctx, &query).await.expect("browse").items {
        let page = broker.offer(&ctx, card.id).await.expect("offer");
        if page.document.metadata.name == name {
            return card.id;
        }
    }
    panic!("the demo market has no offer named {name}");
}

/// The first sample service.
fn need() -> RequirementSource {
    RequirementSource::Template("certificate-service".to_owned())
}

fn order(offer: OfferId, offer_version: i64, plan: Option<Plan>, key: &str) -> Sign {
    Sign {
        offer,
        offer_version,
        requirement: need(),
        service_name: "証明サービス".to_owned(),
        plan,
        shown_price: None,
        starts_at: None,
        idempotency_key: key.to_owned(),
    }
}

/// A second customer, of another organisation.
pub async fn customer_of(market: &TestBroker, organisation: &str) -> OpContext {
    customer_of_broker(&market.broker, organisation).await
}

/// The same where the market is not a [`TestBroker`].
pub async fn customer_of_broker(broker: &Broker, organisation: &str) -> OpContext {
    let form = SignUp {
        email: format!("person@{organisation}.example"),
        password: DEMO_PASSWORD.to_owned(),
        name: "Person".to_owned(),
        organisation: organisation.to_owned(),
        role: "customer".to_owned(),
    };
    let viewer = broker.sign_up(&OpContext::stranger("test"), form).await;
    OpContext::person(viewer.expect("signs up"), "test")
}

/// A provider that signs up; it is not admitted.
pub async fn provider_of(market: &TestBroker, organisation: &str) -> OpContext {
    let form = SignUp {
        email: format!("person@{organisation}.example"),
        password: DEMO_PASSWORD.to_owned(),
        name: "Person".to_owned(),
        organisation: organisation.to_owned(),
        role: "provider".to_owned(),
    };
    let viewer = market.broker.sign_up(&OpContext::stranger("test"), form).await;
    OpContext::person(viewer.expect("signs up"), "test")
}

/// A provider applies, and a broker finds everything in order and admits it.
pub async fn admit(broker: &Broker, desk: &OpContext, provider: &OpContext) {
    let read = broker.my_admission(provider).await.expect("an admission");
    let application =
        Application { statement: "a provider".to_owned(), links: Vec::new(), send: true };
    let mut found = broker
        .apply_for_admission(provider, &application, read.revision)
        .await
        .expect("the provider applies");
    let slug = found.card.slug.clone();
    let begin = (AdmissionEvent::Begin, "");
    found = broker.turn_admission(desk, &slug, begin, found.revision).await.expect("begins");
    let asked: Vec<String> = found.missing().map(|line| line.check.key.clone()).collect();
    for check in asked {
        let answer = Answer { check, answer: CheckAnswer::Met, note: "seen".to_owned() };
        found = broker
            .answer_admission_check(desk, &slug, &answer, found.revision)
            .await
            .expect("the check is answered");
    }
    let admit = (AdmissionEvent::Admit, "");
    broker.turn_admission(desk, &slug, admit, found.revision).await.expect("is admitted");
}

/// What a broker under test is made of: the real clients of clouds and services, allowed to reach this machine.
#[must_use]
pub fn broker_parts(database: &TestDatabase, clock: Arc<dyn Clock>, workers: usize) -> BrokerParts {
    BrokerParts {
        db: database.db.clone(),
        clock,
        ids: Arc::new(SequentialIds::new(7)),
        drivers: Arc::new(HttpDrivers),
        probe: Arc::new(HttpProbe::new(PROBE_LIMIT, probe_policy()).expect("probe")),
        channels: broker::ports::Channels::default(),
        config: BrokerConfig {
            workers,
            monitor_interval_seconds: 1,
            // A week, as in `serve`.
            examine_interval_seconds: 604_800,
            price_days_max: 90,
            admission_required: true,
            lease_seconds: 30,
            // The least that Argon2 takes: stories are about other things.
            password_memory_kib: 8,
            index_dir: None,
            dictionary_dir: None,
            sealing_key: SealingKey(SEALING_KEY),
        },
    }
}

/// The first region of a cloud.
async fn region_of(driver: &dyn Driver) -> String {
    let capabilities = driver.capabilities().await.expect("the cloud");
    capabilities.zones.first().expect("a zone").zone.region.clone()
}
