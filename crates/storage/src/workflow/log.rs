//! Writing the log: what came of a step and what is intended next, under the fence, and with it the
//! rows that become true together with the step.

use super::along::{
    erased_along, kept_along, metered_along, sampled_along, snapshot_along, watched_along,
};
use super::{Along, Grip, Held, Lease, StepRow};
use crate::contracts::{ErasureStatement, Resource, Watch};
use crate::inventory::InventorySnapshot;
use crate::observations::Observation;
use crate::statement::{execute, fetch_all, statements};
use crate::{Db, StorageError, Tx};
use domain::{Timestamp, WorkflowId};

/// What a runner logs at once.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Whose log, and with which fence.
    pub grip: Grip,
    /// Extended by the way.
    pub lease: Lease,
    /// What came of a step.
    pub word: Option<&'a StepRow>,
    /// What is about to be done; not written when somebody asked to have the instance undone.
    pub intent: Option<&'a StepRow>,
    /// What else becomes true with the word.
    pub along: Option<&'a Along>,
    /// Write the intent nevertheless: there is no way back.
    pub despite_cancel: bool,
    /// The present.
    pub now: Timestamp,
}

/// The columns that a runner writes, beside the instance's id.
macro_rules! step_columns {
    () => {
        "seq, phase, name, status, attempt, effect_key, started_at, attempt_at,
                finished_at, output, error, wake_at, signal"
    };
}
macro_rules! word_values {
    () => {
        "$7, $8, $9, $10, $11, $12, $13, $14,
                $15, $16, $17, $18, $19"
    };
}
macro_rules! intent_values {
    () => {
        "$20, $21, $22, $23, $24, $25, $26, $27,
                $28, $29, $30, $31, $32"
    };
}
macro_rules! overwrite {
    () => {
        "ON CONFLICT (workflow_id, seq, phase) DO UPDATE
            SET status = excluded.status, attempt = excluded.attempt,
                attempt_at = excluded.attempt_at, finished_at = excluded.finished_at,
                output = excluded.output, error = excluded.error, wake_at = excluded.wake_at,
                signal = excluded.signal"
    };
}

/// The instance that is held, as what is selected from goes with it.
macro_rules! sqlite_from {
    () => {
        "workflow WHERE workflow.id = $1 AND fence = $2"
    };
}
macro_rules! postgres_from {
    () => {
        "held WHERE TRUE"
    };
}

