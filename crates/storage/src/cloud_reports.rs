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
    FIND = "
        SELECT provider_id, requested_at, claimed_at, cloud_url, verdict, report, examined_at
        FROM cloud_report WHERE provider_id = $1";
}

/// Notes that somebody waits for an examination.
pub async fn request(tx: &mut Tx, id: ProviderId, at: Timestamp) -> Result<(), StorageError> {
    execute!(tx, REQUEST, id.uuid(), at.0)?;
    Ok(())
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
