//! Offers in any state, as their providers and the broker see them.

use super::{
    Offer, OfferListing, OfferVersion, OfferWithProvider, VersionDocument, VersionListing,
};
use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{find, list};
use crate::statement::statements;
use crate::{StorageError, Tx};
use domain::{OfferId, ProviderId};

statements! {
    FIND = "
        SELECT offer.id AS id, provider_id, offer.slug AS slug, state, current_version,
            published_version, offer.created_at AS created_at, offer.updated_at AS updated_at,
            offer.revision AS revision, offer.ends_at AS ends_at,
            offer.audience_id AS audience_id,
            provider.organisation_id AS provider_organisation,
            provider.slug AS provider_slug, provider.name_en AS provider_name_en,
            provider.name_ja AS provider_name_ja, provider.country AS provider_country,
            provider.cloud_url IS NOT NULL AS provider_backed,
            COALESCE(provider.cloud_passed_url = provider.cloud_url, FALSE) AS provider_passed,
            provider.cloud_regions AS provider_cloud_regions
        FROM offer JOIN provider ON provider.id = offer.provider_id
        WHERE offer.id = $1";
    FIND_BY_SLUG = "
        SELECT id, provider_id, slug, state, current_version, published_version, created_at,
            updated_at, revision, ends_at, audience_id
        FROM offer WHERE provider_id = $1 AND slug = $2";
    FIND_VERSION = "
        SELECT offer_id, version, document, hash, title_en, title_ja, service_model,
            deployment_model, price_minor, currency, created_by, created_at
        FROM offer_version WHERE offer_id = $1 AND version = $2";
    LIST_VERSIONS = "
        SELECT version, hash, title_en, title_ja, price_minor, currency, created_by, created_at
        FROM offer_version WHERE offer_id = $1
        ORDER BY version DESC LIMIT 1000";
    LIST_DOCUMENTS = "
        SELECT version, document FROM offer_version WHERE offer_id = $1
        ORDER BY version DESC LIMIT $2";
    LIST_BY_PROVIDER = "
        SELECT offer.id AS id, provider_id, slug, offer.state AS state, current_version,
            published_version, offer.created_at AS created_at, updated_at, revision, ends_at,
            audience_id, newest.title_en AS title_en,
            newest.title_ja AS title_ja, newest.price_minor AS price_minor,
            newest.currency AS currency, review.state AS review_state,
            review.publish_at AS publish_at
        FROM offer
        JOIN offer_version AS newest
            ON newest.offer_id = offer.id AND newest.version = offer.current_version
        LEFT JOIN offer_review AS review ON review.offer_id = offer.id
            AND review.state IN ('submitted', 'in_review', 'approved')
        WHERE offer.provider_id = $1 AND offer.id < $2
        ORDER BY offer.id DESC LIMIT $3";
}

/// Looks an offer up in any state.
pub async fn find(tx: &mut Tx, id: OfferId) -> Result<Option<OfferWithProvider>, StorageError> {
    find!(tx, OfferWithProvider, FIND, id.uuid())
}

/// Looks an offer up by its provider and name, in any state.
pub async fn find_by_slug(
    tx: &mut Tx,
    provider: ProviderId,
    slug: &str,
) -> Result<Option<Offer>, StorageError> {
    find!(tx, Offer, FIND_BY_SLUG, provider.uuid(), slug)
}

/// Looks one version up.
pub async fn find_version(
    tx: &mut Tx,
    id: OfferId,
    version: i64,
) -> Result<Option<OfferVersion>, StorageError> {
    find!(tx, OfferVersion, FIND_VERSION, id.uuid(), version)
}

/// Lists the versions of an offer without their documents, newest first, at most 1000.
pub async fn list_versions(tx: &mut Tx, id: OfferId) -> Result<Vec<VersionListing>, StorageError> {
    list!(tx, VersionListing, LIST_VERSIONS, id.uuid())
}

/// Lists the documents of an offer's versions, newest first, at most `limit`.
pub async fn list_documents(
    tx: &mut Tx,
    id: OfferId,
    limit: u32,
) -> Result<Vec<VersionDocument>, StorageError> {
    list!(tx, VersionDocument, LIST_DOCUMENTS, id.uuid(), i64::from(limit))
}

/// Lists a provider's offers in every state, newest first.
pub async fn list_by_provider(
    tx: &mut Tx,
    provider: ProviderId,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<OfferListing>, StorageError> {
    let (_, before) = Cursor::newest_first(cursor);
    let limit_rows = fetch_limit(limit);
    let rows = list!(tx, OfferListing, LIST_BY_PROVIDER, provider.uuid(), before, limit_rows)?;
    Ok(cut(rows, limit, |row| Cursor::after_id(row.offer.id.uuid())))
}
