//! Waiting for one's turn, so that two of the same request do not decide on the same past.
//!
//! A lock is held until its unit of work ends. What is read after it is what the others committed.
//! SQLite has one writer, whose unit of work begins with the lock on everything; only PostgreSQL has
//! to be asked. A row that does not exist locks nothing.

use crate::statement::{fetch_optional, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, OfferId, OrganisationId, ProviderId};
use uuid::Uuid;

// NO KEY: rows that only refer to the locked one are written without waiting.
statements! {
    ORGANISATION = "
        SELECT id FROM organisation WHERE id = $1",
        postgres = "
        SELECT id FROM organisation WHERE id = $1 FOR NO KEY UPDATE";
    PROVIDER = "
        SELECT id FROM provider WHERE id = $1",
        postgres = "
        SELECT id FROM provider WHERE id = $1 FOR NO KEY UPDATE";
    OFFER = "
        SELECT id FROM offer WHERE id = $1",
        postgres = "
        SELECT id FROM offer WHERE id = $1 FOR NO KEY UPDATE";
    CONTRACT = "
        SELECT id FROM contract WHERE id = $1",
        postgres = "
        SELECT id FROM contract WHERE id = $1 FOR NO KEY UPDATE";
}

/// One organisation saves one requirement after the other.
pub async fn organisation(tx: &mut Tx, id: OrganisationId) -> Result<(), StorageError> {
    fetch_optional!(tx, (Uuid,), ORGANISATION, id.uuid()).map(drop)
}

/// One provider's offers, keys and connection are written one after the other.
pub async fn provider(tx: &mut Tx, id: ProviderId) -> Result<(), StorageError> {
    fetch_optional!(tx, (Uuid,), PROVIDER, id.uuid()).map(drop)
}

/// One offer is published and withdrawn by one at a time.
pub async fn offer(tx: &mut Tx, id: OfferId) -> Result<(), StorageError> {
    fetch_optional!(tx, (Uuid,), OFFER, id.uuid()).map(drop)
}

/// One contract is stepped by one person at a time.
pub async fn contract(tx: &mut Tx, id: ContractId) -> Result<(), StorageError> {
    fetch_optional!(tx, (Uuid,), CONTRACT, id.uuid()).map(drop)
}
