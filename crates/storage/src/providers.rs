//! Providers of the market, with and without a connected cloud.

use crate::record::{Secret, expect_one, find, ids_text, list, record};
use crate::statement::{execute, fetch_all, statements};
use crate::{StorageError, Tx};
use domain::{OrganisationId, ProviderId, Timestamp};
use uuid::Uuid;

/// A provider to be added, not yet connected to a cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProvider {
    /// Its id.
    pub id: ProviderId,
    /// The account behind it; `None` for catalogue-only providers.
    pub organisation_id: Option<OrganisationId>,
    /// Unique short name for addresses.
    pub slug: String,
    /// Unique decentralised identifier.
    pub did: String,
    /// English name.
    pub name_en: String,
    /// Japanese name.
    pub name_ja: String,
    /// English description.
    pub description_en: String,
    /// Japanese description.
    pub description_ja: String,
    /// Country of the seat, ISO 3166-1 alpha-2.
    pub country: String,
    /// Its own pages.
    pub homepage: Option<String>,
    /// When it joined.
    pub created_at: Timestamp,
}

record! {
    /// A provider.
    pub struct Provider in "provider" {
        /// Its id.
        pub id: ProviderId,
        /// The account behind it; `None` for catalogue-only providers.
        pub organisation_id: Option<OrganisationId>,
        /// Unique short name for addresses.
        pub slug: String,
        /// Unique decentralised identifier.
        pub did: String,
        /// English name.
        pub name_en: String,
        /// Japanese name.
        pub name_ja: String,
        /// English description.
        pub description_en: String,
        /// Japanese description.
        pub description_ja: String,
        /// Country of the seat, ISO 3166-1 alpha-2.
        pub country: String,
        /// Its own pages.
        pub homepage: Option<String>,
        /// Where its cloud answers; `None`: catalogue only.
        pub cloud_url: Option<String>,
        /// The address whose last examination found that it keeps the contract of the provider API.
        pub cloud_passed_url: Option<String>,
        /// JSON list of its cloud's regions; `None`: no cloud, or one that has not answered yet.
        pub cloud_regions: Option<String>,
        /// When it joined.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
        /// Grows with every change; guards updates.
        pub revision: i64,
    }
}

record! {
    /// How to reach a provider's cloud.
    pub struct Connection in "provider" {
        /// Where it answers.
        [rename = "cloud_url"]
        pub url: String,
        /// The access token, sealed with the installation's key ring.
        [rename = "cloud_token_sealed"]
        pub token_sealed: Secret<Vec<u8>>,
    }
}

record! {
    /// A provider whose cloud is connected.
    pub struct Connected in "provider" {
        /// Its id.
        pub id: ProviderId,
    }
}

record! {
    /// A provider in a list, with its offers counted.
    pub struct ProviderListing in "provider" {
        /// Its id.
        pub id: ProviderId,
        /// Unique short name for addresses.
        pub slug: String,
        /// Unique decentralised identifier.
        pub did: String,
        /// English name.
        pub name_en: String,
        /// Japanese name.
        pub name_ja: String,
        /// English description.
        pub description_en: String,
        /// Japanese description.
        pub description_ja: String,
        /// Country of the seat, ISO 3166-1 alpha-2.
        pub country: String,
        /// Its own pages.
        pub homepage: Option<String>,
        /// Whether a cloud is connected; otherwise it is catalogue only.
        pub backed: bool,
        /// Whether the connected cloud was found to keep the contract of the provider API.
        pub passed: bool,
        /// JSON list of its cloud's regions; `None`: no cloud, or one that has not answered yet.
        pub cloud_regions: Option<String>,
        /// Offers that everybody sees.
        pub published_offers: i64,
    }
}

