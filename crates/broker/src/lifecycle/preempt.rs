//! `preempt_service`: check → pause → shrink, and `return_room`: grow → start → allow → verify (F7.4.6).
//!
//! A service whose customer agreed to it gives machines up, down to those that stay; where none stay it stands still
//! first, on its data, and keeps the smallest machine's room. Undo gives size and users back before anything else may
//! take the room. On the way back the size comes first: where it is gone again nothing was started, and it is
//! tried later. Every call carries an epoch, so that nothing late undoes what came after it.

use super::activate::{START_TIMEOUT, group_of, quota_of};
use super::cloud::{contract_id, own_fault, stop};
use super::halt::{halt as stand_still, resume as go_on};
use super::repair;
use super::size::{Size, give, give_back};
use super::target::Target;
use crate::Broker;
use crate::contracts::Plan;
use crate::preemption::{self, reduced};
use domain::{PreemptionEvent, ProviderId};
use provider_api::{ResizeSupport, ResourceState};
use serde::{Deserialize, Serialize};
use storage::contracts::{self, Preemption};
use storage::{StorageError, Tx, lock};
use workflow::{
    Done, FinalInput, RetryPolicy, Run, Step, StepInput, StepResult, Stop, WorkflowDefinition,
};

/// The kind of workflow that takes, in the database.
pub(crate) const PREEMPT: &str = "preempt_service";
/// The kind that gives back.
pub(crate) const RETURN_ROOM: &str = "return_room";

/// What both are started with; repairing reads its own part of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PreemptInput {
    /// Whose cloud.
    pub provider: ProviderId,
    /// The number of the contract's pre-emption.
    pub number: i64,
    /// How the customer calls the service.
    pub service_name: String,
}

const TAKE: &[Step<Broker>] = &[
    Step::new("check", |input| Box::pin(check(input))),
    Step::new("pause", |input| Box::pin(halt(input)))
        .retry(RetryPolicy::USUAL.timeout(START_TIMEOUT))
        .undo(|input| Box::pin(resume(input)))
        .undo_retry(RetryPolicy::STUBBORN.timeout(START_TIMEOUT)),
    Step::new("shrink", |input| Box::pin(shrink(input)))
        .retry(RetryPolicy::USUAL.timeout(START_TIMEOUT))
        .undo(|input| Box::pin(size_back(input)))
        .undo_retry(RetryPolicy::STUBBORN.timeout(START_TIMEOUT)),
];

const RETURN: &[Step<Broker>] = &[
    Step::new("grow", |input| Box::pin(grow(input)))
        .retry(RetryPolicy::USUAL.timeout(START_TIMEOUT))
        .undo(|input| Box::pin(shrink_again(input)))
        .undo_retry(RetryPolicy::STUBBORN.timeout(START_TIMEOUT)),
    Step::new("start", |input| Box::pin(repair::start(input)))
        .retry(RetryPolicy::USUAL.timeout(START_TIMEOUT))
        .undo(|input| Box::pin(halt_again(input)))
        .undo_retry(RetryPolicy::STUBBORN.timeout(START_TIMEOUT)),
    Step::new("allow", |input| Box::pin(repair::allow(input))),
    Step::new("verify", |input| Box::pin(repair::verify(input))),
];

/// What gives room.
pub(super) fn taking() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(PREEMPT, 1, TAKE)
        .on_done(|input, tx| Box::pin(ended(input, tx, PreemptionEvent::Take)))
        .on_undone(|input, tx| Box::pin(ended(input, tx, PreemptionEvent::TakeFailed)))
}

/// What gets it back.
pub(super) fn returning() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(RETURN_ROOM, 1, RETURN)
        .on_done(|input, tx| Box::pin(ended(input, tx, PreemptionEvent::ReturnDone)))
        .on_undone(|input, tx| Box::pin(ended(input, tx, PreemptionEvent::ReturnFailed)))
}

/// What was ordered, and how many machines stay of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ordered {
    #[serde(flatten)]
    size: Size,
    keep: u32,
}

impl Ordered {
    /// What stays.
    fn reduced(&self) -> Size {
        Size { resources: reduced(&self.size.resources, self.keep), quota: self.size.quota }
    }
}

