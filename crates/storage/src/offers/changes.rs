//! What a search or match index follows, and what the desk counts.

use super::{OfferChange, OfferCounts, OfferRevision};
use crate::record::list;
use crate::statement::{execute, fetch_all, fetch_one, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, OfferState, ProviderId, Timestamp};
use uuid::Uuid;

statements! {
    TOUCH_PUBLISHED = "
        UPDATE offer SET updated_at = $2, revision = revision + 1
        WHERE provider_id = $1 AND state IN ('published', 'withdrawing')";
    CHANGED_SINCE = "
        SELECT id, provider_id, revision, state, updated_at, published_version FROM offer
        WHERE (updated_at, id) > ($1, $2)
        ORDER BY updated_at, id LIMIT $3";
    PUBLISHED_REVISIONS = "
        SELECT id, revision FROM offer
        WHERE state IN ('published', 'withdrawing') AND id > $1
        ORDER BY id LIMIT $2";
    // Without a condition the table is read in the order it lies in, which is faster than its index.
    PUBLISHED_SUM = "
        SELECT CAST(COALESCE(SUM(CASE WHEN state IN ('published', 'withdrawing') THEN 1 ELSE 0 END), 0)
                AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN state IN ('published', 'withdrawing') THEN revision ELSE 0
                END), 0) AS BIGINT)
        FROM offer";
    COUNTS = "
        SELECT state, COUNT(*) AS offers FROM offer GROUP BY state";
}

/// Lists offers changed after the given change, oldest change first, at most `limit`.
///
/// Start with the moment 0 and the nil id. A change that commits late may carry an earlier
/// moment: [`published_revisions`] finds what was missed.
pub async fn changed_since(
    tx: &mut Tx,
    since: Timestamp,
    after: OfferId,
    limit: u32,
) -> Result<Vec<OfferChange>, StorageError> {
    list!(tx, OfferChange, CHANGED_SINCE, since.0, after.uuid(), i64::from(limit))
}

/// Lists published offers with their revisions in the order of ids, `None` from the first one.
pub async fn published_revisions(
    tx: &mut Tx,
    after: Option<OfferId>,
    limit: u32,
) -> Result<Vec<OfferRevision>, StorageError> {
    let after = after.map_or(Uuid::nil(), OfferId::uuid);
    list!(tx, OfferRevision, PUBLISHED_REVISIONS, after, i64::from(limit))
}

/// How many offers are published, and the sum of their revisions: two states of a market that differ in
/// one offer differ in one of both.
pub async fn published_sum(tx: &mut Tx) -> Result<(i64, i64), StorageError> {
    fetch_one!(tx, (i64, i64), PUBLISHED_SUM)
}

/// Counts offers by state.
pub async fn counts(tx: &mut Tx) -> Result<OfferCounts, StorageError> {
    let mut counts = OfferCounts::default();
    for (state, offers) in fetch_all!(tx, (String, i64), COUNTS)? {
        match state.parse() {
            Ok(OfferState::Draft) => counts.draft = offers,
            Ok(OfferState::Published) => counts.published = offers,
            Ok(OfferState::Paused) => counts.paused = offers,
            Ok(OfferState::Withdrawing) => counts.withdrawing = offers,
            Ok(OfferState::Withdrawn) => counts.withdrawn = offers,
            Err(detail) => return Err(StorageError::Corrupt { what: "offer.state", detail }),
        }
    }
    Ok(counts)
}

/// Marks a provider's published offers as changed, because what is shown beside them did.
pub async fn touch_published(
    tx: &mut Tx,
    provider: ProviderId,
    at: Timestamp,
) -> Result<u64, StorageError> {
    execute!(tx, TOUCH_PUBLISHED, provider.uuid(), at.0)
}
