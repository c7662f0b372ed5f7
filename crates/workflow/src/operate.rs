//! What a person may do with an instance that is stuck. Who may is decided by the caller.

use crate::{StepFailure, WorkflowError};
use domain::{Timestamp, WorkflowId};
use serde_json::Value;
use storage::{Tx, workflow as rows};

/// Tries the stuck step again with a fresh count of attempts; also lets a parked one go on.
pub async fn retry(tx: &mut Tx, id: WorkflowId, now: Timestamp) -> Result<(), WorkflowError> {
    if !rows::resume(tx, id, now).await? {
        return Err(refusal(tx, id, "retry").await);
    }
    // None failed when it was parked, or when only the final action was refused.
    rows::reset_failed(tx, id).await?;
    Ok(())
}

/// Takes a person's word that the stuck step has met its goal with `output`, and goes on.
///
/// While undoing, this marks the step as undone; `output` is then of no use and may be null.
pub async fn skip(
    tx: &mut Tx,
    id: WorkflowId,
    output: &Value,
    now: Timestamp,
) -> Result<(), WorkflowError> {
    let resumed = rows::resume(tx, id, now).await?;
    if !resumed || !rows::skip_failed(tx, id, &output.to_string(), now).await? {
        return Err(refusal(tx, id, "skip").await);
    }
    Ok(())
}

/// Gives a stuck instance up; what it left behind is then a person's to clear.
pub async fn abandon(
    tx: &mut Tx,
    id: WorkflowId,
    reason: &str,
    now: Timestamp,
) -> Result<(), WorkflowError> {
    let reason = serde_json::to_string(&StepFailure::new("abandoned", reason))?;
    if !rows::abandon(tx, id, &reason, now).await? {
        return Err(refusal(tx, id, "abandon").await);
    }
    Ok(())
}

async fn refusal(tx: &mut Tx, id: WorkflowId, command: &'static str) -> WorkflowError {
    match rows::get(tx, id).await {
        Ok(Some(row)) => WorkflowError::WrongState { id, state: row.state.as_str(), command },
        Ok(None) => WorkflowError::NotFound(id),
        Err(error) => error.into(),
    }
}
