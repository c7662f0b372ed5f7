//! What a service needs, and which offers contain it.

mod combine;
mod form;
mod form_times;
mod rank;
mod relax;
mod save;
mod source;
mod supply;

pub use form::form_item;
pub use rank::YEN_PER;
pub(crate) use rank::{Question, day_of, start_of};
pub(crate) use save::{is_saved_as, owned};
pub use supply::Candidates;

use crate::FieldFault;
use crate::market::OfferCard;
use domain::{Money, RequirementId, Timestamp};

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
    /// By how much it may be missed: a number with its unit, or steps of a level; empty means not at all.
    pub tolerance: String,
    /// How the value is compared, for items of one's own; empty: as the registry says.
    pub op: String,
    /// Levels of other schemes that are accepted as equivalent, `scheme:level`.
    pub accept: Vec<String>,
}

/// What is different at another time than every day; every field as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeForm {
    /// Overload or disaster.
    pub profile: sla::ProfileName,
    /// `recoveryPriority`; empty: nothing in particular.
    pub recovery: String,
    /// What may be relaxed, by item.
    pub relax: Vec<RelaxForm>,
    /// What is asked besides or more strongly.
    pub items: Vec<RequirementFormItem>,
}

/// One item that may be relaxed for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelaxForm {
    /// Item key.
    pub item: String,
    /// The floor as people write it; `None`: anything is accepted.
    pub floor: Option<String>,
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
    /// Whether its organisation is told about new matches.
    pub watched: bool,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl RequirementSource {
    /// Reads a source as it stands in addresses: `template:KEY`, `saved:ID` or `doc:CODE`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        if rest.is_empty() {
            return None;
        }
        match kind {
            "template" => Some(Self::Template(rest.to_owned())),
            "saved" => rest.parse().ok().map(Self::Saved),
            "doc" => Some(Self::Shared(rest.to_owned())),
            _ => None,
        }
    }
}

/// One offer with its verdicts.
#[derive(Debug, Clone)]
pub struct RankedOffer {
    /// Position from 1 within its list.
    pub position: u32,
    /// The offer.
    pub card: OfferCard,
    /// "Stronger, and not dearer than the one above".
    pub stronger_than_above: bool,
    /// The two shapes on the same axes, in registry order.
    pub axes: Vec<matching::shape::Axis>,
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
    /// What asking less of one item would bring, one item at a time.
    pub relaxations: Vec<Relaxing>,
    /// Two offers together, where they do what no single one does.
    pub combinations: Combinations,
    /// Remarks.
    pub notices: Vec<String>,
}

/// What asking less of one item would bring.
#[derive(Debug, Clone)]
pub struct Relaxing {
    /// Item key.
    pub item: String,
    /// The profile that asks it.
    pub profile: sla::ProfileName,
    /// How many more offers contain the need without the item.
    pub dropped: u64,
    /// The need without it; `None` where nothing would be left to ask.
    pub without: Option<sla::Requirement>,
    /// Asking less of it instead, the fewest more offers first.
    pub steps: Vec<RelaxingStep>,
}

/// One value to ask instead.
#[derive(Debug, Clone)]
pub struct RelaxingStep {
    /// The value.
    pub to: matching::Value,
    /// How many more offers contain the need then.
    pub admits: u64,
    /// The need that asks it.
    pub need: sla::Requirement,
}

/// What the search for two offers found.
#[derive(Debug, Clone)]
pub struct Combinations {
    /// Pairs that could contain the need by what each part promises.
    pub possible: u64,
    /// Pairs of these that were composed and judged.
    pub looked_at: u64,
    /// Share of failovers taken to succeed, 0 to 1.
    pub failover_success: sla::Decimal,
    /// Best first.
    pub found: Vec<Combination>,
}

/// Two offers that contain the need together.
#[derive(Debug, Clone)]
pub struct Combination {
    /// From 1.
    pub position: u32,
    /// A chain or a redundant pair.
    pub arrangement: sla::Arrangement,
    /// Host and network, or primary and standby.
    pub parts: Vec<CombinationPart>,
    /// Monthly price of all parts; `None`: a part has none, or they cannot be added.
    pub price: Option<Money>,
    /// How each promise of the whole came about, in registry order.
    pub items: Vec<matching::compose::Composed>,
    /// The whole against the need.
    pub explanation: matching::Explanation,
}

/// One part of a combination; it is contracted by itself.
#[derive(Debug, Clone)]
pub struct CombinationPart {
    /// The offer.
    pub card: OfferCard,
    /// Where it has to run, in a pair.
    pub region: Option<String>,
    /// The hazard zone of that region.
    pub hazard_zone: Option<String>,
}
