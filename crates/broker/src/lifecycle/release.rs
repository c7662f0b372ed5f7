//! `release_contract`: deny → stop → erase → release → meter.
//!
//! Order: nobody may use what is about to go, data go before the capacity does, and the meter is
//! read last, when it is final. There is no way back: a step that fails for good waits for a
//! person, with everything done so far kept. Each step looks first and does only what is still to
//! do, so repeating it is harmless.

use super::cloud::{Cloud, contract_id, stop};
use super::rows::{Ending, GroupDetail, done_with_group, end, find_group};
use crate::Broker;
use domain::{ContractEvent, ProviderId, StatementId};
use provider_api::{Allocation, AllocationId, ErasureStatement, PublicKey, ResourceState};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use storage::contracts::{self, UsageRecord};
use workflow::{
    Done, FinalInput, RetryPolicy, Step, StepInput, StepResult, Stop, WorkflowDefinition,
};

/// The kind in the database.
const RELEASE: &str = "release_contract";

/// What release is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReleaseInput {
    /// Whose cloud.
    pub provider: ProviderId,
}

const STEPS: &[Step<Broker>] = &[
    Step::new("deny", |input| Box::pin(deny(input))).retry(RetryPolicy::STUBBORN).forward_only(),
    Step::new("stop", |input| Box::pin(stop_service(input)))
        .retry(RetryPolicy::STUBBORN)
        .forward_only(),
    Step::new("erase", |input| Box::pin(erase(input))).retry(RetryPolicy::STUBBORN).forward_only(),
    Step::new("release", |input| Box::pin(release(input)))
        .retry(RetryPolicy::STUBBORN)
        .forward_only(),
    Step::new("meter", |input| Box::pin(meter(input))).retry(RetryPolicy::STUBBORN).forward_only(),
];

pub(super) fn definition() -> WorkflowDefinition<Broker> {
    WorkflowDefinition::new(RELEASE, 1, STEPS).on_done(|input, tx| Box::pin(released(input, tx)))
}

/// IF13: from here on the address refuses.
async fn deny(input: StepInput<Broker>) -> StepResult {
    let target = Target::of(&input).await?;
    let allocation = target.look().await?;
    if allocation.state != ResourceState::Active {
        return target.note(&input, &allocation);
    }
    let command = target.cloud.command("", &target.id)?;
    let allocation = target.cloud.driver.deny(command).await.map_err(stop)?;
    target.note(&input, &allocation)
}

/// IF7: end of use; metering stops.
async fn stop_service(input: StepInput<Broker>) -> StepResult {
    use ResourceState::{Active, Failed, Provisioning, Ready};
    let target = Target::of(&input).await?;
    let allocation = target.look().await?;
    if !matches!(allocation.state, Active | Ready | Provisioning | Failed) {
        return target.note(&input, &allocation);
    }
    let command = target.cloud.command("", &target.id)?;
    let allocation = target.cloud.driver.stop(command).await.map_err(stop)?;
    target.note(&input, &allocation)
}

/// IF10, F7.10: the data are gone, and the provider signs that they are.
async fn erase(input: StepInput<Broker>) -> StepResult {
    let target = Target::of(&input).await?;
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
    Ok(Done::empty().commit(move |tx| {
        Box::pin(async move {
            contracts::insert_erasure_statement(tx, &row).await?;
            Ok(())
        })
    }))
}

/// The capacity goes back to the provider.
async fn release(input: StepInput<Broker>) -> StepResult {
    let target = Target::of(&input).await?;
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
    let target = Target::of(&input).await?;
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
    Ok(Done::with(&meter)?.commit(move |tx| {
        Box::pin(async move {
            contracts::upsert_usage(tx, &row).await?;
            Ok(())
        })
    }))
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

/// The allocation to be ended, and the way to it.
struct Target {
    cloud: Cloud,
    id: AllocationId,
    detail: GroupDetail,
}

impl Target {
    async fn of(input: &StepInput<Broker>) -> Result<Self, Stop> {
        let provider = input.run.input::<ReleaseInput>()?.provider;
        let cloud = Cloud::of(input, provider).await?;
        let mut tx = input.env.db().look().await?;
        let (row, detail) = find_group(&mut tx, contract_id(&input.run)?)
            .await?
            .ok_or_else(|| Stop::failed("no_group", "nothing was ever held for this contract"))?;
        Ok(Self { cloud, id: AllocationId(row.native_id), detail })
    }

    async fn look(&self) -> Result<Allocation, Stop> {
        self.cloud
            .look(&self.id)
            .await?
            .ok_or_else(|| Stop::failed("gone", "the cloud does not know the allocation any more"))
    }

    fn note(&self, input: &StepInput<Broker>, allocation: &Allocation) -> StepResult {
        done_with_group(input, contract_id(&input.run)?, allocation, &self.detail)
    }

    /// The statement is about this allocation and signed with the key known from the start.
    fn check(&self, statement: &ErasureStatement) -> Result<PublicKey, Stop> {
        let key = self.detail.erasure_key.clone().ok_or_else(|| {
            Stop::failed("no_erasure_key", "the cloud published no key for erasure statements")
        })?;
        statement
            .verify_with(&key)
            .map_err(|error| Stop::failed("statement_invalid", error.to_string()))?;
        if statement.statement.allocation_id != self.id {
            return Err(Stop::failed("statement_invalid", "the statement is about something else"));
        }
        Ok(key)
    }
}
