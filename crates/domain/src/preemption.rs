//! Pre-emption (F7.4.6): a lifeline takes machines of a service whose customer agreed to it beforehand, after a
//! notice, for a compensation, and they come back when there is room again.

use crate::transition::{InvalidTransition, Transition, next_state};
use crate::{DurationUs, Money};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is owed for a month's price while the room is taken, percent: it costs more than it saves.
pub const COMPENSATION_PERCENT: i64 = 200;
/// Hours of a month, as prices are divided.
const HOURS_OF_MONTH: i128 = 730;
const HOUR_US: i128 = 3_600_000_000;

/// Where a pre-emption stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreemptionState {
    /// The customer was told; nothing has changed yet.
    Noticed,
    /// Machines are being given up.
    Taking,
    /// A lifeline has the room.
    Taken,
    /// The service gets its size back.
    Returning,
    /// It has it.
    Returned,
    /// The notice came to nothing: the room was not needed, or the service ended before.
    CalledOff,
    /// The room could not be taken; the service is as it was.
    Failed,
    /// The service ended while its room was taken.
    Ended,
}

/// What can happen to a pre-emption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreemptionEvent {
    /// The notice has run out.
    Begin,
    /// The notice is taken back, or has nothing left to take.
    CallOff,
    /// The machines are free.
    Take,
    /// They could not be freed, and everything is as before.
    TakeFailed,
    /// There is room again.
    Return,
    /// The service has its size back.
    ReturnDone,
    /// The room was gone again.
    ReturnFailed,
    /// The service ends.
    End,
}

/// Every legal step of a pre-emption.
pub const PREEMPTION_TRANSITIONS: &[Transition<PreemptionState, PreemptionEvent>] = {
    use PreemptionEvent as E;
    use PreemptionState as S;
    const fn row(from: S, event: E, to: S) -> Transition<PreemptionState, PreemptionEvent> {
        Transition { from, event, to }
    }
    &[
        row(S::Noticed, E::Begin, S::Taking),
        row(S::Noticed, E::CallOff, S::CalledOff),
        row(S::Taking, E::Take, S::Taken),
        row(S::Taking, E::TakeFailed, S::Failed),
        row(S::Taken, E::Return, S::Returning),
        row(S::Taken, E::End, S::Ended),
        row(S::Returning, E::ReturnDone, S::Returned),
        row(S::Returning, E::ReturnFailed, S::Taken),
    ]
};

impl PreemptionState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Noticed,
        Self::Taking,
        Self::Taken,
        Self::Returning,
        Self::Returned,
        Self::CalledOff,
        Self::Failed,
        Self::Ended,
    ];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Noticed => "noticed",
            Self::Taking => "taking",
            Self::Taken => "taken",
            Self::Returning => "returning",
            Self::Returned => "returned",
            Self::CalledOff => "called_off",
            Self::Failed => "failed",
            Self::Ended => "ended",
        }
    }

    /// Nothing more will happen.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Returned | Self::CalledOff | Self::Failed | Self::Ended)
    }

    /// Whether the service has less than was ordered, or is just getting it back.
    #[must_use]
    pub const fn is_short(self) -> bool {
        matches!(self, Self::Taking | Self::Taken | Self::Returning)
    }

    /// Whether a workflow changes the service now.
    #[must_use]
    pub const fn is_at_work(self) -> bool {
        matches!(self, Self::Taking | Self::Returning)
    }

    /// Applies an event.
    ///
    /// # Errors
    /// When the table does not list the pair.
    pub fn apply(self, event: PreemptionEvent) -> Result<Self, InvalidTransition> {
        next_state(PREEMPTION_TRANSITIONS, self, event)
            .ok_or(InvalidTransition { from: self.as_str(), event: event.as_str() })
    }
}

impl PreemptionEvent {
    /// Every event.
    pub const ALL: [Self; 8] = [
        Self::Begin,
        Self::CallOff,
        Self::Take,
        Self::TakeFailed,
        Self::Return,
        Self::ReturnDone,
        Self::ReturnFailed,
        Self::End,
    ];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::CallOff => "call_off",
            Self::Take => "take",
            Self::TakeFailed => "take_failed",
            Self::Return => "return",
            Self::ReturnDone => "return_done",
            Self::ReturnFailed => "return_failed",
            Self::End => "end",
        }
    }
}

