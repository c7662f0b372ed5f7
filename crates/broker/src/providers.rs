//! Providers as the market shows them, and their connection to a cloud.

use crate::admissions;
use crate::audit::{Entry, record};
use crate::market::OfferCard;
use crate::names::name_fault;
use crate::ports::CloudConnection;
use crate::regions::{self, CloudRegion};
use crate::shelf::Shelved;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, OrganisationId, ProviderId, Role};
use search::{FacetField, SearchQuery, SearchSort};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::sync::Arc;
use storage::providers::{self, Connection, NewProvider, Provider};
use storage::{Secret, Tx, cloud_reports, lock, offers};
use uuid::Uuid;

/// Offers on a provider's page; the market list shows the rest.
const OFFERS_SHOWN: usize = 100;
/// Longest token of a cloud; it travels in a header.
const TOKEN_BYTES_MAX: usize = 4096;

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
    /// Whether that cloud was found to keep the contract of the provider API; until then nothing of it
    /// can be ordered.
    pub passed: bool,
    /// The regions its cloud has; `None`: no cloud, or one that has not answered yet.
    pub regions: Option<Vec<CloudRegion>>,
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
    /// The market that it is mirrored from; `None`: it belongs here.
    pub mirrored_from: Option<String>,
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

impl From<&Provider> for ProviderCard {
    fn from(row: &Provider) -> Self {
        Self {
            id: row.id,
            slug: row.slug.clone(),
            name_en: row.name_en.clone(),
            name_ja: row.name_ja.clone(),
            country: row.country.clone(),
            backed: row.cloud_url.is_some(),
            passed: row.cloud_url.is_some() && row.cloud_passed_url == row.cloud_url,
            regions: regions::read(row.cloud_regions.as_deref()),
        }
    }
}

/// An administered provider has the same id in every installation, so that seeded markets are equal.
fn entry_id(did: &str) -> ProviderId {
    let digest =
        Sha256::new().chain_update("provider").chain_update([0]).chain_update(did).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    ProviderId(Uuid::from_bytes(bytes))
}

/// A provider by slug or id.
pub(crate) async fn find(tx: &mut Tx, slug_or_id: &str) -> Result<Provider, BrokerError> {
    const MISSING: BrokerError = BrokerError::NotFound { what: "provider" };
    // No provider has such a name, and not every database can be asked for it.
    if slug_or_id.contains(char::is_control) {
        return Err(MISSING);
    }
    let found = match slug_or_id.parse() {
        Ok(id) => providers::find(tx, id).await?,
        Err(_) => providers::find_by_slug(tx, slug_or_id).await?,
    };
    found.ok_or(MISSING)
}

