//! What members typed into the editor of offers and did not save: one row for each member, offer and way
//! of editing. A new offer that is not saved yet is the nil id.

use crate::record::{list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, OrganisationId, Timestamp, UserId};

/// Whose copy of what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyOf {
    /// The member.
    pub user_id: UserId,
    /// The offer; nil: a new one.
    pub offer_id: OfferId,
}

record! {
    /// What was typed.
    pub struct WorkingCopy in "working_copy" {
        /// `form` or `document`.
        pub way: String,
        /// The version it was made of; `None`: a new offer.
        pub made_of: Option<i64>,
        /// The fields as they were typed, a JSON list of pairs.
        pub fields: String,
        /// When.
        pub kept_at: Timestamp,
    }
}

statements! {
    PUT = "
        INSERT INTO working_copy (user_id, offer_id, way, organisation_id, made_of, fields, kept_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (user_id, offer_id, way) DO UPDATE
        SET organisation_id = excluded.organisation_id, made_of = excluded.made_of,
            fields = excluded.fields, kept_at = excluded.kept_at";
    LIST = "
        SELECT way, made_of, fields, kept_at FROM working_copy
        WHERE user_id = $1 AND offer_id = $2 AND organisation_id = $3
        ORDER BY kept_at DESC, way LIMIT 2";
    DROP = "
        DELETE FROM working_copy WHERE user_id = $1 AND offer_id = $2";
}

/// Keeps a copy; the one before is gone.
pub async fn put(
    tx: &mut Tx,
    of: CopyOf,
    organisation: OrganisationId,
    copy: &WorkingCopy,
) -> Result<(), StorageError> {
    let (user, offer, way) = (of.user_id.uuid(), of.offer_id.uuid(), &copy.way);
    let (made_of, fields, at) = (copy.made_of, &copy.fields, copy.kept_at.0);
    execute!(tx, PUT, user, offer, way, organisation.uuid(), made_of, fields, at).map(drop)
}

/// The copies of both ways, the latest first.
pub async fn list(
    tx: &mut Tx,
    of: CopyOf,
    organisation: OrganisationId,
) -> Result<Vec<WorkingCopy>, StorageError> {
    list!(tx, WorkingCopy, LIST, of.user_id.uuid(), of.offer_id.uuid(), organisation.uuid())
}

/// Drops the copies of both ways.
pub async fn drop_all(tx: &mut Tx, of: CopyOf) -> Result<(), StorageError> {
    execute!(tx, DROP, of.user_id.uuid(), of.offer_id.uuid()).map(drop)
}
