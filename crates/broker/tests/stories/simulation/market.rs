//! The market of one seed: the real broker and its real workflows over a database in memory, two
//! programs that run them, and the modelled cloud.

use super::rules;
use super::wire::Wire;
use broker::accounts::SignUp;
use broker::contracts::Sign;
use broker::providers::ProviderEntry;
use broker::requirements::RequirementSource;
use broker::{Broker, BrokerConfig, BrokerParts, OpContext, SealingKey};
use domain::{
    Clock, ContractId, ContractState, ManualClock, OfferId, Role, SequentialIds, Timestamp,
};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock};
use storage::contracts;
use testkit::modelled::{Cloud, Modelled, Request, Told};
use workflow::testing::simulation::{Dice, MakeParts, Network, Simulation, Weather};
use workflow::{EngineConfig, Rule, Step, Undo, WorkflowDefinition, WorkflowState};

/// 2026-11-22T00:00:00Z.
const START: Timestamp = Timestamp::from_seconds(1_795_305_600);
/// The first offer of the demo market, whose text is the first document of its file.
const OFFERS: &str = include_str!("../../../demo/offers/hokusei.yaml");
/// Contracts of one seed, and instances of the cloud: not every contract finds room.
const CONTRACTS_MAX: usize = 3;
const ROOM: i64 = 2;
/// Events while things go wrong, and how many more it may take to end everything.
const EVENTS: usize = 350;
const CALM_EVENTS: usize = 5_000;

/// A rule that is broken on purpose, to see that the simulation notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// A rule of the engine.
    Engine(Rule),
    /// What `confirm` booked is given back neither by its own undo nor by that of `hold`, which takes down
    /// whatever it finds.
    UndoSkipped,
}

/// One seed's market.
pub struct Market {
    pub broker: Broker,
    pub wire: Wire,
    pub clock: Arc<ManualClock>,
    pub contracts: Vec<ContractId>,
    customer: OpContext,
    offer: OfferId,
}

pub type Sim = Simulation<Broker, Request, Told>;

impl Market {
    pub async fn open(seed: u64) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let cloud = Cloud::new(Arc::<ManualClock>::clone(&clock), ROOM);
        let wire = Wire {
            network: Network::default(),
            cloud: Arc::new(Mutex::new(cloud)),
            direct: Arc::new(true.into()),
        };
        let parts = BrokerParts {
            db: storage::testing::in_memory().await,
            clock: Arc::<ManualClock>::clone(&clock),
            ids: Arc::new(SequentialIds::new(seed)),
            drivers: Arc::new(Modelled(wire.clone())),
            probe: Arc::new(Modelled(wire.clone())),
            channels: broker::ports::Channels::default(),
            config: BrokerConfig {
                workers: 0,
                monitor_interval_seconds: 1,
                examine_interval_seconds: 0,
                price_days_max: 90,
                admission_required: true,
                lease_seconds: 30,
                password_memory_kib: 8,
                index_dir: None,
                dictionary_dir: None,
                sealing_key: SealingKey([7; 32]),
            },
        };
        let broker = Broker::open(parts).await.expect("open the broker");
        let system = OpContext::system("simulation");
        let person = async |role: Role| {
            let form = SignUp {
                email: format!("{role}@demo.example"),
                password: "a-long-password".to_owned(),
                name: "Person".to_owned(),
                organisation: format!("Organisation of {role}"),
                role: role.to_string(),
            };
            broker.ensure_person(&system, form, role).await.expect("a person")
        };
        let customer = OpContext::person(person(Role::Customer).await, "simulation");
        let provider = person(Role::Provider).await;
        let entry = ProviderEntry {
            slug: "hokusei".to_owned(),
            did: "did:web:hokusei.example".to_owned(),
            name_en: "Hokusei".to_owned(),
            name_ja: "北星".to_owned(),
            description_en: String::new(),
            description_ja: String::new(),
            country: "JP".to_owned(),
            homepage: None,
        };
        let owner = Some(provider.organisation);
        let id = broker.ensure_provider(&system, entry, owner).await.expect("a provider");
        let provider = OpContext::person(provider, "simulation");
        let offer = broker.save_offer(&provider, &offer_text()).await.expect("a draft").card.id;
        broker.publish_offer(&provider, offer).await.expect("a published offer");
        broker.connect_provider(&system, id, "https://cloud.example", "t").await.expect("a cloud");
        broker.vouch_for(&system, id, "https://cloud.example").await.expect("a known cloud");
        broker.look_at_clouds().await.expect("its regions");
        wire.direct.store(false, Ordering::SeqCst);
        Self { broker, wire, clock, contracts: Vec::new(), customer, offer }
    }

    /// Plays the seed's history: first with trouble, then without, then the books are compared.
    pub async fn play(&mut self, sim: &mut Sim) -> Result<(), String> {
        sim.weather = Weather::roll(&mut sim.dice);
        let (refuses, busy) = (sim.dice.below(15), sim.dice.below(10));
        self.wire.with_cloud(|cloud| (cloud.refuses, cloud.busy) = (refuses, busy));
        sim.note(format!("{:?}, refuses {refuses} %, busy {busy} %", sim.weather));
        for _ in 0..EVENTS {
            self.command(sim).await?;
            sim.step().await?;
            rules::always(self)?;
        }
        sim.weather = Weather::CALM;
        self.wire.with_cloud(|cloud| (cloud.refuses, cloud.busy) = (0, 0));
        sim.note("the weather is calm");
        self.settle(sim).await?;
        rules::at_the_end(self).await
    }

    /// What people do meanwhile.
    async fn command(&mut self, sim: &mut Sim) -> Result<(), String> {
        if self.contracts.len() < CONTRACTS_MAX && sim.dice.chance(3) {
            let id = self.sign().await?;
            sim.note(format!("{id} is signed"));
        }
        if sim.dice.chance(2) {
            for id in self.contracts.clone() {
                if self.state(id).await == ContractState::Active && sim.dice.chance(50) {
                    let asked = self.broker.release(&self.customer, id).await;
                    asked.map_err(|error| format!("release: {error}"))?;
                    sim.note(format!("{id} is to be released"));
                }
            }
        }
        if sim.dice.chance(1) {
            self.retry_stuck(sim).await?;
        }
        Ok(())
    }

    async fn sign(&mut self) -> Result<ContractId, String> {
        let sign = Sign {
            offer: self.offer,
            offer_version: 1,
            requirement: RequirementSource::Template("certificate-service".to_owned()),
            service_name: "証明サービス".to_owned(),
            plan: None,
            shown_price: None,
            starts_at: None,
            idempotency_key: format!("sign {}", self.contracts.len()),
        };
        let id = self.broker.sign(&self.customer, sign).await;
        let id = id.map_err(|error| format!("sign: {error}"))?;
        self.contracts.push(id);
        Ok(id)
    }

    pub async fn state(&self, id: ContractId) -> ContractState {
        let mut tx = self.broker.db().begin_read().await.expect("read");
        contracts::find_head(&mut tx, id).await.expect("read").expect("the contract exists").state
    }

    /// A person tries everything again that needs one; yields how many there were.
    async fn retry_stuck(&self, sim: &mut Sim) -> Result<usize, String> {
        let mut tx = self.broker.db().begin().await.map_err(|error| error.to_string())?;
        let stuck = workflow::list(&mut tx, Some(WorkflowState::NeedsAttention), None, 100).await;
        let stuck = stuck.map_err(|error| error.to_string())?.items;
        for it in &stuck {
            let now = self.clock.now();
            workflow::retry(&mut tx, it.id, now).await.map_err(|error| error.to_string())?;
            sim.note(format!("{} of {} is tried again: {:?}", it.kind, it.subject, it.attention));
        }
        tx.commit().await.map_err(|error| error.to_string())?;
        Ok(stuck.len())
    }

    /// Lets everything come to its end; what is stuck is tried again by a person.
    async fn settle(&self, sim: &mut Sim) -> Result<(), String> {
        let mut retried = 0;
        for _ in 0..CALM_EVENTS {
            sim.step().await?;
            rules::always(self)?;
            if !sim.is_idle().await? {
                continue;
            }
            let again = self.retry_stuck(sim).await?;
            retried += again;
            if retried > 100 {
                return Err("a person cannot help".to_owned());
            }
            if again == 0 {
                if self.unfinished().await? == 0 {
                    return Ok(());
                }
                sim.pass_to_next_wake().await?;
            }
        }
        Err("it does not come to an end".to_owned())
    }

    async fn unfinished(&self) -> Result<i64, String> {
        let mut tx = self.broker.db().begin_read().await.map_err(|error| error.to_string())?;
        let versions = workflow::unfinished_versions(&mut tx).await;
        let versions = versions.map_err(|error| error.to_string())?;
        Ok(versions.iter().map(|version| version.unfinished).sum())
    }
}

