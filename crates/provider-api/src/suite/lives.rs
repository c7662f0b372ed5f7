//! Checks of whole lives: repetition of every call, fencing, erasure.

use super::{Desk, Outcome, holds, refused, same, state, text};
use crate::driver::DriverError;
use crate::problem::ProblemCode;
use crate::state::ResourceState;
use crate::wire::AllocationId;

pub(super) async fn twice(desk: &Desk<'_>) -> Outcome {
    let driver = desk.driver();
    let id = desk.hold().await?.id;
    for _ in 0..2 {
        state(&desk.confirm("confirm", 1, &id).await.map_err(text)?, ResourceState::Reserved)?;
    }
    for _ in 0..2 {
        let ready = desk.start("start", &id).await?;
        state(&ready, ResourceState::Ready)?;
        let open = ready.endpoint.as_ref().is_some_and(|endpoint| endpoint.open);
        holds("access must be closed until it is allowed", !open)?;
    }
    for _ in 0..2 {
        state(
            &driver.allow(desk.command("allow", 1, &id)?).await.map_err(text)?,
            ResourceState::Active,
        )?;
    }
    let liveness = driver.liveness(&id).await.map_err(text)?;
    holds("a running service must be alive and open", liveness.alive && liveness.access_open)?;
    driver.metrics(&id).await.map_err(text)?;
    for _ in 0..2 {
        state(
            &driver.deny(desk.command("deny", 1, &id)?).await.map_err(text)?,
            ResourceState::Ready,
        )?;
    }
    for name in ["stop", "stop", "stop-again"] {
        state(
            &driver.stop(desk.command(name, 1, &id)?).await.map_err(text)?,
            ResourceState::Draining,
        )?;
    }
    erase_and_release(desk, &id).await
}

async fn erase_and_release(desk: &Desk<'_>, id: &AllocationId) -> Outcome {
    let driver = desk.driver();
    let statement = driver.erase(desk.command("erase", 1, id)?).await.map_err(text)?;
    for name in ["erase", "erase-again"] {
        let again = driver.erase(desk.command(name, 1, id)?).await.map_err(text)?;
        holds("a repeated erasure must give the same statement", again == statement)?;
    }
    same("the subject of the statement", &statement.statement.subject, &desk.label())?;
    let capabilities = driver.capabilities().await.map_err(text)?;
    let Some(key) = capabilities.erasure_key else {
        return Err("the cloud publishes no key".to_owned());
    };
    statement.verify_with(&key).map_err(text)?;
    let mut forged = statement.clone();
    forged.statement.bytes += 1;
    holds("a forged statement must not verify", forged.verify_with(&key).is_err())?;
    for name in ["release", "release", "release-again"] {
        state(
            &driver.release(desk.command(name, 1, id)?).await.map_err(text)?,
            ResourceState::Erased,
        )?;
    }
    let end = driver.allocation(id).await.map_err(text)?;
    holds("no address may stay", end.endpoint.is_none())?;
    let meter = driver.meter(id).await.map_err(text)?;
    holds("the meter of a released allocation must be final", meter.is_final)?;
    same("the number of intervals of use", meter.intervals.len(), 1)?;
    let closed = meter
        .intervals
        .iter()
        .all(|interval| interval.stopped_at_us >= Some(interval.started_at_us));
    holds("every interval must be closed after its start", closed)
}

pub(super) async fn stale_epoch(desk: &Desk<'_>) -> Outcome {
    let id = desk.hold().await?.id;
    state(&desk.confirm("confirm", 5, &id).await.map_err(text)?, ResourceState::Reserved)?;
    let stale = desk.driver().stop(desk.command("late-stop", 4, &id)?).await;
    refused(stale, ProblemCode::StaleEpoch)?;
    // A higher epoch counts even when its own call was refused.
    let too_early = desk.driver().allow(desk.command("early-allow", 6, &id)?).await;
    refused(too_early, ProblemCode::WrongState)?;
    refused(desk.driver().stop(desk.command("second", 5, &id)?).await, ProblemCode::StaleEpoch)?;
    refused(desk.confirm("confirm", 5, &id).await, ProblemCode::StaleEpoch)?;
    desk.clear_away(&id, 6).await
}

pub(super) async fn old_key(desk: &Desk<'_>) -> Outcome {
    let id = desk.running().await?.id;
    desk.driver().stop(desk.command("stop", 1, &id)?).await.map_err(text)?;
    let after = desk.start("start", &id).await?;
    state(&after, ResourceState::Draining)?;
    holds("nothing may run", after.instances.iter().all(|instance| !instance.running))?;
    desk.clear_away(&id, 1).await
}

pub(super) async fn not_erased(desk: &Desk<'_>) -> Outcome {
    let id = desk.running().await?.id;
    let running = desk.driver().erase(desk.command("erase-running", 1, &id)?).await;
    refused(running, ProblemCode::WrongState)?;
    let running = desk.driver().release(desk.command("release-running", 1, &id)?).await;
    refused(running, ProblemCode::WrongState)?;
    desk.driver().stop(desk.command("stop", 1, &id)?).await.map_err(text)?;
    let stopped = desk.driver().release(desk.command("release-stopped", 1, &id)?).await;
    refused(stopped, ProblemCode::NotErased)?;
    desk.clear_away(&id, 1).await
}

pub(super) async fn never_started(desk: &Desk<'_>) -> Outcome {
    let id = desk.hold().await?.id;
    desk.confirm("confirm", 1, &id).await.map_err(text)?;
    let end = desk.driver().release(desk.command("release", 1, &id)?).await.map_err(text)?;
    state(&end, ResourceState::Released)
}

pub(super) async fn unknown(desk: &Desk<'_>) -> Outcome {
    let id = AllocationId::from("alc_never");
    match desk.driver().allocation(&id).await {
        Err(DriverError::Gone { .. }) => {}
        other => return Err(format!("expected is gone, found is {other:?}")),
    }
    match desk.driver().stop(desk.command("stop", 1, &id)?).await {
        Err(DriverError::Gone { .. }) => Ok(()),
        other => Err(format!("expected is gone, found is {other:?}")),
    }
}
