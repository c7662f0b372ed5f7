//! What a step hands back: what it made, or why it stops.

use domain::Timestamp;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use storage::workflow::Along;
use storage::{StorageError, Tx};
use thiserror::Error;

/// Written in the same transaction as "step done"; it talks to no other side.
pub type CommitAction =
    Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), Stop>> + Send>;

/// What each step function returns; `?` works on [`StepFailure`], storage and JSON errors.
pub type StepResult = Result<Done, Stop>;

/// The step met its goal.
pub struct Done {
    /// Kept in the log and readable by later steps.
    pub output: Value,
    /// Rows that are written in the statement that logs "step done".
    pub along: Option<Along>,
    /// Rows of the caller that become true together with "step done".
    pub commit: Option<CommitAction>,
}

impl Done {
    /// Done, with nothing to remember.
    #[must_use]
    pub const fn empty() -> Self {
        Self { output: Value::Null, along: None, commit: None }
    }

    /// Done, and later steps can read `output`.
    pub fn with<T: Serialize + ?Sized>(output: &T) -> Result<Self, Stop> {
        Ok(Self { output: serde_json::to_value(output)?, along: None, commit: None })
    }

    /// Adds rows of a kind that storage knows how to write in the statement that logs "step done": on a
    /// server they cost no further round trip. A `commit` beside them is done after them.
    #[must_use]
    pub fn along(mut self, rows: Along) -> Self {
        self.along = Some(rows);
        self
    }

    /// Adds rows to the transaction that logs "step done".
    #[must_use]
    pub fn commit<F>(mut self, action: F) -> Self
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), Stop>> + Send + 'static,
    {
        self.commit = Some(Box::new(action));
        self
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The output may hold personal data; logs get its shape only.
        f.debug_struct("Done")
            .field("along", &self.along.is_some())
            .field("commit", &self.commit.is_some())
            .finish_non_exhaustive()
    }
}

/// Why a step did not meet its goal in this attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Try again, counted as an attempt; after the last one it counts as failed.
    Retry {
        /// Not before this pause; the policy decides when it is absent.
        after: Option<Duration>,
        /// Shown on the timeline.
        reason: StepFailure,
    },
    /// Call again later; not counted, and bounded by the step itself (`first_started_at`).
    Sleep {
        /// The pause.
        pause: Duration,
        /// What is waited for, shown on the timeline.
        reason: StepFailure,
    },
    /// Call again when the signal comes, at the latest at `until`; not counted.
    Wait {
        /// What [`crate::signal`] is called with.
        signal: String,
        /// The step is called again at this moment also without the signal.
        until: Timestamp,
        /// What is waited for, shown on the timeline.
        reason: StepFailure,
    },
    /// Start a child, unless the step has one, and call again when it has ended.
    Child(Box<NewChild>),
    /// Have the child undone, and call again when it has ended.
    TakeBack(StepFailure),
    /// It will not work; the workflow is undone.
    Failed(StepFailure),
}

/// The child a step starts; made by [`crate::StepInput::child`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChild {
    /// The kind of workflow.
    pub kind: &'static str,
    /// The version of its table.
    pub version: i64,
    /// The prefixed id of what it works on.
    pub subject: String,
    /// What it is started with.
    pub input: Value,
    /// Shown on the timeline while it is under way.
    pub reason: StepFailure,
}

impl Stop {
    /// Try again when the policy says so.
    pub fn retry(code: &str, message: impl Into<String>) -> Self {
        Self::Retry { after: None, reason: StepFailure::new(code, message) }
    }

    /// Try again after `pause` at the earliest.
    pub fn retry_after(pause: Duration, code: &str, message: impl Into<String>) -> Self {
        Self::Retry { after: Some(pause), reason: StepFailure::new(code, message) }
    }

    /// Call again after `pause`.
    pub fn sleep(pause: Duration, code: &str, message: impl Into<String>) -> Self {
        Self::Sleep { pause, reason: StepFailure::new(code, message) }
    }

    /// Call again when `signal` comes, at the latest at `until`.
    pub fn wait(signal: &str, until: Timestamp, code: &str, message: impl Into<String>) -> Self {
        Self::Wait { signal: signal.to_owned(), until, reason: StepFailure::new(code, message) }
    }

    /// Call again when the step's child has ended.
    pub(crate) fn child_wait(reason: StepFailure) -> Self {
        let signal = storage::workflow::CHILD_SIGNAL.to_owned();
        Self::Wait { signal, until: Timestamp(i64::MAX), reason }
    }

    /// It will not work.
    pub fn failed(code: &str, message: impl Into<String>) -> Self {
        Self::Failed(StepFailure::new(code, message))
    }

    /// The reason, whatever follows from it.
    #[must_use]
    pub const fn reason(&self) -> &StepFailure {
        match self {
            Self::Retry { reason, .. }
            | Self::Sleep { reason, .. }
            | Self::Wait { reason, .. }
            | Self::TakeBack(reason)
            | Self::Failed(reason) => reason,
            Self::Child(child) => &child.reason,
        }
    }
}

/// A reason people can act on; kept in the log and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{code}: {message}")]
pub struct StepFailure {
    /// Stable, in lower case with underscores; pages translate by it.
    pub code: String,
    /// A sentence in English without secrets.
    pub message: String,
    /// Numbers and names for the page; null when there are none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub detail: Value,
}

impl StepFailure {
    /// A reason without detail.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), detail: Value::Null }
    }

    /// Adds numbers and names for the page.
    #[must_use]
    pub fn with_detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

impl From<StepFailure> for Stop {
    fn from(failure: StepFailure) -> Self {
        Self::Failed(failure)
    }
}

/// A database that does not answer now may answer later.
impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        Self::retry("storage", chain(&error))
    }
}

/// A value of the wrong shape stays wrong.
impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Self::failed("unreadable_value", error.to_string())
    }
}

/// The message with its causes, for the operator's desk.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
