//! Rows of the durable workflow engine; what they mean is decided by the `workflow` crate.
//!
//! Every write of a runner starts with [`hold`], which locks the instance and checks the fence.

use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{find, list};
use crate::statement::{execute, fetch_one, fetch_optional, statements};
use crate::{StorageError, Tx};
use domain::{Timestamp, WorkflowId};
use uuid::Uuid;

mod rows;

pub use rows::{Phase, StepRow, StepStatus, WorkflowRow, WorkflowState};

/// A new instance, going forward.
#[derive(Debug, Clone)]
pub struct NewWorkflow<'a> {
    /// The instance.
    pub id: WorkflowId,
    /// The kind of workflow.
    pub kind: &'a str,
    /// The version of its table.
    pub version: i64,
    /// The prefixed id of what it works on.
    pub subject: &'a str,
    /// JSON.
    pub input: &'a str,
    /// Not before this moment is it claimed.
    pub wake_at: Timestamp,
    /// The present.
    pub now: Timestamp,
}

/// Who claims, until when, and the present.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The runner, for people who look into the table.
    pub owner: &'a str,
    /// After this moment another runner may claim.
    pub until: Timestamp,
    /// The present.
    pub now: Timestamp,
}

/// A runner's grip on an instance.
#[derive(Debug, Clone, Copy)]
pub struct Grip {
    /// The instance.
    pub id: WorkflowId,
    /// The fence it was claimed with.
    pub fence: i64,
}

/// Where an instance goes to rest, with its lease given back.
#[derive(Debug, Clone)]
pub struct Settlement<'a> {
    /// The new state.
    pub state: WorkflowState,
    /// JSON: why a person is needed.
    pub attention: Option<&'a str>,
    /// Not before this moment is it claimed.
    pub wake_at: Timestamp,
    /// For final states, the present.
    pub finished_at: Option<Timestamp>,
    /// The present.
    pub now: Timestamp,
}

