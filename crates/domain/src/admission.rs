//! How a provider comes to sell on the market: it applies, somebody of the market looks at it by a list of
//! checks, and admits or refuses it; who is admitted can be suspended and reinstated.

use crate::transition::{InvalidTransition, Transition, next_state};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where a provider stands with the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionState {
    /// Signed up; has not applied yet.
    Preparing,
    /// Waits for somebody to look at it.
    Applied,
    /// A person looks at it.
    InReview,
    /// Its offers may come on the market.
    Admitted,
    /// Was refused with a reason, and may apply again.
    Refused,
    /// Was admitted; its offers are off the market until it is reinstated.
    Suspended,
}

/// What can happen to an admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionEvent {
    /// The provider applies, or applies again.
    Apply,
    /// A person begins to look at it.
    Begin,
    /// A person admits it.
    Admit,
    /// A person refuses it.
    Refuse,
    /// A person takes its offers off the market.
    Suspend,
    /// They come back.
    Reinstate,
    /// The market itself enters it.
    Enter,
    /// It was on the market before providers were admitted one by one.
    Existed,
}

/// Every legal step of an admission.
pub const ADMISSION_TRANSITIONS: &[Transition<AdmissionState, AdmissionEvent>] = {
    use AdmissionEvent as E;
    use AdmissionState as S;
    const fn row(from: S, event: E, to: S) -> Transition<AdmissionState, AdmissionEvent> {
        Transition { from, event, to }
    }
    &[
        row(S::Preparing, E::Apply, S::Applied),
        row(S::Preparing, E::Enter, S::Admitted),
        row(S::Preparing, E::Existed, S::Admitted),
        row(S::Applied, E::Begin, S::InReview),
        row(S::InReview, E::Admit, S::Admitted),
        row(S::InReview, E::Refuse, S::Refused),
        row(S::Admitted, E::Suspend, S::Suspended),
        row(S::Refused, E::Apply, S::Applied),
        row(S::Suspended, E::Reinstate, S::Admitted),
    ]
};

impl AdmissionState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Preparing,
        Self::Applied,
        Self::InReview,
        Self::Admitted,
        Self::Refused,
        Self::Suspended,
    ];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Applied => "applied",
            Self::InReview => "in_review",
            Self::Admitted => "admitted",
            Self::Refused => "refused",
            Self::Suspended => "suspended",
        }
    }

    /// Whether its offers may come on the market. An open market asks nobody to apply; who is suspended stays
    /// away from it too.
    #[must_use]
    pub const fn may_sell(self, open_market: bool) -> bool {
        matches!(self, Self::Admitted) || (open_market && !matches!(self, Self::Suspended))
    }

    /// Whether somebody of the market has to do something.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::Applied | Self::InReview)
    }

    /// Applies an event.
    pub fn apply(self, event: AdmissionEvent) -> Result<Self, InvalidTransition> {
        next_state(ADMISSION_TRANSITIONS, self, event)
            .ok_or(InvalidTransition { from: self.as_str(), event: event.as_str() })
    }
}

impl AdmissionEvent {
    /// Every event.
    pub const ALL: [Self; 8] = [
        Self::Apply,
        Self::Begin,
        Self::Admit,
        Self::Refuse,
        Self::Suspend,
        Self::Reinstate,
        Self::Enter,
        Self::Existed,
    ];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Begin => "begin",
            Self::Admit => "admit",
            Self::Refuse => "refuse",
            Self::Suspend => "suspend",
            Self::Reinstate => "reinstate",
            Self::Enter => "enter",
            Self::Existed => "existed",
        }
    }

    /// Whether it takes something away, so that a reason is needed.
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Refuse | Self::Suspend)
    }

    /// Reads the word; `None` for one of another version of the program.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == word)
    }
}

/// What was found out about one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckAnswer {
    /// Nobody said anything yet, or it is not so.
    Open,
    /// It is so.
    Met,
    /// It cannot be asked of this provider, with a reason.
    NotApplicable,
}

impl CheckAnswer {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Open, Self::Met, Self::NotApplicable];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Met => "met",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// Reads the word; `None` for one of another version of the program.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.as_str() == word)
    }

    /// What a connected cloud says by itself: one that was examined and passed, or is absent, keeps nobody away.
    #[must_use]
    pub const fn of_cloud(connected: bool, passed: bool) -> Self {
        match (connected, passed) {
            (false, _) => Self::NotApplicable,
            (true, true) => Self::Met,
            (true, false) => Self::Open,
        }
    }

    /// Whether a check with this answer keeps a provider from being admitted.
    #[must_use]
    pub const fn is_missing(self, required: bool) -> bool {
        required && matches!(self, Self::Open)
    }
}

impl fmt::Display for AdmissionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AdmissionState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a state of an admission"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AdmissionEvent as E;
    use AdmissionState as S;

    #[test]
    fn every_pair_of_state_and_event_is_decided() {
        let legal: Vec<_> = S::ALL
            .into_iter()
            .flat_map(|state| E::ALL.map(|event| (state, event)))
            .filter_map(|(state, event)| Some((state, event, state.apply(event).ok()?)))
            .collect();
        assert_eq!(
            legal,
            [
                (S::Preparing, E::Apply, S::Applied),
                (S::Preparing, E::Enter, S::Admitted),
                (S::Preparing, E::Existed, S::Admitted),
                (S::Applied, E::Begin, S::InReview),
                (S::InReview, E::Admit, S::Admitted),
                (S::InReview, E::Refuse, S::Refused),
                (S::Admitted, E::Suspend, S::Suspended),
                (S::Refused, E::Apply, S::Applied),
                (S::Suspended, E::Reinstate, S::Admitted),
            ]
        );
        assert_eq!(legal.len(), ADMISSION_TRANSITIONS.len(), "no row twice");
    }

    #[test]
    fn an_open_market_keeps_only_the_suspended_away() {
        let selling = |open| S::ALL.into_iter().filter(move |state| state.may_sell(open));
        assert_eq!(selling(false).collect::<Vec<_>>(), [S::Admitted]);
        let away: Vec<_> = S::ALL.into_iter().filter(|state| !state.may_sell(true)).collect();
        assert_eq!(away, [S::Suspended]);
    }

    #[test]
    fn what_takes_away_needs_a_reason() {
        let asked: Vec<_> = E::ALL.into_iter().filter(|event| event.needs_reason()).collect();
        assert_eq!(asked, [E::Refuse, E::Suspend]);
    }

    #[test]
    fn only_an_open_check_that_is_required_is_missing() {
        for answer in CheckAnswer::ALL {
            assert!(!answer.is_missing(false));
            assert_eq!(answer.is_missing(true), answer == CheckAnswer::Open);
            assert_eq!(CheckAnswer::from_word(answer.as_str()), Some(answer));
        }
        assert!(CheckAnswer::of_cloud(true, false).is_missing(true));
        assert!(!CheckAnswer::of_cloud(true, true).is_missing(true));
        assert!(!CheckAnswer::of_cloud(false, false).is_missing(true));
    }

    #[test]
    fn words_are_read_back() {
        for state in S::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        for event in E::ALL {
            assert_eq!(E::from_word(event.as_str()), Some(event));
        }
    }
}
