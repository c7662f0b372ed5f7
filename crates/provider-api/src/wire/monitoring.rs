//! Monitoring (IF11, IF12): the fixed catalogue of measured values, what of it is read for an allocation, and how often.
//! How readings look as text is in `openmetrics`.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AllocationId, Metrics};

/// One value of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct MetricSpec {
    /// Its name here, as the path in [`Metrics`].
    pub name: &'static str,
    /// Its family in OpenMetrics; ends with its unit.
    pub family: &'static str,
    pub unit: MetricUnit,
    pub kind: MetricKind,
    /// One line.
    pub text: &'static str,
    read: fn(&Metrics) -> Option<i64>,
}

/// In what a value is counted in readings; `Metrics` counts times in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MetricUnit {
    Seconds,
    Bytes,
    Requests,
    Errors,
}

/// How a value moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MetricKind {
    /// Up and down.
    Gauge,
    /// Up only; begins anew when the machines do.
    Counter,
}

/// Every value that can be measured, in the order of readings. Names are never reused for something else.
pub const METRICS: &[MetricSpec] = &[
    MetricSpec {
        name: "response.count",
        family: "kumoichi_response_window_requests",
        unit: MetricUnit::Requests,
        kind: MetricKind::Gauge,
        text: "Requests answered at the address within the last minute",
        read: |metrics| Some(metrics.response.count),
    },
    MetricSpec {
        name: "response.errors",
        family: "kumoichi_response_window_errors",
        unit: MetricUnit::Errors,
        kind: MetricKind::Gauge,
        text: "Of these, answers with a status of 500 or above",
        read: |metrics| Some(metrics.response.errors),
    },
    MetricSpec {
        name: "response.p50Us",
        family: "kumoichi_response_p50_seconds",
        unit: MetricUnit::Seconds,
        kind: MetricKind::Gauge,
        text: "Median response time of the last minute",
        read: |metrics| metrics.response.p50_us,
    },
    MetricSpec {
        name: "response.p95Us",
        family: "kumoichi_response_p95_seconds",
        unit: MetricUnit::Seconds,
        kind: MetricKind::Gauge,
        text: "95th percentile of the response times of the last minute",
        read: |metrics| metrics.response.p95_us,
    },
    MetricSpec {
        name: "usage.cpuUs",
        family: "kumoichi_usage_cpu_seconds",
        unit: MetricUnit::Seconds,
        kind: MetricKind::Counter,
        text: "Processor time of all machines since their start",
        read: |metrics| metrics.usage.cpu_us,
    },
    MetricSpec {
        name: "usage.memoryBytes",
        family: "kumoichi_usage_memory_bytes",
        unit: MetricUnit::Bytes,
        kind: MetricKind::Gauge,
        text: "Resident memory of all machines",
        read: |metrics| metrics.usage.memory_bytes,
    },
    MetricSpec {
        name: "usage.storageBytes",
        family: "kumoichi_usage_storage_bytes",
        unit: MetricUnit::Bytes,
        kind: MetricKind::Gauge,
        text: "Bytes on the volume",
        read: |metrics| metrics.usage.storage_bytes,
    },
    MetricSpec {
        name: "usage.storageQuotaBytes",
        family: "kumoichi_usage_storage_quota_bytes",
        unit: MetricUnit::Bytes,
        kind: MetricKind::Gauge,
        text: "Bytes the volume may hold",
        read: |metrics| metrics.usage.storage_quota_bytes,
    },
];

/// What a cloud can monitor, as its capabilities tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonitoringSupport {
    /// Readings are at least so many seconds apart.
    pub interval_min_seconds: u32,
    pub interval_max_seconds: u32,
    /// The values of the catalogue that this cloud measures.
    pub metrics: Vec<MetricInfo>,
    /// How many earlier readings are kept; absent when only the last one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<ReadingHistory>,
    /// Whether readings are also told in the form of OTLP and pushed to a collector.
    #[serde(default)]
    pub otlp: bool,
}

/// The bounds of what is kept of earlier readings; whichever is reached first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadingHistory {
    /// Readings of one allocation.
    pub readings_max: u32,
    /// Seconds.
    pub age_max_seconds: u32,
}