statements! {
    INSERT = "
        INSERT INTO provider (id, organisation_id, slug, did, name_en, name_ja, description_en,
            description_ja, country, homepage, created_at, updated_at, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, 1)";
    SET_CONNECTION = "
        UPDATE provider SET cloud_url = $3, cloud_token_sealed = $4, updated_at = $5,
            cloud_regions = CASE WHEN cloud_url = $3 THEN cloud_regions END,
            cloud_reserve = CASE WHEN cloud_url = $3 THEN cloud_reserve END,
            revision = revision + 1
        WHERE id = $1 AND revision = $2";
    SET_REGIONS = "
        UPDATE provider SET cloud_regions = $3, updated_at = $4, revision = revision + 1
        WHERE id = $1 AND cloud_url = $2
            AND (cloud_regions IS NULL OR cloud_regions <> $3)";
    SET_RESERVE = "
        UPDATE provider SET cloud_reserve = $3
        WHERE id = $1 AND cloud_url = $2 AND (cloud_reserve IS NULL OR cloud_reserve <> $3)";
    LIST_RESERVES = "
        SELECT provider.id, provider.cloud_reserve FROM json_each($1) AS wanted
        CROSS JOIN provider ON provider.id = unhex(wanted.value)
            AND cloud_url IS NOT NULL AND cloud_reserve IS NOT NULL",
        postgres = "
        SELECT provider.id, provider.cloud_reserve FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN provider ON provider.id = CAST(wanted.value AS UUID)
            AND cloud_url IS NOT NULL AND cloud_reserve IS NOT NULL";
    SET_PASSED = "
        UPDATE provider SET cloud_passed_url = $3, updated_at = $4, revision = revision + 1
        WHERE id = $1 AND cloud_url = $2
            AND COALESCE(cloud_passed_url, '') <> COALESCE($3, '')";
    FIND = "
        SELECT id, organisation_id, slug, did, name_en, name_ja, description_en, description_ja,
            country, homepage, cloud_url, cloud_passed_url, cloud_regions, created_at, updated_at, revision
        FROM provider WHERE id = $1";
    FIND_BY_SLUG = "
        SELECT id, organisation_id, slug, did, name_en, name_ja, description_en, description_ja,
            country, homepage, cloud_url, cloud_passed_url, cloud_regions, created_at, updated_at, revision
        FROM provider WHERE slug = $1";
    FIND_BY_DID = "
        SELECT id, organisation_id, slug, did, name_en, name_ja, description_en, description_ja,
            country, homepage, cloud_url, cloud_passed_url, cloud_regions, created_at, updated_at, revision
        FROM provider WHERE did = $1";
    LIST_BY_ORGANISATION = "
        SELECT id, organisation_id, slug, did, name_en, name_ja, description_en, description_ja,
            country, homepage, cloud_url, cloud_passed_url, cloud_regions, created_at, updated_at, revision
        FROM provider WHERE organisation_id = $1
        ORDER BY id LIMIT 100";
    FIND_CONNECTION = "
        SELECT cloud_url, cloud_token_sealed FROM provider
        WHERE id = $1 AND cloud_url IS NOT NULL AND cloud_token_sealed IS NOT NULL";
    LIST_CONNECTED = "
        SELECT id FROM provider WHERE cloud_url IS NOT NULL ORDER BY id LIMIT 1000";
    LIST = "
        SELECT provider.id AS id, provider.slug AS slug, did, name_en, name_ja, description_en,
            description_ja, country, homepage, cloud_url IS NOT NULL AS backed,
            COALESCE(cloud_passed_url = cloud_url, FALSE) AS passed, cloud_regions,
            COUNT(offer.id) AS published_offers
        FROM provider
        LEFT JOIN offer ON offer.provider_id = provider.id
            AND offer.state IN ('published', 'withdrawing') AND offer.audience_id IS NULL
        GROUP BY provider.id
        ORDER BY provider.slug LIMIT 1000";
}

/// Adds a provider; see [`is_slug_taken`].
pub async fn insert(tx: &mut Tx, provider: &NewProvider) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        provider.id.uuid(),
        provider.organisation_id.map(OrganisationId::uuid),
        &provider.slug,
        &provider.did,
        &provider.name_en,
        &provider.name_ja,
        &provider.description_en,
        &provider.description_ja,
        &provider.country,
        provider.homepage.as_deref(),
        provider.created_at.0,
    )?;
    Ok(())
}

