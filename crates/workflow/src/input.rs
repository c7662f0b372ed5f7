//! What a step and a final action get to see.

use crate::engine::later;
use crate::{
    Done, NewChild, Phase, StepFailure, StepResult, Stop, WorkflowDefinition, WorkflowState,
};
use domain::{Clock, Timestamp, WorkflowId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The key that makes an effect happen once: the same for every attempt of one step in one phase,
/// as 64 hexadecimal digits.
#[must_use]
pub fn effect_key(id: WorkflowId, step: &str, phase: Phase) -> String {
    let mut hash = Sha256::new();
    hash.update(id.uuid().as_bytes());
    hash.update([0]);
    hash.update(step.as_bytes());
    hash.update([0]);
    hash.update(phase.as_str().as_bytes());
    hex::encode(hash.finalize())
}

/// A share from 0 to 1 that depends on key and attempt only.
pub(crate) fn spread(key: &str, attempt: u32) -> f64 {
    let mut hash = Sha256::new();
    hash.update(key.as_bytes());
    hash.update(attempt.to_be_bytes());
    let bytes = hash.finalize();
    f64::from(u16::from_be_bytes([bytes[0], bytes[1]])) / f64::from(u16::MAX)
}

/// What is known about the running instance.
#[derive(Debug, Clone)]
pub struct Run {
    /// The instance.
    pub id: WorkflowId,
    /// The kind of workflow.
    pub kind: &'static str,
    /// The version of its table.
    pub version: i64,
    /// The prefixed id of what it works on.
    pub subject: String,
    /// Grows with every claim; the other side may refuse a smaller one.
    pub fence: i64,
    /// Why it is being undone; absent while going forward.
    pub failure: Option<StepFailure>,
    /// When it was started.
    pub created_at: Timestamp,
    pub(crate) input: Value,
    pub(crate) outputs: BTreeMap<String, Value>,
    pub(crate) signals: BTreeMap<String, Value>,
    pub(crate) children: BTreeMap<String, Child>,
}

/// The instance that a step started and waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// The instance.
    pub id: WorkflowId,
    /// Where it stands.
    pub state: WorkflowState,
    /// Why it is being undone, or was given up.
    pub failure: Option<StepFailure>,
    /// What its steps made, by their names; filled when it is done.
    pub outputs: BTreeMap<String, Value>,
}

impl Run {
    /// What the workflow was started with.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        Ok(T::deserialize(&self.input)?)
    }

    /// What the done step `name` made.
    pub fn output<T: DeserializeOwned>(&self, name: &str) -> Result<T, Stop> {
        self.output_if_done(name)?
            .ok_or_else(|| Stop::failed("step_not_done", format!("step `{name}` is not done")))
    }

    /// What step `name` made; absent when it is not done, as may be the case while undoing.
    pub fn output_if_done<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Stop> {
        Ok(self.outputs.get(name).map(T::deserialize).transpose()?)
    }

    /// What the instance was told under `name`; absent when it was not told yet.
    pub fn signal<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Stop> {
        Ok(self.signals.get(name).map(T::deserialize).transpose()?)
    }

    /// The child that step `name` started.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Child> {
        self.children.get(name)
    }

    /// The key step `name` acts with when going forward; an undo finds by it what was made.
    #[must_use]
    pub fn forward_key(&self, name: &str) -> String {
        effect_key(self.id, name, Phase::Forward)
    }
}

/// What one attempt of a step gets.
#[derive(Debug)]
pub struct StepInput<E> {
    /// What the steps work in: ports, database, configuration.
    pub env: Arc<E>,
    /// The instance, its input and the outputs so far.
    pub run: Run,
    /// The name of the step.
    pub name: &'static str,
    /// Doing or undoing.
    pub phase: Phase,
    /// Counts from 1; a wake-up from a sleep is not counted.
    pub attempt: u32,
    /// Sent to the other side, so that it acts once.
    pub effect_key: String,
    /// Found started by an earlier attempt: ask the other side first, then act.
    pub was_started: bool,
    /// When the first attempt began; a step that sleeps bounds itself by it.
    pub first_started_at: Timestamp,
    /// The present.
    pub clock: Arc<dyn Clock>,
}

impl<E> StepInput<E> {
    /// The key this step acts with when going forward; in an undo, what to look for.
    #[must_use]
    pub fn forward_key(&self) -> String {
        self.run.forward_key(self.name)
    }

    /// What the instance was told under `name`, waiting for it at most `limit` from the first
    /// attempt of this step; after that the step fails with the code `not_told`.
    pub fn wait_for<T: DeserializeOwned>(
        &self,
        name: &str,
        limit: Duration,
        message: &str,
    ) -> Result<T, Stop> {
        if let Some(told) = self.run.signal(name)? {
            return Ok(told);
        }
        let until = later(self.first_started_at, limit);
        if self.clock.now() >= until {
            return Err(Stop::failed("not_told", format!("{message}: nothing within {limit:?}")));
        }
        Err(Stop::wait(name, until, name, message))
    }

    /// Starts a child and waits for its end: done, its outputs are this step's output; undone or
    /// given up, this step fails with its reason.
    ///
    /// The child belongs to the same owner and class. Undo the step with
    /// [`StepInput::undo_child`].
    pub fn child<F, T: Serialize + ?Sized>(
        &self,
        definition: &WorkflowDefinition<F>,
        subject: &str,
        input: &T,
    ) -> StepResult {
        let waiting =
            || StepFailure::new("child_runs", format!("{} is under way", definition.kind));
        let Some(child) = self.run.child(self.name) else {
            return Err(Stop::Child(Box::new(NewChild {
                kind: definition.kind,
                version: definition.version,
                subject: subject.to_owned(),
                input: serde_json::to_value(input)?,
                reason: waiting(),
            })));
        };
        match child.state {
            WorkflowState::Done => Done::with(&child.outputs),
            WorkflowState::Undone | WorkflowState::Abandoned => {
                let reason = child.failure.clone();
                Err(Stop::Failed(reason.unwrap_or_else(|| {
                    StepFailure::new("child_undone", format!("{} came to nothing", child.id))
                })))
            }
            _ => Err(Stop::child_wait(waiting())),
        }
    }

    /// Has the child of this step undone, whether it is under way or done, and waits for it. A
    /// child that a person gave up is that person's to clear.
    pub async fn undo_child(self) -> StepResult {
        match self.run.child(self.name) {
            None => Ok(Done::empty()),
            Some(child)
                if matches!(child.state, WorkflowState::Undone | WorkflowState::Abandoned) =>
            {
                Ok(Done::empty())
            }
            Some(child) => {
                let text = format!("{} is being undone", child.id);
                Err(Stop::TakeBack(StepFailure::new("child_undoing", text)))
            }
        }
    }
}

/// What a final action gets.
#[derive(Debug)]
pub struct FinalInput<E> {
    /// What the steps work in.
    pub env: Arc<E>,
    /// The instance, its input and the outputs.
    pub run: Run,
    /// The present.
    pub clock: Arc<dyn Clock>,
}