impl fmt::Display for PreemptionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PreemptionState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is not a state of a pre-emption"))
    }
}

/// What is owed for room that was taken: `percent` of the monthly price of the machines that were given up, for
/// every hour begun, at least one, rounded up to a whole minor unit.
///
/// `None`: more machines were taken than there were, or the amount does not fit.
#[must_use]
pub fn compensation(
    month: Money,
    percent: i64,
    (taken, of): (i64, i64),
    lasted: DurationUs,
) -> Option<Money> {
    if taken < 0 || of <= 0 || taken > of || month.minor < 0 || percent < 0 {
        return None;
    }
    let hours = ((i128::from(lasted.max(0)) + HOUR_US - 1) / HOUR_US).max(1);
    let whole = i128::from(month.minor)
        .checked_mul(i128::from(percent))?
        .checked_mul(i128::from(taken))?
        .checked_mul(hours)?;
    let parts = HOURS_OF_MONTH * 100 * i128::from(of);
    let minor = i64::try_from((whole + parts - 1) / parts).ok()?;
    Some(Money::new(minor, month.currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    const HOUR: DurationUs = 3_600_000_000;

    fn yen(minor: i64) -> Money {
        Money::new(minor, Currency::Jpy)
    }

    #[test]
    fn only_the_listed_pairs_are_legal_and_nothing_leaves_an_end() {
        for state in PreemptionState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            for event in PreemptionEvent::ALL {
                let listed = PREEMPTION_TRANSITIONS
                    .iter()
                    .any(|row| row.from == state && row.event == event);
                assert_eq!(state.apply(event).is_ok(), listed, "{state} {}", event.as_str());
                assert!(!(listed && state.is_final()), "{state}");
            }
        }
        assert!("gone".parse::<PreemptionState>().is_err());
    }

    #[test]
    fn what_has_begun_to_be_taken_leads_back_or_to_the_end_of_the_service() {
        let ends = |state: PreemptionState| {
            PreemptionEvent::ALL.into_iter().filter_map(move |event| state.apply(event).ok())
        };
        assert!(
            ends(PreemptionState::Taken).eq([PreemptionState::Returning, PreemptionState::Ended])
        );
        assert!(
            ends(PreemptionState::Returning)
                .eq([PreemptionState::Returned, PreemptionState::Taken])
        );
    }

    #[test]
    fn every_hour_begun_is_owed_for_and_at_least_one() {
        let owed = |taken, lasted| compensation(yen(7_300), 200, (taken, 4), lasted);
        // 7,300 a month are 10 an hour for four machines; twice that is owed.
        assert_eq!(owed(4, 1), Some(yen(20)));
        assert_eq!(owed(4, HOUR), Some(yen(20)));
        assert_eq!(owed(4, HOUR + 1), Some(yen(40)));
        assert_eq!(owed(4, -5), Some(yen(20)), "a clock that went back owes an hour");
        assert_eq!(owed(1, HOUR), Some(yen(5)));
        assert_eq!(owed(3, 100 * HOUR), Some(yen(1_500)));
        assert_eq!(owed(5, HOUR), None, "more than there were");
    }

    #[test]
    fn a_part_of_a_minor_unit_is_owed_whole_and_a_free_service_is_owed_nothing() {
        assert_eq!(compensation(yen(1), 200, (1, 64), 1), Some(yen(1)));
        assert_eq!(compensation(yen(0), 200, (1, 1), HOUR), Some(yen(0)));
        assert_eq!(compensation(yen(-1), 200, (1, 1), HOUR), None);
        let most = compensation(yen(i64::MAX), 200, (1, 1), i64::MAX);
        assert_eq!(most, None, "what does not fit is not made smaller");
    }

    #[test]
    fn longer_and_more_is_never_owed_less() {
        let owed = |taken, lasted| {
            compensation(yen(12_345), COMPENSATION_PERCENT, (taken, 7), lasted).map(|it| it.minor)
        };
        for taken in 0..7 {
            for quarter in 0..200 {
                let lasted = quarter * HOUR / 4;
                assert!(owed(taken, lasted) <= owed(taken + 1, lasted));
                assert!(owed(taken, lasted) <= owed(taken, lasted + HOUR / 4));
            }
        }
    }
}
