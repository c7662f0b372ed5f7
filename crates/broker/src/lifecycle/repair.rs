//! `repair_service`: check → start → allow → verify, for an active contract whose cloud has something
//! else than was ordered (F7.5.3).
//!
//! It brings the same allocation back to where it was ordered: machines that stand still are started
//! on the data that are there, closed access is opened. What is lost it does not replace: nothing is
//! ever started on an empty volume. Each step looks first and does only what is still to do. A repair
//! that fails changes nothing further, so there is nothing to undo; a release that begins meanwhile
//! carries a higher epoch and wins.

use super::activate::{START_TIMEOUT, start_request};
use super::cloud::{contract_id, own_fault, stop};
use super::target::Target;
use crate::Broker;
use crate::audit::{Entry, record};
use crate::context::OpContext;
use domain::ProviderId;
use provider_api::{Allocation, ResourceGraph, ResourceKind, ResourceState, StartCommand};
use serde::{Deserialize, Serialize};
use workflow::{
    Done, FinalInput, RetryPolicy, Step, StepInput, StepResult, Stop, WorkflowDefinition,
};

/// The kind in the database.
pub(crate) const KIND: &str = "repair_service";

/// What a repair is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RepairInput {
    /// Whose cloud.
    pub provider: ProviderId,
    /// How the customer calls the service.
    pub service_name: String,
}

const STEPS: &[Step<Broker>] = &[
    Step::new("check", |input| Box::pin(check(input))),
    Step::new("start", |input| Box::pin(start(input)))
        .retry(RetryPolicy::USUAL.timeout(START_TIMEOUT)),
    Step::new("allow", |input| Box::pin(allow(input))),
    Step::new("verify", |input| Box::pin(verify(input))),
];

pub(super) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(KIND, 1, STEPS)
        .on_done(|input, tx| Box::pin(ended(input, tx, "contract.repaired")))
        .on_undone(|input, tx| Box::pin(ended(input, tx, "contract.repair_failed")))
}

/// Whether there is something left to repair with.
async fn check(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let allocation = target.look().await?;
    let state = allocation.state;
    if !is_booked(state) || allocation.erasure.is_some() {
        return Err(Stop::failed("gone", "the cloud has given up what the contract was held by"));
    }
    let graph = target.cloud.driver.resources(&target.id).await.map_err(stop)?;
    if has_failed(&graph, ResourceKind::Storage) {
        return Err(Stop::failed("volume_lost", "the volume is lost at the cloud"));
    }
    Ok(Done::empty())
}

fn is_booked(state: ResourceState) -> bool {
    use ResourceState::{Active, Draining, Failed, Provisioning, Ready, Reserved};
    matches!(state, Active | Draining | Failed | Provisioning | Ready | Reserved)
}

/// The cloud looked at something of the kind and found it not to work.
fn has_failed(graph: &ResourceGraph, kind: ResourceKind) -> bool {
    let mut all = graph.resources.iter().filter(|one| one.kind == kind);
    all.any(|one| one.observed == Some(ResourceState::Failed))
}

/// Machines that are written down as running and do not run are stopped first.
pub(super) async fn start(input: StepInput<Broker>) -> StepResult {
    use ResourceState::{Active, Draining, Failed, Ready, Reserved};
    let target = target(&input).await?;
    let mut allocation = target.look().await?;
    if matches!(allocation.state, Active | Ready) {
        let graph = target.cloud.driver.resources(&target.id).await.map_err(stop)?;
        if !has_failed(&graph, ResourceKind::Compute) {
            return target.note(&input, &allocation);
        }
        let command = target.cloud.command("-stop", &target.id)?;
        allocation = target.cloud.driver.stop(command).await.map_err(stop)?;
    }
    if matches!(allocation.state, Draining | Failed | Reserved) {
        let command = StartCommand {
            call: target.cloud.call("")?,
            allocation_id: target.id.clone(),
            request: start_request(&input.run.input::<RepairInput>()?.service_name),
        };
        allocation = target.cloud.driver.start(command).await.map_err(stop)?;
    }
    target.note(&input, &allocation)
}

/// IF13: users are let in again.
pub(super) async fn allow(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let liveness = target.cloud.driver.liveness(&target.id).await.map_err(stop)?;
    if !liveness.alive {
        return Err(Stop::retry("not_alive", "the service does not answer inside its cloud"));
    }
    let command = target.cloud.command("", &target.id)?;
    let allocation = target.cloud.driver.allow(command).await.map_err(stop)?;
    target.note(&input, &allocation)
}

/// P6.1.i4: repaired is what answers at the address that customers use.
pub(super) async fn verify(input: StepInput<Broker>) -> StepResult {
    let opened: Allocation = input.run.output("allow")?;
    super::activate::answers(&input, &opened).await
}

async fn target(input: &StepInput<Broker>) -> Result<Target, Stop> {
    Target::of(input, input.run.input::<RepairInput>()?.provider).await
}

async fn ended(
    input: FinalInput<Broker>,
    tx: &mut storage::Tx,
    what: &'static str,
) -> Result<(), Stop> {
    let failure = input.run.failure.as_ref().map(|failure| failure.code.as_str());
    let entry = Entry::new(what, contract_id(&input.run)?).with("failure", failure);
    let ctx = OpContext::system("workflow");
    record(&input.env, &ctx, tx, entry).await.map_err(own_fault)
}
