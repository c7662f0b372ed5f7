//! Checks of monitoring: set, started, read as text, stopped, and said to be unset.

use std::time::{Duration, Instant};

use crate::openmetrics::{self, Sample};
use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::wire::{
    AllocationId, MetricSpec, Monitoring, MonitoringRequest, MonitoringState, MonitoringSupport,
};

/// How often a reading is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// What the cloud can monitor; a cloud that says nothing of it is not examined for it.
fn support<'a>(desk: &'a Desk<'_>) -> Result<&'a MonitoringSupport, Stop> {
    let told = desk.room.capabilities.monitoring.as_ref();
    told.ok_or_else(|| Stop::Skip("the cloud does not say that it monitors on order".to_owned()))
}

async fn booked(desk: &Desk<'_>) -> Result<AllocationId, Stop> {
    let id = desk.hold("hold").await?.id;
    desk.confirm("confirm", 1, &id).await.in_state(S::Reserved)?;
    Ok(id)
}

async fn set(
    desk: &Desk<'_>,
    name: &str,
    id: &AllocationId,
    request: &MonitoringRequest,
) -> Answer {
    let ask = Ask::new("PUT", paths::with(paths::MONITORING, id.as_str()));
    desk.send(&ask.json(request).key(desk.key(name)).epoch(1)).await
}

async fn setting(desk: &Desk<'_>, id: &AllocationId) -> Result<Monitoring, Stop> {
    desk.get(paths::MONITORING, id.as_str()).await.value()
}

async fn samples(desk: &Desk<'_>, id: &AllocationId) -> Result<Vec<Sample>, Stop> {
    let answer = desk.get(paths::READINGS, id.as_str()).await;
    let kind = "application/openmetrics-text";
    let text = answer.text_of(kind)?;
    let version = answer.header("content-type").unwrap_or_default().contains("version=1.0.0");
    holds("the content type says version=1.0.0", version, format!("{:?}", answer.came))?;
    openmetrics::read(text).map_err(|error| finding("readings are whole OpenMetrics", error))
}

