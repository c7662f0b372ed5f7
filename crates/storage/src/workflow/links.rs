//! Between instances and the world: signals, and children that a step waits for.
//!
//! Whoever tells something writes it and then wakes the instance; whoever goes to sleep looks, in
//! the unit of work that says so, for what was told meanwhile. So no word is slept over.

use super::WorkflowRow;
use crate::record::list;
use crate::statement::{execute, fetch_all, statements};
use crate::{StorageError, Tx};
use domain::{Timestamp, WorkflowId};

/// What a step waits for that waits for its child; no signal has this name.
pub const CHILD_SIGNAL: &str = ":child";

/// A word for an instance.
#[derive(Debug, Clone, Copy)]
pub struct NewSignal<'a> {
    /// Who is told.
    pub id: WorkflowId,
    /// Under which name; the first word under a name counts.
    pub name: &'a str,
    /// JSON.
    pub payload: &'a str,
    /// The present.
    pub now: Timestamp,
}

statements! {
    /// Keeps the first word under a name.
    ADD_SIGNAL = "
        INSERT INTO workflow_signal (workflow_id, name, payload, received_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (workflow_id, name) DO NOTHING";

    /// What an instance was told.
    SIGNALS = "
        SELECT name, payload FROM workflow_signal WHERE workflow_id = $1
        ORDER BY name LIMIT 1000";

    /// Wakes an instance; locks it also when it is awake.
    WAKE = "
        UPDATE workflow SET wake_at = CASE WHEN wake_at > $2 THEN $2 ELSE wake_at END
        WHERE id = $1 AND finished_at IS NULL";

    /// Wakes the step that waits for a signal.
    WAKE_FOR_SIGNAL = "
        UPDATE workflow_step SET wake_at = $3
        WHERE workflow_id = $1 AND signal = $2 AND status = 'waiting'";

    /// Wakes the step that waits for its child.
    WAKE_FOR_CHILD = "
        UPDATE workflow_step SET wake_at = $3
        WHERE workflow_id = $1 AND name = $2 AND signal = ':child' AND status = 'waiting'";

    /// Wakes the steps whose signal has come already.
    WAKE_SIGNALLED = "
        UPDATE workflow_step SET wake_at = $2
        WHERE workflow_id = $1 AND status = 'waiting' AND wake_at > $2
            AND signal IN (SELECT name FROM workflow_signal WHERE workflow_id = $1)";

    /// Wakes the steps whose child has ended already.
    WAKE_ENDED = "
        UPDATE workflow_step SET wake_at = $2
        WHERE workflow_id = $1 AND status = 'waiting' AND wake_at > $2 AND signal = ':child'
            AND name IN (
                SELECT parent_step FROM workflow
                WHERE parent_id = $1 AND finished_at IS NOT NULL)";

    /// The children of an instance, one for each step that started one.
    CHILDREN = concat!("
        SELECT ", instance_columns!(), "
        FROM workflow WHERE parent_id = $1 ORDER BY parent_step LIMIT 1000");

    /// Turns a done instance round: what it made is to be undone after all.
    REOPEN = "
        UPDATE workflow
        SET state = 'undoing', direction = 'undo', failure = $2, attention = NULL,
            finished_at = NULL, wake_at = $3, updated_at = $3, fence = fence + 1
        WHERE id = $1 AND state = 'done'";
}

/// Tells an unfinished instance something and wakes the step that waits for it; false when the
/// instance is finished or was told before.
pub async fn add_signal(tx: &mut Tx, signal: NewSignal<'_>) -> Result<bool, StorageError> {
    // First, since it locks the instance: its runner then sees the word or is waited for.
    if !wake(tx, signal.id, signal.now).await? {
        return Ok(false);
    }
    let NewSignal { id, name, payload, now } = signal;
    let added = execute!(tx, ADD_SIGNAL, id.uuid(), name, payload, now.0)?;
    execute!(tx, WAKE_FOR_SIGNAL, id.uuid(), name, now.0)?;
    Ok(added == 1)
}

/// Reads what an instance was told, by name, as JSON.
pub async fn signals(tx: &mut Tx, id: WorkflowId) -> Result<Vec<(String, String)>, StorageError> {
    fetch_all!(tx, (String, String), SIGNALS, id.uuid())
}

/// Lets an unfinished instance be claimed from now on, and locks it; false when it is finished.
pub async fn wake(tx: &mut Tx, id: WorkflowId, now: Timestamp) -> Result<bool, StorageError> {
    Ok(execute!(tx, WAKE, id.uuid(), now.0)? == 1)
}

/// Wakes the step of a parent whose child ends in this unit of work; call it before the child is
/// locked.
pub async fn wake_child_step(
    tx: &mut Tx,
    parent: WorkflowId,
    step: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    wake(tx, parent, now).await?;
    execute!(tx, WAKE_FOR_CHILD, parent.uuid(), step, now.0)?;
    Ok(())
}

/// Wakes the steps of an instance that were told meanwhile; call [`super::hold`] first.
pub async fn wake_told(tx: &mut Tx, id: WorkflowId, now: Timestamp) -> Result<(), StorageError> {
    execute!(tx, WAKE_SIGNALLED, id.uuid(), now.0)?;
    execute!(tx, WAKE_ENDED, id.uuid(), now.0)?;
    Ok(())
}

/// Reads the children of an instance.
pub async fn children(tx: &mut Tx, id: WorkflowId) -> Result<Vec<WorkflowRow>, StorageError> {
    list!(tx, WorkflowRow, CHILDREN, id.uuid())
}

/// Turns a done instance round to undo; false when it is not done.
pub async fn reopen(
    tx: &mut Tx,
    id: WorkflowId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, REOPEN, id.uuid(), reason, now.0)? == 1)
}
