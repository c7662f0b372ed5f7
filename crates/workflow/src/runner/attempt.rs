//! Attempts: the intent is logged, the step works in a task of its own, its word is recorded.

use super::act::{drain, keep_lease, within};
use super::{Flow, Halt, Runner, Words};
use crate::faults::{Fault, Moment, Rule};
use crate::plan::{self, Act, Next};
use crate::{Phase, RetryPolicy, Step, StepInput, StepResult, StepStatus, Stop, Undo, effect_key};
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use storage::workflow::StepRow;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Attempts beyond the policy for a step that was found begun after a crash: it must be asked
/// about, but a step that brings the process down must not do so for ever.
const CRASHES_FORGIVEN: i64 = 10;

/// A step that has come to its end, with its own answer, or with a timeout or panic turned into one.
#[derive(Debug)]
pub(super) struct Worked {
    row: StepRow,
    result: StepResult,
    policy: RetryPolicy,
}

/// Where a step that came to its end stands among others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// No other member of its group is at work.
    pub last: bool,
    /// What comes next may begin at once.
    pub goes_on: bool,
}

impl<E: Send + Sync + 'static> Runner<'_, E> {
    /// One attempt of each step, as many at a time as their group allows.
    pub(super) async fn work(
        &mut self,
        acts: Vec<Act>,
        shutdown: &CancellationToken,
    ) -> Result<Flow, Halt> {
        // Tasks, so that a member goes on while another one's word is recorded: it may hold the
        // one connection that writes.
        let mut working = JoinSet::new();
        let flow = self.work_beside(acts, &mut working, shutdown).await;
        // A runner that is gone leaves nobody behind who still acts.
        working.shutdown().await;
        flow
    }

