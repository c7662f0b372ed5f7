//! The allocation that a running contract stands on, for workflows that change or end it.

use super::cloud::{Cloud, contract_id};
use super::rows::{GroupDetail, done_with_group, find_group};
use crate::Broker;
use domain::ProviderId;
use provider_api::{Allocation, AllocationId, ErasureStatement, PublicKey};
use workflow::{StepInput, StepResult, Stop};

/// The allocation that the contract runs on, and the way to it.
pub(super) struct Target {
    pub cloud: Cloud,
    pub id: AllocationId,
    pub detail: GroupDetail,
}

impl Target {
    /// The contract's group at the provider's cloud.
    pub async fn of(input: &StepInput<Broker>, provider: ProviderId) -> Result<Self, Stop> {
        let cloud = Cloud::of(input, provider).await?;
        let mut tx = input.env.db().look().await?;
        let (row, detail) = find_group(&mut tx, contract_id(&input.run)?)
            .await?
            .ok_or_else(|| Stop::failed("no_group", "nothing was ever held for this contract"))?;
        Ok(Self { cloud, id: AllocationId(row.native_id), detail })
    }

    /// As it is now.
    pub async fn look(&self) -> Result<Allocation, Stop> {
        self.cloud
            .look(&self.id)
            .await?
            .ok_or_else(|| Stop::failed("gone", "the cloud does not know the allocation any more"))
    }

    /// Notes what the cloud answered, in the transaction that logs the step.
    pub fn note(&self, input: &StepInput<Broker>, allocation: &Allocation) -> StepResult {
        done_with_group(input, contract_id(&input.run)?, allocation, &self.detail)
    }

    /// The statement is about this allocation and signed with the key known from the start.
    pub fn check(&self, statement: &ErasureStatement) -> Result<PublicKey, Stop> {
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
