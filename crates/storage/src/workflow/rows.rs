//! The two tables as records, and the words of their states.

use crate::StorageError;
use crate::record::{Column, record};
use domain::{Timestamp, WorkflowId};
use uuid::Uuid;

macro_rules! stored_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$word_doc])* $variant),+
        }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word stored and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

        }

        impl Column for $name {
            type Raw = String;

            fn read(word: String, what: &'static str) -> Result<Self, StorageError> {
                match word.as_str() {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(StorageError::Corrupt { what, detail: word }),
                }
            }
        }
    };
}

stored_words! {
    /// Where an instance stands.
    WorkflowState {
        /// Steps are being done.
        Running = "running",
        /// Steps are being undone.
        Undoing = "undoing",
        /// Every step is done; final.
        Done = "done",
        /// Every step that was started is undone; final.
        Undone = "undone",
        /// It cannot go on without a person.
        NeedsAttention = "needs_attention",
        /// A person gave it up; final.
        Abandoned = "abandoned",
        /// No running program knows its kind and version.
        Parked = "parked",
    }
}

stored_words! {
    /// Doing or undoing.
    Phase {
        /// Doing.
        Forward = "forward",
        /// Undoing.
        Undo = "undo",
    }
}

stored_words! {
    /// Where a step stands in its phase.
    StepStatus {
        /// An attempt has begun; it may have acted.
        Started = "started",
        /// It asked to be called again later.
        Waiting = "waiting",
        /// An attempt did not succeed; another one follows.
        Retrying = "retrying",
        /// It met its goal.
        Done = "done",
        /// It will not work.
        Failed = "failed",
        /// Nothing had to be done, or a person said so.
        Skipped = "skipped",
    }
}

record! {
    /// One instance as stored.
    pub struct WorkflowRow in "workflow" {
        /// The instance.
        pub id: WorkflowId,
        /// The kind of workflow.
        pub kind: String,
        /// The version of its table.
        pub version: i64,
        /// The prefixed id of what it works on.
        pub subject: String,
        /// Whose work it is; owners take turns.
        pub owner_key: String,
        /// A higher class is always served first.
        pub priority: Priority,
        /// Where it stands.
        pub state: WorkflowState,
        /// Which way it goes.
        pub direction: Phase,
        /// JSON it was started with.
        pub input: String,
        /// JSON: why it is being undone.
        pub failure: Option<String>,
        /// JSON: why a person is needed.
        pub attention: Option<String>,
        /// JSON: why somebody asked to have it undone.
        pub cancel: Option<String>,
        /// The instance that waits for this one.
        pub parent_id: Option<WorkflowId>,
        /// The step of it that waits.
        pub parent_step: Option<String>,
        /// Grows with every claim.
        pub fence: i64,
        /// Not before this moment is it claimed.
        pub wake_at: Timestamp,
        /// When it was started.
        pub created_at: Timestamp,
        /// The latest change.
        pub updated_at: Timestamp,
        /// When it reached a final state.
        pub finished_at: Option<Timestamp>,
    }
}

record! {
    /// One step in one phase as stored.
    pub struct StepRow in "workflow_step" {
        /// Its place in the table, from 0.
        pub seq: i64,
        /// Doing or undoing.
        pub phase: Phase,
        /// Its name in the table.
        pub name: String,
        /// Where it stands.
        pub status: StepStatus,
        /// Attempts begun.
        pub attempt: i64,
        /// Sent to the other side.
        pub effect_key: String,
        /// The first attempt.
        pub started_at: Timestamp,
        /// The latest attempt.
        pub attempt_at: Timestamp,
        /// When it was done, failed or skipped.
        pub finished_at: Option<Timestamp>,
        /// JSON: what it made.
        pub output: Option<String>,
        /// JSON: why the latest unsuccessful attempt did not succeed.
        pub error: Option<String>,
        /// Not before this moment is it called again; absent: at once.
        pub wake_at: Option<Timestamp>,
        /// The signal that wakes it before that moment.
        pub signal: Option<String>,
        /// Why a person said that it is done or undone.
        pub note: Option<String>,
    }
}

/// The class of an instance; a higher one is always served first, within one owners take turns.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// May wait for everything else.
    Background,
    /// Work without a word about it.
    #[default]
    Normal,
    /// Before others, for example recovery after an outage.
    Urgent,
    /// Services that lives depend on.
    Lifeline,
}

impl Priority {
    /// Every class, the lowest first; its place is the number stored.
    pub const ALL: [Self; 4] = [Self::Background, Self::Normal, Self::Urgent, Self::Lifeline];

    /// The number stored.
    #[must_use]
    pub const fn number(self) -> i64 {
        self as i64
    }
}

impl Column for Priority {
    type Raw = i64;

    fn read(number: i64, what: &'static str) -> Result<Self, StorageError> {
        usize::try_from(number)
            .ok()
            .and_then(|place| Self::ALL.get(place).copied())
            .ok_or_else(|| StorageError::Corrupt { what, detail: number.to_string() })
    }
}

impl Column for WorkflowId {
    type Raw = Uuid;

    fn read(raw: Uuid, _: &'static str) -> Result<Self, StorageError> {
        Ok(Self(raw))
    }
}

impl Column for Option<WorkflowId> {
    type Raw = Option<Uuid>;

    fn read(raw: Option<Uuid>, _: &'static str) -> Result<Self, StorageError> {
        Ok(raw.map(WorkflowId))
    }
}
