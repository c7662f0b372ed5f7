//! Refusals as RFC 9457 problem details with stable codes.
//! Which call leads to which problem is left to the provider; how a driver reads one, to `driver`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The stable code of a refusal; a code this version does not know reads as `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// The body or a parameter is wrong; `errors` names each place.
    InvalidRequest,
    /// No token, or a wrong one.
    Unauthorized,
    /// The token does not allow this.
    Forbidden,
    /// No such allocation or route.
    NotFound,
    /// The header `Idempotency-Key` is missing or malformed.
    IdempotencyKeyMissing,
    /// The key was used before with another body or on another operation.
    IdempotencyKeyReused,
    /// The header `Kumoichi-Epoch` is missing or malformed.
    EpochMissing,
    /// A higher epoch was seen for this allocation: the caller lost its lease.
    StaleEpoch,
    /// Not enough capacity is left in the region for the whole group.
    CapacityExhausted,
    /// The tenant may have no more; `errors` names each quota, what is used and what is allowed.
    QuotaExceeded,
    /// The cloud does not have the region that was named.
    RegionUnknown,
    /// The hold ended before it was confirmed or extended.
    HoldExpired,
    /// The allocation is in a state in which this cannot be done.
    WrongState,
    /// Release was asked while data exist that were not erased.
    NotErased,
    /// The provider does not offer this operation or kind.
    Unsupported,
    /// The application did not come up in time.
    StartFailed,
    /// The cloud has no room left on its storage.
    StorageFull,
    /// The volume holds more than it would have room for.
    StorageInUse,
    /// The volume is gone with its data; restore a backup, or release.
    VolumeLost,
    /// The copy is not what was copied.
    BackupDamaged,
    /// The part that was asked for lies beyond the end.
    RangeUnsatisfiable,
    /// Nobody has set what to measure, so there is nothing to read.
    NotMonitored,
    /// Bytes are not those whose digest was declared.
    DigestMismatch,
    /// A chunk does not begin where the upload goes on; the detail tells where that is.
    WrongOffset,
    /// What was uploaded is whole and no image of its format.
    ImageInvalid,
    /// Something else still needs it.
    InUse,
    /// A setting uses a variable that nobody knows; `errors` names each place, the detail what is known.
    VariableUnresolved,
    /// The provider refuses by its own policy.
    Refused,
    /// Nothing was done; ask again later.
    Unavailable,
    /// Nothing was done; ask again after `retryAfterSeconds`.
    TooManyRequests,
    /// Something broke; it is open whether the call had an effect.
    Internal,
    /// A code of a later version.
    #[serde(other)]
    Other,
}

