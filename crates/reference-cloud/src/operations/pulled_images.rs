//! Images between two clouds: what one side of a link shares, the other takes as an image of its own. It is declared as
//! for an upload, goes on where it was cut off, and is nothing before it is whole, compared and looked through.

use std::sync::Arc;

use provider_api::{
    BackedUpFile, ImageRequest, ImageState, LongOperation, Problem, ProblemCode, WorkKind,
    WorkState,
};

use super::hold::random;
use super::images::declared;
use super::outcome::Failure;
use super::pull::{LOOK, WRONG_MAX};
use super::work::{Progress, WorkPace};
use super::{Intent, not_found};
use crate::cloud::Cloud;
use crate::copies::CopyError;
use crate::error::OpError;
use crate::links::{Parcel, ParcelError, Session, list, take_one};
use crate::store::{self, ImageRow, WorkRow};

impl Cloud {
    pub(crate) async fn pull_image(
        self: &Arc<Self>,
        intent: &Intent,
        link: &str,
        request: &ImageRequest,
    ) -> Result<LongOperation, OpError> {
        self.check_image(request)?;
        let id = self.link_row(link).await?.allocation_id;
        let _guard = self.lock(&id).await;
        let (mut tx, mut admitted) = self.admit(intent, &id).await?;
        if admitted.replay {
            return self.begun(intent).await;
        }
        self.must_not_be_down(&self.link_row(link).await?)?;
        self.must_have_room_for_image(&mut tx, &intent.tenant.name, request.bytes).await?;
        let now_us = self.now_us();
        let image =
            ImageRow { link_id: Some(link.to_owned()), ..declared(intent, request, now_us)? };
        let operation = format!("opr_{}", hex::encode(random::<10>()?));
        let work = WorkRow {
            image_id: Some(image.id.clone()),
            link_id: Some(link.to_owned()),
            ..WorkRow::begins(operation, WorkKind::Pull, &image.name, &intent.key, now_us)
        };
        store::insert_image(&mut tx, &image, Some(&work.event(WorkState::Running))).await?;
        store::insert_work(&mut tx, &work).await?;
        self.finish(tx, &mut admitted.row, intent).await?;
        tracing::info!(operation.id = %work.id, image.id = %image.id, link.id = %link, "an image is pulled");
        let view = self.view_work(&work)?;
        if let Some(guard) = self.conversion_lock(&work) {
            self.do_work(work, guard);
        }
        Ok(view)
    }

    /// An image that is shared, as the one file it is.
    pub(super) async fn parcel_of_image(&self, image: &str) -> Result<Parcel, OpError> {
        let row = self.store.image(image).await?;
        let ready = row.filter(|row| row.state() == ImageState::Ready);
        let whole = ready.and_then(|row| Some((row.bytes, row.sha256?)));
        let Some((bytes, sha256)) = whole else {
            return Err(OpError::refuse(ProblemCode::NotFound, "the image is not there any more"));
        };
        let files = vec![BackedUpFile { path: image.to_owned(), bytes, sha256 }];
        Ok(Parcel { files, folder: self.images.folder().to_owned() })
    }

    pub(super) async fn pull_image_to_the_end(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: Arc<Progress>,
    ) -> Result<(), OpError> {
        match self.pull_image_now(work, &progress).await {
            // A cloud that ends leaves its work as it is, for the next start.
            Err(Failure::Copy(CopyError::Ending)) => Ok(()),
            outcome => self.end_pulled_image(work, outcome).await,
        }
    }

    /// Takes the image, however often the tunnel is cut.
    async fn pull_image_now(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: &Arc<Progress>,
    ) -> Result<(), Failure> {
        let link = work.link_id.as_deref().ok_or(OpError::CutOff)?;
        let mut wrong = 0;
        loop {
            let session = self.tunnel(link).await?;
            let refuse = |code, error: ParcelError| {
                Err(Failure::Op(OpError::refuse(code, error.to_string())))
            };
            match self.take_image_once(work, progress, &session).await {
                Ok(()) => return self.images.settle(work.image()).map_err(Failure::from),
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
                    return refuse(ProblemCode::Refused, error);
                }
                Err(error @ ParcelError::Wrong(_)) => {
                    return refuse(ProblemCode::DigestMismatch, error);
                }
            }
        }
    }

    async fn take_image_once(
        self: &Arc<Self>,
        work: &WorkRow,
        progress: &Arc<Progress>,
        session: &Arc<Session>,
    ) -> Result<(), ParcelError> {
        let files = list(session).await?;
        let image = self.store.image(work.image()).await.ok().flatten();
        let none = || ParcelError::Refused("the image is not wanted any more".to_owned());
        let image = image.ok_or_else(none)?;
        let file = same(&image, &files)?;
        progress.restart(image.bytes);
        let pace = WorkPace {
            cloud: Arc::clone(self),
            progress: Arc::clone(progress),
            until: None,
            writes: true,
        };
        take_one(session, file, &self.images.path(&image.id), &pace).await
    }

    /// Writes down how a pull ended: an image that is ready, or one that failed and of which nothing is kept.
    pub(super) async fn end_pulled_image(
        &self,
        work: &WorkRow,
        outcome: Result<(), Failure>,
    ) -> Result<(), OpError> {
        let read = self.image_row(work.image()).await?;
        let looked = match outcome {
            Ok(()) => self.look_through(&read).await?,
            Err(failure) => Err(failure.problem(work)),
        };
        let now_us = self.now_us();
        let mut tx = self.store.begin().await?;
        let loaded = store::load_image(&mut tx, work.image()).await?;
        let mut row = loaded.ok_or_else(|| not_found(work.image()))?;
        let problem: Option<Problem> = match looked {
            Ok(contents) => {
                row.received = row.bytes;
                self.is_whole(&mut row, contents)?;
                None
            }
            Err(problem) => {
                row.state = ImageState::Failed.as_str().to_owned();
                row.received = 0;
                Some(problem)
            }
        };
        let written = problem.as_ref().map(serde_json::to_string).transpose()?;
        row.problem.clone_from(&written);
        let state = if problem.is_some() { WorkState::Failed } else { WorkState::Succeeded };
        store::end_work(&mut tx, work, written.as_deref(), now_us).await?;
        store::save_image(&mut tx, &mut row, Some(&work.event(state)), now_us).await?;
        tx.commit().await?;
        tracing::info!(operation.id = %work.id, state = state.as_str(), "an image was pulled");
        if problem.is_some() { self.erase_image(&row.id).await } else { Ok(()) }
    }
}

/// The one file of a parcel, when it is what was declared.
fn same<'a>(image: &ImageRow, files: &'a [BackedUpFile]) -> Result<&'a BackedUpFile, ParcelError> {
    let fits = |file: &BackedUpFile| {
        file.bytes == image.bytes && Some(&file.sha256) == image.sha256.as_ref()
    };
    match files {
        [file] if fits(file) => Ok(file),
        [file] => Err(ParcelError::Wrong(format!(
            "{} bytes with the digest {}, and others were declared",
            file.bytes, file.sha256
        ))),
        _ => Err(ParcelError::Refused("what is shared is no image".to_owned())),
    }
}
