//! The groups of checks, in the order of a report.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What checks are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Group {
    /// Tokens, headers, problem documents, sizes and times.
    Door,
    /// Regions, zones and live answers.
    Places,
    /// Holds: repetition, races, ends.
    Holds,
    /// A caller that crashes between two calls.
    Crash,
    /// Epochs and old keys.
    Fence,
    /// From booking to running and back, in order.
    Life,
    /// Liveness, metrics and the meter.
    Watch,
    /// Copies of volumes and long work.
    Backups,
    /// Erasure and release.
    Ending,
    /// Tunnels between two clouds.
    Links,
    /// Answers that get lost, on order.
    Trouble,
}

impl Group {
    /// All groups, in the order of a report.
    pub const ALL: [Self; 11] = [
        Self::Door,
        Self::Places,
        Self::Holds,
        Self::Crash,
        Self::Fence,
        Self::Life,
        Self::Watch,
        Self::Backups,
        Self::Ending,
        Self::Links,
        Self::Trouble,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Door => "door",
            Self::Places => "places",
            Self::Holds => "holds",
            Self::Crash => "crash",
            Self::Fence => "fence",
            Self::Life => "life",
            Self::Watch => "watch",
            Self::Backups => "backups",
            Self::Ending => "ending",
            Self::Links => "links",
            Self::Trouble => "trouble",
        }
    }

    /// The heading of a report.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Door => "At the door: tokens, headers, problems, sizes, times",
            Self::Places => "Places: regions, zones, live answers",
            Self::Holds => "Holds: repetition, races, ends",
            Self::Crash => "A caller that crashes between two calls",
            Self::Fence => "Fencing: epochs and old keys",
            Self::Life => "Life: from booking to running and back, in order",
            Self::Watch => "Watching: liveness, metrics, meter",
            Self::Backups => "Backups: copies, long work, restoring",
            Self::Ending => "The end: erasure and release",
            Self::Links => "Links: consent, tunnels, bandwidth between two clouds",
            Self::Trouble => "Trouble on order: lost answers",
        }
    }
}