/// Waits for a reading after a moment.
async fn read_after(desk: &Desk<'_>, id: &AllocationId, after: i64) -> Result<Monitoring, Stop> {
    let (began, limit) = (Instant::now(), desk.room.options.answer_limit);
    loop {
        let seen = setting(desk, id).await?;
        if seen.read_at_us.is_some_and(|read_at| read_at > after) {
            return Ok(seen);
        }
        if began.elapsed() > limit {
            let expected = format!("what is monitored is read within {limit:?}");
            return Err(finding(expected, format!("{seen:?}")));
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn all(support: &MonitoringSupport, running: bool) -> MonitoringRequest {
    let metrics = support.metrics.iter().map(|metric| metric.name.clone()).collect();
    MonitoringRequest { running, metrics, interval_seconds: support.interval_min_seconds }
}

pub(in crate::suite) async fn unset(desk: &Desk<'_>) -> Outcome {
    support(desk)?;
    let id = booked(desk).await?;
    let seen = setting(desk, &id).await?;
    same("the state of monitoring before anybody set it", seen.state, MonitoringState::Unset)?;
    let empty = seen.metrics.is_empty() && seen.read_at_us.is_none();
    holds("nothing is measured and nothing was read", empty, format!("{seen:?}"))?;
    desk.get(paths::READINGS, id.as_str()).await.refused(Code::NotMonitored)?;
    Ok(())
}

pub(in crate::suite) async fn catalogue(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let support = support(desk)?;
    for metric in &support.metrics {
        let known = MetricSpec::named(&metric.name).map(MetricSpec::info);
        same("a measured value of the catalogue", Some(metric), known.as_ref())?;
    }
    let bounds = support.interval_min_seconds >= 1
        && support.interval_min_seconds <= support.interval_max_seconds;
    holds("the bounds of the interval are told", bounds, format!("{support:?}"))?;
    let held = desk.hold("held").await?.id;
    set(desk, "too-early", &held, &all(support, true)).await.refused(Code::WrongState)?;
    let id = booked(desk).await?;
    let (good, mut wrong) = (all(support, true), all(support, true));
    wrong.metrics.push("conform.noSuchValue".to_owned());
    let place = format!("/metrics/{}", good.metrics.len());
    set(desk, "unknown", &id, &wrong).await.names(&place)?;
    let none = MonitoringRequest { metrics: Vec::new(), ..good.clone() };
    set(desk, "none", &id, &none).await.names("/metrics")?;
    let beyond = support.interval_max_seconds.saturating_add(1);
    let slow = MonitoringRequest { interval_seconds: beyond, ..good };
    set(desk, "slow", &id, &slow).await.names("/intervalSeconds")?;
    same("the state after refusals", setting(desk, &id).await?.state, MonitoringState::Unset)
}

pub(in crate::suite) async fn whole(desk: &Desk<'_>) -> Outcome {
    let support = support(desk)?;
    let id = booked(desk).await?;
    let request = all(support, true);
    for _ in 0..2 {
        let told: Monitoring = set(desk, "set", &id, &request).await.value()?;
        same("the state of what was started", told.state, MonitoringState::Running)?;
        same("what is measured", &told.metrics, &request.metrics)?;
        same("the interval", told.interval_seconds, Some(request.interval_seconds))?;
    }
    let first = read_after(desk, &id, i64::MIN).await?.read_at_us.unwrap_or_default();
    let wait = Duration::from_secs(u64::from(request.interval_seconds) + 1);
    desk.room.patience.pass(wait).await;
    read_after(desk, &id, first).await?;
    // Another allocation, read on and on, shows that there was time for a reading.
    let witness = desk.hold("hold-witness").await?.id;
    desk.confirm("confirm-witness", 1, &witness).await.in_state(S::Reserved)?;
    set(desk, "witness", &witness, &request).await.value::<Monitoring>()?;
    let stop = MonitoringRequest { running: false, ..request };
    let told: Monitoring = set(desk, "stop", &id, &stop).await.value()?;
    same("the state of what was stopped", told.state, MonitoringState::Stopped)?;
    let last = samples(desk, &id).await?;
    let mut seen = i64::MIN;
    for _ in 0..3 {
        seen = read_after(desk, &witness, seen).await?.read_at_us.unwrap_or_default();
        desk.room.patience.pass(wait).await;
    }
    holds("what is stopped keeps its last reading", samples(desk, &id).await? == last, "another")?;
    let old: Monitoring = set(desk, "set", &id, &all(support, true)).await.value()?;
    same("the state after the old key was repeated", old.state, MonitoringState::Stopped)
}

pub(in crate::suite) async fn readings(desk: &Desk<'_>) -> Outcome {
    let support = support(desk)?;
    let id = booked(desk).await?;
    let request = all(support, true);
    set(desk, "set", &id, &request).await.value::<Monitoring>()?;
    read_after(desk, &id, i64::MIN).await?;
    let samples = samples(desk, &id).await?;
    for sample in &samples {
        let dated = sample.at.is_some();
        holds("every sample says when it was read", dated, format!("{sample:?}"))?;
    }
    // Nothing runs and nobody was let in: neither times nor memory can have been measured.
    for name in ["response.p50Us", "response.p95Us", "usage.memoryBytes"] {
        let family = MetricSpec::named(name).map(|metric| metric.family);
        let found = samples.iter().find(|sample| Some(sample.family.as_str()) == family);
        let what = format!("{name} has no sample where nothing was measured");
        holds(&what, found.is_none(), format!("{found:?}"))?;
    }
    let known = |sample: &Sample| support.metrics.iter().any(|each| each.family == sample.family);
    holds("every sample is of the catalogue", samples.iter().all(known), format!("{samples:?}"))
}
