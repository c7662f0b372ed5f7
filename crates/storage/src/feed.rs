//! Events of the public market, numbered in the order in which they became known. What they say is decided by the broker.

use crate::record::{expect_one, find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{EventId, OfferId, ProviderId, Timestamp};
use serde_json::{Value, json};

/// Rows of one statement.
const CHUNK: usize = 500;

record! {
    /// How far the feed goes.
    pub struct Head in "feed_head" {
        /// The number of the latest event; 0: there is none.
        pub number: i64,
        /// Events up to this one were removed because of their age.
        pub removed: i64,
    }
}

record! {
    /// An offer that the public sees otherwise than the latest event says; the public sees none that is not for everybody.
    pub struct Unwritten in "offer" {
        /// Its id.
        pub id: OfferId,
        /// Whose it is.
        pub provider_id: ProviderId,
        /// The version the public sees; `None`: it is not on the market.
        pub version: Option<i64>,
        /// What the latest event says; `None`: not on the market.
        pub version_before: Option<i64>,
    }
}

record! {
    /// A provider that changed, and what the latest event said of it.
    pub struct ProviderLook in "provider" {
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
        /// Whether a cloud is connected.
        pub backed: bool,
        /// Whether that cloud was found to keep the contract of the provider API.
        pub passed: bool,
        /// JSON list of its cloud's regions.
        pub cloud_regions: Option<String>,
        /// Hash of what the latest event said; `None`: it said nothing yet.
        pub hash: Option<String>,
    }
}

/// An event to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// From 1, without a gap.
    pub number: i64,
    /// Its id.
    pub id: EventId,
    /// What happened, a word.
    pub kind: &'static str,
    /// The provider it is about, or whose offer it is about.
    pub provider_id: ProviderId,
    /// The offer; `None`: the provider itself.
    pub offer_id: Option<OfferId>,
    /// Its version.
    pub version: Option<i64>,
    /// The version that the public saw before.
    pub version_before: Option<i64>,
    /// All changes of a new version taken together.
    pub verdict: Option<&'static str>,
    /// The same item by item, as JSON.
    pub changes: Option<String>,
    /// When it became known.
    pub at: Timestamp,
}

record! {
    /// An event with the names of what it is about.
    pub struct Event in "feed_event" {
        /// From 1, without a gap.
        pub number: i64,
        /// Its id.
        pub id: EventId,
        /// What happened, a word.
        pub kind: String,
        /// The provider.
        pub provider_id: ProviderId,
        /// Its short name for addresses.
        pub provider_slug: String,
        /// Its English name.
        pub provider_name_en: String,
        /// Its Japanese name.
        pub provider_name_ja: String,
        /// The offer.
        pub offer_id: Option<OfferId>,
        /// Its short name.
        pub offer_slug: Option<String>,
        /// Its version.
        pub version: Option<i64>,
        /// The version that the public saw before.
        pub version_before: Option<i64>,
        /// English title of the version, or of the one before where there is none.
        pub title_en: Option<String>,
        /// Japanese title.
        pub title_ja: Option<String>,
        /// Lower-case hex SHA-256 of the version's text.
        pub hash: Option<String>,
        /// All changes taken together, a word.
        pub verdict: Option<String>,
        /// The same item by item, as JSON.
        pub changes: Option<String>,
        /// When it became known.
        pub at: Timestamp,
    }
}

macro_rules! event_columns {
    () => {
        "number, feed_event.id AS id, kind, feed_event.provider_id AS provider_id,
            provider.slug AS provider_slug, provider.name_en AS provider_name_en,
            provider.name_ja AS provider_name_ja, feed_event.offer_id AS offer_id,
            offer.slug AS offer_slug, feed_event.version AS version,
            feed_event.version_before AS version_before, named.title_en AS title_en,
            named.title_ja AS title_ja,
            CASE WHEN feed_event.version IS NOT NULL THEN named.hash END AS hash, verdict, changes,
            at
        FROM feed_event
        JOIN provider ON provider.id = feed_event.provider_id
        LEFT JOIN offer ON offer.id = feed_event.offer_id
        LEFT JOIN offer_version AS named ON named.offer_id = feed_event.offer_id
            AND named.version = COALESCE(feed_event.version, feed_event.version_before)"
    };
}