    async fn work_beside(
        &mut self,
        acts: Vec<Act>,
        working: &mut JoinSet<Worked>,
        shutdown: &CancellationToken,
    ) -> Result<Flow, Halt> {
        let (inner, grip) = (self.inner, self.grip);
        let mut drained = pin!(drain(inner, shutdown));
        let mut queue = VecDeque::from(acts);
        loop {
            while self.may_begin(working.len(), queue.front(), shutdown)
                && let Some(act) = queue.pop_front()
            {
                self.begin_attempt(act, working).await?;
            }
            let worked = tokio::select! {
                biased;
                ended = working.join_next() => match ended {
                    None => return Ok(Flow::On),
                    Some(ended) => ended.map_err(|_| Halt::Crashed)?,
                },
                () = keep_lease(inner, grip) => return Err(Halt::LeaseLost),
                () = &mut drained => {
                    working.shutdown().await;
                    self.release().await?;
                    return Ok(Flow::Rest);
                }
            };
            let last = working.is_empty();
            // What waits in the queue has its turn first; who is asked to stop begins nothing.
            let goes_on = last && queue.is_empty() && !shutdown.is_cancelled();
            let flow = self.ended(worked, Place { last, goes_on }).await?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
    }

    fn may_begin(&self, working: usize, next: Option<&Act>, shutdown: &CancellationToken) -> bool {
        let Some(act) = next else { return false };
        let room = self.definition.steps[act.seq].group.map_or(1, |group| group.at_once);
        let stops = shutdown.is_cancelled() || self.has_failed() || self.cancellation().is_some();
        working < room && !stops
    }

    /// Logs the intent and lets the step work.
    async fn begin_attempt(&mut self, act: Act, working: &mut JoinSet<Worked>) -> Result<(), Halt> {
        let table = self.definition.steps;
        let step = &table[act.seq];
        let (policy, function) = match (self.direction, &step.undo) {
            (Phase::Undo, Undo::With(undo)) => (step.undo_retry, *undo),
            _ => (step.retry, step.forward),
        };
        let Some(row) = self.begin(step, act).await? else { return Ok(()) };
        let refused = match self.fault(&row, Moment::Started).await? {
            Fault::Fail(reason) => Some(Stop::Failed(reason)),
            _ if act.attempt > i64::from(policy.attempts) + CRASHES_FORGIVEN => {
                Some(Stop::failed("crash_loop", "the attempts ended without a word"))
            }
            _ => None,
        };
        let input = self.input(step, &row, act);
        working.spawn(async move {
            let result = match refused {
                Some(stop) => Err(stop),
                None => within(policy.timeout, async move { function(input).await }).await,
            };
            Worked { row, result, policy }
        });
        Ok(())
    }

    /// Records a step's word.
    async fn ended(&mut self, worked: Worked, place: Place) -> Result<Flow, Halt> {
        let Worked { row, mut result, policy } = worked;
        match self.fault(&row, Moment::Acted).await? {
            Fault::Fail(reason) => result = Err(Stop::Failed(reason)),
            Fault::Forget => return Ok(Flow::On),
            _ => {}
        }
        let flow = self.record(&row, result, policy, place).await?;
        self.fault(&row, Moment::Done).await?;
        Ok(flow)
    }

    fn input(&self, step: &Step<E>, row: &StepRow, act: Act) -> StepInput<E> {
        let mut run = self.run.clone();
        if step.group.is_some() {
            // Which of its neighbours are done by now is chance.
            for neighbour in self.definition.steps.iter().filter(|it| it.group == step.group) {
                if self.direction == Phase::Forward {
                    run.outputs.remove(neighbour.name);
                }
            }
        }
        StepInput {
            env: Arc::clone(&self.inner.env),
            run,
            name: step.name,
            phase: self.direction,
            attempt: u32::try_from(act.attempt).unwrap_or(u32::MAX),
            effect_key: row.effect_key.clone(),
            was_started: act.was_started,
            first_started_at: row.started_at,
            clock: Arc::clone(&self.inner.clock),
        }
    }

    /// Logs the intent, where the latest result did not; absent when the instance was cancelled
    /// meanwhile.
    async fn begin(&mut self, step: &Step<E>, act: Act) -> Result<Option<StepRow>, Halt> {
        let logged = self.intended.iter().position(|row| usize::try_from(row.seq) == Ok(act.seq));
        if let Some(logged) = logged {
            return Ok(Some(self.intended.swap_remove(logged)));
        }
        let row = self.intent(step, act);
        self.log_alone(Words { intent: Some(&row), ..Words::default() }).await?;
        if self.cancellation().is_some() {
            return Ok(None);
        }
        self.remember(row.clone());
        Ok(Some(row))
    }

    /// What comes after `done`, with the rows of the intents that may begin at once.
    ///
    /// They are logged in the unit of work of `done`: a step then costs one unit of work and not two.
    /// A crash in between costs no more than one after the intent: the step is asked whether it acted.
    pub(super) fn after(&self, done: &StepRow) -> (Next, Vec<StepRow>) {
        let mut log = self.log.clone();
        log.retain(|row| row.seq != done.seq || row.phase != done.phase);
        log.push(done.clone());
        let (table, now) = (self.definition.steps, self.inner.clock.now());
        let next = plan::next(table, &log, self.direction, now);
        let Next::Act(acts) = &next else { return (next, Vec::new()) };
        let mut intended = Vec::new();
        for act in acts {
            let step = &table[act.seq];
            if intended.len() < step.group.map_or(1, |group| group.at_once) {
                intended.push(self.intent(step, *act));
            }
        }
        (next, intended)
    }

    /// The row that says what is about to be done.
    fn intent(&self, step: &Step<E>, act: Act) -> StepRow {
        let now = self.inner.clock.now();
        let earlier = plan::find(&self.log, act.seq, self.direction);
        let key = effect_key(self.grip.id, step.name, self.direction);
        StepRow {
            seq: i64::try_from(act.seq).unwrap_or(i64::MAX),
            phase: self.direction,
            name: step.name.to_owned(),
            status: StepStatus::Started,
            attempt: act.attempt,
            effect_key: match self.inner.faults.breaks(Rule::EffectKey) {
                true => format!("{key}{}", act.attempt),
                false => key,
            },
            started_at: earlier.map_or(now, |earlier| earlier.started_at),
            attempt_at: now,
            finished_at: None,
            output: None,
            error: earlier.and_then(|earlier| earlier.error.clone()),
            wake_at: None,
            signal: None,
            note: None,
        }
    }
}
