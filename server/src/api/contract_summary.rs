//! A contract as it stands in lists, of whatever kind they are.

use broker::contracts::ContractCard;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::{Money, TwoLanguages, moment};

/// A contract in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContractSummary {
    /// `ctr_…`
    id: String,
    /// How the customer calls the service.
    service_name: String,
    /// Title of the offer.
    offer_title: TwoLanguages,
    /// Name of the provider.
    provider: TwoLanguages,
    /// scheduled, activating, active, failed, releasing or released.
    state: String,
    /// Monthly price.
    price: Money,
    /// Where the service answers; null before activation and after release.
    address: Option<String>,
    /// When it was signed.
    signed_at: String,
    /// When it begins, while it waits for that; null: it has begun.
    starts_at: Option<String>,
    /// When it ends by itself; null: when it is released.
    ends_at: Option<String>,
    /// Whether it stands still because a lifeline has its room, as its customer agreed; its address refuses meanwhile.
    at_rest: bool,
    /// Whether the last sample was good; null: no data, or it stands still.
    healthy: Option<bool>,
}

impl From<&ContractCard> for ContractSummary {
    fn from(card: &ContractCard) -> Self {
        Self {
            id: card.id.to_string(),
            service_name: card.service_name.clone(),
            offer_title: TwoLanguages::new(&card.offer_title_en, &card.offer_title_ja),
            provider: TwoLanguages::new(&card.provider_en, &card.provider_ja),
            state: card.state.to_string(),
            price: card.price.into(),
            address: card.address.clone(),
            signed_at: moment(card.signed_at),
            starts_at: card.starts_at.map(moment),
            ends_at: card.ends_at.map(moment),
            at_rest: card.at_rest,
            healthy: card.healthy,
        }
    }
}
