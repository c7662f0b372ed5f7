//! Firm lists: what is held for a need until one of it is booked. What stands in `places` is the
//! broker's; states move in one direction and are guarded here.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, FirmListId, OrganisationId, RequirementId, Timestamp, WorkflowId};
use uuid::Uuid;

record! {
    /// A firm list.
    pub struct FirmList in "firm_list" {
        /// Its id.
        pub id: FirmListId,
        /// For whom it is held.
        pub organisation_id: OrganisationId,
        /// The saved need; `None`: it is not saved.
        pub requirement_id: Option<RequirementId>,
        /// The need's exact text.
        pub document: String,
        /// English title of the need.
        pub title_en: String,
        /// Japanese title of the need.
        pub title_ja: String,
        /// What decides the order of holding.
        pub strategy: String,
        /// `asking`, `open`, `empty`, `taken`, `dropped`, `expired` or `failed`.
        pub state: String,
        /// JSON.
        pub places: String,
        /// When it was asked for.
        pub created_at: Timestamp,
        /// Until when what is held can be booked; `None`: nothing is held.
        pub closes_at: Option<Timestamp>,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
        /// The contract that took one of the holds over.
        pub contract_id: Option<ContractId>,
        /// The workflow that holds.
        pub workflow_id: Option<WorkflowId>,
    }
}

/// How a list ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirmEnd<'a> {
    /// The state before.
    pub from: &'a str,
    /// The state after.
    pub to: &'a str,
    /// The contract that took a hold over.
    pub contract: Option<ContractId>,
    /// Now.
    pub at: Timestamp,
}

/// Lists read at once.
const MOST: i64 = 200;

statements! {
    INSERT = "
        INSERT INTO firm_list (id, organisation_id, requirement_id, document, title_en, title_ja,
            strategy, state, places, created_at, closes_at, ended_at, contract_id, workflow_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, NULL, NULL, $11)";
    FIND = "
        SELECT id, organisation_id, requirement_id, document, title_en, title_ja, strategy, state,
            places, created_at, closes_at, ended_at, contract_id, workflow_id
        FROM firm_list WHERE id = $1";
    // SQLite has one writer; PostgreSQL has to be told.
    LOCK = "
        SELECT id, organisation_id, requirement_id, document, title_en, title_ja, strategy, state,
            places, created_at, closes_at, ended_at, contract_id, workflow_id
        FROM firm_list WHERE id = $1",
        postgres = "
        SELECT id, organisation_id, requirement_id, document, title_en, title_ja, strategy, state,
            places, created_at, closes_at, ended_at, contract_id, workflow_id
        FROM firm_list WHERE id = $1 FOR NO KEY UPDATE";
    SET_PLACES = "
        UPDATE firm_list SET places = $2, closes_at = $3,
            state = CASE WHEN state = 'asking' THEN $4 ELSE state END
        WHERE id = $1";
    END = "
        UPDATE firm_list SET state = $3, ended_at = $4, contract_id = $5
        WHERE id = $1 AND state = $2";
    LIST_UNFINISHED = "
        SELECT id, organisation_id, requirement_id, document, title_en, title_ja, strategy, state,
            places, created_at, closes_at, ended_at, contract_id, workflow_id
        FROM firm_list
        WHERE organisation_id = $1 AND ended_at IS NULL ORDER BY created_at DESC, id LIMIT $2";
    LIST_ENDED_SINCE = "
        SELECT id, organisation_id, requirement_id, document, title_en, title_ja, strategy, state,
            places, created_at, closes_at, ended_at, contract_id, workflow_id
        FROM firm_list WHERE ended_at >= $1 AND id > $2 ORDER BY id LIMIT $3";
}

/// Adds a list; it is `asking`.
pub async fn insert(tx: &mut Tx, list: &FirmList) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        list.id.uuid(),
        list.organisation_id.uuid(),
        list.requirement_id.map(RequirementId::uuid),
        &list.document,
        &list.title_en,
        &list.title_ja,
        &list.strategy,
        &list.state,
        &list.places,
        list.created_at.0,
        list.workflow_id.map(WorkflowId::uuid),
    )?;
    Ok(())
}

/// Looks a list up.
pub async fn find(tx: &mut Tx, id: FirmListId) -> Result<Option<FirmList>, StorageError> {
    find!(tx, FirmList, FIND, id.uuid())
}

/// The same, kept from everybody else until the unit of work ends.
pub async fn lock(tx: &mut Tx, id: FirmListId) -> Result<Option<FirmList>, StorageError> {
    find!(tx, FirmList, LOCK, id.uuid())
}

/// Writes what the places answered and until when they hold; a list that is `asking` goes on to `state`.
pub async fn set_places(
    tx: &mut Tx,
    id: FirmListId,
    places: &str,
    closes_at: Option<Timestamp>,
    state: &str,
) -> Result<(), StorageError> {
    let affected = execute!(tx, SET_PLACES, id.uuid(), places, closes_at.map(|at| at.0), state)?;
    expect_one(affected, "firm_list")
}

/// Ends a list; says whether it stood in the state before.
pub async fn end(tx: &mut Tx, id: FirmListId, end: FirmEnd<'_>) -> Result<bool, StorageError> {
    let contract = end.contract.map(ContractId::uuid);
    Ok(execute!(tx, END, id.uuid(), end.from, end.to, end.at.0, contract)? == 1)
}

/// The lists of an organisation that have not ended, newest first.
pub async fn list_unfinished(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<Vec<FirmList>, StorageError> {
    list!(tx, FirmList, LIST_UNFINISHED, organisation.uuid(), MOST)
}

/// Lists that ended at or after a moment, by id, after one of them.
pub async fn list_ended_since(
    tx: &mut Tx,
    since: Timestamp,
    after: Option<FirmListId>,
) -> Result<Vec<FirmList>, StorageError> {
    let after = after.map_or_else(Uuid::nil, FirmListId::uuid);
    list!(tx, FirmList, LIST_ENDED_SINCE, since.0, after, MOST)
}
