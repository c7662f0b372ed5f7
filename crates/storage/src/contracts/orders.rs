//! Contracts that were signed together.

use super::{ContractHead, Order};
use crate::record::{find, list};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::OrderId;

statements! {
    INSERT = "
        INSERT INTO contract_order (id, organisation_id, signed_at) VALUES ($1, $2, $3)";
    FIND = "
        SELECT id, organisation_id, signed_at FROM contract_order WHERE id = $1";
    // An order has a handful of contracts.
    CONTRACTS = concat!("
        SELECT ", head_columns!(), " FROM ", head_tables!(), "
        WHERE contract.order_id = $1 ORDER BY order_seat LIMIT 100");
}

/// Adds an order; its contracts follow with their seats.
pub async fn insert_order(tx: &mut Tx, order: &Order) -> Result<(), StorageError> {
    let (id, organisation) = (order.id.uuid(), order.organisation_id.uuid());
    execute!(tx, INSERT, id, organisation, order.signed_at.0)?;
    Ok(())
}

/// Whether [`insert_order`] was refused because the same signature was stored first.
#[must_use]
pub fn is_ordered_already(error: &StorageError) -> bool {
    error.is_constraint("contract_order_pkey", "contract_order.id")
}

/// Looks an order up.
pub async fn find_order(tx: &mut Tx, id: OrderId) -> Result<Option<Order>, StorageError> {
    find!(tx, Order, FIND, id.uuid())
}

/// The contracts of an order, by seat.
pub async fn contracts_of_order(
    tx: &mut Tx,
    id: OrderId,
) -> Result<Vec<ContractHead>, StorageError> {
    list!(tx, ContractHead, CONTRACTS, id.uuid())
}
