//! Offers and their immutable versions. What a document means is read by `sla`, never here.

pub(crate) mod bulk;
pub(crate) mod changes;
pub(crate) mod import;
pub(crate) mod own;
pub(crate) mod published;
mod rows;
pub(crate) mod write;

pub use bulk::{insert_published, known};
pub use changes::{changed_since, counts, published_revisions, published_sum, touch_published};
pub use import::{Advance, OfferHead, advance, heads, insert_offers, insert_versions};
pub use own::{find, find_by_slug, find_version, list_by_provider, list_documents, list_versions};
pub use published::{
    find_published, list_published_by_provider, list_published_page, published_by_ids, texts,
};
pub use rows::{
    NewOffer, Offer, OfferChange, OfferCounts, OfferListing, OfferProvider, OfferRevision,
    OfferText, OfferVersion, OfferWithProvider, PublishedOffer, VersionDocument, VersionListing,
};
pub use write::{
    insert, insert_version, is_slug_taken, is_version_taken, publish, set_current_version, withdraw,
};
