//! Answers of requests with an `Idempotency-Key`, so that a repeated key gets the same answer.
//!
//! [`begin`] is committed on its own before the work starts, so that a second request sees it;
//! [`finish`] or [`forget`] follow in or after the unit of work that does the work.

use crate::record::{find, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::Timestamp;

/// A request that carries a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// Who asks, so that keys of different people never meet.
    pub scope: &'a str,
    /// The key the client chose.
    pub key: &'a str,
    /// Hash over method, path and body.
    pub request_hash: &'a str,
    /// Now.
    pub at: Timestamp,
    /// An unfinished attempt begun before this moment was cut off and may be done again.
    pub abandoned_before: Timestamp,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The key is new, or its first attempt was cut off: do the work.
    Started,
    /// The first request is still being worked on.
    InProgress,
    /// The work was done; answer this again.
    Finished {
        /// HTTP status.
        status: u16,
        /// The body as it was sent.
        body: String,
    },
    /// The key was used for something else.
    DifferentRequest,
}

record! {
    /// What is stored of a key.
    pub struct StoredAnswer in "idempotency" {
        /// Hash of the first request.
        pub request_hash: String,
        /// HTTP status; `None` while it is being worked on.
        pub status: Option<u16>,
        /// The body as it was sent.
        pub body: Option<String>,
    }
}

statements! {
    BEGIN = "
        INSERT INTO idempotency (scope, idempotency_key, request_hash, created_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (scope, idempotency_key) DO UPDATE SET created_at = excluded.created_at
        WHERE idempotency.status IS NULL AND idempotency.created_at < $5
            AND idempotency.request_hash = excluded.request_hash";
    FIND = "
        SELECT request_hash, status, body FROM idempotency
        WHERE scope = $1 AND idempotency_key = $2";
    FINISH = "
        UPDATE idempotency SET status = $3, body = $4
        WHERE scope = $1 AND idempotency_key = $2 AND status IS NULL";
    FORGET = "
        DELETE FROM idempotency
        WHERE scope = $1 AND idempotency_key = $2 AND status IS NULL";
    DELETE_OLDER_THAN = "
        DELETE FROM idempotency WHERE created_at < $1";
}

/// Claims a key, or tells what became of it.
pub async fn begin(tx: &mut Tx, attempt: &Attempt<'_>) -> Result<Begun, StorageError> {
    let claimed = execute!(
        tx,
        BEGIN,
        attempt.scope,
        attempt.key,
        attempt.request_hash,
        attempt.at.0,
        attempt.abandoned_before.0,
    )?;
    if claimed == 1 {
        return Ok(Begun::Started);
    }
    let stored = find!(tx, StoredAnswer, FIND, attempt.scope, attempt.key)?;
    Ok(match stored {
        // Forgotten between the two statements: as good as still being worked on.
        None => Begun::InProgress,
        Some(answer) if answer.request_hash != attempt.request_hash => Begun::DifferentRequest,
        Some(StoredAnswer { status: Some(status), body, .. }) => {
            Begun::Finished { status, body: body.unwrap_or_default() }
        }
        Some(StoredAnswer { status: None, .. }) => Begun::InProgress,
    })
}

/// Keeps the answer; `Conflict` if the key is not being worked on.
pub async fn finish(
    tx: &mut Tx,
    scope: &str,
    key: &str,
    status: u16,
    body: &str,
) -> Result<(), StorageError> {
    let affected = execute!(tx, FINISH, scope, key, i64::from(status), body)?;
    crate::record::expect_one(affected, "idempotency key")
}

/// Frees a key whose request failed before it had any effect; an answer that was kept stays.
pub async fn forget(tx: &mut Tx, scope: &str, key: &str) -> Result<bool, StorageError> {
    Ok(execute!(tx, FORGET, scope, key)? == 1)
}

/// Removes what is older than `before`; returns how many.
pub async fn delete_older_than(tx: &mut Tx, before: Timestamp) -> Result<u64, StorageError> {
    execute!(tx, DELETE_OLDER_THAN, before.0)
}
