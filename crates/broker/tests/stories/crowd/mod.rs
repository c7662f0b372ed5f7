//! A crowd: many activations at once against three clouds that have not room for all. In `make test` a small
//! one; a run at night plays a thousand (`KUMOICHI_CROWD`).

mod clouds;
mod trouble;

use crate::on_both;
use broker::contracts::Sign;
use broker::requirements::RequirementSource;
use broker::seed::DemoClouds;
use broker::{Broker, OpContext};
use clouds::{CrowdCloud, Trouble};
use domain::{ContractId, ContractState, Role, WorkflowId};
use provider_api::{
    ComputeSpec, DiscoverRequest, EndpointKind, NetworkSpec, ResourceGroup, ResourceState,
    StorageSpec,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::contracts::find_head;
use testkit::{Engine, HastyDrivers, SystemClock, TestDatabase};
use tokio_util::sync::CancellationToken;

/// The variable with the number of contracts.
const CROWD_VARIABLE: &str = "KUMOICHI_CROWD";
/// Contracts where nothing is said.
const CROWD: usize = 30;
/// Six of ten find room.
const ROOM_OF_TEN: usize = 6;
const WORKERS: usize = 8;
/// Contracts signed at the same moment.
const AT_ONCE: usize = 16;
/// How long the whole may take for each contract.
const LIMIT: Duration = Duration::from_secs(4);
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Provider, offer and region.
const STALLS: [(&str, &str, &str, &str); 3] = [
    ("hokusei", "hokusei-standard-iaas", "jp-sapporo-1", "JP"),
    ("minato", "minato-burst-compute", "jp-tokyo-e3", "JP"),
    ("rheinland", "rheinland-sovereign-iaas", "eu-fra-1", "DE"),
];

/// The market of the crowd, on real time.
struct Crowd {
    broker: Broker,
    clouds: Vec<CrowdCloud>,
    database: TestDatabase,
    customer: OpContext,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<Result<(), broker::BrokerError>>,
}

impl Crowd {
    /// Opens a market with three clouds that have room for so many contracts each.
    async fn open(engine: Engine, room: usize) -> Self {
        testkit::encrypts();
        let mut clouds = Vec::new();
        for (_, _, region, country) in STALLS {
            clouds.push(CrowdCloud::start(region, country, room).await);
        }
        let database = TestDatabase::create(engine).await;
        let mut parts = testkit::broker_parts(&database, Arc::new(SystemClock), WORKERS);
        // Nobody watches the crowd while it is counted.
        parts.drivers = Arc::new(HastyDrivers { patience: trouble::PATIENCE });
        parts.config.monitor_interval_seconds = 3_600;
        let broker = Broker::open(parts).await.unwrap();
        let pairs = STALLS.iter().zip(&clouds);
        let connections: DemoClouds =
            pairs.map(|((slug, ..), cloud)| ((*slug).to_owned(), cloud.connection())).collect();
        broker.seed_demo(&OpContext::system("crowd"), &connections).await.unwrap();
        broker.look_at_clouds().await.unwrap();
        let customer = testkit::person(&broker, Role::Customer).await;
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (broker, stop) = (broker.clone(), stop.clone());
            async move { broker.run(stop).await }
        });
        Self { broker, clouds, database, customer, stop, running }
    }

    /// Signs contracts with these numbers, in turns with the three providers, many at the same moment.
    async fn sign(&self, numbers: std::ops::Range<usize>) -> Vec<ContractId> {
        let mut offers = Vec::new();
        for (_, offer, ..) in STALLS {
            let id = testkit::offer_named(&self.broker, offer).await;
            let page = self.broker.offer(&self.customer, id).await.unwrap();
            offers.push((id, page.card.version));
        }
        let mut signed = Vec::new();
        let numbers: Vec<usize> = numbers.collect();
        for numbers in numbers.chunks(AT_ONCE) {
            let sign = numbers.iter().map(|number| {
                let (offer, offer_version) = offers[number % offers.len()];
                let order = Sign {
                    offer,
                    offer_version,
                    requirement: RequirementSource::Template("certificate-service".to_owned()),
                    service_name: format!("service {number}"),
                    plan: None,
                    shown_price: None,
                    starts_at: None,
                    idempotency_key: format!("crowd {number}"),
                };
                self.broker.sign(&self.customer, order)
            });
            let ids = futures::future::join_all(sign).await;
            signed.extend(ids.into_iter().map(Result::unwrap));
        }
        signed
    }

    /// Waits until no activation is under way; yields how each contract stands and why.
    async fn settled(&self, contracts: &[ContractId]) -> Heads {
        let limit = LIMIT * u32::try_from(contracts.len()).unwrap();
        let begun = Instant::now();
        loop {
            let mut tx = self.database.db.begin_read().await.unwrap();
            let mut heads = BTreeMap::new();
            for id in contracts {
                let head = find_head(&mut tx, *id).await.unwrap().unwrap();
                heads.insert(*id, (head.state, head.failure.unwrap_or_default()));
            }
            drop(tx);
            let under_way =
                heads.values().filter(|(state, _)| *state == ContractState::Activating).count();
            if under_way == 0 {
                return heads;
            }
            assert!(begun.elapsed() < limit, "{under_way} activations are still under way");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How many were refused by order.
    async fn refused(&self, contracts: &[ContractId]) -> usize {
        let heads = self.settled(contracts).await;
        heads.values().filter(|(_, why)| why == "refused").count()
    }

    /// What the three clouds say that they hold or lend, by contract.
    async fn books(&self, contracts: &[ContractId]) -> BTreeMap<ContractId, Vec<ResourceState>> {
        let mut books: BTreeMap<ContractId, Vec<ResourceState>> = BTreeMap::new();
        for cloud in &self.clouds {
            let driver = cloud.driver();
            for id in contracts {
                let all = driver.list(&id.to_string()).await.unwrap();
                let lent = all.iter().map(|it| it.state).filter(|state| state.takes_capacity());
                books.entry(*id).or_default().extend(lent);
            }
        }
        books
    }

    /// Ends it; fails when a workflow needs a person.
    async fn finish(self) {
        let desk = testkit::person(&self.broker, Role::Broker).await;
        let stuck = self.broker.workflows(&desk, Some("needs_attention"), None, 10).await.unwrap();
        let stuck: Vec<WorkflowId> = stuck.items.iter().map(|card| card.id).collect();
        assert!(stuck.is_empty(), "{stuck:?}");
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
        drop(self.broker);
        for cloud in self.clouds {
            cloud.shutdown().await;
        }
        self.database.remove().await;
    }
}

/// So many contracts, and room for so many at each cloud.
fn size() -> (usize, usize) {
    let contracts = std::env::var(CROWD_VARIABLE).ok().and_then(|text| text.parse().ok());
    let contracts = contracts.unwrap_or(CROWD);
    (contracts, contracts * ROOM_OF_TEN / 10 / STALLS.len())
}

/// How everybody stands and why.
type Heads = BTreeMap<ContractId, (ContractState, String)>;

/// Exactly the room is taken, everybody else is refused and knows why, and the clouds' books say the same.
async fn compare(crowd: &Crowd, contracts: &[ContractId], room: usize, refused: usize) -> Heads {
    let heads = crowd.settled(contracts).await;
    for cloud in &crowd.clouds {
        cloud.suffer(Trouble::default()).await;
    }
    let books = crowd.books(contracts).await;
    let count = |wanted: &str| heads.values().filter(|(_, why)| why == wanted).count();
    assert_eq!(count(""), room * STALLS.len(), "{heads:?}");
    assert_eq!(count("refused"), refused, "{heads:?}");
    assert_eq!(count("no_capacity"), contracts.len() - room * STALLS.len() - refused, "{heads:?}");
    for (id, (state, why)) in &heads {
        match state {
            ContractState::Active => assert_eq!(books[id], [ResourceState::Active], "{id}"),
            ContractState::Failed => {
                assert!(!why.is_empty(), "{id} does not say why");
                assert!(books[id].is_empty(), "{id} failed and the cloud has {:?}", books[id]);
            }
            other => panic!("{id} is {other}"),
        }
    }
    for (cloud, (_, _, region, _)) in crowd.clouds.iter().zip(STALLS) {
        let request =
            DiscoverRequest { region: region.to_owned(), resources: smallest(), links: Vec::new() };
        let free = cloud.driver().discover(&request).await.unwrap().free;
        assert_eq!(free.instances, 0, "{region}: all is lent, and to nobody else");
    }
    heads
}

/// Whoever comes to clouds that lost room, have a full disk and lost a volume is refused; everybody else keeps his place.
async fn come_too_late(crowd: &Crowd, first: usize, heads: &Heads) {
    let active = heads.iter().filter(|(_, (state, _))| *state == ContractState::Active);
    let active: Vec<ContractId> = active.map(|(id, _)| *id).collect();
    for cloud in &crowd.clouds {
        let driver = cloud.driver();
        let mut volume = None;
        for id in &active {
            let lent = driver.list(&id.to_string()).await.unwrap();
            volume = volume.or(lent.first().map(|lent| lent.id.0.clone()));
        }
        let switches = trouble::after_the_rush(volume);
        cloud.suffer(Trouble { switches, ..Trouble::default() }).await;
    }
    let late = crowd.sign(first..first + STALLS.len()).await;
    for (id, (state, why)) in crowd.settled(&late).await {
        assert_eq!((state, why.as_str()), (ContractState::Failed, "no_capacity"), "{id}");
    }
    for cloud in &crowd.clouds {
        cloud.suffer(Trouble::default()).await;
    }
    let books = crowd.books(&late).await;
    assert!(books.values().all(Vec::is_empty), "{books:?}");
    for (id, lent) in crowd.books(&active).await {
        assert_eq!(lent.len(), 1, "{id} has {lent:?}");
    }
}

/// What to ask a zone about.
fn smallest() -> ResourceGroup {
    ResourceGroup {
        compute: ComputeSpec { count: 1, vcpu: 1, ram_mb: 256 },
        storage: StorageSpec { gb: 1 },
        network: NetworkSpec { mbps: 1, endpoint: EndpointKind::Http },
    }
}

async fn f7_4_4_of_a_crowd_as_many_are_active_as_there_is_room_and_the_rest_is_refused(
    engine: Engine,
) {
    let (contracts, room) = size();
    let crowd = Crowd::open(engine, room).await;
    let signed = crowd.sign(0..contracts).await;
    compare(&crowd, &signed, room, 0).await;
    crowd.finish().await;
}

async fn f7_4_4_the_same_holds_while_one_of_a_hundred_calls_goes_wrong_in_every_way(
    engine: Engine,
) {
    let (contracts, room) = size();
    let crowd = Crowd::open(engine, room).await;
    for cloud in &crowd.clouds {
        cloud.suffer(trouble::of_every_kind()).await;
    }
    let signed = crowd.sign(0..contracts).await;
    crowd.settled(&signed).await;
    let refused = crowd.refused(&signed).await;
    assert!(refused >= STALLS.len(), "each cloud refused somebody");
    let heads = compare(&crowd, &signed, room, refused).await;
    for (cloud, (slug, ..)) in crowd.clouds.iter().zip(STALLS) {
        let (crashes, moments) = cloud.suffered();
        assert!(crashes >= 2, "{slug} died {crashes} times");
        assert!(moments >= 1, "{slug} had {moments} moments of trouble");
    }
    come_too_late(&crowd, contracts, &heads).await;
    crowd.finish().await;
}

on_both!(
    f7_4_4_of_a_crowd_as_many_are_active_as_there_is_room_and_the_rest_is_refused,
    f7_4_4_the_same_holds_while_one_of_a_hundred_calls_goes_wrong_in_every_way,
);
