//! Checks of resizing: the whole new size or nothing, users in all the while, and each size metered for its time.

use super::holds::largest;
use super::regions::beyond;
use crate::paths;
use crate::probe::Probe;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, finding, holds, same};
use crate::suite::desk::Desk;
use crate::wire::{
    Allocation, AllocationId, CloudEvent, EndpointKind, Metrics, Quota, ResizeRequest,
    ResizeSupport, ResourceGroup, UsageRecord,
};

async fn resize(
    desk: &Desk<'_>,
    name: &str,
    id: &AllocationId,
    resources: ResourceGroup,
) -> Answer {
    let request = ResizeRequest { resources, quota: Quota::default() };
    desk.send(&desk.ask_on(name, 1, paths::RESIZE, id).json(&request)).await
}

fn support(desk: &Desk<'_>) -> Result<ResizeSupport, Stop> {
    match desk.room.capabilities.resize {
        ResizeSupport::None => Err(Stop::Skip("the cloud does not say that it resizes".to_owned())),
        support => Ok(support),
    }
}

/// Twice the machines, twice the volume, twice the bandwidth.
fn larger(desk: &Desk<'_>) -> ResourceGroup {
    let mut group = desk.room.group();
    group.compute.count *= 2;
    group.storage.gb *= 2;
    group.network.mbps *= 2;
    group
}

/// Booked and, where it can be resized then, in use.
async fn booked(desk: &Desk<'_>) -> Result<Allocation, Stop> {
    let support = support(desk)?;
    let ready = desk.running().await?;
    if support == ResizeSupport::Stopped {
        return desk.act("stop", 1, paths::STOP, &ready.id).await.in_state(S::Draining);
    }
    if ready.endpoint.is_none() {
        return Ok(ready);
    }
    desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)
}

/// It has the size in its answer, later, and in what runs; users are in where they were.
async fn has(desk: &Desk<'_>, told: Allocation, as_before: &Allocation) -> Outcome {
    let later = desk.look(&told.id).await?;
    same("the size seen later", &later.resources, &told.resources)?;
    same("the state seen later", later.state, as_before.state)?;
    if !later.state.is_running() {
        return Ok(());
    }
    let running = later.instances.iter().filter(|each| each.running).count();
    same("the machines that run", running, told.resources.compute.count as usize)?;
    let Some(endpoint) = as_before.endpoint.as_ref().filter(|endpoint| endpoint.open) else {
        return Ok(());
    };
    match desk.room.probe.probe(&endpoint.url).await {
        Ok(answer) => holds("users get an answer after a resize", answer.is_up(), answer.status),
        Err(error) => Err(finding("users get an answer after a resize", error)),
    }
}

pub(in crate::suite) async fn whole(desk: &Desk<'_>) -> Outcome {
    let before = booked(desk).await?;
    let (small, large) = (desk.room.group(), larger(desk));
    for name in ["grow", "grow", "grow-again"] {
        let told = resize(desk, name, &before.id, large.clone()).await.in_state(before.state)?;
        same("the size after growing", &told.resources, &large)?;
        has(desk, told, &before).await?;
    }
    let told = resize(desk, "shrink", &before.id, small.clone()).await.in_state(before.state)?;
    same("the size after shrinking", &told.resources, &small)?;
    has(desk, told, &before).await?;
    let (events, _) = super::events::read(desk, None).await?;
    let sizes = events.iter().filter(|event| event.kind == CloudEvent::RESIZED);
    let sizes: Vec<_> = sizes.filter_map(|event| event.data.resized.clone()).collect();
    let told: Vec<_> = sizes.iter().map(|each| (&each.before, &each.after)).collect();
    same("the changes of size in the feed", told, vec![(&small, &large), (&large, &small)])?;
    let meter: UsageRecord = desk.get(paths::METER, before.id.as_str()).await.value()?;
    let machines: Vec<i64> = meter.sizes.iter().map(|each| each.instances).collect();
    let (few, many) = (i64::from(small.compute.count), i64::from(large.compute.count));
    same("the machines of each size in the meter", machines, vec![few, many, few])?;
    let joined = meter.sizes.windows(2).all(|pair| pair[0].until_us == Some(pair[1].from_us));
    let open = meter.sizes.last().is_some_and(|last| last.until_us.is_none());
    holds("each size ends where the next begins", joined && open, format!("{:?}", meter.sizes))
}

pub(in crate::suite) async fn room(desk: &Desk<'_>) -> Outcome {
    let before = booked(desk).await?;
    let free = desk.free().await?;
    let mut group = larger(desk);
    // One part beyond everything there is, the others would fit.
    group.storage.gb = beyond(largest(desk).max(free.storage_gb))?;
    resize(desk, "grow", &before.id, group).await.refused(Code::CapacityExhausted)?;
    let later = desk.look(&before.id).await?;
    same("the size after the refusal", &later.resources, &before.resources)?;
    same("the state after the refusal", later.state, before.state)?;
    desk.free_is(free, "after the refusal").await
}

pub(in crate::suite) async fn data(desk: &Desk<'_>) -> Outcome {
    support(desk)?;
    let before = booked(desk).await?;
    if let Some(endpoint) = before.endpoint.as_ref().filter(|endpoint| endpoint.open) {
        // What a visit leaves on the volume is the application's.
        let _ = desk.room.probe.probe(&endpoint.url).await;
    }
    let metrics: Metrics = desk.get(paths::METRICS, before.id.as_str()).await.value()?;
    if metrics.usage.storage_bytes.unwrap_or(0) == 0 {
        return Err(Stop::Skip("the application keeps nothing on its volume".to_owned()));
    }
    let quota = Quota { storage_bytes: Some(0) };
    let request = ResizeRequest { resources: before.resources.clone(), quota };
    let ask = desk.ask_on("shrink", 1, paths::RESIZE, &before.id).json(&request);
    desk.send(&ask).await.refused(Code::StorageInUse)?;
    same("the limits after the refusal", desk.look(&before.id).await?.quota, before.quota)
}

pub(in crate::suite) async fn order(desk: &Desk<'_>) -> Outcome {
    support(desk)?;
    let id = desk.hold("hold").await?.id;
    if desk.holds() {
        resize(desk, "held", &id, larger(desk)).await.refused(Code::WrongState)?;
    }
    desk.confirm("confirm", 1, &id).await.in_state(S::Reserved)?;
    let mut none = desk.room.group();
    none.compute.count = 0;
    resize(desk, "none", &id, none).await.names("/resources/compute/count")?;
    let mut other = desk.room.group();
    other.network.endpoint = match other.network.endpoint {
        EndpointKind::None => EndpointKind::Http,
        EndpointKind::Http => EndpointKind::None,
    };
    resize(desk, "other", &id, other).await.names("/resources/network/endpoint")?;
    let booked = resize(desk, "booked", &id, larger(desk)).await.in_state(S::Reserved)?;
    same("the size of what is booked", &booked.resources, &larger(desk))?;
    desk.act("release", 1, paths::RELEASE, &id).await.in_state(S::Released)?;
    resize(desk, "ended", &id, desk.room.group()).await.refused(Code::WrongState)?;
    Ok(())
}
