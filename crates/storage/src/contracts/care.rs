//! How the broker looks after a contract's service.

use crate::record::{find, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, Timestamp};

record! {
    /// What was decided about one contract.
    pub struct Care in "contract_care" {
        /// `ask` or `automatic`.
        pub repair: String,
        /// When it was decided.
        pub updated_at: Timestamp,
    }
}

statements! {
    FIND = "SELECT repair, updated_at FROM contract_care WHERE contract_id = $1";
    SET = "
        INSERT INTO contract_care (contract_id, repair, updated_at) VALUES ($1, $2, $3)
        ON CONFLICT (contract_id) DO UPDATE SET repair = excluded.repair,
            updated_at = excluded.updated_at";
}

/// What was decided; `None`: nothing, so it is as usual.
pub async fn find_care(tx: &mut Tx, id: ContractId) -> Result<Option<Care>, StorageError> {
    find!(tx, Care, FIND, id.uuid())
}

/// Decides what happens when the cloud has something else than was ordered: `ask` or `automatic`.
pub async fn set_care(
    tx: &mut Tx,
    id: ContractId,
    repair: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    execute!(tx, SET, id.uuid(), repair, at.0).map(drop)
}
