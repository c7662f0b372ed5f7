//! Drives one claimed instance until it rests.
//!
//! The order never changes: log the intent, act, log what came of it. Every write checks the fence
//! first, in the same transaction; when it does not fit, somebody else drives the instance and
//! this runner stops without a further word.

use crate::engine::Inner;
use crate::faults::{Fault, Moment, Point};
use crate::plan::{self, Act, Next};
use crate::{
    Phase, Run, Step, StepFailure, StepInput, StepStatus, Stop, Undo, WorkflowDefinition,
    WorkflowError, WorkflowState, effect_key,
};
use domain::Timestamp;
use std::sync::Arc;
use storage::workflow::{self as rows, Grip, Settlement, StepRow, WorkflowRow};
use storage::{StorageError, Tx};
use tokio_util::sync::CancellationToken;

mod act;
mod record;

use act::Acted;

/// Attempts beyond the policy for a step that was found begun after a crash: it must be asked
/// about, but a step that brings the process down must not do so for ever.
const CRASHES_FORGIVEN: i64 = 10;

/// Why a runner stops before the instance rests.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The fence does not fit any more.
    LeaseLost,
    /// A test made the runner vanish.
    Crashed,
    /// The log cannot be read or written.
    Broken(WorkflowError),
}

impl From<StorageError> for Halt {
    fn from(error: StorageError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<serde_json::Error> for Halt {
    fn from(error: serde_json::Error) -> Self {
        Self::Broken(error.into())
    }
}

/// Whether the runner goes on with the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Rest,
}

struct Runner<'e, E: 'static> {
    inner: &'e Inner<E>,
    definition: WorkflowDefinition<E>,
    grip: Grip,
    direction: Phase,
    run: Run,
    log: Vec<StepRow>,
}

/// Drives a claimed instance until it ends, waits, needs a person, or the shutdown is asked for.
pub(crate) async fn drive<E: Send + Sync + 'static>(
    inner: &Inner<E>,
    row: WorkflowRow,
    shutdown: &CancellationToken,
) -> Result<(), Halt> {
    let grip = Grip { id: row.id, fence: row.fence };
    let Some(definition) = inner.find(&row.kind, row.version) else {
        let text = format!("no program here knows {} version {}", row.kind, row.version);
        return park(inner, grip, &row.subject, &StepFailure::new("unknown_workflow", text)).await;
    };
    let subject = row.subject.clone();
    let mut runner = match Runner::load(inner, definition, row).await {
        Err(Halt::Broken(WorkflowError::Json(error))) => {
            let reason = StepFailure::new("unreadable_log", error.to_string());
            return park(inner, grip, &subject, &reason).await;
        }
        loaded => loaded?,
    };
    loop {
        if shutdown.is_cancelled() {
            return runner.release().await;
        }
        let flow = match plan::next(definition.steps, &runner.log, runner.direction) {
            Next::Act(act) => runner.step(act, shutdown).await?,
            Next::End => return runner.end().await,
            Next::Foreign => {
                let text = format!("the steps of {} have changed", definition.kind);
                let reason = StepFailure::new("steps_changed", text);
                return park(inner, grip, &subject, &reason).await;
            }
        };
        if flow == Flow::Rest {
            return Ok(());
        }
    }
}

async fn park<E>(
    inner: &Inner<E>,
    grip: Grip,
    subject: &str,
    reason: &StepFailure,
) -> Result<(), Halt> {
    tracing::warn!(workflow.id = %grip.id, code = reason.code, "workflow parked: {}", reason.message);
    let now = inner.clock.now();
    let attention = serde_json::to_string(reason)?;
    let settlement = Settlement {
        state: WorkflowState::Parked,
        attention: Some(&attention),
        wake_at: now,
        finished_at: None,
        now,
    };
    let mut tx = inner.db.begin().await?;
    if !rows::settle(&mut tx, grip, &settlement).await? {
        return Err(Halt::LeaseLost);
    }
    tx.commit().await?;
    inner.signals.changed(grip.id, subject);
    Ok(())
}

