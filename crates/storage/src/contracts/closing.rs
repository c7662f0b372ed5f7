//! A contract's beginning and end: when they are due, and the proofs of the end, erasure statement and final meter.

use super::{ContractHead, ErasureStatement, UsageRecord};
use crate::record::{expect_one, find, list};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, Timestamp};

statements! {
    SET_END = "
        UPDATE contract SET ends_at = $3, updated_at = $4, revision = revision + 1
        WHERE id = $1 AND revision = $2";
    SET_START = "
        UPDATE contract SET starts_at = $3, updated_at = $4, revision = revision + 1
        WHERE id = $1 AND revision = $2 AND waits";
    LIST_STARTING = concat!("
        SELECT ", head_columns!(), " FROM ", head_tables!(), "
        WHERE starts_at <= $1 AND waits
        ORDER BY starts_at, contract.id LIMIT $2");
    LIST_DUE = concat!("
        SELECT ", head_columns!(), " FROM ", head_tables!(), "
        WHERE ends_at <= $1 AND ends_at IS NOT NULL AND state = 'active'
        ORDER BY ends_at, contract.id LIMIT $2");
    LIST_ENDED_SINCE = concat!("
        SELECT ", head_columns!(), " FROM ", head_tables!(), "
        WHERE contract.updated_at >= $1 AND contract.state IN ('failed', 'released')
        ORDER BY contract.updated_at DESC, contract.id LIMIT 10000");
    // The first statement stands: a repeated release must not replace what was verified.
    INSERT_STATEMENT = "
        INSERT INTO erasure_statement (id, contract_id, statement, verified_with, received_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (contract_id) DO NOTHING";
    FIND_STATEMENT = "
        SELECT id, contract_id, statement, verified_with, received_at
        FROM erasure_statement WHERE contract_id = $1";
    UPSERT_USAGE = "
        INSERT INTO usage_record (contract_id, meter, hash, read_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (contract_id) DO UPDATE SET meter = excluded.meter, hash = excluded.hash,
            read_at = excluded.read_at";
    FIND_USAGE = "
        SELECT contract_id, meter, hash, read_at FROM usage_record WHERE contract_id = $1";
}

/// Sets when a contract ends by itself, or, with `None`, that it does not; `Conflict` unless the revision
/// of the head is current.
pub async fn set_end(
    tx: &mut Tx,
    head: &ContractHead,
    ends_at: Option<Timestamp>,
    at: Timestamp,
) -> Result<(), StorageError> {
    let ends_at = ends_at.map(|ends| ends.0);
    let affected = execute!(tx, SET_END, head.id.uuid(), head.revision, ends_at, at.0)?;
    expect_one(affected, "contract")
}

/// Moves the beginning of a contract that waits for it; `Conflict` unless the revision of the head is current.
pub async fn set_start(
    tx: &mut Tx,
    head: &ContractHead,
    starts_at: Timestamp,
    at: Timestamp,
) -> Result<(), StorageError> {
    let affected = execute!(tx, SET_START, head.id.uuid(), head.revision, starts_at.0, at.0)?;
    expect_one(affected, "contract")
}

/// Lists contracts whose beginning has come, longest overdue first.
pub async fn list_starting(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<ContractHead>, StorageError> {
    list!(tx, ContractHead, LIST_STARTING, now.0, i64::from(limit))
}

/// Lists running contracts whose end has come, longest overdue first.
pub async fn list_due(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<ContractHead>, StorageError> {
    list!(tx, ContractHead, LIST_DUE, now.0, i64::from(limit))
}

/// Lists contracts that ended since a moment, the latest first, at most 10,000.
pub async fn list_ended_since(
    tx: &mut Tx,
    since: Timestamp,
) -> Result<Vec<ContractHead>, StorageError> {
    list!(tx, ContractHead, LIST_ENDED_SINCE, since.0)
}

/// Keeps a verified statement; false if the contract has one already, which stays.
pub async fn insert_erasure_statement(
    tx: &mut Tx,
    statement: &ErasureStatement,
) -> Result<bool, StorageError> {
    let affected = execute!(
        tx,
        INSERT_STATEMENT,
        statement.id.uuid(),
        statement.contract_id.uuid(),
        &statement.statement,
        &statement.verified_with,
        statement.received_at.0,
    )?;
    Ok(affected == 1)
}

/// Looks up a contract's erasure statement.
pub async fn find_erasure_statement(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Option<ErasureStatement>, StorageError> {
    find!(tx, ErasureStatement, FIND_STATEMENT, contract.uuid())
}

/// Keeps the final meter; the last reading counts.
pub async fn upsert_usage(tx: &mut Tx, usage: &UsageRecord) -> Result<(), StorageError> {
    execute!(
        tx,
        UPSERT_USAGE,
        usage.contract_id.uuid(),
        &usage.meter,
        &usage.hash,
        usage.read_at.0,
    )?;
    Ok(())
}

/// Looks up a contract's final meter.
pub async fn find_usage(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Option<UsageRecord>, StorageError> {
    find!(tx, UsageRecord, FIND_USAGE, contract.uuid())
}
