//! The demo market: providers and offers that ship with the broker, and a synthetic one of any size.
//!
//! The files stand in `crates/broker/demo/` in the form a provider uploads; `docs/demo-market.md`
//! says where the figures come from. Storing them is left to the seed use case.

mod draft;
mod ladders;
mod places;
mod random;
mod synthetic;
mod words;

#[cfg(test)]
mod facts;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use sla::{Document, Faults, Offer, Requirement};
use thiserror::Error;

pub use synthetic::{synthetic_offers, synthetic_providers};

/// A name or sentence in both languages of the market.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BilingualText {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

/// Whether contracts with a provider can be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backing {
    /// A running reference cloud of this name stands behind it.
    Cloud(String),
    /// Published facts to read and compare; no contract.
    CatalogueOnly,
}

/// A provider of the demo market.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoProvider {
    /// Slug, 3 to 63 lower-case letters, digits and hyphens.
    pub id: String,
    /// What people call it.
    pub name: BilingualText,
    /// ISO 3166-1 alpha-2 of its seat.
    pub country: String,
    /// Its own page.
    pub homepage: String,
    /// Identifier in `metadata.provider` of its offers.
    pub did: String,
    /// One or two plain sentences.
    pub description: BilingualText,
    /// Whether contracts with it can be carried out.
    pub backing: Backing,
}

/// The demo market as loaded from its files.
#[derive(Debug, Clone)]
pub struct DemoCatalogue {
    /// Backed providers first.
    pub providers: Vec<DemoProvider>,
    /// Offers in the order of providers.
    pub offers: Vec<Offer>,
}

/// Why the embedded files do not make a market; the tests prove that they do.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The list of providers cannot be read.
    #[error("cannot read the list of demo providers")]
    Providers(#[source] serde_saphyr::Error),
    /// A file of offers has faults.
    #[error("the demo offers of `{provider}` have faults")]
    Offers {
        /// Slug of the provider, also the name of the file.
        provider: String,
        /// All faults of the file.
        #[source]
        faults: Faults,
    },
    /// A provider has no file of offers, or a file holds something else than its offers.
    #[error("the demo file of `{provider}` holds no offers, or not only its own")]
    Foreign {
        /// Slug of the provider.
        provider: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderList {
    providers: Vec<DemoProvider>,
}

const PROVIDERS: &str = include_str!("../../demo/providers.yaml");

/// The files of offers by slug of their provider.
const OFFERS: &[(&str, &str)] = &[
    ("aws", include_str!("../../demo/offers/aws.yaml")),
    ("azure", include_str!("../../demo/offers/azure.yaml")),
    ("cpi", include_str!("../../demo/offers/cpi.yaml")),
    ("google-cloud", include_str!("../../demo/offers/google-cloud.yaml")),
    ("hokusei", include_str!("../../demo/offers/hokusei.yaml")),
    ("idc-frontier", include_str!("../../demo/offers/idc-frontier.yaml")),
    ("iij", include_str!("../../demo/offers/iij.yaml")),
    ("kanxashi", include_str!("../../demo/offers/kanxashi.yaml")),
    ("minato", include_str!("../../demo/offers/minato.yaml")),
    ("nifcloud", include_str!("../../demo/offers/nifcloud.yaml")),
    ("ntt-communications", include_str!("../../demo/offers/ntt-communications.yaml")),
    ("nttpc", include_str!("../../demo/offers/nttpc.yaml")),
    ("oracle", include_str!("../../demo/offers/oracle.yaml")),
    ("ovhcloud", include_str!("../../demo/offers/ovhcloud.yaml")),
    ("ovhcloud-us", include_str!("../../demo/offers/ovhcloud-us.yaml")),
    ("rheinland", include_str!("../../demo/offers/rheinland.yaml")),
    ("sakura-internet", include_str!("../../demo/offers/sakura-internet.yaml")),
    ("softbank", include_str!("../../demo/offers/softbank.yaml")),
    ("tsukaeru", include_str!("../../demo/offers/tsukaeru.yaml")),
];

/// Loads the demo market from the files built into the program.
pub fn catalogue() -> Result<DemoCatalogue, DemoError> {
    let list: ProviderList = serde_saphyr::from_str(PROVIDERS).map_err(DemoError::Providers)?;
    let mut offers = Vec::new();
    for provider in &list.providers {
        offers.extend(provider_offers(provider)?);
    }
    Ok(DemoCatalogue { providers: list.providers, offers })
}

/// The three sample services of the paper, as requirements to start from.
pub fn templates() -> Result<Vec<Requirement>, Faults> {
    sla::EXAMPLE_REQUIREMENTS.iter().map(|template| sla::parse_requirement(template.yaml)).collect()
}

fn provider_offers(provider: &DemoProvider) -> Result<Vec<Offer>, DemoError> {
    let foreign = || DemoError::Foreign { provider: provider.id.clone() };
    let (_, text) = OFFERS.iter().find(|(slug, _)| *slug == provider.id).ok_or_else(foreign)?;
    let documents = sla::parse_documents(text)
        .map_err(|faults| DemoError::Offers { provider: provider.id.clone(), faults })?;
    documents
        .into_iter()
        .map(|document| match document {
            Document::Offer(offer) if offer.metadata.provider.as_ref() == Some(&provider.did) => {
                Ok(offer)
            }
            _ => Err(foreign()),
        })
        .collect()
}

impl DemoProvider {
    /// The reference cloud behind it, if contracts can be carried out.
    #[must_use]
    pub fn cloud(&self) -> Option<&str> {
        match &self.backing {
            Backing::Cloud(name) => Some(name),
            Backing::CatalogueOnly => None,
        }
    }
}

impl DemoCatalogue {
    /// Who made an offer.
    #[must_use]
    pub fn provider_of(&self, offer: &Offer) -> Option<&DemoProvider> {
        let did = offer.metadata.provider.as_deref();
        self.providers.iter().find(|provider| did == Some(provider.did.as_str()))
    }
}
