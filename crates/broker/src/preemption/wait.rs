//! A lifeline that waits for room and does so no longer.

use crate::audit::{Entry, record};
use crate::contracts::engine;
use crate::{Broker, BrokerError, OpContext, lifecycle};
use domain::ContractEvent;
use storage::Tx;
use storage::contracts::{self, ContractHead};
use storage::workflow::{WorkflowRow, WorkflowState, of_subject};

/// Workflows of a contract that are looked through.
const RUNS_MAX: i64 = 50;
/// What the log says of it.
const REASON: &str = "its customer waits no longer";

impl Broker {
    /// Has the activation undone that waits for room which others make, with the order it is part of; what was noticed
    /// is called off, and what was taken goes back. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `wrong_state` while it waits for nothing: what is being set up is released when it runs.
    pub(crate) async fn stop_waiting(
        &self,
        ctx: &OpContext,
        mut tx: Tx,
        head: &ContractHead,
    ) -> Result<(), BrokerError> {
        let rows = contracts::list_preemptions_for(&mut tx, head.id).await?;
        let run = activation(&mut tx, head).await?;
        let (true, Some(run)) = (rows.iter().any(|row| !row.state.is_final()), run) else {
            head.state.apply(ContractEvent::AskRelease)?;
            return Ok(());
        };
        if run.state == WorkflowState::Undoing || run.cancel.is_some() {
            return Ok(());
        }
        let definitions = lifecycle::definitions();
        workflow::cancel(&mut tx, &definitions, run.id, REASON, self.now())
            .await
            .map_err(engine)?;
        record(self, ctx, &mut tx, Entry::new("contract.waiting_ended", head.id)).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(())
    }
}

/// What sets the contract up, alone or with others.
async fn activation(tx: &mut Tx, head: &ContractHead) -> Result<Option<WorkflowRow>, BrokerError> {
    let order = head.order_id.map(|order| order.to_string());
    for subject in [Some(head.id.to_string()), order].into_iter().flatten() {
        let runs = of_subject(tx, &subject, RUNS_MAX).await?;
        let goes_on =
            |run: &WorkflowRow| run.finished_at.is_none() && run.kind.starts_with("activate_");
        if let Some(run) = runs.into_iter().find(goes_on) {
            return Ok(Some(run));
        }
    }
    Ok(None)
}