statements! {
    /// Does nothing when an unfinished instance of the kind exists for the subject.
    INSERT = "
        INSERT INTO workflow
            (id, kind, version, subject, state, direction, input, fence, wake_at, created_at,
             updated_at)
        VALUES ($1, $2, $3, $4, 'running', 'forward', $5, 0, $6, $7, $7)
        ON CONFLICT (kind, subject) WHERE finished_at IS NULL DO NOTHING";

    /// The unfinished instance of a kind for a subject.
    UNFINISHED = "
        SELECT id FROM workflow WHERE kind = $1 AND subject = $2 AND finished_at IS NULL";

    /// The longest due instance nobody holds.
    CLAIM = "
        UPDATE workflow SET lease_owner = $1, lease_until = $2, fence = fence + 1, updated_at = $3
        WHERE id = (
            SELECT id FROM workflow
            WHERE state IN ('running', 'undoing') AND wake_at <= $3
                AND (lease_until IS NULL OR lease_until <= $3)
            ORDER BY wake_at, id LIMIT 1)
        RETURNING id, kind, version, subject, state, direction, input, failure, attention, fence,
            wake_at, created_at, updated_at, finished_at",
        postgres = "
        UPDATE workflow SET lease_owner = $1, lease_until = $2, fence = fence + 1, updated_at = $3
        WHERE id = (
            SELECT id FROM workflow
            WHERE state IN ('running', 'undoing') AND wake_at <= $3
                AND (lease_until IS NULL OR lease_until <= $3)
            ORDER BY wake_at, id LIMIT 1
            FOR UPDATE SKIP LOCKED)
        RETURNING id, kind, version, subject, state, direction, input, failure, attention, fence,
            wake_at, created_at, updated_at, finished_at";

    /// When the next instance becomes claimable.
    NEXT_WAKE = "
        SELECT MIN(CASE WHEN lease_until > wake_at THEN lease_until ELSE wake_at END)
        FROM workflow WHERE state IN ('running', 'undoing')";

    /// Checks the fence, locks the instance and extends the lease.
    HOLD = "
        UPDATE workflow SET lease_until = $3, updated_at = $4 WHERE id = $1 AND fence = $2";

    /// Turns round to undo.
    TURN = "
        UPDATE workflow SET state = 'undoing', direction = 'undo', failure = $3, updated_at = $4
        WHERE id = $1 AND fence = $2";

    /// Gives the lease back with a new state.
    SETTLE = "
        UPDATE workflow
        SET state = $3, attention = $4, wake_at = $5, finished_at = $6, updated_at = $7,
            lease_owner = NULL, lease_until = NULL
        WHERE id = $1 AND fence = $2";

    /// Gives the lease back without a change.
    RELEASE = "
        UPDATE workflow SET lease_owner = NULL, lease_until = NULL WHERE id = $1 AND fence = $2";

    /// Writes a step in one phase, whole.
    PUT_STEP = "
        INSERT INTO workflow_step
            (workflow_id, seq, phase, name, status, attempt, effect_key, started_at, attempt_at,
             finished_at, output, error)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (workflow_id, seq, phase) DO UPDATE
        SET status = excluded.status, attempt = excluded.attempt, attempt_at = excluded.attempt_at,
            finished_at = excluded.finished_at, output = excluded.output, error = excluded.error";

    /// One instance.
    GET = "
        SELECT id, kind, version, subject, state, direction, input, failure, attention, fence,
            wake_at, created_at, updated_at, finished_at
        FROM workflow WHERE id = $1";

    /// The log of one instance; a table of steps is short.
    STEPS = "
        SELECT seq, phase, name, status, attempt, effect_key, started_at, attempt_at, finished_at,
            output, error
        FROM workflow_step WHERE workflow_id = $1 ORDER BY seq, phase LIMIT 1000";

    /// Instances of one subject, newest first.
    OF_SUBJECT = "
        SELECT id, kind, version, subject, state, direction, input, failure, attention, fence,
            wake_at, created_at, updated_at, finished_at
        FROM workflow WHERE subject = $1 ORDER BY created_at DESC, id DESC LIMIT $2";

    /// Instances before a cursor, newest first.
    LIST = "
        SELECT id, kind, version, subject, state, direction, input, failure, attention, fence,
            wake_at, created_at, updated_at, finished_at
        FROM workflow
        WHERE created_at < $1 OR (created_at = $1 AND id < $2)
        ORDER BY created_at DESC, id DESC LIMIT $3";

    /// Instances in one state before a cursor, newest first.
    LIST_IN_STATE = "
        SELECT id, kind, version, subject, state, direction, input, failure, attention, fence,
            wake_at, created_at, updated_at, finished_at
        FROM workflow
        WHERE state = $4 AND (created_at < $1 OR (created_at = $1 AND id < $2))
        ORDER BY created_at DESC, id DESC LIMIT $3";

    /// How many instances are in one state.
    COUNT_IN_STATE = "SELECT COUNT(*) FROM workflow WHERE state = $1";

    /// Lets an instance go on that a person looked at, and stops any runner that still holds it.
    RESUME = "
        UPDATE workflow
        SET state = CASE direction WHEN 'undo' THEN 'undoing' ELSE 'running' END,
            attention = NULL, wake_at = $2, updated_at = $2, fence = fence + 1,
            lease_owner = NULL, lease_until = NULL
        WHERE id = $1 AND state IN ('needs_attention', 'parked')";

    /// Gives the step that is stuck a fresh count of attempts.
    RESET_FAILED = "
        UPDATE workflow_step SET status = 'retrying', attempt = 0, finished_at = NULL
        WHERE workflow_id = $1 AND status = 'failed'
            AND phase = (SELECT direction FROM workflow WHERE id = $1)";

    /// Takes a person's word that the step that is stuck has met its goal.
    SKIP_FAILED = "
        UPDATE workflow_step SET status = 'skipped', output = $2, finished_at = $3
        WHERE workflow_id = $1 AND status = 'failed'
            AND phase = (SELECT direction FROM workflow WHERE id = $1)";

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

/// Adds an instance; false when an unfinished one of the kind exists for the subject.
pub async fn insert(tx: &mut Tx, new: &NewWorkflow<'_>) -> Result<bool, StorageError> {
    let added = execute!(
        tx,
        INSERT,
        new.id.uuid(),
        new.kind,
        new.version,
        new.subject,
        new.input,
        new.wake_at.0,
        new.now.0,
    )?;
    Ok(added == 1)
}

/// Finds the unfinished instance of a kind for a subject.
pub async fn unfinished(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
) -> Result<Option<WorkflowId>, StorageError> {
    let found: Option<(Uuid,)> = fetch_optional!(tx, (Uuid,), UNFINISHED, kind, subject)?;
    Ok(found.map(|(id,)| WorkflowId(id)))
}

/// Claims the longest due instance nobody holds; its fence grows.
pub async fn claim(tx: &mut Tx, claim: Claim<'_>) -> Result<Option<WorkflowRow>, StorageError> {
    // All rows, not one: SQLite finishes an UPDATE only when its rows are read to the end.
    let claimed = list!(tx, WorkflowRow, CLAIM, claim.owner, claim.until.0, claim.now.0)?;
    Ok(claimed.into_iter().next())
}

/// When the next instance becomes claimable; absent when none is waiting.
pub async fn next_wake(tx: &mut Tx) -> Result<Option<Timestamp>, StorageError> {
    let (moment,): (Option<i64>,) = fetch_one!(tx, (Option<i64>,), NEXT_WAKE)?;
    Ok(moment.map(Timestamp))
}

/// Checks the fence, locks the instance for this unit of work and extends the lease; false when
/// the lease is lost.
pub async fn hold(
    tx: &mut Tx,
    grip: Grip,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, HOLD, grip.id.uuid(), grip.fence, until.0, now.0)? == 1)
}

