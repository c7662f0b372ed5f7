//! Offers that an organisation keeps at hand.

use crate::record::{list, record};
use crate::statement::{execute, fetch_all, statements};
use crate::{StorageError, Tx};
use domain::{OfferId, OfferState, OrganisationId, Timestamp};
use uuid::Uuid;

/// Offers of one list; more are not kept.
const KEPT_MAX: i64 = 1_000;

record! {
    /// An offer that is kept, as it was last on the market.
    pub struct Favourite in "offer" {
        /// The offer.
        pub id: OfferId,
        /// Whether it still is on the market.
        pub state: OfferState,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// Short name of its provider.
        pub provider_slug: String,
        /// The provider's English name.
        pub provider_name_en: String,
        /// The provider's Japanese name.
        pub provider_name_ja: String,
        /// Who marked it.
        pub created_by: String,
        /// When.
        pub created_at: Timestamp,
    }
}

statements! {
    KEEP = "
        INSERT INTO favourite (organisation_id, offer_id, created_by, created_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (organisation_id, offer_id) DO NOTHING";
    DROP = "
        DELETE FROM favourite WHERE organisation_id = $1 AND offer_id = $2";
    LIST_IDS = "
        SELECT offer_id FROM favourite WHERE organisation_id = $1 ORDER BY offer_id LIMIT $2";
    // What the organisation may not know of is not there, and comes back with the invitation.
    LIST = "
        SELECT offer.id AS id, offer.state AS state, shown.title_en AS title_en,
            shown.title_ja AS title_ja, provider.slug AS provider_slug,
            provider.name_en AS provider_name_en, provider.name_ja AS provider_name_ja,
            favourite.created_by AS created_by, favourite.created_at AS created_at
        FROM favourite
        JOIN offer ON offer.id = favourite.offer_id
        JOIN offer_version AS shown
            ON shown.offer_id = offer.id AND shown.version = offer.published_version
        JOIN provider ON provider.id = offer.provider_id
        WHERE favourite.organisation_id = $1
            AND ($3 OR offer.audience_id IS NULL OR provider.organisation_id = $1
                OR EXISTS (SELECT 1 FROM invitation
                    WHERE invitation.audience_id = offer.audience_id
                        AND invitation.organisation_id = $1 AND invitation.state = 'accepted'))
        ORDER BY favourite.created_at DESC, offer.id LIMIT $2";
}

/// Keeps an offer at hand; one that is kept stays as it is.
pub async fn keep(
    tx: &mut Tx,
    organisation: OrganisationId,
    offer: OfferId,
    (by, at): (&str, Timestamp),
) -> Result<bool, StorageError> {
    Ok(execute!(tx, KEEP, organisation.uuid(), offer.uuid(), by, at.0)? > 0)
}

/// Keeps it no longer; whether it was kept.
pub async fn drop(
    tx: &mut Tx,
    organisation: OrganisationId,
    offer: OfferId,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, DROP, organisation.uuid(), offer.uuid())? > 0)
}

/// The offers that are kept, shown or not, at most 1000.
pub async fn list_ids(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<Vec<OfferId>, StorageError> {
    let found = fetch_all!(tx, (Uuid,), LIST_IDS, organisation.uuid(), KEPT_MAX)?;
    Ok(found.into_iter().map(|(id,)| OfferId(id)).collect())
}

/// Lists the kept offers that the organisation may know of, `everything`: all of them; the latest mark first.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationId,
    everything: bool,
) -> Result<Vec<Favourite>, StorageError> {
    list!(tx, Favourite, LIST, organisation.uuid(), KEPT_MAX, everything)
}
