//! What was booked without a hold, and what cancelling it cost.

use crate::record::{list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, Timestamp};

record! {
    /// A group that was booked at a cloud that holds nothing.
    pub struct Booking in "booking_at_once" {
        /// The contract.
        pub contract_id: ContractId,
        /// The cloud's id.
        pub native_id: String,
        /// When it was booked.
        pub booked_at: Timestamp,
        /// What cancelling was said to cost, minor units; `None`: nothing.
        pub declared_minor: Option<i64>,
        /// Its currency, ISO 4217.
        pub declared_currency: Option<String>,
        /// When it was cancelled before the start; `None`: it was kept.
        pub cancelled_at: Option<Timestamp>,
        /// What the cloud charges for that, minor units; `None`: nothing.
        pub owed_minor: Option<i64>,
        /// Its currency, ISO 4217.
        pub owed_currency: Option<String>,
    }
}

/// Bookings of a contract read at once; one is usual.
const MOST: i64 = 20;

statements! {
    INSERT = "
        INSERT INTO booking_at_once (contract_id, native_id, booked_at, declared_minor,
            declared_currency)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (contract_id, native_id) DO NOTHING";
    CANCEL = "
        UPDATE booking_at_once SET cancelled_at = $3, owed_minor = $4, owed_currency = $5
        WHERE contract_id = $1 AND native_id = $2 AND cancelled_at IS NULL";
    LIST = "
        SELECT contract_id, native_id, booked_at, declared_minor, declared_currency, cancelled_at,
            owed_minor, owed_currency
        FROM booking_at_once WHERE contract_id = $1 ORDER BY booked_at, native_id LIMIT $2";
}

/// Adds what was booked; one that is known stays as it is.
pub async fn insert_booking(tx: &mut Tx, row: &Booking) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        row.contract_id.uuid(),
        &row.native_id,
        row.booked_at.0,
        row.declared_minor,
        row.declared_currency.as_deref(),
    )
    .map(drop)
}

/// Notes that a known booking was cancelled and what the cloud charges; says whether that is news.
pub async fn cancel_booking(
    tx: &mut Tx,
    (contract, native_id): (ContractId, &str),
    owed: Option<(i64, &str)>,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let (minor, currency) = (owed.map(|owed| owed.0), owed.map(|owed| owed.1));
    Ok(execute!(tx, CANCEL, contract.uuid(), native_id, at.0, minor, currency)? > 0)
}

/// What was booked for a contract without a hold, oldest first.
pub async fn find_bookings(tx: &mut Tx, id: ContractId) -> Result<Vec<Booking>, StorageError> {
    list!(tx, Booking, LIST, id.uuid(), MOST)
}
