//! What can go wrong with the engine itself; failures of steps are [`crate::StepFailure`].

use domain::WorkflowId;
use storage::StorageError;
use thiserror::Error;

/// A fault of the engine or of a command to it.
#[derive(Debug, Error)]
pub enum WorkflowError {
    /// The database did not do what was asked.
    #[error("the workflow log is not available")]
    Storage(#[from] StorageError),
    /// There is no such instance.
    #[error("workflow {0} does not exist")]
    NotFound(WorkflowId),
    /// The command does not fit the state, for example retry of one that is running.
    #[error("workflow {id} is {state}, which allows no {command}")]
    WrongState {
        /// The instance.
        id: WorkflowId,
        /// Its state.
        state: &'static str,
        /// What was asked.
        command: &'static str,
    },
    /// What was begun cannot be taken back any more.
    #[error("workflow {id} has begun `{step}`, after which there is no way back")]
    NoWayBack {
        /// The instance.
        id: WorkflowId,
        /// The step that was begun.
        step: String,
    },
    /// A name of a signal that is none.
    #[error("`{0}` is no name of a signal: use 1 to 64 of a-z, 0-9 and _")]
    SignalName(String),
    /// A value in the log cannot be read or written as JSON.
    #[error("a value of the workflow log is not readable")]
    Json(#[from] serde_json::Error),
    /// Two definitions, steps or groups share a name, or steps, attempts or room are missing.
    #[error("the definition of {0} is not usable: names repeat, or steps or attempts are missing")]
    Definition(String),
    /// Work was still due after the allowed number of turns.
    #[error("still not idle after {0} turns")]
    NotIdle(usize),
}
