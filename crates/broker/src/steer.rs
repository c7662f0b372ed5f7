//! What the desk does about a workflow: have it undone, and where it is stuck try again, take a person's
//! word for a step, or give it up. Whoever decides instead of a cloud says why; the reason stays with the step and in
//! the audit list.

use crate::audit::{Entry, record};
use crate::names::text_fault;
use crate::{Broker, BrokerError, OpContext, lifecycle};
use domain::{Action, WorkflowId};
use serde_json::Value;
use storage::Tx;
use workflow::{Phase, StepStatus, StepView, WorkflowError};

/// Signals that only a use case of the customer sends: nobody else gives a customer's data or places up.
const CUSTOMERS: [&str; 2] = [lifecycle::TAKEN, crate::securing::DECIDED];

/// Whether the desk may not send a signal, since it is a customer's word.
pub(crate) fn is_a_customers(signal: &str) -> bool {
    CUSTOMERS.contains(&signal)
}

/// What a person tells a workflow, and why.
#[derive(Debug, Clone, Copy)]
pub struct SignalWord<'a> {
    /// The name that the step waits for.
    pub signal: &'a str,
    /// 1 to 500 characters; audited.
    pub reason: &'a str,
    /// What is told, as the step reads it.
    pub payload: &'a Value,
}

/// Longest reason.
const REASON_CHARACTERS_MAX: usize = 500;

impl Broker {
    /// Tries a workflow that needs attention again.
    pub async fn retry_workflow(&self, ctx: &OpContext, id: WorkflowId) -> Result<(), BrokerError> {
        ctx.may(Action::SteerWorkflow, None, "workflow")?;
        let mut tx = self.begin().await?;
        workflow::retry(&mut tx, id, self.now()).await.map_err(steering)?;
        self.decided(ctx, tx, Entry::new("workflow.retried", id)).await
    }

    /// Takes a person's word that the step that failed has met its goal, with what it made.
    pub async fn skip_step(
        &self,
        ctx: &OpContext,
        id: WorkflowId,
        reason: &str,
        output: &Value,
    ) -> Result<(), BrokerError> {
        ctx.may(Action::SteerWorkflow, None, "workflow")?;
        let reason = reason_of(reason)?;
        let mut tx = self.begin().await?;
        let step = stuck_step(&mut tx, id, Phase::Forward).await?;
        workflow::skip(&mut tx, id, output, reason, self.now()).await.map_err(steering)?;
        let entry = Entry::new("workflow.step_skipped", id).with("step", step);
        self.decided(ctx, tx, entry.with("reason", reason)).await
    }

    /// Takes a person's word that what the step made is gone although its undo failed.
    pub async fn mark_step_undone(
        &self,
        ctx: &OpContext,
        id: WorkflowId,
        reason: &str,
    ) -> Result<(), BrokerError> {
        ctx.may(Action::SteerWorkflow, None, "workflow")?;
        let reason = reason_of(reason)?;
        let mut tx = self.begin().await?;
        let step = stuck_step(&mut tx, id, Phase::Undo).await?;
        workflow::mark_undone(&mut tx, id, reason, self.now()).await.map_err(steering)?;
        let entry = Entry::new("workflow.step_marked_undone", id).with("step", step);
        self.decided(ctx, tx, entry.with("reason", reason)).await
    }

    /// Audits what was decided, and lets the workers go on with it.
    async fn decided(&self, ctx: &OpContext, mut tx: Tx, entry: Entry) -> Result<(), BrokerError> {
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.inner.signals.wake();
        Ok(())
    }

    /// Has a workflow that goes forward undone: what it made is given back, step by step.
    pub async fn cancel_workflow(
        &self,
        ctx: &OpContext,
        id: WorkflowId,
        reason: &str,
    ) -> Result<(), BrokerError> {
        ctx.may(Action::SteerWorkflow, None, "workflow")?;
        let reason = reason_of(reason)?;
        let mut tx = self.begin().await?;
        let definitions = lifecycle::definitions();
        workflow::cancel(&mut tx, &definitions, id, reason, self.now()).await.map_err(steering)?;
        self.decided(ctx, tx, Entry::new("workflow.cancelled", id).with("reason", reason)).await
    }

