//! What everybody reads of an offer that ends.

use super::life::LifeStep;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId};
use storage::offers;

impl Broker {
    /// Why an offer on the market ends, as its provider says it; `None`: it does not.
    pub async fn end_reason(
        &self,
        ctx: &OpContext,
        id: OfferId,
    ) -> Result<Option<String>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "offer")?;
        let mut tx = self.look().await?;
        self.may_know(ctx, &mut tx, id).await?;
        let steps = offers::list_steps(&mut tx, id).await?;
        // The latest word about the end is the one that holds.
        let about = steps.into_iter().find(|step| {
            matches!(LifeStep::from_word(&step.step), Some(LifeStep::Announced | LifeStep::Stayed))
        });
        let announced =
            about.filter(|step| LifeStep::from_word(&step.step) == Some(LifeStep::Announced));
        Ok(announced.map(|step| step.reason))
    }
}
