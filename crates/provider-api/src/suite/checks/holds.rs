//! Checks of holds: repetition, races, ends.

use std::time::Duration;

use super::regions::beyond;
use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::wire::{Allocation, AllocationId, ResourceGroup, UsageRecord};

/// Zones of a region are filled up to this many; a larger region is not filled.
const FILL_MAX: usize = 12;

pub(in crate::suite) async fn repeat(desk: &Desk<'_>) -> Outcome {
    let first = desk.hold("hold").await?;
    for _ in 0..2 {
        same("the id of the repeated hold", &desk.hold("hold").await?.id, &first.id)?;
    }
    let listed = desk.list(&desk.label()).await?;
    same("the number of allocations of the label", listed.len(), 1)
}

pub(in crate::suite) async fn same_moment(desk: &Desk<'_>) -> Outcome {
    let ask = desk.ask_hold("hold", desk.room.group(), 60);
    let (a, b, c, d) =
        tokio::join!(desk.send(&ask), desk.send(&ask), desk.send(&ask), desk.send(&ask));
    let first = a.allocation()?;
    for answer in [b, c, d] {
        same("the id of a hold sent at the same moment", &answer.allocation()?.id, &first.id)?;
    }
    let listed = desk.list(&desk.label()).await?;
    same("the number of allocations of the label", listed.len(), 1)
}

pub(in crate::suite) async fn key_reused(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let held = desk.hold("hold").await?;
    desk.hold_group("hold", desk.room.group(), 59).await.refused(Code::IdempotencyKeyReused)?;
    desk.confirm("hold", 1, &held.id).await.refused(Code::IdempotencyKeyReused)?;
    let second = desk.hold("second").await?;
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    desk.confirm("confirm", 1, &second.id).await.refused(Code::IdempotencyKeyReused)?;
    same("the state of the second hold", desk.look(&second.id).await?.state, S::Held)?;
    same("the number of allocations", desk.list(&desk.label()).await?.len(), 2)
}

pub(in crate::suite) async fn refusal_forgotten(desk: &Desk<'_>) -> Outcome {
    let mut group = desk.room.group();
    group.storage.gb = beyond(largest(desk))?;
    desk.hold_group("hold", group, 60).await.refused_for_room()?;
    desk.hold("hold").await?;
    Ok(())
}

pub(in crate::suite) async fn whole(desk: &Desk<'_>) -> Outcome {
    let before = desk.free().await?;
    let mut group = desk.room.group();
    // One part beyond everything there is, the others small.
    group.storage.gb = beyond(largest(desk).max(before.storage_gb))?;
    desk.hold_group("hold", group, 60).await.refused_for_room()?;
    same("the number of allocations after the refusal", desk.list(&desk.label()).await?.len(), 0)?;
    desk.free_is(before, "after the refusal").await
}

/// The most storage that any zone of the region lends in all.
pub(super) fn largest(desk: &Desk<'_>) -> i64 {
    let zones = desk.room.capabilities.zones.iter();
    let here = zones.filter(|each| each.zone.region == desk.room.region);
    here.map(|each| each.capacity.storage_gb).max().unwrap_or(0)
}

/// A group of which no zone of the region takes two: it asks for more than half of something.
pub(super) async fn large(desk: &Desk<'_>) -> Result<ResourceGroup, Stop> {
    let mut group = desk.room.group();
    let free = desk.discover(&desk.room.region, group.clone()).await?.free;
    let half = |most: i64| u32::try_from(most / 2 + 1).unwrap_or(u32::MAX);
    let storage = half(largest(desk));
    if storage <= 1_048_576 && i64::from(storage) <= free.storage_gb {
        group.storage.gb = storage;
        return Ok(group);
    }
    Err(Stop::Skip("no group takes more than half of the region's storage".to_owned()))
}

/// Holds the group until the region is full; returns what is held, at least one.
pub(super) async fn fill(desk: &Desk<'_>, group: &ResourceGroup) -> Result<Vec<Allocation>, Stop> {
    let mut held = Vec::new();
    for number in 0..FILL_MAX {
        let answer = desk.hold_group(&format!("fill-{number}"), group.clone(), 60).await;
        if answer.status().is_some_and(|status| status < 300) {
            held.push(answer.in_state(desk.secured())?);
            continue;
        }
        answer.refused_for_room()?;
        return match held.is_empty() {
            true => Err(finding("what discovery says is free can be held", "nothing was")),
            false => Ok(held),
        };
    }
    let zones = desk.room.capabilities.zones_in(&desk.room.region).count();
    if zones < FILL_MAX {
        let expected = format!("{zones} zones hold at most {zones} groups of over half of one");
        return Err(finding(expected, format!("{FILL_MAX} were held")));
    }
    Err(Stop::Skip("the region has too many zones to fill".to_owned()))
}

pub(in crate::suite) async fn race(desk: &Desk<'_>) -> Outcome {
    desk.may_fill()?;
    let large = large(desk).await?;
    let mut held = fill(desk, &large).await?;
    let zones = desk.room.capabilities.zones_in(&desk.room.region).count();
    let expected = "no zone holds two groups that each take over half of it";
    holds(expected, held.len() <= zones, format_args!("{} in {zones} zones", held.len()))?;
    let Some(last) = held.pop() else { return Ok(()) };
    desk.drop_hold("drop", &last.id).await.in_state(S::Released)?;
    let asks = ["a", "b", "c", "d"].map(|name| desk.ask_hold(name, large.clone(), 60));
    let [a, b, c, d] = &asks;
    let (a, b, c, d) = tokio::join!(desk.send(a), desk.send(b), desk.send(c), desk.send(d));
    let mut won = 0;
    for answer in [a, b, c, d] {
        if answer.status().is_some_and(|status| status < 300) {
            answer.in_state(desk.secured())?;
            won += 1;
        } else {
            answer.refused_for_room()?;
        }
    }
    same("the number of winners of four", won, 1)
}

