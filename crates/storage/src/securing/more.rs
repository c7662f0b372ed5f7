//! More room for running services: what was asked for, where it was found, and the contracts it became.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, fetch_all, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, SecuringId, Timestamp};
use uuid::Uuid;

record! {
    /// A search for more room.
    pub struct Securing in "securing" {
        /// Its id.
        pub id: SecuringId,
        /// The service that needs it.
        pub contract_id: ContractId,
        /// Machines that are needed.
        pub instances: i64,
        /// What is secured first.
        pub strategy: String,
        /// `searching`, `secured` or `failed`.
        pub state: String,
        /// Why it came to nothing, as a stable code.
        pub failure: Option<String>,
        /// JSON.
        pub places: String,
        /// The user id of whoever asked for it.
        pub asked_by: String,
        /// When it was asked for.
        pub created_at: Timestamp,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
    }
}

/// Securings of a service read at once.
const MOST: i64 = 50;

statements! {
    INSERT = "
        INSERT INTO securing (id, contract_id, instances, strategy, state, failure, places, asked_by,
            created_at, ended_at)
        VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8, NULL)";
    FIND = "
        SELECT id, contract_id, instances, strategy, state, failure, places, asked_by, created_at,
            ended_at
        FROM securing WHERE id = $1";
    LIST = "
        SELECT id, contract_id, instances, strategy, state, failure, places, asked_by, created_at,
            ended_at
        FROM securing WHERE contract_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2";
    SET_PLACES = "
        UPDATE securing SET places = $2 WHERE id = $1";
    END = "
        UPDATE securing SET state = $2, failure = $3, ended_at = $4
        WHERE id = $1 AND state = 'searching'";
    ADD_PART = "
        INSERT INTO securing_part (securing_id, seat, contract_id) VALUES ($1, $2, $3)";
    PARTS = "
        SELECT contract_id FROM securing_part WHERE securing_id = $1 ORDER BY seat LIMIT 10";
    SERVICE_OF = "
        SELECT securing.contract_id AS id FROM securing_part
        JOIN securing ON securing.id = securing_part.securing_id
        WHERE securing_part.contract_id = $1";
}

/// Adds a search; it is `searching`.
pub async fn insert(tx: &mut Tx, row: &Securing) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        row.id.uuid(),
        row.contract_id.uuid(),
        row.instances,
        &row.strategy,
        &row.state,
        &row.places,
        &row.asked_by,
        row.created_at.0,
    )?;
    Ok(())
}

/// Looks a search up.
pub async fn find(tx: &mut Tx, id: SecuringId) -> Result<Option<Securing>, StorageError> {
    find!(tx, Securing, FIND, id.uuid())
}

/// The searches of a service, newest first.
pub async fn list(tx: &mut Tx, contract: ContractId) -> Result<Vec<Securing>, StorageError> {
    list!(tx, Securing, LIST, contract.uuid(), MOST)
}

/// Writes what the places had and what was taken of them.
pub async fn set_places(tx: &mut Tx, id: SecuringId, places: &str) -> Result<(), StorageError> {
    expect_one(execute!(tx, SET_PLACES, id.uuid(), places)?, "securing")
}

/// Ends a search; says whether it was still searching.
pub async fn end(
    tx: &mut Tx,
    id: SecuringId,
    (state, failure): (&str, Option<&str>),
    at: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, END, id.uuid(), state, failure, at.0)? == 1)
}

/// Adds a contract that a search became.
pub async fn add_part(
    tx: &mut Tx,
    id: SecuringId,
    seat: i64,
    contract: ContractId,
) -> Result<(), StorageError> {
    execute!(tx, ADD_PART, id.uuid(), seat, contract.uuid()).map(drop)
}

/// The contracts that a search became, by seat.
pub async fn parts(tx: &mut Tx, id: SecuringId) -> Result<Vec<ContractId>, StorageError> {
    let found = fetch_all!(tx, (Uuid,), PARTS, id.uuid())?;
    Ok(found.into_iter().map(|(id,)| ContractId(id)).collect())
}

/// The service that a contract was secured for, if it was.
pub async fn service_of(tx: &mut Tx, part: ContractId) -> Result<Option<ContractId>, StorageError> {
    let found = fetch_all!(tx, (Uuid,), SERVICE_OF, part.uuid())?;
    Ok(found.first().map(|(id,)| ContractId(*id)))
}
