//! The life of a contract, from signature to settlement.
//!
//! The workflows `activate_contract` and `release_contract` drive it; people cause only `Sign`, `CallOff`
//! and `AskRelease`.

use crate::transition::{InvalidTransition, Transition, next_state};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where a contract stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractState {
    /// Signed; it begins at a moment that was said.
    Scheduled,
    /// Signed; resources are being held, confirmed and started.
    Activating,
    /// The service answers at its address.
    Active,
    /// Activation failed; everything was undone at the provider.
    Failed,
    /// Access is being closed and data erased.
    Releasing,
    /// Nothing is left at the provider; the final meter is known.
    Released,
}

/// What can happen to a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractEvent {
    /// Its moment came.
    Begin,
    /// The customer took it back before it began.
    CallOff,
    /// The probe passed and access is open.
    Activated,
    /// Activation ended with everything undone.
    ActivationFailed,
    /// The customer ends the service.
    AskRelease,
    /// The final meter was read.
    ReleaseDone,
}

/// Every legal step of a contract.
pub const CONTRACT_TRANSITIONS: &[Transition<ContractState, ContractEvent>] = &[
    Transition {
        from: ContractState::Scheduled,
        event: ContractEvent::Begin,
        to: ContractState::Activating,
    },
    Transition {
        from: ContractState::Scheduled,
        event: ContractEvent::CallOff,
        to: ContractState::Failed,
    },
    Transition {
        from: ContractState::Activating,
        event: ContractEvent::Activated,
        to: ContractState::Active,
    },
    Transition {
        from: ContractState::Activating,
        event: ContractEvent::ActivationFailed,
        to: ContractState::Failed,
    },
    Transition {
        from: ContractState::Active,
        event: ContractEvent::AskRelease,
        to: ContractState::Releasing,
    },
    Transition {
        from: ContractState::Releasing,
        event: ContractEvent::ReleaseDone,
        to: ContractState::Released,
    },
];

impl ContractState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Scheduled,
        Self::Activating,
        Self::Active,
        Self::Failed,
        Self::Releasing,
        Self::Released,
    ];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Activating => "activating",
            Self::Active => "active",
            Self::Failed => "failed",
            Self::Releasing => "releasing",
            Self::Released => "released",
        }
    }

    /// Nothing more will happen by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Released)
    }

    /// Applies an event.
    pub fn apply(self, event: ContractEvent) -> Result<Self, InvalidTransition> {
        next_state(CONTRACT_TRANSITIONS, self, event)
            .ok_or(InvalidTransition { from: self.as_str(), event: event.as_str() })
    }
}

impl ContractEvent {
    /// Every event.
    pub const ALL: [Self; 6] = [
        Self::Begin,
        Self::CallOff,
        Self::Activated,
        Self::ActivationFailed,
        Self::AskRelease,
        Self::ReleaseDone,
    ];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::CallOff => "call_off",
            Self::Activated => "activated",
            Self::ActivationFailed => "activation_failed",
            Self::AskRelease => "ask_release",
            Self::ReleaseDone => "release_done",
        }
    }
}

impl fmt::Display for ContractState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ContractState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a contract state"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_pairs_are_legal() {
        for state in ContractState::ALL {
            for event in ContractEvent::ALL {
                let listed =
                    CONTRACT_TRANSITIONS.iter().any(|row| row.from == state && row.event == event);
                assert_eq!(state.apply(event).is_ok(), listed, "{state} {}", event.as_str());
            }
        }
    }

    #[test]
    fn final_states_accept_nothing() {
        for state in ContractState::ALL.into_iter().filter(|state| state.is_final()) {
            assert!(ContractEvent::ALL.into_iter().all(|event| state.apply(event).is_err()));
        }
    }
}
