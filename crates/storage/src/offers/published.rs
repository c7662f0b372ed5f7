//! Offers as the public sees them.

use super::{OfferText, PublishedOffer};
use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{find, ids_text, list};
use crate::statement::statements;
use crate::{StorageError, Tx};
use domain::{OfferId, ProviderId};
use std::collections::HashMap;

/// Columns of [`PublishedOffer`], from the tables that [`published_tables`] joins.
macro_rules! published_columns {
    () => {
        "offer.id AS id, offer.slug AS slug, offer.revision AS revision,
            offer.updated_at AS updated_at, offer.ends_at AS ends_at,
            offer.audience_id AS audience_id, audience.kind AS audience_kind,
            offer.provider_id AS provider_id,
            provider.organisation_id AS provider_organisation, provider.slug AS provider_slug,
            provider.name_en AS provider_name_en, provider.name_ja AS provider_name_ja,
            provider.country AS provider_country,
            provider.cloud_url IS NOT NULL AS provider_backed,
            COALESCE(provider.cloud_passed_url = provider.cloud_url, FALSE) AS provider_passed,
            provider.cloud_regions AS provider_cloud_regions, shown.version AS version,
            shown.document AS document, shown.hash AS hash, shown.title_en AS title_en,
            shown.title_ja AS title_ja, shown.service_model AS service_model,
            shown.deployment_model AS deployment_model, shown.price_minor AS price_minor,
            shown.currency AS currency"
    };
}

macro_rules! published_tables {
    () => {
        "JOIN offer_version AS shown
            ON shown.offer_id = offer.id AND shown.version = offer.published_version
        JOIN provider ON provider.id = offer.provider_id
        LEFT JOIN audience ON audience.id = offer.audience_id"
    };
}

statements! {
    FIND_PUBLISHED = concat!("
        SELECT ", published_columns!(), "
        FROM offer ", published_tables!(), "
        WHERE offer.id = $1 AND offer.state IN ('published', 'withdrawing')");
    LIST_PUBLISHED = concat!("
        SELECT ", published_columns!(), "
        FROM offer ", published_tables!(), "
        WHERE offer.state IN ('published', 'withdrawing') AND offer.id < $1
        ORDER BY offer.id DESC LIMIT $2");
    LIST_PUBLISHED_BY_PROVIDER = concat!("
        SELECT ", published_columns!(), "
        FROM offer ", published_tables!(), "
        WHERE offer.state IN ('published', 'withdrawing') AND offer.provider_id = $1
            AND offer.id < $2
        ORDER BY offer.id DESC LIMIT $3");
    // The ids come as a JSON list, so that any number of them is one statement. CROSS JOIN keeps
    // SQLite from walking the whole market and looking through the list for each offer.
    PUBLISHED_BY_IDS = concat!("
        SELECT ", published_columns!(), "
        FROM json_each($1) AS wanted
        CROSS JOIN offer ON offer.id = unhex(wanted.value) ", published_tables!(), "
        WHERE offer.state IN ('published', 'withdrawing')"),
        postgres = concat!("
        SELECT ", published_columns!(), "
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN offer ON offer.id = CAST(wanted.value AS UUID) ", published_tables!(), "
        WHERE offer.state IN ('published', 'withdrawing')");
    TEXTS = "
        SELECT shown.offer_id AS offer_id, shown.version AS version, shown.document AS document,
            shown.hash AS hash
        FROM json_each($1) AS wanted
        CROSS JOIN offer_version AS shown
            ON shown.offer_id = unhex(wanted.value ->> 0) AND shown.version = wanted.value ->> 1",
        postgres = "
        SELECT shown.offer_id AS offer_id, shown.version AS version, shown.document AS document,
            shown.hash AS hash
        FROM json_array_elements(CAST($1 AS JSON)) AS wanted (value)
        JOIN offer_version AS shown ON shown.offer_id = CAST(wanted.value ->> 0 AS UUID)
            AND shown.version = CAST(wanted.value ->> 1 AS BIGINT)";
}

/// Looks an offer up as the public sees it; `None` for drafts and withdrawn offers.
pub async fn find_published(
    tx: &mut Tx,
    id: OfferId,
) -> Result<Option<PublishedOffer>, StorageError> {
    find!(tx, PublishedOffer, FIND_PUBLISHED, id.uuid())
}

/// Lists what the public sees, newest first.
pub async fn list_published_page(
    tx: &mut Tx,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<PublishedOffer>, StorageError> {
    let (_, before) = Cursor::newest_first(cursor);
    let rows = list!(tx, PublishedOffer, LIST_PUBLISHED, before, fetch_limit(limit))?;
    Ok(cut(rows, limit, |row| Cursor::after_id(row.id.uuid())))
}

/// Lists what the public sees of one provider, newest first.
pub async fn list_published_by_provider(
    tx: &mut Tx,
    provider: ProviderId,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<PublishedOffer>, StorageError> {
    let (_, before) = Cursor::newest_first(cursor);
    let (provider, rows) = (provider.uuid(), fetch_limit(limit));
    let rows = list!(tx, PublishedOffer, LIST_PUBLISHED_BY_PROVIDER, provider, before, rows)?;
    Ok(cut(rows, limit, |row| Cursor::after_id(row.id.uuid())))
}

/// Reads the published ones among `ids` in one statement, in the order asked for.
pub async fn published_by_ids(
    tx: &mut Tx,
    ids: &[OfferId],
) -> Result<Vec<PublishedOffer>, StorageError> {
    let wanted = ids_text(ids.iter().map(|id| id.uuid()));
    let mut found: HashMap<_, _> = list!(tx, PublishedOffer, PUBLISHED_BY_IDS, wanted)?
        .into_iter()
        .map(|offer| (offer.id, offer))
        .collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Reads the documents of versions in one statement, in any order. Versions never change, so one that
/// was seen once is there, published or not.
pub async fn texts(
    tx: &mut Tx,
    versions: &[(OfferId, i64)],
) -> Result<Vec<OfferText>, StorageError> {
    let wanted: Vec<_> = versions
        .iter()
        .map(|(id, version)| serde_json::json!([id.uuid().simple().to_string(), version]))
        .collect();
    list!(tx, OfferText, TEXTS, serde_json::Value::from(wanted).to_string())
}
