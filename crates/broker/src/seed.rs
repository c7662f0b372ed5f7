//! Filling the market: the demo market with its people, and a synthetic one of any size.
//!
//! Both are repeatable: what is there already stays as it is.

use crate::accounts::SignUp;
use crate::demo::{self, DemoProvider};
use crate::documents::number;
use crate::offers::version_row;
use crate::providers::ProviderEntry;
use crate::sync::beside;
use crate::{Broker, BrokerError, OpContext};
use domain::{OfferId, OrganisationId, ProviderId, Role, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use storage::offers::{self, NewOffer, OfferVersion};
use uuid::Uuid;

/// Offers of one unit of work: a market of any size is made in bounded memory.
const BATCH: usize = 5_000;
/// The password of the demo people; the start page of a demo market says so.
pub const DEMO_PASSWORD: &str = "kumoichi-demo";

/// A person of the demo market.
#[derive(Debug, Clone, Copy)]
pub struct DemoPerson {
    /// Signs in with this address.
    pub email: &'static str,
    /// The name shown.
    pub name: &'static str,
    /// The organisation's name.
    pub organisation: &'static str,
    /// What the organisation is.
    pub role: Role,
}

/// One person for each role; the provider manages the first backed cloud.
pub const DEMO_PEOPLE: [DemoPerson; 3] = [
    DemoPerson {
        email: "customer@demo.example",
        name: "Hanako Sato",
        organisation: "Aozora City",
        role: Role::Customer,
    },
    DemoPerson {
        email: "provider@demo.example",
        name: "Taro Kita",
        organisation: "Hokusei Cloud",
        role: Role::Provider,
    },
    DemoPerson {
        email: "broker@demo.example",
        name: "Ichi Kumo",
        organisation: "Kumoichi",
        role: Role::Broker,
    },
];

/// Where the three reference clouds answer, by the name the demo providers use.
pub type DemoClouds = BTreeMap<String, (String, String)>;

/// What a seeding did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Providers in the seeded market.
    pub providers: usize,
    /// Offers that were added.
    pub offers: usize,
}

impl Broker {
    /// Loads the demo market and connects its backed providers to `clouds` (address, token).
    pub async fn seed_demo(
        &self,
        ctx: &OpContext,
        clouds: &DemoClouds,
    ) -> Result<Seeded, BrokerError> {
        let catalogue = demo::catalogue()
            .map_err(|error| BrokerError::Internal(format!("demo market: {error}")))?;
        self.add_standard_categories(ctx).await?;
        let organisation = self.seed_people(ctx).await?;
        let mut owner = organisation;
        let mut providers = BTreeMap::new();
        for provider in &catalogue.providers {
            let connection = provider.cloud().and_then(|name| clouds.get(name));
            let managed_by = if provider.cloud().is_some() { owner.take() } else { None };
            let id = self.ensure_provider(ctx, entry(provider), managed_by).await?;
            if let Some((url, token)) = connection {
                self.connect_provider(ctx, id, url, token).await?;
                self.vouch_for(ctx, id, url).await?;
            }
            providers.insert(provider.did.clone(), id);
        }
        let offers = self.seed_offers(ctx, &providers, catalogue.offers.into_iter()).await?;
        self.sync_market().await?;
        Ok(Seeded { providers: catalogue.providers.len(), offers })
    }

    /// Adds a synthetic market, the same for the same seed on every machine.
    pub async fn seed_synthetic(
        &self,
        ctx: &OpContext,
        count: u32,
        seed: u64,
    ) -> Result<Seeded, BrokerError> {
        self.add_standard_categories(ctx).await?;
        let companies = demo::synthetic_providers();
        let mut providers = BTreeMap::new();
        for company in &companies {
            let id = self.ensure_provider(ctx, entry(company), None).await?;
            providers.insert(company.did.clone(), id);
        }
        let offers = self.seed_offers(ctx, &providers, demo::synthetic_offers(count, seed)).await?;
        self.sync_market().await?;
        Ok(Seeded { providers: companies.len(), offers })
    }

