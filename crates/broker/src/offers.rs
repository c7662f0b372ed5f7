//! The provider's side of offers: check, draft, publish, new version, withdraw.

use crate::{Broker, BrokerError, FieldFault, OpContext};
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
    /// All versions, newest first.
    pub versions: Vec<OfferVersionCard>,
}

impl Broker {
    /// Checks a YAML or JSON text without saving; needs no account.
    pub fn check_offer_text(&self, text: &str) -> OfferCheck {
        todo!()
    }

    /// Checks a form without saving; pointers are `/field` and `/items/KEY`.
    pub fn check_offer_form(&self, provider_did: &str, form: &OfferForm) -> OfferCheck {
        todo!()
    }

    /// The form that a document fills, for editing.
    pub fn offer_form(&self, offer: &sla::Offer) -> OfferForm {
        todo!()
    }

    /// Saves a text as a draft; with the name of an existing offer, as its next version.
    pub async fn save_offer(&self, ctx: &OpContext, text: &str) -> Result<OwnOffer, BrokerError> {
        todo!()
    }

    /// Publishes the newest version; repeating it changes nothing.
    pub async fn publish_offer(&self, ctx: &OpContext, id: OfferId) -> Result<OwnOffer, BrokerError> {
        todo!()
    }

    /// Takes an offer off the market; contracts made from it go on.
    pub async fn withdraw_offer(&self, ctx: &OpContext, id: OfferId) -> Result<OwnOffer, BrokerError> {
        todo!()
    }

    /// The provider's offers, last changed first; at most 200.
    pub async fn my_offers(&self, ctx: &OpContext) -> Result<Vec<OwnOfferCard>, BrokerError> {
        todo!()
    }

    /// One offer with drafts and versions.
    pub async fn my_offer(&self, ctx: &OpContext, id: OfferId) -> Result<OwnOffer, BrokerError> {
        todo!()
    }
}
