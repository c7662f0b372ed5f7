//! The last examination of each provider's cloud, and who waits for one.
//! What a report says is read by the broker, never here.

use crate::record::{find, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ProviderId, Timestamp};

record! {
    /// Where the examination of a cloud stands.
    pub struct CloudReport in "cloud_report" {
        /// Whose cloud it is.
        pub provider_id: ProviderId,
        /// Since when somebody waits for an examination.
        pub requested_at: Option<Timestamp>,
        /// Since when it goes on.
        pub claimed_at: Option<Timestamp>,
        /// The address that was examined.
        pub cloud_url: Option<String>,
        /// `conforms`, `deviates` or `not_run`.
        pub verdict: Option<String>,
        /// JSON.
        pub report: Option<String>,
        /// When the report was made.
        pub examined_at: Option<Timestamp>,
    }
}

record! {
    /// A cloud that somebody waits for.
    pub struct Waiting in "cloud_report" {
        /// Whose cloud it is.
        pub provider_id: ProviderId,
    }
}

record! {
    /// A connected cloud and its last examination.
    pub struct ExaminedCloud in "cloud_report" {
        /// Whose cloud it is.
        pub provider_id: ProviderId,
        /// The provider's short name for addresses.
        pub slug: String,
        /// The provider's English name.
        pub name_en: String,
        /// The provider's Japanese name.
        pub name_ja: String,
        /// Whether the address that was examined is the one that is connected.
        pub current: bool,
        /// `conforms`, `deviates` or `not_run`.
        pub verdict: Option<String>,
        /// Since when somebody waits for an examination.
        pub requested_at: Option<Timestamp>,
        /// Since when it goes on.
        pub claimed_at: Option<Timestamp>,
        /// When the report was made.
        pub examined_at: Option<Timestamp>,
    }
}

/// What an examination found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The address that was examined.
    pub cloud_url: &'a str,
    /// `conforms`, `deviates` or `not_run`.
    pub verdict: &'a str,
    /// JSON.
    pub report: &'a str,
    /// When it ended.
    pub examined_at: Timestamp,
}

statements! {
    // Asking again while somebody waits changes nothing.
    REQUEST = "
        INSERT INTO cloud_report (provider_id, requested_at) VALUES ($1, $2)
        ON CONFLICT (provider_id) DO UPDATE
            SET requested_at = COALESCE(cloud_report.requested_at, excluded.requested_at)";
    TAKE_BACK = "
        UPDATE cloud_report SET requested_at = NULL WHERE provider_id = $1 AND claimed_at IS NULL";
    LIST_WAITING = "
        SELECT provider_id FROM cloud_report
        WHERE requested_at IS NOT NULL AND (claimed_at IS NULL OR claimed_at < $1)
        ORDER BY requested_at, provider_id LIMIT 10";
    CLAIM = "
        UPDATE cloud_report SET claimed_at = $3
        WHERE provider_id = $1 AND requested_at IS NOT NULL
            AND (claimed_at IS NULL OR claimed_at < $2)";
    STORE = "
        UPDATE cloud_report SET requested_at = NULL, claimed_at = NULL, cloud_url = $3,
            verdict = $4, report = $5, examined_at = $6
        WHERE provider_id = $1 AND claimed_at = $2";
    // Those that were examined so long ago are examined again.
    REQUEST_OLD = "
        UPDATE cloud_report SET requested_at = $2
        WHERE requested_at IS NULL
            AND (examined_at <= $1 OR (verdict = 'not_run' AND examined_at <= $3))
            AND EXISTS (
                SELECT 1 FROM provider
                WHERE provider.id = cloud_report.provider_id AND provider.cloud_url IS NOT NULL)";
    // What a cloud says of itself is news when it said something else before and was examined then.
    NOTE_CAPABILITIES = "
        UPDATE cloud_report
        SET requested_at = CASE
                WHEN capabilities IS NOT NULL AND examined_at IS NOT NULL
                THEN COALESCE(requested_at, $3) ELSE requested_at END,
            capabilities = $2
        WHERE provider_id = $1 AND (capabilities IS NULL OR capabilities <> $2)";
    LIST_CONNECTED = "
        SELECT provider.id AS provider_id, provider.slug AS slug, provider.name_en AS name_en,
            provider.name_ja AS name_ja,
            COALESCE(cloud_report.cloud_url = provider.cloud_url, FALSE) AS current,
            cloud_report.verdict AS verdict, cloud_report.requested_at AS requested_at,
            cloud_report.claimed_at AS claimed_at, cloud_report.examined_at AS examined_at
        FROM provider LEFT JOIN cloud_report ON cloud_report.provider_id = provider.id
        WHERE provider.cloud_url IS NOT NULL ORDER BY provider.slug LIMIT 1000";
    FIND = "
        SELECT provider_id, requested_at, claimed_at, cloud_url, verdict, report, examined_at
        FROM cloud_report WHERE provider_id = $1";
}

/// Notes that somebody waits for an examination.
pub async fn request(tx: &mut Tx, id: ProviderId, at: Timestamp) -> Result<(), StorageError> {
    execute!(tx, REQUEST, id.uuid(), at.0)?;
    Ok(())
}

/// Asks again for every connected cloud whose report was made by `before`, or by `not_run_before` where it could not be
/// examined; returns how many.
pub async fn request_old(
    tx: &mut Tx,
    (before, not_run_before): (Timestamp, Timestamp),
    at: Timestamp,
) -> Result<u64, StorageError> {
    execute!(tx, REQUEST_OLD, before.0, at.0, not_run_before.0)
}

/// Notes what a cloud says of itself, as a hash, and asks for an examination when that is something else
/// than before; true when it was noted.
pub async fn note_capabilities(
    tx: &mut Tx,
    id: ProviderId,
    hash: &str,
    at: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, NOTE_CAPABILITIES, id.uuid(), hash, at.0)? == 1)
}

/// Lists every connected cloud with its last examination, by short name; the first 1000.
pub async fn list_connected(tx: &mut Tx) -> Result<Vec<ExaminedCloud>, StorageError> {
    list!(tx, ExaminedCloud, LIST_CONNECTED)
}

/// Nobody waits for an examination that has not begun any more.
pub async fn take_back(tx: &mut Tx, id: ProviderId) -> Result<(), StorageError> {
    execute!(tx, TAKE_BACK, id.uuid())?;
    Ok(())
}

/// Lists whom somebody waits for and nobody examines, or took before `stale`; the first 10.
pub async fn list_waiting(tx: &mut Tx, stale: Timestamp) -> Result<Vec<Waiting>, StorageError> {
    list!(tx, Waiting, LIST_WAITING, stale.0)
}

/// Takes an examination; false when another process was first.
pub async fn claim(
    tx: &mut Tx,
    id: ProviderId,
    stale: Timestamp,
    at: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, CLAIM, id.uuid(), stale.0, at.0)? == 1)
}

/// Keeps what was found; false when it was taken by another process since `claimed_at`.
pub async fn store(
    tx: &mut Tx,
    id: ProviderId,
    claimed_at: Timestamp,
    finding: &Finding<'_>,
) -> Result<bool, StorageError> {
    let affected = execute!(
        tx,
        STORE,
        id.uuid(),
        claimed_at.0,
        finding.cloud_url,
        finding.verdict,
        finding.report,
        finding.examined_at.0,
    )?;
    Ok(affected == 1)
}

/// Looks up where the examination of a cloud stands.
pub async fn find(tx: &mut Tx, id: ProviderId) -> Result<Option<CloudReport>, StorageError> {
    find!(tx, CloudReport, FIND, id.uuid())
}
