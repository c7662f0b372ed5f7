//! Many published offers at once, for seeding: a few hundred rows travel in one statement.

use super::{NewOffer, OfferRevision, OfferVersion};
use crate::record::{ids_text, list};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::OfferId;
use serde_json::json;
use std::collections::HashSet;

/// Rows of one statement; with documents of a few kilobytes about one megabyte.
const CHUNK: usize = 250;

statements! {
    // The rows come as a JSON list, because the databases share no other form of many rows.
    INSERT_PUBLISHED = "
        INSERT INTO offer (id, provider_id, slug, state, current_version, published_version,
            created_at, updated_at, revision)
        SELECT unhex(value ->> 'id'), unhex(value ->> 'provider_id'), value ->> 'slug',
            'published', 1, 1, value ->> 'created_at', value ->> 'created_at', 1
        FROM json_each($1)",
        postgres = "
        INSERT INTO offer (id, provider_id, slug, state, current_version, published_version,
            created_at, updated_at, revision)
        SELECT id, provider_id, slug, 'published', 1, 1, created_at, created_at, 1
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (id UUID, provider_id UUID, slug TEXT,
            created_at BIGINT)";
    // CROSS JOIN keeps SQLite from looking through the list for each offer of the market.
    KNOWN = "
        SELECT offer.id AS id, offer.revision AS revision
        FROM json_each($1) AS wanted
        CROSS JOIN offer ON offer.id = unhex(wanted.value)",
        postgres = "
        SELECT offer.id AS id, offer.revision AS revision
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN offer ON offer.id = CAST(wanted.value AS UUID)";
    INSERT_VERSIONS = "
        INSERT INTO offer_version (offer_id, version, document, hash, title_en, title_ja,
            service_model, deployment_model, price_minor, currency, created_by, created_at)
        SELECT unhex(value ->> 'offer_id'), 1, value ->> 'document', value ->> 'hash',
            value ->> 'title_en', value ->> 'title_ja', value ->> 'service_model',
            value ->> 'deployment_model', value ->> 'price_minor', value ->> 'currency',
            value ->> 'created_by', value ->> 'created_at'
        FROM json_each($1)",
        postgres = "
        INSERT INTO offer_version (offer_id, version, document, hash, title_en, title_ja,
            service_model, deployment_model, price_minor, currency, created_by, created_at)
        SELECT offer_id, 1, document, hash, title_en, title_ja, service_model, deployment_model,
            price_minor, currency, created_by, created_at
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (offer_id UUID, document TEXT, hash TEXT,
            title_en TEXT, title_ja TEXT, service_model TEXT, deployment_model TEXT,
            price_minor BIGINT, currency TEXT, created_by TEXT, created_at BIGINT)";
}

/// Which of the ids belong to offers, in any state; one statement for all.
pub async fn known(tx: &mut Tx, ids: &[OfferId]) -> Result<HashSet<OfferId>, StorageError> {
    let wanted = ids_text(ids.iter().map(|id| id.uuid()));
    let found = list!(tx, OfferRevision, KNOWN, wanted)?;
    Ok(found.into_iter().map(|row| row.id).collect())
}

/// Adds offers that are published at once, each with its version 1; all of them or none.
pub async fn insert_published(
    tx: &mut Tx,
    offers: &[(NewOffer, OfferVersion)],
) -> Result<(), StorageError> {
    for chunk in offers.chunks(CHUNK) {
        let rows: Vec<_> = chunk.iter().map(|(offer, _)| offer_row(offer)).collect();
        execute!(tx, INSERT_PUBLISHED, serde_json::Value::from(rows).to_string())?;
        let rows: Vec<_> = chunk.iter().map(|(offer, first)| version_row(offer, first)).collect();
        execute!(tx, INSERT_VERSIONS, serde_json::Value::from(rows).to_string())?;
    }
    Ok(())
}

fn offer_row(offer: &NewOffer) -> serde_json::Value {
    json!({
        "id": offer.id.uuid().simple().to_string(),
        "provider_id": offer.provider_id.uuid().simple().to_string(),
        "slug": offer.slug,
        "created_at": offer.created_at.0,
    })
}

fn version_row(offer: &NewOffer, version: &OfferVersion) -> serde_json::Value {
    json!({
        "offer_id": offer.id.uuid().simple().to_string(),
        "document": version.document,
        "hash": version.hash,
        "title_en": version.title_en,
        "title_ja": version.title_ja,
        "service_model": version.service_model,
        "deployment_model": version.deployment_model,
        "price_minor": version.price.map(|price| price.minor),
        "currency": version.price.map(|price| price.currency.code()),
        "created_by": version.created_by,
        "created_at": version.created_at.0,
    })
}
