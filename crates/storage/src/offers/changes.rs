//! What a search or match index follows, and what the desk counts.

use super::{OfferChange, OfferCounts, OfferRevision};
use crate::record::list;
use crate::statement::{execute, fetch_all, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, OfferState, ProviderId, Timestamp};
use uuid::Uuid;

statements! {
    TOUCH_PUBLISHED = "
        UPDATE offer SET updated_at = $2, revision = revision + 1
        WHERE provider_id = $1 AND state = 'published'";
    CHANGED_SINCE = "
        SELECT offer.id AS id, provider_id, revision, state, updated_at, published_version,
            shown.document AS document
        FROM offer
        LEFT JOIN offer_version AS shown
            ON shown.offer_id = offer.id AND shown.version = offer.published_version
        WHERE (offer.updated_at, offer.id) > ($1, $2)
        ORDER BY offer.updated_at, offer.id LIMIT $3";
    PUBLISHED_REVISIONS = "
        SELECT id, revision FROM offer
        WHERE state = 'published' AND id > $1
        ORDER BY id LIMIT $2";
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

/// Counts offers by state, from an index.
pub async fn counts(tx: &mut Tx) -> Result<OfferCounts, StorageError> {
    let mut counts = OfferCounts::default();
    for (state, offers) in fetch_all!(tx, (String, i64), COUNTS)? {
        match state.parse() {
            Ok(OfferState::Draft) => counts.draft = offers,
            Ok(OfferState::Published) => counts.published = offers,
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
