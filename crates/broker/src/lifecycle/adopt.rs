//! `adopt_service`: plan → discover → adopt → probe → allow → verify, for a service that runs already and that no contract of
//! ours made (F7.5.1).
//!
//! Nothing is started or stopped. *adopt* puts it under the contract's label with a higher epoch, so that whoever called it before
//! is refused from then on. Undo gives it back as it was: its label, its access, and what was measured of it; also where the
//! call seems to have done nothing, so that one that arrives late is refused. The broker never erases what it only
//! adopted, until its contract is released.

use super::activate::{self as work, ActivateInput, Discovered};
use super::cloud::{Cloud, contract_id, stop};
use super::place::Placing;
use super::rows::{GroupDetail, give_up_claims};
use super::seat::Seat;
use super::watching;
use crate::Broker;
use provider_api::{
    AdoptCommand, AdoptRequest, Allocation, AllocationId, MonitoringRequest, MonitoringState,
    ResourceState,
};
use serde::{Deserialize, Serialize};
use workflow::{Done, FinalInput, Step, StepInput, StepResult, Stop, WorkflowDefinition};

/// The kind in the database.
const ADOPT: &str = "adopt_service";

/// What adoption is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdoptInput {
    /// As for an activation; the plan is the size that was found.
    #[serde(flatten)]
    pub wanted: ActivateInput,
    /// What runs.
    pub allocation: AllocationId,
    /// The label that it had when it was signed for.
    pub label: String,
}

/// How it stood before it was adopted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(flatten)]
    discovered: Discovered,
    /// Whether users were in.
    was_open: bool,
    /// What was measured; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measured: Option<MonitoringRequest>,
}

const STEPS: &[Step<Broker>] = &[
    Step::new("plan", |input| Box::pin(work::plan(input))),
    Step::new("discover", |input| Box::pin(discover(input))),
    Step::new("adopt", |input| Box::pin(adopt(input))).undo(|input| Box::pin(give_back(input))),
    Step::new("probe", |input| Box::pin(work::probe(input)))
        .undo(|input| Box::pin(measure_as_before(input))),
    Step::new("allow", |input| Box::pin(allow(input)))
        .undo(|input| Box::pin(close_as_before(input))),
    Step::new("verify", |input| Box::pin(work::verify(input))),
];

pub(super) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(ADOPT, 1, STEPS)
        .on_done(|input, tx| Box::pin(work::activated(input, tx)))
        .on_undone(|input, tx| Box::pin(failed(input, tx)))
}

/// The contract stands on nothing; what it was to stand on may be signed for again.
async fn failed(input: FinalInput<Broker>, tx: &mut storage::Tx) -> Result<(), Stop> {
    give_up_claims(tx, contract_id(&input.run)?, input.env.now()).await?;
    work::failed(input, tx).await
}

/// It is still there as it was signed for, and where the offer says.
async fn discover(input: StepInput<Broker>) -> StepResult {
    let wanted: AdoptInput = input.run.input()?;
    let seat = Seat::of(&input)?;
    let cloud = Cloud::of(&input, wanted.wanted.provider).await?;
    let placing: Placing = seat.output(&input.run, "plan")?;
    let capabilities = cloud.driver.capabilities().await.map_err(stop)?;
    placing.check(&capabilities)?;
    if !capabilities.adoption {
        return Err(Stop::failed("unsupported", "the cloud puts nothing under another label"));
    }
    let found = look(&cloud, &wanted).await?;
    let found = found.ok_or_else(|| Stop::failed("gone", "it is no longer at the cloud"))?;
    if found.label != wanted.label || found.resources != placing.resources {
        return Err(Stop::failed("changed", "it is not as it was when it was signed for"));
    }
    if !matches!(found.state, ResourceState::Ready | ResourceState::Active) {
        return Err(Stop::failed("wrong_state", format!("it is {} at the cloud", found.state)));
    }
    placing.check_zone(&found.zone)?;
    let monitoring = watching::wanted(&capabilities);
    let measured = match &monitoring {
        Some(_) => measured(&cloud, &found.id).await?,
        None => None,
    };
    let detail = GroupDetail::of(capabilities.erasure_key, &found.zone);
    let was_open = found.state == ResourceState::Active;
    Done::with(&Found {
        discovered: Discovered { detail, monitoring, at_once: None },
        was_open,
        measured,
    })
}

