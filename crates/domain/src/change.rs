//! A change of a contract: what kinds there are, and where one stands.

use crate::transition::{InvalidTransition, Transition, next_state};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is to be different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Other quantities of the same offer.
    Scale,
    /// A later end, a newer version of the offer, or both.
    Renew,
    /// Another offer, most likely at another provider.
    Move,
}

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// It begins at a moment that was said.
    Scheduled,
    /// It is being made.
    Running,
    /// The contract is as was asked.
    Done,
    /// It came to nothing; the contract is as it was.
    Failed,
    /// It was taken back before it began.
    CalledOff,
}

/// What can happen to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeEvent {
    /// Its moment came.
    Begin,
    /// Everything is as asked.
    Finish,
    /// It ended with everything as before.
    Fail,
    /// Its holder took it back, or ended the contract.
    CallOff,
}

/// Every legal step of a change.
pub const CHANGE_TRANSITIONS: &[Transition<ChangeState, ChangeEvent>] = &[
    Transition {
        from: ChangeState::Scheduled,
        event: ChangeEvent::Begin,
        to: ChangeState::Running,
    },
    Transition {
        from: ChangeState::Scheduled,
        event: ChangeEvent::CallOff,
        to: ChangeState::CalledOff,
    },
    Transition { from: ChangeState::Scheduled, event: ChangeEvent::Fail, to: ChangeState::Failed },
    Transition { from: ChangeState::Running, event: ChangeEvent::Finish, to: ChangeState::Done },
    Transition { from: ChangeState::Running, event: ChangeEvent::Fail, to: ChangeState::Failed },
];

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Scale, Self::Renew, Self::Move];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scale => "scale",
            Self::Renew => "renew",
            Self::Move => "move",
        }
    }
}

impl ChangeState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Scheduled, Self::Running, Self::Done, Self::Failed, Self::CalledOff];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::CalledOff => "called_off",
        }
    }

    /// Nothing more will happen.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::CalledOff)
    }

    /// Applies an event.
    ///
    /// # Errors
    /// When the table does not list the pair.
    pub fn apply(self, event: ChangeEvent) -> Result<Self, InvalidTransition> {
        next_state(CHANGE_TRANSITIONS, self, event)
            .ok_or(InvalidTransition { from: self.as_str(), event: event.as_str() })
    }
}

impl ChangeEvent {
    /// Every event.
    pub const ALL: [Self; 4] = [Self::Begin, Self::Finish, Self::Fail, Self::CallOff];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Finish => "finish",
            Self::Fail => "fail",
            Self::CallOff => "call_off",
        }
    }
}

macro_rules! words {
    ($($type:ty, $what:literal;)+) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
                found.ok_or_else(|| format!(concat!("`{}` is not a ", $what), text))
            }
        }
    )+};
}

words! {
    ChangeKind, "kind of change";
    ChangeState, "state of a change";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_pairs_are_legal_and_nothing_leaves_an_end() {
        for state in ChangeState::ALL {
            for event in ChangeEvent::ALL {
                let listed =
                    CHANGE_TRANSITIONS.iter().any(|row| row.from == state && row.event == event);
                assert_eq!(state.apply(event).is_ok(), listed, "{state} {}", event.as_str());
                assert!(!(listed && state.is_final()), "{state}");
            }
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for kind in ChangeKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for state in ChangeState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert!("shrink".parse::<ChangeKind>().is_err());
    }
}
