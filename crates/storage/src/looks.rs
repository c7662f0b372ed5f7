//! What watched requirements know of the market: the last state of each offer they were held
//! against, and how far the changes were followed. Which news it makes is decided by the broker.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{AudienceId, OfferId, RequirementId, Timestamp};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Rows of one statement.
const CHUNK: usize = 500;

record! {
    /// How far the changes of the market were followed.
    pub struct MarketLook in "market_look" {
        /// The latest change of an offer that was looked at.
        pub seen_until: Timestamp,
        /// The day, counted from 1970, on which evidence was last judged; `None`: not yet.
        pub judged_day: Option<i64>,
        /// Grows with every look; guards updates.
        pub revision: i64,
    }
}

record! {
    /// An offer that changed, and whether that was looked at.
    pub struct Changed in "offer" {
        /// Whether the state it is in was looked at.
        pub seen: bool,
        /// The offer.
        [flatten]
        pub offer: Unseen,
    }
}

record! {
    /// An offer that changed since it was looked at.
    pub struct Unseen in "offer" {
        /// Its id.
        pub id: OfferId,
        /// Its revision.
        pub revision: i64,
        /// When it changed.
        pub updated_at: Timestamp,
        /// The version the public sees; `None`: it is not on the market.
        pub version: Option<i64>,
        /// The version that was seen last; `None`: it was not on the market.
        pub seen_version: Option<i64>,
        /// Who alone may know of it; `None`: everybody.
        pub audience_id: Option<AudienceId>,
        /// JSON list of the organisations that could know of it then; `None`: everybody.
        pub seen_members: Option<String>,
        /// English name of who offers it.
        pub provider_name_en: String,
        /// Japanese name of who offers it.
        pub provider_name_ja: String,
    }
}

record! {
    /// What a requirement knew of an offer when it was saved.
    pub struct Known in "requirement_known" {
        /// The requirement.
        pub requirement_id: RequirementId,
        /// The offer.
        pub offer_id: OfferId,
        /// The offer's revision.
        pub revision: i64,
        /// The version the public saw; `None`: it was not on the market.
        pub version: Option<i64>,
    }
}

record! {
    /// The document of one version of an offer.
    pub struct VersionText in "offer_version" {
        /// The offer.
        pub offer_id: OfferId,
        /// Counts from 1.
        pub version: i64,
        /// Canonical JSON.
        pub document: String,
    }
}

statements! {
    READ = "
        SELECT seen_until, judged_day, revision FROM market_look WHERE id = 1";
    // SQLite lets one unit of work write at a time; PostgreSQL has to be told.
    LOCK = "
        SELECT seen_until, judged_day, revision FROM market_look WHERE id = 1",
        postgres = "
        SELECT seen_until, judged_day, revision FROM market_look WHERE id = 1 FOR UPDATE";
    ADVANCE = "
        UPDATE market_look SET seen_until = $2, judged_day = $3, revision = revision + 1
        WHERE id = 1 AND revision = $1";
    // Rows that were looked at are read and marked, not passed over: each statement ends after its limit.
    LIST_CHANGED = "
        SELECT offer_look.revision IS NOT NULL AND offer_look.revision = offer.revision AS seen,
            offer.id AS id, offer.revision AS revision, offer.updated_at AS updated_at,
            CASE WHEN offer.state IN ('published', 'withdrawing') THEN offer.published_version END
                AS version,
            offer_look.version AS seen_version, offer.audience_id AS audience_id,
            offer_look.members AS seen_members, provider.name_en AS provider_name_en,
            provider.name_ja AS provider_name_ja
        FROM offer JOIN provider ON provider.id = offer.provider_id
        LEFT JOIN offer_look ON offer_look.offer_id = offer.id
        WHERE (offer.updated_at, offer.id) > ($1, $2)
        ORDER BY offer.updated_at, offer.id LIMIT $3";
    PUT = "
        INSERT INTO offer_look (offer_id, revision, version, members)
        SELECT unhex(value ->> 'id'), value ->> 'revision', value ->> 'version', value ->> 'members'
        FROM json_each($1) WHERE TRUE
        ON CONFLICT (offer_id) DO UPDATE
            SET revision = excluded.revision, version = excluded.version,
                members = excluded.members",
        postgres = "
        INSERT INTO offer_look (offer_id, revision, version, members)
        SELECT id, revision, version, members
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (id UUID, revision BIGINT, version BIGINT,
            members TEXT)
        ON CONFLICT (offer_id) DO UPDATE
            SET revision = excluded.revision, version = excluded.version,
                members = excluded.members";
    KNOW_UNSEEN = "
        INSERT INTO requirement_known (requirement_id, offer_id, revision, version)
        SELECT $1, offer.id, offer.revision,
            CASE WHEN offer.state IN ('published', 'withdrawing') THEN offer.published_version END
        FROM offer LEFT JOIN offer_look ON offer_look.offer_id = offer.id
        WHERE offer.updated_at >= $2
            AND (offer_look.revision IS NULL OR offer_look.revision <> offer.revision)
        ON CONFLICT (requirement_id, offer_id) DO UPDATE
            SET revision = excluded.revision, version = excluded.version";
    LIST_KNOWN = "
        SELECT requirement_id, offer_id, revision, version
        FROM json_each($1) AS wanted
        JOIN requirement_known ON requirement_known.offer_id = unhex(wanted.value)",
        postgres = "
        SELECT requirement_id, offer_id, revision, version
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN requirement_known ON requirement_known.offer_id = CAST(wanted.value AS UUID)";
    FORGET_SEEN = "
        DELETE FROM requirement_known
        WHERE revision <= (SELECT offer_look.revision FROM offer_look
            WHERE offer_look.offer_id = requirement_known.offer_id)";
    // CROSS JOIN keeps SQLite from looking through the list for each version there is.
    LIST_TEXTS = "
        SELECT offer_version.offer_id AS offer_id, offer_version.version AS version, document
        FROM json_each($1) AS wanted
        CROSS JOIN offer_version ON offer_version.offer_id = unhex(wanted.value ->> 'id')
            AND offer_version.version = wanted.value ->> 'version'",
        postgres = "
        SELECT offer_version.offer_id AS offer_id, offer_version.version AS version, document
        FROM json_to_recordset(CAST($1 AS JSON)) AS wanted (id UUID, version BIGINT)
        JOIN offer_version ON offer_version.offer_id = wanted.id
            AND offer_version.version = wanted.version";
}

