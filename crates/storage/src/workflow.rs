//! Rows of the durable workflow engine; what they mean is decided by the `workflow` crate.
//!
//! Every write of a runner starts with [`hold`], which locks the instance and checks the fence.
//! Where a parent and its child change together, the parent is locked first, always: two units of
//! work that lock them the other way round would wait for each other.

use crate::record::{list, record};
use crate::statement::{execute, fetch_all, fetch_one, fetch_optional, statements};
use crate::{Db, StorageError, Tx};
use domain::{Timestamp, WorkflowId};
use uuid::Uuid;

/// The columns of [`WorkflowRow`], in its order.
macro_rules! instance_columns {
    () => {
        "id, kind, version, subject, owner_key, priority, state, direction, input, failure,
            attention, cancel, parent_id, parent_step, fence, wake_at, created_at, updated_at,
            finished_at"
    };
}

/// The present by which leases are judged: `$2` where it is given, else the database's own.
///
/// One clock for all programs: a program whose clock is wrong cannot take an instance too early.
macro_rules! sqlite_present {
    ($given:literal) => {
        concat!("COALESCE(", $given, ", CAST(unixepoch('subsec') * 1000000 AS INTEGER))")
    };
}
macro_rules! postgres_present {
    ($given:literal) => {
        concat!(
            "COALESCE(",
            $given,
            ", CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS BIGINT))"
        )
    };
}

/// The first due instance that nobody holds, of one class and of the owners on one side of `$5`; each is
/// the first entry of a range of `workflow_by_turn`.
macro_rules! first_of {
    ($class:literal, $side:literal, $present:ident, $lock:literal) => {
        concat!(
            "(SELECT id FROM workflow
            WHERE state IN ('running', 'undoing') AND priority = ",
            $class,
            " AND owner_key ",
            $side,
            " $5 AND wake_at <= $4
                AND (lease_until IS NULL OR lease_until <= ",
            $present!("$2"),
            ")
            ORDER BY owner_key, wake_at, id
            LIMIT 1",
            $lock,
            ")"
        )
    };
}

/// The classes from above, in each the owners after the one served last and then round again; both
/// databases stop at the first that finds one.
macro_rules! whose_turn {
    ($present:ident, $lock:literal) => {
        concat!(
            "COALESCE(",
            first_of!(3, ">", $present, $lock),
            ", ",
            first_of!(3, "<=", $present, $lock),
            ", ",
            first_of!(2, ">", $present, $lock),
            ", ",
            first_of!(2, "<=", $present, $lock),
            ", ",
            first_of!(1, ">", $present, $lock),
            ", ",
            first_of!(1, "<=", $present, $lock),
            ", ",
            first_of!(0, ">", $present, $lock),
            ", ",
            first_of!(0, "<=", $present, $lock),
            ")"
        )
    };
}

/// Whether an instance in that state is due that nobody holds; the one that is being claimed does not count.
/// The order makes it the first entry of a range of `workflow_by_wake`.
macro_rules! another_is_due {
    ($state:literal, $present:ident) => {
        concat!(
            "(SELECT TRUE FROM workflow AS other
                WHERE other.state = '",
            $state,
            "' AND other.wake_at <= $4 AND other.id <> workflow.id
                    AND (other.lease_until IS NULL OR other.lease_until <= ",
            $present!("$2"),
            ")
                ORDER BY other.wake_at LIMIT 1)"
        )
    };
}

/// Columns of [`Claimed`] beside those of the instance.
macro_rules! beside_the_claimed {
    ($present:ident) => {
        concat!(
            "COALESCE(",
            another_is_due!("running", $present),
            ", ",
            another_is_due!("undoing", $present),
            ", FALSE) AS more,
            EXISTS (SELECT 1 FROM workflow_signal WHERE workflow_id = workflow.id) AS told"
        )
    };
}

mod along;
pub(crate) mod links;
pub(crate) mod log;
pub(crate) mod operate;
pub(crate) mod read;
mod rows;

pub use along::Along;
pub use links::{
    CHILD_SIGNAL, NewSignal, add_signal, children, reopen, signals, wake, wake_child_step,
    wake_told,
};
pub use log::{Entry, log, log_alone, put_step};
pub use operate::{abandon, cancel, reset_failed, resume, skip_failed, unpark};
pub use read::{
    VersionCount, WaitingStep, count_in_state, get, list, of_subject, steps, unfinished_versions,
    waiting,
};
pub use rows::{Phase, Priority, StepRow, StepStatus, WorkflowRow, WorkflowState};

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
    /// Whose work it is; owners take turns.
    pub owner_key: &'a str,
    /// A higher class is always served first.
    pub priority: Priority,
    /// The instance and the step of it that wait for this one.
    pub parent: Option<(WorkflowId, &'a str)>,
    /// JSON.
    pub input: &'a str,
    /// Not before this moment is it claimed.
    pub wake_at: Timestamp,
    /// The present.
    pub now: Timestamp,
}

/// How long an instance belongs to a runner, counted from which moment.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    /// Its length in microseconds.
    pub length_us: i64,
    /// The present by which leases are judged; absent: the database's own.
    pub at: Option<Timestamp>,
}

