//! What a cloud reports about a running service: liveness, metrics and the meter.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AllocationId, Charge};
use crate::state::ResourceState;

/// Whether the service is up, as its cloud sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Liveness {
    pub allocation_id: AllocationId,
    pub state: ResourceState,
    /// Whether at least one machine answers its health check.
    pub alive: bool,
    pub instances_running: u32,
    pub instances_wanted: u32,
    pub access_open: bool,
    /// Whether the volume is there; absent when none should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<VolumeHealth>,
    /// Microseconds UTC of the check.
    pub checked_at_us: i64,
}

/// Whether the volume of an allocation is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum VolumeHealth {
    Present,
    /// It is gone with its data; nothing starts until a backup is restored.
    Lost,
}

/// Measured values (IF11, IF12); what was not measured is absent, never zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    pub allocation_id: AllocationId,
    /// Microseconds UTC.
    pub at_us: i64,
    pub response: ResponseMetrics,
    pub usage: Usage,
}

/// Response times at the service's address over a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResponseMetrics {
    /// Seconds the window covers, ending now.
    pub window_seconds: u32,
    /// Requests answered in the window.
    pub count: i64,
    /// Of these, answers with a status of 500 or above.
    pub errors: i64,
    /// Median in microseconds; absent without requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_us: Option<i64>,
    /// 95th percentile in microseconds; absent without requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_us: Option<i64>,
}

/// What the service uses now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Processor time in microseconds of all machines since their start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_us: Option<i64>,
    /// Resident memory in bytes of all machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<i64>,
    /// Bytes on the volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_bytes: Option<i64>,
    /// Bytes the volume may hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_quota_bytes: Option<i64>,
}

/// What to bill: amounts used so far, final once released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageRecord {
    pub allocation_id: AllocationId,
    pub label: String,
    /// Microseconds UTC of the reading.
    pub at_us: i64,
    /// Whether nothing more can come: released, erased or expired.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Seconds between each start and stop, summed; an open interval counts until now (IF7).
    pub used_seconds: i64,
    /// Whole seconds of use of each size times its machines.
    pub instance_seconds: i64,
    /// Whole seconds of use of each size times the virtual processors of all its machines.
    pub vcpu_seconds: i64,
    /// Whole seconds from booking to release times the gibibytes of each size.
    pub storage_gb_seconds: i64,
    /// Bytes on the volume when it was last measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_bytes: Option<i64>,
    /// Bytes of the backups that are kept now.
    #[serde(default)]
    pub backup_bytes: i64,
    /// Bytes of each backup times the seconds that it was kept, summed.
    #[serde(default)]
    pub backup_byte_seconds: i64,
    /// Requests answered at the address.
    pub requests: i64,
    /// What is owed for a booking that was cancelled before anything was started; absent when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_charge: Option<Charge>,
    /// The single intervals of use, oldest first.
    pub intervals: Vec<UseInterval>,
    /// Every size it has had since it was booked, oldest first; absent while it was never resized.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<UsedSize>,
}

/// The size of an allocation for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsedSize {
    /// Microseconds UTC.
    pub from_us: i64,
    /// Microseconds UTC; absent for the size it has now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_us: Option<i64>,
    /// Machines.
    pub instances: i64,
    /// Virtual processors of all machines.
    pub vcpu: i64,
    /// Gibibytes.
    pub storage_gb: i64,
}

/// One interval between start and stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UseInterval {
    /// Microseconds UTC.
    pub started_at_us: i64,
    /// Microseconds UTC; absent while running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at_us: Option<i64>,
}