pub(in crate::suite) async fn ttl(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let told = &desk.room.capabilities;
    let longest = told.hold_ttl_max_seconds;
    let asked = 60.min(longest);
    for (name, ttl, expected) in
        [("asked", Some(asked), asked), ("usual", None, told.hold_ttl_default_seconds)]
    {
        let ask = desk.ask_hold_in(name, &desk.room.region, desk.room.group(), ttl);
        let held = desk.send(&ask).await.in_state(desk.secured())?;
        let Some(until) = held.held_until_us else {
            return Err(finding("a hold says when it ends", "no heldUntilUs"));
        };
        let seconds = until.saturating_sub(held.created_at_us) / 1_000_000;
        let near = (seconds - i64::from(expected)).abs() <= 1;
        holds(&format!("the hold lasts {expected} s"), near, format_args!("{seconds} s"))?;
    }
    let beyond = longest.saturating_add(1);
    desk.hold_group("beyond", desk.room.group(), beyond).await.names("/ttlSeconds")
}

pub(in crate::suite) async fn expiry(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let before = desk.free().await?;
    let held = desk.hold_group("hold", desk.room.group(), 2).await.in_state(desk.secured())?;
    desk.room.patience.pass(Duration::from_secs(3)).await;
    let ended = desk.get(paths::ALLOCATION, held.id.as_str()).await.in_state(S::Expired)?;
    holds("an ended hold has no address", ended.endpoint.is_none(), "it has one")?;
    desk.free_is(before, "when the hold has ended by itself").await?;
    desk.confirm("confirm", 1, &held.id).await.refused(Code::HoldExpired)?;
    desk.extend("extend", &held.id, 60).await.refused(Code::HoldExpired)?;
    desk.drop_hold("drop", &held.id).await.in_state(S::Expired)?;
    Ok(())
}

pub(in crate::suite) async fn extend(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let held = desk.hold_group("hold", desk.room.group(), 4).await.in_state(desk.secured())?;
    let mut ends = Vec::new();
    for _ in 0..2 {
        let extended = desk.extend("extend", &held.id, 60).await.in_state(desk.secured())?;
        let moved = extended.held_until_us > held.held_until_us;
        holds("the end has moved", moved, format!("{:?}", extended.held_until_us))?;
        ends.push(extended.held_until_us);
    }
    same("the end after the repetition", ends.last(), ends.first())?;
    desk.room.patience.pass(Duration::from_secs(5)).await;
    same("the state after the first end", desk.look(&held.id).await?.state, S::Held)?;
    let beyond = desk.room.capabilities.hold_ttl_max_seconds.saturating_add(1);
    desk.extend("beyond", &held.id, beyond).await.names("/ttlSeconds")
}

pub(in crate::suite) async fn drop_it(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let before = desk.free().await?;
    let held = desk.hold("hold").await?;
    for name in ["drop", "drop", "drop-again"] {
        let dropped = desk.drop_hold(name, &held.id).await.in_state(S::Released)?;
        holds("a dropped hold has no address", dropped.endpoint.is_none(), "it has one")?;
    }
    same("the state seen later", desk.look(&held.id).await?.state, S::Released)?;
    desk.confirm("confirm", 1, &held.id).await.refused(Code::WrongState)?;
    desk.free_is(before, "when the hold was dropped").await?;
    // Hold, drop and the key of the hold: it still names the same, ended allocation.
    let ask: Ask = desk.ask_hold("hold", desk.room.group(), 60);
    same("the id behind the old key", &desk.send(&ask).await.allocation()?.id, &held.id)
}

/// What a cloud does not offer it refuses, and does nothing: holds where it books at once, and the reverse.
pub(in crate::suite) async fn declared(desk: &Desk<'_>) -> Outcome {
    let (region, group) = (&desk.room.region, desk.room.group());
    let ask = match desk.holds() {
        true => desk.ask_reserved("other-way", region, group),
        false => desk.ask_held("other-way", region, group, None),
    };
    desk.send(&ask).await.refused(Code::Unsupported)?;
    desk.get(paths::OPERATION, &desk.key("other-way")).await.refused(Code::NotFound)?;
    same("the number of allocations after the refusal", desk.list(&desk.label()).await?.len(), 0)
}

/// A booking that is cancelled before anything was started costs what the capabilities say, and that once.
pub(in crate::suite) async fn cancelled(desk: &Desk<'_>) -> Outcome {
    let before = desk.free().await?;
    let read = |id: AllocationId| async move {
        desk.get(paths::METER, id.as_str()).await.value::<UsageRecord>()
    };
    let secured = desk.hold("hold").await?;
    desk.confirm("confirm", 1, &secured.id).await.in_state(S::Reserved)?;
    let owed = read(secured.id.clone()).await?.cancel_charge;
    same("what is owed for cancelling while nothing was cancelled", owed, None)?;
    for name in ["release", "release", "release-again"] {
        desk.act(name, 1, paths::RELEASE, &secured.id).await.in_state(S::Released)?;
    }
    let last = read(secured.id).await?;
    same("whether the meter of what was cancelled is final", last.is_final, true)?;
    let terms = desk.room.capabilities.reserve.clone().filter(|_| !desk.holds());
    let declared = terms.and_then(|terms| terms.cancel_charge);
    same("what is owed for the cancelled booking", last.cancel_charge, declared)?;
    desk.free_is(before, "when the booking was cancelled").await
}
