//! What a workflow consists of: a plain table of named steps. Says nothing about how it is run.

use crate::{FinalInput, StepInput, StepResult, Stop};
use futures::future::BoxFuture;
use std::fmt;
use std::time::Duration;
use storage::Tx;

/// The work of one step or of its undo; a closure that boxes an `async fn`.
pub type StepFn<E> = fn(StepInput<E>) -> BoxFuture<'static, StepResult>;

/// Work that commits together with the final state of the workflow; it talks to no other side.
pub type FinalFn<E> = for<'t> fn(FinalInput<E>, &'t mut Tx) -> BoxFuture<'t, Result<(), Stop>>;

/// One kind of workflow in one version; `E` is the environment its steps work in.
///
/// Keep a version's table unchanged while an instance of it may be unfinished: steps are found by
/// their place. A change of the table is a new version; both are handed to the engine until the
/// old one has drained.
pub struct WorkflowDefinition<E: 'static> {
    /// The name kept in the database, in lower case with underscores.
    pub kind: &'static str,
    /// Grows when the table of steps changes.
    pub version: i64,
    /// In the order they are done; undone in reverse.
    pub steps: &'static [Step<E>],
    /// Commits with the state `done`.
    pub on_done: Option<FinalFn<E>>,
    /// Commits with the state `undone`.
    pub on_undone: Option<FinalFn<E>>,
}

impl<E> WorkflowDefinition<E> {
    /// A definition without final actions.
    #[must_use]
    pub const fn new(kind: &'static str, version: i64, steps: &'static [Step<E>]) -> Self {
        Self { kind, version, steps, on_done: None, on_undone: None }
    }

    /// Commits `action` together with the state `done`.
    #[must_use]
    pub const fn on_done(mut self, action: FinalFn<E>) -> Self {
        self.on_done = Some(action);
        self
    }

    /// Commits `action` together with the state `undone`.
    #[must_use]
    pub const fn on_undone(mut self, action: FinalFn<E>) -> Self {
        self.on_undone = Some(action);
        self
    }
}

// By hand: derive would ask `E: Clone`, and only pointers are copied.
impl<E> Clone for WorkflowDefinition<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for WorkflowDefinition<E> {}

impl<E> fmt::Debug for WorkflowDefinition<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{} {:?}", self.kind, self.version, self.steps)
    }
}

/// One row of the table.
pub struct Step<E: 'static> {
    /// The name kept in the log and hashed into the effect key; unique in its workflow.
    pub name: &'static str,
    /// Does the work; must be harmless to repeat with the same effect key.
    pub forward: StepFn<E>,
    /// Takes it back.
    pub undo: Undo<E>,
    /// How often and how patiently the work is tried.
    pub retry: RetryPolicy,
    /// How often and how patiently it is taken back.
    pub undo_retry: RetryPolicy,
    /// The steps it is done beside; alone when absent.
    pub group: Option<Group>,
}

/// Neighbours in the table that are done beside one another, and undone one by one in reverse.
///
/// A member sees the outputs from before the group, never those of other members: which of them
/// are done by then is chance. When one fails, no further member begins, those at work come to
/// their end, and then everything begun is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The name, unique in its workflow.
    pub name: &'static str,
    /// Members at work at the same time; at least 1.
    pub at_once: usize,
}

impl Group {
    /// A group of which `at_once` members work at the same time.
    #[must_use]
    pub const fn new(name: &'static str, at_once: usize) -> Self {
        Self { name, at_once }
    }
}

impl<E> Step<E> {
    /// A step with nothing to undo and the usual patience.
    #[must_use]
    pub const fn new(name: &'static str, forward: StepFn<E>) -> Self {
        Self {
            name,
            forward,
            undo: Undo::Nothing,
            retry: RetryPolicy::USUAL,
            undo_retry: RetryPolicy::STUBBORN,
            group: None,
        }
    }

    /// Puts the step into a group with its neighbours of the same group.
    #[must_use]
    pub const fn beside(mut self, group: Group) -> Self {
        self.group = Some(group);
        self
    }

    /// Takes the work back with `undo`; it also runs when the work failed half-way.
    #[must_use]
    pub const fn undo(mut self, undo: StepFn<E>) -> Self {
        self.undo = Undo::With(undo);
        self
    }

    /// Says that after the start of this step there is no way back.
    #[must_use]
    pub const fn forward_only(mut self) -> Self {
        self.undo = Undo::ForwardOnly;
        self
    }

    /// Sets the patience of the work.
    #[must_use]
    pub const fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the patience of the undo.
    #[must_use]
    pub const fn undo_retry(mut self, policy: RetryPolicy) -> Self {
        self.undo_retry = policy;
        self
    }
}

impl<E> fmt::Debug for Step<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.name, self.undo)
    }
}

/// How a step is taken back.
pub enum Undo<E: 'static> {
    /// By this function, which must meet its goal also when the work never acted.
    With(StepFn<E>),
    /// There is nothing to take back: the step only read or computed.
    Nothing,
    /// It cannot be taken back: once started, a failure needs a person.
    ForwardOnly,
}

impl<E> fmt::Debug for Undo<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::With(_) => "undo",
            Self::Nothing => "nothing to undo",
            Self::ForwardOnly => "forward only",
        })
    }
}

/// How often something is tried, how long one attempt may take, and the pause between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts before it counts as failed; at least 1.
    pub attempts: u32,
    /// The pause after the first attempt; doubles with each further one.
    pub base: Duration,
    /// The longest pause.
    pub cap: Duration,
    /// The limit of one attempt; reaching it counts as a failed attempt.
    pub timeout: Duration,
}

impl RetryPolicy {
    /// Six attempts within about half a minute: long enough for a restart of the other side.
    pub const USUAL: Self = Self {
        attempts: 6,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(30),
        timeout: Duration::from_secs(30),
    };

    /// Twelve attempts within about an hour: giving up an undo costs a person's time.
    pub const STUBBORN: Self = Self {
        attempts: 12,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(600),
        timeout: Duration::from_secs(30),
    };

    /// Changes the number of attempts.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Changes the first and the longest pause.
    #[must_use]
    pub const fn pauses(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }

    /// Changes the limit of one attempt.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The pause after the failed attempt number `attempt` (from 1), between half and all of the
    /// doubled base.
    ///
    /// The spread is drawn from the effect key, not from a random source: it differs between
    /// instances, which is its purpose, and is the same in a replay.
    #[must_use]
    pub fn pause(&self, attempt: u32, effect_key: &str) -> Duration {
        let doubled = self.base.saturating_mul(1_u32 << attempt.saturating_sub(1).min(31));
        let full = doubled.min(self.cap);
        let share = crate::input::spread(effect_key, attempt);
        full / 2 + (full / 2).mul_f64(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_doubles_up_to_the_cap_and_stays_within_half() {
        let policy = RetryPolicy::USUAL;
        for attempt in 1..40 {
            let full = policy.cap.min(policy.base.saturating_mul(1 << (attempt - 1).min(20)));
            let pause = policy.pause(attempt, "key");
            assert!(pause >= full / 2 && pause <= full, "{attempt}: {pause:?} of {full:?}");
        }
    }

    #[test]
    fn pause_differs_between_instances_and_not_between_replays() {
        let policy = RetryPolicy::USUAL;
        assert_eq!(policy.pause(3, "one"), policy.pause(3, "one"));
        assert_ne!(policy.pause(3, "one"), policy.pause(3, "two"));
    }
}