statements! {
    READ = "
        SELECT number, removed FROM feed_head WHERE id = 1";
    // SQLite lets one unit of work write at a time; PostgreSQL has to be told.
    LOCK = "
        SELECT number, removed FROM feed_head WHERE id = 1",
        postgres = "
        SELECT number, removed FROM feed_head WHERE id = 1 FOR UPDATE";
    ADVANCE = "
        UPDATE feed_head SET number = $2 WHERE id = 1 AND number = $1";
    LIST_UNWRITTEN = "
        SELECT offer.id AS id, offer.provider_id AS provider_id,
            CASE WHEN offer.state IN ('published', 'withdrawing') AND offer.audience_id IS NULL
                THEN offer.published_version END AS version,
            feed_offer.version AS version_before
        FROM offer LEFT JOIN feed_offer ON feed_offer.offer_id = offer.id
        WHERE offer.updated_at >= $1
            AND CASE WHEN offer.state IN ('published', 'withdrawing') AND offer.audience_id IS NULL
                THEN offer.published_version ELSE 0 END
                <> COALESCE(feed_offer.version, 0)
        ORDER BY offer.updated_at, offer.id LIMIT $2";
    LIST_PROVIDERS = "
        SELECT provider.id AS id, slug, did, name_en, name_ja, description_en, description_ja,
            country, homepage, cloud_url IS NOT NULL AS backed,
            COALESCE(cloud_passed_url = cloud_url, FALSE) AS passed, cloud_regions,
            feed_provider.hash AS hash
        FROM provider LEFT JOIN feed_provider ON feed_provider.provider_id = provider.id
        WHERE provider.updated_at >= $1 AND provider.id > $2
        ORDER BY provider.id LIMIT $3";
    INSERT = "
        INSERT INTO feed_event (number, id, kind, provider_id, offer_id, version, version_before,
            verdict, changes, at)
        SELECT value ->> 'number', unhex(value ->> 'id'), value ->> 'kind',
            unhex(value ->> 'provider_id'), unhex(value ->> 'offer_id'), value ->> 'version',
            value ->> 'version_before', value ->> 'verdict', value ->> 'changes', value ->> 'at'
        FROM json_each($1)",
        postgres = "
        INSERT INTO feed_event (number, id, kind, provider_id, offer_id, version, version_before,
            verdict, changes, at)
        SELECT number, id, kind, provider_id, offer_id, version, version_before, verdict, changes,
            at
        FROM json_to_recordset(CAST($1 AS JSON)) AS new (number BIGINT, id UUID, kind TEXT,
            provider_id UUID, offer_id UUID, version BIGINT, version_before BIGINT, verdict TEXT,
            changes TEXT, at BIGINT)";
    PUT_OFFERS = "
        INSERT INTO feed_offer (offer_id, version)
        SELECT unhex(value ->> 'id'), value ->> 'version'
        FROM json_each($1) WHERE TRUE
        ON CONFLICT (offer_id) DO UPDATE SET version = excluded.version",
        postgres = "
        INSERT INTO feed_offer (offer_id, version)
        SELECT id, version FROM json_to_recordset(CAST($1 AS JSON)) AS new (id UUID, version BIGINT)
        ON CONFLICT (offer_id) DO UPDATE SET version = excluded.version";
    PUT_PROVIDERS = "
        INSERT INTO feed_provider (provider_id, hash)
        SELECT unhex(value ->> 'id'), value ->> 'hash'
        FROM json_each($1) WHERE TRUE
        ON CONFLICT (provider_id) DO UPDATE SET hash = excluded.hash",
        postgres = "
        INSERT INTO feed_provider (provider_id, hash)
        SELECT id, hash FROM json_to_recordset(CAST($1 AS JSON)) AS new (id UUID, hash TEXT)
        ON CONFLICT (provider_id) DO UPDATE SET hash = excluded.hash";
    LIST_AFTER = concat!("
        SELECT ", event_columns!(), "
        WHERE number > $1 ORDER BY number LIMIT $2");
    LIST_BEFORE = concat!("
        SELECT ", event_columns!(), "
        WHERE number < $1 ORDER BY number DESC LIMIT $2");
    LIST_OF_OFFER = concat!("
        SELECT ", event_columns!(), "
        WHERE feed_event.offer_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3");
    NOTE_REMOVED = "
        UPDATE feed_head SET removed = COALESCE(
            (SELECT MAX(number) FROM feed_event WHERE at < $1), removed)
        WHERE id = 1";
    DELETE_OLD = "
        DELETE FROM feed_event WHERE number <= (SELECT removed FROM feed_head WHERE id = 1)";
}

/// How far the feed goes.
pub async fn read(tx: &mut Tx) -> Result<Head, StorageError> {
    there(find!(tx, Head, READ)?)
}

/// The same, kept from everybody else who writes until the unit of work ends.
pub async fn lock(tx: &mut Tx) -> Result<Head, StorageError> {
    there(find!(tx, Head, LOCK)?)
}

/// The migration put the row there.
fn there(found: Option<Head>) -> Result<Head, StorageError> {
    let detail = "its only row is missing".to_owned();
    found.ok_or(StorageError::Corrupt { what: "feed_head", detail })
}

/// Lists offers that changed since and that the public sees otherwise than the latest event says, oldest change first.
pub async fn list_unwritten(
    tx: &mut Tx,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Unwritten>, StorageError> {
    list!(tx, Unwritten, LIST_UNWRITTEN, since.0, i64::from(limit))
}

/// Lists providers that changed since, in the order of their ids.
pub async fn list_providers(
    tx: &mut Tx,
    since: Timestamp,
    after: Option<ProviderId>,
    limit: u32,
) -> Result<Vec<ProviderLook>, StorageError> {
    let after = after.map_or(uuid::Uuid::nil(), ProviderId::uuid);
    list!(tx, ProviderLook, LIST_PROVIDERS, since.0, after, i64::from(limit))
}

/// Adds events behind the head that was locked; `Conflict` when the head is another one.
pub async fn append(tx: &mut Tx, head: &Head, events: &[NewEvent]) -> Result<(), StorageError> {
    let Some(last) = events.last() else { return Ok(()) };
    let row = |event: &NewEvent| {
        json!({
            "number": event.number,
            "id": event.id.uuid().simple().to_string(),
            "kind": event.kind,
            "provider_id": event.provider_id.uuid().simple().to_string(),
            "offer_id": event.offer_id.map(|id| id.uuid().simple().to_string()),
            "version": event.version,
            "version_before": event.version_before,
            "verdict": event.verdict,
            "changes": event.changes,
            "at": event.at.0,
        })
    };
    for chunk in events.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, INSERT, Value::from(rows).to_string())?;
    }
    expect_one(execute!(tx, ADVANCE, head.number, last.number)?, "feed_head")
}

/// Notes what the latest events say of offers.
pub async fn put_offers(tx: &mut Tx, offers: &[Unwritten]) -> Result<(), StorageError> {
    let row = |offer: &Unwritten| json!({ "id": offer.id.uuid().simple().to_string(), "version": offer.version });
    for chunk in offers.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, PUT_OFFERS, Value::from(rows).to_string())?;
    }
    Ok(())
}

