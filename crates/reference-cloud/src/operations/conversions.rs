//! Another format of an image, as long work: what is made is an image of its own, converting until it is whole. A crash
//! leaves the work running in the file; the next start makes it once more from the beginning.

use std::sync::{Arc, PoisonError};

use provider_api::{
    ConvertRequest, ImageFormat, ImageState, LongOperation, ProblemCode, WorkState,
};
use tokio::sync::OwnedMutexGuard;

use super::hold::{invalid, random};
use super::images::{image_id, name_fault};
use super::work::{Progress, RUNS_MAX, WorkPace, blocking};
use super::{Intent, not_found};
use crate::cloud::Cloud;
use crate::copies::CopyError;
use crate::error::OpError;
use crate::store::{self, ImageRow, ImageWorkRow};
use crate::tenants::OwnKey;

/// What compressing adds at most: five bytes for each block of 16 KiB, a head and a tail.
fn packed_max(bytes: i64) -> i64 {
    bytes.saturating_add(bytes / 1024).saturating_add(1024)
}

impl Cloud {
    pub(crate) async fn convert_image(
        self: &Arc<Self>,
        intent: &Intent,
        id: &str,
        request: &ConvertRequest,
    ) -> Result<LongOperation, OpError> {
        let _guard = self.lock(id).await;
        let (mut tx, source, replay) = self.admit_image(intent, id).await?;
        if replay {
            return self.converting(intent).await;
        }
        if let Some(fault) = request.name.as_deref().and_then(name_fault) {
            return Err(invalid(vec![fault]));
        }
        if source.state() != ImageState::Ready {
            let detail =
                format!("an image that is {} cannot be made into another", source.state().as_str());
            return Err(OpError::refuse(ProblemCode::WrongState, detail));
        }
        if !self.image_support().converts(source.format(), request.format) {
            let detail = format!("nothing makes that of a {}", source.format().as_str());
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        let tar_bytes = source.tar_bytes.unwrap_or(source.bytes);
        let bytes = match request.format {
            ImageFormat::TarGz => packed_max(tar_bytes),
            _ => tar_bytes,
        };
        self.must_have_image_room(&mut tx, &intent.tenant.name, bytes).await?;
        let now_us = self.now_us();
        let made = ImageRow {
            id: image_id()?,
            name: request.name.clone().unwrap_or_else(|| source.name.clone()),
            format: request.format.as_str().to_owned(),
            state: ImageState::Converting.as_str().to_owned(),
            generation: 1,
            bytes,
            sha256: None,
            received: 0,
            source_id: Some(source.id.clone()),
            created_at: now_us,
            ready_at: None,
            ..source
        };
        let work = ImageWorkRow {
            id: format!("opr_{}", hex::encode(random::<10>()?)),
            state: WorkState::Running.as_str().to_owned(),
            image_id: made.id.clone(),
            source_id: id.to_owned(),
            name: made.name.clone(),
            key: intent.key.as_str().to_owned(),
            runs: 1,
            created_at: now_us,
            ended_at: None,
            problem: None,
        };
        store::insert_image(&mut tx, &made, Some(&work.event(WorkState::Running))).await?;
        store::insert_image_work(&mut tx, &work).await?;
        store::record_image_key(&mut tx, &intent.done(id, now_us)).await?;
        tx.commit().await?;
        tracing::info!(operation.id = %work.id, image.id = %work.image_id, "an image is made of another");
        let view = self.view_image_work(&work)?;
        if let Some(guard) = self.conversion_lock(&work) {
            self.do_conversion(work, guard);
        }
        Ok(view)
    }

    /// The work that a repeated call began, as it is now.
    async fn converting(&self, intent: &Intent) -> Result<LongOperation, OpError> {
        match self.store.image_work_of(intent.key.as_str()).await? {
            Some(row) => self.view_image_work(&row),
            None => Err(not_found(OwnKey::bare(intent.key.as_str()))),
        }
    }

    pub(super) fn view_image_work(&self, row: &ImageWorkRow) -> Result<LongOperation, OpError> {
        let at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        row.view(at_work.get(&row.id).map_or(0, |progress| progress.percent()))
    }

    /// Nobody else makes the image while the guard lives.
    fn conversion_lock(&self, work: &ImageWorkRow) -> Option<OwnedMutexGuard<()>> {
        self.try_lock(&format!("{}/made", work.image_id))
    }

    fn do_conversion(self: &Arc<Self>, work: ImageWorkRow, guard: OwnedMutexGuard<()>) {
        let cloud = Arc::clone(self);
        let progress = Arc::new(Progress::default());
        self.at_work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(work.id.clone(), Arc::clone(&progress));
        self.work.spawn(async move {
            let outcome = cloud.convert_now(&work, progress).await;
            // A cloud that ends leaves its work as it is, for the next start.
            if !matches!(outcome, Err(CopyError::Ending))
                && let Err(error) = cloud.end_conversion(&work, outcome).await
            {
                tracing::error!(operation.id = %work.id, %error, "work could not be ended and is taken up again");
            }
            cloud.at_work.lock().unwrap_or_else(PoisonError::into_inner).remove(&work.id);
            drop(guard);
        });
    }

    async fn convert_now(
        self: &Arc<Self>,
        work: &ImageWorkRow,
        progress: Arc<Progress>,
    ) -> Result<(i64, String), CopyError> {
        let both =
            (self.store.image(&work.source_id).await, self.store.image(&work.image_id).await);
        let (Ok(Some(source)), Ok(Some(made))) = both else {
            return Err(std::io::Error::other("an image could not be looked up").into());
        };
        progress.expect(source.tar_bytes.unwrap_or(source.bytes));
        let cloud = Arc::clone(self);
        blocking(move || {
            let files = cloud.images.clone();
            let pace = WorkPace { cloud, progress, until: None, writes: true };
            files.convert((&source.id, source.format()), (&made.id, made.format()), &pace)
        })
        .await
    }

    /// Writes down how the work ended, with what that means for the image.
    async fn end_conversion(
        &self,
        work: &ImageWorkRow,
        outcome: Result<(i64, String), CopyError>,
    ) -> Result<(), OpError> {
        let now_us = self.now_us();
        let mut tx = self.store.begin().await?;
        let loaded = store::load_image(&mut tx, &work.image_id).await?;
        let mut row = loaded.ok_or_else(|| not_found(&work.image_id))?;
        let problem = outcome.as_ref().err().map(|error| super::outcome::of_copy(&work.id, error));
        match &outcome {
            Ok((bytes, sha256)) => {
                row.state = ImageState::Ready.as_str().to_owned();
                (row.bytes, row.received) = (*bytes, *bytes);
                row.sha256 = Some(sha256.clone());
                row.ready_at = Some(now_us);
            }
            Err(_) => row.state = ImageState::Failed.as_str().to_owned(),
        }
        let written = problem.as_ref().map(serde_json::to_string).transpose()?;
        row.problem.clone_from(&written);
        let state = if problem.is_some() { WorkState::Failed } else { WorkState::Succeeded };
        store::end_image_work(&mut tx, work, written.as_deref(), now_us).await?;
        store::save_image(&mut tx, &mut row, Some(&work.event(state)), now_us).await?;
        tx.commit().await?;
        tracing::info!(operation.id = %work.id, state = state.as_str(), "an image was made of another");
        if problem.is_some() { self.erase_image(&row.id).await } else { Ok(()) }
    }

    /// Takes up conversions that nobody does: a crash cut them off. Safe at any time.
    pub(crate) async fn take_up_conversions(self: &Arc<Self>) -> Result<(), OpError> {
        for row in self.store.running_image_work().await? {
            let Some(guard) = self.conversion_lock(&row) else { continue };
            // It may have ended between the list and the lock.
            let Some(row) = self.store.image_work(&row.id).await? else { continue };
            if row.state() != WorkState::Running {
                continue;
            }
            if row.runs >= RUNS_MAX {
                let text =
                    format!("the cloud was restarted {} times in the middle of it", row.runs);
                let given_up = std::io::Error::other(text);
                self.end_conversion(&row, Err(given_up.into())).await?;
                continue;
            }
            self.store.count_image_run(&row.id).await?;
            tracing::warn!(operation.id = %row.id, operation.runs = row.runs + 1, "long work is taken up again");
            self.do_conversion(row, guard);
        }
        Ok(())
    }
}
