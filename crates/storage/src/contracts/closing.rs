//! The proofs at a contract's end: erasure statement and final meter.

use super::{ErasureStatement, UsageRecord};
use crate::record::find;
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::ContractId;

statements! {
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
