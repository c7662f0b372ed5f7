//! The review of one version of an offer: submitted, looked at by somebody else, approved or refused, and
//! published at its moment. The rules that approve without a person, each with what it looked at.

use crate::transition::{InvalidTransition, Transition, next_state};
use crate::{Actor, Currency, OrganisationId, Role};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Waits for somebody to look at it.
    Submitted,
    /// A person looks at it.
    InReview,
    /// May be published, at its moment.
    Approved,
    /// Has been published.
    Published,
    /// Was refused, with a reason.
    Refused,
    /// Its provider took it back.
    TakenBack,
}

/// What can happen to a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewEvent {
    /// A person begins to look at it.
    Begin,
    /// A person, or a rule that says so, approves it.
    Approve,
    /// A person refuses it.
    Refuse,
    /// Its provider takes it back.
    TakeBack,
    /// Its moment has come.
    Publish,
}

/// Every legal step of a review.
pub const REVIEW_TRANSITIONS: &[Transition<ReviewState, ReviewEvent>] = {
    use ReviewEvent as E;
    use ReviewState as S;
    const fn row(from: S, event: E, to: S) -> Transition<ReviewState, ReviewEvent> {
        Transition { from, event, to }
    }
    &[
        row(S::Submitted, E::Begin, S::InReview),
        row(S::Submitted, E::Approve, S::Approved),
        row(S::Submitted, E::Refuse, S::Refused),
        row(S::Submitted, E::TakeBack, S::TakenBack),
        row(S::InReview, E::Approve, S::Approved),
        row(S::InReview, E::Refuse, S::Refused),
        row(S::InReview, E::TakeBack, S::TakenBack),
        row(S::Approved, E::TakeBack, S::TakenBack),
        row(S::Approved, E::Publish, S::Published),
    ]
};

impl ReviewState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Submitted,
        Self::InReview,
        Self::Approved,
        Self::Published,
        Self::Refused,
        Self::TakenBack,
    ];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::InReview => "in_review",
            Self::Approved => "approved",
            Self::Published => "published",
            Self::Refused => "refused",
            Self::TakenBack => "taken_back",
        }
    }

    /// Whether something can still happen to it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::InReview | Self::Approved)
    }

    /// Applies an event.
    pub fn apply(self, event: ReviewEvent) -> Result<Self, InvalidTransition> {
        next_state(REVIEW_TRANSITIONS, self, event)
            .ok_or(InvalidTransition { from: self.as_str(), event: event.as_str() })
    }
}

impl ReviewEvent {
    /// Every event.
    pub const ALL: [Self; 5] =
        [Self::Begin, Self::Approve, Self::Refuse, Self::TakeBack, Self::Publish];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::TakeBack => "take_back",
            Self::Publish => "publish",
        }
    }
}

impl fmt::Display for ReviewState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ReviewState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a state of a review"))
    }
}

/// Two eyes more: whether `actor` is somebody else than who submitted. Neither the person who did, nor
/// anybody of the provider's own organisation decides, whatever their roles.
#[must_use]
pub fn is_second_pair_of_eyes(
    actor: &Actor,
    submitted_by: &str,
    provider: Option<OrganisationId>,
) -> bool {
    actor.viewer().is_some_and(|viewer| {
        viewer.role == Role::Broker
            && viewer.user.to_string() != submitted_by
            && Some(viewer.organisation) != provider
    })
}

/// What the broker keeps: when a version is approved without a person. The document is always checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewRules {
    /// A person looks at everything; the other rules are asked and told, and decide nothing.
    pub review_all: bool,
    /// A change of what is on the market that is only better for customers, or only of texts, is enough.
    pub harmless_change: bool,
    /// Published offers that the provider has to have.
    pub published_least: i64,
    /// Days in which none of the provider's versions may have been refused; 0: not asked.
    pub refusal_days: i64,
    /// How far, in percent, the price may lie from the middle of its category; 0: not asked.
    pub price_percent: i64,
}

impl ReviewRules {
    /// The rules of a fresh market: a provider who was not refused of late publishes at once.
    pub const DEFAULT: Self = Self {
        review_all: false,
        harmless_change: true,
        published_least: 0,
        refusal_days: 90,
        price_percent: 0,
    };

    /// The bounds of each number: published offers, days, percent.
    pub const BOUNDS: [(&'static str, i64); 3] =
        [("publishedLeast", 10_000), ("refusalDays", 3_650), ("pricePercent", 1_000)];

    /// The numbers, in the order of [`Self::BOUNDS`].
    #[must_use]
    pub const fn numbers(&self) -> [i64; 3] {
        [self.published_least, self.refusal_days, self.price_percent]
    }
}

/// Fewer published prices have no middle to compare with.
pub const PRICES_LEAST: i64 = 3;

/// The middle of the published prices of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceMiddle {
    /// In minor units.
    pub minor: i64,
    /// Of so many prices.
    pub prices: i64,
}

/// What a change of a published version comes to for customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeVerdict {
    /// Only texts, or nothing that matters.
    Neutral,
    /// Nothing is worse and something is better.
    Better,
    /// Something is worse, or cannot be compared.
    Other,
}

