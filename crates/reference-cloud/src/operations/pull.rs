//! Data between two clouds: what one side of a link shares, the other takes into the volume of its own allocation. It first
//! becomes a backup, whole and compared, and only then the volume, as a restore does it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use provider_api::{
    BackedUpFile, BackupState, Cause, ImageState, Link, LinkShare, LinkState, LongOperation,
    ProblemCode, ResourceState, ShareSource, WorkKind,
};

use super::Intent;
use super::backups::{storage_full, volume_lost};
use super::hold::{GIB, random};
use super::outcome::{self, Done, Failure};
use super::work::{About, Progress, WorkPace, blocking};
use crate::cloud::Cloud;
use crate::copies::CopyError;
use crate::error::OpError;
use crate::export::FILES_MAX;
use crate::links::{Parcel, ParcelError, Session, digest_of, list, take};
use crate::store::{self, AllocationRow, LinkRow, WorkRow};

/// How long work waits for a tunnel that is cut before it is given up.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often it looks.
pub(super) const LOOK: Duration = Duration::from_millis(100);
/// How often wrong data are asked for again.
pub(super) const WRONG_MAX: usize = 2;
/// The word in the column for the volume itself.
const VOLUME: &str = "volume";
/// Ids of images begin like this, and no other.
const IMAGE_PREFIX: &str = "img_";

/// What a link shares, as it is written down.
pub(crate) fn shared(row: &LinkRow) -> Option<ShareSource> {
    let word = row.shared.as_deref()?;
    Some(match word {
        VOLUME => ShareSource::Volume,
        image if image.starts_with(IMAGE_PREFIX) => ShareSource::Image { image_id: image.into() },
        backup => ShareSource::Backup { backup_id: backup.into() },
    })
}

impl Cloud {
    pub(crate) async fn share_data(
        &self,
        intent: &Intent,
        link: &str,
        request: &LinkShare,
    ) -> Result<Link, OpError> {
        let id = self.link_row(link).await?.allocation_id;
        let _guard = self.lock(&id).await;
        let (mut tx, mut admitted) = self.admit(intent, &id).await?;
        if admitted.replay {
            return self.one_link(link).await;
        }
        let seen = self.link_row(link).await?;
        self.must_not_be_down(&seen)?;
        let word = match &request.source {
            None => None,
            Some(ShareSource::Volume) => Some(VOLUME.to_owned()),
            Some(ShareSource::Backup { backup_id }) => {
                let backup = self.store.backup(backup_id.as_str()).await?;
                let own = backup.filter(|backup| backup.allocation_id == id);
                if own.is_none_or(|backup| backup.state() != BackupState::Ready) {
                    let detail =
                        format!("{backup_id} is no backup of the allocation that is ready");
                    return Err(OpError::refuse(ProblemCode::WrongState, detail));
                }
                Some(backup_id.0.clone())
            }
            Some(ShareSource::Image { image_id }) => {
                let image = self.store.image(image_id.as_str()).await?;
                let own = image.filter(|image| image.tenant == intent.tenant.name);
                if own.is_none_or(|image| image.state() != ImageState::Ready) {
                    let detail = format!("{image_id} is no image that is ready");
                    return Err(OpError::refuse(ProblemCode::WrongState, detail));
                }
                Some(image_id.0.clone())
            }
            Some(ShareSource::Other) => {
                let detail = "shared are the volume, its backups, and images";
                return Err(OpError::refuse(ProblemCode::Unsupported, detail));
            }
        };
        let now_us = self.now_us();
        store::save(&mut tx, &mut admitted.row, now_us).await?;
        store::share_link(&mut tx, link, word.as_deref()).await?;
        store::record_key(&mut tx, &intent.done(&id, now_us)).await?;
        tx.commit().await?;
        tracing::info!(link.id = %link, shared = word.is_some(), "what a link shares was set");
        self.one_link(link).await
    }

