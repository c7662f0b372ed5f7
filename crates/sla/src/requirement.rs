//! The customer's document: `kind: QualityRequirement`. Leaves reading to `read`, printing to
//! `write` and judging to the crate `matching`.

use crate::{Commitment, Metadata, Value};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Name, version, titles.
    pub metadata: Metadata,
    /// What is asked.
    pub spec: RequirementSpec,
}

impl Requirement {
    /// What is asked in a profile: the normal items, each relaxed to its floor or replaced where the
    /// profile says so, then what the profile adds.
    #[must_use]
    pub fn items_in(&self, profile: ProfileName) -> Vec<Cow<'_, RequirementItem>> {
        let normal = &self.spec.profiles.normal.items;
        let Some(differences) = self.profile(profile).filter(|_| profile != ProfileName::Normal)
        else {
            return normal.iter().map(Cow::Borrowed).collect();
        };
        let mut items: Vec<_> = normal
            .iter()
            .map(|item| {
                let replaced = differences.items.iter().find(|other| other.item == item.item);
                let relaxed = differences.relax.iter().find(|entry| entry.item == item.item);
                match (replaced, relaxed) {
                    (Some(replaced), _) => Cow::Borrowed(replaced),
                    (None, Some(relaxed)) => Cow::Owned(relaxed.applied(item)),
                    (None, None) => Cow::Borrowed(item),
                }
            })
            .collect();
        let added =
            differences.items.iter().filter(|item| normal.iter().all(|n| n.item != item.item));
        items.extend(added.map(Cow::Borrowed));
        items
    }

    /// A profile as written, unless it is left out.
    #[must_use]
    pub const fn profile(&self, name: ProfileName) -> Option<&Profile> {
        let profiles = &self.spec.profiles;
        match name {
            ProfileName::Normal => Some(&profiles.normal),
            ProfileName::Overload => profiles.overload.as_ref(),
            ProfileName::Disaster => profiles.disaster.as_ref(),
        }
    }
}

/// The body of a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementSpec {
    /// What matters most, for templates and drawings.
    pub emphasis: Option<Emphasis>,
    /// Where the users are, ISO 3166-1 alpha-2, at least one.
    pub user_regions: Vec<String>,
    /// Network round trips per transaction, for the derived response time; 1 to 1000.
    pub round_trips: Option<u32>,
    /// Rank among the customer's own services when capacity is short.
    pub priority: Option<Priority>,
    /// What is asked in normal times, under overload, in a disaster.
    pub profiles: Profiles,
}

crate::words::words! {
    /// What matters most.
    Emphasis {
        /// Short response.
        LatencyFirst = "latency_first",
        /// Wide connections.
        BandwidthFirst = "bandwidth_first",
        /// Low cost.
        CostFirst = "cost_first",
        /// Security, audit, law.
        AssuranceFirst = "assurance_first",
        /// Nothing in particular.
        Balanced = "balanced",
    }
}

crate::words::words! {
    /// Rank when capacity is short; `ALL` runs from the highest to the lowest.
    Priority {
        /// Lives depend on it.
        Lifeline = "lifeline",
        /// Before others.
        High = "high",
        /// The usual.
        Normal = "normal",
        /// After others.
        Low = "low",
    }
}

crate::words::words! {
    /// In which times a list of items holds.
    ProfileName {
        /// Every day.
        Normal = "normal",
        /// More load than planned.
        Overload = "overload",
        /// After a disaster.
        Disaster = "disaster",
    }
}

crate::words::words! {
    /// What recovery puts first.
    RecoveryPriority {
        /// Come back with full quality.
        QualityFirst = "quality_first",
        /// Come back soon.
        SpeedFirst = "speed_first",
        /// Keep lifelines only.
        Lifeline = "lifeline",
    }
}

/// The profiles of a requirement; overload and disaster state only differences from normal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles {
    /// Every day.
    pub normal: Profile,
    /// More load than planned.
    pub overload: Option<Profile>,
    /// After a disaster.
    pub disaster: Option<Profile>,
}