/// The scheduler of a market.
pub fn simulation(market: &Market, seed: u64, sabotage: Option<Sabotage>) -> Sim {
    let broker = market.broker.clone();
    let parts: MakeParts<Broker> = Box::new(move || {
        let mut parts = broker.engine_parts(EngineConfig::by_clock());
        if sabotage == Some(Sabotage::UndoSkipped) {
            parts.definitions[0] = without_undo(&parts.definitions[0]);
        }
        parts
    });
    let wire = market.wire.clone();
    let act = Box::new(move |request: &Request, dice: &mut Dice| {
        Told(wire.with_cloud(|cloud| cloud.act(request, dice)))
    });
    let broken = match sabotage {
        Some(Sabotage::Engine(rule)) => Some(rule),
        _ => None,
    };
    let (clock, network) = (Arc::clone(&market.clock), market.wire.network.clone());
    Simulation::new(Dice::new(seed), clock, network, 2, parts, act).breaking(broken)
}

/// The same table with nothing to undo for `confirm`.
fn without_undo(definition: &WorkflowDefinition<Broker>) -> WorkflowDefinition<Broker> {
    static TABLE: OnceLock<&'static [Step<Broker>]> = OnceLock::new();
    let copy = |step: &Step<Broker>| {
        let undo = match &step.undo {
            Undo::With(undo) if !matches!(step.name, "hold" | "confirm") => Undo::With(*undo),
            Undo::ForwardOnly => Undo::ForwardOnly,
            _ => Undo::Nothing,
        };
        let Step { name, forward, retry, undo_retry, group, .. } = *step;
        Step { name, forward, undo, retry, undo_retry, group }
    };
    let table =
        *TABLE.get_or_init(|| Box::leak(definition.steps.iter().map(copy).collect::<Box<[_]>>()));
    WorkflowDefinition { steps: table, ..*definition }
}

/// The first document, as a first version and unsigned.
fn offer_text() -> String {
    let first = OFFERS.split("\n---\n").next().expect("a first document");
    let changed = |line: &str| match line.trim_start() {
        it if it.starts_with("supersedes:") || it.starts_with("signature:") => None,
        it if it.starts_with("version:") => Some("  version: 1".to_owned()),
        _ => Some(line.to_owned()),
    };
    first.lines().filter_map(changed).collect::<Vec<_>>().join("\n")
}
