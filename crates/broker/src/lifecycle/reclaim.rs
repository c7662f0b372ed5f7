//! `reclaim_orphan`: stop and erase → give back, for an allocation that carries a contract's label and
//! belongs to nobody: the contract has ended, or runs on another one.
//!
//! It may stand where a call that was given up arrived late after all. The contract itself does not
//! change; each step looks first and does only what is still to do.

use super::cloud::{Cloud, contract_id};
use super::rows::{GroupDetail, ORPHAN, done_with};
use super::take_down;
use crate::Broker;
use domain::ProviderId;
use provider_api::{Allocation, AllocationId};
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
    Step::new("erase", |input| Box::pin(erase(input))).retry(RetryPolicy::STUBBORN).forward_only(),
    Step::new("release", |input| Box::pin(release(input)))
        .retry(RetryPolicy::STUBBORN)
        .forward_only(),
];

pub(super) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(RECLAIM, 1, STEPS)
}

/// Access is closed, the service stopped, its data are erased.
async fn erase(input: StepInput<Broker>) -> StepResult {
    let Some((cloud, allocation)) = look(&input).await? else { return Ok(Done::empty()) };
    note(&input, &take_down::stop_and_erase(&cloud, allocation).await?)
}

/// A hold that is left ends by itself.
async fn release(input: StepInput<Broker>) -> StepResult {
    let Some((cloud, allocation)) = look(&input).await? else { return Ok(Done::empty()) };
    note(&input, &take_down::give_back(&cloud, allocation).await?)
}

/// The way to the cloud and what there is; nothing when the cloud does not know it any more.
async fn look(input: &StepInput<Broker>) -> Result<Option<(Cloud, Allocation)>, workflow::Stop> {
    let wanted = input.run.input::<ReclaimInput>()?;
    let cloud = Cloud::of(input, wanted.provider).await?;
    let found = cloud.look(&wanted.allocation).await?;
    // What has come under another label since is somebody's.
    let found = found.filter(|found| found.label == input.run.subject);
    Ok(found.map(|found| (cloud, found)))
}

fn note(input: &StepInput<Broker>, allocation: &Allocation) -> StepResult {
    let detail = GroupDetail::of(None, &allocation.zone);
    done_with(input, contract_id(&input.run)?, allocation, (ORPHAN, &detail))
}
