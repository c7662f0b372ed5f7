//! Several contracts at several clouds, all or none (F7.4.4): also when one cloud dies, loses its answers or lies
//! between the hold and the booking.

use crate::on_both;
use broker::contracts::{OrderMember, SignOrder};
use broker::ports::Drivers;
use broker::requirements::RequirementSource;
use broker::seed::DemoClouds;
use broker::{Broker, BrokerError, BrokerParts, OpContext};
use domain::{Clock, ContractId, ContractState, ManualClock, OrderId, Role, Timestamp};
use futures::future::BoxFuture;
use provider_api::ResourceState;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use testkit::{Engine, Securing, TestCloud, TestDatabase, customer_of_broker, zone};
use workflow::{EngineConfig, Fault, Faults, Moment, Phase, Point, Tick};

/// Provider, offer, region and the country that its cloud says.
pub(crate) const STALLS: [(&str, &str, &str, &str); 3] = [
    ("hokusei", "hokusei-standard-iaas", "jp-sapporo-1", "JP"),
    ("minato", "minato-burst-compute", "jp-tokyo-e3", "JP"),
    ("rheinland", "rheinland-sovereign-iaas", "eu-fra-1", "DE"),
];
const START: Timestamp = Timestamp::from_seconds(1_795_305_600);
/// Turns before a story counts as stuck.
const TURNS_MAX: usize = 2_000;

/// Three providers with a cloud each.
pub(crate) struct Trio {
    pub broker: Broker,
    pub clock: Arc<ManualClock>,
    pub clouds: Vec<TestCloud>,
    pub database: TestDatabase,
    pub customer: OpContext,
}

impl Trio {
    /// The second cloud says that it is in `country`.
    pub async fn open(engine: Engine, room: i64, country: &str) -> Self {
        Self::open_through(engine, room, country, Arc::new(testkit::HttpDrivers)).await
    }

    /// The same with other drivers on the way to the clouds.
    pub async fn open_through(
        engine: Engine,
        room: i64,
        country: &str,
        drivers: Arc<dyn Drivers>,
    ) -> Self {
        Self::open_with(engine, room, country, (drivers, &[])).await
    }

    /// The clouds named by their places hold nothing and charge 500 yen for what is cancelled.
    pub async fn booking(engine: Engine, room: i64, at_once: &[usize]) -> Self {
        let trio =
            Self::open_with(engine, room, "JP", (Arc::new(testkit::HttpDrivers), at_once)).await;
        trio.broker.look_at_clouds().await.unwrap();
        trio
    }

    async fn open_with(
        engine: Engine,
        room: i64,
        country: &str,
        (drivers, at_once): (Arc<dyn Drivers>, &[usize]),
    ) -> Self {
        testkit::encrypts();
        let clock = Arc::new(ManualClock::new(START));
        let mut clouds = Vec::new();
        for (at, (_, _, region, own)) in STALLS.into_iter().enumerate() {
            let zones = [zone(region, if at == 1 { country } else { own })];
            let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
            let securing = match at_once.contains(&at) {
                true => testkit::booking_at_once(),
                false => Securing::Holding,
            };
            clouds.push(TestCloud::start_securing(&zones, room, clock, securing).await);
        }
        let database = TestDatabase::create(engine).await;
        let clock_of_parts: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let parts = testkit::broker_parts(&database, clock_of_parts, 0);
        let parts = BrokerParts { drivers, ..parts };
        let broker = Broker::open(parts).await.unwrap();
        let pairs = STALLS.iter().zip(&clouds);
        let connections: DemoClouds =
            pairs.map(|((slug, ..), cloud)| ((*slug).to_owned(), cloud.connection())).collect();
        broker.seed_demo(&OpContext::system("orders"), &connections).await.unwrap();
        let customer = testkit::person(&broker, Role::Customer).await;
        Self { broker, clock, clouds, database, customer }
    }

    pub async fn order(&self, stalls: &[usize], key: &str) -> SignOrder {
        let mut members = Vec::new();
        for at in stalls {
            let offer = testkit::offer_named(&self.broker, STALLS[*at].1).await;
            let card = self.broker.offer(&self.customer, offer).await.unwrap().card;
            let offer_version = card.version;
            members.push(OrderMember { offer, offer_version, plan: None, shown_price: None });
        }
        SignOrder {
            members,
            requirement: RequirementSource::Template("certificate-service".to_owned()),
            service_name: "証明サービス".to_owned(),
            idempotency_key: key.to_owned(),
        }
    }

