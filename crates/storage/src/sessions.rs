//! Browser sessions by the hash of their id; what `data` means is the session layer's.

use crate::record::{find, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{Timestamp, UserId};

record! {
    /// A session as it is stored.
    pub struct Session in "session" {
        /// SHA-256 of the session id; the id itself is never stored.
        pub id_hash: [u8; 32],
        /// Who signed in, if anybody has.
        pub user_id: Option<UserId>,
        /// The session's values as text.
        pub data: String,
        /// From then on it is no longer loaded.
        pub expires_at: Timestamp,
    }
}

statements! {
    CREATE = "
        INSERT INTO session (id_hash, user_id, data, expires_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (id_hash) DO NOTHING";
    SAVE = "
        INSERT INTO session (id_hash, user_id, data, expires_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (id_hash) DO UPDATE SET user_id = excluded.user_id, data = excluded.data,
            expires_at = excluded.expires_at";
    LOAD = "
        SELECT id_hash, user_id, data, expires_at FROM session
        WHERE id_hash = $1 AND expires_at > $2";
    DELETE = "
        DELETE FROM session WHERE id_hash = $1";
    DELETE_EXPIRED = "
        DELETE FROM session WHERE expires_at <= $1";
    DELETE_FOR_USER = "
        DELETE FROM session WHERE user_id = $1";
}

/// Adds a session; false if the id is in use, and then nothing is changed.
pub async fn create(tx: &mut Tx, session: &Session) -> Result<bool, StorageError> {
    let affected = execute!(
        tx,
        CREATE,
        session.id_hash.as_slice(),
        session.user_id.map(UserId::uuid),
        &session.data,
        session.expires_at.0,
    )?;
    Ok(affected == 1)
}

/// Adds a session or replaces it.
pub async fn save(tx: &mut Tx, session: &Session) -> Result<(), StorageError> {
    execute!(
        tx,
        SAVE,
        session.id_hash.as_slice(),
        session.user_id.map(UserId::uuid),
        &session.data,
        session.expires_at.0,
    )?;
    Ok(())
}

/// Looks a session up, unless it has expired at `now`.
pub async fn load(
    tx: &mut Tx,
    id_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Session>, StorageError> {
    find!(tx, Session, LOAD, id_hash.as_slice(), now.0)
}

/// Ends a session; false if there was none.
pub async fn delete(tx: &mut Tx, id_hash: &[u8; 32]) -> Result<bool, StorageError> {
    Ok(execute!(tx, DELETE, id_hash.as_slice())? == 1)
}

/// Removes what has expired at `now`; returns how many.
pub async fn delete_expired(tx: &mut Tx, now: Timestamp) -> Result<u64, StorageError> {
    execute!(tx, DELETE_EXPIRED, now.0)
}

/// Ends every session of a person; returns how many.
pub async fn delete_for_user(tx: &mut Tx, user: UserId) -> Result<u64, StorageError> {
    execute!(tx, DELETE_FOR_USER, user.uuid())
}
