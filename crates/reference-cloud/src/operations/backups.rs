//! Backups (IF2): copy the volume, read a copy again, put it back, delete it. Each call checks and begins; the work
//! itself goes on in `work`. Machines stand still while their volume is copied, and nothing runs while it is exchanged.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use provider_api::{
    Backup, BackupFilePage, BackupPage, BackupState, Cause, LongOperation, ProblemCode,
    ResourceState, WorkKind,
};
use tokio::sync::OwnedMutexGuard;

use super::hold::GIB;
use super::outcome::{Done, Failure};
use super::work::{About, Progress, WorkPace, blocking};
use super::{Intent, wrong_state};
use crate::children::Standstill;
use crate::cloud::Cloud;
use crate::copies::CopyError;
use crate::error::OpError;
use crate::store::{self, AllocationRow, BackupRow, WorkRow};
use crate::volume;

/// Backups kept of one allocation at a time; how many make sense is the caller's to decide, not without a bound.
const BACKUPS_MAX: i64 = 100;
/// Backups on one page at most.
const PAGE_MAX: i64 = 100;
/// Files on one page at most.
const FILES_MAX: usize = 1000;

impl Cloud {
    pub(crate) async fn backup(
        self: &Arc<Self>,
        intent: &Intent,
        id: &str,
    ) -> Result<LongOperation, OpError> {
        let _guard = self.lock(id).await;
        let (mut tx, admitted) = self.admit(intent, id).await?;
        if admitted.replay {
            return self.begun(intent).await;
        }
        let row = &admitted.row;
        if row.storage_gb == 0 {
            let detail = "the allocation has no volume that could be backed up";
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        let volume = self.volume_for(row, Cause::Backup).await?;
        if !self.volumes.is_there(id) {
            return Err(volume_lost());
        }
        if self.store.count_backups(id).await? >= BACKUPS_MAX {
            let detail = format!("{BACKUPS_MAX} backups are kept already; delete one first");
            return Err(OpError::refuse(ProblemCode::CapacityExhausted, detail));
        }
        self.must_have_room_to_copy(&mut tx, row).await?;
        let backup = format!("bak_{}", hex::encode(super::hold::random::<10>()?));
        store::insert_backup(&mut tx, &backup, id, self.now_us()).await?;
        self.begin(tx, intent, row, About::here(WorkKind::Backup, &backup), volume).await
    }

    /// Refuses a copy that the zone has no room for.
    async fn must_have_room_to_copy(
        &self,
        tx: &mut store::Tx,
        row: &AllocationRow,
    ) -> Result<(), OpError> {
        let used = store::used(tx, self.now_us()).await?;
        let room = self.all_rooms(&used).find(|room| Some(&room.zone.id) == row.zone_id.as_ref());
        // A gibibyte that is begun counts whole, so what fits into the rest of it needs none.
        let free = room.map_or(0, |room| room.free.storage_gb).saturating_mul(GIB);
        let kept = self.store.backups_kept_in(row.zone_id.as_deref()).await?;
        let rest = (GIB - kept.rem_euclid(GIB)) % GIB;
        let bytes = self.volumes.content(row.volume())?.bytes;
        if bytes <= free.max(0).saturating_add(rest) {
            return Ok(());
        }
        let detail = format!("a copy of {bytes} bytes does not fit into the zone");
        Err(OpError::refuse(ProblemCode::StorageFull, detail))
    }

    pub(crate) async fn verify(
        self: &Arc<Self>,
        intent: &Intent,
        backup: &str,
    ) -> Result<LongOperation, OpError> {
        let id = self.backup_row(backup).await?.allocation_id;
        let _guard = self.lock(&id).await;
        let (tx, admitted) = self.admit(intent, &id).await?;
        if admitted.replay {
            return self.begun(intent).await;
        }
        // A damaged one may be read again: perhaps its medium only could not be read for a while.
        let readable = [BackupState::Ready, BackupState::Damaged];
        self.must_be(backup, &readable, "verified").await?;
        let volume = self.take_volume(&id).await?;
        self.begin(tx, intent, &admitted.row, About::here(WorkKind::Verify, backup), volume).await
    }

    pub(crate) async fn restore(
        self: &Arc<Self>,
        intent: &Intent,
        backup: &str,
    ) -> Result<LongOperation, OpError> {
        let id = self.backup_row(backup).await?.allocation_id;
        let _guard = self.lock(&id).await;
        let (tx, admitted) = self.admit(intent, &id).await?;
        if admitted.replay {
            return self.begun(intent).await;
        }
        let seen = self.backup_row(backup).await?;
        if seen.state() == BackupState::Damaged {
            let detail = "the backup is damaged; it says where, and others may be whole";
            return Err(OpError::refuse(ProblemCode::BackupDamaged, detail));
        }
        self.must_be(backup, &[BackupState::Ready], "restored").await?;
        let volume = self.volume_for(&admitted.row, Cause::Restore).await?;
        self.begin(tx, intent, &admitted.row, About::here(WorkKind::Restore, backup), volume).await
    }

    /// The volume for work that the table of transitions allows now, on data that are there and with room to write.
    async fn volume_for(
        &self,
        row: &AllocationRow,
        cause: Cause,
    ) -> Result<OwnedMutexGuard<()>, OpError> {
        let state = ResourceState::from_word(&row.state);
        if state.after(cause).is_none() {
            return Err(match cause {
                Cause::Restore if state.is_running() => OpError::refuse(
                    ProblemCode::WrongState,
                    format!("restore is not possible while {state}; stop the service first"),
                ),
                cause => wrong_state(state, cause),
            });
        }
        if row.erasure.is_some() || row.erasing_bytes.is_some() {
            let detail = "the data were erased, and their backups with them";
            return Err(OpError::refuse(ProblemCode::WrongState, detail));
        }
        if self.switches.get().disk_full {
            return Err(storage_full());
        }
        self.take_volume(&row.id).await
    }

    async fn must_be(
        &self,
        backup: &str,
        states: &[BackupState],
        what: &str,
    ) -> Result<(), OpError> {
        let state = self.backup_row(backup).await?.state();
        if states.contains(&state) {
            return Ok(());
        }
        let detail = format!("a backup that is {} cannot be {what}", state.as_str());
        Err(OpError::refuse(ProblemCode::WrongState, detail))
    }

    pub(crate) async fn delete_backup(
        &self,
        intent: &Intent,
        backup: &str,
    ) -> Result<Backup, OpError> {
        let id = self.backup_row(backup).await?.allocation_id;
        let _guard = self.lock(&id).await;
        let (mut tx, admitted) = self.admit(intent, &id).await?;
        if admitted.replay {
            return self.one_backup(backup).await;
        }
        let _volume = self.take_volume(&id).await?;
        let row = store::load_backup(&mut tx, backup).await?;
        if let Some(mut row) = row.filter(|row| row.state != BackupState::Deleted.as_str()) {
            row.state = "deleting".to_owned();
            store::save_backup(&mut tx, &row).await?;
        }
        tx.commit().await?;
        self.finish_deletion(backup, Some((intent, &id))).await?;
        self.one_backup(backup).await
    }

    /// Removes what is left of a backup and notes it, with the key of the call when there is one.
    pub(super) async fn finish_deletion(
        &self,
        backup: &str,
        call: Option<(&Intent, &str)>,
    ) -> Result<(), OpError> {
        let (copies, name) = (self.copies.clone(), backup.to_owned());
        blocking(move || copies.erase(&name).map_err(OpError::from)).await?;
        let now_us = self.now_us();
        let mut tx = self.store.begin().await?;
        let row = store::load_backup(&mut tx, backup).await?;
        if let Some(mut row) = row.filter(|row| row.state == "deleting") {
            row.forget(now_us);
            store::save_backup(&mut tx, &row).await?;
        }
        if let Some((intent, allocation)) = call {
            let key = intent.done(allocation, now_us);
            store::record_key(&mut tx, &key).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn backup_row(&self, id: &str) -> Result<BackupRow, OpError> {
        let none = || OpError::refuse(ProblemCode::NotFound, format!("there is no backup {id}"));
        self.store.backup(id).await?.ok_or_else(none)
    }

    pub(crate) async fn one_backup(&self, id: &str) -> Result<Backup, OpError> {
        self.backup_row(id).await?.view()
    }

    /// A page, oldest first; the place is the number of the last row seen.
    pub(crate) async fn backups(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<BackupPage, OpError> {
        self.row(allocation).await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = self.store.backups(allocation, after, limit + 1).await?;
        let (rows, next) = super::page(rows, limit, |row| row.seq);
        let items = rows.iter().map(BackupRow::view).collect::<Result<_, _>>()?;
        Ok(BackupPage { items, next })
    }

    /// A page; the place is how many files were seen.
    pub(crate) async fn backup_files(
        &self,
        backup: &str,
        after: i64,
        limit: i64,
    ) -> Result<BackupFilePage, OpError> {
        let row = self.backup_row(backup).await?;
        let whole = [BackupState::Ready, BackupState::Damaged].contains(&row.state());
        let Some(sha256) = row.sha256.filter(|_| whole) else {
            return Ok(BackupFilePage { items: Vec::new(), next: None });
        };
        let (copies, name) = (self.copies.clone(), backup.to_owned());
        let files = blocking(move || copies.files(&name, &sha256)).await;
        let files = files.map_err(|error| match error {
            CopyError::Io(error) => OpError::Io(error),
            error => OpError::refuse(ProblemCode::BackupDamaged, error.to_string()),
        })?;
        let limit = usize::try_from(limit.max(1)).unwrap_or(FILES_MAX).min(FILES_MAX);
        let begin = usize::try_from(after.max(0)).unwrap_or(usize::MAX).min(files.len());
        let end = begin.saturating_add(limit).min(files.len());
        let next = (end < files.len()).then(|| end.to_string());
        let items = files.into_iter().skip(begin).take(end - begin).collect();
        Ok(BackupFilePage { items, next })
    }

    /// Copies the volume. Machines stand still until every byte is read.
    pub(super) async fn copy_now(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: Arc<Progress>,
    ) -> Result<Done, Failure> {
        let still = self.hold_still(work.allocation()).await?;
        let taken_at_us = self.now_us();
        progress.expect(self.volumes.content(work.allocation())?.bytes);
        let until = still.is_some().then(|| Instant::now() + self.config.standstill_max);
        let (cloud, row) = (Arc::clone(self), work.clone());
        let files = blocking(move || {
            let volume = cloud.volumes.path(row.allocation());
            let copies = cloud.copies.clone();
            let pace = WorkPace { cloud, progress, until, writes: true };
            match copies.take(&row.id, &volume, &pace) {
                // It went away in the middle.
                Err(CopyError::Io(error))
                    if error.kind() == io::ErrorKind::NotFound && !volume.is_dir() =>
                {
                    Err(CopyError::NoVolume)
                }
                done => done,
            }
        })
        .await?;
        drop(still);
        let (copies, row) = (self.copies.clone(), work.clone());
        blocking(move || {
            copies.keep(&row.id, row.backup(), &files)?;
            Ok(Done::Copied { taken_at_us, files })
        })
        .await
    }

    async fn hold_still(self: &Arc<Self>, id: &str) -> Result<Option<Standstill>, Failure> {
        // The machines of a volume that is lent are those of its service.
        let on = self.row(id).await?.attached_to.unwrap_or_else(|| id.to_owned());
        let _guard = self.lock(&on).await;
        let row = self.row(&on).await?;
        if !row.running_wanted {
            return Ok(None);
        }
        let still = self.children.stand_still(&row).await?;
        Ok(still.is_of_something().then_some(still))
    }

    pub(super) async fn verify_now(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: Arc<Progress>,
    ) -> Result<Done, Failure> {
        let (row, sha256) = self.copy_of(work).await?;
        progress.expect(row.bytes.unwrap_or(0));
        let cloud = Arc::clone(self);
        blocking(move || {
            let copies = cloud.copies.clone();
            let pace = WorkPace { cloud, progress, until: None, writes: false };
            match copies.check(&row.id, &sha256, None, &pace) {
                Ok(()) => Ok(Done::Compared(Vec::new())),
                Err(CopyError::Damaged(damage)) => Ok(Done::Compared(damage)),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Makes the new volume beside the old one and exchanges them. Repeated after a crash it does the same once more.
    pub(super) async fn restore_now(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: Arc<Progress>,
    ) -> Result<Done, Failure> {
        let (backup, sha256) = self.copy_of(work).await?;
        progress.expect(backup.bytes.unwrap_or(0));
        let (cloud, row) = (Arc::clone(self), work.clone());
        blocking(move || {
            let (copies, volumes) = (cloud.copies.clone(), cloud.volumes.clone());
            let (fresh, aside) = (copies.staging(&row.id), copies.aside(&row.id));
            volumes.settle(row.allocation(), &aside)?;
            copies.clear(&row.id)?;
            let pace = WorkPace { cloud, progress, until: None, writes: true };
            copies.check(row.backup(), &sha256, Some(&fresh), &pace)?;
            volumes.exchange(row.allocation(), &fresh, &aside)?;
            volume::erase(&aside)?;
            volume::erase(&fresh)?;
            Ok::<_, Failure>(())
        })
        .await?;
        self.store.note(work.allocation(), 0, backup.bytes).await.map_err(OpError::from)?;
        Ok(Done::Restored)
    }

    /// The backup that work is about, with the digest of its list.
    async fn copy_of(&self, work: &WorkRow) -> Result<(BackupRow, String), Failure> {
        let row = self.backup_row(work.backup()).await?;
        let sha256 = row.sha256.clone().ok_or(OpError::CutOff)?;
        Ok((row, sha256))
    }
}

pub(super) fn storage_full() -> OpError {
    OpError::refuse(ProblemCode::StorageFull, "no room is left on the cloud's storage")
}

pub(super) fn volume_lost() -> OpError {
    let detail = "the volume is gone with its data; restore a backup into it, or stop and release";
    OpError::refuse(ProblemCode::VolumeLost, detail)
}
