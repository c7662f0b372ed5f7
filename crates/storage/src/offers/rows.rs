//! What is read of offers, and what is written.

use crate::record::record;
use domain::{
    AudienceId, AudienceKind, Money, OfferId, OfferState, OrganisationId, ProviderId, ReviewState,
    Timestamp,
};

/// An offer to be added as a draft; its version 1 is inserted in the same unit of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOffer {
    /// Its id.
    pub id: OfferId,
    /// Who offers it.
    pub provider_id: ProviderId,
    /// `metadata.name` of the document, unique at the provider.
    pub slug: String,
    /// When it was written.
    pub created_at: Timestamp,
}

record! {
    /// An offer without its documents.
    pub struct Offer in "offer" {
        /// Its id.
        pub id: OfferId,
        /// Who offers it.
        pub provider_id: ProviderId,
        /// `metadata.name` of the document, unique at the provider.
        pub slug: String,
        /// Where it stands.
        pub state: OfferState,
        /// The newest version; its provider sees it.
        pub current_version: i64,
        /// The version the public sees, or saw before it was withdrawn.
        pub published_version: Option<i64>,
        /// When it was written.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
        /// Grows with every change; guards updates.
        pub revision: i64,
        /// When it leaves the market, while it is withdrawing.
        pub ends_at: Option<Timestamp>,
        /// Who alone may know of it; `None`: everybody.
        pub audience_id: Option<AudienceId>,
    }
}

record! {
    /// What an offer's page says about its provider.
    pub struct OfferProvider in "provider" {
        /// The account behind the provider.
        [rename = "provider_organisation"]
        pub organisation_id: Option<OrganisationId>,
        /// Short name for addresses.
        [rename = "provider_slug"]
        pub slug: String,
        /// English name.
        [rename = "provider_name_en"]
        pub name_en: String,
        /// Japanese name.
        [rename = "provider_name_ja"]
        pub name_ja: String,
        /// Country of the seat, ISO 3166-1 alpha-2.
        [rename = "provider_country"]
        pub country: String,
        /// Whether a cloud is connected; otherwise it is catalogue only.
        [rename = "provider_backed"]
        pub backed: bool,
        /// Whether the connected cloud was found to keep the contract of the provider API.
        [rename = "provider_passed"]
        pub passed: bool,
        /// JSON list of its cloud's regions; `None`: no cloud, or one that has not answered yet.
        [rename = "provider_cloud_regions"]
        pub cloud_regions: Option<String>,
    }
}

record! {
    /// An offer with its provider.
    pub struct OfferWithProvider in "offer" {
        /// The offer.
        [flatten]
        pub offer: Offer,
        /// Its provider.
        [flatten]
        pub provider: OfferProvider,
    }
}

record! {
    /// One version of an offer, never changed.
    pub struct OfferVersion in "offer_version" {
        /// The offer.
        pub offer_id: OfferId,
        /// Counts from 1.
        pub version: i64,
        /// Canonical JSON.
        pub document: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub hash: String,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// `spec.serviceModel` of the document.
        pub service_model: String,
        /// `spec.deploymentModel` of the document.
        pub deployment_model: String,
        /// Monthly price; `None`: no price is published.
        [flatten]
        pub price: Option<Money>,
        /// A user id, or `system`.
        pub created_by: String,
        /// When it was written.
        pub created_at: Timestamp,
    }
}

record! {
    /// A version with nothing but its document, to be compared with others.
    pub struct VersionDocument in "offer_version" {
        /// Counts from 1.
        pub version: i64,
        /// Canonical JSON.
        pub document: String,
    }
}

record! {
    /// The document of one version of one offer.
    pub struct OfferText in "offer_version" {
        /// The offer.
        pub offer_id: OfferId,
        /// Counts from 1.
        pub version: i64,
        /// Canonical JSON.
        pub document: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub hash: String,
    }
}

record! {
    /// A version in the list of an offer's versions.
    pub struct VersionListing in "offer_version" {
        /// Counts from 1.
        pub version: i64,
        /// Lower-case hex SHA-256 of the document.
        pub hash: String,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// Monthly price; `None`: no price is published.
        [flatten]
        pub price: Option<Money>,
        /// A user id, or `system`.
        pub created_by: String,
        /// When it was written.
        pub created_at: Timestamp,
    }
}

record! {
    /// An offer in its provider's own list, titled by the newest version.
    pub struct OfferListing in "offer" {
        /// The offer.
        [flatten]
        pub offer: Offer,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// Monthly price; `None`: no price is published.
        [flatten]
        pub price: Option<Money>,
        /// Where its open review stands, if there is one.
        pub review_state: Option<ReviewState>,
        /// When that version is to be published.
        pub publish_at: Option<Timestamp>,
    }
}

record! {
    /// What the public sees of an offer: its published version and its provider.
    pub struct PublishedOffer in "offer" {
        /// Its id.
        pub id: OfferId,
        /// Short name at the provider.
        pub slug: String,
        /// Revision of the offer, to compare with the search index.
        pub revision: i64,
        /// When the offer last changed.
        pub updated_at: Timestamp,
        /// When it leaves the market, if that is announced.
        pub ends_at: Option<Timestamp>,
        /// Who alone may know of it; `None`: everybody.
        pub audience_id: Option<AudienceId>,
        /// Whether that is one organisation or several.
        pub audience_kind: Option<AudienceKind>,
        /// Who offers it.
        pub provider_id: ProviderId,
        /// What is shown of the provider.
        [flatten]
        pub provider: OfferProvider,
        /// The published version.
        pub version: i64,
        /// Canonical JSON.
        pub document: String,
        /// Lower-case hex SHA-256 of exactly that text.
        pub hash: String,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// `spec.serviceModel` of the document.
        pub service_model: String,
        /// `spec.deploymentModel` of the document.
        pub deployment_model: String,
        /// Monthly price; `None`: no price is published.
        [flatten]
        pub price: Option<Money>,
    }
}

record! {
    /// An offer that changed, for an index that follows the market.
    pub struct OfferChange in "offer" {
        /// Its id.
        pub id: OfferId,
        /// Who offers it.
        pub provider_id: ProviderId,
        /// Revision after the change.
        pub revision: i64,
        /// Only a published offer belongs into the index.
        pub state: OfferState,
        /// When it changed.
        pub updated_at: Timestamp,
        /// The published version, if it ever was published.
        pub published_version: Option<i64>,
    }
}

record! {
    /// An offer's revision, to find what an index has missed.
    pub struct OfferRevision in "offer" {
        /// Its id.
        pub id: OfferId,
        /// Its revision.
        pub revision: i64,
    }
}

/// How many offers stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OfferCounts {
    /// Seen by their providers only.
    pub draft: i64,
    /// Seen by everybody.
    pub published: i64,
    /// Off the market for a while.
    pub paused: i64,
    /// Seen by everybody, and ending.
    pub withdrawing: i64,
    /// No longer found.
    pub withdrawn: i64,
}

impl OfferCounts {
    /// What everybody finds.
    #[must_use]
    pub const fn on_market(&self) -> i64 {
        self.published + self.withdrawing
    }
}
