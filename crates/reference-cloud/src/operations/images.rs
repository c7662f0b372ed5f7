//! Images (F7.6.3): what is to come is declared, comes chunk by chunk, and is compared with what was declared before
//! anything starts from it. Another format is made in `conversions`, and how one gets onto a volume is in `placing`.

use provider_api::{
    FieldFault, Image, ImageConversion, ImageFormat, ImagePage, ImageRequest, ImageState,
    ImageSupport, Problem, ProblemCode, digest_fits,
};

use super::backups::storage_full;
use super::hold::{invalid, random};
use super::work::blocking;
use super::{Intent, seen};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::images::{Contents, ImageFault};
use crate::store::{self, ImageFilter, ImageRow, Tx};
use crate::tenants::Tenant;

/// The largest chunk: enough that the way there and back does not matter, little enough to be in memory.
pub(crate) const CHUNK_MAX: usize = 8 << 20;
/// Images kept at a time; how many make sense is the caller's to decide, not without a bound.
pub(super) const IMAGES_MAX: i64 = 1000;
/// Images on one page at most.
const PAGE_MAX: i64 = 100;
const NAME_MAX: usize = 200;

/// A chunk as it came.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub offset: i64,
    /// The header as it was sent.
    pub digest: String,
    pub bytes: axum::body::Bytes,
}

impl Cloud {
    pub(super) fn image_support(&self) -> ImageSupport {
        let both = [(ImageFormat::Tar, ImageFormat::TarGz), (ImageFormat::TarGz, ImageFormat::Tar)];
        ImageSupport {
            formats: ImageFormat::ALL.to_vec(),
            conversions: both.map(|(from, to)| ImageConversion { from, to }).to_vec(),
            // Applications are built in, and images bring files only: those need none.
            architectures: vec!["any".to_owned(), std::env::consts::ARCH.to_owned()],
            bytes_max: self.config.images.bytes_max,
            chunk_bytes_max: i64::try_from(CHUNK_MAX).unwrap_or(i64::MAX),
            space_bytes: self.config.images.space_bytes,
        }
    }

    pub(crate) async fn begin_image(
        &self,
        intent: &Intent,
        request: &ImageRequest,
    ) -> Result<Image, OpError> {
        self.check_image(request)?;
        let mut tx = self.store.begin().await?;
        if let Some(record) = seen(&mut tx, intent).await? {
            return self.image(&record.allocation_id).await;
        }
        self.must_have_room_for_image(&mut tx, &intent.tenant.name, request.bytes).await?;
        let now_us = self.now_us();
        let row = declared(intent, request, now_us)?;
        store::insert_image(&mut tx, &row, None).await?;
        store::record_image_key(&mut tx, &intent.done(&row.id, now_us)).await?;
        tx.commit().await?;
        tracing::info!(image.id = %row.id, image.name = %row.name, bytes = row.bytes, "an upload begins");
        self.image(&row.id).await
    }

    /// Refuses what would not fit beside what is there.
    pub(super) async fn must_have_room_for_image(
        &self,
        tx: &mut Tx,
        tenant: &str,
        bytes: i64,
    ) -> Result<(), OpError> {
        if self.switches.get().disk_full {
            return Err(storage_full());
        }
        let (used, count) = store::room_of_images(tx, tenant).await?;
        let space = self.config.images.space_bytes;
        if used.saturating_add(bytes) > space {
            let free = space.saturating_sub(used).max(0);
            let detail = format!("{bytes} bytes are wanted, and {free} of {space} are free");
            return Err(OpError::refuse(ProblemCode::StorageFull, detail));
        }
        if count >= IMAGES_MAX {
            let detail = format!("{IMAGES_MAX} images are kept already; delete one first");
            return Err(OpError::refuse(ProblemCode::CapacityExhausted, detail));
        }
        Ok(())
    }

