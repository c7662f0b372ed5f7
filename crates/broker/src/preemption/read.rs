//! How a service stands to pre-emption, for its customer.

use super::consent::{instances, obstacle};
use super::{AgreePreemption, ConsentView, PreemptionRow, PreemptionView};
use crate::{Broker, BrokerError, OpContext};
use domain::{COMPENSATION_PERCENT, ContractId, compensation};
use storage::contracts;

impl Broker {
    /// What was agreed, and the room that this service gave or got.
    pub async fn preemption(
        &self,
        ctx: &OpContext,
        id: ContractId,
    ) -> Result<PreemptionView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let contract = self.readable(ctx, &mut tx, id).await?;
        let consent = contracts::find_consent(&mut tx, id).await?;
        let gave = contracts::list_preemptions(&mut tx, id).await?;
        let got = contracts::list_preemptions_for(&mut tx, id).await?;
        let (instances, now) = (instances(&contract)?, self.now());
        let price = contract.head.price;
        let obstacle = obstacle(&contract)?;
        let holds = consent.as_ref().filter(|row| row.withdrawn_at.is_none());
        let given = instances.saturating_sub(holds.map_or(0, |row| row.keep_instances));
        let percent = holds.map_or(COMPENSATION_PERCENT, |row| row.percent);
        let hour = compensation(price, percent, (given, instances), 0);
        Ok(PreemptionView {
            consent: consent.filter(|row| row.withdrawn_at.is_none()).map(|row| ConsentView {
                agreed: AgreePreemption {
                    notice_us: row.notice_us,
                    keep_instances: row.keep_instances,
                },
                percent: row.percent,
                agreed_at: row.agreed_at,
            }),
            obstacle,
            instances,
            first_hour: hour.filter(|_| obstacle.is_none()),
            percent: COMPENSATION_PERCENT,
            gave: gave.iter().map(|row| PreemptionRow::of(row, now)).collect(),
            got: got.iter().map(|row| PreemptionRow::of(row, now).into()).collect(),
        })
    }
}
