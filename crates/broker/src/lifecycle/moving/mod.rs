//! `move_contract`: a service that runs is set up at another offer, most likely at another cloud, and the old one is left
//! (UC5.3; make before break): check → plan → discover → hold → confirm → link → halt → pull → compare → start → probe →
//! allow → verify → switch → unlink → deny → stop → erase → release → meter.
//!
//! Order: everything that can fail for want of room, or of a way between the two clouds, comes while the old service
//! still runs. Only then it is halted, because what is carried must stand still; from there to `switch` users are cut
//! off. `switch` is the point of no return: in the transaction that logs it the contract stands on the new terms, at the
//! new address. Before it every step is taken back in reverse, the old service first, so that its users do not wait for a
//! cloud that may be dead; after it there is only forward, as at a release. Without data the old service runs until users
//! are let in at the new one.
//!
//! Setting up is the work of an activation (`activate`) under the same names; the allocation is kept as `arriving` until
//! the switch, and the one that is left as `left` after it.

mod carry;
mod leave;

use super::activate::{self as work, ActivateInput, START_TIMEOUT};
use super::cloud::{contract_id, own_fault};
use super::rows::{ARRIVING, GROUP, GroupDetail, LEFT};
use super::scale::end;
use super::target::Target;
use crate::Broker;
use crate::audit::{Entry, record};
use crate::changes::Terms;
use crate::context::OpContext;
use domain::{ChangeEvent, ProviderId, Timestamp};
use provider_api::{Allocation, AllocationId, ResourceState};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use storage::contracts::{self, Change, Contract};
use storage::{StorageError, Tx};
use workflow::{
    Done, FinalInput, RetryPolicy, Run, Step, StepInput, StepResult, Stop, WorkflowDefinition,
};

/// The kind in the database.
pub(crate) const MOVE: &str = "move_contract";

/// What a move is started with: what is to be set up, as for an activation, and what is left.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MoveInput {
    /// At which cloud what is set up, under which name.
    #[serde(flatten)]
    pub wanted: ActivateInput,
    /// The number of the contract's change.
    pub change: i64,
    /// Whose cloud is left.
    pub left: ProviderId,
    /// Whether the data come along.
    pub carries_data: bool,
    /// Until when users have to be let in at the new cloud.
    pub finish_by: Timestamp,
}

/// What the service stands on when the move begins: the output of `check`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    allocation: AllocationId,
    detail: GroupDetail,
}

/// A step of the way forward that is not begun, nor gone on with, when the time is over.
macro_rules! timely {
    ($name:literal, $work:expr) => {
        Step::new($name, |input| {
            Box::pin(async move {
                in_time(&input)?;
                $work(input).await
            })
        })
    };
}

/// A step after the point of no return.
macro_rules! onward {
    ($name:literal, $work:expr) => {
        Step::new($name, |input| Box::pin($work(input))).retry(RetryPolicy::STUBBORN).forward_only()
    };
}

const STEPS: &[Step<Broker>] = &[
    timely!("check", check),
    timely!("plan", work::plan),
    timely!("discover", work::discover),
    timely!("hold", work::hold).undo(|input| Box::pin(work::drop_hold(input))),
    timely!("confirm", work::confirm).undo(|input| Box::pin(work::give_back(input))),
    timely!("link", carry::link).undo(|input| Box::pin(carry::unlink(input))),
    timely!("halt", carry::halt)
        .undo(|input| Box::pin(carry::resume(input)))
        .undo_retry(RetryPolicy::STUBBORN.timeout(START_TIMEOUT)),
    timely!("pull", carry::pull),
    timely!("compare", carry::compare),
    timely!("start", work::start)
        .retry(RetryPolicy::USUAL.timeout(START_TIMEOUT))
        .undo(|input| Box::pin(work::stop_and_erase(input))),
    timely!("probe", work::probe),
    timely!("allow", work::allow).undo(|input| Box::pin(work::deny(input))),
    timely!("verify", work::verify),
    onward!("switch", switch),
    onward!("unlink", carry::unlink),
    onward!("deny", leave::deny),
    onward!("stop", leave::stop_service),
    onward!("erase", leave::erase),
    onward!("release", leave::release),
    onward!("meter", leave::meter),
];

pub(super) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(MOVE, 1, STEPS)
        .on_done(|input, tx| Box::pin(moved(input, tx)))
        .on_undone(|input, tx| Box::pin(failed(input, tx)))
}

/// What is not switched when the time is over stays where it was.
fn in_time(input: &StepInput<Broker>) -> Result<(), Stop> {
    if input.clock.now() < input.run.input::<MoveInput>()?.finish_by {
        return Ok(());
    }
    Err(Stop::failed("too_late", "the time within which the service was to be moved is over"))
}

