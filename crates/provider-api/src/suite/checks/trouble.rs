//! Checks with faults on order, for clouds that take such orders at `/faults` and `/switches`: what a caller finds after
//! lost answers, on a full disk, after the loss of a volume.

use serde_json::{Value, json};

use super::backups::{point, serving};
use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, holds, same};
use crate::suite::desk::{Ask, Bearer, Desk};
use crate::suite::work::begun;
use crate::wire::{
    AllocationId, BackupPage, Liveness, LongOperationPage, OperationRecord, VolumeHealth,
};

const FAULTS: &str = "/faults";

/// Orders one fault for the next hold.
async fn order(desk: &Desk<'_>, kind: &str) -> Outcome {
    let Some(admin) = &desk.room.target.admin_token else {
        return Err(Stop::Skip("it needs --admin-token".to_owned()));
    };
    let bearer = Bearer::Other(admin.reveal().to_owned());
    let mut ask = Ask::new("POST", FAULTS).json(&json!({"operation": "hold", "kind": kind}));
    ask.bearer = bearer;
    let answer = desk.send(&ask).await;
    match answer.status() {
        Some(200 | 201 | 204) => Ok(()),
        Some(404) => Err(Stop::Skip("the cloud takes no orders for faults".to_owned())),
        _ => Err(Stop::Skip(format!("the fault could not be ordered: {}", answer.said()))),
    }
}

/// The fault hits; then the caller asks by the key and repeats the call.
async fn found_again(desk: &Desk<'_>, kind: &str) -> Outcome {
    order(desk, kind).await?;
    let ask = desk.ask_hold("hold", desk.room.group(), 60);
    let lost = desk.once(&ask).await;
    let failed = lost.status().is_none_or(|status| status >= 500);
    holds("the ordered fault hits the call", failed, lost.said())?;
    let record: OperationRecord = desk.get(paths::OPERATION, &desk.key("hold")).await.value()?;
    let again = desk.send(&ask).await.in_state(S::Held)?;
    same(
        "the id after the repetition",
        Some(&again.id),
        record.allocation.as_ref().map(|told| &told.id),
    )?;
    same("the number of allocations", desk.list(&desk.label()).await?.len(), 1)
}

pub(in crate::suite) async fn lost_answer(desk: &Desk<'_>) -> Outcome {
    found_again(desk, "loseAnswer").await
}

pub(in crate::suite) async fn fail_after(desk: &Desk<'_>) -> Outcome {
    found_again(desk, "failAfter").await
}

pub(in crate::suite) async fn fail_before(desk: &Desk<'_>) -> Outcome {
    order(desk, "failBefore").await?;
    let ask = desk.ask_hold("hold", desk.room.group(), 60);
    desk.once(&ask).await.refused(Code::Unavailable)?;
    desk.get(paths::OPERATION, &desk.key("hold")).await.refused(Code::NotFound)?;
    same("the number of allocations", desk.list(&desk.label()).await?.len(), 0)?;
    desk.send(&ask).await.in_state(S::Held)?;
    Ok(())
}

const SWITCHES: &str = "/switches";

/// The switches of the whole cloud as they are; what a check turns it turns back.
async fn switches(desk: &Desk<'_>, name: &str) -> Result<Value, Stop> {
    let Some(admin) = &desk.room.target.admin_token else {
        return Err(Stop::Skip("it needs --admin-token".to_owned()));
    };
    let mut ask = Ask::new("GET", SWITCHES);
    ask.bearer = Bearer::Other(admin.reveal().to_owned());
    let answer = desk.send(&ask).await;
    let found: Option<Value> = serde_json::from_str(&answer.body).ok();
    match found.filter(|found| answer.status() == Some(200) && found.is_object()) {
        Some(found) => Ok(found),
        None => Err(Stop::Skip(format!("the cloud has no switch {name}: {}", answer.said()))),
    }
}

async fn put(desk: &Desk<'_>, switches: &Value) -> Outcome {
    let admin = desk.room.target.admin_token.as_ref();
    let mut ask = Ask::new("PUT", SWITCHES).json(switches);
    ask.bearer = admin.map_or(Bearer::None, |admin| Bearer::Other(admin.reveal().to_owned()));
    let answer = desk.send(&ask).await;
    holds("a switch can be turned", answer.status() == Some(200), answer.said())
}

pub(in crate::suite) async fn disk_full(desk: &Desk<'_>) -> Outcome {
    let before = switches(desk, "diskFull").await?;
    let id = serving(desk).await?.id;
    let mut full = before.clone();
    full["diskFull"] = json!(true);
    put(desk, &full).await?;
    let outcome = nothing_is_written(desk, &id).await;
    put(desk, &before).await?;
    outcome?;
    desk.backed_up("backup", &id).await?;
    Ok(())
}

/// With the same keys that are used later: a refused call may be asked again.
async fn nothing_is_written(desk: &Desk<'_>, id: &AllocationId) -> Outcome {
    desk.act("backup", 1, paths::BACKUPS, id).await.refused(Code::StorageFull)?;
    let page: BackupPage = desk.get(paths::BACKUPS, id.as_str()).await.value()?;
    same("the number of backups after the refusal", page.items.len(), 0)?;
    let page: LongOperationPage = desk.get(paths::LONG_OPERATIONS, id.as_str()).await.value()?;
    same("the long work after the refusal", page.items.len(), 0)?;
    desk.hold_group("more", desk.room.group(), 60).await.refused(Code::StorageFull)?;
    same("the number of allocations", desk.list(&desk.label()).await?.len(), 1)
}

pub(in crate::suite) async fn lost_volume(desk: &Desk<'_>) -> Outcome {
    let before = switches(desk, "lostVolume").await?;
    let id = serving(desk).await?.id;
    let backup = desk.backed_up("backup", &id).await?;
    let told = health(desk, &id).await?;
    same("the volume as liveness tells it", told.volume, Some(VolumeHealth::Present))?;
    let mut lost = before.clone();
    lost["lostVolume"] = json!(id);
    put(desk, &lost).await?;
    put(desk, &before).await?;
    let told = health(desk, &id).await?;
    same("the volume as liveness tells it after its loss", told.volume, Some(VolumeHealth::Lost))?;
    holds("a service without its volume is not alive", !told.alive, format!("{told:?}"))?;
    desk.start("too-early", &id).await?.refused(Code::VolumeLost)?;
    let ask = desk.ask_backup("restore", 1, paths::RESTORE, &backup.id);
    desk.succeeded(&begun(&desk.send(&ask).await)?).await?;
    let told = health(desk, &id).await?;
    same("the volume after restoring", told.volume, Some(VolumeHealth::Present))?;
    let again = desk.backed_up("again", &id).await?;
    let (then, now) = (&point(&backup)?.sha256, &point(&again)?.sha256);
    same("the digest of the volume after restoring", now, then)?;
    desk.start("start-again", &id).await?.in_state(S::Ready)?;
    Ok(())
}

async fn health(desk: &Desk<'_>, id: &AllocationId) -> Result<Liveness, Stop> {
    desk.get(paths::LIVENESS, id.as_str()).await.value()
}