macro_rules! sqlite_log {
    ($along:expr) => {
        concat!(
            "
        UPDATE workflow SET lease_until = ",
            sqlite_present!("$3"),
            " + $4, updated_at = $5
        WHERE id = $1 AND fence = $2 RETURNING cancel;
        INSERT INTO workflow_step
            (workflow_id, ",
            step_columns!(),
            ")
        SELECT id, ",
            word_values!(),
            "
        FROM workflow WHERE id = $1 AND fence = $2 AND $7 IS NOT NULL
        ",
            overwrite!(),
            ";
        INSERT INTO workflow_step
            (workflow_id, ",
            step_columns!(),
            ")
        SELECT id, ",
            intent_values!(),
            "
        FROM workflow
        WHERE id = $1 AND fence = $2 AND $20 IS NOT NULL AND (cancel IS NULL OR $6)
        ",
            overwrite!(),
            $along
        )
    };
}

/// What does not come from `held` is not written: its rows are those of the one instance, or none.
macro_rules! postgres_log {
    ($along:expr) => {
        concat!(
            "
        WITH held AS (
            UPDATE workflow SET lease_until = ",
            postgres_present!("$3"),
            " + $4, updated_at = $5
            WHERE id = $1 AND fence = $2 RETURNING id, cancel),
        word AS (
            INSERT INTO workflow_step
                (workflow_id, ",
            step_columns!(),
            ")
            SELECT id, ",
            word_values!(),
            "
            FROM held WHERE CAST($7 AS BIGINT) IS NOT NULL
            ",
            overwrite!(),
            "),
        intent AS (
            INSERT INTO workflow_step
                (workflow_id, ",
            step_columns!(),
            ")
            SELECT id, ",
            intent_values!(),
            "
            FROM held WHERE CAST($20 AS BIGINT) IS NOT NULL AND (cancel IS NULL OR $6)
            ",
            overwrite!(),
            ")",
            $along,
            "
        SELECT cancel FROM held"
        )
    };
}

statements! {
    /// Writes a step in one phase, whole.
    PUT_STEP = concat!("
        INSERT INTO workflow_step
            (workflow_id, ", step_columns!(), ")
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ", overwrite!());

    /// Checks the fence, locks the instance, extends the lease, and writes what came of a step and
    /// what is intended, in one go; an absent row has a null `seq`.
    LOG = sqlite_log!(""), postgres = postgres_log!("");

    /// The same with what a cloud said of an allocation: what stands for it now, and the snapshot.
    LOG_KEPT = sqlite_log!(concat!(";", kept_along!(sqlite_from), ";", snapshot_along!(sqlite_from))),
        postgres = postgres_log!(concat!(", kept AS (", kept_along!(postgres_from), "),
            seen AS (", snapshot_along!(postgres_from), ")"));

    /// The same with its statement that the data are gone.
    LOG_KEPT_ERASED = sqlite_log!(concat!(";", kept_along!(sqlite_from), ";",
            snapshot_along!(sqlite_from), ";",
            erased_along!("$46, $34, $47, $48, $49", sqlite_from))),
        postgres = postgres_log!(concat!(", kept AS (", kept_along!(postgres_from), "),
            seen AS (", snapshot_along!(postgres_from), "),
            erased AS (", erased_along!("$46, $34, $47, $48, $49", postgres_from), ")"));

    /// The same with the beginning of watching.
    LOG_WATCHED = sqlite_log!(concat!(";", watched_along!(sqlite_from), ";", sampled_along!(sqlite_from))),
        postgres = postgres_log!(concat!(", watched AS (", watched_along!(postgres_from), "),
            sampled AS (", sampled_along!(postgres_from), ")"));

    /// The same with a sample.
    LOG_SAMPLED = sqlite_log!(concat!(";", sampled_along!(sqlite_from))),
        postgres = postgres_log!(concat!(", sampled AS (", sampled_along!(postgres_from), ")"));

    /// The same with the statement that data are gone.
    LOG_ERASED = sqlite_log!(concat!(";", erased_along!("$33, $34, $35, $36, $37", sqlite_from))),
        postgres = postgres_log!(concat!(", erased AS (", erased_along!("$33, $34, $35, $36, $37", postgres_from), ")"));

    /// The same with the final meter.
    LOG_METERED = sqlite_log!(concat!(";", metered_along!(sqlite_from))),
        postgres = postgres_log!(concat!(", metered AS (", metered_along!(postgres_from), ")"));
}

/// Sends one of the statements above: an entry's own parameters and those of what goes along.
macro_rules! logged {
    ($tx:expr, $statement:expr, $entry:expr $(, $along:expr)* $(,)?) => {{
        let (word, intent) = (Columns::of($entry.word), Columns::of($entry.intent));
        fetch_all!(
            $tx,
            (Option<String>,),
            $statement,
            $entry.grip.id.uuid(),
            $entry.grip.fence,
            $entry.lease.at.map(|moment| moment.0),
            $entry.lease.length_us,
            $entry.now.0,
            $entry.despite_cancel,
            word.seq,
            word.phase,
            word.name,
            word.status,
            word.attempt,
            word.effect_key,
            word.started_at,
            word.attempt_at,
            word.finished_at,
            word.output,
            word.error,
            word.wake_at,
            word.signal,
            intent.seq,
            intent.phase,
            intent.name,
            intent.status,
            intent.attempt,
            intent.effect_key,
            intent.started_at,
            intent.attempt_at,
            intent.finished_at,
            intent.output,
            intent.error,
            intent.wake_at,
            intent.signal,
            $($along),*
        )
    }};
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
        step.wake_at.map(|moment| moment.0),
        step.signal.as_deref(),
    )?;
    Ok(())
}

/// Logs under the fence, locks the instance for this unit of work and extends the lease; absent when
/// the lease is lost, and then nothing was written.
pub async fn log(tx: &mut Tx, entry: Entry<'_>) -> Result<Option<Held>, StorageError> {
    let held: Vec<(Option<String>,)> = match entry.along {
        None => logged!(tx, LOG, entry),
        Some(Along::Kept(resource, snapshot, erased)) => {
            log_kept(tx, entry, (resource, snapshot, erased.as_deref())).await
        }
        Some(Along::Watched(watches, sample)) => log_watched(tx, entry, watches, sample).await,
        Some(Along::Sampled(sample)) => logged!(
            tx,
            LOG_SAMPLED,
            entry,
            sample.contract_id.uuid(),
            sample.kind.as_str(),
            sample.at.0,
            sample.ok,
            sample.value_us,
        ),
        Some(Along::Erased(statement)) => logged!(
            tx,
            LOG_ERASED,
            entry,
            statement.id.uuid(),
            statement.contract_id.uuid(),
            &statement.statement,
            &statement.verified_with,
            statement.received_at.0,
        ),
        Some(Along::Metered(usage)) => logged!(
            tx,
            LOG_METERED,
            entry,
            usage.contract_id.uuid(),
            &usage.meter,
            &usage.hash,
            usage.read_at.0,
        ),
    }?;
    Ok(held.into_iter().next().map(|(cancel,)| Held { cancel }))
}

async fn log_kept(
    tx: &mut Tx,
    entry: Entry<'_>,
    (resource, snapshot, erased): (&Resource, &InventorySnapshot, Option<&ErasureStatement>),
) -> Result<Vec<(Option<String>,)>, StorageError> {
    macro_rules! kept {
        ($statement:expr $(, $further:expr)*) => {
            logged!(
                tx,
                $statement,
                entry,
                resource.id.uuid(),
                resource.contract_id.uuid(),
                &resource.kind,
                &resource.native_id,
                &resource.state,
                &resource.detail,
                resource.created_at.0,
                resource.updated_at.0,
                snapshot.id.uuid(),
                snapshot.at.0,
                snapshot.generation,
                &snapshot.cause,
                &snapshot.parts,
                $($further),*
            )
        };
    }
    match erased {
        None => kept!(LOG_KEPT),
        Some(erased) => kept!(
            LOG_KEPT_ERASED,
            erased.id.uuid(),
            &erased.statement,
            &erased.verified_with,
            erased.received_at.0
        ),
    }
}

async fn log_watched(
    tx: &mut Tx,
    entry: Entry<'_>,
    [first, second, third]: &[Watch; 3],
    sample: &Observation,
) -> Result<Vec<(Option<String>,)>, StorageError> {
    logged!(
        tx,
        LOG_WATCHED,
        entry,
        sample.contract_id.uuid(),
        sample.kind.as_str(),
        sample.at.0,
        sample.ok,
        sample.value_us,
        first.kind.as_str(),
        first.first_at.map(|at| at.0),
        second.kind.as_str(),
        second.first_at.map(|at| at.0),
        third.kind.as_str(),
        third.first_at.map(|at| at.0),
    )
}

/// The same as a unit of work of its own, durable when it is answered.
pub async fn log_alone(db: &Db, entry: Entry<'_>) -> Result<Option<Held>, StorageError> {
    let mut tx = db.begin_single().await?;
    let held = log(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(held)
}

/// A row that may be absent, as it is bound.
#[derive(Default, Clone, Copy)]
struct Columns<'a> {
    seq: Option<i64>,
    phase: Option<&'a str>,
    name: Option<&'a str>,
    status: Option<&'a str>,
    attempt: Option<i64>,
    effect_key: Option<&'a str>,
    started_at: Option<i64>,
    attempt_at: Option<i64>,
    finished_at: Option<i64>,
    output: Option<&'a str>,
    error: Option<&'a str>,
    wake_at: Option<i64>,
    signal: Option<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(row: Option<&'a StepRow>) -> Self {
        let Some(row) = row else { return Self::default() };
        Self {
            seq: Some(row.seq),
            phase: Some(row.phase.as_str()),
            name: Some(&row.name),
            status: Some(row.status.as_str()),
            attempt: Some(row.attempt),
            effect_key: Some(&row.effect_key),
            started_at: Some(row.started_at.0),
            attempt_at: Some(row.attempt_at.0),
            finished_at: row.finished_at.map(|moment| moment.0),
            output: row.output.as_deref(),
            error: row.error.as_deref(),
            wake_at: row.wake_at.map(|moment| moment.0),
            signal: row.signal.as_deref(),
        }
    }
}
