//! `reclaim_orphan`: stop → erase → give back, for an allocation that carries a contract's label and
//! belongs to nobody: the contract has ended, or runs on another one.
//!
//! It may stand where a call that was given up arrived late after all. The contract itself does not
//! change; each step looks first and does only what is still to do.

use super::cloud::{Cloud, contract_id, stop};
use super::rows::{GroupDetail, ORPHAN, done_with};
use crate::Broker;
use domain::ProviderId;
use provider_api::{Allocation, AllocationId, ResourceState};
use serde::{Deserialize, Serialize};
use workflow::{Done, RetryPolicy, Step, StepInput, StepResult, WorkflowDefinition};

/// The kind in the database.
const RECLAIM: &str = "reclaim_orphan";

/// What reclaiming is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReclaimInput {
    /// Whose cloud.
    pub provider: ProviderId,
    /// The cloud's id of what nobody owns.
    pub allocation: AllocationId,
}

const STEPS: &[Step<Broker>] = &[
    Step::new("stop", |input| Box::pin(stop_it(input))).retry(RetryPolicy::STUBBORN).forward_only(),
    Step::new("erase", |input| Box::pin(erase(input))).retry(RetryPolicy::STUBBORN).forward_only(),
    Step::new("release", |input| Box::pin(release(input)))
        .retry(RetryPolicy::STUBBORN)
        .forward_only(),
];

pub(super) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(RECLAIM, 1, STEPS)
}

/// Also closes access.
async fn stop_it(input: StepInput<Broker>) -> StepResult {
    use ResourceState::{Active, Failed, Provisioning, Ready};
    let Some((cloud, allocation)) = look(&input).await? else { return Ok(Done::empty()) };
    if !matches!(allocation.state, Active | Ready | Provisioning | Failed) {
        return note(&input, &allocation);
    }
    let command = cloud.command("", &allocation.id)?;
    let stopped = cloud.driver.stop(command).await.map_err(stop)?;
    note(&input, &stopped)
}

async fn erase(input: StepInput<Broker>) -> StepResult {
    let Some((cloud, allocation)) = look(&input).await? else { return Ok(Done::empty()) };
    if allocation.state == ResourceState::Draining && allocation.erasure.is_none() {
        let command = cloud.command("", &allocation.id)?;
        cloud.driver.erase(command).await.map_err(stop)?;
    }
    Ok(Done::empty())
}

async fn release(input: StepInput<Broker>) -> StepResult {
    let Some((cloud, allocation)) = look(&input).await? else { return Ok(Done::empty()) };
    // A hold ends by itself.
    if !allocation.state.takes_capacity() || allocation.state == ResourceState::Held {
        return note(&input, &allocation);
    }
    let command = cloud.command("", &allocation.id)?;
    let released = cloud.driver.release(command).await.map_err(stop)?;
    note(&input, &released)
}

/// The way to the cloud and what there is; nothing when the cloud does not know it any more.
async fn look(input: &StepInput<Broker>) -> Result<Option<(Cloud, Allocation)>, workflow::Stop> {
    let wanted = input.run.input::<ReclaimInput>()?;
    let cloud = Cloud::of(input, wanted.provider).await?;
    Ok(cloud.look(&wanted.allocation).await?.map(|found| (cloud, found)))
}

fn note(input: &StepInput<Broker>, allocation: &Allocation) -> StepResult {
    let detail = GroupDetail::of(None, &allocation.zone);
    done_with(input, contract_id(&input.run)?, allocation, (ORPHAN, &detail))
}
