//! Notices by which providers end contracts.

use super::ContractHead;
use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, DurationUs, ProviderId, Timestamp};

record! {
    /// A notice by which a provider ends a contract.
    pub struct Termination in "termination" {
        /// The contract.
        pub contract_id: ContractId,
        /// From 1, in the order of giving.
        pub number: i64,
        /// Who ends it.
        pub provider_id: ProviderId,
        /// As the provider says it to its customer.
        pub reason: String,
        /// The least notice of the version that was signed, microseconds.
        pub notice_us: DurationUs,
        /// The user id of whoever gave it.
        pub given_by: String,
        /// When.
        pub given_at: Timestamp,
        /// When the service ends.
        pub ends_at: Timestamp,
        /// `pending`, `withdrawn`, `ended` or `overtaken`: the contract had come to another end.
        pub state: String,
        /// When it was no longer pending.
        pub closed_at: Option<Timestamp>,
    }
}

/// Notices of one contract read at once, the latest ones.
const MOST: i64 = 50;

statements! {
    INSERT = "
        INSERT INTO termination (contract_id, number, provider_id, reason, notice_us, given_by,
            given_at, ends_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending')";
    FIND_PENDING = "
        SELECT contract_id, number, provider_id, reason, notice_us, given_by, given_at, ends_at,
            state, closed_at
        FROM termination WHERE contract_id = $1 AND state = 'pending'";
    LIST = "
        SELECT contract_id, number, provider_id, reason, notice_us, given_by, given_at, ends_at,
            state, closed_at
        FROM termination WHERE contract_id = $1 ORDER BY number DESC LIMIT $2";
    LIST_LATEST = "
        SELECT contract_id, number, termination.provider_id AS provider_id, reason, notice_us,
            given_by, given_at, termination.ends_at AS ends_at, termination.state AS state,
            closed_at
        FROM termination JOIN contract ON contract.id = termination.contract_id
        WHERE contract.provider_id = $1 AND termination.provider_id = $1
            AND (signed_at, contract.id) <= ($2, $3)
            AND (signed_at, contract.id) >= ($4, $5)
            AND number = (
                SELECT MAX(newer.number) FROM termination AS newer
                WHERE newer.contract_id = termination.contract_id AND newer.provider_id = $1)
        ORDER BY signed_at DESC, contract.id DESC LIMIT $6";
    LIST_DUE = "
        SELECT contract_id, number, provider_id, reason, notice_us, given_by, given_at, ends_at,
            state, closed_at
        FROM termination WHERE ends_at <= $1 AND state = 'pending' ORDER BY ends_at, contract_id
        LIMIT $2";
    OVERTAKE = "
        UPDATE termination SET state = 'overtaken', closed_at = $2
        WHERE contract_id = $1 AND state = 'pending'";
    CLOSE = "
        UPDATE termination SET state = $3, closed_at = $4
        WHERE contract_id = $1 AND number = $2 AND state = 'pending'";
}

/// Adds a notice; it is `pending`.
pub async fn insert_termination(tx: &mut Tx, row: &Termination) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        row.contract_id.uuid(),
        row.number,
        row.provider_id.uuid(),
        &row.reason,
        row.notice_us,
        &row.given_by,
        row.given_at.0,
        row.ends_at.0,
    )
    .map(drop)
}

/// The notice that is pending, if there is one.
pub async fn find_pending_termination(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Option<Termination>, StorageError> {
    find!(tx, Termination, FIND_PENDING, contract.uuid())
}

/// All notices of a contract, the latest first.
pub async fn list_terminations(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Vec<Termination>, StorageError> {
    list!(tx, Termination, LIST, contract.uuid(), MOST)
}

/// The latest notice of a provider for each of its contracts from one of its contracts to another, both included, as they stand
/// in its list: newest first.
pub async fn list_latest_terminations(
    tx: &mut Tx,
    provider: ProviderId,
    (newest, oldest): (&ContractHead, &ContractHead),
    limit: u32,
) -> Result<Vec<Termination>, StorageError> {
    list!(
        tx,
        Termination,
        LIST_LATEST,
        provider.uuid(),
        newest.signed_at.0,
        newest.id.uuid(),
        oldest.signed_at.0,
        oldest.id.uuid(),
        i64::from(limit),
    )
}

/// Pending notices whose moment has come, longest overdue first.
pub async fn list_due_terminations(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Termination>, StorageError> {
    list!(tx, Termination, LIST_DUE, now.0, i64::from(limit))
}

/// A pending notice has nothing left to end: the contract comes to its end otherwise, or another provider delivers it.
pub async fn overtake_termination(
    tx: &mut Tx,
    contract: ContractId,
    at: Timestamp,
) -> Result<(), StorageError> {
    execute!(tx, OVERTAKE, contract.uuid(), at.0).map(drop)
}

/// Closes a pending notice; `Conflict` when it is no longer pending.
pub async fn close_termination(
    tx: &mut Tx,
    (contract, number): (ContractId, i64),
    state: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    expect_one(execute!(tx, CLOSE, contract.uuid(), number, state, at.0)?, "termination")
}
