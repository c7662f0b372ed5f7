//! The life of an offer on the market: draft, published, paused, withdrawing, withdrawn. How a version gets
//! there is the review's matter ([`crate::ReviewState`]).

use crate::ReviewState;
use crate::transition::{InvalidTransition, Transition, next_state};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where an offer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferState {
    /// Seen by its provider only.
    Draft,
    /// Seen by everybody, can be contracted if backed.
    Published,
    /// Neither found nor ordered for now; contracts made from it go on.
    Paused,
    /// Still found and ordered, and shown as ending: its notice runs.
    Withdrawing,
    /// No longer found; contracts made from it go on.
    Withdrawn,
}

/// What can happen to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEvent {
    /// A draft, or a new version, goes public.
    Publish,
    /// The provider takes it off the market for a while.
    Pause,
    /// It comes back as it was.
    Resume,
    /// The provider announces that it ends.
    Announce,
    /// It does not end, after all.
    Stay,
    /// It leaves the market: its notice has run out, or its provider takes it away at once.
    Withdraw,
}

/// Every legal step of an offer.
pub const OFFER_TRANSITIONS: &[Transition<OfferState, OfferEvent>] = {
    use OfferEvent as E;
    use OfferState as S;
    const fn row(from: S, event: E, to: S) -> Transition<OfferState, OfferEvent> {
        Transition { from, event, to }
    }
    &[
        row(S::Draft, E::Publish, S::Published),
        row(S::Published, E::Publish, S::Published),
        row(S::Published, E::Pause, S::Paused),
        row(S::Published, E::Announce, S::Withdrawing),
        row(S::Published, E::Withdraw, S::Withdrawn),
        // Whoever publishes what is paused wants it on the market, with what it says now.
        row(S::Paused, E::Publish, S::Published),
        row(S::Paused, E::Resume, S::Published),
        // Nobody can order it, so there is nobody to give notice to.
        row(S::Paused, E::Withdraw, S::Withdrawn),
        row(S::Withdrawing, E::Stay, S::Published),
        row(S::Withdrawing, E::Withdraw, S::Withdrawn),
        row(S::Withdrawn, E::Publish, S::Published),
    ]
};

impl OfferState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Draft, Self::Published, Self::Paused, Self::Withdrawing, Self::Withdrawn];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Paused => "paused",
            Self::Withdrawing => "withdrawing",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether everybody finds it and may order it.
    #[must_use]
    pub const fn is_on_market(self) -> bool {
        matches!(self, Self::Published | Self::Withdrawing)
    }

    /// Applies an event.
    pub fn apply(self, event: OfferEvent) -> Result<Self, InvalidTransition> {
        next_state(OFFER_TRANSITIONS, self, event)
            .ok_or(InvalidTransition { from: self.as_str(), event: event.as_str() })
    }
}

impl OfferEvent {
    /// Every event.
    pub const ALL: [Self; 6] =
        [Self::Publish, Self::Pause, Self::Resume, Self::Announce, Self::Stay, Self::Withdraw];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Announce => "announce",
            Self::Stay => "stay",
            Self::Withdraw => "withdraw",
        }
    }
}

/// Where an offer stands in its whole life, for whoever looks at it: the state on the market, and before
/// the market the review of its newest version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferStage {
    /// Nobody but its provider has seen it.
    Draft,
    /// Waits for somebody to look at it.
    Submitted,
    /// Somebody looks at it.
    InReview,
    /// Approved, and waits for its moment.
    Scheduled,
    /// As [`OfferState::Published`].
    Published,
    /// As [`OfferState::Paused`].
    Paused,
    /// As [`OfferState::Withdrawing`].
    Withdrawing,
    /// As [`OfferState::Withdrawn`].
    Withdrawn,
}

impl OfferStage {
    /// Every stage, in the order of a life.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Submitted,
        Self::InReview,
        Self::Scheduled,
        Self::Published,
        Self::Paused,
        Self::Withdrawing,
        Self::Withdrawn,
    ];

    /// The stage of an offer whose open review, if there is one, stands so. What is on the market stays
    /// published while its next version is reviewed.
    #[must_use]
    pub const fn of(state: OfferState, review: Option<ReviewState>) -> Self {
        match (state, review) {
            (OfferState::Published, _) => Self::Published,
            (OfferState::Paused, _) => Self::Paused,
            (OfferState::Withdrawing, _) => Self::Withdrawing,
            (_, Some(ReviewState::Submitted)) => Self::Submitted,
            (_, Some(ReviewState::InReview)) => Self::InReview,
            (_, Some(ReviewState::Approved)) => Self::Scheduled,
            (OfferState::Draft, _) => Self::Draft,
            (OfferState::Withdrawn, _) => Self::Withdrawn,
        }
    }

    /// The word sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::InReview => "in_review",
            Self::Scheduled => "scheduled",
            Self::Published => "published",
            Self::Paused => "paused",
            Self::Withdrawing => "withdrawing",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for OfferState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for OfferStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OfferState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not an offer state"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_state_and_event_is_decided() {
        use OfferEvent as E;
        use OfferState as S;
        let legal: Vec<_> = S::ALL
            .into_iter()
            .flat_map(|state| E::ALL.map(|event| (state, event)))
            .filter_map(|(state, event)| Some((state, event, state.apply(event).ok()?)))
            .collect();
        assert_eq!(
            legal,
            [
                (S::Draft, E::Publish, S::Published),
                (S::Published, E::Publish, S::Published),
                (S::Published, E::Pause, S::Paused),
                (S::Published, E::Announce, S::Withdrawing),
                (S::Published, E::Withdraw, S::Withdrawn),
                (S::Paused, E::Publish, S::Published),
                (S::Paused, E::Resume, S::Published),
                (S::Paused, E::Withdraw, S::Withdrawn),
                (S::Withdrawing, E::Stay, S::Published),
                (S::Withdrawing, E::Withdraw, S::Withdrawn),
                (S::Withdrawn, E::Publish, S::Published),
            ]
        );
        assert_eq!(legal.len(), OFFER_TRANSITIONS.len(), "no row twice");
    }

    #[test]
    fn only_what_is_published_or_withdrawing_is_on_the_market() {
        let on: Vec<_> = OfferState::ALL.into_iter().filter(|state| state.is_on_market()).collect();
        assert_eq!(on, [OfferState::Published, OfferState::Withdrawing]);
    }

    #[test]
    fn every_pair_of_state_and_review_is_a_stage() {
        use OfferStage as G;
        use OfferState as S;
        use ReviewState as R;
        for review in R::ALL.into_iter().map(Some).chain([None]) {
            assert_eq!(G::of(S::Published, review), G::Published);
            assert_eq!(G::of(S::Paused, review), G::Paused);
            assert_eq!(G::of(S::Withdrawing, review), G::Withdrawing);
            let before = match review {
                Some(R::Submitted) => Some(G::Submitted),
                Some(R::InReview) => Some(G::InReview),
                Some(R::Approved) => Some(G::Scheduled),
                _ => None,
            };
            assert_eq!(G::of(S::Draft, review), before.unwrap_or(G::Draft));
            assert_eq!(G::of(S::Withdrawn, review), before.unwrap_or(G::Withdrawn));
        }
    }
}