impl Broker {
    /// All providers, by short name; at most 1000.
    pub async fn providers(&self, ctx: &OpContext) -> Result<Vec<ProviderCard>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "provider")?;
        let rows = providers::list(&mut self.begin_read().await?).await?;
        let card = |row: providers::ProviderListing| ProviderCard {
            id: row.id,
            slug: row.slug,
            name_en: row.name_en,
            name_ja: row.name_ja,
            country: row.country,
            backed: row.backed,
            passed: row.passed,
            regions: regions::read(row.cloud_regions.as_deref()),
        };
        Ok(rows.into_iter().map(card).collect())
    }

    /// One provider by slug or id.
    pub async fn provider(
        &self,
        ctx: &OpContext,
        slug_or_id: &str,
    ) -> Result<ProviderView, BrokerError> {
        ctx.may(Action::ReadMarket, None, "provider")?;
        let mut tx = self.begin_read().await?;
        let row = find(&mut tx, slug_or_id).await?;
        drop(tx);
        self.provider_view(ctx, &row).await
    }

    /// The entry that the signed-in provider organisation manages.
    pub async fn my_provider(&self, ctx: &OpContext) -> Result<ProviderView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let row = self.own_provider(ctx, &mut tx).await?;
        drop(tx);
        self.provider_view(ctx, &row).await
    }

    /// The provider row of the actor's organisation.
    pub(crate) async fn own_provider(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
    ) -> Result<Provider, BrokerError> {
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        if viewer.role != Role::Provider {
            return Err(BrokerError::WrongRole);
        }
        let rows = providers::list_by_organisation(tx, viewer.organisation).await?;
        rows.into_iter().next().ok_or(BrokerError::NotFound { what: "provider" })
    }

    /// Its published offers that the actor may know of, the newest first, at most 100.
    pub(crate) async fn published_of(
        &self,
        ctx: &OpContext,
        row: &Provider,
    ) -> Result<Vec<Arc<Shelved>>, BrokerError> {
        let newest = SearchQuery {
            sight: ctx.sight(),
            chosen: vec![(FacetField::Provider, row.slug.clone())],
            sort: SearchSort::Newest,
            limit: OFFERS_SHOWN,
            ..SearchQuery::default()
        };
        let found = self.on_index(move |index| index.ids(&newest)).await?;
        let mut offers = self.shelved_of(&self.inner.shelf.seen_by(ctx.sight()), &found).await?;
        offers.sort_by_key(|offer| (Reverse(offer.card.published_at), offer.card.id));
        Ok(offers)
    }

    async fn provider_view(
        &self,
        ctx: &OpContext,
        row: &Provider,
    ) -> Result<ProviderView, BrokerError> {
        let offers = self.published_of(ctx, row).await?;
        let mirrored_from = storage::mirror::find_origin(&mut self.look().await?, row.id).await?;
        Ok(ProviderView {
            card: ProviderCard::from(row),
            did: row.did.clone(),
            description_en: row.description_en.clone(),
            description_ja: row.description_ja.clone(),
            homepage: row.homepage.clone(),
            organisation: row.organisation_id,
            offers: offers.iter().map(|offer| offer.card.clone()).collect(),
            mirrored_from,
        })
    }

    /// Creates the entry; repeatable by slug, an existing entry stays as it is.
    pub async fn ensure_provider(
        &self,
        ctx: &OpContext,
        entry: ProviderEntry,
        organisation: Option<OrganisationId>,
    ) -> Result<ProviderId, BrokerError> {
        ctx.may(Action::AdministerProviders, None, "provider")?;
        let names = [("/nameEn", &entry.name_en), ("/nameJa", &entry.name_ja)];
        let faults: Vec<FieldFault> = names
            .into_iter()
            .filter_map(|(pointer, name)| name_fault(pointer, name, "give the provider a name"))
            .collect();
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let mut tx = self.begin().await?;
        if let Some(existing) = providers::find_by_slug(&mut tx, &entry.slug).await? {
            return Ok(existing.id);
        }
        let id = entry_id(&entry.did);
        let row = NewProvider {
            id,
            organisation_id: organisation,
            slug: entry.slug,
            did: entry.did,
            name_en: entry.name_en,
            name_ja: entry.name_ja,
            description_en: entry.description_en,
            description_ja: entry.description_ja,
            country: entry.country,
            homepage: entry.homepage,
            created_at: self.now(),
        };
        providers::insert(&mut tx, &row).await?;
        admissions::enter(self, &mut tx, id).await?;
        record(self, ctx, &mut tx, Entry::new("provider.created", id)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Connects a provider to its cloud; the token is sealed before it is stored.
    pub async fn connect_provider(
        &self,
        ctx: &OpContext,
        provider: ProviderId,
        url: &str,
        token: &str,
    ) -> Result<(), BrokerError> {
        ctx.may(Action::AdministerProviders, None, "provider")?;
        let visible = |character: char| character.is_ascii_graphic();
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX || !token.chars().all(visible) {
            // The token is never repeated in a fault.
            let allowed = "1 to 4096 visible ASCII characters without spaces";
            let message = "this cannot be a token of a provider API";
            return Err(BrokerError::field("/token", "cloud_token", "", allowed, message));
        }
        let connection = CloudConnection { provider, url: url.to_owned(), token: token.to_owned() };
        self.inner.drivers.driver(&connection).map_err(|reason| {
            BrokerError::field("/url", "address", url, "the address of a provider API", &reason)
        })?;
        let sealed = self.inner.sealer.seal(self.ids(), &provider.to_string(), token)?;
        let connection = Connection { url: url.to_owned(), token_sealed: Secret(sealed) };
        let mut tx = self.begin().await?;
        lock::provider(&mut tx, provider).await?;
        let row = providers::find(&mut tx, provider)
            .await?
            .ok_or(BrokerError::NotFound { what: "provider" })?;
        let (id, revision, now) = (row.id, row.revision, self.now());
        providers::set_connection(&mut tx, id, revision, Some(&connection), now).await?;
        // Its offers can be contracted when it has passed: everybody who follows the market looks again.
        offers::touch_published(&mut tx, id, now).await?;
        if row.cloud_passed_url.as_deref() != Some(url) {
            cloud_reports::request(&mut tx, id, now).await?;
        }
        record(self, ctx, &mut tx, Entry::new("provider.connected", id)).await?;
        tx.commit().await?;
        self.inner.known_clouds.forget(provider);
        self.sync_market().await
    }

    /// How to reach the provider's cloud; `None`: catalogue only.
    pub(crate) async fn cloud_of(
        &self,
        tx: &mut Tx,
        provider: ProviderId,
    ) -> Result<Option<CloudConnection>, BrokerError> {
        let Some(row) = providers::find_connection(tx, provider).await? else {
            return Ok(None);
        };
        let token = self.inner.sealer.open(&provider.to_string(), &row.token_sealed.0)?;
        Ok(Some(CloudConnection { provider, url: row.url, token }))
    }
}

/// In whose name the actor does what brokers do for the market (the first action) and providers for themselves (the
/// second one): `None` is the market.
pub(crate) async fn market_or_own(
    ctx: &OpContext,
    tx: &mut Tx,
    (for_market, for_provider): (Action, Action),
    what: &'static str,
) -> Result<Option<ProviderId>, BrokerError> {
    if ctx.actor.viewer().is_none_or(|viewer| viewer.role != Role::Provider) {
        ctx.may(for_market, None, what)?;
        return Ok(None);
    }
    let organisation = ctx.actor.organisation();
    ctx.may(for_provider, organisation, "provider")?;
    let own = match organisation {
        Some(organisation) => providers::list_by_organisation(tx, organisation).await?,
        None => Vec::new(),
    };
    let own = own.into_iter().next().ok_or(BrokerError::NotFound { what: "provider" })?;
    Ok(Some(own.id))
}