    pub async fn sign(&self, stalls: &[usize], key: &str) -> OrderId {
        let order = self.order(stalls, key).await;
        self.broker.sign_order(&self.customer, order).await.unwrap()
    }

    /// Drives all workflows to their end, moving the clock over their pauses.
    pub async fn run(&self, faults: Arc<dyn Faults>) {
        let parts = self.broker.engine_parts(EngineConfig::by_clock());
        let engine = workflow::Engine::with_faults(parts, faults).unwrap();
        for _ in 0..TURNS_MAX {
            if engine.tick_once().await.unwrap() != Tick::Idle {
                continue;
            }
            let Some(wake) = engine.next_wake().await.unwrap() else { return };
            self.clock.advance_us(wake.since(self.clock.now()).max(1));
        }
        panic!("the workflows do not end");
    }

    /// How each contract of the order stands, and why.
    pub async fn states(&self, order: OrderId) -> Vec<(ContractId, ContractState, Option<String>)> {
        let mut states = Vec::new();
        for card in self.broker.order(&self.customer, order).await.unwrap().contracts {
            let page = self.broker.contract(&self.customer, card.id).await.unwrap();
            assert_eq!(page.order, Some(order));
            states.push((card.id, page.card.state, page.failure));
        }
        states
    }

    /// What the clouds hold or lend for a contract.
    pub async fn lent(&self, contract: ContractId) -> Vec<ResourceState> {
        let mut lent = Vec::new();
        for cloud in &self.clouds {
            let all = cloud.driver().list(&contract.to_string()).await.unwrap();
            lent.extend(all.iter().map(|it| it.state).filter(|state| state.takes_capacity()));
        }
        lent
    }

    pub async fn finish(self) {
        let desk = testkit::person(&self.broker, Role::Broker).await;
        let stuck = self.broker.workflows(&desk, Some("needs_attention"), None, 10).await.unwrap();
        assert!(stuck.items.is_empty(), "{:?}", stuck.items);
        drop(self.broker);
        for cloud in self.clouds {
            cloud.shutdown().await;
        }
        self.database.remove().await;
    }
}