/// Who claims, for how long, and whose turn is over.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The runner, for people who look into the table.
    pub runner: &'a str,
    /// After its end another runner may claim.
    pub lease: Lease,
    /// The owner who had the latest turn; those after it come first. Empty at the beginning.
    pub after_owner: &'a str,
    /// The present, for wake times.
    pub now: Timestamp,
}

record! {
    /// An instance that was claimed.
    pub struct Claimed in "workflow" {
        /// The instance.
        [flatten]
        pub row: WorkflowRow,
        /// Whether another one was due that nobody held.
        pub more: bool,
        /// Whether it had been told anything.
        pub told: bool,
    }
}

/// A runner's grip on an instance.
#[derive(Debug, Clone, Copy)]
pub struct Grip {
    /// The instance.
    pub id: WorkflowId,
    /// The fence it was claimed with.
    pub fence: i64,
}

/// What [`hold`] finds on an instance that is still held.
#[derive(Debug, Clone)]
pub struct Held {
    /// JSON: why somebody asked to have it undone.
    pub cancel: Option<String>,
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
            (id, kind, version, subject, owner_key, priority, parent_id, parent_step, state,
             direction, input, fence, wake_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'running', 'forward', $9, 0, $10, $11, $11)
        ON CONFLICT (kind, subject) WHERE finished_at IS NULL DO NOTHING";

    /// The unfinished instance of a kind for a subject.
    UNFINISHED = "
        SELECT id FROM workflow WHERE kind = $1 AND subject = $2 AND finished_at IS NULL";

