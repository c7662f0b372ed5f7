//! The life of an upload: a file of offers that is taken in beside the request that brought it.

use crate::transition::{InvalidTransition, Transition, next_state};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// Waits for its turn.
    Waiting,
    /// Is read, checked and saved.
    Running,
    /// Was looked at; nothing is saved.
    Tried,
    /// Has faults; nothing is saved.
    Refused,
    /// Its rows, or those without a fault, are saved.
    Saved,
    /// Its sender stopped it; nothing is saved.
    Cancelled,
    /// The market could not do it; nothing is saved.
    Failed,
    /// What it saved was undone.
    Undone,
}

/// What can happen to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadEvent {
    /// A process takes it.
    Begin,
    /// It was looked at, as was asked.
    Try,
    /// Faults were found.
    Refuse,
    /// Its rows were saved.
    Save,
    /// Its sender stops it.
    Cancel,
    /// It cannot be done.
    Fail,
    /// What was tried or refused is to be saved, or its rows without a fault.
    Take,
    /// What it saved is undone.
    Undo,
}

/// Every legal step of an upload.
pub const UPLOAD_TRANSITIONS: &[Transition<UploadState, UploadEvent>] = {
    use UploadEvent as E;
    use UploadState as S;
    const fn row(from: S, event: E, to: S) -> Transition<UploadState, UploadEvent> {
        Transition { from, event, to }
    }
    &[
        row(S::Waiting, E::Begin, S::Running),
        row(S::Waiting, E::Cancel, S::Cancelled),
        // A process that stopped left it; another one takes it again.
        row(S::Running, E::Begin, S::Running),
        row(S::Running, E::Try, S::Tried),
        row(S::Running, E::Refuse, S::Refused),
        row(S::Running, E::Save, S::Saved),
        row(S::Running, E::Cancel, S::Cancelled),
        row(S::Running, E::Fail, S::Failed),
        row(S::Tried, E::Take, S::Waiting),
        row(S::Refused, E::Take, S::Waiting),
        row(S::Saved, E::Undo, S::Undone),
    ]
};

impl UploadState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Running,
        Self::Tried,
        Self::Refused,
        Self::Saved,
        Self::Cancelled,
        Self::Failed,
        Self::Undone,
    ];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Tried => "tried",
            Self::Refused => "refused",
            Self::Saved => "saved",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Undone => "undone",
        }
    }

    /// Whether the market is still at it.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }

    /// Applies an event.
    pub fn apply(self, event: UploadEvent) -> Result<Self, InvalidTransition> {
        next_state(UPLOAD_TRANSITIONS, self, event)
            .ok_or(InvalidTransition { from: self.as_str(), event: event.as_str() })
    }
}

impl UploadEvent {
    /// Every event.
    pub const ALL: [Self; 8] = [
        Self::Begin,
        Self::Try,
        Self::Refuse,
        Self::Save,
        Self::Cancel,
        Self::Fail,
        Self::Take,
        Self::Undo,
    ];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Try => "try",
            Self::Refuse => "refuse",
            Self::Save => "save",
            Self::Cancel => "cancel",
            Self::Fail => "fail",
            Self::Take => "take",
            Self::Undo => "undo",
        }
    }
}

impl fmt::Display for UploadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UploadState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a state of an upload"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_state_and_event_is_decided() {
        let legal: Vec<_> = UploadState::ALL
            .into_iter()
            .flat_map(|state| UploadEvent::ALL.map(|event| (state, event)))
            .filter_map(|(state, event)| Some((state, event, state.apply(event).ok()?)))
            .collect();
        let listed: Vec<_> =
            UPLOAD_TRANSITIONS.iter().map(|row| (row.from, row.event, row.to)).collect();
        assert_eq!(legal.len(), listed.len(), "no row twice");
        assert!(listed.iter().all(|row| legal.contains(row)));
        for state in [UploadState::Cancelled, UploadState::Failed, UploadState::Undone] {
            assert!(
                UploadEvent::ALL.into_iter().all(|event| state.apply(event).is_err()),
                "{state}"
            );
        }
    }

    #[test]
    fn words_round_trip() {
        for state in UploadState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert!("done".parse::<UploadState>().is_err());
    }
}
