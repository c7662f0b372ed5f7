//! Categories of offers, and the proposals by which they change.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, fetch_one, statements};
use crate::{StorageError, Tx};
use domain::{ProposalId, Timestamp};

/// Categories of a market; a page and every check read them all.
pub const CATEGORIES_MAX: i64 = 500;
/// Proposals read at once.
const PROPOSALS_MAX: i64 = 200;

record! {
    /// A category as it stands.
    pub struct CategoryRow in "category" {
        /// Its key.
        pub category_key: String,
        /// Counts the accepted proposals from 1.
        pub version: i64,
        /// `active` or `retired`.
        pub state: String,
        /// JSON.
        pub body: String,
        /// When it was last changed.
        pub changed_at: Timestamp,
    }
}

record! {
    /// A change that somebody proposes.
    pub struct ProposalRow in "category_proposal" {
        /// Its id.
        pub id: ProposalId,
        /// The category.
        pub category_key: String,
        /// `define`, `retire` or `restore`.
        pub kind: String,
        /// What the category would be, JSON.
        pub body: String,
        /// The version it was made of; 0: the category is new.
        pub made_of: i64,
        /// `waiting`, `accepted`, `refused` or `taken_back`.
        pub state: String,
        /// What whoever decides is told.
        pub note: String,
        /// A user id, or `system`.
        pub proposed_by: String,
        /// The name at that time.
        pub proposed_by_name: String,
        /// When.
        pub proposed_at: Timestamp,
        /// Who decided.
        pub decided_by: Option<String>,
        /// The name at that time.
        pub decided_by_name: Option<String>,
        /// When.
        pub decided_at: Option<Timestamp>,
        /// Why it was refused.
        pub reason: Option<String>,
        /// The version that it made.
        pub version: Option<i64>,
    }
}

/// What was decided.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    /// `accepted`, `refused` or `taken_back`.
    pub state: &'a str,
    /// A user id, or `system`.
    pub by: &'a str,
    /// The name.
    pub by_name: &'a str,
    /// When.
    pub at: Timestamp,
    /// Why it was refused.
    pub reason: Option<&'a str>,
    /// The version that it made.
    pub version: Option<i64>,
}

/// Columns of [`ProposalRow`].
macro_rules! columns {
    () => {
        "id, category_key, kind, body, made_of, state, note, proposed_by, proposed_by_name, proposed_at,
            decided_by, decided_by_name, decided_at, reason, version
        FROM category_proposal"
    };
}

