//! Backups: what one holds, and how it stands. How long they are kept is the caller's to decide.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{AllocationId, BackupId};

/// A copy of an allocation's volume as it was at one moment (IF2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    pub id: BackupId,
    pub allocation_id: AllocationId,
    /// The label of the allocation.
    pub label: String,
    /// The resource that it protects, an id of the allocation's resource graph.
    pub source: String,
    pub state: BackupState,
    /// Microseconds UTC when it was asked for.
    pub created_at_us: i64,
    /// What can be restored; present once the copy is whole and until it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_point: Option<RestorePoint>,
    /// Microseconds UTC when the copy was last read again, whatever was found; absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at_us: Option<i64>,
    /// What was found to be damaged when it was last read, at most [`Backup::DAMAGE_MAX`] places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<Damage>,
    /// Microseconds UTC when nothing of it was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at_us: Option<i64>,
}

impl Backup {
    /// Damaged places that are named; a copy with more is lost anyway.
    pub const DAMAGE_MAX: usize = 100;
}

/// How a backup stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BackupState {
    /// The copy is not whole yet.
    Making,
    /// It can be restored.
    Ready,
    /// It was read again and is not what was copied; it cannot be restored.
    Damaged,
    /// The copy could not be made; nothing of it is kept.
    Failed,
    /// Nothing of it is left.
    Deleted,
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

/// The moment that a backup leads back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestorePoint {
    pub id: String,
    /// Microseconds UTC: the volume was exactly like this then.
    pub taken_at_us: i64,
    /// How many files.
    pub files: i64,
    /// Bytes of all files.
    pub bytes: i64,
    /// [`digest`] of all files.
    pub sha256: String,
}

/// One place of a copy that is not as it was copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Damage {
    /// The file; empty for the list of files itself.
    pub path: String,
    pub what: DamageKind,
}

/// In what way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DamageKind {
    Missing,
    /// Another size or another digest.
    Changed,
    /// It was not copied and is there.
    Added,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackedUpFile {
    /// Below the volume, with `/` between folders; a folder without files ends with `/`.
    pub path: String,
    pub bytes: i64,
    /// SHA-256 of the content, 64 hexadecimal digits.
    pub sha256: String,
}

/// A page of backups, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupPage {
    pub items: Vec<Backup>,
    /// Pass as `after` to go on; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A page of a backup's files, in the order of their paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupFilePage {
    pub items: Vec<BackedUpFile>,
    /// Pass as `after` to go on; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The digest over all files: SHA-256 of `sha256`, a blank, `bytes`, a blank, `path` and a zero byte for each file, in
/// the order of the bytes of their paths. Two volumes with the same files have the same digest.
#[must_use]
pub fn digest(files: &[BackedUpFile]) -> String {
    let mut sorted: Vec<&BackedUpFile> = files.iter().collect();
    sorted.sort_by(|one, other| one.path.as_bytes().cmp(other.path.as_bytes()));
    let mut hash = Sha256::new();
    for file in sorted {
        hash.update(format!("{} {} {}\0", file.sha256, file.bytes, file.path));
    }
    hexadecimal(&hash.finalize())
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl BackupState {
    /// The states of this version.
    pub const ALL: [Self; 5] =
        [Self::Making, Self::Ready, Self::Damaged, Self::Failed, Self::Deleted];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Making => "making",
            Self::Ready => "ready",
            Self::Damaged => "damaged",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word on the wire.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == word).unwrap_or(Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: i64) -> BackedUpFile {
        BackedUpFile { path: path.into(), bytes, sha256: "ab".repeat(32) }
    }

    #[test]
    fn the_digest_over_all_does_not_depend_on_the_order_and_depends_on_everything_else() {
        let whole = digest(&[file("a", 1), file("b", 2)]);
        assert_eq!(whole, digest(&[file("b", 2), file("a", 1)]));
        assert_eq!(whole.len(), 64);
        for other in
            [vec![file("a", 1)], vec![file("a", 1), file("b", 3)], vec![file("a", 1), file("c", 2)]]
        {
            assert_ne!(whole, digest(&other), "{other:?}");
        }
        // Anybody can compute it: printf '%064d 0 x\0' 0 | sha256sum
        let zeros = BackedUpFile { path: "x".into(), bytes: 0, sha256: "0".repeat(64) };
        let expected = "7d52ff813756f121ed1f0e6c5ce2335f331522a005e78d7a28605cdd1943ef06";
        assert_eq!(digest(&[zeros]), expected);
    }

    #[test]
    fn words_are_the_same_in_json_and_in_text() {
        for state in BackupState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(BackupState::from_word(state.as_str()), state);
        }
        assert_eq!(serde_json::from_str::<BackupState>("\"tired\"").unwrap(), BackupState::Unknown);
    }
}
