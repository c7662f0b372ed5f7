//! What a customer may take along: the data of a volume as one archive, and a manifest with digests.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AllocationId, BackedUpFile};

/// What an export holds. The same volume has the same digests, however often it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportManifest {
    pub allocation_id: AllocationId,
    /// The label of the allocation.
    pub label: String,
    /// The cloud's name for people.
    pub provider: String,
    /// Microseconds UTC when the data were read.
    pub at_us: i64,
    /// Every file and every folder without files, in the order of the archive.
    pub files: Vec<BackedUpFile>,
    /// Bytes of all files.
    pub bytes: i64,
    /// Digest over all files, as of a restore point.
    pub sha256: String,
    pub archive: ExportArchive,
}

/// The archive that holds the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportArchive {
    /// Where to get it, such as `/v1/allocations/alc_1/export/archive`.
    pub path: String,
    /// `application/x-tar`.
    pub media_type: String,
    pub bytes: i64,
    /// SHA-256 of the whole archive, 64 hexadecimal digits.
    pub sha256: String,
    /// The entity tag to send as `If-Range` when a download goes on.
    pub etag: String,
}
