//! Following a contract's workflows: timelines and the signal that they changed.

use super::{StepView, Timeline};
use crate::contracts::sign::engine;
use crate::{Broker, BrokerError, OpContext, lifecycle};
use domain::ContractId;
use std::time::Duration;
use storage::Tx;
use storage::contracts::ContractHead;
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
        let contract = self.readable(ctx, &mut tx, id).await?;
        self.read_timelines(&mut tx, &contract.head).await
    }

    pub(super) async fn read_timelines(
        &self,
        tx: &mut Tx,
        contract: &ContractHead,
    ) -> Result<Vec<Timeline>, BrokerError> {
        let known = lifecycle::definitions();
        let mut all = Vec::new();
        // An order is set up before anything else happens to its contracts.
        if let Some((order, seat)) = contract.order_id.zip(contract.order_seat) {
            let views = workflow::views_of_subject(tx, &known, &order.to_string()).await;
            let views = views.map_err(engine)?.into_iter().rev();
            all.extend(views.map(|view| of_seat(view, seat)).map(Timeline::from));
        }
        let views = workflow::views_of_subject(tx, &known, &contract.id.to_string()).await;
        all.extend(views.map_err(engine)?.into_iter().rev().map(Timeline::from));
        Ok(all)
    }

    /// Every change of any workflow that this process commits from now on.
    #[must_use]
    pub fn watch_workflows(&self) -> broadcast::Receiver<workflow::Progress> {
        self.inner.signals.subscribe()
    }

    /// Signals each change of the contract's workflows; the receiver then reads the timelines.
    pub async fn watch_contract(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<mpsc::Receiver<()>, BrokerError> {
        let mut changes = self.inner.signals.subscribe();
        let contract = self.readable(ctx, &mut self.look().await?, id).await?;
        let order = contract.head.order_id.map(|order| order.to_string());
        let subject = id.to_string();
        // One waiting signal is enough: the receiver reads everything there is.
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                match tokio::time::timeout(LOOK_AGAIN, changes.recv()).await {
                    Ok(Ok(change))
                        if change.subject != subject && Some(&change.subject) != order.as_ref() =>
                    {
                        continue;
                    }
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

/// The steps of one seat, named as those of a contract that is set up alone.
fn of_seat(mut view: WorkflowView, seat: i64) -> WorkflowView {
    let ending = format!("_{seat}");
    view.steps.retain(|step| lifecycle::seat_parts(&step.name).1 == ending);
    for step in &mut view.steps {
        step.name = lifecycle::seat_parts(&step.name).0.to_owned();
    }
    view
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
