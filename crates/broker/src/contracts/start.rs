//! A service that is signed now and begins at a moment that was said: until then nothing is asked of any
//! cloud, the moment can be moved, and the whole can be called off.

use super::sign::Activation;
use super::{END_MAX_US, Plan};
use crate::audit::{Entry, record};
use crate::error::shown_moment;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, ContractEvent, ContractId, ContractState, Timestamp};
use storage::contracts::{self, ContractHead, StateChange};
use storage::{StorageError, lock};

/// Contracts begun in one go; the others wait for the next second.
const DUE_AT_ONCE: u32 = 50;
/// Why a contract came to nothing that was called off before it began.
const CALLED_OFF: &str = "called_off";

impl Broker {
    /// Moves the beginning of a contract that has not begun (from the next second to ten years ahead, and
    /// before its end). Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `contract_begun` once it has begun; `Invalid` at `/startsAt`.
    pub async fn start_at(
        &self,
        ctx: &OpContext,
        id: ContractId,
        starts_at: Timestamp,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let head = self.locked(ctx, &mut tx, id, Action::ChangeContract).await?;
        if head.state != ContractState::Scheduled {
            return Err(begun());
        }
        if head.starts_at == Some(starts_at) {
            return Ok(());
        }
        let now = self.now();
        if let Some(fault) = start_fault(starts_at, head.ends_at, now) {
            return Err(BrokerError::Invalid(vec![fault]));
        }
        contracts::set_start(&mut tx, &head, starts_at, now).await?;
        let entry = Entry::new("contract.start_moved", id).with("startsAt", starts_at.0);
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Calls a contract off that has not begun; repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `contract_begun` once it has begun.
    pub async fn call_off(&self, ctx: &OpContext, id: ContractId) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let head = self.locked(ctx, &mut tx, id, Action::ChangeContract).await?;
        if head.failure.as_deref() == Some(CALLED_OFF) {
            return Ok(());
        }
        if head.state != ContractState::Scheduled {
            return Err(begun());
        }
        let state = head.state.apply(ContractEvent::CallOff)?;
        let change = StateChange::to(&head, state, self.now());
        let change = StateChange { failure: Some(CALLED_OFF), ..change };
        contracts::set_state(&mut tx, &change).await?;
        record(self, ctx, &mut tx, Entry::new("contract.called_off", id)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Begins what is due; returns how many activations began. May run in several processes at once.
    pub async fn start_due(&self) -> Result<usize, BrokerError> {
        let due = contracts::list_starting(&mut self.begin_read().await?, self.now(), DUE_AT_ONCE)
            .await?;
        let mut begun = 0;
        for head in due {
            match self.start_one(head.id).await {
                Ok(begins) => begun += usize::from(begins),
                // One that cannot begin does not keep the others waiting.
                Err(error) => tracing::error!(contract.id = %head.id, %error,
                    "a contract whose beginning has come could not begin; it is tried again"),
            }
        }
        Ok(begun)
    }

    /// Looks again behind the lock: meanwhile it may have been moved, or another process was first.
    async fn start_one(&self, id: ContractId) -> Result<bool, BrokerError> {
        let mut tx = self.begin().await?;
        lock::contract(&mut tx, id).await?;
        let now = self.now();
        let found = contracts::find(&mut tx, id).await?;
        let is_due = |head: &ContractHead| {
            head.state == ContractState::Scheduled && head.starts_at.is_some_and(|at| at <= now)
        };
        let Some(contract) = found.filter(|found| is_due(&found.head)) else { return Ok(false) };
        let head = &contract.head;
        let state = head.state.apply(ContractEvent::Begin)?;
        contracts::set_state(&mut tx, &StateChange::to(head, state, now)).await?;
        let what = "contract.plan";
        let plan: Plan = serde_json::from_str(&contract.plan)
            .map_err(|error| StorageError::Corrupt { what, detail: error.to_string() })?;
        let activation = Activation {
            contract: id,
            organisation: head.organisation_id,
            provider: head.provider_id,
            service_name: &head.service_name,
            requirement: &contract.requirement_document,
        };
        self.start_activation(&mut tx, activation, (plan, None)).await?;
        let ctx = OpContext::system("beginning of a contract");
        record(self, &ctx, &mut tx, Entry::new("contract.begun", id)).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(true)
    }
}

fn begun() -> BrokerError {
    let detail = "the contract has begun, or was called off".to_owned();
    BrokerError::Conflict { code: "contract_begun", detail }
}

/// Why a contract cannot begin at a moment; `None`: it can.
pub(super) fn start_fault(
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<FieldFault> {
    let too_late = ends_at.is_some_and(|ends| starts_at >= ends);
    if starts_at > now && starts_at.since(now) <= END_MAX_US && !too_late {
        return None;
    }
    let message = "the beginning lies in the past, after the end, or too far ahead";
    let allowed = "a moment after now and before the end, at most ten years ahead";
    Some(FieldFault::new("/startsAt", "start", &shown_moment(starts_at), allowed, message))
}
