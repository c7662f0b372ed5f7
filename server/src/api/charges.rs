//! What is paid, as it was shown and as it is charged.

use broker::contracts::{ChargedOnce, Charges, Shown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wire::{Money, moment};

/// A price as it was shown.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShownPrice {
    /// Minor units of the currency.
    minor: i64,
    /// ISO 4217.
    #[schema(value_type = String, example = "JPY")]
    currency: domain::Currency,
}

impl From<ShownPrice> for domain::Money {
    fn from(shown: ShownPrice) -> Self {
        Self { minor: shown.minor, currency: shown.currency }
    }
}

/// A price as it was shown before signing: each month, and once.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ShownCharges {
    /// Each month, minor units of the currency.
    minor: i64,
    /// ISO 4217.
    #[schema(value_type = String, example = "JPY")]
    currency: domain::Currency,
    /// Once when the service begins, minor units; absent: nothing was shown.
    #[serde(default)]
    one_time_minor: Option<i64>,
    /// The day of prices that are older than the market's limit, as the requote of `price_stale` tells it in `pricesAsOf`: they
    /// are signed all the same. Absent: such a price is refused.
    #[serde(default)]
    #[schema(example = "2026-03-31")]
    as_of: Option<String>,
}

impl From<ShownCharges> for Shown {
    fn from(shown: ShownCharges) -> Self {
        let money = |minor| domain::Money { minor, currency: shown.currency };
        let charges = Charges { month: money(shown.minor), once: shown.one_time_minor.map(money) };
        Self { charges, as_of: shown.as_of }
    }
}

/// A charge that is made once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OneTimeCharge)]
pub(super) struct ChargedOnceBody {
    /// The amount.
    amount: Money,
    /// Number of the change that moved the service to another provider; null: agreed with the signature.
    change: Option<i64>,
    /// `ofr_…`: by which offer.
    offer: String,
    /// By which version of it.
    offer_version: i64,
    /// When it was agreed.
    agreed_at: String,
    /// When it was charged, as the service began there; null: not yet.
    charged_at: Option<String>,
}

impl From<&ChargedOnce> for ChargedOnceBody {
    fn from(row: &ChargedOnce) -> Self {
        Self {
            amount: row.amount.into(),
            change: row.change,
            offer: row.offer.to_string(),
            offer_version: row.offer_version,
            agreed_at: moment(row.agreed_at),
            charged_at: row.charged_at.map(moment),
        }
    }
}
