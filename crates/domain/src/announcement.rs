//! What the market and its providers announce, and what an announcement may say.

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Microseconds of a day.
const DAY_US: i64 = 86_400 * 1_000_000;
/// How long before its beginning an announcement of the market stands on every page.
pub const SHOWN_BEFORE_US: i64 = 2 * DAY_US;
/// The longest maintenance window.
pub const MAINTENANCE_DAYS_MAX: i64 = 14;
/// How long after it was written a mistake can be taken back although it has begun.
pub const MISTAKE_US: i64 = 3_600 * 1_000_000;

/// What is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnouncementKind {
    /// News.
    Notice,
    /// Work that was planned, from a moment to a moment.
    Maintenance,
    /// Something is or was broken.
    Incident,
}

impl AnnouncementKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Notice, Self::Maintenance, Self::Incident];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Maintenance => "maintenance",
            Self::Incident => "incident",
        }
    }
}

impl fmt::Display for AnnouncementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AnnouncementKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a kind of announcement"))
    }
}

/// Where an announcement stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnnouncementPhase {
    /// Its beginning lies ahead.
    Coming,
    /// It has begun and has not ended.
    Running,
    /// It has ended.
    Over,
}

impl AnnouncementPhase {
    /// Every phase.
    pub const ALL: [Self; 3] = [Self::Coming, Self::Running, Self::Over];

    /// The phase at `now` of what begins and ends then; without an end it never is over.
    #[must_use]
    pub fn at(now: Timestamp, starts_at: Timestamp, ends_at: Option<Timestamp>) -> Self {
        match ends_at {
            Some(end) if end.0 <= now.0 => Self::Over,
            _ if starts_at.0 <= now.0 => Self::Running,
            _ => Self::Coming,
        }
    }

    /// The word sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Coming => "coming",
            Self::Running => "running",
            Self::Over => "over",
        }
    }
}

/// What is wrong with the times of an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimesFault {
    /// The end is not after the beginning.
    EndBeforeStart,
    /// Maintenance without an end.
    EndMissing,
    /// Maintenance longer than [`MAINTENANCE_DAYS_MAX`] days.
    TooLong,
    /// An incident that lies ahead: nobody knows of one before.
    IncidentAhead,
}

/// Checks beginning and end of an announcement that is written at `now`.
pub fn check_times(
    kind: AnnouncementKind,
    now: Timestamp,
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
) -> Result<(), TimesFault> {
    if ends_at.is_some_and(|end| end.0 <= starts_at.0) {
        return Err(TimesFault::EndBeforeStart);
    }
    match (kind, ends_at) {
        (AnnouncementKind::Maintenance, None) => Err(TimesFault::EndMissing),
        (AnnouncementKind::Maintenance, Some(end))
            if end.0.saturating_sub(starts_at.0) > MAINTENANCE_DAYS_MAX * DAY_US =>
        {
            Err(TimesFault::TooLong)
        }
        (AnnouncementKind::Incident, _) if starts_at.0 > now.0 => Err(TimesFault::IncidentAhead),
        _ => Ok(()),
    }
}

/// Whether an announcement can still be taken back: what has begun is history, except for a mistake that is
/// noticed within the hour.
#[must_use]
pub fn can_take_back(now: Timestamp, starts_at: Timestamp, made_at: Timestamp) -> bool {
    starts_at.0 > now.0 || now.0.saturating_sub(made_at.0) <= MISTAKE_US
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600 * 1_000_000;

    fn at(hours: i64) -> Timestamp {
        Timestamp(hours * HOUR)
    }

    #[test]
    fn words_round_trip() {
        for kind in AnnouncementKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("outage".parse::<AnnouncementKind>().is_err());
    }

    #[test]
    fn the_end_is_outside_and_without_one_nothing_is_over() {
        let phase = |now, end| AnnouncementPhase::at(at(now), at(10), end);
        assert_eq!(phase(9, Some(at(12))), AnnouncementPhase::Coming);
        assert_eq!(phase(10, Some(at(12))), AnnouncementPhase::Running);
        assert_eq!(phase(12, Some(at(12))), AnnouncementPhase::Over);
        assert_eq!(phase(1_000_000, None), AnnouncementPhase::Running);
    }

    #[test]
    fn maintenance_ends_within_its_bound_and_an_incident_has_begun() {
        use AnnouncementKind as K;
        let check = |kind, start, end| check_times(kind, at(5), at(start), end);
        assert_eq!(check(K::Notice, 6, None), Ok(()));
        assert_eq!(check(K::Notice, 6, Some(at(6))), Err(TimesFault::EndBeforeStart));
        assert_eq!(check(K::Maintenance, 6, None), Err(TimesFault::EndMissing));
        assert_eq!(check(K::Maintenance, 0, Some(at(14 * 24))), Ok(()));
        assert_eq!(check(K::Maintenance, 0, Some(at(14 * 24 + 1))), Err(TimesFault::TooLong));
        assert_eq!(check(K::Incident, 5, None), Ok(()));
        assert_eq!(check(K::Incident, 6, None), Err(TimesFault::IncidentAhead));
    }

    #[test]
    fn what_has_begun_is_taken_back_within_an_hour_only() {
        assert!(can_take_back(at(5), at(6), at(0)));
        assert!(can_take_back(at(5), at(5), at(4)));
        assert!(!can_take_back(at(5), at(5), at(3)));
    }
}