/// Turns an instance round to undo; false when the lease is lost.
pub async fn turn(
    tx: &mut Tx,
    grip: Grip,
    failure: &str,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, TURN, grip.id.uuid(), grip.fence, failure, now.0)? == 1)
}

/// Gives the lease back with a new state; false when the lease is lost.
pub async fn settle(
    tx: &mut Tx,
    grip: Grip,
    settlement: &Settlement<'_>,
) -> Result<bool, StorageError> {
    let changed = execute!(
        tx,
        SETTLE,
        grip.id.uuid(),
        grip.fence,
        settlement.state.as_str(),
        settlement.attention,
        settlement.wake_at.0,
        settlement.finished_at.map(|moment| moment.0),
        settlement.now.0,
    )?;
    Ok(changed == 1)
}

/// Gives the lease back without a change; false when it was lost.
pub async fn release(tx: &mut Tx, grip: Grip) -> Result<bool, StorageError> {
    Ok(execute!(tx, RELEASE, grip.id.uuid(), grip.fence)? == 1)
}

/// Writes a step in one phase, whole; call [`hold`] in the same unit of work first.
pub async fn put_step(tx: &mut Tx, id: WorkflowId, step: &StepRow) -> Result<(), StorageError> {
    execute!(
        tx,
        PUT_STEP,
        id.uuid(),
        step.seq,
        step.phase.as_str(),
        &step.name,
        step.status.as_str(),
        step.attempt,
        &step.effect_key,
        step.started_at.0,
        step.attempt_at.0,
        step.finished_at.map(|moment| moment.0),
        step.output.as_deref(),
        step.error.as_deref(),
    )?;
    Ok(())
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

/// Lets an instance go on that needs attention or is parked; false when it is neither.
pub async fn resume(tx: &mut Tx, id: WorkflowId, now: Timestamp) -> Result<bool, StorageError> {
    Ok(execute!(tx, RESUME, id.uuid(), now.0)? == 1)
}

/// Gives the step that is stuck a fresh count of attempts; false when none is.
pub async fn reset_failed(tx: &mut Tx, id: WorkflowId) -> Result<bool, StorageError> {
    Ok(execute!(tx, RESET_FAILED, id.uuid())? > 0)
}

/// Marks the step that is stuck as skipped with the given output; false when none is.
pub async fn skip_failed(
    tx: &mut Tx,
    id: WorkflowId,
    output: &str,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, SKIP_FAILED, id.uuid(), output, now.0)? > 0)
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
