//! Drives one claimed instance until it rests.
//!
//! The order never changes: log the intent, act, log what came of it. Every write checks the fence
//! first, in the same transaction; when it does not fit, somebody else drives the instance and
//! this runner stops without a further word.

use crate::engine::Inner;
use crate::faults::{Fault, Moment, Point, Rule};
use crate::operate::parent_of;
use crate::plan::{self, Act, Next};
use crate::{
    Phase, Run, StepFailure, StepStatus, WorkflowDefinition, WorkflowError, WorkflowState,
};
use domain::{Timestamp, WorkflowId};
use storage::workflow::{
    self as rows, Along, Claimed, Entry, Grip, Held, Priority, Settlement, StepRow, WorkflowRow,
};
use storage::{StorageError, Tx};
use tokio_util::sync::CancellationToken;

mod act;
mod attempt;
mod family;
mod record;
mod rest;

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

/// What is logged at once: what came of a step with the rows that go along, and what is intended.
#[derive(Debug, Clone, Copy, Default)]
struct Words<'a> {
    word: Option<&'a StepRow>,
    along: Option<&'a Along>,
    intent: Option<&'a StepRow>,
}

/// Whether the runner goes on with the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    On,
    Rest,
    /// It has come to its end.
    Ended,
}

struct Runner<'e, E: 'static> {
    inner: &'e Inner<E>,
    definition: WorkflowDefinition<E>,
    grip: Grip,
    direction: Phase,
    run: Run,
    log: Vec<StepRow>,
    /// What comes next, when the latest result was logged together with its intents.
    upcoming: Option<Vec<Act>>,
    /// The intents that were logged with it and have not begun to work.
    intended: Vec<StepRow>,
    /// Why it is to be undone although nothing failed.
    cancel: Option<StepFailure>,
    /// The instance that waits for this one, and its step.
    parent: Option<(WorkflowId, String)>,
    /// Children belong to the same owner and class.
    owner: String,
    priority: Priority,
}

/// Drives a claimed instance until it ends, waits, needs a person, or the shutdown is asked for.
pub(crate) async fn drive<E: Send + Sync + 'static>(
    inner: &Inner<E>,
    claimed: Claimed,
    shutdown: &CancellationToken,
) -> Result<Flow, Halt> {
    let Claimed { row, told, .. } = claimed;
    let grip = Grip { id: row.id, fence: row.fence };
    let claimed = Point {
        kind: &row.kind,
        step: "",
        phase: row.direction,
        attempt: 1,
        moment: Moment::Claimed,
    };
    pass(inner, grip.id, &claimed).await?;
    let Some(definition) = inner.find(&row.kind, row.version) else {
        let text = format!("no program here knows {} version {}", row.kind, row.version);
        let reason = StepFailure::new("unknown_workflow", text);
        return park(inner, grip, &row.subject, &reason).await;
    };
    let subject = row.subject.clone();
    let mut runner = match Runner::load(inner, definition, row, told).await {
        Err(Halt::Broken(WorkflowError::Json(error))) => {
            let reason = StepFailure::new("unreadable_log", error.to_string());
            return park(inner, grip, &subject, &reason).await;
        }
        loaded => loaded?,
    };
    loop {
        if shutdown.is_cancelled() {
            runner.release().await?;
            return Ok(Flow::Rest);
        }
        if let Some(reason) = runner.cancellation() {
            runner.turn(reason).await?;
        }
        let flow = match runner.next() {
            Next::Act(acts) => runner.work(acts, shutdown).await?,
            Next::Rest(_) => runner.rest().await?,
            Next::Failed(seq) => runner.give_up(seq).await?,
            Next::End => runner.end().await?,
            Next::Foreign => {
                let text = format!("the steps of {} have changed", definition.kind);
                let reason = StepFailure::new("steps_changed", text);
                return park(inner, grip, &subject, &reason).await;
            }
        };
        match flow {
            Flow::On => {}
            Flow::Rest => return Ok(Flow::Rest),
            Flow::Ended => {
                runner.say_ended().await?;
                return Ok(Flow::Ended);
            }
        }
    }
}

async fn park<E>(
    inner: &Inner<E>,
    grip: Grip,
    subject: &str,
    reason: &StepFailure,
) -> Result<Flow, Halt> {
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
    Ok(Flow::Rest)
}

/// Lets a test decide what happens at a place.
async fn pass<E>(inner: &Inner<E>, id: WorkflowId, point: &Point<'_>) -> Result<Fault, Halt> {
    if let Some(gate) = inner.faults.gate(point) {
        gate.await;
    }
    match inner.faults.at(point) {
        Fault::Crash => Err(Halt::Crashed),
        Fault::Abort => std::process::abort(),
        Fault::Hold => {
            tracing::warn!(workflow.id = %id, "holding at {point}");
            std::future::pending().await
        }
        fault => Ok(fault),
    }
}

