//! F7.4.6: in a disaster a lifeline gets the room of services whose customers agreed to it: after a notice, for a
//! compensation, and they get it back. Nobody else is touched.

mod failures;
mod ways;

use broker::contracts::{Plan, Sign};
use broker::notices::NoticeKind;
use broker::preemption::{AgreePreemption, PreemptionRow, PreemptionView};
use broker::requirements::RequirementSource;
use broker::{BrokerError, OpContext};
use domain::{ContractId, ContractState, PreemptionState, Role};
use testkit::{Engine, TestBroker, customer_of};

const OFFER: &str = "hokusei-gov-iaas";
/// Machines of the cloud, in each of its regions.
const ROOM: i64 = 4;
/// What users wrote before.
pub(super) const NOTE: &str = "written-before-the-disaster";
pub(super) const NOTICE_US: i64 = 120 * 1_000_000;

/// A full cloud: one service of four machines, and a lifeline's customer of another organisation.
pub(super) struct Scene {
    pub market: TestBroker,
    pub customer: OpContext,
    pub hospital: OpContext,
    /// The service that may give room.
    pub gives: ContractId,
}

/// Bandwidth of the whole cloud, Mbit/s.
const ALL_MBPS: i64 = ROOM * 100;

impl Scene {
    pub async fn open(engine: Engine) -> Self {
        let market = TestBroker::with_cloud(engine, ROOM).await;
        let customer = market.person(Role::Customer).await;
        let hospital = customer_of(&market, "hospital").await;
        let gives = sign(&market, &customer, (ROOM, "gives"), usual(&market)).await;
        market.run_workflows().await;
        market.clock.advance_seconds(60);
        Self { market, customer, hospital, gives }
    }

    /// The same where the service has all the bandwidth, which it gives only if it stands still; and its customer agreed to
    /// that.
    pub async fn wide(engine: Engine) -> Self {
        let market = TestBroker::with_cloud(engine, ROOM).await;
        let customer = market.person(Role::Customer).await;
        let hospital = customer_of(&market, "hospital").await;
        let plan = ((ROOM, Some(ALL_MBPS)), "gives");
        let gives = sign_for(&market, &customer, plan, usual(&market)).await;
        market.run_workflows().await;
        market.clock.advance_seconds(60);
        let scene = Self { market, customer, hospital, gives };
        scene.agree(0).await;
        scene
    }

    /// The same where the customer agreed that so many machines stay.
    pub async fn agreed(engine: Engine, keep: i64) -> Self {
        let scene = Self::open(engine).await;
        scene.agree(keep).await;
        scene
    }

    async fn agree(&self, keep_instances: i64) {
        let wish = AgreePreemption { notice_us: NOTICE_US, keep_instances };
        self.market.broker.agree_preemption(&self.customer, self.gives, wish).await.unwrap();
    }

    /// A lifeline of so many machines is signed.
    pub async fn lifeline(&self, machines: i64, key: &str) -> ContractId {
        sign(&self.market, &self.hospital, (machines, key), lifeline(&self.market)).await
    }

    /// So many seconds go by, with everything that is due in each.
    pub async fn pass(&self, seconds: i64) {
        for _ in 0..seconds {
            self.tick().await;
        }
    }

    async fn tick(&self) {
        let broker = &self.market.broker;
        self.market.settle().await;
        broker.preempt_due().await.unwrap();
        broker.end_due().await.unwrap();
        broker.return_due().await.unwrap();
        self.market.settle().await;
        self.market.clock.advance_seconds(1);
    }

    /// Seconds go by until that is so; not for ever.
    pub async fn until(&self, what: &str, is: impl AsyncFn() -> bool) {
        for _ in 0..900 {
            if is().await {
                return;
            }
            self.tick().await;
        }
        panic!("never: {what}");
    }

    pub async fn until_state(&self, wanted: PreemptionState) {
        let is = async || self.row().await.is_some_and(|row| row.state == wanted);
        self.until(wanted.as_str(), is).await;
    }

    pub async fn view(&self) -> PreemptionView {
        self.market.broker.preemption(&self.customer, self.gives).await.unwrap()
    }