/// Nothing is set up for what would not be signed today, and nothing is left that does not run.
async fn check(input: StepInput<Broker>) -> StepResult {
    let wanted: MoveInput = input.run.input()?;
    let mut tx = input.env.db().begin_read().await?;
    let (contract, change) = found(&mut tx, &input.run).await?;
    drop(tx);
    let after = Terms::parse(&change.terms_after)?;
    let obstacle = input.env.move_obstacle(&contract, &after).await;
    if let Some(code) = obstacle.map_err(|error| Stop::retry("market", error.to_string()))? {
        return Err(Stop::failed(code, "the offer cannot be had any more as it was shown"));
    }
    let target = Target::of(&input, wanted.left).await?;
    let state = target.look().await?.state;
    if state != ResourceState::Active {
        let detail = format!("the service is {state} at its cloud");
        return Err(Stop::failed("service_not_active", detail));
    }
    if wanted.carries_data {
        carry::check(&input, &target).await?;
    }
    Done::with(&Standing { allocation: target.id, detail: target.detail })
}

/// From here on the contract stands on the new terms.
async fn switch(input: StepInput<Broker>) -> StepResult {
    let opened: Allocation = input.run.output("allow")?;
    let address: String = input.run.output("verify")?;
    let standing: Standing = input.run.output("check")?;
    let (run, broker) = (input.run.clone(), Arc::clone(&input.env));
    Ok(Done::empty().commit(move |tx| {
        Box::pin(async move {
            let (contract, change) = found(tx, &run).await?;
            let wanted: MoveInput = run.input()?;
            let (head, now) = (&contract.head, broker.now());
            let texts = contracts::find_change_texts(tx, head.id, change.number).await?;
            let (_, offer) = texts.ok_or_else(|| corrupt("the text that was signed is gone"))?;
            let after = Terms::parse(&change.terms_after)?;
            let terms = contracts::Terms {
                provider_id: wanted.wanted.provider,
                offer_id: after.offer,
                offer_version: after.offer_version,
                offer,
                plan: serde_json::to_string(&after.plan)?,
                price: after.price,
                address: Some(address),
                ..contract.terms()
            };
            contracts::set_terms(tx, (head.id, head.revision), &terms, now).await?;
            if head.provider_id != wanted.wanted.provider {
                contracts::overtake_termination(tx, head.id, now).await?;
            }
            let left = standing.allocation.as_str();
            let kinds = [(left, (GROUP, LEFT)), (opened.id.as_str(), (ARRIVING, GROUP))];
            for (native_id, kinds) in kinds {
                contracts::set_resource_kind(tx, (head.id, native_id), kinds, now).await?;
            }
            contracts::note_switch(tx, (head.id, change.number), left, now).await?;
            contracts::charge_once(tx, (head.id, change.number), now).await?;
            let entry = Entry::new("contract.moved_over", head.id)
                .with("change", change.number)
                .with("offer", after.offer.to_string())
                .with("offerVersion", after.offer_version);
            note(&broker, tx, entry).await
        })
    }))
}

/// Nothing is left at the cloud before.
async fn moved(input: FinalInput<Broker>, tx: &mut Tx) -> Result<(), Stop> {
    let (_, change) = found(tx, &input.run).await?;
    end(&input, tx, &change, (ChangeEvent::Finish, None)).await
}

/// The contract is as it was.
async fn failed(input: FinalInput<Broker>, tx: &mut Tx) -> Result<(), Stop> {
    let code = input.run.failure.as_ref().map_or("unknown", |failure| failure.code.as_str());
    let (_, change) = found(tx, &input.run).await?;
    end(&input, tx, &change, (ChangeEvent::Fail, Some(code))).await
}

async fn note(broker: &Broker, tx: &mut Tx, entry: Entry) -> Result<(), Stop> {
    let ctx = OpContext::system("workflow");
    record(broker, &ctx, tx, entry).await.map_err(own_fault)
}

/// The contract, and the change that the workflow makes of it.
async fn found(tx: &mut Tx, run: &Run) -> Result<(Contract, Change), Stop> {
    let (id, number) = (contract_id(run)?, run.input::<MoveInput>()?.change);
    let contract = contracts::find(tx, id).await?;
    let contract = contract.ok_or_else(|| Stop::failed("internal", "the contract is gone"))?;
    let change = contracts::find_change(tx, id, number).await?;
    Ok((contract, change.ok_or_else(|| corrupt("there is no such change"))?))
}

fn corrupt(detail: &str) -> Stop {
    Stop::from(StorageError::Corrupt { what: "contract_change", detail: detail.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use workflow::Undo;

    #[test]
    fn there_is_a_way_back_until_the_switch_and_none_from_there_on() {
        let switch = STEPS.iter().position(|step| step.name == "switch").unwrap();
        for (at, step) in STEPS.iter().enumerate() {
            let forward_only = matches!(step.undo, Undo::ForwardOnly);
            assert_eq!(forward_only, at >= switch, "{}", step.name);
        }
    }
}
