//! Offers before and after a change, as they were gathered for one look.

use crate::shelf::Shelved;
use domain::{OfferId, OrganisationId, RequirementId};
use sla::{Offer, PartDiff};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};
use storage::looks::{Known, MarketLook, Unseen};

/// One offer, before and after.
#[derive(Debug)]
pub(super) struct Turn {
    /// The offer.
    pub id: OfferId,
    /// The state of its row that is looked at.
    pub revision: i64,
    /// Names of who offers it, in English and Japanese.
    pub provider: (String, String),
    /// The version that was on the market; `None`: it was not.
    pub before: Option<i64>,
    /// The version that is on the market; `None`: it is not.
    pub after: Option<i64>,
    /// Who could know of it.
    pub members_before: Members,
    /// Who may know of it.
    pub members: Members,
    /// What changed between the two, once somebody asks.
    pub changes: OnceLock<Vec<PartDiff>>,
}

impl Turn {
    pub fn of(offer: &Unseen, members: &HashMap<OfferId, Members>) -> Self {
        Self {
            id: offer.id,
            revision: offer.revision,
            provider: (offer.provider_name_en.clone(), offer.provider_name_ja.clone()),
            before: offer.seen_version,
            after: offer.version,
            members_before: Members::read(offer.seen_members.as_deref()),
            members: members.get(&offer.id).cloned().unwrap_or_default(),
            changes: OnceLock::new(),
        }
    }

    /// An offer that stays as it is while a new day begins.
    pub fn of_day(offer: &Shelved, members: Members) -> Self {
        let provider = &offer.card.provider;
        Self {
            id: offer.card.id,
            revision: offer.revision,
            provider: (provider.name_en.clone(), provider.name_ja.clone()),
            before: Some(offer.card.version),
            after: Some(offer.card.version),
            members_before: members.clone(),
            members,
            changes: OnceLock::new(),
        }
    }
}

/// Who may know of an offer; everybody, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Members(Option<BTreeSet<OrganisationId>>);

impl Members {
    pub const fn only(organisations: BTreeSet<OrganisationId>) -> Self {
        Self(Some(organisations))
    }

    /// As [`Members::write`] wrote it. What cannot be read lets nobody in.
    fn read(text: Option<&str>) -> Self {
        Self(text.map(|text| serde_json::from_str(text).unwrap_or_default()))
    }

    /// For the next look; `None`: everybody.
    pub fn write(&self) -> Option<String> {
        self.0.as_ref().and_then(|members| serde_json::to_string(members).ok())
    }

    pub fn has(&self, organisation: OrganisationId) -> bool {
        self.0.as_ref().is_none_or(|members| members.contains(&organisation))
    }
}

/// The document of a version, with its card or without.
#[derive(Debug, Clone)]
pub(super) enum Text {
    Shelved(Arc<Shelved>),
    Read(Arc<Offer>),
}

impl Text {
    pub fn offer(&self) -> &Offer {
        match self {
            Self::Shelved(offer) => &offer.document,
            Self::Read(offer) => offer,
        }
    }
}

/// What requirements knew of offers when they were saved.
pub(super) type KnownOffers = HashMap<(RequirementId, OfferId), Known>;

/// Everything that one look at the market has before it.
#[derive(Debug)]
pub(super) struct Gathered {
    /// How far it had been followed.
    pub look: MarketLook,
    /// The day on which everything is judged.
    pub today: i64,
    /// Offers that changed.
    pub unseen: Vec<Unseen>,
    /// Who may know of those of them that are not public.
    pub members: HashMap<OfferId, Members>,
    /// What is judged of them, and offers that a new day changes.
    pub turns: Vec<Turn>,
    /// The documents of all versions that are judged; one that cannot be read is missing.
    pub texts: HashMap<(OfferId, i64), Text>,
}

impl Gathered {
    /// The document of a version; `None`: there is no version, or it cannot be read, and then the
    /// offer is in no list either.
    pub fn offer(&self, id: OfferId, version: Option<i64>) -> Option<&Offer> {
        self.texts.get(&(id, version?)).map(Text::offer)
    }

    /// The first day of the time that a need has not been judged for.
    pub fn day_before(&self, since_day: i64) -> i64 {
        self.look.judged_day.unwrap_or(self.today).max(since_day).min(self.today)
    }
}

/// What changed between two versions.
pub(super) fn changes(before: &Offer, after: &Offer) -> Vec<PartDiff> {
    sla::diff(before, after).parts
}
