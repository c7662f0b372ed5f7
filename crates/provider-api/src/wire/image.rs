//! Images: what a service can be started from, and how much of one a cloud has (F7.6.3). What is in an image is told by
//! its [`ImageManifest`]; how it comes to run is left to the cloud.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{AllocationId, ImageId, LinkId, hexadecimal};
use crate::problem::Problem;
use crate::state::ResourceState;

/// What a cloud takes as images, as its capabilities tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageSupport {
    /// Formats that can be uploaded and started from, at least one.
    pub formats: Vec<ImageFormat>,
    /// Which format can be made of which; empty when none can.
    #[serde(default)]
    pub conversions: Vec<ImageConversion>,
    /// Architectures that run here; `any` is what needs none.
    pub architectures: Vec<String>,
    /// The largest image in bytes, as it is uploaded and also unpacked.
    pub bytes_max: i64,
    /// The largest chunk of an upload in bytes.
    pub chunk_bytes_max: i64,
    /// Room for all images of the caller in bytes.
    pub space_bytes: i64,
}

impl ImageSupport {
    /// Whether one format can be made of another.
    #[must_use]
    pub fn converts(&self, from: ImageFormat, to: ImageFormat) -> bool {
        self.conversions.iter().any(|each| each.from == from && each.to == to)
    }
}

/// One conversion that a cloud does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageConversion {
    pub from: ImageFormat,
    pub to: ImageFormat,
}

/// How an image is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum ImageFormat {
    /// A POSIX tar with [`ImageManifest::FILE`] and, below [`ImageManifest::VOLUME`], what is put onto the volume.
    #[serde(rename = "tar")]
    Tar,
    /// The same, compressed with gzip.
    #[serde(rename = "tar.gz")]
    TarGz,
    /// A format of a later version.
    #[serde(rename = "other", other)]
    Other,
}

/// How an image stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImageState {
    /// Not all of it is here, or it was not completed yet.
    Uploading,
    /// It is being made of another image.
    Converting,
    /// It is whole, is what was declared, and can be started from.
    Ready,
    /// It is not what was declared, or could not be made; nothing of it is kept.
    Failed,
    /// Nothing of it is left.
    Deleted,
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

/// Begins an upload: what is to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageRequest {
    /// The caller's name for it: 1 to 200 characters. Several images may have one name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    pub format: ImageFormat,
    /// One of the architectures that the capabilities tell.
    pub architecture: String,
    /// How many bytes are to come, 1 to the largest image of the capabilities.
    #[schema(minimum = 1)]
    pub bytes: i64,
    /// SHA-256 of the whole, 64 hexadecimal digits in lower case.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sha256: String,
}

/// Makes an image of another format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConvertRequest {
    pub format: ImageFormat,
    /// The name of what is made; absent means that of the image it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One image as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    pub id: ImageId,
    pub name: String,
    pub format: ImageFormat,
    pub architecture: String,
    pub state: ImageState,
    /// The highest epoch seen.
    pub epoch: i64,
    /// Bytes of the whole; absent until a conversion has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// SHA-256 of the whole; absent until a conversion has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// How much of it the cloud has: the offset of the next chunk.
    pub received_bytes: i64,
    /// What it is, as its manifest says; absent until it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// What it was made of; absent for what was uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converted_from: Option<ImageId>,
    /// The link that it was taken through; absent for what was uploaded or made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulled_through: Option<LinkId>,
    /// Allocations whose data came from it and are not erased; it cannot be deleted meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<AllocationId>,
    /// Microseconds UTC.
    pub created_at_us: i64,
    /// Microseconds UTC; absent until it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_at_us: Option<i64>,
    /// Microseconds UTC when nothing of it was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at_us: Option<i64>,
    /// Why it failed; present when it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// A page of images, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImagePage {
    pub items: Vec<Image>,
    /// Pass as `after` to go on; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Bytes that all images of the caller take, also those that are still to come.
    pub used_bytes: i64,
    /// Bytes that they may take.
    pub space_bytes: i64,
}

/// What is in an image: the file [`ImageManifest::FILE`], the first in its archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageManifest {
    /// [`ImageManifest::VERSION`].
    pub version: u32,
    /// Which of a cloud's `applications` runs.
    pub application: String,
    /// Values for the application, where the caller of a start gives no others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

impl ImageManifest {
    /// Its name in the archive.
    pub const FILE: &'static str = "image.json";
    /// What is below this folder is put onto the fresh volume.
    pub const VOLUME: &'static str = "volume/";
    /// The version that is read.
    pub const VERSION: u32 = 1;
}

impl ImageFormat {
    /// The formats of this version.
    pub const ALL: [Self; 2] = [Self::Tar, Self::TarGz];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::Other => "other",
        }
    }

    /// Reads the word on the wire.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|format| format.as_str() == word).unwrap_or(Self::Other)
    }
}

impl ImageState {
    /// The states of this version.
    pub const ALL: [Self; 5] =
        [Self::Uploading, Self::Converting, Self::Ready, Self::Failed, Self::Deleted];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Converting => "converting",
            Self::Ready => "ready",
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

    /// The same in the common states of resources.
    #[must_use]
    pub fn common(self) -> ResourceState {
        match self {
            Self::Uploading | Self::Converting => ResourceState::Provisioning,
            Self::Ready => ResourceState::Ready,
            Self::Failed => ResourceState::Failed,
            Self::Deleted => ResourceState::Erased,
            Self::Unknown => ResourceState::Unknown,
        }
    }
}

/// The SHA-256 of some bytes, as images and files of backups have it.
#[must_use]
pub fn sha256_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The header `Content-Digest` of a chunk (RFC 9530).
#[must_use]
pub fn content_digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)))
}

/// Whether a header `Content-Digest` names the SHA-256 of these bytes; nothing when it names none at all.
#[must_use]
pub fn digest_fits(header: &str, bytes: &[u8]) -> Option<bool> {
    let named = header.split(',').find_map(|each| each.trim().strip_prefix("sha-256="))?;
    let told = STANDARD.decode(named.strip_prefix(':')?.strip_suffix(':')?).ok()?;
    Some(told == Sha256::digest(bytes).as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_json_and_in_text() {
        for state in ImageState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(ImageState::from_word(state.as_str()), state);
        }
        for format in ImageFormat::ALL {
            assert_eq!(serde_json::to_value(format).unwrap(), format.as_str());
            assert_eq!(ImageFormat::from_word(format.as_str()), format);
        }
        assert_eq!(serde_json::from_str::<ImageFormat>("\"qcow2\"").unwrap(), ImageFormat::Other);
    }

    #[test]
    fn a_digest_in_a_header_is_read_as_the_standard_writes_it() {
        // The example of RFC 9530, 2: the digest of {"hello": "world"} and a line break.
        let text = b"{\"hello\": \"world\"}\n";
        let told = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
        assert_eq!(content_digest(text), told);
        assert_eq!(digest_fits(told, text), Some(true));
        assert_eq!(digest_fits(&format!("sha-512=:AA==:, {told}"), text), Some(true));
        assert_eq!(digest_fits(told, b"other"), Some(false));
        for none in ["", "sha-512=:AA==:", "sha-256=RK", "sha-256=:?:"] {
            assert_eq!(digest_fits(none, text), None, "{none}");
        }
    }
}
