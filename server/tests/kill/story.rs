//! What both kinds of death have in common: the places, the end, and what must be left.

use broker::changes::Scale;
use broker::contracts::Plan;
use broker::{Broker, OpContext};
use domain::{Clock, ContractId, ContractState};
use provider_api::{Driver, ResourceState};
use std::time::{Duration, Instant};
use testkit::TestBroker;
use workflow::{EngineConfig, Undo, WorkflowDefinition};

use crate::processes::PATIENCE;

pub const OFFER: &str = "hokusei-gov-iaas";
/// The intent is logged and nothing has acted; the cloud has acted and nothing is logged; the step
/// is logged and the next has not begun.
pub const MOMENTS: [&str; 3] = ["started", "acted", "done"];
/// Kills at every place in every story, as a run at night does.
const EVERYWHERE_VARIABLE: &str = "KUMOICHI_KILL_EVERYWHERE";
/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(50);

/// The kinds of workflow of the program; a new one needs a story.
pub const KINDS: [&str; 14] = [
    "activate_contract",
    "release_contract",
    "release_returning_data",
    "activate_order_of_2",
    "activate_order_of_3",
    "reclaim_orphan",
    "repair_service",
    "scale_contract",
    "move_contract",
    "adopt_service",
    "preempt_service",
    "return_room",
    "firm_list",
    "secure",
];

fn definition(market: &TestBroker, kind: &str) -> WorkflowDefinition<Broker> {
    let all = market.broker.engine_parts(EngineConfig::by_clock()).definitions;
    all.into_iter().find(|known| known.kind == kind).unwrap()
}

/// Brings the market's clock to the present, on which the processes work: what is signed is due now,
/// and what they wrote is in the past.
pub fn catch_up(market: &TestBroker) {
    let behind = testkit::SystemClock.now().since(market.clock.now());
    market.clock.advance_us(behind.max(0));
}

/// Ends the service in this process.
pub async fn release(market: &TestBroker, ctx: &OpContext, id: ContractId) {
    catch_up(market);
    market.broker.release(ctx, id).await.unwrap();
}

/// Asks for so many machines in this process; returns the plan that was asked for.
pub async fn scale(market: &TestBroker, ctx: &OpContext, id: ContractId, instances: i64) -> Plan {
    catch_up(market);
    let page = market.page(ctx, id).await;
    let key = format!("change {}", page.changes.len());
    let plan = Plan { instances, ..page.plan };
    let wish = Scale { plan: plan.clone(), shown_price: None, from: None, idempotency_key: key };
    market.broker.scale(ctx, id, wish).await.unwrap();
    plan
}

/// The contract has the plan, and its one allocation the size.
pub async fn has_size(
    market: &TestBroker,
    driver: &dyn Driver,
    (ctx, id): (&OpContext, ContractId),
    plan: &Plan,
    place: &str,
) {
    assert_eq!(market.page(ctx, id).await.plan, *plan, "{place}");
    let all = driver.list(&id.to_string()).await.unwrap();
    let running: Vec<i64> = all
        .iter()
        .map(|one| one.instances.iter().filter(|each| each.running).count())
        .map(|count| i64::try_from(count).unwrap())
        .collect();
    assert_eq!(running, [plan.instances], "{place}");
    assert_eq!(i64::from(all[0].resources.compute.count), plan.instances, "{place}");
}

/// Every place at which a workflow of the kind can be cut off while it goes forward.
pub fn places(market: &TestBroker, kind: &str) -> Vec<String> {
    let steps = definition(market, kind).steps.iter();
    steps.flat_map(|step| MOMENTS.map(|moment| format!("{kind}/{}/{moment}", step.name))).collect()
}

/// Every place at which it can be cut off while it is taken back.
pub fn places_of_undo(market: &TestBroker, kind: &str) -> Vec<String> {
    let steps = definition(market, kind).steps.iter();
    let with_undo = steps.filter(|step| matches!(step.undo, Undo::With(_)));
    with_undo
        .flat_map(|step| MOMENTS.map(|moment| format!("{kind}/{}/undo-{moment}", step.name)))
        .collect()
}

/// Of these places the ones where the cloud has acted and nobody noted it, which is where most can go
/// wrong; a run at night takes all of them.
pub fn hardest(places: Vec<String>) -> Vec<String> {
    let everywhere = std::env::var_os(EVERYWHERE_VARIABLE).is_some();
    places.into_iter().filter(|place| everywhere || place.ends_with("acted")).collect()
}

/// One of the hardest places; a run at night takes all places.
pub fn one_of(places: Vec<String>) -> Vec<String> {
    let everywhere = std::env::var_os(EVERYWHERE_VARIABLE).is_some();
    let hardest = hardest(places);
    let middle = hardest.len() / 2;
    hardest
        .into_iter()
        .enumerate()
        .filter(|(at, _)| everywhere || *at == middle)
        .map(|it| it.1)
        .collect()
}

/// Waits until the contract's last workflow of the kind has ended, and tells how.
pub async fn wait_for_end(
    market: &TestBroker,
    ctx: &OpContext,
    id: ContractId,
    kind: &str,
) -> String {
    let begun = Instant::now();
    loop {
        let timelines = market.broker.timelines(ctx, id).await.unwrap();
        let run = timelines.into_iter().rfind(|timeline| timeline.kind == kind).unwrap();
        if !matches!(run.state.as_str(), "running" | "undoing") {
            return run.state;
        }
        assert!(begun.elapsed() < PATIENCE, "does not end: {run:#?}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until an attempt has failed for one of the contracts of a workflow, or it has ended without
/// another call.
pub async fn wait_for_trouble(
    market: &TestBroker,
    ctx: &OpContext,
    ids: &[ContractId],
    kind: &str,
) {
    let begun = Instant::now();
    loop {
        for id in ids {
            let timelines = market.broker.timelines(ctx, *id).await.unwrap();
            let run = timelines.into_iter().rfind(|timeline| timeline.kind == kind).unwrap();
            let failed = run.steps.iter().any(|step| step.error_code.is_some());
            if failed || !matches!(run.state.as_str(), "running" | "undoing") {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "nothing fails: {run:#?}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What the cloud holds or lends for the contract.
pub async fn lent(driver: &dyn Driver, id: ContractId) -> Vec<ResourceState> {
    let all = driver.list(&id.to_string()).await.unwrap();
    all.iter().map(|it| it.state).filter(|state| state.takes_capacity()).collect()
}

/// The contract runs on exactly one set of resources.
pub async fn runs_once(
    market: &TestBroker,
    driver: &dyn Driver,
    ctx: &OpContext,
    id: ContractId,
    place: &str,
) {
    assert_eq!(market.state(ctx, id).await, ContractState::Active, "{place}");
    assert_eq!(lent(driver, id).await, [ResourceState::Active], "{place}");
}

/// The contract is released, its data are erased and its meter is known.
pub async fn is_released(
    market: &TestBroker,
    driver: &dyn Driver,
    ctx: &OpContext,
    id: ContractId,
    volume_exists: impl Fn(&str) -> bool,
    place: &str,
) {
    let page = market.page(ctx, id).await;
    assert_eq!(page.card.state, ContractState::Released, "{place}");
    assert!(page.statement.is_some() && page.usage.is_some(), "{place}");
    for allocation in driver.list(&id.to_string()).await.unwrap() {
        assert_eq!(allocation.state, ResourceState::Erased, "{place}");
        assert!(!volume_exists(allocation.id.as_str()), "{place}");
    }
}
