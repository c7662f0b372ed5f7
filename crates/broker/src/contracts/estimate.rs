//! What a changed plan would cost, before anybody signs.

use super::Plan;
use super::quote::price;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, Money, OfferId};

impl Broker {
    /// The monthly price of a plan; faults name each quantity that cannot be ordered.
    pub fn estimate(
        &self,
        ctx: &OpContext,
        offer: OfferId,
        plan: &Plan,
    ) -> Result<Money, BrokerError> {
        ctx.may(Action::RankOffers, None, "offer")?;
        let offer = self.inner.shelf.get(offer).ok_or(BrokerError::NotFound { what: "offer" })?;
        let faults = plan.faults();
        if faults.is_empty() { price(&offer, plan) } else { Err(BrokerError::Invalid(faults)) }
    }
}

impl Plan {
    /// Every quantity outside what may be ordered; pointers are `/plan/FIELD`.
    pub(super) fn faults(&self) -> Vec<FieldFault> {
        self.ranges()
            .into_iter()
            .filter(|(_, value, lowest, highest)| value < lowest || value > highest)
            .map(|(field, value, lowest, highest)| FieldFault {
                pointer: format!("/plan/{field}"),
                code: "range".to_owned(),
                found: value.to_string(),
                allowed: format!("{lowest} to {highest}"),
                message: "this quantity cannot be ordered".to_owned(),
            })
            .collect()
    }
}
