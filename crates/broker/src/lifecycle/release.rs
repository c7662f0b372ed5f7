//! `release_contract`: deny → stop → erase → release → meter, and `release_returning_data` with
//! `hand_over` before `erase`.
//!
//! Order: nobody may use what is about to go, data go before the capacity does, and the meter is
//! read last, when it is final. There is no way back: a step that fails for good waits for a
//! person, with everything done so far kept. Each step looks first and does only what is still to
//! do, so repeating it is harmless. Where the customer wants the data first (F7.10.1c), nothing is
//! erased before they were taken, given up, or left for as long as the law lets them wait.

use super::cloud::{contract_id, stop};
use super::rows::{Ending, end};
use super::target::Target;
use crate::Broker;
use domain::{ContractEvent, ProviderId, StatementId};
use provider_api::ResourceState;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;
use storage::contracts::{self, UsageRecord};
use storage::workflow::Along;
use workflow::{
    Done, FinalInput, RetryPolicy, Step, StepInput, StepResult, Stop, WorkflowDefinition,
};

/// The kind in the database.
const RELEASE: &str = "release_contract";
/// The same with the data given back first.
pub(crate) const RETURNING: &str = "release_returning_data";
/// What the workflow is told when the data were taken or given up.
pub(crate) const TAKEN: &str = "data_taken";
/// How long the data wait: the 30 days that the EU Data Act (2023/2854, Article 25) asks for at least.
pub(crate) const TAKE_WITHIN: Duration = Duration::from_hours(30 * 24);

/// How the waiting for the data ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Taken {
    /// The customer has them, and they are whole.
    Verified,
    /// The customer does not want them.
    Waived,
    /// Nobody came for them.
    TimeOver,
}

/// What release is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReleaseInput {
    /// Whose cloud.
    pub provider: ProviderId,
}

/// The first step.
const FIRST: &str = "deny";
const DENY: Step<Broker> =
    Step::new(FIRST, |input| Box::pin(deny(input))).retry(RetryPolicy::STUBBORN).forward_only();
const STOP: Step<Broker> = Step::new("stop", |input| Box::pin(stop_service(input)))
    .retry(RetryPolicy::STUBBORN)
    .forward_only();
const HAND_OVER: Step<Broker> = Step::new("hand_over", |input| Box::pin(hand_over(input)))
    .retry(RetryPolicy::STUBBORN)
    .forward_only();
const ERASE: Step<Broker> =
    Step::new("erase", |input| Box::pin(erase(input))).retry(RetryPolicy::STUBBORN).forward_only();
const GIVE_BACK: Step<Broker> = Step::new("release", |input| Box::pin(release(input)))
    .retry(RetryPolicy::STUBBORN)
    .forward_only();
const METER: Step<Broker> =
    Step::new("meter", |input| Box::pin(meter(input))).retry(RetryPolicy::STUBBORN).forward_only();

const STEPS: &[Step<Broker>] = &[DENY, STOP, ERASE, GIVE_BACK, METER];
const RETURNING_STEPS: &[Step<Broker>] = &[DENY, STOP, HAND_OVER, ERASE, GIVE_BACK, METER];

pub(super) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(RELEASE, 1, STEPS).on_done(|input, tx| Box::pin(released(input, tx)))
}

pub(super) fn returning() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(RETURNING, 1, RETURNING_STEPS)
        .on_done(|input, tx| Box::pin(released(input, tx)))
}

/// IF13: from here on the address refuses.
async fn deny(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let mut allocation = target.look().await?;
    if allocation.state == ResourceState::Active {
        let command = target.cloud.command("", &target.id)?;
        allocation = target.cloud.driver.deny(command).await.map_err(stop)?;
    }
    target.hand_on(target.note(&input, &allocation)?)
}

/// IF7: end of use; metering stops.
async fn stop_service(input: StepInput<Broker>) -> StepResult {
    use ResourceState::{Active, Failed, Provisioning, Ready};
    let target = target(&input).await?;
    let allocation = target.look().await?;
    if !matches!(allocation.state, Active | Ready | Provisioning | Failed) {
        return target.note(&input, &allocation);
    }
    let command = target.cloud.command("", &target.id)?;
    let allocation = target.cloud.driver.stop(command).await.map_err(stop)?;
    target.note(&input, &allocation)
}

/// F7.10.1c, F7.10.1e: the data wait, readable, for whoever they belong to.
async fn hand_over(input: StepInput<Broker>) -> StepResult {
    if let Some(taken) = input.run.signal::<Taken>(TAKEN)? {
        return Done::with(&taken);
    }
    let target = target(&input).await?;
    let waited = input.clock.now().since(input.first_started_at);
    let limit = i64::try_from(TAKE_WITHIN.as_micros()).unwrap_or(i64::MAX);
    if waited >= limit {
        return Done::with(&Taken::TimeOver);
    }
    // Nobody is asked to take what cannot be read.
    target.cloud.driver.export(&target.id).await.map_err(stop)?;
    let until = input.first_started_at.plus_us(limit);
    Err(Stop::wait(TAKEN, until, TAKEN, "the data wait for their owner"))
}

/// IF10, F7.10: the data are gone, and the provider signs that they are.
async fn erase(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let command = target.cloud.command("", &target.id)?;
    let statement = target.cloud.driver.erase(command).await.map_err(stop)?;
    let key = target.check(&statement)?;
    let row = contracts::ErasureStatement {
        id: StatementId::new(input.env.ids()),
        contract_id: contract_id(&input.run)?,
        statement: serde_json::to_string(&statement)?,
        verified_with: key.public_key,
        received_at: input.clock.now(),
    };
    Ok(Done::empty().along(Along::Erased(Box::new(row))))
}

/// The capacity goes back to the provider.
async fn release(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let allocation = target.look().await?;
    if !allocation.state.takes_capacity() {
        return target.note(&input, &allocation);
    }
    let command = target.cloud.command("", &target.id)?;
    let allocation = target.cloud.driver.release(command).await.map_err(stop)?;
    target.note(&input, &allocation)
}

/// S2: both sides keep the same usage row, recognisable by its hash.
async fn meter(input: StepInput<Broker>) -> StepResult {
    let target = target(&input).await?;
    let meter = target.cloud.driver.meter(&target.id).await.map_err(stop)?;
    if !meter.is_final {
        return Err(Stop::retry("meter_open", "the provider has not closed the meter yet"));
    }
    let text = serde_json::to_string(&meter)?;
    let row = UsageRecord {
        contract_id: contract_id(&input.run)?,
        hash: hex::encode(Sha256::digest(text.as_bytes())),
        meter: text,
        read_at: input.clock.now(),
    };
    Ok(Done::with(&meter)?.along(Along::Metered(Box::new(row))))
}

async fn released(input: FinalInput<Broker>, tx: &mut storage::Tx) -> Result<(), Stop> {
    let ending = Ending {
        event: ContractEvent::ReleaseDone,
        failure: None,
        address: None,
        audit: "contract.released",
    };
    end(&input.env, tx, contract_id(&input.run)?, ending).await
}

/// Nothing puts a contract that is being released on another allocation: the first step hands on where it stands.
async fn target(input: &StepInput<Broker>) -> Result<Target, Stop> {
    let provider = input.run.input::<ReleaseInput>()?.provider;
    Target::known(input, provider, FIRST).await
}
