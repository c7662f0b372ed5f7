//! What is charged once for a contract: agreed with a signature or a move, charged when the service begins there.

use crate::record::{list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, Money, OfferId, ProviderId, Timestamp};

/// The number of the charge that was agreed with the signature; those of moves have the number of the change.
pub const WITH_SIGNATURE: i64 = 0;

record! {
    /// A charge that is made once.
    pub struct OneTimeCharge in "one_time_charge" {
        /// The contract.
        pub contract_id: ContractId,
        /// [`WITH_SIGNATURE`], or the number of the change that moved the service.
        pub number: i64,
        /// Whose charge it is.
        pub provider_id: ProviderId,
        /// By which offer.
        pub offer_id: OfferId,
        /// By which version of it.
        pub offer_version: i64,
        /// The amount.
        [flatten]
        pub amount: Money,
        /// When it was agreed.
        pub agreed_at: Timestamp,
        /// When the service began there; `None`: it has not.
        pub charged_at: Option<Timestamp>,
    }
}

/// Charges of a contract read at once: one of the signature, and one for each move to another provider.
const MOST: i64 = 100;

statements! {
    INSERT = "
        INSERT INTO one_time_charge (contract_id, number, provider_id, offer_id, offer_version,
            price_minor, currency, agreed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    CHARGE = "
        UPDATE one_time_charge SET charged_at = $3
        WHERE contract_id = $1 AND number = $2 AND charged_at IS NULL";
    TAKE_BACK = "
        UPDATE one_time_charge SET charged_at = NULL WHERE contract_id = $1 AND number = $2";
    LIST = "
        SELECT contract_id, number, provider_id, offer_id, offer_version, price_minor,
            currency, agreed_at, charged_at
        FROM one_time_charge WHERE contract_id = $1 ORDER BY number LIMIT $2";
}

/// Notes what was agreed; nothing is charged yet.
pub async fn insert_charge(tx: &mut Tx, row: &OneTimeCharge) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        row.contract_id.uuid(),
        row.number,
        row.provider_id.uuid(),
        row.offer_id.uuid(),
        row.offer_version,
        row.amount.minor,
        row.amount.currency.code(),
        row.agreed_at.0,
    )
    .map(drop)
}

/// The service begins there: what was agreed is charged, once; says whether that is news.
pub async fn charge_once(
    tx: &mut Tx,
    (contract, number): (ContractId, i64),
    at: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, CHARGE, contract.uuid(), number, at.0)? > 0)
}

/// The beginning was undone: nothing is charged.
pub async fn take_charge_back(
    tx: &mut Tx,
    (contract, number): (ContractId, i64),
) -> Result<(), StorageError> {
    execute!(tx, TAKE_BACK, contract.uuid(), number).map(drop)
}

/// What is or was to be charged once for a contract, that of the signature first.
pub async fn list_charges(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Vec<OneTimeCharge>, StorageError> {
    list!(tx, OneTimeCharge, LIST, contract.uuid(), MOST)
}
