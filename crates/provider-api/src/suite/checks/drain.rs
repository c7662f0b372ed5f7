//! Checks of draining: what is in flight finishes, newcomers are turned away, and at the end nothing runs.

use std::time::{Duration, Instant};

use super::lives::closed;
use crate::paths;
use crate::probe::Probe;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::suite::line::HalfSent;
use crate::suite::work::{begun, whole};
use crate::wire::{
    Allocation, AllocationId, DrainRequest, EventPage, LongOperation, OperationRecord, UsageRecord,
    WorkKind, WorkState,
};

/// The application whose form the request in flight is for.
const DEMO: &str = "demo";
const FORM: (&str, &str) = ("note=half", "-and-the-rest");
/// How often it is looked whether the end was reached.
const LOOK: Duration = Duration::from_millis(100);

async fn drain(desk: &Desk<'_>, name: &str, id: &AllocationId, seconds: u32) -> Answer {
    let request = DrainRequest { deadline_seconds: Some(seconds) };
    desk.send(&desk.ask_on(name, 1, paths::DRAIN, id).json(&request)).await
}

fn must_drain(desk: &Desk<'_>) -> Outcome {
    if desk.room.capabilities.drain {
        return Ok(());
    }
    Err(Stop::Skip("the cloud does not say that it drains".to_owned()))
}

/// A service in use: its address is open and one request is half sent.
async fn in_use(desk: &Desk<'_>) -> Result<(AllocationId, String, HalfSent), Stop> {
    must_drain(desk)?;
    if desk.room.application() != Some(DEMO) {
        return Err(Stop::Skip("the cloud has no demo application to send a form to".to_owned()));
    }
    let ready = desk.running().await?;
    let Some(endpoint) = ready.endpoint else {
        return Err(Stop::Skip("the cloud lends no addresses".to_owned()));
    };
    // Says so itself when addresses of services may not be asked from here.
    closed(desk, &endpoint.url, "before access is allowed").await?;
    desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
    let half = HalfSent::begin(desk, &endpoint.url, "/notes", FORM).await?;
    Ok((ready.id, endpoint.url, half))
}

