//! Checks of backups and of the long work around them: made, repeated, listed, read again, put back, deleted.

use serde::de::DeserializeOwned;

use super::door::NEVER;
use super::events::read;
use crate::erasure::ErasureStatement;
use crate::paths;
use crate::probe::Probe;
use crate::problem::ProblemCode as Code;
use crate::resource::{Relation, ResourceGraph, ResourceKind};
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::suite::work::{begun, whole};
use crate::wire::{
    Allocation, AllocationId, BackedUpFile, Backup, BackupFilePage, BackupPage, BackupState,
    CloudEvent, LongOperation, LongOperationPage, OperationRecord, RestorePoint, WorkKind,
    WorkState, digest,
};

/// Pages that are followed at most.
const PAGES_MAX: usize = 50;

pub(in crate::suite) async fn made(desk: &Desk<'_>) -> Outcome {
    let ready = serving(desk).await?;
    use_it(desk, &ready).await?;
    let id = ready.id;
    let work = begun(&desk.act("backup", 1, paths::BACKUPS, &id).await)?;
    same("the kind of the work", work.kind, WorkKind::Backup)?;
    same("the allocation of the work", work.allocation_id.as_ref(), Some(&id))?;
    let done = desk.succeeded(&work).await?;
    let backup = desk.backup(&done).await?;
    let path = paths::with(paths::BACKUP, backup.id.as_str());
    same("the path of what came of it", done.result.as_ref(), Some(&path))?;
    same("the state of the backup", backup.state, BackupState::Ready)?;
    same("the allocation of the backup", &backup.allocation_id, &id)?;
    let point = point(&backup)?;
    let after = point.taken_at_us >= backup.created_at_us;
    holds("the moment of the copy is after the call", after, format!("{backup:?}"))?;
    let files = files(desk, &backup).await?;
    let count = i64::try_from(files.len()).unwrap_or(i64::MAX);
    same("the number of the files", point.files, count)?;
    same("the bytes of all files", point.bytes, files.iter().map(|file| file.bytes).sum())?;
    same("the digest over all files", point.sha256.as_str(), digest(&files).as_str())?;
    protects(desk, &id, &backup).await?;
    let state = desk.look(&id).await?.state;
    holds("a service that is backed up runs on", state.is_running(), state)
}

/// The graph of the allocation has the backup, and what it protects.
async fn protects(desk: &Desk<'_>, id: &AllocationId, backup: &Backup) -> Outcome {
    let graph: ResourceGraph = desk.get(paths::RESOURCES, id.as_str()).await.value()?;
    if let Err(fault) = graph.check() {
        return Err(finding("the graph is one of the resource model", fault));
    }
    let source = graph.resources.iter().find(|each| each.id == backup.source);
    let kind = source.map(|source| source.kind);
    same("the kind of what the backup protects", kind, Some(ResourceKind::Storage))?;
    let of_source =
        |each: &&crate::Related| each.relation == Relation::Protects && each.to == backup.source;
    let copies = graph.resources.iter().filter(|each| each.kind == ResourceKind::Backup);
    let drawn = copies.filter(|each| each.relations.iter().any(|one| of_source(&one))).count();
    same("the backups in the graph that protect the volume", drawn, 1)
}

pub(in crate::suite) async fn repeat(desk: &Desk<'_>) -> Outcome {
    let id = serving(desk).await?.id;
    let first = begun(&desk.act("backup", 1, paths::BACKUPS, &id).await)?;
    for _ in 0..2 {
        let again = begun(&desk.act("backup", 1, paths::BACKUPS, &id).await)?;
        same("the work of a repeated call", &again.id, &first.id)?;
    }
    desk.succeeded(&first).await?;
    let later = begun(&desk.act("backup", 1, paths::BACKUPS, &id).await)?;
    same("the state that a repetition tells at the end", later.state, WorkState::Succeeded)?;
    let record: OperationRecord = desk.get(paths::OPERATION, &desk.key("backup")).await.value()?;
    let told = record.long_operation.map(|work| work.id);
    same("the work that the key tells of", told.as_ref(), Some(&first.id))?;
    desk.act("backup", 1, paths::STOP, &id).await.refused(Code::IdempotencyKeyReused)?;
    same("the number of backups", backups(desk, &id).await?.len(), 1)
}

