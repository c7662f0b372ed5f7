//! Providers as the market shows them, and their connection to a cloud.

use crate::market::OfferCard;
use crate::{Broker, BrokerError, OpContext};
use domain::{OrganisationId, ProviderId};

/// A provider in lists and beside offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderCard {
    /// Its id.
    pub id: ProviderId,
    /// Stable name in addresses.
    pub slug: String,
    /// Name in English.
    pub name_en: String,
    /// Name in Japanese.
    pub name_ja: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Whether a cloud stands behind its offers; otherwise "catalogue only".
    pub backed: bool,
}

/// Everything public about a provider.
#[derive(Debug, Clone)]
pub struct ProviderView {
    /// The card.
    pub card: ProviderCard,
    /// Decentralised identifier of its documents.
    pub did: String,
    /// In English.
    pub description_en: String,
    /// In Japanese.
    pub description_ja: String,
    /// Its own page.
    pub homepage: Option<String>,
    /// The organisation that manages it here; `None` for catalogue-only entries.
    pub organisation: Option<OrganisationId>,
    /// Its published offers, at most 100.
    pub offers: Vec<OfferCard>,
}

/// A new or changed provider entry.
#[derive(Debug, Clone, Default)]
pub struct ProviderEntry {
    /// Lower-case letters, digits and hyphens, 3 to 63 characters.
    pub slug: String,
    /// `did:web:…`
    pub did: String,
    /// Name in English.
    pub name_en: String,
    /// Name in Japanese.
    pub name_ja: String,
    /// In English.
    pub description_en: String,
    /// In Japanese.
    pub description_ja: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its own page.
    pub homepage: Option<String>,
}

impl Broker {
    /// All providers, by name; at most 500.
    pub async fn providers(&self, ctx: &OpContext) -> Result<Vec<ProviderCard>, BrokerError> {
        todo!()
    }

    /// One provider by slug or id.
    pub async fn provider(&self, ctx: &OpContext, slug_or_id: &str) -> Result<ProviderView, BrokerError> {
        todo!()
    }

    /// The entry that the signed-in provider organisation manages.
    pub async fn my_provider(&self, ctx: &OpContext) -> Result<ProviderView, BrokerError> {
        todo!()
    }

    /// Creates the entry or brings it up to date; repeatable by slug.
    pub async fn ensure_provider(
        &self,
        ctx: &OpContext,
        entry: ProviderEntry,
        organisation: Option<OrganisationId>,
    ) -> Result<ProviderId, BrokerError> {
        todo!()
    }

    /// Connects a provider to its cloud; the token is sealed before it is stored.
    pub async fn connect_provider(
        &self,
        ctx: &OpContext,
        provider: ProviderId,
        url: &str,
        token: &str,
    ) -> Result<(), BrokerError> {
        todo!()
    }
}