statements! {
    LIST = "
        SELECT category_key, version, state, body, changed_at FROM category
        ORDER BY category_key LIMIT $1";
    FIND = "
        SELECT category_key, version, state, body, changed_at FROM category WHERE category_key = $1";
    INSERT = "
        INSERT INTO category (category_key, version, state, body, changed_at)
        VALUES ($1, 1, 'active', $2, $3)";
    UPDATE = "
        UPDATE category SET version = version + 1, state = $3, body = $4, changed_at = $5
        WHERE category_key = $1 AND version = $2";
    COUNT = "
        SELECT COUNT(*) FROM category";
    INSERT_PROPOSAL = "
        INSERT INTO category_proposal (id, category_key, kind, body, made_of, state, note, proposed_by,
            proposed_by_name, proposed_at)
        VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9)";
    DECIDE = "
        UPDATE category_proposal SET state = $2, decided_by = $3, decided_by_name = $4, decided_at = $5,
            reason = $6, version = $7
        WHERE id = $1 AND state = 'waiting'";
    FIND_PROPOSAL = concat!("
        SELECT ", columns!(), " WHERE id = $1");
    FIND_WAITING = concat!("
        SELECT ", columns!(), " WHERE category_key = $1 AND state = 'waiting'");
    // Whoever waits longest comes first.
    LIST_WAITING = concat!("
        SELECT ", columns!(), " WHERE state = 'waiting' ORDER BY proposed_at, id LIMIT $1");
    LIST_DECIDED = concat!("
        SELECT ", columns!(), " WHERE state <> 'waiting' ORDER BY proposed_at DESC, id DESC LIMIT $1");
    LIST_OF = concat!("
        SELECT ", columns!(), " WHERE category_key = $1 ORDER BY proposed_at DESC, id DESC LIMIT $2");
    COUNT_WAITING = "
        SELECT COUNT(*) FROM category_proposal WHERE state = 'waiting'";
}

/// All categories by their keys.
pub async fn list(tx: &mut Tx) -> Result<Vec<CategoryRow>, StorageError> {
    list!(tx, CategoryRow, LIST, CATEGORIES_MAX)
}

/// How many there are.
pub async fn count(tx: &mut Tx) -> Result<i64, StorageError> {
    let (count,) = fetch_one!(tx, (i64,), COUNT)?;
    Ok(count)
}

/// Looks up a category.
pub async fn find(tx: &mut Tx, key: &str) -> Result<Option<CategoryRow>, StorageError> {
    find!(tx, CategoryRow, FIND, key)
}

/// Adds a category at version 1.
pub async fn insert(tx: &mut Tx, key: &str, body: &str, at: Timestamp) -> Result<(), StorageError> {
    execute!(tx, INSERT, key, body, at.0)?;
    Ok(())
}

/// Writes the next version of a category that is still at this one.
pub async fn update(
    tx: &mut Tx,
    (key, version): (&str, i64),
    (state, body): (&str, &str),
    at: Timestamp,
) -> Result<(), StorageError> {
    expect_one(execute!(tx, UPDATE, key, version, state, body, at.0)?, "category")
}

/// Adds a proposal that waits; see [`is_waiting_already`].
pub async fn insert_proposal(tx: &mut Tx, row: &ProposalRow) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT_PROPOSAL,
        row.id.uuid(),
        &row.category_key,
        &row.kind,
        &row.body,
        row.made_of,
        &row.note,
        &row.proposed_by,
        &row.proposed_by_name,
        row.proposed_at.0,
    )?;
    Ok(())
}

/// Whether another proposal about the category waits.
#[must_use]
pub fn is_waiting_already(error: &StorageError) -> bool {
    error.is_constraint("category_proposal_waiting", "category_proposal.category_key")
}

/// Notes what was decided; false if it waits no longer.
pub async fn decide(
    tx: &mut Tx,
    id: ProposalId,
    decided: Decided<'_>,
) -> Result<bool, StorageError> {
    let Decided { state, by, by_name, at, reason, version } = decided;
    Ok(execute!(tx, DECIDE, id.uuid(), state, by, by_name, at.0, reason, version)? > 0)
}

/// Looks up a proposal.
pub async fn find_proposal(
    tx: &mut Tx,
    id: ProposalId,
) -> Result<Option<ProposalRow>, StorageError> {
    find!(tx, ProposalRow, FIND_PROPOSAL, id.uuid())
}

/// The proposal about a category that waits.
pub async fn find_waiting(tx: &mut Tx, key: &str) -> Result<Option<ProposalRow>, StorageError> {
    find!(tx, ProposalRow, FIND_WAITING, key)
}

/// Proposals that wait, the oldest first; or those that were decided, the latest first.
pub async fn list_proposals(tx: &mut Tx, waiting: bool) -> Result<Vec<ProposalRow>, StorageError> {
    match waiting {
        true => list!(tx, ProposalRow, LIST_WAITING, PROPOSALS_MAX),
        false => list!(tx, ProposalRow, LIST_DECIDED, PROPOSALS_MAX),
    }
}

/// What was proposed about a category, the latest first.
pub async fn list_of(tx: &mut Tx, key: &str) -> Result<Vec<ProposalRow>, StorageError> {
    list!(tx, ProposalRow, LIST_OF, key, PROPOSALS_MAX)
}

/// How many proposals wait.
pub async fn count_waiting(tx: &mut Tx) -> Result<i64, StorageError> {
    let (count,) = fetch_one!(tx, (i64,), COUNT_WAITING)?;
    Ok(count)
}
