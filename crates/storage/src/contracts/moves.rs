//! Moves of contracts to another offer: until when, with or without data, and the proofs of the end at the cloud that
//! was left. A move is a change of the kind `move`; this is what only it has.

use crate::record::{expect_one, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, ProviderId, Timestamp};

/// A move as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewMove {
    /// The contract.
    pub contract_id: ContractId,
    /// The number of its change.
    pub number: i64,
    /// Who delivers now.
    pub provider_before: ProviderId,
    /// Who is to deliver.
    pub provider_after: ProviderId,
    /// Until when users have to be let in at the new cloud.
    pub finish_by: Timestamp,
    /// Whether the data come along.
    pub carries_data: bool,
}

record! {
    /// A move with the names of both providers.
    pub struct Move in "contract_move" {
        /// The contract.
        pub contract_id: ContractId,
        /// The number of its change.
        pub number: i64,
        /// Who delivered before.
        pub provider_before: ProviderId,
        /// Who delivers after.
        pub provider_after: ProviderId,
        /// English name of the provider before.
        pub before_name_en: String,
        /// Japanese name of the provider before.
        pub before_name_ja: String,
        /// English name of the provider after.
        pub after_name_en: String,
        /// Japanese name of the provider after.
        pub after_name_ja: String,
        /// Until when users have to be let in at the new cloud.
        pub finish_by: Timestamp,
        /// Whether the data come along.
        pub carries_data: bool,
        /// From when on the contract stands on the new terms; `None`: it does not, or not yet.
        pub switched_at: Option<Timestamp>,
        /// The allocation that was left.
        pub allocation: Option<String>,
        /// The signed erasure statement of the cloud that was left, exactly as received, as JSON.
        pub statement: Option<String>,
        /// The key that verified it, base64.
        pub verified_with: Option<String>,
        /// When it was received.
        pub stated_at: Option<Timestamp>,
        /// The final meter there, as JSON.
        pub meter: Option<String>,
        /// Lower-case hex SHA-256 of exactly that text.
        pub meter_hash: Option<String>,
        /// When it was read.
        pub metered_at: Option<Timestamp>,
    }
}

statements! {
    INSERT = "
        INSERT INTO contract_move (contract_id, number, provider_before, provider_after, finish_by,
            carries_data)
        VALUES ($1, $2, $3, $4, $5, $6)";
    // Of a contract that was moved more often, the latest.
    LIST = "
        SELECT contract_id, number, provider_before, provider_after,
            before.name_en AS before_name_en, before.name_ja AS before_name_ja,
            after.name_en AS after_name_en, after.name_ja AS after_name_ja,
            finish_by, carries_data, switched_at, allocation, statement, verified_with, stated_at,
            meter, meter_hash, metered_at
        FROM contract_move
        JOIN provider AS before ON before.id = provider_before
        JOIN provider AS after ON after.id = provider_after
        WHERE contract_id = $1
        ORDER BY number DESC LIMIT 200";
    NOTE_SWITCH = "
        UPDATE contract_move SET switched_at = $3, allocation = $4
        WHERE contract_id = $1 AND number = $2";
    // The first statement stands: a repeated step must not replace what was verified.
    NOTE_STATEMENT = "
        UPDATE contract_move SET statement = COALESCE(statement, $3),
            verified_with = COALESCE(verified_with, $4), stated_at = COALESCE(stated_at, $5)
        WHERE contract_id = $1 AND number = $2";
    NOTE_METER = "
        UPDATE contract_move SET meter = $3, meter_hash = $4, metered_at = $5
        WHERE contract_id = $1 AND number = $2";
}

/// Adds a move; its change is there already.
pub async fn insert_move(tx: &mut Tx, new: &NewMove) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        new.contract_id.uuid(),
        new.number,
        new.provider_before.uuid(),
        new.provider_after.uuid(),
        new.finish_by.0,
        new.carries_data,
    )?;
    Ok(())
}

/// The moves of a contract, the latest first, at most 200.
pub async fn list_moves(tx: &mut Tx, contract: ContractId) -> Result<Vec<Move>, StorageError> {
    list!(tx, Move, LIST, contract.uuid())
}

/// Notes that the contract stands on its new terms, and what it left.
pub async fn note_switch(
    tx: &mut Tx,
    (contract, number): (ContractId, i64),
    allocation: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    let affected = execute!(tx, NOTE_SWITCH, contract.uuid(), number, at.0, allocation)?;
    expect_one(affected, "contract_move")
}

/// Keeps the verified statement of the cloud that was left; one that is there already stays.
pub async fn note_left_statement(
    tx: &mut Tx,
    (contract, number): (ContractId, i64),
    (statement, verified_with): (&str, &str),
    at: Timestamp,
) -> Result<(), StorageError> {
    let id = contract.uuid();
    let affected = execute!(tx, NOTE_STATEMENT, id, number, statement, verified_with, at.0)?;
    expect_one(affected, "contract_move")
}

/// Keeps the final meter of the cloud that was left, with its SHA-256; the last reading counts.
pub async fn note_left_meter(
    tx: &mut Tx,
    (contract, number): (ContractId, i64),
    (meter, hash): (&str, &str),
    at: Timestamp,
) -> Result<(), StorageError> {
    let affected = execute!(tx, NOTE_METER, contract.uuid(), number, meter, hash, at.0)?;
    expect_one(affected, "contract_move")
}
