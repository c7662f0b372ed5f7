//! The life of an offer: draft, published, withdrawn.

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
    /// No longer found; contracts made from it go on.
    Withdrawn,
}

/// What can happen to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEvent {
    /// A draft, or a new version of a published offer, goes public.
    Publish,
    /// The provider takes it off the market.
    Withdraw,
}

/// Every legal step of an offer.
pub const OFFER_TRANSITIONS: &[Transition<OfferState, OfferEvent>] = &[
    Transition { from: OfferState::Draft, event: OfferEvent::Publish, to: OfferState::Published },
    Transition {
        from: OfferState::Published,
        event: OfferEvent::Publish,
        to: OfferState::Published,
    },
    Transition {
        from: OfferState::Published,
        event: OfferEvent::Withdraw,
        to: OfferState::Withdrawn,
    },
    Transition {
        from: OfferState::Withdrawn,
        event: OfferEvent::Publish,
        to: OfferState::Published,
    },
];

impl OfferState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Withdrawn];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Applies an event.
    pub fn apply(self, event: OfferEvent) -> Result<Self, InvalidTransition> {
        next_state(OFFER_TRANSITIONS, self, event)
            .ok_or(InvalidTransition { from: self.as_str(), event: event.as_str() })
    }
}

impl OfferEvent {
    /// Every event.
    pub const ALL: [Self; 2] = [Self::Publish, Self::Withdraw];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Withdraw => "withdraw",
        }
    }
}

impl fmt::Display for OfferState {
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
        let legal: Vec<_> = OfferState::ALL
            .into_iter()
            .flat_map(|state| OfferEvent::ALL.map(|event| (state, event)))
            .filter(|(state, event)| state.apply(*event).is_ok())
            .collect();
        assert_eq!(
            legal,
            [
                (OfferState::Draft, OfferEvent::Publish),
                (OfferState::Published, OfferEvent::Publish),
                (OfferState::Published, OfferEvent::Withdraw),
                (OfferState::Withdrawn, OfferEvent::Publish),
            ]
        );
    }
}