/// Whether the service runs as it was ordered, and its cloud can do it.
async fn check(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let found = target.look().await?;
    if found.state != ResourceState::Active {
        let detail = format!("the service is {} at its cloud", found.state);
        return Err(Stop::failed("service_not_active", detail));
    }
    let ordered = wanted(&input).await?;
    let support = target.cloud.driver.capabilities().await.map_err(stop)?.resize;
    let can = match support {
        ResizeSupport::Live => true,
        ResizeSupport::Stopped => ordered.keep == 0,
        ResizeSupport::None => false,
    };
    if !can {
        let detail = "the cloud does not give back part of what was booked";
        return Err(Stop::failed("unsupported", detail));
    }
    Done::with(&ordered)
}

/// Where no machine stays, the service comes to rest first.
async fn halt(input: StepInput<Broker>) -> StepResult {
    let ordered: Ordered = input.run.output("check")?;
    if ordered.keep > 0 {
        return Ok(Done::empty());
    }
    let target = target(&input).await?;
    let found = stand_still(&input, &target).await?;
    target.note(&input, &found)
}

async fn resume(input: StepInput<Broker>) -> StepResult {
    let ordered: Ordered = input.run.output("check")?;
    if ordered.keep > 0 {
        return Ok(Done::empty());
    }
    let target = target(&input).await?;
    let name = input.run.input::<PreemptInput>()?.service_name;
    let opened = go_on(&input, &target, &name).await?;
    target.note(&input, &opened)
}

/// The machines become free, all of them or none.
async fn shrink(input: StepInput<Broker>) -> StepResult {
    let ordered: Ordered = input.run.output("check")?;
    let target = target(&input).await?;
    let given = give(&target, &ordered.reduced()).await?;
    target.note(&input, &given)
}

/// It always calls: its higher epoch keeps a late call of the way forward from taking anything afterwards.
async fn size_back(input: StepInput<Broker>) -> StepResult {
    let ordered: Ordered = input.run.output("check")?;
    let target = target(&input).await?;
    let given = give_back(&target, &ordered.size).await?;
    target.note(&input, &given)
}

/// What was ordered, whole: it is tried again later where there is no room for it.
async fn grow(input: StepInput<Broker>) -> StepResult {
    let ordered = wanted(&input).await?;
    let target = target(&input).await?;
    let found = target.look().await?;
    if !matches!(found.state, ResourceState::Draining | ResourceState::Active) {
        let detail = format!("the service is {} at its cloud", found.state);
        return Err(Stop::failed("state_changed", detail));
    }
    let given = give(&target, &ordered.size).await?;
    target.note(&input, &given)
}

async fn shrink_again(input: StepInput<Broker>) -> StepResult {
    let ordered = wanted(&input).await?;
    let target = target(&input).await?;
    let given = give(&target, &ordered.reduced()).await?;
    target.note(&input, &given)
}

async fn halt_again(input: StepInput<Broker>) -> StepResult {
    if wanted(&input).await?.keep > 0 {
        return Ok(Done::empty());
    }
    let target = target(&input).await?;
    let found = stand_still(&input, &target).await?;
    target.note(&input, &found)
}

/// What was ordered, in the provider's terms, and the machines that stay.
async fn wanted(input: &StepInput<Broker>) -> Result<Ordered, Stop> {
    let mut tx = input.env.db().begin_read().await?;
    let row = find(&mut tx, &input.run).await?;
    let contract = contracts::find(&mut tx, row.contract_id).await?;
    let contract = contract.ok_or_else(|| Stop::failed("internal", "the contract is gone"))?;
    let plan: Plan = serde_json::from_str(&contract.plan)?;
    let keep = u32::try_from(row.keep_instances)
        .map_err(|_| Stop::failed("plan", "a quantity is out of range"))?;
    let size = Size { resources: group_of(&plan)?, quota: quota_of(&plan) };
    Ok(Ordered { size, keep })
}

async fn target(input: &StepInput<Broker>) -> Result<Target, Stop> {
    Target::of(input, input.run.input::<PreemptInput>()?.provider).await
}

/// The pre-emption that a workflow makes, or takes back.
async fn find(tx: &mut Tx, run: &Run) -> Result<Preemption, Stop> {
    let number = run.input::<PreemptInput>()?.number;
    let found = contracts::find_preemption(tx, contract_id(run)?, number).await?;
    found.ok_or_else(|| {
        let (what, detail) = ("preemption", format!("there is no pre-emption {number}"));
        Stop::from(StorageError::Corrupt { what, detail })
    })
}

async fn ended(input: FinalInput<Broker>, tx: &mut Tx, event: PreemptionEvent) -> Result<(), Stop> {
    lock::contract(tx, contract_id(&input.run)?).await?;
    let row = find(tx, &input.run).await?;
    preemption::settle(&input.env, tx, &row, event).await.map_err(own_fault)
}
