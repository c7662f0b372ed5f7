//! An allocation: one held or booked group through its life, and the requests that change it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AllocationId, Image, ImageId, LinkPlace, LongOperation, ResourceGroup, Webhook, Zone};
use crate::erasure::ErasureStatement;
use crate::state::ResourceState;

/// The name of one intent, chosen by the caller: 1 to 200 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// The text is no idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to 200 visible ASCII characters")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// Longest key in characters; room for two hashes and a name.
    pub const MAX: usize = 200;

    /// Checks and takes a text.
    ///
    /// # Errors
    /// When it is empty, longer than [`Self::MAX`] or holds anything but visible ASCII.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidKey> {
        let text = text.into();
        let fits = !text.is_empty()
            && text.len() <= Self::MAX
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(InvalidKey) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, InvalidKey> {
        Self::parse(text)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Asks to hold a group (IF4 to IF6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldRequest {
    /// The caller's name for what it is for, its contract id: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub label: String,
    /// One of the cloud's regions; another is refused as `region-unknown`, a full one as `capacity-exhausted`.
    #[schema(min_length = 1)]
    pub region: String,
    pub resources: ResourceGroup,
    /// Room for links to other clouds, held in the same group; none when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkPlace>,
    /// Seconds until the hold ends by itself; absent means the provider's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub ttl_seconds: Option<u32>,
}

/// Books a group at once, where the cloud holds nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReserveRequest {
    /// The caller's name for what it is for, its contract id: 1 to 200 characters.
    pub label: String,
    /// One of the cloud's regions; another is refused as `region-unknown`, a full one as `capacity-exhausted`.
    pub region: String,
    pub resources: ResourceGroup,
    #[serde(default)]
    pub quota: Quota,
}

/// Asks to move the end of a hold to `ttl_seconds` from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExtendRequest {
    #[schema(minimum = 1)]
    pub ttl_seconds: u32,
}

/// Books what is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmRequest {
    #[serde(default)]
    pub quota: Quota,
}

/// Limits below what was held; an absent limit is the held amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quota {
    /// Bytes the volume may hold, at most the held gibibytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_bytes: Option<i64>,
}

/// Starts the service (IF7), with the values it needs to know (F7.6.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartRequest {
    /// One of the cloud's `applications`, such as `demo`; either this or an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// An image that is ready: what it holds is put onto the volume, which must be fresh (F7.6.3). A service that was
    /// stopped starts from the same image again with the data as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageId>,
    /// The service's name for its users: 1 to 120 characters.
    #[schema(min_length = 1, max_length = 120)]
    pub service_name: String,
    /// Values for the application; names and values of at most 200 characters. `${name}` stands for a variable of the
    /// cloud or of `values`, and one that nobody knows blocks the start; `$${` stands for `${` itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// Variables of the caller's own; none may have the name of one of the cloud's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// Stops a service without cutting off its users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DrainRequest {
    /// Seconds after which what is still in flight is cut off, 0 to 3600; absent means the provider's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 3600)]
    pub deadline_seconds: Option<u32>,
}

/// Makes what is booked larger or smaller, all of it or nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResizeRequest {
    /// The whole size it is to have; the kind of endpoint stays as it was held.
    pub resources: ResourceGroup,
    /// Limits below the new size; an absent limit is the new size.
    #[serde(default)]
    pub quota: Quota,
}

/// Puts an allocation under another label, as it stands: what one side ran is another's from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdoptRequest {
    /// The label that it has now. With another one it is refused, so that nobody takes what was taken meanwhile.
    pub from: String,
    /// The label that it is to have, 1 to 200 characters.
    pub label: String,
}

/// Lends a volume to a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttachRequest {
    /// The allocation of a volume by itself.
    pub volume: AllocationId,
}

/// One held or booked group as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allocation {
    pub id: AllocationId,
    pub label: String,
    /// Where it is held and runs, as long as it lives.
    pub zone: Zone,
    pub state: ResourceState,
    /// Grows with every change.
    pub generation: i64,
    /// The highest epoch seen.
    pub epoch: i64,
    pub resources: ResourceGroup,
    /// Limits as confirmed; absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// The address reserved for users; absent when none was asked for or it was given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// The machines that should run now.
    pub instances: Vec<Instance>,
    /// Microseconds UTC, as all times here.
    pub created_at_us: i64,
    /// End of the hold; present while held or expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until_us: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_at_us: Option<i64>,
    /// Last start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at_us: Option<i64>,
    /// Last stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at_us: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at_us: Option<i64>,
    /// When what is in flight is cut off; present while the service is being drained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draining_until_us: Option<i64>,
    /// What the data came from; absent when no image was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageId>,
    /// The volume that is lent to this service, an allocation of its own; absent when none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<AllocationId>,
    /// The service that this volume is lent to; absent when it is lent to none, or is no volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached_to: Option<AllocationId>,
    /// Room for links that is held or booked with the group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkPlace>,
    /// The statement, once data were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<ErasureStatement>,
    /// Why the state is `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Where users reach the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The whole address, such as `http://127.0.0.21:8801/`.
    pub url: String,
    /// Host alone, an address or a name.
    pub host: String,
    pub port: u16,
    /// Whether access is allowed now.
    pub open: bool,
}

/// One machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// Counted from 0.
    pub index: u32,
    /// Whether it runs now.
    pub running: bool,
    /// The provider's own name, such as a process id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
}

/// A page of allocations, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllocationPage {
    pub items: Vec<Allocation>,
    /// Pass as `after` to go on; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What became of an idempotency key; only calls that had their effect are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationRecord {
    pub key: IdempotencyKey,
    /// The operation, such as `hold`.
    pub operation: String,
    /// Microseconds UTC of the effect.
    pub done_at_us: i64,
    /// The allocation as it is now; absent for calls on images and on the subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<Allocation>,
    /// The image as it is now, for calls on images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// The subscription as it is now, for calls on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// The long work that the call began, as it is now; absent for calls that are done when they answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_operation: Option<LongOperation>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_a_line_break_is_refused() {
        for text in ["", "a b", "a\r\nx-evil: 1", "鍵", &"k".repeat(201)] {
            assert_eq!(IdempotencyKey::parse(text), Err(InvalidKey), "{text:?}");
        }
        assert!(IdempotencyKey::parse("k".repeat(200)).is_ok());
        assert!(serde_json::from_str::<IdempotencyKey>("\"a b\"").is_err());
    }

    #[test]
    fn an_unknown_field_in_a_request_is_refused() {
        assert!(serde_json::from_str::<ExtendRequest>(r#"{"ttlSeconds":5,"ttl":6}"#).is_err());
    }
}
