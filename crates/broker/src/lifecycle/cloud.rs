//! Talking to the contract's cloud from a step: connection, epoch, keys, and what errors mean.

use crate::ports::CloudConnection;
use crate::{Broker, BrokerError};
use domain::{ContractId, ProviderId};
use provider_api::{
    Allocation, AllocationCommand, AllocationId, Call, Driver, DriverError, IdempotencyKey,
    ProblemCode,
};
use std::sync::Arc;
use workflow::{Phase, Run, StepInput, Stop};

/// One step's way to the cloud.
pub(crate) struct Cloud {
    pub driver: Arc<dyn Driver>,
    epoch: i64,
    effect_key: String,
}

impl Cloud {
    /// Connects to the provider's cloud on behalf of the step.
    pub async fn of(input: &StepInput<Broker>, provider: ProviderId) -> Result<Self, Stop> {
        let broker = &input.env;
        let connection = way_to(broker, provider).await?;
        let driver = broker
            .inner
            .drivers
            .driver(&connection)
            .map_err(|reason| Stop::failed("connection", reason))?;
        Ok(Self {
            driver,
            epoch: epoch(&input.run, input.phase),
            effect_key: input.effect_key.clone(),
        })
    }

    /// What a call carries; `part` tells two calls of one step apart.
    pub fn call(&self, part: &str) -> Result<Call, Stop> {
        let key = IdempotencyKey::parse(format!("{}{part}", self.effect_key))
            .map_err(|error| Stop::failed("internal", error.to_string()))?;
        Ok(Call { key, epoch: self.epoch })
    }

    /// A command on an allocation.
    pub fn command(&self, part: &str, id: &AllocationId) -> Result<AllocationCommand, Stop> {
        Ok(AllocationCommand { call: self.call(part)?, allocation_id: id.clone() })
    }

    /// The allocation as it is now; `None` when the cloud does not know it.
    pub async fn look(&self, id: &AllocationId) -> Result<Option<Allocation>, Stop> {
        match self.driver.allocation(id).await {
            Ok(allocation) => Ok(Some(allocation)),
            Err(DriverError::Gone { .. }) => Ok(None),
            Err(error) => Err(stop(error)),
        }
    }

    /// The allocation that a hold under `key` made, also when its answer never arrived.
    pub async fn made_by(&self, key: &str) -> Result<Option<AllocationId>, Stop> {
        let key = IdempotencyKey::parse(key)
            .map_err(|error| Stop::failed("internal", error.to_string()))?;
        let record = self.driver.operation(&key).await.map_err(stop)?;
        Ok(record.and_then(|record| record.allocation).map(|allocation| allocation.id))
    }
}

/// The way to a provider's cloud, read now or a moment ago.
async fn way_to(broker: &Broker, provider: ProviderId) -> Result<CloudConnection, Stop> {
    let (known, now) = (&broker.inner.known_clouds, broker.now());
    if let Some(connection) = known.get(provider, now) {
        return Ok(connection);
    }
    let mut tx = broker.db().look().await?;
    let connection = broker
        .cloud_of(&mut tx, provider)
        .await
        .map_err(|error| Stop::failed("connection", error.to_string()))?
        .ok_or_else(|| Stop::failed("catalogue_only", "no cloud is connected for this provider"))?;
    known.keep(&connection, now);
    Ok(connection)
}

/// Grows with every claim of an instance, when it turns to undo, and from one instance of a contract to
/// the next: two instances are further apart in time than an instance is claimed often.
fn epoch(run: &Run, phase: Phase) -> i64 {
    let undoing = i64::from(phase == Phase::Undo);
    let turns = run.fence.saturating_mul(2).saturating_add(undoing);
    run.created_at.0.saturating_add(turns)
}

/// What the step does about an error of the cloud.
pub(crate) fn stop(error: DriverError) -> Stop {
    match error {
        DriverError::Transient { retry_after: Some(pause), detail } => {
            Stop::retry_after(pause, "cloud_unreachable", detail)
        }
        DriverError::Transient { detail, .. } => Stop::retry("cloud_unreachable", detail),
        // Repeating with the same key is safe and finds out.
        DriverError::Unknown { detail } => Stop::retry("cloud_answer_lost", detail),
        DriverError::Gone { detail } => Stop::failed("gone", detail),
        DriverError::Rejected { problem } => Stop::failed(&code(problem.code), problem.detail),
    }
}

/// What a step, or the end of a workflow, does about a fault of the market itself.
pub(crate) fn own_fault(error: BrokerError) -> Stop {
    match error {
        BrokerError::Storage(error) => Stop::from(error),
        other => Stop::retry("internal", other.to_string()),
    }
}

/// The market's word for a cloud's refusal.
fn code(code: ProblemCode) -> String {
    match code {
        ProblemCode::CapacityExhausted | ProblemCode::QuotaExceeded | ProblemCode::StorageFull => {
            "no_capacity".to_owned()
        }
        other => other.as_str().replace('-', "_"),
    }
}

/// Reads the contract id that the workflow works on.
pub(super) fn contract_id(run: &Run) -> Result<ContractId, Stop> {
    run.subject
        .parse()
        .map_err(|error: domain::IdError| Stop::failed("internal", error.to_string()))
}
