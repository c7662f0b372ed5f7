//! The provider's side of offers: check, draft, publish, new version, withdraw.

mod form;
mod history;
mod import;
mod version;
mod write;

pub(crate) use form::{texts, typed_value};
pub(crate) use version::signature_fault;
pub(crate) use write::version_row;

pub use import::{
    ChecklistHead, ImportFault, ImportOutcome, ImportReport, ImportedRow, OfferFile, OfferFormat,
};

use crate::FieldFault;
use domain::{OfferId, OfferState, Timestamp};

/// The guided form; every field as typed. Items are `(item key, value text)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfferForm {
    /// metadata.name.
    pub name: String,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// Description in English.
    pub description_en: String,
    /// Description in Japanese.
    pub description_ja: String,
    /// IaaS, PaaS, SaaS or Network.
    pub model: String,
    /// private, community, public or hybrid.
    pub deployment: String,
    /// Region id, such as jp-tokyo-1.
    pub region: String,
    /// ISO 3166-1 alpha-2 of the region.
    pub country: String,
    /// Monthly price in major units; empty: no price.
    pub price: String,
    /// Currency code of the price.
    pub currency: String,
    /// Promised items, values as people write them; empty values stay undeclared.
    pub items: Vec<(String, String)>,
    /// Commitment class of all items of the form: guaranteed, objective or declared.
    pub commitment: String,
}

/// What a check of a text or form found.
#[derive(Debug, Clone)]
pub struct OfferCheck {
    /// The document when it has no faults.
    pub offer: Option<sla::Offer>,
    /// Canonical YAML when it has no faults, for preview and for saving unchanged.
    pub yaml: Option<String>,
    /// All faults at once.
    pub faults: Vec<FieldFault>,
    /// Remarks that do not stop publication.
    pub notices: Vec<String>,
}

/// One offer in its provider's list.
#[derive(Debug, Clone)]
pub struct OwnOfferCard {
    /// Its id.
    pub id: OfferId,
    /// metadata.name.
    pub slug: String,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// Where it stands.
    pub state: OfferState,
    /// Newest version.
    pub current_version: i64,
    /// Version the public sees.
    pub published_version: Option<i64>,
    /// Last change.
    pub updated_at: Timestamp,
}

/// One version in the history.
#[derive(Debug, Clone)]
pub struct OfferVersionCard {
    /// Number, from 1.
    pub version: i64,
    /// Lower-case hex SHA-256 of the canonical document.
    pub hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// The key that signed it; `None`: not signed.
    pub signed_by: Option<String>,
    /// What changed since the version before it; `None` for the first one and for old ones.
    pub changes: Option<sla::Diff>,
}

/// What a change of an offer was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeOf {
    /// The offer.
    pub offer: OfferId,
    /// The version that was read.
    pub version: i64,
}

/// Everything the provider sees of one offer.
#[derive(Debug, Clone)]
pub struct OwnOffer {
    /// The list entry.
    pub card: OwnOfferCard,
    /// Guards changes against lost updates.
    pub revision: i64,
    /// The newest version.
    pub document: sla::Offer,
    /// The newest version as YAML, to edit.
    pub yaml: String,
    /// Its regions that the provider's connected cloud does not have: there it cannot be ordered.
    pub not_served: Vec<String>,
    /// All versions, newest first.
    pub versions: Vec<OfferVersionCard>,
}
