//! Another format of an image, as long work: what is made is an image of its own, converting until it is whole. A crash
//! leaves the work running in the file; the next start makes it once more from the beginning.

use std::sync::Arc;

use provider_api::{
    ConvertRequest, ImageFormat, ImageState, LongOperation, ProblemCode, WorkKind, WorkState,
};
use tokio::sync::OwnedMutexGuard;

use super::hold::{invalid, random};
use super::images::{image_id, name_fault};
use super::work::{Progress, WorkPace, blocking};
use super::{Intent, not_found};
use crate::cloud::Cloud;
use crate::copies::CopyError;
use crate::error::OpError;
use crate::store::{self, ImageRow, WorkRow};

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
            return self.begun(intent).await;
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
        self.must_have_room_for_image(&mut tx, &intent.tenant.name, bytes).await?;
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
            link_id: None,
            ..source
        };
        let operation = format!("opr_{}", hex::encode(random::<10>()?));
        let work = WorkRow {
            image_id: Some(made.id.clone()),
            source_id: Some(id.to_owned()),
            ..WorkRow::begins(operation, WorkKind::Convert, &made.name, &intent.key, now_us)
        };
        store::insert_image(&mut tx, &made, Some(&work.event(WorkState::Running))).await?;
        store::insert_work(&mut tx, &work).await?;
        store::record_image_key(&mut tx, &intent.done(id, now_us)).await?;
        tx.commit().await?;
        tracing::info!(operation.id = %work.id, image.id = %work.image(), "an image is made of another");
        let view = self.view_work(&work)?;
        if let Some(guard) = self.conversion_lock(&work) {
            self.do_work(work, guard);
        }
        Ok(view)
    }

    /// Nobody else makes the image while the guard lives.
    pub(super) fn conversion_lock(&self, work: &WorkRow) -> Option<OwnedMutexGuard<()>> {
        self.try_lock(&format!("{}/made", work.image()))
    }

    pub(super) async fn convert_now(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: Arc<Progress>,
    ) -> Result<(i64, String), CopyError> {
        let source = work.source_id.as_deref().unwrap_or_default();
        let both = (self.store.image(source).await, self.store.image(work.image()).await);
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
    pub(super) async fn end_conversion(
        &self,
        work: &WorkRow,
        outcome: Result<(i64, String), CopyError>,
    ) -> Result<(), OpError> {
        let now_us = self.now_us();
        let mut tx = self.store.begin().await?;
        let loaded = store::load_image(&mut tx, work.image()).await?;
        let mut row = loaded.ok_or_else(|| not_found(work.image()))?;
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
        store::end_work(&mut tx, work, written.as_deref(), now_us).await?;
        store::save_image(&mut tx, &mut row, Some(&work.event(state)), now_us).await?;
        tx.commit().await?;
        tracing::info!(operation.id = %work.id, state = state.as_str(), "an image was made of another");
        if problem.is_some() { self.erase_image(&row.id).await } else { Ok(()) }
    }
}
