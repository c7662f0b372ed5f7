//! Personal API tokens by the hash of their secret.

use crate::accounts::ViewerRow;
use crate::record::{find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{Timestamp, TokenId, UserId};

/// A token to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub user_id: UserId,
    /// The name its owner gave it.
    pub name: String,
    /// SHA-256 of the secret; the secret itself is never stored.
    pub secret_hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
}

record! {
    /// A token in its owner's list.
    pub struct Token in "api_token" {
        /// Its id.
        pub id: TokenId,
        /// The name its owner gave it.
        pub name: String,
        /// When it was made.
        pub created_at: Timestamp,
        /// When a request last used it.
        pub last_used_at: Option<Timestamp>,
        /// Since when it opens nothing.
        pub revoked_at: Option<Timestamp>,
    }
}

record! {
    /// A valid token and the person it stands for; `viewer` becomes a `domain::Viewer`.
    pub struct TokenViewer in "api_token" {
        /// The token.
        pub token: TokenId,
        /// When a request last used it.
        pub last_used_at: Option<Timestamp>,
        /// The person.
        [flatten]
        pub viewer: ViewerRow,
    }
}

statements! {
    INSERT = "
        INSERT INTO api_token (id, user_id, name, secret_hash, created_at)
        VALUES ($1, $2, $3, $4, $5)";
    FIND_VIEWER = "
        SELECT api_token.id AS token, last_used_at, person.id AS user,
            person.organisation_id AS organisation, home.role AS role, person.name AS name,
            home.name AS organisation_name
        FROM api_token
        JOIN app_user AS person ON person.id = api_token.user_id
        JOIN organisation AS home ON home.id = person.organisation_id
        WHERE api_token.secret_hash = $1 AND api_token.revoked_at IS NULL";
    TOUCH = "
        UPDATE api_token SET last_used_at = $2 WHERE id = $1";
    LIST_BY_USER = "
        SELECT id, name, created_at, last_used_at, revoked_at
        FROM api_token WHERE user_id = $1
        ORDER BY id DESC LIMIT 500";
    // A second revocation keeps the first moment.
    REVOKE = "
        UPDATE api_token SET revoked_at = COALESCE(revoked_at, $3)
        WHERE id = $1 AND user_id = $2";
}

/// Adds a token.
pub async fn insert(tx: &mut Tx, token: &NewToken) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        token.id.uuid(),
        token.user_id.uuid(),
        &token.name,
        token.secret_hash.as_slice(),
        token.created_at.0,
    )?;
    Ok(())
}

/// Looks up for whom a secret stands; `None` for unknown and revoked ones.
pub async fn find_viewer(
    tx: &mut Tx,
    secret_hash: &[u8; 32],
) -> Result<Option<TokenViewer>, StorageError> {
    find!(tx, TokenViewer, FIND_VIEWER, secret_hash.as_slice())
}

/// Notes that a request used the token.
pub async fn touch(tx: &mut Tx, id: TokenId, at: Timestamp) -> Result<(), StorageError> {
    execute!(tx, TOUCH, id.uuid(), at.0)?;
    Ok(())
}

/// Lists a person's tokens, newest first, at most 500.
pub async fn list_by_user(tx: &mut Tx, user: UserId) -> Result<Vec<Token>, StorageError> {
    list!(tx, Token, LIST_BY_USER, user.uuid())
}

/// Revokes a token of this person; false if they have no such token. Repeating it is harmless.
pub async fn revoke(
    tx: &mut Tx,
    id: TokenId,
    owner: UserId,
    at: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, REVOKE, id.uuid(), owner.uuid(), at.0)? == 1)
}
