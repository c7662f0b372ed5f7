//! What a cloud can do and where it is, and the live answer to "could you hold this now?".

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Amounts, EndpointKind, ImageSupport, LinkPlace, LinkSupport, MonitoringSupport, RecipeVariable,
    ResourceGroup, SecuritySupport,
};

/// What a cloud says about itself: the gateway document of a driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// Version of this API, `1`.
    pub api_version: String,
    /// The cloud's name for people.
    pub provider: String,
    /// Every zone it lends from, at least one, in the order in which a region's zones are filled.
    pub zones: Vec<ZoneCapacity>,
    pub hold: HoldSupport,
    /// Seconds a hold lasts when the caller names none (F7.4.4 suggests 120).
    pub hold_ttl_default_seconds: u32,
    /// The longest hold in seconds.
    pub hold_ttl_max_seconds: u32,
    /// How groups are booked without a hold; absent where they are held first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<ReserveTerms>,
    pub endpoints: Vec<EndpointKind>,
    /// Applications that can be started.
    pub applications: Vec<String>,
    /// Names of the measured values, as in `Metrics`.
    pub metrics: Vec<String>,
    /// Whether volumes can be backed up; a cloud that says nothing of it makes no backups.
    #[serde(default)]
    pub backups: bool,
    /// What can be monitored; a cloud that says nothing of it monitors nothing on order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<MonitoringSupport>,
    /// What is noticed at addresses, and whether sources can be blocked; absent when neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<SecuritySupport>,
    /// Whether a volume can be held by itself and lent to services.
    #[serde(default)]
    pub volumes: bool,
    /// Whether services can be drained; a cloud that says nothing of it stops them only.
    #[serde(default)]
    pub drain: bool,
    /// Whether what is booked can be made larger and smaller; a cloud that says nothing of it cannot.
    #[serde(default)]
    pub resize: ResizeSupport,
    /// Whether what runs can be put under another label; a cloud that says nothing of it cannot.
    #[serde(default)]
    pub adoption: bool,
    /// Whether data can be taken along as an archive.
    #[serde(default)]
    pub export: bool,
    /// Whether events are posted to a subscriber.
    #[serde(default)]
    pub webhooks: bool,
    /// What can be uploaded as images; absent when services start from applications only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<ImageSupport>,
    /// Variables that settings of a start may use; a cloud that names none resolves nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<RecipeVariable>,
    /// Whether `quota` tells what the tenant may have; a cloud that says nothing of it knows no quotas.
    #[serde(default)]
    pub quota: bool,
    /// How allocations are linked with other clouds; absent when they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<LinkSupport>,
    /// The key that signs erasure statements; absent when the cloud signs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure_key: Option<PublicKey>,
}

/// A part of a cloud that lends by itself; zones of one region are near each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Zone {
    pub id: String,
    /// The provider's word for the region.
    pub region: String,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    /// What is struck together by one disaster, such as `nankai`.
    pub hazard_zone: String,
}

/// A zone and what it can lend in all, free or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ZoneCapacity {
    #[serde(flatten)]
    pub zone: Zone,
    pub capacity: Amounts,
}

impl Capabilities {
    /// The zones of a region; none when the cloud does not have it.
    pub fn zones_in<'a>(&'a self, region: &'a str) -> impl Iterator<Item = &'a Zone> {
        self.zones.iter().map(|each| &each.zone).filter(move |zone| zone.region == region)
    }
}

/// How a cloud can hold resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum HoldSupport {
    /// Not at all: groups are booked at once (`reserve`).
    None,
    /// By reserving and cancelling, which may cost; said of a cloud by whoever emulates, never by a cloud.
    Emulated,
    /// One resource at a time.
    Native,
    /// Whole groups, all or nothing.
    NativeGroup,
}

/// What it means to book a group without a hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReserveTerms {
    /// What a booking costs that is cancelled before anything was started, however soon; absent when nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_charge: Option<Charge>,
}

/// Money that is owed once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// ISO 4217.
    pub currency: String,
    /// Minor units of the currency, not below zero.
    pub minor: i64,
}

/// When a cloud can make what is booked larger or smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ResizeSupport {
    /// Not at all.
    #[default]
    None,
    /// Only while nothing runs.
    Stopped,
    /// Also while it runs: users reach it all the time.
    Live,
}

/// A public key for signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicKey {
    /// First 16 hexadecimal digits of the SHA-256 of the key, or the provider's own name for it.
    pub key_id: String,
    /// `ed25519`.
    pub algorithm: String,
    /// The 32 bytes of the key in standard base64.
    pub public_key: String,
}

/// Asks whether a group could be held now in one region; secures nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiscoverRequest {
    /// One of the cloud's regions; another is refused as `region-unknown`.
    #[schema(min_length = 1)]
    pub region: String,
    pub resources: ResourceGroup,
    /// Room for links to other clouds in the same group; none when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkPlace>,
}

/// The live answer (F7.4.1); true at `at_us`, worth trusting until `valid_until_us`, never a promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiscoverAnswer {
    /// Whether the whole group fits into one zone of the region now.
    pub available: bool,
    /// The zone that would hold it; when none has room, the region's first.
    pub zone: Zone,
    /// What is free in that zone now, and no more than the tenant may still have. Links take of the bandwidth.
    pub free: Amounts,
    /// Addresses for users that are not lent; absent when not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<u32>,
    /// Microseconds UTC.
    pub at_us: i64,
    /// Microseconds UTC.
    pub valid_until_us: i64,
    /// Seconds from start to ready, as usual here; absent when not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_in_seconds: Option<u32>,
    /// The price now; absent when the price book of the offer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// Money for one month of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// ISO 4217.
    pub currency: String,
    /// Minor units of the currency.
    pub month_minor: i64,
}
