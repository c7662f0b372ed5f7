//! Writes what came of an attempt, and the end; each in one transaction under the fence.

use super::act::caught;
use super::{Flow, Halt, Runner};
use crate::engine::later;
use crate::faults::{Moment, Point};
use crate::{
    Done, FinalFn, FinalInput, Phase, RetryPolicy, StepFailure, StepResult, StepStatus, Stop,
    WorkflowState, plan,
};
use domain::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use storage::Tx;
use storage::workflow::{self as rows, StepRow};

/// The pause before a final action that met a busy database is tried again.
const FINAL_PAUSE: Duration = Duration::from_secs(5);

impl<E: Send + Sync + 'static> Runner<'_, E> {
    /// Logs what came of an attempt.
    pub(super) async fn record(
        &mut self,
        row: &StepRow,
        result: StepResult,
        policy: RetryPolicy,
    ) -> Result<Flow, Halt> {
        let stop = match result {
            Ok(done) => match self.record_done(row, done).await? {
                None => return Ok(Flow::On),
                // Its rows were refused; nothing of it is written.
                Some(stop) => stop,
            },
            Err(stop) => stop,
        };
        let now = self.inner.clock.now();
        match stop {
            Stop::Retry { after, reason } if row.attempt < i64::from(policy.attempts) => {
                let attempt = u32::try_from(row.attempt).unwrap_or(u32::MAX);
                let pause = policy.pause(attempt, &row.effect_key).max(after.unwrap_or_default());
                self.record_wait(row, StepStatus::Retrying, &reason, later(now, pause)).await
            }
            Stop::Sleep { pause, reason } => {
                self.record_wait(row, StepStatus::Waiting, &reason, later(now, pause)).await
            }
            Stop::Retry { reason, .. } | Stop::Failed(reason) => {
                self.record_failed(row, &reason).await
            }
        }
    }

    /// Writes "done" and the step's own rows together; hands back why they were refused.
    async fn record_done(&mut self, row: &StepRow, done: Done) -> Result<Option<Stop>, Halt> {
        let mut tx = self.write().await?;
        if let Some(action) = done.commit
            && let Err(stop) = caught(action(&mut tx)).await
        {
            return Ok(Some(stop));
        }
        let row = StepRow {
            status: StepStatus::Done,
            finished_at: Some(self.inner.clock.now()),
            output: Some(done.output.to_string()),
            ..row.clone()
        };
        rows::put_step(&mut tx, self.grip.id, &row).await?;
        self.commit(tx).await?;
        if self.direction == Phase::Forward {
            self.run.outputs.insert(row.name.clone(), done.output);
        }
        self.remember(row);
        Ok(None)
    }

    async fn record_wait(
        &mut self,
        row: &StepRow,
        status: StepStatus,
        reason: &StepFailure,
        wake_at: Timestamp,
    ) -> Result<Flow, Halt> {
        let row = StepRow { status, error: Some(serde_json::to_string(reason)?), ..row.clone() };
        let mut tx = self.write().await?;
        rows::put_step(&mut tx, self.grip.id, &row).await?;
        self.settle(&mut tx, self.state(), None, wake_at).await?;
        self.commit(tx).await?;
        Ok(Flow::Rest)
    }

    /// Turns round when that is possible, and else asks for a person.
    async fn record_failed(&mut self, row: &StepRow, reason: &StepFailure) -> Result<Flow, Halt> {
        let now = self.inner.clock.now();
        let json = serde_json::to_string(reason)?;
        let row = StepRow {
            status: StepStatus::Failed,
            finished_at: Some(now),
            error: Some(json.clone()),
            ..row.clone()
        };
        let turns =
            self.direction == Phase::Forward && plan::can_undo(self.definition.steps, &self.log);
        let mut tx = self.write().await?;
        rows::put_step(&mut tx, self.grip.id, &row).await?;
        if turns {
            if !rows::turn(&mut tx, self.grip, &json, now).await? {
                return Err(Halt::LeaseLost);
            }
        } else {
            self.settle(&mut tx, WorkflowState::NeedsAttention, Some(&json), now).await?;
        }
        self.commit(tx).await?;
        tracing::warn!(
            workflow.id = %self.grip.id, workflow.kind = self.run.kind, step = row.name,
            phase = row.phase.as_str(), code = reason.code, turns, "a workflow step failed"
        );
        self.remember(row);
        if !turns {
            return Ok(Flow::Rest);
        }
        self.direction = Phase::Undo;
        self.run.failure = Some(reason.clone());
        Ok(Flow::On)
    }

    /// Writes the final state and the final action's rows together.
    pub(super) async fn end(&mut self) -> Result<(), Halt> {
        let (state, action) = match self.direction {
            Phase::Forward => (WorkflowState::Done, self.definition.on_done),
            Phase::Undo => (WorkflowState::Undone, self.definition.on_undone),
        };
        let mut tx = self.write().await?;
        if let Some(action) = action
            && let Err(stop) = self.finish(action, &mut tx).await
        {
            drop(tx);
            return self.end_later(&stop).await;
        }
        self.settle(&mut tx, state, None, self.inner.clock.now()).await?;
        self.commit(tx).await?;
        tracing::info!(
            workflow.id = %self.grip.id, workflow.kind = self.run.kind,
            subject = self.run.subject, state = state.as_str(), "a workflow ended"
        );
        self.fault_at(&Point {
            kind: self.run.kind,
            step: "",
            phase: self.direction,
            attempt: 1,
            moment: Moment::Ended,
        })
        .await?;
        Ok(())
    }

    async fn finish(&self, action: FinalFn<E>, tx: &mut Tx) -> Result<(), Stop> {
        let input = FinalInput {
            env: Arc::clone(&self.inner.env),
            run: self.run.clone(),
            clock: Arc::clone(&self.inner.clock),
        };
        caught(action(input, tx)).await
    }

    /// The final action was refused: later again when it may pass, else a person.
    async fn end_later(&mut self, stop: &Stop) -> Result<(), Halt> {
        let now = self.inner.clock.now();
        let (state, pause) = match stop {
            Stop::Failed(_) => (WorkflowState::NeedsAttention, Duration::ZERO),
            Stop::Retry { after, .. } => (self.state(), after.unwrap_or(FINAL_PAUSE)),
            Stop::Sleep { pause, .. } => (self.state(), *pause),
        };
        let reason = stop.reason();
        tracing::warn!(
            workflow.id = %self.grip.id, workflow.kind = self.run.kind, code = reason.code,
            "the final action of a workflow was refused: {}", reason.message
        );
        let json = serde_json::to_string(reason)?;
        let mut tx = self.write().await?;
        self.settle(&mut tx, state, Some(&json), later(now, pause)).await?;
        self.commit(tx).await
    }
}