pub(in crate::suite) async fn listed(desk: &Desk<'_>) -> Outcome {
    let id = serving(desk).await?.id;
    let first = desk.backed_up("first", &id).await?;
    let second = desk.backed_up("second", &id).await?;
    let verify = desk.ask_backup("verify", 1, paths::VERIFY, &first.id);
    desk.succeeded(&begun(&desk.send(&verify).await)?).await?;
    let ids: Vec<_> = backups(desk, &id).await?.into_iter().map(|each| each.id).collect();
    same("the backups in pages of one, oldest first", ids, vec![first.id, second.id])?;
    let open = |page: LongOperationPage| (page.items, page.next);
    let works: Vec<LongOperation> = pages(desk, paths::LONG_OPERATIONS, id.as_str(), open).await?;
    let kinds: Vec<_> = works.iter().map(|work| work.kind).collect();
    let expected = vec![WorkKind::Backup, WorkKind::Backup, WorkKind::Verify];
    same("the long work in pages of one, oldest first", kinds, expected)?;
    works.iter().try_for_each(whole)
}

pub(in crate::suite) async fn verified(desk: &Desk<'_>) -> Outcome {
    let id = serving(desk).await?.id;
    let backup = desk.backed_up("backup", &id).await?;
    same("when a copy was read again that never was", backup.verified_at_us, None)?;
    let ask = desk.ask_backup("verify", 1, paths::VERIFY, &backup.id);
    let work = begun(&desk.send(&ask).await)?;
    same("the kind of the work", work.kind, WorkKind::Verify)?;
    let done = desk.succeeded(&work).await?;
    let seen = desk.backup(&done).await?;
    same("the state of a copy that is whole", seen.state, BackupState::Ready)?;
    let taken = point(&seen)?.taken_at_us;
    let told = seen.verified_at_us.is_some_and(|at| at >= taken);
    holds("the backup says when it was read again", told, format!("{:?}", seen.verified_at_us))?;
    let again = begun(&desk.send(&ask).await)?;
    same("the work of a repeated call", again.id, work.id)
}

pub(in crate::suite) async fn restored(desk: &Desk<'_>) -> Outcome {
    let ready = serving(desk).await?;
    let id = ready.id.clone();
    use_it(desk, &ready).await?;
    let first = desk.backed_up("first", &id).await?;
    use_it(desk, &ready).await?;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    let ask = desk.ask_backup("restore", 1, paths::RESTORE, &first.id);
    let work = begun(&desk.send(&ask).await)?;
    same("the kind of the work", work.kind, WorkKind::Restore)?;
    let done = desk.succeeded(&work).await?;
    let path = paths::with(paths::ALLOCATION, id.as_str());
    same("the path of what came of it", done.result.as_ref(), Some(&path))?;
    same("the state after restoring", desk.look(&id).await?.state, S::Draining)?;
    // Whatever an application keeps: what is copied now must be what was copied then.
    let second = desk.backed_up("second", &id).await?;
    let (then, now) = (point(&first)?.sha256.clone(), point(&second)?.sha256.clone());
    same("the digest of the volume after restoring", now, then)?;
    desk.start("start-again", &id).await?.in_state(S::Ready)?;
    Ok(())
}

