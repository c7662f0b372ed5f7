//! Reading instances and their logs.

use super::{StepRow, WorkflowRow, WorkflowState};
use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{find, list, record};
use crate::statement::{fetch_one, statements};
use crate::{StorageError, Tx};
use domain::{Timestamp, WorkflowId};

record! {
    /// How many instances of one version of a kind are not finished.
    pub struct VersionCount in "workflow" {
        /// The kind of workflow.
        pub kind: String,
        /// The version of its table.
        pub version: i64,
        /// Unfinished instances, also those that need attention or are parked.
        pub unfinished: i64,
        /// The oldest of them.
        pub oldest_at: Timestamp,
    }
}

record! {
    /// A step that waits for a word from outside.
    pub struct WaitingStep in "workflow_step" {
        /// The instance.
        pub id: WorkflowId,
        /// The kind of workflow.
        pub kind: String,
        /// The prefixed id of what it works on.
        pub subject: String,
        /// The step.
        pub step: String,
        /// The signal it waits for.
        pub signal: String,
        /// Its first attempt.
        pub started_at: Timestamp,
        /// When it no longer waits.
        pub wake_at: Timestamp,
    }
}

statements! {
    /// The steps that wait for a signal, who waits least long first; a child is no signal.
    WAITING = "
        SELECT workflow.id AS id, workflow.kind AS kind, workflow.subject AS subject,
            step.name AS step, step.signal AS signal, step.started_at AS started_at,
            step.wake_at AS wake_at
        FROM workflow_step AS step JOIN workflow ON workflow.id = step.workflow_id
        WHERE step.status = 'waiting' AND step.signal IS NOT NULL AND step.signal <> ':child'
            AND step.phase = workflow.direction AND workflow.state IN ('running', 'undoing')
            AND step.wake_at IS NOT NULL
        ORDER BY step.wake_at, workflow.id, step.seq LIMIT $1";

    /// One instance.
    GET = concat!("
        SELECT ", instance_columns!(), " FROM workflow WHERE id = $1");

    /// The log of one instance; a table of steps is short.
    STEPS = "
        SELECT seq, phase, name, status, attempt, effect_key, started_at, attempt_at, finished_at,
            output, error, wake_at, signal, note
        FROM workflow_step WHERE workflow_id = $1 ORDER BY seq, phase LIMIT 1000";

    /// Instances of one subject, newest first.
    OF_SUBJECT = concat!("
        SELECT ", instance_columns!(), "
        FROM workflow WHERE subject = $1 ORDER BY created_at DESC, id DESC LIMIT $2");

    /// Instances before a cursor, newest first.
    LIST = concat!("
        SELECT ", instance_columns!(), "
        FROM workflow
        WHERE created_at < $1 OR (created_at = $1 AND id < $2)
        ORDER BY created_at DESC, id DESC LIMIT $3");

    /// Instances in one state before a cursor, newest first.
    LIST_IN_STATE = concat!("
        SELECT ", instance_columns!(), "
        FROM workflow
        WHERE state = $4 AND (created_at < $1 OR (created_at = $1 AND id < $2))
        ORDER BY created_at DESC, id DESC LIMIT $3");

    /// How many instances are in one state.
    COUNT_IN_STATE = "SELECT COUNT(*) FROM workflow WHERE state = $1";

    /// Which versions have not drained; there are as many rows as versions in use.
    UNFINISHED_VERSIONS = "
        SELECT kind, version, COUNT(*) AS unfinished, MIN(created_at) AS oldest_at
        FROM workflow WHERE finished_at IS NULL
        GROUP BY kind, version ORDER BY kind, version LIMIT 1000";
}

/// Reads one instance.
pub async fn get(tx: &mut Tx, id: WorkflowId) -> Result<Option<WorkflowRow>, StorageError> {
    find!(tx, WorkflowRow, GET, id.uuid())
}

/// Reads the log of one instance, by place and phase.
pub async fn steps(tx: &mut Tx, id: WorkflowId) -> Result<Vec<StepRow>, StorageError> {
    list!(tx, StepRow, STEPS, id.uuid())
}

/// Reads the newest instances of one subject.
pub async fn of_subject(
    tx: &mut Tx,
    subject: &str,
    limit: i64,
) -> Result<Vec<WorkflowRow>, StorageError> {
    list!(tx, WorkflowRow, OF_SUBJECT, subject, limit)
}

/// Reads a page of instances, newest first, in one state or in any.
pub async fn list(
    tx: &mut Tx,
    state: Option<WorkflowState>,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<WorkflowRow>, StorageError> {
    let (moment, id) = Cursor::newest_first(cursor);
    let wanted = fetch_limit(limit);
    let found = match state {
        None => list!(tx, WorkflowRow, LIST, moment, id, wanted)?,
        Some(state) => list!(tx, WorkflowRow, LIST_IN_STATE, moment, id, wanted, state.as_str())?,
    };
    Ok(cut(found, limit, |row| Cursor::after(row.created_at, row.id.uuid())))
}

/// Counts the instances in one state.
pub async fn count_in_state(tx: &mut Tx, state: WorkflowState) -> Result<i64, StorageError> {
    let (count,): (i64,) = fetch_one!(tx, (i64,), COUNT_IN_STATE, state.as_str())?;
    Ok(count)
}

/// Lists the steps that wait for a signal, who waits least long first.
pub async fn waiting(tx: &mut Tx, limit: i64) -> Result<Vec<WaitingStep>, StorageError> {
    list!(tx, WaitingStep, WAITING, limit)
}

/// Counts the unfinished instances of every kind and version that has any.
pub async fn unfinished_versions(tx: &mut Tx) -> Result<Vec<VersionCount>, StorageError> {
    list!(tx, VersionCount, UNFINISHED_VERSIONS)
}