    /// Tells a workflow the word that one of its steps waits for; the reason is audited. The first word under
    /// a name counts.
    pub async fn send_signal(
        &self,
        ctx: &OpContext,
        id: WorkflowId,
        word: SignalWord<'_>,
    ) -> Result<(), BrokerError> {
        ctx.may(Action::SteerWorkflow, None, "workflow")?;
        let reason = reason_of(word.reason)?;
        let mut tx = self.begin().await?;
        let view = workflow::load_view(&mut tx, &lifecycle::definitions(), id)
            .await
            .map_err(steering)?
            .ok_or(BrokerError::NotFound { what: "workflow" })?;
        if is_a_customers(word.signal) {
            let detail = format!("`{}` is for the customer to say, not for the desk", word.signal);
            return Err(BrokerError::Conflict { code: "customers_word", detail });
        }
        let waits = |step: &&StepView| step.signal.as_deref() == Some(word.signal);
        let Some(step) = view.steps.iter().find(waits) else {
            let detail = format!("no step of {id} waits for `{}`", word.signal);
            return Err(BrokerError::Conflict { code: "wrong_state", detail });
        };
        let told = workflow::signal(&mut tx, id, word.signal, word.payload, self.now()).await;
        if !told.map_err(steering)? {
            let detail = format!("{id} was told `{}` before", word.signal);
            return Err(BrokerError::Conflict { code: "wrong_state", detail });
        }
        let entry = Entry::new("workflow.signalled", id).with("signal", word.signal);
        let entry = entry.with("step", step.name.as_str()).with("reason", reason);
        self.decided(ctx, tx, entry).await
    }

    /// Gives a workflow up; the reason is kept and audited.
    pub async fn abandon_workflow(
        &self,
        ctx: &OpContext,
        id: WorkflowId,
        reason: &str,
    ) -> Result<(), BrokerError> {
        ctx.may(Action::SteerWorkflow, None, "workflow")?;
        let reason = reason_of(reason)?;
        let mut tx = self.begin().await?;
        workflow::abandon(&mut tx, id, reason, self.now()).await.map_err(steering)?;
        self.decided(ctx, tx, Entry::new("workflow.abandoned", id).with("reason", reason)).await
    }
}

/// The step that failed for good in this direction, for the audit list.
async fn stuck_step(
    tx: &mut Tx,
    id: WorkflowId,
    phase: Phase,
) -> Result<Option<String>, BrokerError> {
    let view = workflow::load_view(tx, &lifecycle::definitions(), id)
        .await
        .map_err(steering)?
        .ok_or(BrokerError::NotFound { what: "workflow" })?;
    let stuck = view
        .steps
        .into_iter()
        .find(|step| step.phase == phase && step.status == Some(StepStatus::Failed));
    Ok(stuck.map(|step| step.name))
}

/// The reason as it is kept.
fn reason_of(text: &str) -> Result<&str, BrokerError> {
    let reason = text.trim();
    match text_fault("/reason", reason, 1..=REASON_CHARACTERS_MAX, ("reason", "say why")) {
        Some(fault) => Err(BrokerError::Invalid(vec![fault])),
        None => Ok(reason),
    }
}

/// A command on a workflow that its state does not allow, or an unknown workflow.
fn steering(error: WorkflowError) -> BrokerError {
    match error {
        WorkflowError::Storage(error) => BrokerError::Storage(error),
        WorkflowError::NotFound { .. } => BrokerError::NotFound { what: "workflow" },
        other => BrokerError::Conflict { code: "wrong_state", detail: other.to_string() },
    }
}