/// One profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// What recovery puts first.
    pub recovery_priority: Option<RecoveryPriority>,
    /// Which items of normal times may be relaxed, each at most once; not in `normal` itself.
    pub relax: Vec<Relaxed>,
    /// What is asked, each item at most once. What replaces an item of normal times is at least as
    /// strong.
    pub items: Vec<RequirementItem>,
}

/// An item that may be relaxed for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relaxed {
    /// An item that is asked in normal times.
    pub item: String,
    /// The value that still has to be kept, not stronger than in normal times; without one the item
    /// becomes best effort.
    pub floor: Option<Value>,
}

impl Relaxed {
    /// What is left of an item of normal times.
    fn applied(&self, normal: &RequirementItem) -> RequirementItem {
        match &self.floor {
            Some(floor) => RequirementItem { value: Some(floor.clone()), ..normal.clone() },
            None => RequirementItem::best_effort(&self.item),
        }
    }
}

crate::words::words! {
    /// How firmly an item is asked.
    Demand {
        /// Decides whether an offer matches.
        Must = "must",
        /// A miss costs distance and never excludes.
        Prefer = "prefer",
        /// Anything is accepted; the fact is recorded.
        BestEffort = "best_effort",
    }
}

crate::words::words! {
    /// How the promised value is compared with the asked one.
    Operator {
        /// At least (numbers, levels).
        Gte = "gte",
        /// At most (numbers, levels).
        Lte = "lte",
        /// Exactly (booleans).
        Eq = "eq",
        /// Between two ends (numbers).
        Range = "range",
        /// The promised set shares a member (governing law).
        OneOf = "one_of",
        /// The promised set has any of the members.
        AnyOf = "any_of",
        /// The promised set has all of the members.
        AllOf = "all_of",
        /// The promised set stays within the members.
        SubsetOf = "subset_of",
        /// The promised set has none of the members.
        NoneOf = "none_of",
    }
}

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementItem {
    /// Registry key, or `x-<vendor>.<name>` for an extension.
    pub item: String,
    /// How firmly.
    pub level: Demand,
    /// How it is compared; always there for `must` and `prefer`.
    pub op: Option<Operator>,
    /// The asked value in the item's base unit; always there for `must` and `prefer`.
    pub value: Option<Value>,
    /// The same question about further lists of the promise, for example where support works from;
    /// sets with `subset_of` or `none_of` only.
    pub sub_lists: BTreeMap<String, BTreeSet<String>>,
    /// Scheme of a security assurance level.
    pub scheme: Option<String>,
    /// Levels of other schemes that the customer accepts as equivalent.
    pub accept: Vec<Accepted>,
    /// Percentile that a response time must be given at.
    pub percentile: Option<Decimal>,
    /// Absolute slack on the raw value, in the item's base unit; whole steps for levels.
    pub tolerance: Option<Decimal>,
    /// Importance, 0 to 10; only ratios matter.
    pub weight: Option<Decimal>,
    /// Weakest commitment that counts.
    pub min_commitment: Option<Commitment>,
    /// Oldest evidence that counts, days.
    pub max_age_days: Option<u32>,
    /// Item that this one is read together with.
    pub pair_with: Option<String>,
}

impl RequirementItem {
    /// An item for which anything is accepted.
    #[must_use]
    pub fn best_effort(item: &str) -> Self {
        Self {
            item: item.to_owned(),
            level: Demand::BestEffort,
            op: None,
            value: None,
            sub_lists: BTreeMap::new(),
            scheme: None,
            accept: Vec::new(),
            percentile: None,
            tolerance: None,
            weight: None,
            min_commitment: None,
            max_age_days: None,
            pair_with: None,
        }
    }
}

/// A level of another scheme, accepted as equivalent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Scheme, for example `fedramp`.
    pub scheme: String,
    /// Level in that scheme; stronger levels of the same scheme count too.
    pub value: String,
}