    /// What the other side may take now; the words of a refusal otherwise.
    pub(crate) async fn parcel(&self, link: &str) -> Result<Parcel, String> {
        let parcel = async {
            let row = self.link_row(link).await?;
            let Some(source) = shared(&row) else {
                return Err(OpError::refuse(ProblemCode::Refused, "nothing is shared on the link"));
            };
            match source {
                ShareSource::Backup { backup_id } => {
                    self.parcel_of_backup(link, backup_id.as_str()).await
                }
                ShareSource::Image { image_id } => self.parcel_of_image(image_id.as_str()).await,
                _ => self.parcel_of_volume(link, &row.allocation_id).await,
            }
        };
        parcel.await.map_err(|error: OpError| match error {
            OpError::Refused(problem) => problem.detail,
            error => {
                tracing::error!(link.id = %link, %error, "what is shared could not be read");
                "what is shared cannot be read".to_owned()
            }
        })
    }

    /// The volume while it stands still; read once, and again when a file has become another.
    async fn parcel_of_volume(&self, link: &str, id: &str) -> Result<Parcel, OpError> {
        let layout = self.export_layout(id).await?;
        let version = layout.etag();
        if let Some(known) = self.links.parcel(link, &version) {
            return Ok(known);
        }
        let (files, _) = layout.digests().await?;
        let parcel = Parcel { files, folder: self.volumes.path(id) };
        self.links.keep_parcel(link, version, parcel.clone());
        Ok(parcel)
    }

    async fn parcel_of_backup(&self, link: &str, backup: &str) -> Result<Parcel, OpError> {
        let row = self.store.backup(backup).await?;
        let sha256 = row.filter(|row| row.state() == BackupState::Ready).and_then(|row| row.sha256);
        let Some(sha256) = sha256 else {
            return Err(OpError::refuse(ProblemCode::NotFound, "the backup is not there any more"));
        };
        let version = format!("{backup} {sha256}");
        if let Some(known) = self.links.parcel(link, &version) {
            return Ok(known);
        }
        let (copies, name) = (self.copies.clone(), backup.to_owned());
        let files = blocking(move || copies.files(&name, &sha256)).await;
        let files = files.map_err(|error: CopyError| {
            OpError::refuse(ProblemCode::BackupDamaged, error.to_string())
        })?;
        let parcel = Parcel { files, folder: self.copies.data(backup) };
        self.links.keep_parcel(link, version, parcel.clone());
        Ok(parcel)
    }

