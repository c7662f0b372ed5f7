//! Long work: what a call that was answered with 202 has begun, to be read until it has ended.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AllocationId, BackupId, IdempotencyKey, ImageId, OperationId};
use crate::problem::Problem;

/// One piece of long work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LongOperation {
    pub id: OperationId,
    pub kind: WorkKind,
    pub state: WorkState,
    /// How far it is, 0 to 100; 100 exactly when it has succeeded. It begins anew when the cloud had to.
    #[schema(maximum = 100)]
    pub progress: u8,
    /// Absent for work on images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation_id: Option<AllocationId>,
    /// The label of the allocation, or the name of the image.
    pub label: String,
    /// The backup that is made, read, restored or pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_id: Option<BackupId>,
    /// The image that is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<ImageId>,
    /// The key of the call that began it.
    pub key: IdempotencyKey,
    /// Microseconds UTC.
    pub created_at_us: i64,
    /// Microseconds UTC; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_us: Option<i64>,
    /// The path to read what came of it, such as `/v1/backups/bak_1`; present when it has succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Why it failed; present when it has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What long work does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WorkKind {
    /// Copies a volume.
    Backup,
    /// Reads a copy again and compares digests.
    Verify,
    /// Puts a copy into the volume.
    Restore,
    /// Takes what another cloud shares on a link, as a backup and then into the volume.
    Pull,
    /// Makes an image of another format.
    Convert,
    /// Turns newcomers away and stops once nothing is in flight.
    Drain,
    /// A kind of a later version.
    #[serde(other)]
    Other,
}

/// How long work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WorkState {
    Running,
    Succeeded,
    Failed,
}

/// A page of long work, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LongOperationPage {
    pub items: Vec<LongOperation>,
    /// Pass as `after` to go on; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl WorkKind {
    /// The kinds of this version.
    pub const ALL: [Self; 6] =
        [Self::Backup, Self::Verify, Self::Restore, Self::Pull, Self::Convert, Self::Drain];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Verify => "verify",
            Self::Restore => "restore",
            Self::Pull => "pull",
            Self::Convert => "convert",
            Self::Drain => "drain",
            Self::Other => "other",
        }
    }

    /// Reads the word on the wire.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).unwrap_or(Self::Other)
    }
}

impl WorkState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Running, Self::Succeeded, Self::Failed];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// Reads the word on the wire; nothing when it is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_json_and_in_text() {
        for kind in WorkKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(WorkKind::from_word(kind.as_str()), kind);
        }
        for state in WorkState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(WorkState::from_word(state.as_str()), Some(state));
        }
        assert_eq!(serde_json::from_str::<WorkKind>("\"copy\"").unwrap(), WorkKind::Other);
    }
}