impl<'e, E: Send + Sync + 'static> Runner<'e, E> {
    async fn load(
        inner: &'e Inner<E>,
        definition: WorkflowDefinition<E>,
        row: WorkflowRow,
    ) -> Result<Self, Halt> {
        let mut tx = inner.db.begin_read().await?;
        let log = rows::steps(&mut tx, row.id).await?;
        drop(tx);
        let mut run = Run {
            id: row.id,
            kind: definition.kind,
            version: definition.version,
            subject: row.subject,
            fence: row.fence,
            failure: row.failure.as_deref().map(serde_json::from_str).transpose()?,
            created_at: row.created_at,
            input: serde_json::from_str(&row.input)?,
            outputs: Default::default(),
        };
        for step in log.iter().filter(|step| step.phase == Phase::Forward) {
            if let Some(output) = &step.output {
                run.outputs.insert(step.name.clone(), serde_json::from_str(output)?);
            }
        }
        let grip = Grip { id: row.id, fence: row.fence };
        Ok(Self { inner, definition, grip, direction: row.direction, run, log })
    }

    /// One attempt of one step.
    async fn step(&mut self, act: Act, shutdown: &CancellationToken) -> Result<Flow, Halt> {
        let table = self.definition.steps;
        let step = &table[act.seq];
        let (policy, function) = match (self.direction, &step.undo) {
            (Phase::Undo, Undo::With(undo)) => (step.undo_retry, *undo),
            _ => (step.retry, step.forward),
        };
        let row = self.begin(step, act).await?;
        let result = match self.fault(&row, Moment::Started).await? {
            Fault::Fail(reason) => Acted::Result(Err(Stop::Failed(reason))),
            _ if act.attempt > i64::from(policy.attempts) + CRASHES_FORGIVEN => {
                Acted::Result(Err(Stop::failed("crash_loop", "the attempts ended without a word")))
            }
            _ => self.act(self.input(step, &row, act), function, policy.timeout, shutdown).await,
        };
        let mut result = match result {
            Acted::Result(result) => result,
            Acted::LeaseLost => return Err(Halt::LeaseLost),
            Acted::Drained => {
                self.release().await?;
                return Ok(Flow::Rest);
            }
        };
        match self.fault(&row, Moment::Acted).await? {
            Fault::Fail(reason) => result = Err(Stop::Failed(reason)),
            Fault::Forget => return Ok(Flow::On),
            _ => {}
        }
        let flow = self.record(&row, result, policy).await?;
        self.fault(&row, Moment::Done).await?;
        Ok(flow)
    }

    fn input(&self, step: &Step<E>, row: &StepRow, act: Act) -> StepInput<E> {
        StepInput {
            env: Arc::clone(&self.inner.env),
            run: self.run.clone(),
            name: step.name,
            phase: self.direction,
            attempt: u32::try_from(act.attempt).unwrap_or(u32::MAX),
            effect_key: row.effect_key.clone(),
            was_started: act.was_started,
            first_started_at: row.started_at,
            clock: Arc::clone(&self.inner.clock),
        }
    }

    /// Logs the intent.
    async fn begin(&mut self, step: &Step<E>, act: Act) -> Result<StepRow, Halt> {
        let now = self.inner.clock.now();
        let earlier = plan::find(&self.log, act.seq, self.direction);
        let row = StepRow {
            seq: i64::try_from(act.seq).unwrap_or(i64::MAX),
            phase: self.direction,
            name: step.name.to_owned(),
            status: StepStatus::Started,
            attempt: act.attempt,
            effect_key: effect_key(self.grip.id, step.name, self.direction),
            started_at: earlier.map_or(now, |earlier| earlier.started_at),
            attempt_at: now,
            finished_at: None,
            output: None,
            error: earlier.and_then(|earlier| earlier.error.clone()),
        };
        let mut tx = self.write().await?;
        rows::put_step(&mut tx, self.grip.id, &row).await?;
        self.commit(tx).await?;
        self.remember(row.clone());
        Ok(row)
    }

    /// Starts a write that only the holder of the fence may do, and extends the lease.
    async fn write(&self) -> Result<Tx, Halt> {
        let mut tx = self.inner.db.begin().await?;
        let now = self.inner.clock.now();
        if rows::hold(&mut tx, self.grip, self.inner.lease_end(), now).await? {
            Ok(tx)
        } else {
            Err(Halt::LeaseLost)
        }
    }

    async fn commit(&self, tx: Tx) -> Result<(), Halt> {
        tx.commit().await?;
        self.inner.signals.changed(self.grip.id, &self.run.subject);
        Ok(())
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        state: WorkflowState,
        attention: Option<&str>,
        wake_at: Timestamp,
    ) -> Result<(), Halt> {
        let now = self.inner.clock.now();
        let ended = matches!(state, WorkflowState::Done | WorkflowState::Undone);
        let finished_at = ended.then_some(now);
        let settlement = Settlement { state, attention, wake_at, finished_at, now };
        if rows::settle(tx, self.grip, &settlement).await? { Ok(()) } else { Err(Halt::LeaseLost) }
    }

    /// Gives the instance back as it stands, so that another runner can take it at once.
    async fn release(&self) -> Result<(), Halt> {
        let mut tx = self.inner.db.begin().await?;
        let held = rows::release(&mut tx, self.grip).await?;
        tx.commit().await?;
        if held { Ok(()) } else { Err(Halt::LeaseLost) }
    }

    const fn state(&self) -> WorkflowState {
        match self.direction {
            Phase::Forward => WorkflowState::Running,
            Phase::Undo => WorkflowState::Undoing,
        }
    }

    fn remember(&mut self, row: StepRow) {
        match self.log.iter_mut().find(|old| old.seq == row.seq && old.phase == row.phase) {
            Some(old) => *old = row,
            None => self.log.push(row),
        }
    }

    async fn fault(&self, row: &StepRow, moment: Moment) -> Result<Fault, Halt> {
        self.fault_at(&Point {
            kind: self.run.kind,
            step: &row.name,
            phase: row.phase,
            attempt: u32::try_from(row.attempt).unwrap_or(u32::MAX),
            moment,
        })
        .await
    }

    async fn fault_at(&self, point: &Point<'_>) -> Result<Fault, Halt> {
        match self.inner.faults.at(point) {
            Fault::Crash => Err(Halt::Crashed),
            Fault::Abort => std::process::abort(),
            Fault::Hold => {
                tracing::warn!(workflow.id = %self.grip.id, "holding at {point}");
                std::future::pending().await
            }
            fault => Ok(fault),
        }
    }
}
