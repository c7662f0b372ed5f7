//! What is done to an instance from outside, by a person or by another program. Who may is decided
//! by the caller.

use crate::{Phase, StepFailure, WorkflowDefinition, WorkflowError, WorkflowState, plan};
use domain::{Timestamp, WorkflowId};
use serde::Serialize;
use serde_json::Value;
use storage::workflow::{self as rows, NewSignal, WorkflowRow};
use storage::{StorageError, Tx};

/// Longest name of a signal.
const SIGNAL_NAME_MAX: usize = 64;

/// Tries the stuck step again with a fresh count of attempts; also lets a parked one go on.
pub async fn retry(tx: &mut Tx, id: WorkflowId, now: Timestamp) -> Result<(), WorkflowError> {
    if !rows::resume(tx, id, now).await? {
        return Err(refusal(tx, id, "retry").await);
    }
    // None failed when it was parked, or when only the final action was refused.
    rows::reset_failed(tx, id).await?;
    Ok(())
}

/// Takes a person's word that the step that is stuck going forward has met its goal with `output`,
/// and goes on; `reason` is kept with the step.
pub async fn skip(
    tx: &mut Tx,
    id: WorkflowId,
    output: &Value,
    reason: &str,
    now: Timestamp,
) -> Result<(), WorkflowError> {
    take_word(tx, id, Word { phase: Phase::Forward, command: "skip", output, reason, now }).await
}

/// Takes a person's word that the step whose undo is stuck is undone, and goes on; `reason` is kept
/// with the step.
pub async fn mark_undone(
    tx: &mut Tx,
    id: WorkflowId,
    reason: &str,
    now: Timestamp,
) -> Result<(), WorkflowError> {
    let word =
        Word { phase: Phase::Undo, command: "mark as undone", output: &Value::Null, reason, now };
    take_word(tx, id, word).await
}

/// A person's word about the step that is stuck.
struct Word<'a> {
    phase: Phase,
    command: &'static str,
    output: &'a Value,
    reason: &'a str,
    now: Timestamp,
}

async fn take_word(tx: &mut Tx, id: WorkflowId, word: Word<'_>) -> Result<(), WorkflowError> {
    let row = rows::get(tx, id).await?.ok_or(WorkflowError::NotFound(id))?;
    let output = word.output.to_string();
    if row.direction != word.phase
        || !rows::resume(tx, id, word.now).await?
        || !rows::skip_failed(tx, id, &output, word.reason, word.now).await?
    {
        return Err(refusal(tx, id, word.command).await);
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
    // The parent first: a unit of work locks from parent to child, always.
    if let Some((parent, step)) = parent_of(rows::get(tx, id).await?.as_ref()) {
        rows::wake_child_step(tx, parent, step, now).await?;
    }
    let reason = serde_json::to_string(&StepFailure::new("abandoned", reason))?;
    if !rows::abandon(tx, id, &reason, now).await? {
        return Err(refusal(tx, id, "abandon").await);
    }
    Ok(())
}

/// Asks for an instance that goes forward to be undone, and with it its children; refused once a
/// step has begun after which there is no way back.
///
/// A step at work comes to its end first; one that waits or is to be tried again is not called any
/// more. On an error the caller drops the unit of work.
pub async fn cancel<E>(
    tx: &mut Tx,
    definitions: &[WorkflowDefinition<E>],
    id: WorkflowId,
    reason: &str,
    now: Timestamp,
) -> Result<(), WorkflowError> {
    let reason = serde_json::to_string(&StepFailure::new("cancelled", reason))?;
    if !rows::cancel(tx, id, &reason, now).await? {
        return Err(refusal(tx, id, "cancel").await);
    }
    // The row is locked: no step can begin before this unit of work ends.
    match barred(tx, definitions, id).await? {
        Some(step) => Err(WorkflowError::NoWayBack { id, step }),
        None => Ok(()),
    }
}

/// Whether [`cancel`] would be taken now.
pub async fn can_cancel<E>(
    tx: &mut Tx,
    definitions: &[WorkflowDefinition<E>],
    id: WorkflowId,
) -> Result<bool, WorkflowError> {
    let Some(row) = rows::get(tx, id).await? else { return Ok(false) };
    let goes_on = matches!(row.state, WorkflowState::Running | WorkflowState::NeedsAttention);
    let forward = row.direction == Phase::Forward && row.cancel.is_none();
    Ok(goes_on && forward && barred(tx, definitions, id).await?.is_none())
}

/// The step that bars the way back of an instance, if its table is known here.
pub(crate) async fn barred<E>(
    tx: &mut Tx,
    definitions: &[WorkflowDefinition<E>],
    id: WorkflowId,
) -> Result<Option<String>, StorageError> {
    let Some(row) = rows::get(tx, id).await? else { return Ok(None) };
    let known =
        |known: &&WorkflowDefinition<E>| known.kind == row.kind && known.version == row.version;
    let Some(definition) = definitions.iter().find(known) else { return Ok(None) };
    let log = rows::steps(tx, id).await?;
    Ok(plan::barred(definition.steps, &log).map(ToOwned::to_owned))
}

/// Tells an instance something; a step that waits for `name` is called again. The first word under
/// a name counts: false when there was one, or when the instance is finished.
///
/// Call [`crate::Signals::wake`] after the commit.
pub async fn signal<T: Serialize + ?Sized + Sync>(
    tx: &mut Tx,
    id: WorkflowId,
    name: &str,
    payload: &T,
    now: Timestamp,
) -> Result<bool, WorkflowError> {
    let usable = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if name.is_empty() || name.len() > SIGNAL_NAME_MAX || !name.bytes().all(usable) {
        return Err(WorkflowError::SignalName(name.chars().take(SIGNAL_NAME_MAX).collect()));
    }
    let payload = serde_json::to_string(payload)?;
    let told = rows::add_signal(tx, NewSignal { id, name, payload: &payload, now }).await?;
    if !told && rows::get(tx, id).await?.is_none() {
        return Err(WorkflowError::NotFound(id));
    }
    Ok(told)
}

/// Who waits for an instance.
pub(crate) fn parent_of(row: Option<&WorkflowRow>) -> Option<(WorkflowId, &str)> {
    let row = row?;
    Some((row.parent_id?, row.parent_step.as_deref()?))
}

async fn refusal(tx: &mut Tx, id: WorkflowId, command: &'static str) -> WorkflowError {
    match rows::get(tx, id).await {
        Ok(Some(row)) => WorkflowError::WrongState { id, state: row.state.as_str(), command },
        Ok(None) => WorkflowError::NotFound(id),
        Err(error) => error.into(),
    }
}
