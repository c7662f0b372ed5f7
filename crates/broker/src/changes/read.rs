//! Reading the changes of a contract.

use super::ChangeView;
use crate::{Broker, BrokerError, OpContext};
use domain::{ChangeKind, ContractId};
use storage::contracts::{self, Frozen};
use storage::{StorageError, Tx};

impl Broker {
    /// The changes of a contract, the latest first, at most 200.
    pub async fn changes(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<Vec<ChangeView>, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, id).await?;
        Ok(views(&mut tx, id).await?)
    }

    /// The exact texts of the offer that were signed before and with a change; `None` where its version stayed.
    pub async fn signed_texts(
        &self,
        ctx: &OpContext,
        id: ContractId,
        number: i64,
    ) -> Result<Option<(Frozen, Frozen)>, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, id).await?;
        Ok(contracts::find_change_texts(&mut tx, id, number).await?)
    }

    /// One change of a contract by its number.
    pub async fn change(
        &self,
        ctx: &OpContext,
        id: ContractId,
        number: i64,
    ) -> Result<ChangeView, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, id).await?;
        let row = contracts::find_change(&mut tx, id, number).await?;
        let view = ChangeView::of(row.ok_or(BrokerError::NotFound { what: "change" })?)?;
        Ok(with_moves(&mut tx, id, vec![view]).await?.remove(0))
    }
}

/// The changes of a contract, the latest first, at most 200.
pub(crate) async fn views(tx: &mut Tx, id: ContractId) -> Result<Vec<ChangeView>, StorageError> {
    let rows = contracts::list_changes(tx, id).await?;
    let views = rows.into_iter().map(ChangeView::of).collect::<Result<_, _>>()?;
    with_moves(tx, id, views).await
}

/// Adds what only moves have; a contract that was never moved costs no statement.
async fn with_moves(
    tx: &mut Tx,
    id: ContractId,
    mut views: Vec<ChangeView>,
) -> Result<Vec<ChangeView>, StorageError> {
    if views.iter().all(|view| view.kind != ChangeKind::Move) {
        return Ok(views);
    }
    for row in contracts::list_moves(tx, id).await? {
        if let Some(view) = views.iter_mut().find(|view| view.number == row.number) {
            view.moved = Some(row.into());
        }
    }
    Ok(views)
}
