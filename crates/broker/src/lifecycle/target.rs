//! The allocation that a contract runs on, and the way to it.

use super::cloud::{Cloud, contract_id};
use super::rows::{GroupDetail, done_with_group, find_group};
use crate::Broker;
use domain::ProviderId;
use provider_api::{Allocation, AllocationId};
use workflow::{StepInput, StepResult, Stop};

/// The allocation of the contract that a workflow is about.
pub(super) struct Target {
    pub cloud: Cloud,
    pub id: AllocationId,
    pub detail: GroupDetail,
}

impl Target {
    pub async fn of(input: &StepInput<Broker>, provider: ProviderId) -> Result<Self, Stop> {
        let cloud = Cloud::of(input, provider).await?;
        let mut tx = input.env.db().begin_read().await?;
        let (row, detail) = find_group(&mut tx, contract_id(&input.run)?)
            .await?
            .ok_or_else(|| Stop::failed("no_group", "nothing was ever held for this contract"))?;
        Ok(Self { cloud, id: AllocationId(row.native_id), detail })
    }

    pub async fn look(&self) -> Result<Allocation, Stop> {
        self.cloud
            .look(&self.id)
            .await?
            .ok_or_else(|| Stop::failed("gone", "the cloud does not know the allocation any more"))
    }

    /// Done, with what the cloud said noted in the transaction that logs the step.
    pub fn note(&self, input: &StepInput<Broker>, allocation: &Allocation) -> StepResult {
        done_with_group(input, contract_id(&input.run)?, allocation, &self.detail)
    }
}