/// How far the changes were followed.
pub async fn read(tx: &mut Tx) -> Result<MarketLook, StorageError> {
    there(find!(tx, MarketLook, READ)?)
}

/// The same, kept from everybody else until the unit of work ends.
pub async fn lock(tx: &mut Tx) -> Result<MarketLook, StorageError> {
    there(find!(tx, MarketLook, LOCK)?)
}

/// The migration put the row there.
fn there(found: Option<MarketLook>) -> Result<MarketLook, StorageError> {
    let detail = "its only row is missing".to_owned();
    found.ok_or(StorageError::Corrupt { what: "market_look", detail })
}

/// Writes how far the changes were followed; `Conflict` unless the revision is current.
pub async fn advance(tx: &mut Tx, to: &MarketLook) -> Result<(), StorageError> {
    let affected = execute!(tx, ADVANCE, to.revision, to.seen_until.0, to.judged_day)?;
    expect_one(affected, "market_look")
}

/// Lists offers that changed after that change of that offer, oldest change first.
pub async fn list_changed(
    tx: &mut Tx,
    after: (Timestamp, OfferId),
    limit: u32,
) -> Result<Vec<Changed>, StorageError> {
    list!(tx, Changed, LIST_CHANGED, after.0.0, after.1.uuid(), i64::from(limit))
}

/// Notes that these offers were looked at, which of their versions, and who could know of those that are not public.
pub async fn put(
    tx: &mut Tx,
    seen: &[Unseen],
    members: &HashMap<OfferId, String>,
) -> Result<(), StorageError> {
    let row = |offer: &Unseen| {
        let id = offer.id.uuid().simple().to_string();
        let members = members.get(&offer.id);
        json!({ "id": id, "revision": offer.revision, "version": offer.version, "members": members })
    };
    for chunk in seen.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, PUT, Value::from(rows).to_string())?;
    }
    Ok(())
}

/// Lets a requirement know every change since `since` that was not looked at yet: it was saved
/// with them there.
pub async fn know_unseen(
    tx: &mut Tx,
    requirement: RequirementId,
    since: Timestamp,
) -> Result<(), StorageError> {
    execute!(tx, KNOW_UNSEEN, requirement.uuid(), since.0).map(drop)
}

/// Lists what requirements knew of these offers when they were saved.
pub async fn list_known(tx: &mut Tx, offers: &[OfferId]) -> Result<Vec<Known>, StorageError> {
    let mut known = Vec::new();
    for chunk in offers.chunks(CHUNK) {
        let ids: Vec<_> = chunk.iter().map(|id| id.uuid().simple().to_string()).collect();
        known.extend(list!(tx, Known, LIST_KNOWN, Value::from(ids).to_string())?);
    }
    Ok(known)
}

/// Forgets what requirements knew of offers that were looked at since.
pub async fn forget_seen(tx: &mut Tx) -> Result<u64, StorageError> {
    execute!(tx, FORGET_SEEN)
}

/// Reads the documents of these versions, in any order.
pub async fn list_texts(
    tx: &mut Tx,
    versions: &[(OfferId, i64)],
) -> Result<Vec<VersionText>, StorageError> {
    let row = |(id, version): &(OfferId, i64)| json!({ "id": id.uuid().simple().to_string(), "version": version });
    let mut texts = Vec::with_capacity(versions.len());
    for chunk in versions.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        texts.extend(list!(tx, VersionText, LIST_TEXTS, Value::from(rows).to_string())?);
    }
    Ok(texts)
}