/// Lets users in and visits, which changes the data of an application that keeps any.
pub(super) async fn use_it(desk: &Desk<'_>, ready: &Allocation) -> Outcome {
    let Some(endpoint) = &ready.endpoint else { return Ok(()) };
    let generation = desk.look(&ready.id).await?.generation;
    let name = format!("allow-{generation}");
    desk.act(&name, 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
    for _ in 0..3 {
        // Where addresses may not be asked from here, the data stay as they are.
        let _ = desk.room.probe.probe(&endpoint.url).await;
    }
    Ok(())
}

pub(in crate::suite) async fn order(desk: &Desk<'_>) -> Outcome {
    offered(desk)?;
    let id = desk.hold("hold").await?.id;
    desk.act("early", 1, paths::BACKUPS, &id).await.refused(Code::WrongState)?;
    desk.confirm("confirm", 1, &id).await.in_state(S::Reserved)?;
    desk.act("booked", 1, paths::BACKUPS, &id).await.refused(Code::WrongState)?;
    desk.start("start", &id).await?.in_state(S::Ready)?;
    let backup = desk.backed_up("backup", &id).await?;
    let before = desk.look(&id).await?;
    let restore = desk.ask_backup("restore", 1, paths::RESTORE, &backup.id);
    desk.send(&restore).await.refused(Code::WrongState)?;
    let after = desk.look(&id).await?;
    same("the state after a refused restore", after.state, before.state)?;
    same("the generation after a refused restore", after.generation, before.generation)
}

pub(in crate::suite) async fn deleted(desk: &Desk<'_>) -> Outcome {
    let id = serving(desk).await?.id;
    let backup = desk.backed_up("backup", &id).await?;
    for name in ["delete", "delete", "delete-again"] {
        let mut ask = desk.ask_backup(name, 1, paths::BACKUP, &backup.id);
        ask.method = "DELETE";
        let gone: Backup = desk.send(&ask).await.value()?;
        same("the state of a deleted backup", gone.state, BackupState::Deleted)?;
        let told = gone.restore_point.is_none() && gone.deleted_at_us.is_some();
        holds("a deleted backup leads nowhere and says since when", told, format!("{gone:?}"))?;
    }
    let states: Vec<_> = backups(desk, &id).await?.into_iter().map(|each| each.state).collect();
    same("the states of all backups seen later", states, vec![BackupState::Deleted])?;
    same("the files of a deleted backup", files(desk, &backup).await?.len(), 0)?;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    for (name, route) in [("verify", paths::VERIFY), ("restore", paths::RESTORE)] {
        let ask = desk.ask_backup(name, 1, route, &backup.id);
        desk.send(&ask).await.refused(Code::WrongState)?;
    }
    Ok(())
}

pub(in crate::suite) async fn fence(desk: &Desk<'_>) -> Outcome {
    let id = serving(desk).await?.id;
    let work = begun(&desk.act("backup", 5, paths::BACKUPS, &id).await)?;
    desk.succeeded(&work).await?;
    let backup = desk.backup(&work).await?.id;
    desk.act("late", 4, paths::BACKUPS, &id).await.refused(Code::StaleEpoch)?;
    for route in [paths::VERIFY, paths::RESTORE, paths::BACKUP] {
        let mut ask = desk.ask_backup("late", 4, route, &backup);
        if route == paths::BACKUP {
            ask.method = "DELETE";
        }
        desk.send(&ask).await.refused(Code::StaleEpoch)?;
        ask.key = None;
        desk.send(&ask).await.refused(Code::IdempotencyKeyMissing)?;
    }
    same("the state after stale calls", desk.backup(&work).await?.state, BackupState::Ready)?;
    same("the number of backups after stale calls", backups(desk, &id).await?.len(), 1)
}

pub(in crate::suite) async fn gone(desk: &Desk<'_>) -> Outcome {
    offered(desk)?;
    let reads = [
        paths::BACKUP,
        paths::BACKUP_FILES,
        paths::LONG_OPERATION,
        paths::BACKUPS,
        paths::LONG_OPERATIONS,
    ];
    for route in reads {
        desk.get(route, NEVER).await.refused(Code::NotFound)?;
    }
    for route in [paths::BACKUPS, paths::VERIFY, paths::RESTORE] {
        desk.act("gone", 1, route, &NEVER.into()).await.refused(Code::NotFound)?;
    }
    let mut ask = desk.ask_backup("gone", 1, paths::BACKUP, &NEVER.into());
    ask.method = "DELETE";
    desk.send(&ask).await.refused(Code::NotFound)?;
    Ok(())
}

pub(in crate::suite) async fn told(desk: &Desk<'_>) -> Outcome {
    let id = serving(desk).await?.id;
    let (_, place) = read(desk, None).await?;
    let work = begun(&desk.act("backup", 1, paths::BACKUPS, &id).await)?;
    desk.succeeded(&work).await?;
    // A repetition begins nothing, so nothing is told.
    begun(&desk.act("backup", 1, paths::BACKUPS, &id).await)?;
    let (events, _) = read(desk, place).await?;
    let expected =
        ["running", "succeeded"].map(|word| format!("{}{word}", CloudEvent::WORK_PREFIX));
    let kinds: Vec<_> = events.iter().map(|event| event.kind.clone()).collect();
    same("the events of a backup, in order", kinds.as_slice(), expected.as_slice())?;
    for event in events {
        same("the subject of the event", event.subject.as_str(), id.as_str())?;
        let about = event.data.operation.map(|work| work.id);
        same("the work of the event", about.as_ref(), Some(&work.id))?;
    }
    Ok(())
}

pub(in crate::suite) async fn erased(desk: &Desk<'_>) -> Outcome {
    let id = serving(desk).await?.id;
    let backup = desk.backed_up("backup", &id).await?;
    desk.act("stop", 1, paths::STOP, &id).await.in_state(S::Draining)?;
    let statement: ErasureStatement = desk.act("erase", 1, paths::ERASE, &id).await.value()?;
    let resources = &statement.statement.resources;
    let stated = resources.iter().any(|each| each.kind == "backup" && each.id == backup.id.0);
    holds("the statement names the backup", stated, format!("{resources:?}"))?;
    let states: Vec<_> = backups(desk, &id).await?.into_iter().map(|each| each.state).collect();
    same("the states of all backups after the erasure", states, vec![BackupState::Deleted])?;
    let restore = desk.ask_backup("restore", 1, paths::RESTORE, &backup.id);
    desk.send(&restore).await.refused(Code::WrongState)?;
    desk.act("again", 1, paths::BACKUPS, &id).await.refused(Code::WrongState)?;
    Ok(())
}

fn offered(desk: &Desk<'_>) -> Outcome {
    if desk.room.capabilities.backups {
        return Ok(());
    }
    Err(Stop::Skip("the cloud makes no backups".to_owned()))
}

/// A running service, where the cloud makes backups.
pub(super) async fn serving(desk: &Desk<'_>) -> Result<Allocation, Stop> {
    offered(desk)?;
    desk.running().await
}

pub(super) fn point(backup: &Backup) -> Result<&RestorePoint, Stop> {
    let expected = "a backup that is whole has a restore point";
    backup.restore_point.as_ref().ok_or_else(|| finding(expected, format!("{backup:?}")))
}

async fn backups(desk: &Desk<'_>, id: &AllocationId) -> Result<Vec<Backup>, Stop> {
    pages(desk, paths::BACKUPS, id.as_str(), |page: BackupPage| (page.items, page.next)).await
}

async fn files(desk: &Desk<'_>, backup: &Backup) -> Result<Vec<BackedUpFile>, Stop> {
    let open = |page: BackupFilePage| (page.items, page.next);
    pages(desk, paths::BACKUP_FILES, backup.id.as_str(), open).await
}

/// A list in pages of one.
async fn pages<P: DeserializeOwned, T>(
    desk: &Desk<'_>,
    route: &str,
    value: &str,
    open: fn(P) -> (Vec<T>, Option<String>),
) -> Result<Vec<T>, Stop> {
    let mut all = Vec::new();
    let mut after = None;
    for _ in 0..PAGES_MAX {
        let place = after.iter().map(|after: &String| ("after", after.as_str()));
        let query = [("limit", "1")].into_iter().chain(place);
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let ask = Ask::new("GET", format!("{}?{query}", paths::with(route, value)));
        let (items, next) = open(desk.send(&ask).await.value()?);
        all.extend(items);
        match next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
    Err(finding("a list ends", format!("{PAGES_MAX} pages and a next one")))
}
