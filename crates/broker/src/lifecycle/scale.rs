//! `scale_contract`: plan → check → resize → probe → verify.
//!
//! Order: what cannot fail comes first; the cloud then takes the whole new size or nothing, so there is
//! nothing to hold before; the service is looked at from inside and from outside in its new size. Undo
//! gives it the size that it was found with. It always calls, also when the cloud seems untouched: its
//! higher epoch keeps a late call of the way forward from changing the size afterwards. The contract's
//! quantities and price change when all is done, together with the end of the change.

use super::activate::{START_TIMEOUT, group_of, quota_of};
use super::cloud::{contract_id, own_fault, stop};
use super::rows::place_of;
use super::size::{Size, give, give_back};
use super::target::Target;
use crate::Broker;
use crate::audit::{Entry, record};
use crate::changes::Terms;
use crate::context::OpContext;
use domain::{ChangeEvent, ProviderId};
use provider_api::{Allocation, ResizeSupport, ResourceState};
use serde::{Deserialize, Serialize};
use storage::contracts::{self, Change};
use storage::{StorageError, Tx};
use workflow::{
    Done, FinalInput, RetryPolicy, Run, Step, StepInput, StepResult, Stop, WorkflowDefinition,
};

/// The kind in the database.
pub(super) const SCALE: &str = "scale_contract";

/// What scaling is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScaleInput {
    /// Whose cloud.
    pub provider: ProviderId,
    /// The number of the contract's change.
    pub change: i64,
}

const STEPS: &[Step<Broker>] = &[
    Step::new("plan", |input| Box::pin(plan(input))),
    Step::new("check", |input| Box::pin(check(input))),
    Step::new("resize", |input| Box::pin(resize(input)))
        .retry(RetryPolicy::USUAL.timeout(START_TIMEOUT))
        .undo(|input| Box::pin(resize_back(input)))
        .undo_retry(RetryPolicy::STUBBORN.timeout(START_TIMEOUT)),
    Step::new("probe", |input| Box::pin(probe(input))),
    Step::new("verify", |input| Box::pin(verify(input))),
];

pub(super) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(SCALE, 1, STEPS)
        .on_done(|input, tx| Box::pin(scaled(input, tx)))
        .on_undone(|input, tx| Box::pin(failed(input, tx)))
}

/// What was asked for, in the provider's terms.
async fn plan(input: StepInput<Broker>) -> StepResult {
    let mut tx = input.env.db().begin_read().await?;
    let change = find(&mut tx, &input.run).await?;
    let plan = Terms::parse(&change.terms_after)?.plan;
    Done::with(&Size { resources: group_of(&plan)?, quota: quota_of(&plan) })
}

/// Whether it can be done at all, and the size that a way back would lead to. How much room there is only
/// the resize itself can tell: the allocation has to stay in its zone.
async fn check(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let capabilities = target.cloud.driver.capabilities().await.map_err(stop)?;
    if capabilities.resize != ResizeSupport::Live {
        let detail = "the cloud does not resize services that run";
        return Err(Stop::failed("unsupported", detail));
    }
    let found = target.look().await?;
    if found.state != ResourceState::Active {
        let detail = format!("the service is {} at its cloud", found.state);
        return Err(Stop::failed("service_not_active", detail));
    }
    Done::with(&Size { quota: found.quota.unwrap_or_default(), resources: found.resources })
}

async fn resize(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let wanted: Size = input.run.output("plan")?;
    let resized = give(&target, &wanted).await?;
    let (was, is) = (place_of(&target.detail), &resized.zone);
    if was.is_some_and(|was| was.region != is.region || was.country != is.country) {
        let detail = format!("the cloud moved the service to {} while resizing it", is.region);
        return Err(Stop::failed("wrong_region", detail));
    }
    target.note(&input, &resized)
}