impl ProblemCode {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid-request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::IdempotencyKeyMissing => "idempotency-key-missing",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::EpochMissing => "epoch-missing",
            Self::StaleEpoch => "stale-epoch",
            Self::CapacityExhausted => "capacity-exhausted",
            Self::QuotaExceeded => "quota-exceeded",
            Self::RegionUnknown => "region-unknown",
            Self::HoldExpired => "hold-expired",
            Self::WrongState => "wrong-state",
            Self::NotErased => "not-erased",
            Self::Unsupported => "unsupported",
            Self::StartFailed => "start-failed",
            Self::StorageFull => "storage-full",
            Self::StorageInUse => "storage-in-use",
            Self::VolumeLost => "volume-lost",
            Self::BackupDamaged => "backup-damaged",
            Self::RangeUnsatisfiable => "range-unsatisfiable",
            Self::NotMonitored => "not-monitored",
            Self::DigestMismatch => "digest-mismatch",
            Self::WrongOffset => "wrong-offset",
            Self::ImageInvalid => "image-invalid",
            Self::InUse => "in-use",
            Self::VariableUnresolved => "variable-unresolved",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::TooManyRequests => "too-many-requests",
            Self::Internal => "internal",
            Self::Other => "other",
        }
    }

    /// The HTTP status that goes with the code.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest | Self::IdempotencyKeyMissing | Self::EpochMissing => 400,
            Self::Unauthorized => 401,
            Self::Forbidden | Self::Refused => 403,
            Self::NotFound => 404,
            Self::StaleEpoch
            | Self::CapacityExhausted
            | Self::QuotaExceeded
            | Self::HoldExpired
            | Self::WrongState
            | Self::NotErased
            | Self::StartFailed
            | Self::StorageFull
            | Self::StorageInUse
            | Self::VolumeLost
            | Self::BackupDamaged
            | Self::NotMonitored
            | Self::WrongOffset
            | Self::InUse => 409,
            Self::RangeUnsatisfiable => 416,
            Self::IdempotencyKeyReused
            | Self::RegionUnknown
            | Self::Unsupported
            | Self::DigestMismatch
            | Self::ImageInvalid
            | Self::VariableUnresolved => 422,
            Self::TooManyRequests => 429,
            Self::Unavailable => 503,
            Self::Internal | Self::Other => 500,
        }
    }

    /// A short English title; texts for people come from the caller's own catalogue, by code.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request is not valid",
            Self::Unauthorized => "A valid token is needed",
            Self::Forbidden => "The token does not allow this",
            Self::NotFound => "There is no such thing",
            Self::IdempotencyKeyMissing => "An idempotency key is needed",
            Self::IdempotencyKeyReused => "The idempotency key was used for something else",
            Self::EpochMissing => "An epoch is needed",
            Self::StaleEpoch => "A later epoch was seen",
            Self::CapacityExhausted => "Not enough capacity is left",
            Self::QuotaExceeded => "The quota of the tenant is used up",
            Self::RegionUnknown => "The cloud does not have this region",
            Self::HoldExpired => "The hold has ended",
            Self::WrongState => "This cannot be done in the present state",
            Self::NotErased => "Data must be erased first",
            Self::Unsupported => "This is not offered",
            Self::StartFailed => "The application did not start",
            Self::StorageFull => "The cloud's storage is full",
            Self::StorageInUse => "The volume holds more than that",
            Self::VolumeLost => "The volume is lost",
            Self::BackupDamaged => "The backup is damaged",
            Self::RangeUnsatisfiable => "The part lies beyond the end",
            Self::NotMonitored => "Nothing is monitored",
            Self::DigestMismatch => "The digest does not fit",
            Self::WrongOffset => "The upload goes on elsewhere",
            Self::ImageInvalid => "This is no image",
            Self::InUse => "It is still in use",
            Self::VariableUnresolved => "A variable is not known",
            Self::Refused => "The provider refuses",
            Self::Unavailable => "Not available for the moment",
            Self::TooManyRequests => "Too many requests",
            Self::Internal | Self::Other => "Something went wrong",
        }
    }
}

/// A refusal on the wire (RFC 9457), content type `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// A stable URI made of the code.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    pub detail: String,
    pub code: ProblemCode,
    /// The provider's id of the request, to quote when asking its operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Seconds to wait before asking again, the same as the header `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// Each wrong place of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldFault>,
}

/// One wrong place of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldFault {
    /// JSON pointer (RFC 6901) into the request body.
    pub pointer: String,
    /// What was found and what is allowed.
    pub detail: String,
}

impl Problem {
    /// A problem of the given code.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:kumoichi:provider-api:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            request_id: None,
            retry_after_seconds: None,
            errors: Vec::new(),
        }
    }

    /// The same problem with the wrong places named.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldFault>) -> Self {
        self.errors = errors;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_carries_its_code_in_type_and_field() {
        let json =
            serde_json::to_value(Problem::new(ProblemCode::StaleEpoch, "epoch 3 is behind 5"))
                .unwrap();
        assert_eq!(json["type"], "urn:kumoichi:provider-api:problem:stale-epoch");
        assert_eq!(json["code"], "stale-epoch");
        assert_eq!(json["status"], 409);
    }

    #[test]
    fn a_code_of_a_later_version_is_other() {
        let code: ProblemCode = serde_json::from_str("\"on-fire\"").unwrap();
        assert_eq!(code, ProblemCode::Other);
    }

    #[test]
    fn the_word_of_a_code_is_its_json() {
        for code in [
            ProblemCode::InvalidRequest,
            ProblemCode::CapacityExhausted,
            ProblemCode::QuotaExceeded,
            ProblemCode::TooManyRequests,
            ProblemCode::StorageFull,
            ProblemCode::StorageInUse,
            ProblemCode::VolumeLost,
            ProblemCode::BackupDamaged,
            ProblemCode::NotMonitored,
            ProblemCode::RangeUnsatisfiable,
            ProblemCode::DigestMismatch,
            ProblemCode::WrongOffset,
            ProblemCode::ImageInvalid,
            ProblemCode::InUse,
            ProblemCode::VariableUnresolved,
        ] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
