//! Offers and their immutable versions. What a document means is read by `sla`, never here.

pub(crate) mod bulk;
pub(crate) mod changes;
pub(crate) mod import;
pub(crate) mod own;
pub(crate) mod published;
pub(crate) mod reviews;
mod rows;
pub(crate) mod steps;
pub(crate) mod write;

pub use bulk::{insert_published, known};
pub use changes::{changed_since, counts, published_revisions, published_sum, touch_published};
pub use import::{
    Advance, OfferHead, advance, delete_drafts, heads, insert_offers, insert_versions,
};
pub use own::{find, find_by_slug, find_version, list_by_provider, list_documents, list_versions};
pub use published::{
    find_published, list_published_by_provider, list_published_page, published_by_ids, texts,
};
pub use reviews::{
    Review, ReviewListing, ReviewStep, RulesRow, count_waiting_reviews, find_open_review,
    find_review, insert_reviews, insert_rules, is_rules_taken, list_decided_reviews,
    list_due_reviews, list_open_reviews, list_reviews_of, list_rules, list_waiting_reviews,
    middle_price, newest_rules, provider_record, reschedule_review, step_review, take_back_reviews,
};
pub use rows::{
    NewOffer, Offer, OfferChange, OfferCounts, OfferListing, OfferProvider, OfferRevision,
    OfferText, OfferVersion, OfferWithProvider, PublishedOffer, VersionDocument, VersionListing,
};
pub use steps::{
    Comment, OfferStep, find_comment, insert_comment, insert_steps, list_comments, list_steps,
    settle_comment,
};
pub use write::{
    insert, insert_version, is_slug_taken, is_version_taken, list_ended, publish,
    set_current_version, set_state, withdraw,
};