    /// The latest pre-emption of the service.
    pub async fn row(&self) -> Option<PreemptionRow> {
        self.view().await.gave.into_iter().next()
    }

    pub async fn state_of(&self, lifeline: ContractId) -> ContractState {
        self.market.state(&self.hospital, lifeline).await
    }

    /// What the customer was told about the service, oldest first.
    pub async fn told(&self) -> Vec<NoticeKind> {
        let list = self.market.broker.notices(&self.customer, None, None, 50).await.unwrap();
        let mut told: Vec<_> = list
            .items
            .into_iter()
            .filter(|notice| notice.contract.as_ref().is_some_and(|it| it.contract == self.gives))
            .map(|notice| (notice.id, notice.kind))
            .collect();
        told.sort_by_key(|(id, _)| *id);
        told.into_iter().map(|(_, kind)| kind).collect()
    }

    /// How many machines of a contract run at the cloud, and how many it takes.
    pub async fn machines(&self, id: ContractId) -> (usize, u32) {
        let all = self.market.allocations(id).await;
        let living: Vec<_> = all.iter().filter(|one| one.state.takes_capacity()).collect();
        assert_eq!(living.len(), 1, "{all:?}");
        let running = living[0].instances.iter().filter(|one| one.running).count();
        (running, living[0].resources.compute.count)
    }

    pub async fn address(&self) -> String {
        self.market.page(&self.customer, self.gives).await.card.address.unwrap()
    }

    pub async fn write(&self) {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let address = self.address().await;
        let form = client.build().unwrap().post(format!("{}/notes", address.trim_end_matches('/')));
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(form.body(format!("note={NOTE}")).send().await.unwrap().status(), 303);
    }

    /// The service runs whole, at its address, on what users wrote.
    pub async fn is_whole(&self, place: &str) {
        let page = self.market.page(&self.customer, self.gives).await;
        assert_eq!(page.card.state, ContractState::Active, "{place}");
        let size = usize::try_from(ROOM).unwrap();
        assert_eq!(self.machines(self.gives).await, (size, 4), "{place}");
        let shown = reqwest::get(page.card.address.unwrap()).await.unwrap().text().await.unwrap();
        assert!(shown.contains(NOTE), "{place}");
        assert_eq!(self.market.broker.look_at_services().await.unwrap(), 0, "{place}: no drift");
    }
}

/// The first sample need, as it is.
pub(super) fn usual(market: &TestBroker) -> RequirementSource {
    RequirementSource::Text(sla::to_yaml(&market.broker.templates()[0].requirement))
}

/// The same, called a lifeline.
pub(super) fn lifeline(market: &TestBroker) -> RequirementSource {
    let mut need = market.broker.templates()[0].requirement.clone();
    need.spec.priority = Some(sla::Priority::Lifeline);
    RequirementSource::Text(sla::to_yaml(&need))
}

pub(super) async fn sign(
    market: &TestBroker,
    ctx: &OpContext,
    (machines, key): (i64, &str),
    need: RequirementSource,
) -> ContractId {
    sign_for(market, ctx, ((machines, None), key), need).await
}

/// So many machines with that bandwidth; `None`: as quoted.
async fn sign_for(
    market: &TestBroker,
    ctx: &OpContext,
    ((machines, mbps), key): ((i64, Option<i64>), &str),
    need: RequirementSource,
) -> ContractId {
    let offer = market.offer(OFFER).await;
    let quote = market.broker.quote(ctx, offer, &need).await.unwrap();
    let sign = Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement: need,
        service_name: key.to_owned(),
        plan: Some(Plan {
            instances: machines,
            network_mbps: mbps.unwrap_or(quote.plan.network_mbps),
            ..quote.plan
        }),
        shown_price: None,
        starts_at: None,
        idempotency_key: key.to_owned(),
    };
    market.broker.sign(ctx, sign).await.unwrap()
}

pub(super) fn code<T: std::fmt::Debug>(result: Result<T, BrokerError>) -> &'static str {
    match result {
        Err(BrokerError::Conflict { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}
