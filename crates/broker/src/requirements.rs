//! What a service needs, and which offers contain it.

use crate::market::OfferCard;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{OfferId, RequirementId, Timestamp};

/// The guided form; every field as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequirementForm {
    /// metadata.name.
    pub name: String,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// ISO 3166-1 alpha-2 codes of the users, separated by spaces or commas.
    pub user_regions: String,
    /// Asked items.
    pub items: Vec<RequirementFormItem>,
}

/// One asked item of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequirementFormItem {
    /// Item key.
    pub item: String,
    /// Value as people write it; an empty value leaves the item out.
    pub value: String,
    /// must, prefer or best_effort.
    pub level: String,
    /// 0 to 10; empty means 1.
    pub weight: String,
}

/// What a check found.
#[derive(Debug, Clone)]
pub struct RequirementCheck {
    /// The document when it has no faults.
    pub requirement: Option<sla::Requirement>,
    /// Canonical YAML when it has no faults.
    pub yaml: Option<String>,
    /// All faults at once.
    pub faults: Vec<FieldFault>,
    /// Remarks, such as a legacy value that was rewritten.
    pub notices: Vec<String>,
}

/// One of the paper's three sample services.
#[derive(Debug, Clone)]
pub struct Template {
    /// Stable key in addresses: `certificate-service`, `collaboration-service`, `tracking-service`.
    pub key: String,
    /// The document.
    pub requirement: sla::Requirement,
}

/// A saved requirement in a list.
#[derive(Debug, Clone)]
pub struct RequirementCard {
    /// Its id.
    pub id: RequirementId,
    /// Newest version.
    pub version: i64,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A saved requirement.
#[derive(Debug, Clone)]
pub struct SavedRequirement {
    /// The list entry.
    pub card: RequirementCard,
    /// The newest version.
    pub document: sla::Requirement,
    /// As YAML.
    pub yaml: String,
    /// Lower-case hex SHA-256 of the canonical document.
    pub hash: String,
}

/// Where the requirement of a ranking comes from.
#[derive(Debug, Clone)]
pub enum RequirementSource {
    /// A template by key.
    Template(String),
    /// A saved requirement of the actor's organisation.
    Saved(RequirementId),
    /// A YAML or JSON text.
    Text(String),
    /// The compact form that stands in shared links; see [`Broker::share_code`].
    Shared(String),
}

/// One offer with its verdicts.
#[derive(Debug, Clone)]
pub struct RankedOffer {
    /// Position from 1 within its list.
    pub position: u32,
    /// The offer.
    pub card: OfferCard,
    /// Per item: state, required, promised, difference, share.
    pub explanation: matching::Explanation,
}

/// The answer to "which offers contain this need".
#[derive(Debug, Clone)]
pub struct RankedList {
    /// The need.
    pub requirement: sla::Requirement,
    /// Its compact form for a link that anybody can open.
    pub share_code: String,
    /// The order used.
    pub order: matching::Order,
    /// Offers looked at.
    pub considered: u64,
    /// Offers whose promise contains the need.
    pub matched: u64,
    /// Best first; at most the asked limit.
    pub matches: Vec<RankedOffer>,
    /// Nearest first; at most the asked limit.
    pub near_misses: Vec<RankedOffer>,
    /// Dropping or relaxing this one item would admit so many more offers: `(item key, count)`.
    pub relaxations: Vec<(String, u64)>,
    /// Remarks.
    pub notices: Vec<String>,
}

impl Broker {
    /// The three templates.
    pub fn templates(&self) -> Vec<Template> {
        todo!()
    }

    /// Checks a YAML or JSON text without saving.
    pub fn check_requirement_text(&self, text: &str) -> RequirementCheck {
        todo!()
    }

    /// Checks a form without saving; pointers are `/field` and `/items/KEY/value`.
    pub fn check_requirement_form(&self, form: &RequirementForm) -> RequirementCheck {
        todo!()
    }

    /// The form that a document fills.
    pub fn requirement_form(&self, requirement: &sla::Requirement) -> RequirementForm {
        todo!()
    }

    /// The compact text of a requirement for links (base64url of canonical JSON).
    pub fn share_code(&self, requirement: &sla::Requirement) -> String {
        todo!()
    }

    /// Saves a text for the actor's organisation; with an id, as its next version.
    pub async fn save_requirement(
        &self,
        ctx: &OpContext,
        text: &str,
        existing: Option<RequirementId>,
    ) -> Result<SavedRequirement, BrokerError> {
        todo!()
    }

    /// One saved requirement.
    pub async fn requirement(&self, ctx: &OpContext, id: RequirementId) -> Result<SavedRequirement, BrokerError> {
        todo!()
    }

    /// The organisation's requirements, last changed first; at most 200.
    pub async fn my_requirements(&self, ctx: &OpContext) -> Result<Vec<RequirementCard>, BrokerError> {
        todo!()
    }

    /// Reads the requirement a source names.
    pub async fn resolve_requirement(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
    ) -> Result<(sla::Requirement, Vec<String>), BrokerError> {
        todo!()
    }

    /// Ranks all published offers; `limit` 1 to 200 for each of the two lists.
    pub async fn rank(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
        order: matching::Order,
        limit: usize,
    ) -> Result<RankedList, BrokerError> {
        todo!()
    }

    /// One offer against one need, whether it matches or not.
    pub async fn explain(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
        offer: OfferId,
    ) -> Result<RankedOffer, BrokerError> {
        todo!()
    }
}
