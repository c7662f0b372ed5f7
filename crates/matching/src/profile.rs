//! The times for which something is asked: every day, under overload, in a disaster. Which rows make
//! up each of them, and how an offer stands in it. Reading documents is `from_sla`'s.

use serde::{Deserialize, Serialize};
use sla::ProfileName;

use crate::{explain::RowExplanation, requirement::Mode};

/// One row of a requirement in one profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileRow {
    /// Position of the row in the requirement.
    pub row: usize,
    /// How firmly it is asked in this profile. A floor counts here only: every day more is asked.
    pub mode: Mode,
}

/// The rows that make up one profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileRows {
    /// Which times.
    pub profile: ProfileName,
    /// Its rows, in the order of the requirement.
    pub rows: Vec<ProfileRow>,
}

/// How one offer stands in one profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileStanding {
    /// Which times.
    pub profile: ProfileName,
    /// All musts of the profile are met.
    pub matched: bool,
    /// The rows that make it up.
    pub rows: Vec<ProfileRow>,
    /// Positions of its musts that are not met.
    pub failed: Vec<usize>,
}

impl ProfileRows {
    /// How the explained rows stand in this profile.
    #[must_use]
    pub fn standing(&self, rows: &[RowExplanation]) -> ProfileStanding {
        let fails = |part: &&ProfileRow| {
            part.mode == Mode::Must && rows.get(part.row).is_none_or(|row| !row.verdict.is_met())
        };
        let failed: Vec<usize> = self.rows.iter().filter(fails).map(|part| part.row).collect();
        ProfileStanding {
            profile: self.profile,
            matched: failed.is_empty(),
            rows: self.rows.clone(),
            failed,
        }
    }
}

impl ProfileStanding {
    /// How firmly a row is asked in this profile; `None` where it is not.
    #[must_use]
    pub fn mode_of(&self, row: usize) -> Option<Mode> {
        self.rows.iter().find(|part| part.row == row).map(|part| part.mode)
    }
}
