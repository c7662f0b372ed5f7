//! The list of who did what. Rows are added and read, never changed.

use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{AuditId, Timestamp};

record! {
    /// One line of the audit list.
    pub struct AuditEntry in "audit" {
        /// Its id.
        pub id: AuditId,
        /// When it happened.
        pub at: Timestamp,
        /// A user id, `system` or `stranger`.
        pub actor: String,
        /// The actor's name at that time.
        pub actor_name: String,
        /// What was done, as a stable code.
        pub action: String,
        /// The prefixed id of the thing acted upon.
        pub subject: String,
        /// What else is worth knowing, as JSON.
        pub detail: String,
    }
}

statements! {
    INSERT = "
        INSERT INTO audit (id, at, actor, actor_name, action, subject, detail)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    LIST = "
        SELECT id, at, actor, actor_name, action, subject, detail FROM audit
        WHERE (at, id) < ($1, $2)
        ORDER BY at DESC, id DESC LIMIT $3";
    LIST_BY_SUBJECT = "
        SELECT id, at, actor, actor_name, action, subject, detail FROM audit
        WHERE subject = $1 AND (at, id) < ($2, $3)
        ORDER BY at DESC, id DESC LIMIT $4";
}

/// Adds a line, in the unit of work of the deed itself.
pub async fn insert(tx: &mut Tx, entry: &AuditEntry) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        entry.id.uuid(),
        entry.at.0,
        &entry.actor,
        &entry.actor_name,
        &entry.action,
        &entry.subject,
        &entry.detail,
    )?;
    Ok(())
}

/// Lists everything, or what happened to one subject, newest first.
pub async fn page(
    tx: &mut Tx,
    subject: Option<&str>,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<AuditEntry>, StorageError> {
    let (at, id) = Cursor::newest_first(cursor);
    let rows = fetch_limit(limit);
    let rows = match subject {
        None => list!(tx, AuditEntry, LIST, at, id, rows),
        Some(subject) => list!(tx, AuditEntry, LIST_BY_SUBJECT, subject, at, id, rows),
    }?;
    Ok(cut(rows, limit, |entry| Cursor::after(entry.at, entry.id.uuid())))
}
