//! Checks of fencing: a worker that lost its lease changes nothing any more.

use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, holds, same};
use crate::suite::desk::Desk;

pub(in crate::suite) async fn stale(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let id = desk.hold("hold").await?.id;
    let confirmed = desk.confirm("confirm", 5, &id).await.in_state(S::Reserved)?;
    same("the epoch seen", confirmed.epoch, 5)?;
    desk.act("late", 4, paths::RELEASE, &id).await.refused(Code::StaleEpoch)?;
    // Also with a key that had its effect.
    desk.confirm("confirm", 4, &id).await.refused(Code::StaleEpoch)?;
    same("the state after stale calls", desk.look(&id).await?.state, S::Reserved)?;
    // The present holder goes on.
    desk.act("release", 5, paths::RELEASE, &id).await.allocation()?;
    Ok(())
}

pub(in crate::suite) async fn refused_counts(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let id = desk.hold("hold").await?.id;
    desk.act("too-early", 6, paths::ALLOW, &id).await.refused(Code::WrongState)?;
    same("the epoch after a refused call", desk.look(&id).await?.epoch, 6)?;
    desk.confirm("confirm", 5, &id).await.refused(Code::StaleEpoch)?;
    desk.confirm("confirm", 6, &id).await.in_state(S::Reserved)?;
    Ok(())
}

pub(in crate::suite) async fn old_key(desk: &Desk<'_>) -> Outcome {
    let id = desk.running().await?.id;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    let after = desk.start("start", &id).await?.in_state(S::Draining)?;
    let still = after.instances.iter().all(|instance| !instance.running);
    holds("nothing runs after an old start was repeated", still, "a machine runs")?;
    same("the state seen later", desk.look(&id).await?.state, S::Draining)
}
