//! What customers say of a provider after delivery, the service and the ordering apart, and what the provider
//! answers (S6, G10). Everybody reads it, without the customer's name; who was not served says nothing.

mod answer;
mod give;
mod read;
mod record;

use domain::{ContractId, OfferId, ProviderId, RatingCounts, Stars, Timestamp};
use storage::ratings;

pub use record::{OfferRecord, ProviderRecord, RECORD_DAYS};

/// Characters of a comment, and of an answer.
pub const COMMENT_MAX: usize = 1_000;

/// What a customer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateService {
    /// Of the service, 1 to 5.
    pub service: i64,
    /// Of ordering, 1 to 5.
    pub ordering: i64,
    /// For everybody to read; empty: stars alone.
    pub comment: String,
}

/// A rating as everybody reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatingView {
    /// Which offer was delivered.
    pub offer: OfferId,
    /// Its English title as it was signed.
    pub title_en: String,
    /// Its Japanese title.
    pub title_ja: String,
    /// Of the service.
    pub service: Stars,
    /// Of ordering.
    pub ordering: Stars,
    /// Empty: stars alone.
    pub comment: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// When it was last changed; `None`: as it was given.
    pub changed_at: Option<Timestamp>,
    /// The provider's words.
    pub answer: Option<String>,
    /// When they were last written; earlier than `changed_at`: they answer what was said before.
    pub answered_at: Option<Timestamp>,
}

/// How a contract can be rated, for its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRating {
    /// The contract.
    pub contract: ContractId,
    /// Its name.
    pub service_name: String,
    /// Who delivers, or delivered last.
    pub provider: ProviderId,
    /// The provider's English name.
    pub provider_en: String,
    /// The provider's Japanese name.
    pub provider_ja: String,
    /// The provider's short name.
    pub provider_slug: String,
    /// Whether the service has run: before that nothing can be said of it.
    pub delivered: bool,
    /// What was said.
    pub rating: Option<RatingView>,
}

/// How a provider was judged. What nobody judged has no mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RatingSummary {
    /// Of the service.
    pub service: RatingCounts,
    /// Of ordering.
    pub ordering: RatingCounts,
}

/// A provider's ratings.
#[derive(Debug, Clone)]
pub struct ProviderRatings {
    /// Over all of them.
    pub summary: RatingSummary,
    /// The newest first.
    pub items: Vec<RatingView>,
    /// Cursor of the next part; `None` at the end.
    pub next: Option<String>,
}

impl From<ratings::Rating> for RatingView {
    fn from(row: ratings::Rating) -> Self {
        Self {
            offer: row.offer_id,
            title_en: row.title_en,
            title_ja: row.title_ja,
            service: row.service,
            ordering: row.ordering,
            comment: row.comment,
            given_at: row.given_at,
            changed_at: row.changed_at,
            answer: row.answer,
            answered_at: row.answered_at,
        }
    }
}

impl From<ratings::RatingSummary> for RatingSummary {
    fn from(row: ratings::RatingSummary) -> Self {
        Self { service: row.service, ordering: row.ordering }
    }
}