/// Where readings are pushed: a collector of the OpenTelemetry protocol over HTTP, in JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OtlpTarget {
    /// The whole address, such as `https://collector.example/v1/metrics`; only public ones are posted to.
    pub url: String,
    /// Sent as `Authorization: Bearer`; never told again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl fmt::Debug for OtlpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpTarget").field("url", &self.url).finish_non_exhaustive()
    }
}

/// How far the push of readings is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtlpPush {
    pub url: String,
    /// Whether it was given up after too many failures; setting the monitoring anew begins again.
    pub suspended: bool,
    /// Failures since the last success.
    pub failures: i64,
    /// Microseconds UTC of the last reading that the collector took; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_at_us: Option<i64>,
    /// Why the last attempt failed; absent when it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// One value of the catalogue as capabilities tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricInfo {
    pub name: String,
    pub family: String,
    pub unit: MetricUnit,
    pub kind: MetricKind,
    pub text: String,
}

/// Sets what is measured, as a whole, and starts or stops it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MonitoringRequest {
    /// Whether readings are taken from now on.
    pub running: bool,
    /// Names of the catalogue, at least one, none twice.
    #[schema(min_items = 1)]
    pub metrics: Vec<String>,
    /// Seconds between two readings, within the bounds that the capabilities tell.
    #[schema(minimum = 1)]
    pub interval_seconds: u32,
    /// Every reading is pushed there too; absent: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otlp: Option<OtlpTarget>,
}

/// What is measured of an allocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Monitoring {
    pub allocation_id: AllocationId,
    pub state: MonitoringState,
    /// Names of the catalogue; empty while unset.
    pub metrics: Vec<String>,
    /// Absent while unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_seconds: Option<u32>,
    /// Microseconds UTC of the last setting; absent while unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_at_us: Option<i64>,
    /// Microseconds UTC of the last reading; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at_us: Option<i64>,
    /// Where readings are pushed and how far that is; absent when nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otlp: Option<OtlpPush>,
}

/// How monitoring stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MonitoringState {
    /// Nobody has said what to measure, so there is nothing to read; that is not the same as zero.
    Unset,
    Running,
    /// The last reading stays as it is.
    Stopped,
}

/// One measured value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// A name of the catalogue.
    pub name: String,
    /// As in [`Metrics`]: times in microseconds.
    pub value: i64,
}

impl MetricSpec {
    /// The value of the catalogue with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        METRICS.iter().find(|metric| metric.name == name)
    }

    /// The moments at which it was measured, in microseconds UTC, and what was.
    pub fn points<'a>(
        &'a self,
        readings: &'a [(i64, Vec<Reading>)],
    ) -> impl Iterator<Item = (i64, &'a Reading)> {
        readings.iter().filter_map(|(at_us, all)| {
            all.iter().find(|reading| reading.name == self.name).map(|reading| (*at_us, reading))
        })
    }

    /// What was measured; nothing when it was not.
    #[must_use]
    pub fn read(&self, metrics: &Metrics) -> Option<Reading> {
        let value = (self.read)(metrics)?;
        Some(Reading { name: self.name.to_owned(), value })
    }

    /// As capabilities tell it.
    #[must_use]
    pub fn info(&self) -> MetricInfo {
        MetricInfo {
            name: self.name.to_owned(),
            family: self.family.to_owned(),
            unit: self.unit,
            kind: self.kind,
            text: self.text.to_owned(),
        }
    }
}

impl MetricUnit {
    /// The word in OpenMetrics, the same as on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Requests => "requests",
            Self::Errors => "errors",
        }
    }
}

impl MetricKind {
    /// The word in OpenMetrics, the same as on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_families_are_unique_and_a_family_ends_with_its_unit() {
        let (mut names, mut families) = (HashSet::new(), HashSet::new());
        for metric in METRICS {
            assert!(names.insert(metric.name) && families.insert(metric.family), "{metric:?}");
            assert!(metric.family.ends_with(&format!("_{}", metric.unit.as_str())), "{metric:?}");
            assert_eq!(MetricSpec::named(metric.name).unwrap().family, metric.family);
            assert_eq!(serde_json::to_value(metric.unit).unwrap(), metric.unit.as_str());
            assert_eq!(serde_json::to_value(metric.kind).unwrap(), metric.kind.as_str());
        }
    }
}
