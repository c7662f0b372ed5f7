//! The market that is measured: the demo market with a modelled cloud behind one provider.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use broker::contracts::Sign;
use broker::requirements::RequirementSource;
use broker::seed::{DEMO_PASSWORD, DEMO_PEOPLE, DemoClouds};
use broker::{Broker, BrokerConfig, BrokerParts, OpContext, SealingKey};
use domain::{ContractId, ContractState, OfferId, Role, SequentialIds};
use reference_cloud::SystemClock;
use storage::Db;
use testkit::modelled::{Carrier, Cloud, Direct, Modelled};

/// Longer than any case.
const NEVER_S: i64 = 3_600;

/// What the workflows of this process do.
type Changes = tokio::sync::broadcast::Receiver<workflow::Progress>;

/// An open broker, and who signs what.
pub struct Market {
    pub broker: Broker,
    cloud: Direct,
    customer: OpContext,
    offer: OfferId,
    version: i64,
}

impl Market {
    /// The demo market over an empty database; the cloud has room for so many instances.
    pub async fn open(db: Db, room: i64, workers: usize) -> Self {
        let cloud = Direct::to(Cloud::new(Arc::new(SystemClock), room));
        let modelled = Arc::new(Modelled(cloud.clone()));
        let parts = BrokerParts {
            db,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SequentialIds::new(7)),
            drivers: Arc::<Modelled<Direct>>::clone(&modelled),
            probe: modelled,
            channels: broker::ports::Channels::default(),
            config: BrokerConfig {
                workers,
                monitor_interval_seconds: NEVER_S,
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
        let broker = Broker::open(parts).await.unwrap();
        let connection = ("https://cloud.example".to_owned(), "token".to_owned());
        let clouds: DemoClouds = std::iter::once(("hokusei".to_owned(), connection)).collect();
        broker.seed_demo(&OpContext::system("measure"), &clouds).await.unwrap();
        broker.look_at_clouds().await.unwrap();
        let person = DEMO_PEOPLE.iter().find(|person| person.role == Role::Customer).unwrap();
        let stranger = OpContext::stranger("measure");
        let viewer = broker.sign_in(&stranger, person.email, DEMO_PASSWORD).await.unwrap();
        let customer = OpContext::person(viewer, "measure");
        let query = broker::market::MarketQuery {
            text: "hokusei gov iaas".to_owned(),
            ..Default::default()
        };
        let found = broker.browse(&customer, &query).await.unwrap();
        let card = found.items.into_iter().find(|card| card.backed).unwrap();
        Self { broker, cloud, customer, offer: card.id, version: card.version }
    }

    /// A whole life: signed, active, released. Returns how long it took to become active.
    pub async fn live(&self, key: &str) -> Duration {
        let begun = Instant::now();
        let sign = Sign {
            offer: self.offer,
            offer_version: self.version,
            requirement: RequirementSource::Template("certificate-service".to_owned()),
            service_name: "証明サービス".to_owned(),
            plan: None,
            shown_price: None,
            starts_at: None,
            idempotency_key: key.to_owned(),
        };
        let changes = self.broker.watch_workflows();
        let id = self.broker.sign(&self.customer, sign).await.unwrap();
        self.reach(id, ContractState::Active, changes).await;
        let active = begun.elapsed();
        let changes = self.broker.watch_workflows();
        self.broker.release(&self.customer, id).await.unwrap();
        self.reach(id, ContractState::Released, changes).await;
        active
    }

    /// Waits until the workflow that works on the contract has ended.
    async fn reach(&self, id: ContractId, goal: ContractState, mut changes: Changes) {
        let subject = id.to_string();
        loop {
            match changes.recv().await {
                Ok(change) if change.subject == subject && change.ended => {}
                Ok(_) => continue,
                // Missed some: look.
                Err(_) => {}
            }
            let mut tx = self.broker.db().look().await.unwrap();
            let head = storage::contracts::find_head(&mut tx, id).await.unwrap().unwrap();
            assert!(
                !matches!(head.state, ContractState::Failed),
                "the contract failed: {:?}",
                head.failure
            );
            if head.state == goal {
                return;
            }
        }
    }

    /// Instances that the cloud still holds or lends.
    pub fn still_lent(&self) -> i64 {
        self.cloud.cloud().lock().unwrap_or_else(PoisonError::into_inner).taken()
    }
}
