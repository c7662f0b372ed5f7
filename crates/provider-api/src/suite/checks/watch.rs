//! Checks of what the cloud reports: liveness, metrics, the meter.

use std::time::Duration;

use super::lives::closed;
use crate::paths;
use crate::probe::Probe;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, holds, same};
use crate::suite::desk::Desk;
use crate::wire::{AllocationId, EndpointKind, Liveness, Metrics, UsageRecord};

pub(in crate::suite) async fn liveness(desk: &Desk<'_>) -> Outcome {
    let ready = desk.running().await?;
    let up = alive(desk, &ready.id).await?;
    holds("a started service is alive", up.alive, format!("{up:?}"))?;
    same("the machines that run", up.instances_running, 1)?;
    same("the machines wanted", up.instances_wanted, 1)?;
    same("whether access is open before it is allowed", up.access_open, false)?;
    if ready.endpoint.is_some() {
        desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
        same("whether access is open", alive(desk, &ready.id).await?.access_open, true)?;
    }
    desk.act("stop", 1, paths::STOP, &ready.id).await.in_state(S::Draining)?;
    let down = alive(desk, &ready.id).await?;
    holds("a stopped service is not alive", !down.alive, format!("{down:?}"))?;
    same("the machines that run after the stop", down.instances_running, 0)?;
    same("whether access is open after the stop", down.access_open, false)?;
    same("the state told with it", down.state, S::Draining)
}

async fn alive(desk: &Desk<'_>, id: &AllocationId) -> Result<Liveness, super::super::answer::Stop> {
    desk.get(paths::LIVENESS, id.as_str()).await.value()
}

pub(in crate::suite) async fn metrics(desk: &Desk<'_>) -> Outcome {
    let ready = desk.running().await?;
    let read = || async { desk.get(paths::METRICS, ready.id.as_str()).await.value::<Metrics>() };
    let quiet = read().await?;
    same("the requests before anybody was let in", quiet.response.count, 0)?;
    let absent = quiet.response.p50_us.is_none() && quiet.response.p95_us.is_none();
    holds("response times are absent without requests", absent, format!("{:?}", quiet.response))?;
    holds("the window is told", quiet.response.window_seconds > 0, "0 seconds")?;
    let Some(endpoint) = &ready.endpoint else { return Ok(()) };
    if desk.room.group().network.endpoint == EndpointKind::None {
        return Ok(());
    }
    // Says so itself when addresses of services may not be asked from here.
    closed(desk, &endpoint.url, "before access is allowed").await?;
    desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
    for _ in 0..3 {
        let _ = desk.room.probe.probe(&endpoint.url).await;
    }
    let busy = read().await?;
    holds("three requests are counted", busy.response.count >= 3, busy.response.count)?;
    let ordered = busy.response.p50_us.is_some() && busy.response.p50_us <= busy.response.p95_us;
    holds("the median is not above the 95th percentile", ordered, format!("{:?}", busy.response))
}

pub(in crate::suite) async fn meter(desk: &Desk<'_>) -> Outcome {
    let read = |id: AllocationId| async move {
        desk.get(paths::METER, id.as_str()).await.value::<UsageRecord>()
    };
    let held = desk.hold("hold").await?;
    let id = held.id;
    let before = read(id.clone()).await?;
    same("the use before the start", (before.used_seconds, before.intervals.len()), (0, 0))?;
    same("whether the meter of a hold is final", before.is_final, false)?;
    desk.confirm("confirm", 1, &id).await.in_state(S::Reserved)?;
    desk.start("start", &id).await?.in_state(S::Ready)?;
    desk.room.patience.pass(Duration::from_secs(2)).await;
    let running = read(id.clone()).await?;
    holds("two seconds of use are counted", running.used_seconds >= 2, running.used_seconds)?;
    let open = running.intervals.len() == 1
        && running.intervals.iter().all(|interval| interval.stopped_at_us.is_none());
    holds("the interval of a running service is open", open, format!("{:?}", running.intervals))?;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    let stopped = read(id.clone()).await?;
    let closed = stopped
        .intervals
        .iter()
        .all(|interval| interval.stopped_at_us >= Some(interval.started_at_us));
    holds("the interval is closed by the stop", closed, format!("{:?}", stopped.intervals))?;
    same("whether the meter is final before release", stopped.is_final, false)?;
    desk.room.patience.pass(Duration::from_secs(2)).await;
    let later = read(id.clone()).await?;
    same("the use after the stop", later.used_seconds, stopped.used_seconds)?;
    desk.ended(&id, 1).await?;
    let last = read(id).await?;
    same("whether the meter is final after release", last.is_final, true)?;
    same("the use at the end", last.used_seconds, stopped.used_seconds)
}
