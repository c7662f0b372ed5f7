//! What a changed plan would cost, before anybody signs.

use super::quote::price;
use super::{Plan, Priced};
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, OfferId};

impl Broker {
    /// What a plan costs, line by line; faults name each quantity that cannot be ordered.
    pub async fn estimate(
        &self,
        ctx: &OpContext,
        offer: OfferId,
        plan: &Plan,
    ) -> Result<Priced, BrokerError> {
        ctx.may(Action::RankOffers, None, "offer")?;
        let offer = self.shelved(ctx.sight(), offer).await?;
        let offer = offer.ok_or(BrokerError::NotFound { what: "offer" })?;
        let faults = plan.faults();
        if faults.is_empty() { price(&offer, plan) } else { Err(BrokerError::Invalid(faults)) }
    }
}

impl Plan {
    /// Every quantity outside what may be ordered; pointers are `/plan/FIELD`.
    pub(crate) fn faults(&self) -> Vec<FieldFault> {
        self.ranges()
            .into_iter()
            .filter(|(_, value, lowest, highest)| value < lowest || value > highest)
            .map(|(field, value, lowest, highest)| FieldFault {
                // As data too, so that pages say it in their language.
                expected: Some(sla::Expected::Between { min: lowest.into(), max: highest.into() }),
                ..FieldFault::new(
                    &format!("/plan/{field}"),
                    "range",
                    &value.to_string(),
                    &format!("{lowest} to {highest}"),
                    "this quantity cannot be ordered",
                )
            })
            .collect()
    }
}