/// What the rules look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewFacts {
    /// The provider's offers that were published before.
    pub published: i64,
    /// Its refused versions within the days that the rules ask for.
    pub refused: i64,
    /// Service model of the version: its category.
    pub category: String,
    /// Monthly price in minor units.
    pub price_minor: Option<i64>,
    /// Of the price.
    pub currency: Option<Currency>,
    /// Of the category in that currency; `None`: not asked, or no price.
    pub middle: Option<PriceMiddle>,
    /// Against the published version; `None`: nothing is published.
    pub change: Option<ChangeVerdict>,
    /// Whether the provider is admitted; `None`: nobody is asked to be.
    #[serde(default)]
    pub admitted: Option<bool>,
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewRule {
    /// The document has no fault.
    Sound,
    /// The provider is admitted.
    Admitted,
    /// A person looks at everything.
    ReviewAll,
    /// Only better, or only texts.
    HarmlessChange,
    /// So many published offers.
    PublishedLeast,
    /// None refused of late.
    NotRefused,
    /// The price lies near the middle of its category.
    PriceNear,
}

impl ReviewRule {
    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Admitted => "admitted",
            Self::ReviewAll => "review_all",
            Self::HarmlessChange => "harmless_change",
            Self::PublishedLeast => "published_least",
            Self::NotRefused => "not_refused",
            Self::PriceNear => "price_near",
        }
    }
}

/// What a rule said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleAnswer {
    /// It speaks for publishing.
    Holds,
    /// It asks for a person.
    Fails,
    /// It does not apply, or is switched off.
    NotAsked,
}

impl RuleAnswer {
    /// The word sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::NotAsked => "not_asked",
        }
    }

    const fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

/// One rule with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleCheck {
    /// Which rule.
    pub rule: ReviewRule,
    /// What it said.
    pub answer: RuleAnswer,
}

/// What decided about a version, and why: rules, what they looked at and what each said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// Number of the rules; 0: those of a fresh market.
    pub rules_version: i64,
    /// The rules.
    pub rules: ReviewRules,
    /// What they looked at.
    pub facts: ReviewFacts,
    /// Each rule with its answer.
    pub checks: Vec<RuleCheck>,
    /// Whether no person is needed.
    pub approved: bool,
}

impl Evaluation {
    /// Asks every rule about a sound document.
    #[must_use]
    pub fn of(rules_version: i64, rules: ReviewRules, facts: ReviewFacts) -> Self {
        use ReviewRule as R;
        let harmless = match facts.change {
            Some(change) if rules.harmless_change => RuleAnswer::of(change != ChangeVerdict::Other),
            _ => RuleAnswer::NotAsked,
        };
        let rest = [
            (
                R::PublishedLeast,
                asked(rules.published_least, facts.published >= rules.published_least),
            ),
            (R::NotRefused, asked(rules.refusal_days, facts.refused == 0)),
            (R::PriceNear, price_near(rules, &facts)),
        ];
        let all = if rules.review_all { RuleAnswer::Fails } else { RuleAnswer::NotAsked };
        let none_fails = rest.iter().all(|(_, answer)| *answer != RuleAnswer::Fails);
        let admitted = facts.admitted.map_or(RuleAnswer::NotAsked, RuleAnswer::of);
        let approved = admitted != RuleAnswer::Fails
            && !rules.review_all
            && (harmless == RuleAnswer::Holds || none_fails);
        let first = [
            (R::Sound, RuleAnswer::Holds),
            (R::Admitted, admitted),
            (R::ReviewAll, all),
            (R::HarmlessChange, harmless),
        ];
        let checks = first.into_iter().chain(rest);
        let checks = checks.map(|(rule, answer)| RuleCheck { rule, answer }).collect();
        Self { rules_version, rules, facts, checks, approved }
    }
}

fn asked(bound: i64, holds: bool) -> RuleAnswer {
    if bound == 0 { RuleAnswer::NotAsked } else { RuleAnswer::of(holds) }
}

/// Too few prices to compare with ask for a person, and so does an absent price: absent is not zero.
fn price_near(rules: ReviewRules, facts: &ReviewFacts) -> RuleAnswer {
    if rules.price_percent == 0 {
        return RuleAnswer::NotAsked;
    }
    let (Some(price), Some(middle)) = (facts.price_minor, facts.middle) else {
        return RuleAnswer::Fails;
    };
    let away = (i128::from(price) - i128::from(middle.minor)).abs() * 100;
    let allowed = i128::from(middle.minor.max(0)) * i128::from(rules.price_percent);
    RuleAnswer::of(middle.prices >= PRICES_LEAST && away <= allowed)
}

#[cfg(test)]
mod tests;
