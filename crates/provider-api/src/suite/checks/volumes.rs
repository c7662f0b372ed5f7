//! Checks of volumes by themselves, and of what backups add to the meter.

use std::time::Duration;

use super::backups::{point, serving, use_it};
use crate::erasure::ErasureStatement;
use crate::paths;
use crate::probe::Probe;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::wire::{
    Allocation, AllocationId, AttachRequest, Backup, ComputeSpec, EndpointKind, NetworkSpec,
    ResourceGroup, StorageSpec, UsageRecord,
};

/// Storage and nothing else.
fn alone() -> ResourceGroup {
    ResourceGroup {
        compute: ComputeSpec { count: 0, vcpu: 0, ram_mb: 0 },
        storage: StorageSpec { gb: 1 },
        network: NetworkSpec { mbps: 0, endpoint: EndpointKind::None },
    }
}

async fn booked(desk: &Desk<'_>, name: &str, group: ResourceGroup) -> Result<Allocation, Stop> {
    let held =
        desk.hold_group(&format!("hold-{name}"), group, 60).await.in_state(desk.secured())?;
    desk.confirm(&format!("confirm-{name}"), 1, &held.id).await.in_state(S::Reserved)
}

/// A volume, and a service without one in the same zone.
async fn both(desk: &Desk<'_>, name: &str) -> Result<(Allocation, Allocation), Stop> {
    if !desk.room.capabilities.volumes {
        return Err(Stop::Skip("the cloud lends no volumes by themselves".to_owned()));
    }
    let volume = booked(desk, &format!("volume-{name}"), alone()).await?;
    let service = service(desk, name).await?;
    if volume.zone != service.zone {
        return Err(Stop::Skip("volume and service are in different zones".to_owned()));
    }
    Ok((volume, service))
}

async fn service(desk: &Desk<'_>, name: &str) -> Result<Allocation, Stop> {
    booked(desk, name, ResourceGroup { storage: StorageSpec { gb: 0 }, ..desk.room.group() }).await
}

fn ask_attach(desk: &Desk<'_>, name: &str, service: &AllocationId, volume: &AllocationId) -> Ask {
    let request = AttachRequest { volume: volume.clone() };
    desk.ask_on(name, 1, paths::ATTACH, service).json(&request)
}

async fn attach(desk: &Desk<'_>, name: &str, to: &AllocationId, volume: &AllocationId) -> Answer {
    desk.send(&ask_attach(desk, name, to, volume)).await
}

async fn lent_to(desk: &Desk<'_>, volume: &AllocationId, to: Option<&AllocationId>) -> Outcome {
    let seen = desk.look(volume).await?;
    let state = if to.is_some() { S::Ready } else { S::Draining };
    same("the state of the volume", seen.state, state)?;
    same("the service that has the volume", seen.attached_to.as_ref(), to)
}

/// The digest over everything on the volume.
async fn digest(desk: &Desk<'_>, name: &str, volume: &AllocationId) -> Result<String, Stop> {
    Ok(point(&desk.backed_up(name, volume).await?)?.sha256.clone())
}

