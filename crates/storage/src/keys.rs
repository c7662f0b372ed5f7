//! Keys that providers sign their documents with, and the signatures of offers' versions.
//! What a signature means is checked by the broker, never here.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, ProviderId, Timestamp};
use serde_json::{Value, json};

/// Rows of one statement.
const CHUNK: usize = 500;

record! {
    /// A key of a provider.
    pub struct ProviderKey in "provider_key" {
        /// Whose key it is.
        pub provider_id: ProviderId,
        /// Its thumbprint (RFC 7638).
        pub kid: String,
        /// Ed25519.
        pub public_key: [u8; 32],
        /// Documents signed with it are taken from then on.
        pub valid_from: Timestamp,
        /// A user id, or `system`.
        pub created_by: String,
        /// When it was registered.
        pub created_at: Timestamp,
        /// When it was revoked; `None`: in use.
        pub revoked_at: Option<Timestamp>,
    }
}

record! {
    /// The signature of an offer's version.
    pub struct OfferSignature in "offer_signature" {
        /// The offer.
        pub offer_id: OfferId,
        /// The version that is signed.
        pub version: i64,
        /// The key that signed.
        pub kid: String,
        /// Detached JWS over the version's document.
        pub value: String,
    }
}

record! {
    /// A signature with what became of its key.
    pub struct SignatureWithKey in "offer_signature" {
        /// The key that signed.
        pub kid: String,
        /// Detached JWS over the version's document.
        pub value: String,
        /// When the key was revoked; `None`: in use.
        pub revoked_at: Option<Timestamp>,
    }
}

statements! {
    INSERT = "
        INSERT INTO provider_key (provider_id, kid, public_key, valid_from, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    REVOKE = "
        UPDATE provider_key SET revoked_at = $3
        WHERE provider_id = $1 AND kid = $2 AND revoked_at IS NULL";
    FIND = "
        SELECT provider_id, kid, public_key, valid_from, created_by, created_at, revoked_at
        FROM provider_key WHERE provider_id = $1 AND kid = $2";
    LIST = "
        SELECT provider_id, kid, public_key, valid_from, created_by, created_at, revoked_at
        FROM provider_key WHERE provider_id = $1
        ORDER BY created_at DESC, kid LIMIT 200";
    INSERT_SIGNATURES = "
        INSERT INTO offer_signature (offer_id, version, kid, value)
        SELECT unhex(value ->> 'offer_id'), value ->> 'version', value ->> 'kid',
            value ->> 'signature'
        FROM json_each($1)",
        postgres = "
        INSERT INTO offer_signature (offer_id, version, kid, value)
        SELECT offer_id, version, kid, signature
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (offer_id UUID, version BIGINT, kid TEXT,
            signature TEXT)";
    LIST_SIGNATURES = "
        SELECT offer_id, version, kid, value FROM offer_signature
        WHERE offer_id = $1 ORDER BY version DESC LIMIT 1000";
    FIND_SIGNATURE = "
        SELECT offer_signature.kid AS kid, value, revoked_at
        FROM offer_signature
        JOIN offer ON offer.id = offer_signature.offer_id
        LEFT JOIN provider_key ON provider_key.provider_id = offer.provider_id
            AND provider_key.kid = offer_signature.kid
        WHERE offer_signature.offer_id = $1 AND offer_signature.version = $2";
}

/// Registers a key.
pub async fn insert(tx: &mut Tx, key: &ProviderKey) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        key.provider_id.uuid(),
        &key.kid,
        key.public_key.as_slice(),
        key.valid_from.0,
        &key.created_by,
        key.created_at.0,
    )?;
    Ok(())
}

/// Revokes a key that is in use; `Conflict` if there is none of that name.
pub async fn revoke(
    tx: &mut Tx,
    provider: ProviderId,
    kid: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    let affected = execute!(tx, REVOKE, provider.uuid(), kid, at.0)?;
    expect_one(affected, "provider_key")
}

/// Looks a provider's key up by its name.
pub async fn find(
    tx: &mut Tx,
    provider: ProviderId,
    kid: &str,
) -> Result<Option<ProviderKey>, StorageError> {
    find!(tx, ProviderKey, FIND, provider.uuid(), kid)
}

/// Lists a provider's keys, newest first, at most 200.
pub async fn list(tx: &mut Tx, provider: ProviderId) -> Result<Vec<ProviderKey>, StorageError> {
    list!(tx, ProviderKey, LIST, provider.uuid())
}

/// Adds the signatures of versions that were inserted before.
pub async fn insert_signatures(
    tx: &mut Tx,
    signatures: &[OfferSignature],
) -> Result<(), StorageError> {
    let row = |signature: &OfferSignature| {
        json!({
            "offer_id": signature.offer_id.uuid().simple().to_string(),
            "version": signature.version,
            "kid": signature.kid,
            "signature": signature.value,
        })
    };
    for chunk in signatures.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, INSERT_SIGNATURES, Value::from(rows).to_string())?;
    }
    Ok(())
}

/// Lists the signatures of an offer's versions, newest first, at most 1000.
pub async fn list_signatures(
    tx: &mut Tx,
    offer: OfferId,
) -> Result<Vec<OfferSignature>, StorageError> {
    list!(tx, OfferSignature, LIST_SIGNATURES, offer.uuid())
}

/// Looks the signature of a version up; `None`: it is not signed.
pub async fn find_signature(
    tx: &mut Tx,
    offer: OfferId,
    version: i64,
) -> Result<Option<SignatureWithKey>, StorageError> {
    find!(tx, SignatureWithKey, FIND_SIGNATURE, offer.uuid(), version)
}
