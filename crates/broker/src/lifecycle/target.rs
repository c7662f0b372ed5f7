//! The allocation that a running contract stands on, for workflows that change or end it.

use super::cloud::{Cloud, contract_id};
use super::rows::{GroupDetail, done_with_group, find_group};
use crate::Broker;
use domain::ProviderId;
use provider_api::{Allocation, AllocationId, ErasureStatement, PublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow::{Done, StepInput, StepResult, Stop};

/// Under this name it stands in a step's output.
const KNOWN_GROUP: &str = "knownGroup";

/// What [`Target::hand_on`] hands on. The key was published before anything was held and does not change.
#[derive(Debug, Serialize, Deserialize)]
struct KnownGroup {
    id: AllocationId,
    detail: GroupDetail,
}

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

    /// The same as the step `earlier` handed it on. It is read where a person took that step as done, and in instances
    /// of an earlier program.
    pub async fn known(
        input: &StepInput<Broker>,
        provider: ProviderId,
        earlier: &str,
    ) -> Result<Self, Stop> {
        let output: Option<Value> = input.run.output_if_done(earlier)?;
        let Some(known) = output.as_ref().and_then(|output| output.get(KNOWN_GROUP)) else {
            return Self::of(input, provider).await;
        };
        let KnownGroup { id, detail } = KnownGroup::deserialize(known)?;
        Ok(Self { cloud: Cloud::of(input, provider).await?, id, detail })
    }

    /// Lets the later steps of the same instance know what it stands on, so that they need not ask the database.
    /// For workflows during which nothing else puts the contract on another allocation: a release.
    pub fn hand_on(&self, mut done: Done) -> Result<Done, Stop> {
        let known = KnownGroup { id: self.id.clone(), detail: self.detail.clone() };
        if let Value::Object(output) = &mut done.output {
            output.insert(KNOWN_GROUP.to_owned(), serde_json::to_value(known)?);
        }
        Ok(done)
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
