//! What people and other programs do to an instance from outside; each stops a runner that holds it
//! by the fence, or is seen by it at its next write.

use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{Timestamp, WorkflowId};

statements! {
    /// Lets an instance go on that a person looked at, and stops any runner that still holds it.
    RESUME = "
        UPDATE workflow
        SET state = CASE direction WHEN 'undo' THEN 'undoing' ELSE 'running' END,
            attention = NULL, wake_at = $2, updated_at = $2, fence = fence + 1,
            lease_owner = NULL, lease_until = NULL
        WHERE id = $1 AND state IN ('needs_attention', 'parked')";

    /// Gives the step that is stuck a fresh count of attempts.
    RESET_FAILED = "
        UPDATE workflow_step
        SET status = 'retrying', attempt = 0, finished_at = NULL, wake_at = NULL
        WHERE workflow_id = $1 AND status = 'failed'
            AND phase = (SELECT direction FROM workflow WHERE id = $1)";

    /// Takes a person's word that the step that is stuck has met its goal.
    SKIP_FAILED = "
        UPDATE workflow_step
        SET status = 'skipped', output = $2, finished_at = $3, note = $4, wake_at = NULL
        WHERE workflow_id = $1 AND status = 'failed'
            AND phase = (SELECT direction FROM workflow WHERE id = $1)";

    /// Asks for an instance to be undone; its runner sees it at the next write.
    CANCEL = "
        UPDATE workflow
        SET state = 'running', cancel = $2, attention = NULL, wake_at = $3, updated_at = $3
        WHERE id = $1 AND direction = 'forward' AND cancel IS NULL
            AND state IN ('running', 'needs_attention')";

    /// Gives an instance up, and stops any runner that still holds it.
    ABANDON = "
        UPDATE workflow
        SET state = 'abandoned', attention = $2, finished_at = $3, updated_at = $3,
            fence = fence + 1, lease_owner = NULL, lease_until = NULL
        WHERE id = $1 AND state IN ('needs_attention', 'parked')";

    /// Lets parked instances go on once a program knows them.
    UNPARK = "
        UPDATE workflow
        SET state = CASE direction WHEN 'undo' THEN 'undoing' ELSE 'running' END,
            attention = NULL, wake_at = $3, updated_at = $3
        WHERE state = 'parked' AND kind = $1 AND version = $2";
}

/// Lets an instance go on that needs attention or is parked; false when it is neither.
pub async fn resume(tx: &mut Tx, id: WorkflowId, now: Timestamp) -> Result<bool, StorageError> {
    Ok(execute!(tx, RESUME, id.uuid(), now.0)? == 1)
}

/// Gives the step that is stuck a fresh count of attempts; false when none is.
pub async fn reset_failed(tx: &mut Tx, id: WorkflowId) -> Result<bool, StorageError> {
    Ok(execute!(tx, RESET_FAILED, id.uuid())? > 0)
}

/// Marks the step that is stuck as skipped, with the given output and why; false when none is.
pub async fn skip_failed(
    tx: &mut Tx,
    id: WorkflowId,
    output: &str,
    note: &str,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, SKIP_FAILED, id.uuid(), output, now.0, note)? > 0)
}

/// Asks for an instance to be undone that goes forward; false when it does not, or was asked.
pub async fn cancel(
    tx: &mut Tx,
    id: WorkflowId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, CANCEL, id.uuid(), reason, now.0)? == 1)
}

/// Gives an instance up that needs attention or is parked; false when it is neither.
pub async fn abandon(
    tx: &mut Tx,
    id: WorkflowId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, ABANDON, id.uuid(), reason, now.0)? == 1)
}

/// Lets parked instances of a kind and version go on; yields how many.
pub async fn unpark(
    tx: &mut Tx,
    kind: &str,
    version: i64,
    now: Timestamp,
) -> Result<u64, StorageError> {
    execute!(tx, UNPARK, kind, version, now.0)
}
