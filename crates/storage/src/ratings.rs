//! What customers say of providers, and what those answer.

use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{find, list, record};
use crate::statement::{execute, fetch_all, statements};
use crate::{StorageError, Tx};
use domain::{
    ContractId, OfferId, OrganisationId, ProviderId, RatingCounts, Sight, Stars, Timestamp,
};
use uuid::Uuid;

/// A rating to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRating {
    /// Of which contract.
    pub contract_id: ContractId,
    /// Who delivered.
    pub provider_id: ProviderId,
    /// What was delivered.
    pub offer_id: OfferId,
    /// Its version.
    pub offer_version: i64,
    /// Of the service.
    pub service: Stars,
    /// Of ordering.
    pub ordering: Stars,
    /// Empty: stars alone.
    pub comment: String,
    /// The user id of whoever gives it.
    pub given_by: String,
    /// The present.
    pub at: Timestamp,
}

record! {
    /// A rating.
    pub struct Rating in "rating" {
        /// Of which contract.
        pub contract_id: ContractId,
        /// Who delivered.
        pub provider_id: ProviderId,
        /// What was delivered.
        pub offer_id: OfferId,
        /// English title of the version that was delivered.
        pub title_en: String,
        /// Japanese title of it.
        pub title_ja: String,
        /// Of the service, 1 to 5.
        pub service: Stars,
        /// Of ordering, 1 to 5.
        pub ordering: Stars,
        /// Empty: stars alone.
        pub comment: String,
        /// When it was given.
        pub given_at: Timestamp,
        /// When it was last changed; `None`: as it was given.
        pub changed_at: Option<Timestamp>,
        /// The provider's words.
        pub answer: Option<String>,
        /// When they were last written.
        pub answered_at: Option<Timestamp>,
    }
}

/// How often each judgement was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RatingSummary {
    /// Of the service.
    pub service: RatingCounts,
    /// Of ordering.
    pub ordering: RatingCounts,
}

statements! {
    // What stands already and is the same is not changed: a form sent twice is one rating.
    PUT = "
        INSERT INTO rating (contract_id, provider_id, offer_id, offer_version, service, ordering,
            comment, given_by, given_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (contract_id, provider_id) DO UPDATE SET service = excluded.service,
            ordering = excluded.ordering, comment = excluded.comment,
            given_by = excluded.given_by, changed_at = excluded.given_at
        WHERE rating.service <> excluded.service OR rating.ordering <> excluded.ordering
            OR rating.comment <> excluded.comment";
    DELETE = "
        DELETE FROM rating WHERE contract_id = $1 AND provider_id = $2";
    FIND = "
        SELECT rating.contract_id AS contract_id, rating.provider_id AS provider_id,
            rating.offer_id AS offer_id, title_en, title_ja, service, ordering, comment, given_at,
            changed_at, answer, answered_at
        FROM rating JOIN offer_version ON offer_version.offer_id = rating.offer_id
            AND version = offer_version
        WHERE contract_id = $1 AND provider_id = $2";
    LIST = "
        SELECT rating.contract_id AS contract_id, rating.provider_id AS provider_id,
            rating.offer_id AS offer_id, title_en, title_ja, service, ordering, comment, given_at,
            changed_at, answer, answered_at
        FROM rating JOIN offer_version ON offer_version.offer_id = rating.offer_id
            AND version = offer_version
        JOIN offer ON offer.id = rating.offer_id
        JOIN provider ON provider.id = offer.provider_id
        WHERE rating.provider_id = $1 AND (given_at, contract_id) < ($2, $3)
            AND ($5 OR offer.audience_id IS NULL OR provider.organisation_id = $6
                OR EXISTS (SELECT 1 FROM invitation
                    WHERE invitation.audience_id = offer.audience_id
                        AND invitation.organisation_id = $6 AND invitation.state = 'accepted'))
        ORDER BY given_at DESC, contract_id DESC LIMIT $4";
    ANSWER = "
        UPDATE rating SET answer = $3, answered_by = $4, answered_at = $5
        WHERE contract_id = $1 AND provider_id = $2
            AND COALESCE(answer, '') <> COALESCE($3, '')";
    SUMMARY = "
        SELECT service, ordering, COUNT(*) AS times FROM rating WHERE provider_id = $1
        GROUP BY service, ordering";
    SUMMARIES = "
        SELECT provider_id, service, COUNT(*) AS times FROM rating
        GROUP BY provider_id, service";
}

/// Writes a rating, or changes the one that stands; false if it stands so already.
pub async fn put(tx: &mut Tx, row: &NewRating) -> Result<bool, StorageError> {
    let affected = execute!(
        tx,
        PUT,
        row.contract_id.uuid(),
        row.provider_id.uuid(),
        row.offer_id.uuid(),
        row.offer_version,
        row.service.number(),
        row.ordering.number(),
        &row.comment,
        &row.given_by,
        row.at.0,
    )?;
    Ok(affected > 0)
}

/// Takes a rating away, its answer with it; false if there is none.
pub async fn delete(
    tx: &mut Tx,
    contract: ContractId,
    provider: ProviderId,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, DELETE, contract.uuid(), provider.uuid())? > 0)
}