/// What is measured of it now.
async fn measured(cloud: &Cloud, id: &AllocationId) -> Result<Option<MonitoringRequest>, Stop> {
    let told = cloud.driver.monitoring(id).await.map_err(stop)?;
    Ok(match (told.state, told.interval_seconds) {
        (MonitoringState::Unset, _) | (_, None) => None,
        (state, Some(interval_seconds)) => Some(MonitoringRequest {
            running: state == MonitoringState::Running,
            metrics: told.metrics,
            interval_seconds,
            // Where its readings were pushed with a token that is never told: whoever set it sets it again.
            otlp: None,
        }),
    })
}

/// From here on it is the contract's.
async fn adopt(input: StepInput<Broker>) -> StepResult {
    let wanted: AdoptInput = input.run.input()?;
    let seat = Seat::of(&input)?;
    let cloud = Cloud::of(&input, wanted.wanted.provider).await?;
    let request = AdoptRequest { from: wanted.label, label: seat.contract.to_string() };
    let allocation_id = wanted.allocation;
    let command =
        AdoptCommand { call: cloud.call("")?, allocation_id: allocation_id.clone(), request };
    let allocation = cloud.driver.adopt(command).await.map_err(stop)?;
    work::ours(&seat, &allocation, Some(&allocation_id))?;
    seat.output::<Placing>(&input.run, "plan")?.check_zone(&allocation.zone)?;
    work::note(&input, &seat, &allocation)
}

/// Its label is what it was. What has come under another label meanwhile is somebody else's already.
async fn give_back(input: StepInput<Broker>) -> StepResult {
    let wanted: AdoptInput = input.run.input()?;
    let seat = Seat::of(&input)?;
    let cloud = Cloud::of(&input, wanted.wanted.provider).await?;
    let Some(found) = look(&cloud, &wanted).await? else { return Ok(Done::empty()) };
    let ours = found.label == seat.contract.to_string();
    let there = found.state.is_running() || found.state == ResourceState::Reserved;
    if !there || !(ours || found.label == wanted.label) {
        return Ok(Done::empty());
    }
    // Two intents, two keys: to give it back, and to fence what is its owner's still or again.
    let call = cloud.call(if ours { "" } else { "-fence" })?;
    let request = AdoptRequest { from: found.label, label: wanted.label };
    let command = AdoptCommand { call, allocation_id: found.id, request };
    let given = cloud.driver.adopt(command).await.map_err(stop)?;
    if seat.output_if_done::<Allocation>(&input.run, "adopt")?.is_none() {
        return Ok(Done::empty());
    }
    // In the inventory the contract has given it up; at the cloud it goes on.
    work::note(&input, &seat, &Allocation { state: ResourceState::Released, ..given })
}

/// What was measured before is measured again.
async fn measure_as_before(input: StepInput<Broker>) -> StepResult {
    let wanted: AdoptInput = input.run.input()?;
    let seen: Found = Seat::of(&input)?.output(&input.run, "discover")?;
    let Some(monitoring) = seen.discovered.monitoring else { return Ok(Done::empty()) };
    let cloud = Cloud::of(&input, wanted.wanted.provider).await?;
    if mine(&input, &cloud, &wanted).await? {
        match seen.measured {
            Some(before) => watching::set_back(&cloud, &wanted.allocation, before).await?,
            None => watching::end(&cloud, &wanted.allocation, monitoring).await?,
        }
    }
    Ok(Done::empty())
}

/// Users are let in, unless they are in: then nothing is done to what they use.
async fn allow(input: StepInput<Broker>) -> StepResult {
    let seat = Seat::of(&input)?;
    let seen: Found = seat.output(&input.run, "discover")?;
    if !seen.was_open {
        return work::allow(input).await;
    }
    let wanted: AdoptInput = input.run.input()?;
    let cloud = Cloud::of(&input, wanted.wanted.provider).await?;
    let found = look(&cloud, &wanted).await?;
    let found = found.ok_or_else(|| Stop::failed("gone", "it is no longer at the cloud"))?;
    work::ours(&seat, &found, Some(&wanted.allocation))?;
    work::note(&input, &seat, &found)
}

/// Access is closed again where it was closed.
async fn close_as_before(input: StepInput<Broker>) -> StepResult {
    let seen: Found = Seat::of(&input)?.output(&input.run, "discover")?;
    if seen.was_open { Ok(Done::empty()) } else { work::deny(input).await }
}

async fn look(cloud: &Cloud, wanted: &AdoptInput) -> Result<Option<Allocation>, Stop> {
    cloud.look(&wanted.allocation).await
}

/// Whether it is there and the contract's.
async fn mine(input: &StepInput<Broker>, cloud: &Cloud, wanted: &AdoptInput) -> Result<bool, Stop> {
    let found = look(cloud, wanted).await?;
    Ok(found.is_some_and(|found| found.label == input.run.subject))
}