pub(in crate::suite) async fn lent(desk: &Desk<'_>) -> Outcome {
    let (volume, first) = both(desk, "first").await?;
    for name in ["attach", "attach", "attach-again"] {
        let told = attach(desk, name, &first.id, &volume.id).await.in_state(S::Reserved)?;
        same("the volume of the service", told.volume.as_ref(), Some(&volume.id))?;
    }
    lent_to(desk, &volume.id, Some(&first.id)).await?;
    desk.start("start", &first.id).await?.in_state(S::Ready)?;
    if let Some(endpoint) = &first.endpoint {
        desk.act("allow", 1, paths::ALLOW, &first.id).await.in_state(S::Active)?;
        for _ in 0..3 {
            // Where addresses may not be asked from here, the data stay as they are.
            let _ = desk.room.probe.probe(&endpoint.url).await;
        }
    }
    if desk.room.capabilities.backups {
        // While it is in use.
        digest(desk, "used", &volume.id).await?;
    }
    desk.act("stop", 1, paths::STOP, &first.id).await.in_state(S::Draining)?;
    for name in ["detach", "detach", "detach-again"] {
        let told = desk.act(name, 1, paths::DETACH, &first.id).await.in_state(S::Draining)?;
        same("the volume of the service", told.volume, None)?;
    }
    lent_to(desk, &volume.id, None).await?;
    let (backups, before) = (desk.room.capabilities.backups, "before");
    let kept = if backups { Some(digest(desk, before, &volume.id).await?) } else { None };
    let second = service(desk, "second").await?;
    attach(desk, "attach-2", &second.id, &volume.id).await.in_state(S::Reserved)?;
    lent_to(desk, &volume.id, Some(&second.id)).await?;
    if let Some(kept) = kept {
        let now = digest(desk, "after", &volume.id).await?;
        same("the digest of the data at the next service", now, kept)?;
    }
    desk.act("detach-2", 1, paths::DETACH, &second.id).await.in_state(S::Reserved)?;
    let erased: ErasureStatement = desk.act("erase", 1, paths::ERASE, &volume.id).await.value()?;
    let stated = erased.statement.resources.iter().any(|each| each.id == volume.id.0);
    holds("the statement names the volume", stated, format!("{:?}", erased.statement.resources))?;
    desk.act("release", 1, paths::RELEASE, &volume.id).await.in_state(S::Erased)?;
    Ok(())
}

pub(in crate::suite) async fn order(desk: &Desk<'_>) -> Outcome {
    let (volume, first) = both(desk, "first").await?;
    let mut start = desk.ask_start("start-volume", &volume.id)?;
    start.path = paths::with(paths::START, volume.id.as_str());
    desk.send(&start).await.refused(Code::Unsupported)?;
    let second = service(desk, "second").await?;
    attach(desk, "no-volume", &first.id, &second.id).await.refused(Code::Unsupported)?;
    attach(desk, "attach", &first.id, &volume.id).await.in_state(S::Reserved)?;
    attach(desk, "twice", &second.id, &volume.id).await.refused(Code::InUse)?;
    desk.act("erase", 1, paths::ERASE, &volume.id).await.refused(Code::WrongState)?;
    desk.act("release", 1, paths::RELEASE, &volume.id).await.refused(Code::WrongState)?;
    desk.act("release-service", 1, paths::RELEASE, &first.id).await.refused(Code::InUse)?;
    desk.start("start", &first.id).await?.in_state(S::Ready)?;
    desk.act("detach-running", 1, paths::DETACH, &first.id).await.refused(Code::WrongState)?;
    lent_to(desk, &volume.id, Some(&first.id)).await
}

pub(in crate::suite) async fn metered(desk: &Desk<'_>) -> Outcome {
    let ready = serving(desk).await?;
    use_it(desk, &ready).await?;
    let id = ready.id;
    let backup = desk.backed_up("backup", &id).await?;
    desk.room.patience.pass(Duration::from_secs(2)).await;
    let meter: UsageRecord = desk.get(paths::METER, id.as_str()).await.value()?;
    let bytes = point(&backup)?.bytes;
    same("the bytes of backups that are kept", meter.backup_bytes, bytes)?;
    let counted = meter.backup_byte_seconds;
    holds("the time that backups are kept counts", counted >= bytes, counted)?;
    let mut delete = desk.ask_backup("delete", 1, paths::BACKUP, &backup.id);
    delete.method = "DELETE";
    desk.send(&delete).await.value::<Backup>()?;
    let first: UsageRecord = desk.get(paths::METER, id.as_str()).await.value()?;
    same("the bytes of backups after a deletion", first.backup_bytes, 0)?;
    desk.room.patience.pass(Duration::from_secs(2)).await;
    let later: UsageRecord = desk.get(paths::METER, id.as_str()).await.value()?;
    let stays = later.backup_byte_seconds == first.backup_byte_seconds;
    if stays {
        Ok(())
    } else {
        Err(finding("what is deleted counts no more", later.backup_byte_seconds))
    }
}