/// Waits until nothing runs.
async fn at_end(desk: &Desk<'_>, id: &AllocationId) -> Result<Allocation, Stop> {
    let (began, limit) = (Instant::now(), desk.room.options.answer_limit);
    loop {
        let seen = desk.look(id).await?;
        if seen.state == S::Draining {
            return Ok(seen);
        }
        if began.elapsed() > limit {
            let expected = format!("a drain comes to its end within {limit:?}");
            return Err(finding(expected, format!("still {}", seen.state)));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The work of a drain that a call began.
async fn begun_drain(
    desk: &Desk<'_>,
    name: &str,
    id: &AllocationId,
    seconds: u32,
) -> Result<LongOperation, Stop> {
    let work = begun(&drain(desk, name, id, seconds).await)?;
    same("the kind of the work", work.kind, WorkKind::Drain)?;
    same("the allocation that the work is on", work.allocation_id.as_ref(), Some(id))?;
    Ok(work)
}

/// The work of a drain that was begun before.
fn known(answer: &Answer) -> Result<LongOperation, Stop> {
    same("the status of a call whose drain was begun before", answer.status(), Some(200))?;
    let work: LongOperation = answer.value()?;
    whole(&work)?;
    Ok(work)
}

/// A drain is long work: begun once, told until its end, and known by its key.
pub(in crate::suite) async fn work(desk: &Desk<'_>) -> Outcome {
    let (id, _, half) = in_use(desk).await?;
    let first = begun_drain(desk, "drain", &id, 60).await?;
    let again = begun(&drain(desk, "drain", &id, 60).await)?;
    same("the work that a repeated key tells", &again.id, &first.id)?;
    let other = known(&drain(desk, "drain-again", &id, 60).await)?;
    same("the work that another key finds under way", &other.id, &first.id)?;
    same("the state of the work while a request is in flight", other.state, WorkState::Running)?;
    let key = desk.key("drain");
    let record: OperationRecord = desk.get(paths::OPERATION, &key).await.value()?;
    let known_by_key = record.long_operation.map(|work| work.id);
    same("the work that the key is known for", known_by_key.as_ref(), Some(&first.id))?;
    drop(half);
    let done = desk.succeeded(&first).await?;
    let result = paths::with(paths::ALLOCATION, id.as_str());
    same("where the result of the work is", done.result.as_deref(), Some(result.as_str()))?;
    same("the state when the work has ended", desk.look(&id).await?.state, S::Draining)?;
    let late = known(&drain(desk, "drain-what-is-stopped", &id, 60).await)?;
    same("the state of a drain of what is stopped", late.state, WorkState::Succeeded)?;
    let feed = Ask::new("GET", format!("{}?label={}", paths::EVENTS, desk.label()));
    let told: EventPage = desk.send(&feed).await.value()?;
    let of_it = told.items.iter().filter_map(|event| event.data.operation.as_ref());
    let states: Vec<_> = of_it.filter(|each| each.id == first.id).map(|each| each.state).collect();
    let expected = vec![WorkState::Running, WorkState::Succeeded];
    same("what the feed tells of the work", states, expected)
}

pub(in crate::suite) async fn finishes(desk: &Desk<'_>) -> Outcome {
    let (id, url, half) = in_use(desk).await?;
    begun_drain(desk, "drain", &id, 60).await?;
    let told = desk.look(&id).await?;
    same("the state while it is drained", told.state, S::Active)?;
    holds("the end of the drain is told", told.draining_until_us.is_some(), "it is absent")?;
    // A newcomer may also get no connection at all.
    if let Ok(answer) = desk.room.probe.probe(&url).await {
        same("the status newcomers get while it drains", answer.status, 503)?;
    }
    desk.act("allow-again", 1, paths::ALLOW, &id).await.refused(Code::WrongState)?;
    let limit = desk.room.options.answer_limit;
    let answered = half.finish(limit).await;
    let fine = answered.as_ref().is_ok_and(|status| *status < 400);
    holds("a request in flight is answered", fine, format!("{answered:?}"))?;
    let end = at_end(desk, &id).await?;
    let still = end.instances.iter().all(|instance| !instance.running);
    holds("nothing runs at the end of a drain", still, "a machine runs")?;
    same("the end of a drain that is over", end.draining_until_us, None)?;
    closed(desk, &url, "after the drain").await?;
    let meter: UsageRecord = desk.get(paths::METER, id.as_str()).await.value()?;
    let ended = meter.intervals.iter().all(|each| each.stopped_at_us.is_some());
    holds("the meter ends with the drain", ended, format!("{:?}", meter.intervals))?;
    Ok(())
}

pub(in crate::suite) async fn deadline(desk: &Desk<'_>) -> Outcome {
    let (id, _, half) = in_use(desk).await?;
    let long = drain(desk, "far", &id, u32::MAX).await;
    long.names("/deadlineSeconds")?;
    begun_drain(desk, "drain", &id, 2).await?;
    desk.room.patience.pass(Duration::from_secs(3)).await;
    at_end(desk, &id).await?;
    drop(half);
    desk.start("start-again", &id).await?.in_state(S::Ready)?;
    Ok(())
}

pub(in crate::suite) async fn order(desk: &Desk<'_>) -> Outcome {
    must_drain(desk)?;
    let id = desk.hold("hold").await?.id;
    drain(desk, "held", &id, 1).await.refused(Code::WrongState)?;
    desk.confirm("confirm", 1, &id).await.in_state(S::Reserved)?;
    drain(desk, "reserved", &id, 1).await.refused(Code::WrongState)?;
    same("the state after refusals", desk.look(&id).await?.state, S::Reserved)
}