/// Turns a cloud's switches when the workflow comes to a place, and back when it begins to undo.
#[derive(Debug)]
pub(crate) struct Drill {
    place: (&'static str, Moment),
    /// The step that begins when the trouble is over, beside any undo.
    until: &'static str,
    switches: Value,
    admin: (String, &'static str),
    turned: Mutex<bool>,
}

impl Drill {
    pub fn at(
        cloud: &TestCloud,
        step: &'static str,
        moment: Moment,
        switches: Value,
    ) -> Arc<dyn Faults> {
        Self::between(cloud, (step, moment), "", switches)
    }

    /// The same; the trouble is over when the step `until` begins.
    pub fn between(
        cloud: &TestCloud,
        place: (&'static str, Moment),
        until: &'static str,
        switches: Value,
    ) -> Arc<dyn Faults> {
        let turned = Mutex::new(false);
        Arc::new(Self { place, until, switches, admin: cloud.admin(), turned })
    }
}

impl Faults for Drill {
    fn at(&self, _: &Point<'_>) -> Fault {
        Fault::Pass
    }

    fn gate(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        let mut turned = self.turned.lock().unwrap();
        let begins = (point.step, point.moment) == self.place && point.phase == Phase::Forward;
        let switches = match (begins, point.phase, *turned) {
            (true, _, false) => self.switches.clone(),
            (_, Phase::Undo, true) => json!({}),
            (_, _, true) if point.step == self.until => json!({}),
            _ => return None,
        };
        *turned = begins;
        let (url, token) = self.admin.clone();
        Some(Box::pin(async move {
            let client = reqwest::Client::new();
            let put = client.put(format!("{url}/switches")).bearer_auth(token).json(&switches);
            assert_eq!(put.send().await.unwrap().status(), 200);
        }))
    }
}

async fn f7_4_4_three_services_at_three_clouds_are_set_up_together_and_end_one_by_one(
    engine: Engine,
) {
    let trio = Trio::open(engine, 1, "JP").await;
    let order = trio.sign(&[0, 1, 2], "one").await;
    // Sent twice, it is the same order; with other contents it is none.
    assert_eq!(trio.sign(&[0, 1, 2], "one").await, order);
    let other = trio.order(&[0, 1], "one").await;
    let refused = trio.broker.sign_order(&trio.customer, other).await;
    assert!(matches!(refused, Err(BrokerError::SignedBefore { .. })), "{refused:?}");
    trio.run(Arc::new(workflow::testing::Script::default())).await;

    let states = trio.states(order).await;
    assert_eq!(states.len(), 3);
    for (contract, state, failure) in &states {
        assert_eq!((*state, failure), (ContractState::Active, &None));
        assert_eq!(trio.lent(*contract).await, [ResourceState::Active]);
        // The timeline is that of this contract, in the words of one that is set up alone.
        let run = trio.broker.timelines(&trio.customer, *contract).await.unwrap().remove(0);
        let names: Vec<&str> = run.steps.iter().map(|step| step.name.as_str()).collect();
        let stages =
            ["plan", "discover", "hold", "reserve", "confirm", "start", "probe", "allow", "verify"];
        assert_eq!(names, stages);
    }
    let (first, ..) = states[0];
    trio.broker.release(&trio.customer, first).await.unwrap();
    trio.run(Arc::new(workflow::testing::Script::default())).await;
    let after: Vec<ContractState> =
        trio.states(order).await.iter().map(|(_, state, _)| *state).collect();
    assert_eq!(after, [ContractState::Released, ContractState::Active, ContractState::Active]);
    let stranger = customer_of_broker(&trio.broker, "rival").await;
    let refused = trio.broker.order(&stranger, order).await;
    assert!(matches!(refused, Err(BrokerError::NotFound { .. })), "{refused:?}");
    trio.finish().await;
}

/// None is active, nothing is held or lent, and only the one in the way says what it was.
pub(crate) async fn none_is_left(trio: &Trio, order: OrderId, reason: &str) {
    for (at, (contract, state, failure)) in trio.states(order).await.into_iter().enumerate() {
        assert_eq!(state, ContractState::Failed, "contract {at}: {failure:?}");
        let expected = if at == 1 { reason } else { "order_undone" };
        assert_eq!(failure.as_deref(), Some(expected), "contract {at}");
        assert_eq!(trio.lent(contract).await, [], "contract {at}");
    }
}

async fn f7_4_4_a_cloud_that_dies_between_hold_and_booking_leaves_nothing_at_any(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    let order = trio.sign(&[0, 1, 2], "one").await;
    let gone = json!({"outage": true});
    trio.run(Drill::at(&trio.clouds[1], "confirm_2", Moment::Started, gone)).await;
    none_is_left(&trio, order, "cloud_answer_lost").await;
    // There is room for the next one.
    let again = trio.sign(&[0, 1, 2], "two").await;
    trio.run(Arc::new(workflow::testing::Script::default())).await;
    let states = trio.states(again).await;
    assert!(states.iter().all(|(_, state, _)| *state == ContractState::Active), "{states:?}");
    trio.finish().await;
}

async fn f7_4_4_a_cloud_that_acts_and_never_answers_leaves_nothing_at_any(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    for step in ["hold_2", "confirm_2", "start_2", "allow_2"] {
        let order = trio.sign(&[0, 1, 2], step).await;
        let lost = json!({"lostAnswerPerMille": 1_000});
        trio.run(Drill::at(&trio.clouds[1], step, Moment::Started, lost)).await;
        none_is_left(&trio, order, "cloud_answer_lost").await;
    }
    trio.finish().await;
}

/// Looks at an order whenever something of it is undone.
struct Watching {
    drill: Arc<dyn Faults>,
    order: (Broker, OpContext, OrderId),
    seen: Arc<Mutex<Vec<bool>>>,
}

impl std::fmt::Debug for Watching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watching").finish_non_exhaustive()
    }
}

impl Faults for Watching {
    fn at(&self, _: &Point<'_>) -> Fault {
        Fault::Pass
    }

