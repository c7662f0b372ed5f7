//! Other markets whose catalogue is mirrored here: how far each is followed, and which providers came from it.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, ProviderId, Timestamp};

record! {
    /// A market that is followed.
    pub struct Mirror in "mirror" {
        /// Scheme and host.
        pub origin: String,
        /// Its feed was followed up to this event; `None`: its catalogue was not compared yet.
        pub cursor: Option<i64>,
        /// When the whole catalogue was last compared.
        pub compared_at: Option<Timestamp>,
        /// Why the last look did not succeed.
        pub fault: Option<String>,
        /// When it was last looked at.
        pub updated_at: Timestamp,
    }
}

record! {
    /// Where a provider came from.
    pub struct Origin in "mirrored_provider" {
        /// Scheme and host of the market.
        pub origin: String,
    }
}

record! {
    /// A published offer in a catalogue.
    pub struct CatalogueRow in "offer" {
        /// Its id.
        pub id: OfferId,
        /// Whose it is.
        pub provider_id: ProviderId,
        /// Its short name.
        pub slug: String,
        /// The published version.
        pub version: i64,
        /// Lower-case hex SHA-256 of its canonical text.
        pub hash: String,
    }
}

/// What everybody sees of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFacts {
    /// Its id.
    pub id: ProviderId,
    /// Unique short name for addresses.
    pub slug: String,
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
}

macro_rules! catalogue {
    ($where:literal) => {
        concat!(
            "
        SELECT offer.id AS id, offer.provider_id AS provider_id, offer.slug AS slug,
            shown.version AS version, shown.hash AS hash
        FROM offer JOIN offer_version AS shown
            ON shown.offer_id = offer.id AND shown.version = offer.published_version ",
            $where,
            "
        ORDER BY offer.id LIMIT $2"
        )
    };
}

statements! {
    ADD = "
        INSERT INTO mirror (origin, updated_at) VALUES ($1, $2)
        ON CONFLICT (origin) DO NOTHING";
    FIND = "
        SELECT origin, cursor, compared_at, fault, updated_at FROM mirror WHERE origin = $1";
    // SQLite lets one unit of work write at a time; PostgreSQL has to be told.
    LOCK = "
        SELECT origin, cursor, compared_at, fault, updated_at FROM mirror WHERE origin = $1",
        postgres = "
        SELECT origin, cursor, compared_at, fault, updated_at FROM mirror WHERE origin = $1
        FOR UPDATE";
    LIST = "
        SELECT origin, cursor, compared_at, fault, updated_at FROM mirror ORDER BY origin LIMIT 100";
    ADVANCE = "
        UPDATE mirror SET cursor = $2, compared_at = COALESCE($3, compared_at), fault = NULL,
            updated_at = $4
        WHERE origin = $1";
    NOTE_FAULT = "
        UPDATE mirror SET fault = $2, updated_at = $3 WHERE origin = $1";
    FIND_ORIGIN = "
        SELECT origin FROM mirrored_provider WHERE provider_id = $1";
    MARK = "
        INSERT INTO mirrored_provider (provider_id, origin) VALUES ($1, $2)";
    SET_FACTS = "
        UPDATE provider SET slug = $2, name_en = $3, name_ja = $4, description_en = $5,
            description_ja = $6, country = $7, homepage = $8, updated_at = $9,
            revision = revision + 1
        WHERE id = $1 AND (slug <> $2 OR name_en <> $3 OR name_ja <> $4 OR description_en <> $5
            OR description_ja <> $6 OR country <> $7
            OR COALESCE(homepage, '') <> COALESCE($8, ''))";
    CATALOGUE = catalogue!("
        WHERE offer.state IN ('published', 'withdrawing') AND offer.audience_id IS NULL
            AND offer.id > $1");
    CATALOGUE_OF_ORIGIN = catalogue!("
        JOIN mirrored_provider ON mirrored_provider.provider_id = offer.provider_id
            AND mirrored_provider.origin = $3
        WHERE offer.state IN ('published', 'withdrawing') AND offer.id > $1");
}

/// Adds a market to follow; one that is followed stays as it is.
pub async fn add(tx: &mut Tx, origin: &str, at: Timestamp) -> Result<(), StorageError> {
    execute!(tx, ADD, origin, at.0).map(drop)
}

/// Looks a market up.
pub async fn find(tx: &mut Tx, origin: &str) -> Result<Option<Mirror>, StorageError> {
    find!(tx, Mirror, FIND, origin)
}

/// The same, kept from everybody else who follows it until the unit of work ends.
pub async fn lock(tx: &mut Tx, origin: &str) -> Result<Option<Mirror>, StorageError> {
    find!(tx, Mirror, LOCK, origin)
}

/// Lists the markets that are followed, at most 100.
pub async fn list(tx: &mut Tx) -> Result<Vec<Mirror>, StorageError> {
    list!(tx, Mirror, LIST)
}

/// Notes how far a market was followed, and whether its whole catalogue was compared.
pub async fn advance(
    tx: &mut Tx,
    origin: &str,
    cursor: i64,
    compared_at: Option<Timestamp>,
    at: Timestamp,
) -> Result<(), StorageError> {
    let compared = compared_at.map(|at| at.0);
    expect_one(execute!(tx, ADVANCE, origin, cursor, compared, at.0)?, "mirror")
}

/// Notes why a look did not succeed.
pub async fn note_fault(
    tx: &mut Tx,
    origin: &str,
    fault: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    execute!(tx, NOTE_FAULT, origin, fault, at.0).map(drop)
}

/// Where a provider came from; `None`: it belongs here.
pub async fn find_origin(
    tx: &mut Tx,
    provider: ProviderId,
) -> Result<Option<String>, StorageError> {
    Ok(find!(tx, Origin, FIND_ORIGIN, provider.uuid())?.map(|row| row.origin))
}

/// Notes where a provider came from.
pub async fn mark(tx: &mut Tx, provider: ProviderId, origin: &str) -> Result<(), StorageError> {
    execute!(tx, MARK, provider.uuid(), origin).map(drop)
}

/// Gives a provider other facts; whether anything was different.
pub async fn set_facts(
    tx: &mut Tx,
    facts: &ProviderFacts,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let changed = execute!(
        tx,
        SET_FACTS,
        facts.id.uuid(),
        &facts.slug,
        &facts.name_en,
        &facts.name_ja,
        &facts.description_en,
        &facts.description_ja,
        &facts.country,
        &facts.homepage,
        at.0,
    )?;
    Ok(changed == 1)
}

/// Lists published offers in the order of their ids, `None` from the first one; those of a market that is mirrored, or all.
pub async fn catalogue(
    tx: &mut Tx,
    origin: Option<&str>,
    after: Option<OfferId>,
    limit: u32,
) -> Result<Vec<CatalogueRow>, StorageError> {
    let after = after.map_or(uuid::Uuid::nil(), OfferId::uuid);
    let rows = i64::from(limit);
    match origin {
        None => list!(tx, CatalogueRow, CATALOGUE, after, rows),
        Some(origin) => list!(tx, CatalogueRow, CATALOGUE_OF_ORIGIN, after, rows, origin),
    }
}
