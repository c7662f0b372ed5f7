//! Writes what came of an attempt, and the end; each in one transaction under the fence.

use super::act::caught;
use super::attempt::Place;
use super::rest::Waiting;
use super::{Flow, Halt, Runner, Words, pass};
use crate::engine::later;
use crate::faults::{Moment, Point};
use crate::plan::Next;
use crate::{
    Done, FinalFn, FinalInput, Phase, RetryPolicy, StepFailure, StepResult, StepStatus, Stop,
    WorkflowError, WorkflowState, plan,
};
use domain::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use storage::workflow::{self as rows, StepRow};
use storage::{StorageError, Tx};

/// The pause before a final action that met a busy database is tried again.
const FINAL_PAUSE: Duration = Duration::from_secs(5);

impl<E: Send + Sync + 'static> Runner<'_, E> {
    /// Logs what came of an attempt.
    pub(super) async fn record(
        &mut self,
        row: &StepRow,
        result: StepResult,
        policy: RetryPolicy,
        place: Place,
    ) -> Result<Flow, Halt> {
        let last = place.last;
        let stop = match result {
            Ok(done) => match self.record_done(row, done, place.goes_on).await? {
                Ok(flow) => return Ok(flow),
                // Its rows were refused; nothing of it is written.
                Err(stop) => stop,
            },
            Err(stop) => stop,
        };
        let stop = match stop {
            Stop::Child(child) => match self.record_child(row, &child, last).await? {
                Ok(flow) => return Ok(flow),
                Err(stop) => stop,
            },
            Stop::TakeBack(reason) => match self.record_take_back(row, &reason, last).await? {
                Ok(flow) => return Ok(flow),
                Err(stop) => stop,
            },
            other => other,
        };
        self.record_stop(row, &stop, policy, last).await
    }

    async fn record_stop(
        &mut self,
        row: &StepRow,
        stop: &Stop,
        policy: RetryPolicy,
        last: bool,
    ) -> Result<Flow, Halt> {
        let now = self.inner.clock.now();
        let reason = stop.reason();
        let waiting = |status, until, signal| Waiting { status, reason, until, signal };
        let waiting = match stop {
            Stop::Retry { after, .. } if row.attempt < i64::from(policy.attempts) => {
                let attempt = u32::try_from(row.attempt).unwrap_or(u32::MAX);
                let pause = policy.pause(attempt, &row.effect_key).max(after.unwrap_or_default());
                waiting(StepStatus::Retrying, later(now, pause), None)
            }
            Stop::Sleep { pause, .. } => waiting(StepStatus::Waiting, later(now, *pause), None),
            Stop::Wait { signal, until, .. } => {
                waiting(StepStatus::Waiting, *until, Some(signal.as_str()))
            }
            _ => return self.record_failed(row, reason, last).await,
        };
        self.record_wait(row, waiting, last).await
    }

    /// Writes "done", the step's own rows and what comes next together, be it the intent of another
    /// step or the end; hands back why the step's rows were refused.
    async fn record_done(
        &mut self,
        row: &StepRow,
        mut done: Done,
        goes_on: bool,
    ) -> Result<Result<Flow, Stop>, Halt> {
        let row = StepRow {
            status: StepStatus::Done,
            finished_at: Some(self.inner.clock.now()),
            output: Some(done.output.to_string()),
            ..row.clone()
        };
        let (next, intended) = match goes_on {
            true => self.after(&row),
            false => (Next::Rest(Timestamp(0)), Vec::new()),
        };
        // A child ends apart: its parent is locked before it is.
        let ends = next == Next::End && self.parent.is_none();
        let along = done.along.take();
        let words = Words { word: Some(&row), along: along.as_ref(), intent: intended.first() };
        let written = match done.commit {
            None if ends => self.log_with_end(words, done.output).await,
            None if intended.len() <= 1 => self.log_only(words, done.output).await,
            _ => self.log_whole(words, done, (&intended, ends)).await,
        };
        let flow = match written {
            Ok(Ok(flow)) => flow,
            Ok(Err(stop)) => return Ok(Err(stop)),
            // Nothing of it is written, as after rows that a `commit` was refused.
            Err(Halt::Broken(WorkflowError::Storage(error @ StorageError::Constraint { .. })))
                if along.is_some() =>
            {
                return Ok(Err(error.into()));
            }
            Err(halt) => return Err(halt),
        };
        if let Next::Act(acts) = next
            && self.cancellation().is_none()
        {
            intended.iter().for_each(|row| self.remember(row.clone()));
            (self.upcoming, self.intended) = (Some(acts), intended);
        }
        Ok(Ok(flow))
    }

