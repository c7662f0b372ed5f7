//! The beginning of watching (P6.1.i5): before users are let in, the first sample of everything that the cloud measures
//! has arrived. What it does not measure is noted as not measured, and never as good.

use super::cloud::{Cloud, stop};
use crate::Broker;
use domain::{ContractId, Timestamp};
use provider_api::{
    AllocationId, Capabilities, DriverError, MetricSpec, Metrics, MonitorCommand,
    MonitoringRequest, MonitoringState, ProblemCode,
};
use std::time::Duration;
use storage::contracts::{Watch, WatchKind};
use storage::observations::{Observation, ObservationKind};
use storage::workflow::Along;
use workflow::{StepInput, Stop};

/// Seconds between two readings at the cloud, where its bounds allow it: as often as its users' minutes need.
const INTERVAL_SECONDS: u32 = 10;
/// Until a first reading is looked for again; clouds read each second at best.
const AGAIN: Duration = Duration::from_secs(1);

/// What to measure at a cloud: everything of the catalogue that it says it can; `None` when it cannot.
pub(super) fn wanted(capabilities: &Capabilities) -> Option<MonitoringRequest> {
    let support = capabilities.monitoring.as_ref()?;
    let metrics: Vec<String> = support
        .metrics
        .iter()
        .filter(|metric| MetricSpec::named(&metric.name).is_some())
        .map(|metric| metric.name.clone())
        .collect();
    let least = support.interval_min_seconds;
    let interval_seconds = INTERVAL_SECONDS.clamp(least, support.interval_max_seconds.max(least));
    (!metrics.is_empty()).then_some(MonitoringRequest {
        running: true,
        metrics,
        interval_seconds,
        otlp: None,
    })
}

/// Starts the measuring at the cloud and waits for the first sample of each kind; `alive_at` is when the service was
/// seen alive. A cloud that answers with a reading costs no pause.
pub(super) async fn begin(
    cloud: &Cloud,
    id: &AllocationId,
    wanted: Option<MonitoringRequest>,
    alive_at: Timestamp,
) -> Result<[Watch; 3], Stop> {
    let liveness = Watch { kind: WatchKind::Liveness, first_at: Some(alive_at) };
    let Some(request) = wanted else {
        return Ok([liveness, unmeasured(WatchKind::Service), unmeasured(WatchKind::Resources)]);
    };
    let names = request.metrics.clone();
    let command =
        MonitorCommand { call: cloud.call("-watch")?, allocation_id: id.clone(), request };
    let told = cloud.driver.set_monitoring(command).await.map_err(stop)?;
    if told.allocation_id != *id {
        return Err(Stop::failed("wrong_answer", "the cloud measures another allocation"));
    }
    if told.state != MonitoringState::Running || told.read_at_us.is_none() {
        return Err(not_measured("nothing was read yet"));
    }
    let metrics = cloud.driver.metrics(id).await.map_err(stop)?;
    let first = |kind| first_of(kind, &names, &metrics, alive_at);
    Ok([liveness, first(WatchKind::Service)?, first(WatchKind::Resources)?])
}

/// Ends the measuring at the cloud.
pub(super) async fn end(
    cloud: &Cloud,
    id: &AllocationId,
    wanted: MonitoringRequest,
) -> Result<(), Stop> {
    let request = MonitoringRequest { running: false, ..wanted };
    let command =
        MonitorCommand { call: cloud.call("-watch")?, allocation_id: id.clone(), request };
    match cloud.driver.set_monitoring(command).await {
        // What has ended is not measured any more, and a cloud that measures nothing after all has nothing to end.
        Err(DriverError::Gone { .. }) => Ok(()),
        Err(error)
            if matches!(error.code(), Some(ProblemCode::WrongState | ProblemCode::Unsupported)) =>
        {
            Ok(())
        }
        other => other.map(drop).map_err(stop),
    }
}

/// Measures as it was measured before.
pub(super) async fn set_back(
    cloud: &Cloud,
    id: &AllocationId,
    before: MonitoringRequest,
) -> Result<(), Stop> {
    let command =
        MonitorCommand { call: cloud.call("-watch")?, allocation_id: id.clone(), request: before };
    cloud.driver.set_monitoring(command).await.map(drop).map_err(stop)
}

/// The beginning, with the first sample of life, as it is noted together with the step.
pub(super) const fn rows(contract: ContractId, watches: [Watch; 3], alive_at: Timestamp) -> Along {
    let kind = ObservationKind::Liveness;
    let sample =
        Observation { contract_id: contract, kind, at: alive_at, ok: true, value_us: None };
    Along::Watched(watches, sample)
}

/// The answer at the public address as the first sample of response.
pub(super) fn answered(
    input: &StepInput<Broker>,
    contract: ContractId,
    response_us: i64,
) -> Observation {
    Observation {
        contract_id: contract,
        kind: ObservationKind::Response,
        at: input.clock.now(),
        ok: true,
        value_us: Some(response_us),
    }
}

/// The first sample of a kind of which the cloud said that it measures it.
fn first_of(
    kind: WatchKind,
    names: &[String],
    metrics: &Metrics,
    at: Timestamp,
) -> Result<Watch, Stop> {
    let family = match kind {
        WatchKind::Service => "response.",
        WatchKind::Resources => "usage.",
        WatchKind::Liveness => return Ok(Watch { kind, first_at: Some(at) }),
    };
    let mut declared = names
        .iter()
        .filter(|name| name.starts_with(family))
        .filter_map(|name| MetricSpec::named(name))
        .peekable();
    if declared.peek().is_none() {
        return Ok(unmeasured(kind));
    }
    if declared.all(|metric| metric.read(metrics).is_none()) {
        return Err(not_measured(&format!("no value of {kind} was read yet")));
    }
    Ok(Watch { kind, first_at: Some(at) })
}

fn unmeasured(kind: WatchKind) -> Watch {
    Watch { kind, first_at: None }
}

fn not_measured(detail: &str) -> Stop {
    Stop::retry_after(AGAIN, "not_measured", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider_api::{ResponseMetrics, Usage};

    fn metrics(usage: Usage) -> Metrics {
        let response =
            ResponseMetrics { window_seconds: 60, count: 0, errors: 0, p50_us: None, p95_us: None };
        Metrics { allocation_id: AllocationId("alc_1".to_owned()), at_us: 1, response, usage }
    }

    #[test]
    fn p6_1_i5_a_kind_that_was_promised_and_not_read_is_waited_for_and_one_that_was_not_is_unmeasured()
     {
        let names = ["usage.cpuUs", "usage.memoryBytes"].map(str::to_owned);
        let (at, none) = (Timestamp(7), Usage::default());
        let first = |kind, usage| first_of(kind, &names, &metrics(usage), at);
        assert!(first(WatchKind::Resources, none.clone()).is_err());
        let some = Usage { memory_bytes: Some(0), ..Usage::default() };
        assert_eq!(first(WatchKind::Resources, some).unwrap().first_at, Some(at));
        assert_eq!(first(WatchKind::Service, none).unwrap(), unmeasured(WatchKind::Service));
    }
}