    /// The demo people; returns the organisation of the provider.
    async fn seed_people(&self, ctx: &OpContext) -> Result<Option<OrganisationId>, BrokerError> {
        let mut provider = None;
        for person in DEMO_PEOPLE {
            let form = SignUp {
                email: person.email.to_owned(),
                password: DEMO_PASSWORD.to_owned(),
                name: person.name.to_owned(),
                organisation: person.organisation.to_owned(),
                role: person.role.to_string(),
            };
            let viewer = self.ensure_person(ctx, form, person.role).await?;
            if person.role == Role::Provider {
                provider = Some(viewer.organisation);
            }
        }
        Ok(provider)
    }

    /// Publishes documents as first versions, some thousands at a time; an offer that exists stays as it
    /// is.
    async fn seed_offers(
        &self,
        ctx: &OpContext,
        providers: &BTreeMap<String, ProviderId>,
        documents: impl Iterator<Item = sla::Offer>,
    ) -> Result<usize, BrokerError> {
        let mut documents = documents.peekable();
        let mut added = 0;
        while documents.peek().is_some() {
            let batch = documents.by_ref().take(BATCH).collect();
            added += self.seed_batch(ctx, providers, batch).await?;
        }
        Ok(added)
    }

    async fn seed_batch(
        &self,
        ctx: &OpContext,
        providers: &BTreeMap<String, ProviderId>,
        documents: Vec<sla::Offer>,
    ) -> Result<usize, BrokerError> {
        let now = self.now();
        let mut named = Vec::with_capacity(documents.len());
        for document in documents {
            let did = document.metadata.provider.clone().unwrap_or_default();
            let Some(&provider_id) = providers.get(&did) else {
                return Err(BrokerError::NotFound { what: "provider" });
            };
            let slug = document.metadata.name.clone();
            let offer = NewOffer { id: offer_id(&did, &slug), provider_id, slug, created_at: now };
            named.push((offer, document));
        }
        let mut tx = self.begin().await?;
        let ids: Vec<OfferId> = named.iter().map(|(offer, _)| offer.id).collect();
        let known = offers::known(&mut tx, &ids).await?;
        named.retain(|(offer, _)| !known.contains(&offer.id));
        // Many documents are written and hashed beside the async workers.
        let ctx = ctx.clone();
        let rows = beside("seed", move || first_versions(&ctx, named, now)).await??;
        offers::insert_published(&mut tx, &rows).await?;
        tx.commit().await?;
        Ok(rows.len())
    }
}

fn first_versions(
    ctx: &OpContext,
    offers: Vec<(NewOffer, sla::Offer)>,
    now: Timestamp,
) -> Result<Vec<(NewOffer, OfferVersion)>, BrokerError> {
    let row = |(offer, mut document): (NewOffer, sla::Offer)| {
        number(&mut document.metadata, 1);
        let version = version_row(ctx, offer.id, 1, &document, now)?;
        Ok((offer, version))
    };
    offers.into_iter().map(row).collect()
}

/// The same offer has the same id in every seeded market, so that links in the tour work.
fn offer_id(did: &str, slug: &str) -> OfferId {
    let digest = Sha256::new().chain_update(did).chain_update([0]).chain_update(slug).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    OfferId(Uuid::from_bytes(bytes))
}

fn entry(provider: &DemoProvider) -> ProviderEntry {
    ProviderEntry {
        slug: provider.id.clone(),
        did: provider.did.clone(),
        name_en: provider.name.en.clone(),
        name_ja: provider.name.ja.clone(),
        description_en: provider.description.en.clone(),
        description_ja: provider.description.ja.clone(),
        country: provider.country.clone(),
        homepage: Some(provider.homepage.clone()),
    }
}
