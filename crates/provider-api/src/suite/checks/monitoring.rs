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
/// What readings are asked for as, but for OTLP.
const TEXT: &str = "application/openmetrics-text";

/// What the cloud can monitor; a cloud that says nothing of it is not examined for it.
pub(super) fn support<'a>(desk: &'a Desk<'_>) -> Result<&'a MonitoringSupport, Stop> {
    let told = desk.room.capabilities.monitoring.as_ref();
    told.ok_or_else(|| Stop::Skip("the cloud does not say that it monitors on order".to_owned()))
}

pub(super) async fn booked(desk: &Desk<'_>) -> Result<AllocationId, Stop> {
    let id = desk.hold("hold").await?.id;
    desk.confirm("confirm", 1, &id).await.in_state(S::Reserved)?;
    Ok(id)
}

pub(super) async fn set(
    desk: &Desk<'_>,
    name: &str,
    id: &AllocationId,
    request: &MonitoringRequest,
) -> Answer {
    let ask = Ask::new("PUT", paths::with(paths::MONITORING, id.as_str()));
    desk.send(&ask.json(request).key(desk.key(name)).epoch(1)).await
}

pub(super) async fn setting(desk: &Desk<'_>, id: &AllocationId) -> Result<Monitoring, Stop> {
    desk.get(paths::MONITORING, id.as_str()).await.value()
}

async fn samples(desk: &Desk<'_>, id: &AllocationId) -> Result<Vec<Sample>, Stop> {
    let path = paths::with(paths::READINGS, id.as_str());
    let answer = desk.send(&Ask::new("GET", path).accept(TEXT)).await;
    let text = answer.text_of(TEXT)?;
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

pub(super) fn all(support: &MonitoringSupport, running: bool) -> MonitoringRequest {
    let metrics = support.metrics.iter().map(|metric| metric.name.clone()).collect();
    MonitoringRequest {
        running,
        metrics,
        interval_seconds: support.interval_min_seconds,
        otlp: None,
    }
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

/// Earlier readings can be asked for, each once and in order, and the same in OTLP.
pub(in crate::suite) async fn history(desk: &Desk<'_>) -> Outcome {
    let support = support(desk)?;
    let Some(bounds) = support.history else {
        return Err(Stop::Skip("the cloud keeps no earlier readings".to_owned()));
    };
    let bounded = bounds.readings_max > 0 && bounds.age_max_seconds > 0;
    holds("what is kept of readings is bounded", bounded, format!("{bounds:?}"))?;
    let id = booked(desk).await?;
    let request = all(support, true);
    set(desk, "set", &id, &request).await.value::<Monitoring>()?;
    let mut moments = Vec::new();
    let wait = Duration::from_secs(u64::from(request.interval_seconds) + 1);
    for _ in 0..3 {
        let after = moments.last().copied().unwrap_or(i64::MIN);
        moments.push(read_after(desk, &id, after).await?.read_at_us.unwrap_or_default());
        desk.room.patience.pass(wait).await;
    }
    let stop = MonitoringRequest { running: false, ..request };
    set(desk, "stop", &id, &stop).await.value::<Monitoring>()?;
    let path = |since: i64| format!("{}?since={since}", paths::with(paths::READINGS, id.as_str()));
    let ask = Ask::new("GET", path(moments[0]));
    let answer = desk.send(&ask.clone().accept(TEXT)).await;
    same("the status of earlier readings", answer.status(), Some(200))?;
    let text =
        openmetrics::read(&answer.body).map_err(|error| finding("OpenMetrics text", error))?;
    let family = MetricSpec::named("usage.storageQuotaBytes").map(|metric| metric.family);
    let of_one = text.iter().filter(|sample| Some(sample.family.as_str()) == family);
    let told: Vec<f64> = of_one.filter_map(|sample| sample.at.as_ref()?.parse().ok()).collect();
    holds(
        "each moment is told once, in order",
        told.is_sorted_by(|a, b| a < b),
        format!("{told:?}"),
    )?;
    let later = told.iter().all(|at| *at > moments[0] as f64 / 1e6);
    holds("no reading of before is told", later, format!("{told:?}"))?;
    holds("every reading after the moment is told", told.len() >= 2, format!("{told:?}"))?;
    let Some(none) = moments.last().map(|last| last.saturating_add(3_600_000_000)) else {
        return Ok(());
    };
    let answer = desk.send(&Ask::new("GET", path(none)).accept(TEXT)).await;
    let empty = openmetrics::read(&answer.body).is_ok_and(|samples| samples.is_empty());
    holds("after the last reading there is none", empty, &answer.body)?;
    if !support.otlp {
        return Ok(());
    }
    let otlp: serde_json::Value = desk.send(&ask.accept("application/json")).await.value()?;
    let points = otlp.pointer("/resourceMetrics/0/scopeMetrics/0/metrics").and_then(|metrics| {
        let named = |each: &&serde_json::Value| each["name"].as_str() == family;
        metrics.as_array()?.iter().find(named)?.pointer("/gauge/dataPoints")?.as_array().cloned()
    });
    let count = points.map_or(0, |points| points.len());
    same("the points of one value in OTLP", count, told.len())
}