    /// One statement says it all.
    async fn log_only(
        &mut self,
        words: Words<'_>,
        output: Value,
    ) -> Result<Result<Flow, Stop>, Halt> {
        self.log_alone(words).await?;
        self.accept(words.word, output);
        Ok(Ok(Flow::On))
    }

    /// The last step and the end in one unit of work. Where the final action is refused, nothing of it
    /// stays, and the step is logged without the end, which comes later.
    async fn log_with_end(
        &mut self,
        words: Words<'_>,
        output: Value,
    ) -> Result<Result<Flow, Stop>, Halt> {
        let mut tx = self.inner.db.begin().await?;
        self.log_within(&mut tx, words).await?;
        self.accept(words.word, output);
        if self.cancellation().is_some() {
            self.commit(tx).await?;
            return Ok(Ok(Flow::On));
        }
        let (state, action) = self.ending();
        if let Some(action) = action
            && let Err(stop) = self.finish(action, &mut tx).await
        {
            drop(tx);
            self.log_alone(words).await?;
            return match self.cancellation() {
                Some(_) => Ok(Ok(Flow::On)),
                None => self.end_later(&stop).await.map(Ok),
            };
        }
        self.settle(&mut tx, state, None, self.inner.clock.now()).await?;
        self.commit(tx).await?;
        Ok(Ok(Flow::Ended))
    }

    /// A unit of work with everything that becomes true at once.
    async fn log_whole(
        &mut self,
        words: Words<'_>,
        done: Done,
        (intended, ends): (&[StepRow], bool),
    ) -> Result<Result<Flow, Stop>, Halt> {
        let mut tx = self.inner.db.begin().await?;
        self.log_within(&mut tx, words).await?;
        if self.cancellation().is_none() {
            for further in intended.iter().skip(1) {
                rows::put_step(&mut tx, self.grip.id, further).await?;
            }
        }
        if let Some(action) = done.commit
            && let Err(stop) = caught(action(&mut tx)).await
        {
            return Ok(Err(stop));
        }
        self.accept(words.word, done.output);
        let mut flow = Flow::On;
        if ends && self.cancellation().is_none() {
            flow = self.end_with(&mut tx).await?;
        }
        self.commit(tx).await?;
        Ok(Ok(flow))
    }

    /// Takes in what is logged in the unit of work at hand; when that fails, the runner stops.
    fn accept(&mut self, row: Option<&StepRow>, output: Value) {
        let Some(row) = row else { return };
        if self.direction == Phase::Forward {
            self.run.outputs.insert(row.name.clone(), output);
        }
        self.remember(row.clone());
    }

    /// Turns round when that is possible, and else asks for a person; while other members of the
    /// group are at work, that waits for them.
    async fn record_failed(
        &mut self,
        row: &StepRow,
        reason: &StepFailure,
        last: bool,
    ) -> Result<Flow, Halt> {
        let row = StepRow {
            status: StepStatus::Failed,
            finished_at: Some(self.inner.clock.now()),
            error: Some(serde_json::to_string(reason)?),
            ..row.clone()
        };
        tracing::warn!(
            workflow.id = %self.grip.id, workflow.kind = self.run.kind, step = row.name,
            phase = row.phase.as_str(), code = reason.code, "a workflow step failed"
        );
        let mut tx = self.write().await?;
        rows::put_step(&mut tx, self.grip.id, &row).await?;
        self.remember(row);
        if last {
            return self.turn_or_ask(tx, reason.clone()).await;
        }
        self.commit(tx).await?;
        Ok(Flow::On)
    }

    /// The step at this place failed, and nothing beside it is at work any more.
    pub(super) async fn give_up(&mut self, seq: usize) -> Result<Flow, Halt> {
        let row = plan::find(&self.log, seq, Phase::Forward);
        let reason = match row.and_then(|row| row.error.as_deref()) {
            Some(json) => serde_json::from_str(json)?,
            None => StepFailure::new("failed", "the step failed without a word"),
        };
        let tx = self.write().await?;
        self.turn_or_ask(tx, reason).await
    }

    async fn turn_or_ask(&mut self, mut tx: Tx, reason: StepFailure) -> Result<Flow, Halt> {
        let barred = plan::barred(self.definition.steps, &self.log).is_some();
        if self.direction == Phase::Forward && !barred {
            self.turn_within(tx, reason).await?;
            return Ok(Flow::On);
        }
        let json = serde_json::to_string(&reason)?;
        let now = self.inner.clock.now();
        self.settle(&mut tx, WorkflowState::NeedsAttention, Some(&json), now).await?;
        self.commit(tx).await?;
        Ok(Flow::Rest)
    }