    fn gate(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        let drill = self.drill.gate(point);
        if point.phase != Phase::Undo {
            return drill;
        }
        let ((broker, ctx, order), seen) = (self.order.clone(), Arc::clone(&self.seen));
        Some(Box::pin(async move {
            if let Some(drill) = drill {
                drill.await;
            }
            let undoing = broker.order(&ctx, order).await.unwrap().undoing;
            seen.lock().unwrap().push(undoing);
        }))
    }
}

async fn an_order_tells_that_it_is_being_undone_while_it_is(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    let order = trio.sign(&[0, 1, 2], "one").await;
    let undoing = async || trio.broker.order(&trio.customer, order).await.unwrap().undoing;
    assert!(!undoing().await, "it has just begun");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let gone = json!({"outage": true});
    let faults = Watching {
        drill: Drill::at(&trio.clouds[1], "confirm_2", Moment::Started, gone),
        order: (trio.broker.clone(), trio.customer.clone(), order),
        seen: Arc::clone(&seen),
    };
    trio.run(Arc::new(faults)).await;
    let seen = seen.lock().unwrap().clone();
    // The last looks come when all of it is undone.
    let told = seen.iter().take_while(|undoing| **undoing).count();
    assert!(told > 3 && seen[told..].iter().all(|undoing| !undoing), "{seen:?}");
    none_is_left(&trio, order, "cloud_answer_lost").await;
    assert!(!undoing().await, "it is over");
    trio.finish().await;
}

async fn f7_4_4_a_cloud_that_lies_about_its_place_leaves_nothing_at_any(engine: Engine) {
    let trio = Trio::open(engine, 1, "KR").await;
    let order = trio.sign(&[0, 1, 2], "one").await;
    trio.run(Arc::new(workflow::testing::Script::default())).await;
    none_is_left(&trio, order, "wrong_country").await;
    trio.finish().await;
}

async fn f7_4_4_without_room_at_one_cloud_none_is_set_up(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    let alone = trio.sign(&[1, 0], "first").await;
    trio.run(Arc::new(workflow::testing::Script::default())).await;
    // Its second contract has taken the room of the first cloud; the other two clouds would have some.
    assert!(trio.states(alone).await.iter().all(|(_, state, _)| *state == ContractState::Active));
    let order = trio.sign(&[2, 1], "second").await;
    trio.run(Arc::new(workflow::testing::Script::default())).await;
    none_is_left(&trio, order, "no_capacity").await;
    trio.finish().await;
}

async fn what_is_wrong_with_an_order_is_told_at_its_field_and_nothing_is_written(engine: Engine) {
    let trio = Trio::open(engine, 1, "JP").await;
    let sign = async |order: SignOrder| {
        let refused = trio.broker.sign_order(&trio.customer, order).await;
        let Err(BrokerError::Invalid(faults)) = refused else { panic!("{refused:?}") };
        faults.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
    };
    assert_eq!(sign(trio.order(&[0], "a").await).await, ["/members"]);
    assert_eq!(sign(trio.order(&[0, 0], "b").await).await, ["/members"]);
    let mut order = trio.order(&[0, 1], "c").await;
    order.service_name = " ".to_owned();
    let quote = trio.broker.quote(&trio.customer, order.members[1].offer, &order.requirement).await;
    let mut plan = quote.unwrap().plan;
    plan.instances = 99;
    order.members[1].plan = Some(plan);
    assert_eq!(sign(order).await, ["/serviceName", "/members/1/plan/instances"]);
    let mut order = trio.order(&[0, 1], "long").await;
    order.service_name = "x".repeat(79);
    let Err(BrokerError::Invalid(faults)) = trio.broker.sign_order(&trio.customer, order).await
    else {
        panic!("a name of 79 characters was taken")
    };
    assert_eq!((faults.len(), faults[0].code.as_str()), (1, "text_too_long"));
    assert_eq!(faults[0].allowed, "1 to 78 characters, no invisible characters");
    let provider = testkit::person(&trio.broker, Role::Provider).await;
    let refused = trio.broker.sign_order(&provider, trio.order(&[0, 1], "d").await).await;
    assert!(matches!(refused, Err(BrokerError::WrongRole)), "{refused:?}");
    let mine = trio.broker.contracts(&trio.customer, None, 10).await.unwrap();
    assert!(mine.items.is_empty());
    trio.finish().await;
}

on_both!(
    f7_4_4_three_services_at_three_clouds_are_set_up_together_and_end_one_by_one,
    f7_4_4_a_cloud_that_dies_between_hold_and_booking_leaves_nothing_at_any,
    f7_4_4_a_cloud_that_acts_and_never_answers_leaves_nothing_at_any,
    an_order_tells_that_it_is_being_undone_while_it_is,
    f7_4_4_a_cloud_that_lies_about_its_place_leaves_nothing_at_any,
    f7_4_4_without_room_at_one_cloud_none_is_set_up,
    what_is_wrong_with_an_order_is_told_at_its_field_and_nothing_is_written,
);
