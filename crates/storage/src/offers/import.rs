//! Many offers of one provider at once: what is there, new offers, next versions. A few hundred rows
//! travel in one statement, so that the number of statements hardly grows with the file.

use super::{NewOffer, OfferVersion};
use crate::record::{list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, OfferState, ProviderId, Timestamp};
use serde_json::{Value, json};

/// Rows of one statement; with documents of a few kilobytes about one megabyte.
const CHUNK: usize = 250;

record! {
    /// What an import has to know of an offer that is there already.
    pub struct OfferHead in "offer" {
        /// Its id.
        pub id: OfferId,
        /// `metadata.name` of its documents.
        pub slug: String,
        /// Where it stands.
        pub state: OfferState,
        /// The newest version.
        pub current_version: i64,
        /// The version the public sees.
        pub published_version: Option<i64>,
        /// Guards changes.
        pub revision: i64,
        /// Hash of the newest version.
        pub hash: String,
        /// Whether the newest version is signed.
        pub signed: bool,
    }
}

/// How an offer goes on: to this version, in this state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The offer.
    pub id: OfferId,
    /// The revision that was read.
    pub revision: i64,
    /// The newest version from now on.
    pub version: i64,
    /// Where it stands from now on.
    pub state: OfferState,
    /// The version the public sees from now on.
    pub published_version: Option<i64>,
}

statements! {
    // The names come as a JSON list, so that any number of them is one statement; see PUBLISHED_BY_IDS.
    HEADS = "
        SELECT offer.id AS id, offer.slug AS slug, offer.state AS state, offer.current_version
            AS current_version, offer.published_version AS published_version, offer.revision
            AS revision, newest.hash AS hash, offer_signature.kid IS NOT NULL AS signed
        FROM json_each($2) AS wanted
        CROSS JOIN offer ON offer.provider_id = $1 AND offer.slug = wanted.value
        JOIN offer_version AS newest
            ON newest.offer_id = offer.id AND newest.version = offer.current_version
        LEFT JOIN offer_signature
            ON offer_signature.offer_id = offer.id AND offer_signature.version = newest.version",
        postgres = "
        SELECT offer.id AS id, offer.slug AS slug, offer.state AS state, offer.current_version
            AS current_version, offer.published_version AS published_version, offer.revision
            AS revision, newest.hash AS hash, offer_signature.kid IS NOT NULL AS signed
        FROM json_array_elements_text(CAST($2 AS JSON)) AS wanted (value)
        JOIN offer ON offer.provider_id = $1 AND offer.slug = wanted.value
        JOIN offer_version AS newest
            ON newest.offer_id = offer.id AND newest.version = offer.current_version
        LEFT JOIN offer_signature
            ON offer_signature.offer_id = offer.id AND offer_signature.version = newest.version";
    INSERT_OFFERS = "
        INSERT INTO offer (id, provider_id, slug, state, current_version, published_version,
            created_at, updated_at, revision)
        SELECT unhex(value ->> 'id'), unhex(value ->> 'provider_id'), value ->> 'slug',
            value ->> 'state', 1, value ->> 'published_version', value ->> 'created_at',
            value ->> 'created_at', 1
        FROM json_each($1)",
        postgres = "
        INSERT INTO offer (id, provider_id, slug, state, current_version, published_version,
            created_at, updated_at, revision)
        SELECT id, provider_id, slug, state, 1, published_version, created_at, created_at, 1
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (id UUID, provider_id UUID, slug TEXT,
            state TEXT, published_version BIGINT, created_at BIGINT)";
    INSERT_VERSIONS = "
        INSERT INTO offer_version (offer_id, version, document, hash, title_en, title_ja,
            service_model, deployment_model, price_minor, currency, created_by, created_at)
        SELECT unhex(value ->> 'offer_id'), value ->> 'version', value ->> 'document',
            value ->> 'hash', value ->> 'title_en', value ->> 'title_ja',
            value ->> 'service_model', value ->> 'deployment_model', value ->> 'price_minor',
            value ->> 'currency', value ->> 'created_by', value ->> 'created_at'
        FROM json_each($1)",
        postgres = "
        INSERT INTO offer_version (offer_id, version, document, hash, title_en, title_ja,
            service_model, deployment_model, price_minor, currency, created_by, created_at)
        SELECT offer_id, version, document, hash, title_en, title_ja, service_model,
            deployment_model, price_minor, currency, created_by, created_at
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (offer_id UUID, version BIGINT,
            document TEXT, hash TEXT, title_en TEXT, title_ja TEXT, service_model TEXT,
            deployment_model TEXT, price_minor BIGINT, currency TEXT, created_by TEXT,
            created_at BIGINT)";
    ADVANCE = "
        UPDATE offer SET current_version = next.version, state = next.state,
            published_version = next.published_version, updated_at = $2,
            revision = offer.revision + 1
        FROM (SELECT unhex(value ->> 'id') AS id, value ->> 'revision' AS revision,
                value ->> 'version' AS version, value ->> 'state' AS state,
                value ->> 'published_version' AS published_version
            FROM json_each($1)) AS next
        WHERE offer.id = next.id AND offer.revision = next.revision",
        postgres = "
        UPDATE offer SET current_version = next.version, state = next.state,
            published_version = next.published_version, updated_at = $2,
            revision = offer.revision + 1
        FROM json_to_recordset(CAST($1 AS JSON)) AS next (id UUID, revision BIGINT,
            version BIGINT, state TEXT, published_version BIGINT)
        WHERE offer.id = next.id AND offer.revision = next.revision";
    // What nobody but its provider has seen leaves nothing behind but the audit list.
    DELETE_DRAFTS = "
        DELETE FROM offer WHERE state = 'draft' AND published_version IS NULL
            AND (id, revision) IN (SELECT unhex(value ->> 0), value ->> 1 FROM json_each($1))",
        postgres = "
        DELETE FROM offer USING json_array_elements(CAST($1 AS JSON)) AS wanted
        WHERE offer.state = 'draft' AND offer.published_version IS NULL
            AND offer.id = CAST(wanted.value ->> 0 AS UUID)
            AND offer.revision = CAST(wanted.value ->> 1 AS BIGINT)";
}

