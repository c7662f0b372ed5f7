//! The cloud that was left: nobody may use what is about to go, data go before the capacity does, and the meter is read
//! last, when it is final; as at a release, with the proofs kept with the move.

use super::super::cloud::{contract_id, stop};
use super::super::rows::LEFT;
use super::super::target::Target;
use super::MoveInput;
use super::carry::{left, note_left};
use crate::Broker;
use provider_api::{Allocation, ResourceState};
use sha2::{Digest, Sha256};
use storage::contracts;
use workflow::{Done, StepInput, StepResult, Stop};

/// IF13: from here on the old address refuses.
pub(super) async fn deny(input: StepInput<Broker>) -> StepResult {
    let target = left(&input).await?;
    let allocation = target.look().await?;
    if allocation.state != ResourceState::Active {
        return note(&input, &target, &allocation);
    }
    let command = target.cloud.command("", &target.id)?;
    let allocation = target.cloud.driver.deny(command).await.map_err(stop)?;
    note(&input, &target, &allocation)
}

/// IF7: end of use; metering of use stops.
pub(super) async fn stop_service(input: StepInput<Broker>) -> StepResult {
    use ResourceState::{Active, Failed, Provisioning, Ready};
    let target = left(&input).await?;
    let allocation = target.look().await?;
    if !matches!(allocation.state, Active | Ready | Provisioning | Failed) {
        return note(&input, &target, &allocation);
    }
    let command = target.cloud.command("", &target.id)?;
    let allocation = target.cloud.driver.stop(command).await.map_err(stop)?;
    note(&input, &target, &allocation)
}

/// IF10, F7.10: the data are gone there, and the provider signs that they are.
pub(super) async fn erase(input: StepInput<Broker>) -> StepResult {
    let target = left(&input).await?;
    let command = target.cloud.command("", &target.id)?;
    let statement = target.cloud.driver.erase(command).await.map_err(stop)?;
    let key = target.check(&statement)?.public_key;
    let text = serde_json::to_string(&statement)?;
    let (of, at) = (which(&input)?, input.clock.now());
    Ok(Done::empty().commit(move |tx| {
        Box::pin(async move {
            contracts::note_left_statement(tx, of, (&text, &key), at).await?;
            Ok(())
        })
    }))
}

/// The capacity goes back to the provider.
pub(super) async fn release(input: StepInput<Broker>) -> StepResult {
    let target = left(&input).await?;
    let allocation = target.look().await?;
    if !allocation.state.takes_capacity() {
        return note(&input, &target, &allocation);
    }
    let command = target.cloud.command("", &target.id)?;
    let allocation = target.cloud.driver.release(command).await.map_err(stop)?;
    note(&input, &target, &allocation)
}

/// S2: what was used there until the release, recognisable by its hash.
pub(super) async fn meter(input: StepInput<Broker>) -> StepResult {
    let target = left(&input).await?;
    let meter = target.cloud.driver.meter(&target.id).await.map_err(stop)?;
    if !meter.is_final {
        return Err(Stop::retry("meter_open", "the provider has not closed the meter yet"));
    }
    let text = serde_json::to_string(&meter)?;
    let hash = hex::encode(Sha256::digest(text.as_bytes()));
    let (of, at) = (which(&input)?, input.clock.now());
    Ok(Done::with(&meter)?.commit(move |tx| {
        Box::pin(async move {
            contracts::note_left_meter(tx, of, (&text, &hash), at).await?;
            Ok(())
        })
    }))
}

fn which(input: &StepInput<Broker>) -> Result<(domain::ContractId, i64), Stop> {
    Ok((contract_id(&input.run)?, input.run.input::<MoveInput>()?.change))
}

fn note(input: &StepInput<Broker>, target: &Target, allocation: &Allocation) -> StepResult {
    note_left(input, target, allocation, LEFT)
}