impl<'e, E: Send + Sync + 'static> Runner<'e, E> {
    async fn load(
        inner: &'e Inner<E>,
        definition: WorkflowDefinition<E>,
        row: WorkflowRow,
        told: bool,
    ) -> Result<Self, Halt> {
        let known = family::Known::read(inner, &row, told).await?;
        let grip = Grip { id: row.id, fence: row.fence };
        let parent = parent_of(Some(&row)).map(|(id, step)| (id, step.to_owned()));
        let run = Run {
            id: row.id,
            kind: definition.kind,
            version: definition.version,
            subject: row.subject,
            fence: row.fence,
            failure: row.failure.as_deref().map(serde_json::from_str).transpose()?,
            created_at: row.created_at,
            input: serde_json::from_str(&row.input)?,
            outputs: family::outputs(&known.log)?,
            signals: known.signals,
            children: known.children,
        };
        Ok(Self {
            inner,
            definition,
            grip,
            direction: row.direction,
            run,
            log: known.log,
            upcoming: None,
            intended: Vec::new(),
            cancel: row.cancel.as_deref().map(cancel_reason),
            parent,
            owner: row.owner_key,
            priority: row.priority,
        })
    }

    /// What comes next: what was logged as intended, or what the log says.
    fn next(&mut self) -> Next {
        if let Some(acts) = self.upcoming.take() {
            return Next::Act(acts);
        }
        // What was intended and could not begin is an attempt like one that a crash cut off.
        self.intended.clear();
        let now = self.inner.clock.now();
        plan::next(self.definition.steps, &self.log, self.direction, now)
    }

    /// Starts a write that only the holder of the fence may do, and extends the lease.
    async fn write(&mut self) -> Result<Tx, Halt> {
        let mut tx = self.inner.db.begin().await?;
        self.hold(&mut tx).await?;
        Ok(tx)
    }

    async fn hold(&mut self, tx: &mut Tx) -> Result<(), Halt> {
        self.log_within(tx, Words::default()).await
    }

    /// Checks the fence, extends the lease, and logs what came of a step and what is intended; the
    /// intent stands in the log unless [`Runner::cancellation`] has a reason afterwards.
    async fn log_within(&mut self, tx: &mut Tx, words: Words<'_>) -> Result<(), Halt> {
        if self.inner.faults.breaks(Rule::Fence)
            && let Some(row) = rows::get(tx, self.grip.id).await?
        {
            self.grip.fence = row.fence;
        }
        let held = match (words.word, words.intent) {
            (None, None) => {
                let now = self.inner.clock.now();
                rows::hold(tx, self.grip, self.inner.lease(), now).await?
            }
            _ => rows::log(tx, self.entry(words)).await?,
        };
        self.heed(held)
    }

    /// The same as a unit of work of its own.
    async fn log_alone(&mut self, words: Words<'_>) -> Result<(), Halt> {
        if self.inner.faults.breaks(Rule::Fence) {
            let mut tx = self.inner.db.begin().await?;
            self.log_within(&mut tx, words).await?;
            return self.commit(tx).await;
        }
        let held = rows::log_alone(&self.inner.db, self.entry(words)).await?;
        self.heed(held)?;
        self.inner.signals.changed(self.grip.id, &self.run.subject);
        Ok(())
    }

    fn entry<'a>(&self, words: Words<'a>) -> Entry<'a> {
        Entry {
            grip: self.grip,
            lease: self.inner.lease(),
            word: words.word,
            intent: words.intent,
            along: words.along,
            despite_cancel: !self.may_turn(),
            now: self.inner.clock.now(),
        }
    }

    fn heed(&mut self, held: Option<Held>) -> Result<(), Halt> {
        let Some(held) = held else { return Err(Halt::LeaseLost) };
        self.cancel = held.cancel.as_deref().map(cancel_reason);
        Ok(())
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
        if matches!(state, WorkflowState::Running | WorkflowState::Undoing) {
            self.inner.horizon.note(wake_at);
        }
        if rows::settle(tx, self.grip, &settlement).await? { Ok(()) } else { Err(Halt::LeaseLost) }
    }

    /// Gives the instance back as it stands, so that another runner can take it at once.
    async fn release(&self) -> Result<(), Halt> {
        let mut tx = self.inner.db.begin().await?;
        let held = rows::release(&mut tx, self.grip).await?;
        tx.commit().await?;
        if held { Ok(()) } else { Err(Halt::LeaseLost) }
    }

    /// Why it has to turn round although nothing failed. A wish that came after the last way back
    /// changes nothing.
    fn cancellation(&self) -> Option<StepFailure> {
        self.cancel.as_ref().filter(|_| self.may_turn()).cloned()
    }

    /// Whether a wish to have it undone is heeded.
    fn may_turn(&self) -> bool {
        self.direction == Phase::Forward && plan::barred(self.definition.steps, &self.log).is_none()
    }

    /// Whether a member of the group at work has failed for good.
    fn has_failed(&self) -> bool {
        let failed =
            |row: &StepRow| row.phase == Phase::Forward && row.status == StepStatus::Failed;
        self.direction == Phase::Forward && self.log.iter().any(failed)
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
        let point = Point {
            kind: self.run.kind,
            step: &row.name,
            phase: row.phase,
            attempt: u32::try_from(row.attempt).unwrap_or(u32::MAX),
            moment,
        };
        pass(self.inner, self.grip.id, &point).await
    }
}

/// A reason written by a later version is still shown, as it stands.
fn cancel_reason(json: &str) -> StepFailure {
    serde_json::from_str(json).unwrap_or_else(|_| StepFailure::new("cancelled", json))
}