    pub(crate) async fn pull_data(
        self: &Arc<Self>,
        intent: &Intent,
        link: &str,
    ) -> Result<LongOperation, OpError> {
        let id = self.link_row(link).await?.allocation_id;
        let _guard = self.lock(&id).await;
        let (mut tx, admitted) = self.admit(intent, &id).await?;
        if admitted.replay {
            return self.begun(intent).await;
        }
        let row = &admitted.row;
        self.must_not_be_down(&self.link_row(link).await?)?;
        if row.storage_gb == 0 {
            let detail = "the allocation has no volume that could take anything";
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        must_stand_still(row)?;
        if self.switches.get().disk_full {
            return Err(storage_full());
        }
        if !self.volumes.is_there(&id) && row.started_at.is_none() {
            return Err(volume_lost());
        }
        let volume = self.take_volume(&id).await?;
        let backup = format!("bak_{}", hex::encode(random::<10>()?));
        store::insert_backup(&mut tx, &backup, &id, self.now_us()).await?;
        let about = About { kind: WorkKind::Pull, backup: &backup, link: Some(link) };
        self.begin(tx, intent, row, about, volume).await
    }

    pub(super) fn must_not_be_down(&self, row: &LinkRow) -> Result<(), OpError> {
        if row.state_at(self.now_us()) != LinkState::Down {
            return Ok(());
        }
        Err(OpError::refuse(ProblemCode::WrongState, "the link is down"))
    }

    /// Takes what the other side shares, however often the tunnel is cut, and puts it into the volume.
    pub(super) async fn pull_now(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: Arc<Progress>,
    ) -> Result<Done, Failure> {
        let backup = self.store.backup(work.backup()).await.map_err(OpError::from)?;
        // What was taken whole before a crash is not taken again.
        if backup.is_none_or(|backup| backup.state() != BackupState::Ready) {
            let files = self.take_all(work, &progress).await?;
            let (copies, row) = (self.copies.clone(), work.clone());
            let kept = blocking(move || {
                copies.keep(&row.id, row.backup(), &files)?;
                Ok::<_, Failure>(files)
            });
            let done = Ok(Done::Copied { taken_at_us: self.now_us(), files: kept.await? });
            let mut tx = self.store.begin().await.map_err(OpError::from)?;
            let row = store::load_backup(&mut tx, work.backup()).await.map_err(OpError::from)?;
            let mut row = row.ok_or(OpError::CutOff)?;
            outcome::mark(&mut row, WorkKind::Pull, &done, self.now_us())?;
            store::save_backup(&mut tx, &row).await.map_err(OpError::from)?;
            tx.commit().await.map_err(OpError::from)?;
        }
        self.restore_now(work, progress).await
    }

    async fn take_all(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: &Arc<Progress>,
    ) -> Result<Vec<BackedUpFile>, Failure> {
        let link = work.link_id.as_deref().ok_or(OpError::CutOff)?;
        let mut wrong = 0;
        loop {
            let session = self.tunnel(link).await?;
            match self.take_once(work, progress, &session).await {
                Ok(files) => return Ok(files),
                Err(ParcelError::Cut(error)) => {
                    tracing::info!(operation.id = %work.id, %error, "what was pulled is waited for");
                    tokio::time::sleep(LOOK).await;
                }
                Err(ParcelError::Wrong(detail)) if wrong < WRONG_MAX => {
                    wrong += 1;
                    tracing::warn!(operation.id = %work.id, %detail, "wrong data are asked for again");
                }
                Err(ParcelError::Copy(error)) => return Err(error.into()),
                Err(error @ ParcelError::Refused(_)) => {
                    return Err(OpError::refuse(ProblemCode::Refused, error.to_string()).into());
                }
                Err(error @ ParcelError::Wrong(_)) => {
                    return Err(
                        OpError::refuse(ProblemCode::BackupDamaged, error.to_string()).into()
                    );
                }
            }
        }
    }

    async fn take_once(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: &Arc<Progress>,
        session: &Arc<Session>,
    ) -> Result<Vec<BackedUpFile>, ParcelError> {
        let files = list(session).await?;
        let sum = files.iter().map(|file| file.bytes).fold(0_i64, i64::saturating_add);
        self.must_fit(work, files.len(), sum).await?;
        progress.restart(sum);
        let sha256 = digest_of(&files);
        let (copies, operation) = (self.copies.clone(), work.id.clone());
        let folder = blocking(move || copies.prepare(&operation, &sha256)).await?;
        let pace = WorkPace {
            cloud: Arc::clone(self),
            progress: Arc::clone(progress),
            until: None,
            writes: true,
        };
        take(session, &files, &folder, &pace).await?;
        Ok(files)
    }

    async fn must_fit(&self, work: &WorkRow, files: usize, bytes: i64) -> Result<(), ParcelError> {
        let row = self.row(work.allocation()).await;
        let room =
            row.map_or(0, |row| row.quota_bytes.unwrap_or(row.storage_gb.saturating_mul(GIB)));
        if bytes <= room && files <= FILES_MAX {
            return Ok(());
        }
        let detail = format!(
            "it has {files} files of {bytes} bytes; the volume takes {FILES_MAX} files of {room} bytes"
        );
        Err(ParcelError::Refused(detail))
    }

    /// The tunnel of a link, waited for when it is cut.
    pub(super) async fn tunnel(&self, link: &str) -> Result<Arc<Session>, Failure> {
        let begun = Instant::now();
        loop {
            if self.is_ending() {
                return Err(CopyError::Ending.into());
            }
            if let Some(live) = self.links.live(link) {
                return Ok(live.session);
            }
            let row = self.link_row(link).await?;
            self.must_not_be_down(&row)?;
            if begun.elapsed() > PATIENCE {
                let detail = "the tunnel does not come up";
                return Err(OpError::refuse(ProblemCode::Unavailable, detail).into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Nothing runs on the volume, and its data were not erased.
fn must_stand_still(row: &AllocationRow) -> Result<(), OpError> {
    let state = ResourceState::from_word(&row.state);
    let wrong = |detail: String| Err(OpError::refuse(ProblemCode::WrongState, detail));
    if state.after(Cause::Restore).is_none() && state != ResourceState::Reserved {
        return wrong(format!("nothing is pulled while {state}; stop the service first"));
    }
    if row.erasure.is_some() || row.erasing_bytes.is_some() {
        return wrong("the data were erased, and their backups with them".to_owned());
    }
    Ok(())
}
