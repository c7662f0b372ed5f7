//! What a plan is made from.

use serde::{Deserialize, Serialize};

/// A part of a service that requests queue for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Station {
    /// Virtual CPUs of the instances.
    Processors,
    /// The volume of each instance.
    Storage,
    /// The connection of each instance.
    Network,
}

impl Station {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Processors, Self::Storage, Self::Network];

    /// The word in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processors => "processors",
            Self::Storage => "storage",
            Self::Network => "network",
        }
    }
}

/// What a service does with one request, and how many come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workload {
    /// Requests a second at the busiest time; 0.001 to 1,000,000.
    pub peak_per_second: f64,
    /// Processor time of a request, milliseconds; 0.001 to 600,000.
    pub processor_ms: f64,
    /// Time of the volume of a request, milliseconds; 0 to 600,000.
    #[serde(default)]
    pub storage_ms: f64,
    /// Sent and received of a request, kilobytes; 0 to 10,000,000.
    #[serde(default)]
    pub kilobytes: f64,
    /// Time of a request that passes elsewhere, milliseconds: other services, locks; 0 to 600,000.
    #[serde(default)]
    pub elsewhere_ms: f64,
    /// Memory of an instance before its first request, MiB; 0 to 1,048,576.
    #[serde(default)]
    pub base_memory_mb: f64,
    /// Memory of a request at work, KiB; 0 to 1,048,576.
    #[serde(default)]
    pub request_memory_kb: f64,
    /// Data at the start, GB; 0 to 1,000,000.
    #[serde(default)]
    pub data_gb: f64,
    /// What comes to it in a month, GB; 0 to 1,000,000.
    #[serde(default)]
    pub growth_gb_per_month: f64,
    /// For how many months it is planned; 0 to 120.
    #[serde(default)]
    pub months: u32,
}

/// What has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Goal {
    /// Longest response, seconds; 0.001 to 3,600.
    pub response_seconds: f64,
    /// Share of responses within it; 0.5 to 0.999999.
    pub compliance: f64,
    /// Load that has to be borne, requests a second, where it is more than the workload's.
    #[serde(default)]
    pub throughput_per_second: Option<f64>,
}

/// How busy a station was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Observation {
    /// Where.
    pub station: Station,
    /// Requests a second at that time; 0.001 to 1,000,000.
    pub per_second: f64,
    /// Share of the time that it was busy; 0 to 1.
    pub busy: f64,
    /// What was there: virtual CPUs of all instances, volumes, or Mbit/s; 0.001 to 1,000,000.
    pub servers: f64,
}

/// How a plan is looked for (F7.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// At once, on the safe side.
    #[default]
    Fast,
    /// The cheapest that holds.
    Precise,
}

/// A bill of quantities: instances, and what each of them has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quantities {
    /// Instances.
    pub instances: u32,
    /// Virtual CPUs of each.
    pub vcpu: u32,
    /// Memory of each, MiB.
    pub memory_mb: u32,
    /// Storage of each, GB.
    pub storage_gb: u32,
    /// Mbit/s of each.
    pub network_mbps: u32,
}

/// What may be ordered of one quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// The least.
    pub min: u32,
    /// The most.
    pub max: u32,
}

/// What may be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Instances.
    pub instances: Sizes,
    /// Virtual CPUs of each.
    pub vcpu: Sizes,
    /// Memory of each, MiB.
    pub memory_mb: Sizes,
    /// Storage of each, GB.
    pub storage_gb: Sizes,
    /// Mbit/s of each.
    pub network_mbps: Sizes,
}

/// Everything a plan depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// What the service does.
    pub workload: Workload,
    /// What has to hold.
    pub goal: Goal,
    /// How busy it was, where it runs already.
    pub observations: Vec<Observation>,
    /// How to look.
    pub mode: Mode,
    /// Share of each station that stays free at the peak, 0 to 0.9; `None`: that of the mode.
    pub headroom: Option<f64>,
    /// Plans to look at in the precise mode, 1 to 100,000; `None`: 4,096.
    pub budget: Option<u32>,
    /// What may be ordered.
    pub limits: Limits,
}

impl Input {
    /// The share that stays free.
    #[must_use]
    pub fn free(&self) -> f64 {
        self.headroom.unwrap_or(match self.mode {
            Mode::Fast => 0.4,
            Mode::Precise => 0.25,
        })
    }

    /// Requests a second that have to be borne.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.workload.peak_per_second.max(self.goal.throughput_per_second.unwrap_or_default())
    }
}
