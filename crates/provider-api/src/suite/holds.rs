//! Checks of holds: repetition, races, ends.

use std::time::Duration;

use super::{Desk, Outcome, holds, refused, same, state, text};
use crate::driver::{DriverError, ExtendCommand};
use crate::problem::ProblemCode;
use crate::state::ResourceState;

pub(super) async fn repeats(desk: &Desk<'_>) -> Outcome {
    let first = desk.hold().await?;
    state(&first, ResourceState::Held)?;
    let second = desk.hold().await?;
    same("the id of the repeated hold", &second.id, &first.id)?;
    let listed = desk.driver().list(&desk.label()).await.map_err(text)?;
    same("the number of allocations of the label", listed.len(), 1)?;
    let record = desk.driver().operation(&desk.call("hold", 1)?.key).await.map_err(text)?;
    same(
        "the allocation the key tells of",
        record.map(|record| record.allocation.id),
        Some(first.id.clone()),
    )?;
    let never = desk.driver().operation(&desk.call("never", 1)?.key).await.map_err(text)?;
    holds("a key without effect must be unknown", never.is_none())?;
    let dropped =
        desk.driver().drop_hold(desk.command("drop", 1, &first.id)?).await.map_err(text)?;
    state(&dropped, ResourceState::Released)
}

pub(super) async fn reused_key(desk: &Desk<'_>) -> Outcome {
    let held = desk.hold().await?;
    let other = desk.hold_as("hold", desk.subject.group(), 59).await;
    refused(other, ProblemCode::IdempotencyKeyReused)?;
    refused(desk.confirm("hold", 1, &held.id).await, ProblemCode::IdempotencyKeyReused)?;
    desk.driver().drop_hold(desk.command("drop", 1, &held.id)?).await.map_err(text)?;
    Ok(())
}

pub(super) async fn all_or_nothing(desk: &Desk<'_>) -> Outcome {
    let free = || async {
        let answer = desk.discover_in(desk.subject.region(), desk.subject.group()).await;
        answer.map(|answer| answer.free).map_err(text)
    };
    let before = free().await?;
    let mut group = desk.subject.group();
    // One part beyond everything there is, the others small.
    group.storage.gb = u32::try_from(before.storage_gb).unwrap_or(u32::MAX).saturating_add(1);
    let answer = desk.discover_in(desk.subject.region(), group.clone()).await.map_err(text)?;
    holds("discovery must say that the group does not fit", !answer.available)?;
    holds("a live answer must be valid for a while", answer.valid_until_us > answer.at_us)?;
    refused(desk.hold_as("hold", group, 60).await, ProblemCode::CapacityExhausted)?;
    same("what is free after the refusal", free().await?, before)
}

pub(super) async fn race(desk: &Desk<'_>) -> Outcome {
    let large = desk.subject.large_group();
    let (left, right) = tokio::join!(
        desk.hold_as("left", large.clone(), 60),
        desk.hold_as("right", large.clone(), 60)
    );
    let winner = match (left, right) {
        (Ok(winner), loser) | (loser, Ok(winner)) => {
            refused(loser, ProblemCode::CapacityExhausted)?;
            winner
        }
        (Err(left), Err(right)) => return Err(format!("nobody won: {left}; {right}")),
    };
    desk.driver().drop_hold(desk.command("drop", 1, &winner.id)?).await.map_err(text)?;
    let again = desk.hold_as("again", large, 60).await.map_err(text)?;
    desk.driver().drop_hold(desk.command("drop-again", 1, &again.id)?).await.map_err(text)?;
    Ok(())
}

pub(super) async fn expiry(desk: &Desk<'_>) -> Outcome {
    let large = desk.subject.large_group();
    let held = desk.hold_as("hold", large.clone(), 2).await.map_err(text)?;
    desk.subject.pass(Duration::from_secs(3)).await;
    let ended = desk.driver().allocation(&held.id).await.map_err(text)?;
    state(&ended, ResourceState::Expired)?;
    refused(desk.confirm("confirm", 1, &held.id).await, ProblemCode::HoldExpired)?;
    let dropped =
        desk.driver().drop_hold(desk.command("drop", 1, &held.id)?).await.map_err(text)?;
    state(&dropped, ResourceState::Expired)?;
    // The capacity is back without anybody having dropped it.
    let next = desk.hold_as("next", large, 60).await.map_err(text)?;
    desk.driver().drop_hold(desk.command("drop-next", 1, &next.id)?).await.map_err(text)?;
    Ok(())
}

pub(super) async fn extension(desk: &Desk<'_>) -> Outcome {
    let held = desk.hold_as("hold", desk.subject.group(), 2).await.map_err(text)?;
    let command = ExtendCommand {
        call: desk.call("extend", 1)?,
        allocation_id: held.id.clone(),
        ttl_seconds: 60,
    };
    let extended = desk.driver().extend(command).await.map_err(text)?;
    holds("the end must have moved", extended.held_until_us > held.held_until_us)?;
    desk.subject.pass(Duration::from_secs(3)).await;
    state(&desk.driver().allocation(&held.id).await.map_err(text)?, ResourceState::Held)?;
    desk.driver().drop_hold(desk.command("drop", 1, &held.id)?).await.map_err(text)?;
    Ok(())
}

pub(super) async fn bad_values(desk: &Desk<'_>) -> Outcome {
    let mut group = desk.subject.group();
    group.compute.count = 0;
    match desk.hold_as("hold", group, 60).await {
        Err(DriverError::Rejected { problem }) if problem.code == ProblemCode::InvalidRequest => {
            let named =
                problem.errors.iter().any(|fault| fault.pointer == "/resources/compute/count");
            holds("the wrong value must be named by its pointer", named)
        }
        other => Err(format!("expected is an invalid request, found is {other:?}")),
    }
}
