//! What customers need to know of clouds that hold nothing: what is booked there, and what cancelling costs.

use super::{AtOnce, BookingView};
use crate::{Broker, BrokerError};
use domain::{Money, ProviderId};
use provider_api::{Charge, ReserveTerms};
use std::collections::HashMap;
use storage::contracts::Booking;
use storage::{StorageError, providers};

impl Broker {
    /// Which of the providers' clouds book without a hold and how, as they last said; one that holds first, or has not said,
    /// is not among them.
    pub(crate) async fn at_once(
        &self,
        of: &[ProviderId],
    ) -> Result<HashMap<ProviderId, AtOnce>, BrokerError> {
        let told = providers::list_reserves(&mut self.begin_read().await?, of).await?;
        let mut all = HashMap::new();
        for (provider, text) in told {
            let terms: Option<ReserveTerms> = serde_json::from_str(&text).map_err(|error| {
                StorageError::Corrupt { what: "provider.cloud_reserve", detail: error.to_string() }
            })?;
            all.extend(terms.map(|terms| (provider, AtOnce::of(&terms))));
        }
        Ok(all)
    }
}

impl AtOnce {
    /// The same as a cloud says it.
    pub(crate) fn of(terms: &ReserveTerms) -> Self {
        Self { cancel_charge: terms.cancel_charge.as_ref().and_then(money_of) }
    }
}

/// A charge of a cloud as money; `None`: in a currency that the market does not know.
pub(crate) fn money_of(charge: &Charge) -> Option<Money> {
    Some(Money::new(charge.minor, charge.currency.parse().ok()?))
}

impl BookingView {
    pub(super) fn of(row: &Booking) -> Self {
        let money = |minor: Option<i64>, currency: &Option<String>| {
            Some(Money::new(minor?, currency.as_ref()?.parse().ok()?))
        };
        Self {
            booked_at: row.booked_at,
            declared: money(row.declared_minor, &row.declared_currency),
            cancelled_at: row.cancelled_at,
            owed: money(row.owed_minor, &row.owed_currency),
        }
    }
}
