//! Changes of contracts: what was asked for, and what became of it.

use super::{Change, NewChange, Terms};
use crate::record::{expect_one, find, list};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ChangeState, ContractId, Timestamp};

macro_rules! columns {
    () => {
        "contract_id, number, idempotency_key, kind, state, failure, terms_before, terms_after,
            asked_by, asked_at, from_at, ended_at, revision"
    };
}

statements! {
    INSERT = "
        INSERT INTO contract_change (contract_id, number, idempotency_key, kind, state,
            terms_before, terms_after, offer_before, offer_before_hash, offer_after,
            offer_after_hash, asked_by, asked_at, from_at, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1)";
    FIND = concat!("
        SELECT ", columns!(), " FROM contract_change WHERE contract_id = $1 AND number = $2");
    FIND_BY_KEY = concat!("
        SELECT ", columns!(), " FROM contract_change
        WHERE contract_id = $1 AND idempotency_key = $2");
    FIND_OPEN = concat!("
        SELECT ", columns!(), " FROM contract_change
        WHERE contract_id = $1 AND state IN ('scheduled', 'running')");
    // Of a contract that was changed more often, the latest.
    LIST = concat!("
        SELECT ", columns!(), " FROM contract_change WHERE contract_id = $1
        ORDER BY number DESC LIMIT 200");
    LIST_DUE = concat!("
        SELECT ", columns!(), " FROM contract_change
        WHERE from_at <= $1 AND state = 'scheduled'
        ORDER BY from_at, contract_id LIMIT $2");
    SET_STATE = "
        UPDATE contract_change SET state = $4, failure = COALESCE($5, failure),
            ended_at = COALESCE($6, ended_at), revision = revision + 1
        WHERE contract_id = $1 AND number = $2 AND revision = $3";
    SET_TERMS = "
        UPDATE contract SET provider_id = $3, offer_id = $4, offer_version = $5,
            offer_document = $6, offer_hash = $7, plan = $8, price_minor = $9, currency = $10,
            ends_at = $11, address = $12, updated_at = $13, revision = revision + 1
        WHERE id = $1 AND revision = $2";
}

/// Adds what was asked for.
pub async fn insert_change(tx: &mut Tx, change: &NewChange) -> Result<(), StorageError> {
    let (before, after) = (change.offer_before.as_ref(), change.offer_after.as_ref());
    execute!(
        tx,
        INSERT,
        change.contract_id.uuid(),
        change.number,
        &change.idempotency_key,
        change.kind.as_str(),
        change.state.as_str(),
        &change.terms_before,
        &change.terms_after,
        before.map(|frozen| &frozen.text),
        before.map(|frozen| &frozen.hash),
        after.map(|frozen| &frozen.text),
        after.map(|frozen| &frozen.hash),
        &change.asked_by,
        change.asked_at.0,
        change.from_at.map(|at| at.0),
    )?;
    Ok(())
}

/// Looks one change of a contract up.
pub async fn find_change(
    tx: &mut Tx,
    contract: ContractId,
    number: i64,
) -> Result<Option<Change>, StorageError> {
    find!(tx, Change, FIND, contract.uuid(), number)
}

/// The change that was asked for with a key.
pub async fn find_change_by_key(
    tx: &mut Tx,
    contract: ContractId,
    key: &str,
) -> Result<Option<Change>, StorageError> {
    find!(tx, Change, FIND_BY_KEY, contract.uuid(), key)
}

/// The change of a contract that has not ended; there is at most one.
pub async fn find_open_change(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Option<Change>, StorageError> {
    find!(tx, Change, FIND_OPEN, contract.uuid())
}

/// The changes of a contract, the latest first, at most 200.
pub async fn list_changes(tx: &mut Tx, contract: ContractId) -> Result<Vec<Change>, StorageError> {
    list!(tx, Change, LIST, contract.uuid())
}

/// Scheduled changes whose moment has come, longest overdue first.
pub async fn list_due_changes(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Change>, StorageError> {
    list!(tx, Change, LIST_DUE, now.0, i64::from(limit))
}

/// Steps a change; `Conflict` unless the revision is current. A failure or an end that is `None` stays.
pub async fn set_change_state(
    tx: &mut Tx,
    change: &Change,
    state: ChangeState,
    (failure, ended_at): (Option<&str>, Option<Timestamp>),
) -> Result<(), StorageError> {
    let (contract, ended) = (change.contract_id.uuid(), ended_at.map(|at| at.0));
    let (number, revision) = (change.number, change.revision);
    let word = state.as_str();
    let affected = execute!(tx, SET_STATE, contract, number, revision, word, failure, ended)?;
    expect_one(affected, "contract_change")
}

/// Gives a contract other terms; `Conflict` unless its revision is current.
pub async fn set_terms(
    tx: &mut Tx,
    (id, revision): (ContractId, i64),
    terms: &Terms,
    at: Timestamp,
) -> Result<(), StorageError> {
    let affected = execute!(
        tx,
        SET_TERMS,
        id.uuid(),
        revision,
        terms.provider_id.uuid(),
        terms.offer_id.uuid(),
        terms.offer_version,
        &terms.offer.text,
        &terms.offer.hash,
        &terms.plan,
        terms.price.minor,
        terms.price.currency.code(),
        terms.ends_at.map(|at| at.0),
        &terms.address,
        at.0,
    )?;
    expect_one(affected, "contract")
}
