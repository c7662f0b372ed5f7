//! Items that the market adds to the registry, and the proposals by which they change.

use crate::categories::Decided;
use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{OrganisationId, ProposalId, ProviderId, Timestamp};

/// Items that a market adds; a page and every process read them all.
pub const EXTENSIONS_MAX: i64 = 500;
/// Proposals read at once.
const PROPOSALS_MAX: i64 = 200;

record! {
    /// An item as it stands.
    pub struct ExtensionRow in "item_extension" {
        /// Its key.
        pub item_key: String,
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
    pub struct ExtensionProposalRow in "item_extension_proposal" {
        /// Its id.
        pub id: ProposalId,
        /// The item.
        pub item_key: String,
        /// `define`, `retire` or `restore`.
        pub kind: String,
        /// What the item would be, JSON.
        pub body: String,
        /// The version it was made of; 0: the item is new.
        pub made_of: i64,
        /// `waiting`, `accepted`, `refused` or `taken_back`.
        pub state: String,
        /// What whoever decides is told.
        pub note: String,
        /// A user id.
        pub proposed_by: String,
        /// The name at that time.
        pub proposed_by_name: String,
        /// Whose inbox is told what was decided.
        pub organisation_id: OrganisationId,
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

record! {
    /// The newest version of an offer.
    pub struct OwnDocument in "offer_version" {
        /// Canonical JSON.
        pub document: String,
    }
}

/// Columns of [`ExtensionProposalRow`].
macro_rules! columns {
    () => {
        "id, item_key, kind, body, made_of, state, note, proposed_by, proposed_by_name, organisation_id,
            proposed_at, decided_by, decided_by_name, decided_at, reason, version
        FROM item_extension_proposal"
    };
}

statements! {
    LIST = "
        SELECT item_key, version, state, body, changed_at FROM item_extension
        ORDER BY item_key LIMIT $1";
    FIND = "
        SELECT item_key, version, state, body, changed_at FROM item_extension WHERE item_key = $1";
    INSERT = "
        INSERT INTO item_extension (item_key, version, state, body, changed_at)
        VALUES ($1, 1, 'active', $2, $3)";
    UPDATE = "
        UPDATE item_extension SET version = version + 1, state = $3, body = $4, changed_at = $5
        WHERE item_key = $1 AND version = $2";
    INSERT_PROPOSAL = "
        INSERT INTO item_extension_proposal (id, item_key, kind, body, made_of, state, note, proposed_by,
            proposed_by_name, organisation_id, proposed_at)
        VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9, $10)";
    DECIDE = "
        UPDATE item_extension_proposal SET state = $2, decided_by = $3, decided_by_name = $4,
            decided_at = $5, reason = $6, version = $7
        WHERE id = $1 AND state = 'waiting'";
    FIND_PROPOSAL = concat!("
        SELECT ", columns!(), " WHERE id = $1");
    // Whoever waits longest comes first.
    LIST_WAITING = concat!("
        SELECT ", columns!(), " WHERE state = 'waiting' ORDER BY proposed_at, id LIMIT $1");
    LIST_DECIDED = concat!("
        SELECT ", columns!(), " WHERE state <> 'waiting' ORDER BY proposed_at DESC, id DESC LIMIT $1");
    LIST_OF = concat!("
        SELECT ", columns!(), " WHERE item_key = $1 ORDER BY proposed_at DESC, id DESC LIMIT $2");
    LIST_OWN = concat!("
        SELECT ", columns!(), " WHERE organisation_id = $1 ORDER BY proposed_at DESC, id DESC LIMIT $2");
    LIST_DOCUMENTS = "
        SELECT offer_version.document AS document FROM offer
        JOIN offer_version ON offer_version.offer_id = offer.id
            AND offer_version.version = offer.current_version
        WHERE offer.provider_id = $1 ORDER BY offer.id DESC LIMIT $2";
}

/// All items by their keys.
pub async fn list(tx: &mut Tx) -> Result<Vec<ExtensionRow>, StorageError> {
    list!(tx, ExtensionRow, LIST, EXTENSIONS_MAX)
}

/// Looks up an item.
pub async fn find(tx: &mut Tx, key: &str) -> Result<Option<ExtensionRow>, StorageError> {
    find!(tx, ExtensionRow, FIND, key)
}

/// Adds an item at version 1.
pub async fn insert(tx: &mut Tx, key: &str, body: &str, at: Timestamp) -> Result<(), StorageError> {
    execute!(tx, INSERT, key, body, at.0)?;
    Ok(())
}

/// Writes the next version of an item that is still at this one.
pub async fn update(
    tx: &mut Tx,
    (key, version): (&str, i64),
    (state, body): (&str, &str),
    at: Timestamp,
) -> Result<(), StorageError> {
    expect_one(execute!(tx, UPDATE, key, version, state, body, at.0)?, "item_extension")
}

/// Adds a proposal that waits; see [`is_waiting_already`].
pub async fn insert_proposal(tx: &mut Tx, row: &ExtensionProposalRow) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT_PROPOSAL,
        row.id.uuid(),
        &row.item_key,
        &row.kind,
        &row.body,
        row.made_of,
        &row.note,
        &row.proposed_by,
        &row.proposed_by_name,
        row.organisation_id.uuid(),
        row.proposed_at.0,
    )?;
    Ok(())
}

/// Whether another proposal about the item waits.
#[must_use]
pub fn is_waiting_already(error: &StorageError) -> bool {
    error.is_constraint("item_extension_proposal_waiting", "item_extension_proposal.item_key")
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
) -> Result<Option<ExtensionProposalRow>, StorageError> {
    find!(tx, ExtensionProposalRow, FIND_PROPOSAL, id.uuid())
}

/// Proposals that wait, the oldest first; or those that were decided, the latest first.
pub async fn list_proposals(
    tx: &mut Tx,
    waiting: bool,
) -> Result<Vec<ExtensionProposalRow>, StorageError> {
    match waiting {
        true => list!(tx, ExtensionProposalRow, LIST_WAITING, PROPOSALS_MAX),
        false => list!(tx, ExtensionProposalRow, LIST_DECIDED, PROPOSALS_MAX),
    }
}

/// What was proposed about an item, the latest first.
pub async fn list_of(tx: &mut Tx, key: &str) -> Result<Vec<ExtensionProposalRow>, StorageError> {
    list!(tx, ExtensionProposalRow, LIST_OF, key, PROPOSALS_MAX)
}

/// What an organisation proposed, the latest first.
pub async fn list_own(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<Vec<ExtensionProposalRow>, StorageError> {
    list!(tx, ExtensionProposalRow, LIST_OWN, organisation.uuid(), PROPOSALS_MAX)
}

/// The newest versions of a provider's offers, at most so many, the latest offers first.
pub async fn documents_of(
    tx: &mut Tx,
    provider: ProviderId,
    limit: u32,
) -> Result<Vec<OwnDocument>, StorageError> {
    list!(tx, OwnDocument, LIST_DOCUMENTS, provider.uuid(), i64::from(limit))
}