async fn resize_back(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let before: Size = input.run.output("check")?;
    let allocation = give_back(&target, &before).await?;
    target.note(&input, &allocation)
}

/// Every machine of the new size answers inside its cloud.
async fn probe(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let wanted: Size = input.run.output("plan")?;
    let liveness = target.cloud.driver.liveness(&target.id).await.map_err(stop)?;
    let (running, asked) = (liveness.instances_running, wanted.resources.compute.count);
    if !liveness.alive || running != asked {
        let detail = format!("{running} of {asked} machines answer inside their cloud");
        return Err(Stop::retry("not_alive", detail));
    }
    Done::with(&liveness)
}

/// P6.1.i4: users get an answer in the new size.
async fn verify(input: StepInput<Broker>) -> StepResult {
    let resized: Allocation = input.run.output("resize")?;
    let endpoint = resized
        .endpoint
        .ok_or_else(|| Stop::failed("no_address", "the cloud named no address of the service"))?;
    match input.env.inner.probe.probe(&endpoint.url).await {
        Ok(answer) if answer.is_up() => Done::with(&endpoint.url),
        Ok(answer) => {
            Err(Stop::retry("address_silent", format!("the service answers {}", answer.status)))
        }
        Err(error) => Err(Stop::retry("address_silent", error.to_string())),
    }
}

/// Quantities and price become those asked for.
async fn scaled(input: FinalInput<Broker>, tx: &mut Tx) -> Result<(), Stop> {
    let change = find(tx, &input.run).await?;
    let contract = contracts::find(tx, change.contract_id).await?;
    let contract = contract.ok_or_else(|| Stop::failed("internal", "the contract is gone"))?;
    let after = Terms::parse(&change.terms_after)?;
    let terms = contracts::Terms {
        plan: serde_json::to_string(&after.plan)?,
        price: after.price,
        ..contract.terms()
    };
    let (head, now) = (&contract.head, input.env.now());
    contracts::set_terms(tx, (head.id, head.revision), &terms, now).await?;
    end(&input, tx, &change, (ChangeEvent::Finish, None)).await
}

/// The contract is as it was.
async fn failed(input: FinalInput<Broker>, tx: &mut Tx) -> Result<(), Stop> {
    let code = input.run.failure.as_ref().map_or("unknown", |failure| failure.code.as_str());
    let change = find(tx, &input.run).await?;
    end(&input, tx, &change, (ChangeEvent::Fail, Some(code))).await
}

/// Ends the change, in the transaction that ends the workflow.
pub(super) async fn end(
    input: &FinalInput<Broker>,
    tx: &mut Tx,
    change: &Change,
    (event, failure): (ChangeEvent, Option<&str>),
) -> Result<(), Stop> {
    let state = change
        .state
        .apply(event)
        .map_err(|error| Stop::failed("wrong_state", error.to_string()))?;
    let ended = (failure, Some(input.env.now()));
    contracts::set_change_state(tx, change, state, ended).await?;
    let action = match event {
        ChangeEvent::Finish => "contract.changed",
        _ => "contract.change_failed",
    };
    let entry = Entry::new(action, change.contract_id)
        .with("change", change.number)
        .with("kind", change.kind.as_str())
        .with("failure", failure);
    let ctx = OpContext::system("workflow");
    record(&input.env, &ctx, tx, entry).await.map_err(own_fault)
}

async fn target(input: &StepInput<Broker>) -> Result<Target, Stop> {
    Target::of(input, input.run.input::<ScaleInput>()?.provider).await
}

/// The change that a workflow makes.
async fn find(tx: &mut Tx, run: &Run) -> Result<Change, Stop> {
    let number = run.input::<ScaleInput>()?.change;
    let found = contracts::find_change(tx, contract_id(run)?, number).await?;
    found.ok_or_else(|| {
        let (what, detail) = ("contract_change", format!("there is no change {number}"));
        Stop::from(StorageError::Corrupt { what, detail })
    })
}
