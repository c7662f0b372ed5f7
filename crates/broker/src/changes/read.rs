//! Reading the changes of a contract.

use super::ChangeView;
use crate::{Broker, BrokerError, OpContext};
use domain::ContractId;
use storage::contracts;

impl Broker {
    /// The changes of a contract, the latest first, at most 200.
    pub async fn changes(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<Vec<ChangeView>, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, id).await?;
        let rows = contracts::list_changes(&mut tx, id).await?;
        Ok(rows.into_iter().map(ChangeView::of).collect::<Result<_, _>>()?)
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
        Ok(ChangeView::of(row.ok_or(BrokerError::NotFound { what: "change" })?)?)
    }
}
