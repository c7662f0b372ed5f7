//! Starting from an image (F7.6.3): what it holds is put onto the fresh volume as a whole, before anything runs on it. A
//! crash in between is mended by the next start of the cloud, which does it once more.

use provider_api::{ImageState, ProblemCode, StartRequest};

use super::work::blocking;
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::images::ImageFault;
use crate::store::{self, AllocationRow, ImageRow, Tx};
use crate::volume;

/// What an image is unpacked under before it becomes this volume.
pub(super) fn unpacking(volume: &str) -> String {
    format!("{volume}-image")
}

impl Cloud {
    /// The image to start from, which is whole, the caller's, and fits the volume; nothing when none is named. In the
    /// transaction that writes the start, so that nobody deletes it meanwhile.
    pub(super) async fn image_to_start(
        &self,
        tx: &mut Tx,
        row: &AllocationRow,
        request: &StartRequest,
    ) -> Result<Option<ImageRow>, OpError> {
        let Some(id) = &request.image else { return Ok(None) };
        let loaded = store::load_image(tx, id.as_str()).await?;
        let image = loaded.filter(|image| image.tenant == row.tenant);
        let none = || OpError::refuse(ProblemCode::NotFound, format!("there is no image {id}"));
        let image = image.ok_or_else(none)?;
        let wrong = |detail: String| Err(OpError::refuse(ProblemCode::WrongState, detail));
        if image.state() != ImageState::Ready {
            let state = image.state().as_str();
            return wrong(format!("the image is {state}; nothing starts from it"));
        }
        if row.image_placed && row.image_id.as_deref() == Some(id.as_str()) {
            return Ok(Some(image));
        }
        let used = self.volumes.content(row.volume())?.items > 0;
        if row.image_placed || row.started_at.is_some() || used {
            return wrong(
                "an image is put onto a fresh volume only; there are data on it".to_owned(),
            );
        }
        let lent = match &row.volume_id {
            Some(volume) => store::load(tx, volume).await?.and_then(|lent| lent.quota_bytes),
            None => row.quota_bytes,
        };
        let (wanted, room) = (image.content_bytes.unwrap_or(0), lent.unwrap_or(0));
        if wanted > room {
            let detail = format!("the image puts {wanted} bytes onto a volume for {room}");
            return Err(OpError::refuse(ProblemCode::StorageFull, detail));
        }
        if self.switches.get().disk_full {
            return Err(super::backups::storage_full());
        }
        Ok(Some(image))
    }

    /// Puts what the image holds onto the volume, unless it is there. The caller keeps others from the volume.
    pub(crate) async fn place_image(&self, row: &AllocationRow) -> Result<(), OpError> {
        let Some(image) = row.image_id.as_deref().filter(|_| !row.image_placed) else {
            return Ok(());
        };
        let loaded = self.store.image(image).await?;
        let image = loaded.ok_or_else(|| super::not_found(image))?;
        let (files, copies, volumes) =
            (self.images.clone(), self.copies.clone(), self.volumes.clone());
        let id = row.volume().to_owned();
        blocking(move || {
            let name = unpacking(&id);
            let (fresh, aside) = (copies.staging(&name), copies.aside(&name));
            volumes.settle(&id, &aside)?;
            copies.clear(&name)?;
            if let Err(fault) = files.unpack(&image.id, image.format(), &fresh) {
                // Nobody would look for it there.
                copies.clear(&name)?;
                return Err(OpError::Io(match fault {
                    ImageFault::Io(error) => error,
                    // It was looked through when it was completed: its file is damaged.
                    ImageFault::Invalid(fault) => std::io::Error::other(fault),
                }));
            }
            volumes.exchange(&id, &fresh, &aside)?;
            volume::erase(&aside)?;
            volume::erase(&fresh)?;
            Ok::<_, OpError>(())
        })
        .await?;
        self.store.note_placed(&row.id).await?;
        tracing::info!(allocation.id = %row.id, "an image was put onto a volume");
        Ok(())
    }
}
