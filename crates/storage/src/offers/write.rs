//! Drafts, versions, publishing and withdrawing, one row at a time.

use super::{NewOffer, OfferRevision, OfferVersion};
use crate::record::{expect_one, list};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, OfferState, Timestamp};

statements! {
    INSERT = "
        INSERT INTO offer (id, provider_id, slug, state, current_version, published_version,
            created_at, updated_at, revision)
        VALUES ($1, $2, $3, 'draft', 1, NULL, $4, $4, 1)";
    INSERT_VERSION = "
        INSERT INTO offer_version (offer_id, version, document, hash, title_en, title_ja,
            service_model, deployment_model, price_minor, currency, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    SET_CURRENT_VERSION = "
        UPDATE offer SET current_version = $3, updated_at = $4, revision = revision + 1
        WHERE id = $1 AND revision = $2";
    PUBLISH = "
        UPDATE offer SET state = 'published', published_version = $3, updated_at = $4, ends_at = NULL,
            current_version = CASE WHEN current_version < $3 THEN $3 ELSE current_version END,
            revision = revision + 1
        WHERE id = $1 AND revision = $2";
    SET_STATE = "
        UPDATE offer SET state = $3, ends_at = $4, updated_at = $5, revision = revision + 1
        WHERE id = $1 AND revision = $2";
    LIST_ENDED = "
        SELECT id, revision FROM offer
        WHERE state = 'withdrawing' AND ends_at <= $1 ORDER BY ends_at, id LIMIT $2";
}

/// Adds a draft; see [`is_slug_taken`]. Insert its version 1 next.
pub async fn insert(tx: &mut Tx, offer: &NewOffer) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT,
        offer.id.uuid(),
        offer.provider_id.uuid(),
        &offer.slug,
        offer.created_at.0,
    )?;
    Ok(())
}

/// Whether [`insert`] was refused because the provider has an offer of that name.
#[must_use]
pub fn is_slug_taken(error: &StorageError) -> bool {
    error.is_constraint("offer_slug_unique", "offer.provider_id, offer.slug")
}

/// Adds a version; see [`is_version_taken`].
pub async fn insert_version(tx: &mut Tx, version: &OfferVersion) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT_VERSION,
        version.offer_id.uuid(),
        version.version,
        &version.document,
        &version.hash,
        &version.title_en,
        &version.title_ja,
        &version.service_model,
        &version.deployment_model,
        version.price.map(|price| price.minor),
        version.price.map(|price| price.currency.code()),
        &version.created_by,
        version.created_at.0,
    )?;
    Ok(())
}

/// Whether [`insert_version`] was refused because somebody else wrote that version first.
#[must_use]
pub fn is_version_taken(error: &StorageError) -> bool {
    error.is_constraint("offer_version_pkey", "offer_version.offer_id, offer_version.version")
}

/// Makes an inserted version the newest one; `Conflict` unless `revision` is current.
pub async fn set_current_version(
    tx: &mut Tx,
    id: OfferId,
    revision: i64,
    version: i64,
    at: Timestamp,
) -> Result<(), StorageError> {
    let affected = execute!(tx, SET_CURRENT_VERSION, id.uuid(), revision, version, at.0)?;
    expect_one(affected, "offer")
}

/// Shows an inserted version to everybody, and makes it the newest if it is newer; `Conflict`
/// unless `revision` is current.
pub async fn publish(
    tx: &mut Tx,
    id: OfferId,
    revision: i64,
    version: i64,
    at: Timestamp,
) -> Result<(), StorageError> {
    let affected = execute!(tx, PUBLISH, id.uuid(), revision, version, at.0)?;
    expect_one(affected, "offer")
}

/// Takes an offer off the market; `Conflict` unless `revision` is current.
pub async fn withdraw(
    tx: &mut Tx,
    id: OfferId,
    revision: i64,
    at: Timestamp,
) -> Result<(), StorageError> {
    set_state(tx, id, revision, (OfferState::Withdrawn, None), at).await
}

/// Takes an offer to another state, with its end where it is withdrawing; `Conflict` unless `revision`
/// is current.
pub async fn set_state(
    tx: &mut Tx,
    id: OfferId,
    revision: i64,
    (state, ends_at): (OfferState, Option<Timestamp>),
    at: Timestamp,
) -> Result<(), StorageError> {
    let ends_at = ends_at.map(|at| at.0);
    let affected = execute!(tx, SET_STATE, id.uuid(), revision, state.as_str(), ends_at, at.0)?;
    expect_one(affected, "offer")
}

/// Withdrawing offers whose end has come, longest overdue first.
pub async fn list_ended(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<OfferRevision>, StorageError> {
    list!(tx, OfferRevision, LIST_ENDED, now.0, i64::from(limit))
}