/// Looks a provider's offers up by their names, those that are there.
pub async fn heads(
    tx: &mut Tx,
    provider: ProviderId,
    slugs: &[&str],
) -> Result<Vec<OfferHead>, StorageError> {
    let mut found = Vec::with_capacity(slugs.len());
    for chunk in slugs.chunks(CHUNK * 4) {
        let names = Value::from(chunk.to_vec()).to_string();
        found.extend(list!(tx, OfferHead, HEADS, provider.uuid(), names)?);
    }
    Ok(found)
}

/// Adds offers in the given state; insert their versions 1 next.
pub async fn insert_offers(
    tx: &mut Tx,
    offers: &[NewOffer],
    state: OfferState,
) -> Result<(), StorageError> {
    let published = (state == OfferState::Published).then_some(1);
    let row = |offer: &NewOffer| {
        json!({
            "id": offer.id.uuid().simple().to_string(),
            "provider_id": offer.provider_id.uuid().simple().to_string(),
            "slug": offer.slug,
            "state": state.to_string(),
            "published_version": published,
            "created_at": offer.created_at.0,
        })
    };
    for chunk in offers.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, INSERT_OFFERS, Value::from(rows).to_string())?;
    }
    Ok(())
}

/// Adds versions of offers; see [`super::is_version_taken`].
pub async fn insert_versions(tx: &mut Tx, versions: &[OfferVersion]) -> Result<(), StorageError> {
    for chunk in versions.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(version_row).collect();
        execute!(tx, INSERT_VERSIONS, Value::from(rows).to_string())?;
    }
    Ok(())
}

/// Makes inserted versions the newest ones; `Conflict` unless every revision is current.
pub async fn advance(tx: &mut Tx, offers: &[Advance], at: Timestamp) -> Result<(), StorageError> {
    let row = |offer: &Advance| {
        json!({
            "id": offer.id.uuid().simple().to_string(),
            "revision": offer.revision,
            "version": offer.version,
            "state": offer.state.to_string(),
            "published_version": offer.published_version,
        })
    };
    for chunk in offers.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        let affected = execute!(tx, ADVANCE, Value::from(rows).to_string(), at.0)?;
        if affected != chunk.len() as u64 {
            return Err(StorageError::Conflict { what: "offer" });
        }
    }
    Ok(())
}

/// Removes drafts that were never published, with their versions, reviews and history; `Conflict` unless every
/// revision is current.
pub async fn delete_drafts(tx: &mut Tx, drafts: &[(OfferId, i64)]) -> Result<(), StorageError> {
    for chunk in drafts.chunks(CHUNK) {
        let row =
            |(id, revision): &(OfferId, i64)| json!([id.uuid().simple().to_string(), revision]);
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        if execute!(tx, DELETE_DRAFTS, Value::from(rows).to_string())? != chunk.len() as u64 {
            return Err(StorageError::Conflict { what: "offer" });
        }
    }
    Ok(())
}

fn version_row(version: &OfferVersion) -> Value {
    json!({
        "offer_id": version.offer_id.uuid().simple().to_string(),
        "version": version.version,
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