    /// Turns round to undo.
    pub(super) async fn turn(&mut self, reason: StepFailure) -> Result<(), Halt> {
        let tx = self.write().await?;
        self.turn_within(tx, reason).await
    }

    async fn turn_within(&mut self, mut tx: Tx, reason: StepFailure) -> Result<(), Halt> {
        let json = serde_json::to_string(&reason)?;
        if !rows::turn(&mut tx, self.grip, &json, self.inner.clock.now()).await? {
            return Err(Halt::LeaseLost);
        }
        self.commit(tx).await?;
        self.direction = Phase::Undo;
        self.upcoming = None;
        self.intended.clear();
        self.run.failure = Some(reason);
        Ok(())
    }

    /// Writes the final state and the final action's rows together, and wakes the parent.
    pub(super) async fn end(&mut self) -> Result<Flow, Halt> {
        let (state, action) = self.ending();
        let now = self.inner.clock.now();
        let mut tx = self.inner.db.begin().await?;
        if let Some((parent, step)) = &self.parent {
            // Before the child: a unit of work locks from parent to child, always.
            rows::wake_child_step(&mut tx, *parent, step, now).await?;
        }
        self.hold(&mut tx).await?;
        if self.cancellation().is_some() {
            return Ok(Flow::On);
        }
        if let Some(action) = action
            && let Err(stop) = self.finish(action, &mut tx).await
        {
            drop(tx);
            return self.end_later(&stop).await;
        }
        self.settle(&mut tx, state, None, now).await?;
        self.commit(tx).await?;
        if self.parent.is_some() {
            self.inner.signals.wake();
        }
        Ok(Flow::Ended)
    }

    /// The end in the unit of work that logs the last step and the rows of its `commit`, which cannot be
    /// written twice; or why it has to come later.
    async fn end_with(&mut self, tx: &mut Tx) -> Result<Flow, Halt> {
        let (state, action) = self.ending();
        if let Some(action) = action {
            tx.mark().await?;
            if let Err(stop) = self.finish(action, tx).await {
                tx.back_to_mark().await?;
                self.put_off(tx, &stop).await?;
                return Ok(Flow::Rest);
            }
        }
        self.settle(tx, state, None, self.inner.clock.now()).await?;
        Ok(Flow::Ended)
    }

    const fn ending(&self) -> (WorkflowState, Option<FinalFn<E>>) {
        match self.direction {
            Phase::Forward => (WorkflowState::Done, self.definition.on_done),
            Phase::Undo => (WorkflowState::Undone, self.definition.on_undone),
        }
    }

    /// Tells that the end is durable.
    pub(super) async fn say_ended(&self) -> Result<(), Halt> {
        let (state, _) = self.ending();
        self.inner.signals.ended(self.grip.id, &self.run.subject);
        tracing::info!(
            workflow.id = %self.grip.id, workflow.kind = self.run.kind,
            subject = self.run.subject, state = state.as_str(), "a workflow ended"
        );
        let ended = Point {
            kind: self.run.kind,
            step: "",
            phase: self.direction,
            attempt: 1,
            moment: Moment::Ended,
        };
        pass(self.inner, self.grip.id, &ended).await.map(drop)
    }

    async fn finish(&self, action: FinalFn<E>, tx: &mut Tx) -> Result<(), Stop> {
        let input = FinalInput {
            env: Arc::clone(&self.inner.env),
            run: self.run.clone(),
            clock: Arc::clone(&self.inner.clock),
        };
        caught(action(input, tx)).await
    }

    /// The final action was refused: nothing of it is written.
    async fn end_later(&mut self, stop: &Stop) -> Result<Flow, Halt> {
        let mut tx = self.write().await?;
        self.put_off(&mut tx, stop).await?;
        self.commit(tx).await?;
        Ok(Flow::Rest)
    }

    /// The end comes later when it may pass then, else a person decides.
    async fn put_off(&self, tx: &mut Tx, stop: &Stop) -> Result<(), Halt> {
        let now = self.inner.clock.now();
        let (state, pause) = match stop {
            Stop::Retry { after, .. } => (self.state(), after.unwrap_or(FINAL_PAUSE)),
            Stop::Sleep { pause, .. } => (self.state(), *pause),
            // A final action neither waits nor has children.
            _ => (WorkflowState::NeedsAttention, Duration::ZERO),
        };
        let reason = stop.reason();
        tracing::warn!(
            workflow.id = %self.grip.id, workflow.kind = self.run.kind, code = reason.code,
            "the final action of a workflow was refused: {}", reason.message
        );
        let json = serde_json::to_string(reason)?;
        self.settle(tx, state, Some(&json), later(now, pause)).await
    }
}