/// The rating of one contract for one provider.
pub async fn find(
    tx: &mut Tx,
    contract: ContractId,
    provider: ProviderId,
) -> Result<Option<Rating>, StorageError> {
    find!(tx, Rating, FIND, contract.uuid(), provider.uuid())
}

/// Ratings of a provider for offers that the reader may know of, newest first.
pub async fn list_by_provider(
    tx: &mut Tx,
    (provider, sight): (ProviderId, Sight),
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Rating>, StorageError> {
    let (at, id) = Cursor::newest_first(cursor);
    let (all, own) = (sight == Sight::Everything, sight.organisation().map(OrganisationId::uuid));
    let (provider, rows) = (provider.uuid(), fetch_limit(limit));
    let rows: Vec<Rating> = list!(tx, Rating, LIST, provider, at, id, rows, all, own)?;
    Ok(cut(rows, limit, |row| Cursor::after(row.given_at, row.contract_id.uuid())))
}

/// Writes the provider's words, or takes them away; false if they stand so already.
pub async fn answer(
    tx: &mut Tx,
    (contract, provider): (ContractId, ProviderId),
    answer: Option<&str>,
    by: &str,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let (by, at) = (answer.map(|_| by), answer.map(|_| at.0));
    Ok(execute!(tx, ANSWER, contract.uuid(), provider.uuid(), answer, by, at)? > 0)
}

/// How a provider was judged.
pub async fn summary(tx: &mut Tx, provider: ProviderId) -> Result<RatingSummary, StorageError> {
    let rows: Vec<(i64, i64, i64)> = fetch_all!(tx, (i64, i64, i64), SUMMARY, provider.uuid())?;
    let mut found = RatingSummary::default();
    for (service, ordering, times) in rows {
        found.service.add(stars(service, "rating.service")?, times);
        found.ordering.add(stars(ordering, "rating.ordering")?, times);
    }
    Ok(found)
}

/// How the service of each provider that was judged at all was judged, in any order.
pub async fn summaries(tx: &mut Tx) -> Result<Vec<(ProviderId, RatingCounts)>, StorageError> {
    let rows: Vec<(Uuid, i64, i64)> = fetch_all!(tx, (Uuid, i64, i64), SUMMARIES)?;
    let mut found: Vec<(ProviderId, RatingCounts)> = Vec::new();
    for (provider, service, times) in rows {
        let (provider, service) = (ProviderId(provider), stars(service, "rating.service")?);
        match found.iter_mut().find(|(known, _)| *known == provider) {
            Some((_, counts)) => counts.add(service, times),
            None => {
                let mut counts = RatingCounts::default();
                counts.add(service, times);
                found.push((provider, counts));
            }
        }
    }
    Ok(found)
}

fn stars(raw: i64, what: &'static str) -> Result<Stars, StorageError> {
    Stars::new(raw)
        .ok_or_else(|| StorageError::Corrupt { what, detail: format!("{raw} is not 1 to 5") })
}