    pub(super) fn check_image(&self, request: &ImageRequest) -> Result<(), OpError> {
        let support = self.image_support();
        if !support.formats.contains(&request.format) {
            let detail = "the format is none that the capabilities tell";
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        if !support.architectures.contains(&request.architecture) {
            let known = support.architectures.join(", ");
            let detail = format!("found {:?}, here run {known}", request.architecture);
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        let mut faults = Vec::from_iter(name_fault(&request.name));
        let mut fault = |pointer: &str, detail: String| {
            faults.push(FieldFault { pointer: pointer.to_owned(), detail });
        };
        if request.bytes < 1 || request.bytes > support.bytes_max {
            let detail = format!("found {}, allowed is 1 to {}", request.bytes, support.bytes_max);
            fault("/bytes", detail);
        }
        let plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if request.sha256.len() != 64 || !request.sha256.bytes().all(plain) {
            fault("/sha256", "allowed are 64 hexadecimal digits in lower case".to_owned());
        }
        if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
    }

    pub(crate) async fn upload_chunk(
        &self,
        intent: &Intent,
        id: &str,
        chunk: Chunk,
    ) -> Result<Image, OpError> {
        let _guard = self.lock(id).await;
        let (tx, mut row, replay) = self.admit_image(intent, id).await?;
        // The transaction ends here: others write while this writes to the disk.
        tx.commit().await?;
        if replay {
            return self.image(id).await;
        }
        must_upload(&row)?;
        let length = check_chunk(&row, &chunk)?;
        if self.switches.get().disk_full {
            return Err(storage_full());
        }
        let (files, name, offset) = (self.images.clone(), id.to_owned(), row.received);
        blocking(move || {
            let offset = u64::try_from(offset).unwrap_or(0);
            files.append(&name, offset, &chunk.bytes).map_err(OpError::from)
        })
        .await?;
        let mut tx = self.store.begin().await?;
        row.received = row.received.saturating_add(length);
        self.finish_image(&mut tx, &mut row, intent).await?;
        tx.commit().await?;
        self.image(id).await
    }

    pub(crate) async fn complete_image(&self, intent: &Intent, id: &str) -> Result<Image, OpError> {
        let _guard = self.lock(id).await;
        let (mut tx, mut row, replay) = self.admit_image(intent, id).await?;
        if replay {
            return self.image(id).await;
        }
        if row.state() == ImageState::Ready {
            self.finish_image(&mut tx, &mut row, intent).await?;
            tx.commit().await?;
            return self.image(id).await;
        }
        tx.commit().await?;
        must_upload(&row)?;
        if row.received < row.bytes {
            let detail = format!("{} of {} bytes are here", row.received, row.bytes);
            return Err(OpError::refuse(ProblemCode::WrongState, detail));
        }
        match self.look_through(&row).await? {
            Ok(contents) => {
                self.is_whole(&mut row, contents)?;
                let mut tx = self.store.begin().await?;
                self.finish_image(&mut tx, &mut row, intent).await?;
                tx.commit().await?;
                tracing::info!(image.id = %id, "an image is ready");
                self.image(id).await
            }
            Err(problem) => {
                self.fail_image(row, &problem).await?;
                Err(OpError::Refused(Box::new(problem)))
            }
        }
    }

    /// Notes what was found in an image that is what was declared.
    pub(super) fn is_whole(&self, row: &mut ImageRow, contents: Contents) -> Result<(), OpError> {
        row.state = ImageState::Ready.as_str().to_owned();
        row.ready_at = Some(self.now_us());
        row.tar_bytes = Some(contents.tar_bytes);
        row.content_bytes = Some(contents.content_bytes);
        row.settings = Some(serde_json::to_string(&contents.manifest.settings)?);
        row.application = Some(contents.manifest.application);
        Ok(())
    }

    /// Reads every byte: what is in the image, or what is wrong with it.
    pub(super) async fn look_through(
        &self,
        row: &ImageRow,
    ) -> Result<Result<Contents, Problem>, OpError> {
        let (files, row) = (self.images.clone(), row.clone());
        let max = self.config.images.bytes_max;
        blocking(move || {
            let found = files.digest(&row.id)?;
            if Some(&found) != row.sha256.as_ref() {
                let detail = format!("what came has the SHA-256 {found}");
                return Ok(Err(Problem::new(ProblemCode::DigestMismatch, detail)));
            }
            match files.look(&row.id, row.format(), max) {
                Ok(contents) => Ok(Ok(contents)),
                Err(ImageFault::Invalid(fault)) => {
                    Ok(Err(Problem::new(ProblemCode::ImageInvalid, fault)))
                }
                Err(ImageFault::Io(error)) => Err(OpError::Io(error)),
            }
        })
        .await
    }

    /// Nothing half-made stays: first it is written that it failed, then its file goes.
    async fn fail_image(&self, mut row: ImageRow, problem: &Problem) -> Result<(), OpError> {
        row.state = ImageState::Failed.as_str().to_owned();
        row.received = 0;
        row.problem = Some(serde_json::to_string(problem)?);
        let mut tx = self.store.begin().await?;
        store::save_image(&mut tx, &mut row, None, self.now_us()).await?;
        tx.commit().await?;
        tracing::warn!(image.id = %row.id, problem.code = problem.code.as_str(), "an image failed");
        self.erase_image(&row.id).await
    }

    pub(super) async fn erase_image(&self, id: &str) -> Result<(), OpError> {
        let (files, id) = (self.images.clone(), id.to_owned());
        blocking(move || files.erase(&id).map_err(OpError::from)).await
    }

    pub(crate) async fn delete_image(&self, intent: &Intent, id: &str) -> Result<Image, OpError> {
        let _guard = self.lock(id).await;
        let (mut tx, mut row, replay) = self.admit_image(intent, id).await?;
        if replay || row.state == ImageState::Deleted.as_str() {
            return self.image(id).await;
        }
        if store::image_used(&mut tx, id).await? {
            let detail = "data that came from it are not erased, or something is being made of it";
            return Err(OpError::refuse(ProblemCode::InUse, detail));
        }
        row.state = "deleting".to_owned();
        row.received = 0;
        row.deleted_at = Some(self.now_us());
        store::save_image(&mut tx, &mut row, None, self.now_us()).await?;
        tx.commit().await?;
        self.finish_image_deletion(row, Some(intent)).await?;
        self.image(id).await
    }

    /// Removes what is left of an image and notes it, with the key of the call when there is one.
    async fn finish_image_deletion(
        &self,
        mut row: ImageRow,
        intent: Option<&Intent>,
    ) -> Result<(), OpError> {
        self.erase_image(&row.id).await?;
        row.state = ImageState::Deleted.as_str().to_owned();
        let mut tx = self.store.begin().await?;
        store::save_image(&mut tx, &mut row, None, self.now_us()).await?;
        if let Some(intent) = intent {
            store::record_image_key(&mut tx, &intent.done(&row.id, self.now_us())).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Puts right what a killed cloud left: deletions half done, files of what failed.
    pub(crate) async fn clear_up_images(&self) -> Result<(), OpError> {
        for row in self.store.images_without_file().await? {
            if row.state == "deleting" {
                self.finish_image_deletion(row, None).await?;
            } else {
                self.erase_image(&row.id).await?;
            }
        }
        Ok(())
    }

    /// Admits a call on an image or refuses it. The caller holds the image's lock.
    pub(super) async fn admit_image(
        &self,
        intent: &Intent,
        id: &str,
    ) -> Result<(Tx, ImageRow, bool), OpError> {
        // In its own transaction: a higher epoch counts even when the call is refused afterwards.
        self.store.raise_image_epoch(id, intent.epoch).await?;
        let mut tx = self.store.begin().await?;
        let row = store::load_image(&mut tx, id).await?.ok_or_else(|| no_image(id))?;
        if intent.epoch < row.epoch {
            let detail = format!("epoch {} is behind {}", intent.epoch, row.epoch);
            return Err(OpError::refuse(ProblemCode::StaleEpoch, detail));
        }
        let replay = seen(&mut tx, intent).await?.is_some();
        Ok((tx, row, replay))
    }

    /// Writes the row and the key.
    pub(super) async fn finish_image(
        &self,
        tx: &mut Tx,
        row: &mut ImageRow,
        intent: &Intent,
    ) -> Result<(), OpError> {
        store::save_image(tx, row, None, self.now_us()).await?;
        store::record_image_key(tx, &intent.done(&row.id, self.now_us())).await?;
        Ok(())
    }

    pub(super) async fn image_row(&self, id: &str) -> Result<ImageRow, OpError> {
        self.store.image(id).await?.ok_or_else(|| no_image(id))
    }

    pub(crate) async fn image(&self, id: &str) -> Result<Image, OpError> {
        let row = self.image_row(id).await?;
        row.view(self.store.image_users(id).await?)
    }

    /// A page, oldest first; the place is the number of the last row seen.
    pub(crate) async fn images(
        &self,
        tenant: &Tenant,
        (name, sha256): (Option<&str>, Option<&str>),
        (after, limit): (i64, i64),
    ) -> Result<ImagePage, OpError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let filter = ImageFilter { tenant: &tenant.name, name, sha256 };
        let rows = self.store.images(filter, after, limit + 1).await?;
        let (rows, next) = super::page(rows, limit, |row| row.seq);
        let mut items = Vec::new();
        for row in rows {
            items.push(row.view(self.store.image_users(&row.id).await?)?);
        }
        let used_bytes = self.store.image_bytes(&tenant.name).await?;
        let space_bytes = self.config.images.space_bytes;
        Ok(ImagePage { items, next, used_bytes, space_bytes })
    }
}

pub(super) fn image_id() -> Result<String, OpError> {
    Ok(format!("img_{}", hex::encode(random::<10>()?)))
}

pub(super) fn name_fault(name: &str) -> Option<FieldFault> {
    let length = name.chars().count();
    let odd = length == 0 || length > NAME_MAX || name.chars().any(char::is_control);
    odd.then(|| FieldFault {
        pointer: "/name".to_owned(),
        detail: format!("a name has 1 to {NAME_MAX} characters without control characters"),
    })
}

/// An image that is to come as it was declared.
pub(super) fn declared(
    intent: &Intent,
    request: &ImageRequest,
    now_us: i64,
) -> Result<ImageRow, OpError> {
    Ok(ImageRow {
        seq: 0,
        id: image_id()?,
        tenant: intent.tenant.name.clone(),
        name: request.name.clone(),
        format: request.format.as_str().to_owned(),
        architecture: request.architecture.clone(),
        state: ImageState::Uploading.as_str().to_owned(),
        generation: 1,
        epoch: intent.epoch,
        bytes: request.bytes,
        sha256: Some(request.sha256.clone()),
        received: 0,
        tar_bytes: None,
        content_bytes: None,
        application: None,
        settings: None,
        source_id: None,
        problem: None,
        created_at: now_us,
        ready_at: None,
        deleted_at: None,
        link_id: None,
    })
}

fn no_image(id: &str) -> OpError {
    OpError::refuse(ProblemCode::NotFound, format!("there is no image {id}"))
}

fn must_upload(row: &ImageRow) -> Result<(), OpError> {
    if row.link_id.is_some() {
        let detail = "the image comes through a link; nothing is uploaded of it";
        return Err(OpError::refuse(ProblemCode::WrongState, detail));
    }
    if row.state() == ImageState::Uploading {
        return Ok(());
    }
    let detail = format!("the image is {}; nothing more can come", row.state().as_str());
    Err(OpError::refuse(ProblemCode::WrongState, detail))
}

/// The length of a chunk that is the next one and is what it says.
fn check_chunk(row: &ImageRow, chunk: &Chunk) -> Result<i64, OpError> {
    if chunk.offset != row.received {
        let detail = format!("the cloud has {} bytes; go on there", row.received);
        return Err(OpError::refuse(ProblemCode::WrongOffset, detail));
    }
    let length = i64::try_from(chunk.bytes.len()).unwrap_or(i64::MAX);
    let left = row.bytes.saturating_sub(row.received);
    if length == 0 || length > left {
        let detail = format!("a chunk of {length} bytes; allowed is 1 to {left}");
        return Err(OpError::refuse(ProblemCode::InvalidRequest, detail));
    }
    match digest_fits(&chunk.digest, &chunk.bytes) {
        Some(true) => Ok(length),
        Some(false) => {
            let detail = "the chunk is not what its Content-Digest says; nothing of it was kept";
            Err(OpError::refuse(ProblemCode::DigestMismatch, detail))
        }
        None => {
            let detail = "send Content-Digest with the SHA-256 of the chunk (RFC 9530)";
            Err(OpError::refuse(ProblemCode::InvalidRequest, detail))
        }
    }
}