/// Notes what the latest events say of providers.
pub async fn put_providers(
    tx: &mut Tx,
    providers: &[(ProviderId, String)],
) -> Result<(), StorageError> {
    let row = |(id, hash): &(ProviderId, String)| json!({ "id": id.uuid().simple().to_string(), "hash": hash });
    for chunk in providers.chunks(CHUNK) {
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        execute!(tx, PUT_PROVIDERS, Value::from(rows).to_string())?;
    }
    Ok(())
}

/// Lists events behind a number, oldest first.
pub async fn list_after(tx: &mut Tx, number: i64, limit: u32) -> Result<Vec<Event>, StorageError> {
    list!(tx, Event, LIST_AFTER, number, i64::from(limit))
}

/// Lists events before a number, newest first.
pub async fn list_before(tx: &mut Tx, number: i64, limit: u32) -> Result<Vec<Event>, StorageError> {
    list!(tx, Event, LIST_BEFORE, number, i64::from(limit))
}

/// Lists events of one offer before a number, newest first.
pub async fn list_of_offer(
    tx: &mut Tx,
    offer: OfferId,
    number: i64,
    limit: u32,
) -> Result<Vec<Event>, StorageError> {
    list!(tx, Event, LIST_OF_OFFER, offer.uuid(), number, i64::from(limit))
}

/// Removes events older than `before` and notes up to which; returns how many. Call it with the head locked.
pub async fn remove_older_than(tx: &mut Tx, before: Timestamp) -> Result<u64, StorageError> {
    execute!(tx, NOTE_REMOVED, before.0)?;
    execute!(tx, DELETE_OLD)
}