/// Whether [`insert`] was refused because another provider has the short name.
#[must_use]
pub fn is_slug_taken(error: &StorageError) -> bool {
    error.is_constraint("provider_slug_unique", "provider.slug")
}

/// Lists the providers with a connected cloud, the first 1,000.
pub async fn list_connected(tx: &mut Tx) -> Result<Vec<Connected>, StorageError> {
    list!(tx, Connected, LIST_CONNECTED)
}

/// Connects a cloud or, with `None`, takes it off; `Conflict` unless `revision` is current. The
/// regions of the cloud before are forgotten.
pub async fn set_connection(
    tx: &mut Tx,
    id: ProviderId,
    revision: i64,
    connection: Option<&Connection>,
    at: Timestamp,
) -> Result<(), StorageError> {
    let affected = execute!(
        tx,
        SET_CONNECTION,
        id.uuid(),
        revision,
        connection.map(|connection| connection.url.as_str()),
        connection.map(|connection| connection.token_sealed.0.as_slice()),
        at.0,
    )?;
    expect_one(affected, "provider")
}

/// Notes the regions of the cloud that answers at `url`; returns whether that is news.
///
/// A connection that was changed meanwhile is left alone.
pub async fn set_regions(
    tx: &mut Tx,
    id: ProviderId,
    url: &str,
    regions: &str,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let affected = execute!(tx, SET_REGIONS, id.uuid(), url, regions, at.0)?;
    Ok(affected > 0)
}

/// Notes what the cloud that answers at `url` says of booking without a hold, as JSON; returns whether that is news.
///
/// A connection that was changed meanwhile is left alone.
pub async fn set_reserve(
    tx: &mut Tx,
    id: ProviderId,
    url: &str,
    reserve: &str,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, SET_RESERVE, id.uuid(), url, reserve)? > 0)
}

/// What these providers' clouds say of booking without a hold, as JSON, in one statement; one that has not answered yet is
/// not among them.
pub async fn list_reserves(
    tx: &mut Tx,
    ids: &[ProviderId],
) -> Result<Vec<(ProviderId, String)>, StorageError> {
    let wanted = ids_text(ids.iter().map(|id| id.uuid()));
    let found = fetch_all!(tx, (Uuid, String), LIST_RESERVES, wanted)?;
    Ok(found.into_iter().map(|(id, text)| (ProviderId(id), text)).collect())
}

/// Notes whether the cloud that answers at `url` keeps the contract of the provider API; returns whether
/// that is news.
///
/// A connection that was changed meanwhile is left alone.
pub async fn set_passed(
    tx: &mut Tx,
    id: ProviderId,
    url: &str,
    passed: bool,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let passed = passed.then_some(url);
    Ok(execute!(tx, SET_PASSED, id.uuid(), url, passed, at.0)? > 0)
}

/// Looks a provider up.
pub async fn find(tx: &mut Tx, id: ProviderId) -> Result<Option<Provider>, StorageError> {
    find!(tx, Provider, FIND, id.uuid())
}

/// Looks a provider up by its short name.
pub async fn find_by_slug(tx: &mut Tx, slug: &str) -> Result<Option<Provider>, StorageError> {
    find!(tx, Provider, FIND_BY_SLUG, slug)
}

/// Looks a provider up by its decentralised identifier.
pub async fn find_by_did(tx: &mut Tx, did: &str) -> Result<Option<Provider>, StorageError> {
    find!(tx, Provider, FIND_BY_DID, did)
}

/// Lists the providers behind an account, the first 100; most accounts have one.
pub async fn list_by_organisation(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<Vec<Provider>, StorageError> {
    list!(tx, Provider, LIST_BY_ORGANISATION, organisation.uuid())
}

/// Reads how to reach a provider's cloud; `None`: catalogue only.
pub async fn find_connection(
    tx: &mut Tx,
    id: ProviderId,
) -> Result<Option<Connection>, StorageError> {
    find!(tx, Connection, FIND_CONNECTION, id.uuid())
}

/// Lists providers by short name, the first 1000, with their published offers counted.
pub async fn list(tx: &mut Tx) -> Result<Vec<ProviderListing>, StorageError> {
    list!(tx, ProviderListing, LIST)
}