    /// Whether anything is due that nobody holds.
    IS_DUE = concat!("
        SELECT EXISTS (
            SELECT 1 FROM workflow
            WHERE state IN ('running', 'undoing') AND wake_at <= $1
                AND (lease_until IS NULL OR lease_until <= ", sqlite_present!("$2"), "))"),
        postgres = concat!("
        SELECT EXISTS (
            SELECT 1 FROM workflow
            WHERE state IN ('running', 'undoing') AND wake_at <= $1
                AND (lease_until IS NULL OR lease_until <= ", postgres_present!("$2"), "))");

    /// The due instance nobody holds whose turn it is: highest class, next owner, longest due. Beside it
    /// whether another one is due, and whether it was told anything.
    CLAIM = concat!("
        UPDATE workflow
        SET lease_owner = $1, lease_until = ", sqlite_present!("$2"), " + $3, fence = fence + 1,
            updated_at = $4
        WHERE id = ", whose_turn!(sqlite_present, ""), "
        RETURNING ", instance_columns!(), ", ", beside_the_claimed!(sqlite_present)),
        postgres = concat!("
        UPDATE workflow
        SET lease_owner = $1, lease_until = ", postgres_present!("$2"), " + $3, fence = fence + 1,
            updated_at = $4
        WHERE id = ", whose_turn!(postgres_present, "
            FOR UPDATE SKIP LOCKED"), "
        RETURNING ", instance_columns!(), ", ", beside_the_claimed!(postgres_present));

    /// When the next instance becomes claimable, of those due until a moment.
    NEXT_WAKE = "
        SELECT MIN(CASE WHEN lease_until > wake_at THEN lease_until ELSE wake_at END)
        FROM workflow WHERE state IN ('running', 'undoing') AND wake_at <= $1";

    /// Checks the fence, locks the instance and extends the lease.
    HOLD = concat!("
        UPDATE workflow SET lease_until = ", sqlite_present!("$3"), " + $4, updated_at = $5
        WHERE id = $1 AND fence = $2 RETURNING cancel"),
        postgres = concat!("
        UPDATE workflow SET lease_until = ", postgres_present!("$3"), " + $4, updated_at = $5
        WHERE id = $1 AND fence = $2 RETURNING cancel");

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
        new.owner_key,
        new.priority.number(),
        new.parent.map(|(id, _)| id.uuid()),
        new.parent.map(|(_, step)| step),
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

/// Whether a [`claim`] would find something; needs no write lock.
pub async fn is_due(tx: &mut Tx, now: Timestamp, lease: Lease) -> Result<bool, StorageError> {
    let at = lease.at.map(|moment| moment.0);
    let (due,): (bool,) = fetch_one!(tx, (bool,), IS_DUE, now.0, at)?;
    Ok(due)
}

/// Claims the due instance nobody holds whose turn it is; its fence grows.
pub async fn claim(tx: &mut Tx, claim: Claim<'_>) -> Result<Option<Claimed>, StorageError> {
    let at = claim.lease.at.map(|moment| moment.0);
    // All rows, not one: SQLite finishes an UPDATE only when its rows are read to the end.
    let claimed = list!(
        tx,
        Claimed,
        CLAIM,
        claim.runner,
        at,
        claim.lease.length_us,
        claim.now.0,
        claim.after_owner,
    )?;
    Ok(claimed.into_iter().next())
}

/// The same as a unit of work of its own, durable when it is answered.
pub async fn claim_alone(db: &Db, claim: Claim<'_>) -> Result<Option<Claimed>, StorageError> {
    // A look without a write lock first: an idle market must not keep the embedded database busy.
    // On the server one statement is both.
    if let Db::Sqlite { .. } = db
        && !is_due(&mut db.look().await?, claim.now, claim.lease).await?
    {
        return Ok(None);
    }
    let mut tx = db.begin_single().await?;
    let claimed = self::claim(&mut tx, claim).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// When the next instance becomes claimable, of those due until a moment; absent when none is.
pub async fn next_wake(tx: &mut Tx, until: Timestamp) -> Result<Option<Timestamp>, StorageError> {
    let (moment,): (Option<i64>,) = fetch_one!(tx, (Option<i64>,), NEXT_WAKE, until.0)?;
    Ok(moment.map(Timestamp))
}

/// Checks the fence, locks the instance for this unit of work and extends the lease; absent when
/// the lease is lost.
pub async fn hold(
    tx: &mut Tx,
    grip: Grip,
    lease: Lease,
    now: Timestamp,
) -> Result<Option<Held>, StorageError> {
    let at = lease.at.map(|moment| moment.0);
    let held: Vec<(Option<String>,)> = fetch_all!(
        tx,
        (Option<String>,),
        HOLD,
        grip.id.uuid(),
        grip.fence,
        at,
        lease.length_us,
        now.0
    )?;
    Ok(held.into_iter().next().map(|(cancel,)| Held { cancel }))
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
