//! Checks of a caller that crashes between two calls: it can ask by key and by label, and go on.

use std::time::{Duration, Instant};

use super::door::NEVER;
use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, finding, holds, same};
use crate::suite::desk::Desk;
use crate::suite::sweep;
use crate::wire::{AllocationId, OperationRecord, UsageRecord};

/// When the caller hangs up, milliseconds after sending.
const CUTS_MS: [u64; 4] = [0, 2, 8, 30];
/// For a start that was cut off to come to an end.
const SETTLE: Duration = Duration::from_secs(30);

pub(in crate::suite) async fn by_key(desk: &Desk<'_>) -> Outcome {
    let held = desk.hold("hold").await?;
    let record: OperationRecord = desk.get(paths::OPERATION, &desk.key("hold")).await.value()?;
    same(
        "the allocation the key tells of",
        record.allocation.as_ref().map(|told| &told.id),
        Some(&held.id),
    )?;
    same("the operation", record.operation.as_str(), "hold")?;
    same("the key", record.key.as_str(), desk.key("hold").as_str())?;
    desk.get(paths::OPERATION, &desk.key("unused")).await.refused(Code::NotFound)?;
    // A refused call had no effect, so its key is unknown.
    desk.act("too-early", 1, paths::ALLOW, &held.id).await.refused(Code::WrongState)?;
    desk.get(paths::OPERATION, &desk.key("too-early")).await.refused(Code::NotFound)?;
    desk.drop_hold("drop", &held.id).await.in_state(S::Released)?;
    let later: OperationRecord = desk.get(paths::OPERATION, &desk.key("hold")).await.value()?;
    let state = later.allocation.map(|told| told.state);
    same("the state the key tells of later", state, Some(S::Released))
}

pub(in crate::suite) async fn by_label(desk: &Desk<'_>) -> Outcome {
    let first = desk.hold("first").await?;
    let second = desk.hold("second").await?;
    let mut other = desk.ask_hold("other", desk.room.group(), 60);
    let label = format!("{}{}", desk.label(), sweep::SECOND);
    other.replace(&desk.label(), &label);
    let other = desk.send(&other).await.in_state(S::Held)?;
    desk.drop_hold("drop", &first.id).await.in_state(S::Released)?;
    let ids = |all: Vec<crate::wire::Allocation>| -> Vec<AllocationId> {
        all.into_iter().map(|each| each.id).collect()
    };
    let expected = vec![first.id, second.id];
    same("what the label lists, oldest first", ids(desk.list(&desk.label()).await?), expected)?;
    same("what the other label lists", ids(desk.list(&label).await?), vec![other.id])?;
    same("what no label lists", ids(desk.list(NEVER).await?), vec![])
}

pub(in crate::suite) async fn pages(desk: &Desk<'_>) -> Outcome {
    let mut held = Vec::new();
    for name in ["a", "b", "c"] {
        held.push(desk.hold(name).await?.id);
        desk.drop_hold(&format!("drop-{name}"), &held[held.len() - 1]).await.allocation()?;
    }
    let listed = sweep::list(desk, Some(&desk.label()), Some(1)).await?;
    let ids: Vec<_> = listed.into_iter().map(|each| each.id).collect();
    same("the list in pages of one", ids, held)
}

pub(in crate::suite) async fn hold_cut(desk: &Desk<'_>) -> Outcome {
    for (number, cut) in CUTS_MS.into_iter().enumerate() {
        let ask = desk.ask_hold(&format!("hold-{number}"), desk.room.group(), 60);
        desk.cut(&ask, Duration::from_millis(cut)).await;
        let again = desk.send(&ask).await.in_state(S::Held)?;
        let key = desk.key(&format!("hold-{number}"));
        let record: OperationRecord = desk.get(paths::OPERATION, &key).await.value()?;
        same(
            "the allocation the key tells of",
            record.allocation.as_ref().map(|told| &told.id),
            Some(&again.id),
        )?;
        let all = desk.list(&desk.label()).await?;
        let living = all.iter().filter(|each| each.state == S::Held).count();
        same("the number of holds after hanging up and repeating", living, 1)?;
        desk.drop_hold(&format!("drop-{number}"), &again.id).await.in_state(S::Released)?;
    }
    same("the number of allocations", desk.list(&desk.label()).await?.len(), CUTS_MS.len())
}

pub(in crate::suite) async fn start_cut(desk: &Desk<'_>) -> Outcome {
    let held = desk.hold("hold").await?;
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    let ask = desk.ask_start("start", &held.id)?;
    desk.cut(&ask, Duration::from_millis(8)).await;
    // As a caller does: look until it is clear what became of it, then repeat.
    let began = Instant::now();
    while desk.look(&held.id).await?.state == S::Provisioning {
        if began.elapsed() > SETTLE {
            return Err(finding("a start that was cut off comes to an end", "still provisioning"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let ready = desk.send(&ask).await.in_state(S::Ready)?;
    let running = ready.instances.iter().filter(|each| each.running).count();
    same("the machines that run", running, 1)?;
    let meter: UsageRecord = desk.get(paths::METER, held.id.as_str()).await.value()?;
    same("the intervals of use", meter.intervals.len(), 1)
}

pub(in crate::suite) async fn half_made(desk: &Desk<'_>) -> Outcome {
    let before = desk.free().await?;
    let held = desk.hold("hold").await?;
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    for name in ["release", "release", "release-again"] {
        let end = desk.act(name, 1, paths::RELEASE, &held.id).await.allocation()?;
        let given_back = matches!(end.state, S::Released | S::Erased);
        holds("what was never started is released", given_back, end.state)?;
    }
    desk.free_is(before, "when it was given back").await
}

/// A caller that crashed can ask for calls on images and on the subscription too.
pub(in crate::suite) async fn other_keys(desk: &Desk<'_>) -> Outcome {
    let mut asked = 0;
    if desk.room.capabilities.images.is_some() {
        let (image, _) = super::images::some(desk).await?;
        let key = desk.key("begin");
        let record: OperationRecord = desk.get(paths::OPERATION, &key).await.value()?;
        same("the operation of a key on images", record.operation.as_str(), "beginImage")?;
        same(
            "the image the key tells of",
            record.image.map(|told| told.id),
            Some(image.id.clone()),
        )?;
        super::images::delete_all(desk, &[image.id]).await?;
        asked += 1;
    }
    if desk.room.capabilities.webhooks {
        match super::webhook::by_key(desk).await {
            Err(Stop::Skip(_)) => {}
            outcome => {
                outcome?;
                asked += 1;
            }
        }
    }
    if asked == 0 {
        return Err(Stop::Skip("the cloud takes neither images nor subscriptions".to_owned()));
    }
    Ok(())
}
