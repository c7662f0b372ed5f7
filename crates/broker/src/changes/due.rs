//! A reconciler: begins scheduled changes when their moment comes.

use super::ask::is_repaired;
use crate::audit::{Entry, record};
use crate::{Broker, BrokerError, OpContext};
use domain::{ChangeEvent, ChangeState, ContractState};
use storage::contracts::{self, Change};
use storage::lock;

/// Changes begun in one go; the others wait for the next second.
const DUE_AT_ONCE: u32 = 50;

impl Broker {
    /// Begins what is due; returns how many changes began. May run in several processes at once.
    pub async fn change_due(&self) -> Result<usize, BrokerError> {
        let now = self.now();
        let due =
            contracts::list_due_changes(&mut self.begin_read().await?, now, DUE_AT_ONCE).await?;
        let mut begun = 0;
        for change in due {
            match self.begin_due(&change).await {
                Ok(begins) => begun += usize::from(begins),
                // One that cannot begin does not keep the others waiting.
                Err(error) => tracing::error!(contract.id = %change.contract_id,
                    change.number = change.number, %error,
                    "a change whose moment has come could not begin; it is tried again"),
            }
        }
        Ok(begun)
    }

    /// Looks again behind the lock: meanwhile it may have been called off, or another process was first.
    async fn begin_due(&self, change: &Change) -> Result<bool, BrokerError> {
        let mut tx = self.begin().await?;
        let (id, number) = (change.contract_id, change.number);
        lock::contract(&mut tx, id).await?;
        let head = contracts::find_head(&mut tx, id).await?;
        let found = contracts::find_change(&mut tx, id, number).await?;
        let running = head.filter(|head| head.state == ContractState::Active);
        let due = found.filter(|change| change.state == ChangeState::Scheduled);
        let (Some(head), Some(change)) = (running, due) else { return Ok(false) };
        // It begins as soon as the repair has come to its end, or the service has its room back.
        let preempted = contracts::find_open_preemption(&mut tx, id).await?.is_some();
        if preempted || is_repaired(&mut tx, id).await? {
            return Ok(false);
        }
        let state = change.state.apply(ChangeEvent::Begin)?;
        contracts::set_change_state(&mut tx, &change, state, (None, None)).await?;
        self.begin_change(&mut tx, &head, change.kind, number).await?;
        let ctx = OpContext::system("beginning of a change");
        let entry = Entry::new("contract.change_begun", id).with("change", number);
        record(self, &ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(true)
    }
}
