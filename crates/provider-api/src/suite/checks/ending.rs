//! Checks of the end: data are erased before release, and that is stated and signed.

use super::door::NEVER;
use super::lives::closed;
use crate::erasure::{ERASURE_STANDARD, ErasureStatement};
use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::wire::{AllocationId, Capabilities};

pub(in crate::suite) async fn order(desk: &Desk<'_>) -> Outcome {
    let id = desk.running().await?.id;
    desk.act("erase-running", 1, paths::ERASE, &id).await.refused(Code::WrongState)?;
    desk.act("release-running", 1, paths::RELEASE, &id).await.refused(Code::WrongState)?;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    desk.act("release-stopped", 1, paths::RELEASE, &id).await.refused(Code::NotErased)?;
    same("the state after the refusal", desk.look(&id).await?.state, S::Draining)?;
    let erasure = desk.look(&id).await?.erasure;
    holds("nothing was erased by the refused release", erasure.is_none(), "there is a statement")
}

pub(in crate::suite) async fn statement(desk: &Desk<'_>) -> Outcome {
    let id = desk.running().await?.id;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    let first = erase(desk, "erase", &id).await?;
    for name in ["erase", "erase-again"] {
        let again = erase(desk, name, &id).await?;
        holds("a repeated erasure gives the same statement", again == first, format!("{again:?}"))?;
    }
    let told: Capabilities = desk.send(&Ask::new("GET", paths::CAPABILITIES)).await.value()?;
    let Some(key) = told.erasure_key else {
        return Err(finding("the capabilities name the key that signs", "no erasureKey"));
    };
    if let Err(error) = first.verify_with(&key) {
        return Err(finding("the statement verifies with the key told", error));
    }
    let unsigned = &first.statement;
    same("the allocation of the statement", &unsigned.allocation_id, &id)?;
    same("the subject of the statement", &unsigned.subject, &desk.label())?;
    same("the standard", unsigned.standard.as_str(), ERASURE_STANDARD)?;
    let sum: i64 = unsigned.resources.iter().map(|each| each.bytes).sum();
    same("the bytes of all resources", sum, unsigned.bytes)?;
    let kept = desk.act("release", 1, paths::RELEASE, &id).await.in_state(S::Erased)?;
    same("the statement kept with the allocation", kept.erasure, Some(first.clone()))?;
    let mut forged = first;
    forged.statement.bytes += 1;
    holds("a forged statement does not verify", forged.verify_with(&key).is_err(), "it does")
}

async fn erase(desk: &Desk<'_>, name: &str, id: &AllocationId) -> Result<ErasureStatement, Stop> {
    desk.act(name, 1, paths::ERASE, id).await.value()
}

pub(in crate::suite) async fn erased(desk: &Desk<'_>) -> Outcome {
    let id = desk.running().await?.id;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    erase(desk, "erase", &id).await?;
    desk.start("start-again", &id).await?.refused(Code::WrongState)?;
    same("the state after the refusal", desk.look(&id).await?.state, S::Draining)
}

pub(in crate::suite) async fn capacity(desk: &Desk<'_>) -> Outcome {
    let before = desk.free().await?;
    let ready = desk.running().await?;
    let url = ready.endpoint.as_ref().map(|endpoint| endpoint.url.clone());
    if url.is_some() {
        desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
    }
    desk.ended(&ready.id, 1).await?;
    desk.free_is(before, "after the release").await?;
    match url {
        Some(url) => closed(desk, &url, "after the release").await,
        None => Ok(()),
    }
}

pub(in crate::suite) async fn gone(desk: &Desk<'_>) -> Outcome {
    for route in [paths::ALLOCATION, paths::LIVENESS, paths::METRICS, paths::METER] {
        desk.get(route, NEVER).await.refused(Code::NotFound)?;
    }
    let id = AllocationId::from(NEVER);
    for route in [paths::STOP, paths::ALLOW, paths::DENY, paths::ERASE, paths::RELEASE, paths::HOLD]
    {
        desk.act("gone", 1, route, &id).await.refused(Code::NotFound)?;
    }
    Ok(())
}
