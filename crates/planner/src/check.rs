//! What cannot be planned with, and what cannot be reached.

use crate::input::{Input, Station};
use serde::Serialize;

/// A number that cannot be planned with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The field, as in documents: `workload.peakPerSecond`, `observations[0].busy`.
    pub field: String,
    /// What was found.
    pub found: f64,
    /// The least that is allowed.
    pub min: f64,
    /// The most that is allowed.
    pub max: f64,
}

/// Why there is no proposal.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// All that is wrong with the input.
    Invalid(Vec<Fault>),
    /// No plan within the limits reaches the goal.
    Unattainable {
        /// The station that is in the way at the largest plan; `None`: the time that passes elsewhere.
        station: Option<Station>,
        /// The response that the asked share stays within at the largest plan, seconds; `None`: the load
        /// is more than it can serve.
        best_seconds: Option<f64>,
    },
    /// No plan within the limits holds the data or the memory of one instance.
    TooLarge {
        /// `memoryMb` or `storageGb`.
        field: &'static str,
        /// What it would take.
        needed: f64,
        /// The most there is.
        max: u32,
    },
}

/// What is more than nothing.
const LEAST: f64 = 0.001;

/// All faults at once.
pub(crate) fn check(input: &Input) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut within = |field: &str, found: f64, min: f64, max: f64| {
        // Also what is no number at all.
        if !(min..=max).contains(&found) {
            faults.push(Fault { field: field.to_owned(), found, min, max });
        }
    };
    let work = &input.workload;
    within("workload.peakPerSecond", work.peak_per_second, LEAST, 1e6);
    within("workload.processorMs", work.processor_ms, LEAST, 6e5);
    within("workload.storageMs", work.storage_ms, 0.0, 6e5);
    within("workload.kilobytes", work.kilobytes, 0.0, 1e7);
    within("workload.elsewhereMs", work.elsewhere_ms, 0.0, 6e5);
    within("workload.baseMemoryMb", work.base_memory_mb, 0.0, 1_048_576.0);
    within("workload.requestMemoryKb", work.request_memory_kb, 0.0, 1_048_576.0);
    within("workload.dataGb", work.data_gb, 0.0, 1e6);
    within("workload.growthGbPerMonth", work.growth_gb_per_month, 0.0, 1e6);
    within("workload.months", f64::from(work.months), 0.0, 120.0);
    within("goal.responseSeconds", input.goal.response_seconds, LEAST, 3_600.0);
    within("goal.compliance", input.goal.compliance, 0.5, 0.999_999);
    if let Some(throughput) = input.goal.throughput_per_second {
        within("goal.throughputPerSecond", throughput, 0.0, 1e6);
    }
    if let Some(headroom) = input.headroom {
        within("headroom", headroom, 0.0, 0.9);
    }
    if let Some(budget) = input.budget {
        within("budget", f64::from(budget), 1.0, 1e5);
    }
    for (at, seen) in input.observations.iter().enumerate() {
        within(&format!("observations[{at}].perSecond"), seen.per_second, LEAST, 1e6);
        within(&format!("observations[{at}].busy"), seen.busy, 0.0, 1.0);
        within(&format!("observations[{at}].servers"), seen.servers, LEAST, 1e6);
    }
    faults
}
