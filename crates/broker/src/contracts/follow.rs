//! Following a contract's workflows: timelines and the signal that they changed.

use super::{StepView, Timeline};
use crate::contracts::sign::engine;
use crate::{Broker, BrokerError, OpContext, lifecycle};
use domain::ContractId;
use std::time::Duration;
use storage::Tx;
use tokio::sync::{broadcast, mpsc};
use workflow::{StepStatus, WorkflowView};

/// Also without a signal the listener looks this often: another process may run the steps.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

impl Broker {
    /// The timelines alone, for live updates; the oldest run first.
    pub async fn timelines(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<Vec<Timeline>, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, id).await?;
        self.read_timelines(&mut tx, id).await
    }

    pub(super) async fn read_timelines(
        &self,
        tx: &mut Tx,
        id: ContractId,
    ) -> Result<Vec<Timeline>, BrokerError> {
        let views =
            workflow::views_of_subject(tx, &lifecycle::definitions(), &id.to_string()).await;
        Ok(views.map_err(engine)?.into_iter().rev().map(Timeline::from).collect())
    }

    /// Signals each change of the contract's workflows; the receiver then reads the timelines.
    pub async fn watch_contract(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<mpsc::Receiver<()>, BrokerError> {
        let mut changes = self.inner.signals.subscribe();
        self.readable(ctx, &mut self.begin_read().await?, id).await?;
        let subject = id.to_string();
        // One waiting signal is enough: the receiver reads everything there is.
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                match tokio::time::timeout(LOOK_AGAIN, changes.recv()).await {
                    Ok(Ok(change)) if change.subject != subject => continue,
                    Ok(Err(broadcast::error::RecvError::Closed)) => return,
                    _ => {}
                }
                match sender.try_send(()) {
                    Ok(()) | Err(mpsc::error::TrySendError::Full(())) => {}
                    Err(mpsc::error::TrySendError::Closed(())) => return,
                }
            }
        });
        Ok(receiver)
    }
}

impl From<WorkflowView> for Timeline {
    fn from(view: WorkflowView) -> Self {
        let steps = view.steps.into_iter().map(StepView::from).collect();
        Self {
            id: view.summary.id,
            kind: view.summary.kind,
            state: view.summary.state.as_str().to_owned(),
            steps,
        }
    }
}

impl From<workflow::StepView> for StepView {
    fn from(step: workflow::StepView) -> Self {
        Self {
            name: step.name,
            phase: step.phase.as_str().to_owned(),
            status: step.status.map_or("pending", StepStatus::as_str).to_owned(),
            attempt: step.attempt,
            started_at: step.started_at,
            finished_at: step.finished_at,
            error_code: step.error_code,
            error: step.error_message,
            next_attempt_at: step.next_wake,
            note: step.note,
        }
    }
}
