//! Export (F7.10.1c): the data of a volume while nothing runs on it, to be taken along before they are erased.

use provider_api::{
    AllocationId, ExportArchive, ExportManifest, ProblemCode, ResourceState, archive, digest, paths,
};

use super::backups::volume_lost;
use super::work::blocking;
use crate::cloud::Cloud;
use crate::copies::CopyError;
use crate::error::OpError;
use crate::export::{FILES_MAX, Layout};

impl Cloud {
    pub(crate) async fn export(&self, id: &str) -> Result<ExportManifest, OpError> {
        let row = self.row(id).await?;
        let layout = self.export_layout(id).await?;
        let (files, sha256) = layout.digests().await?;
        let path = paths::with(paths::EXPORT_ARCHIVE, id);
        Ok(ExportManifest {
            allocation_id: AllocationId(row.id),
            label: row.label,
            provider: self.config.name.clone(),
            at_us: self.now_us(),
            bytes: files.iter().map(|file| file.bytes).sum(),
            sha256: digest(&files),
            files,
            archive: ExportArchive {
                path,
                media_type: archive::MEDIA_TYPE.to_owned(),
                bytes: i64::try_from(layout.bytes).unwrap_or(i64::MAX),
                sha256,
                etag: layout.etag(),
            },
        })
    }

    /// Where everything stands in the archive, for data that stand still and are still there.
    pub(crate) async fn export_layout(&self, id: &str) -> Result<Layout, OpError> {
        let row = self.row(id).await?;
        let state = ResourceState::from_word(&row.state);
        let wrong = |detail: String| Err(OpError::refuse(ProblemCode::WrongState, detail));
        if row.erasure.is_some() || row.erasing_bytes.is_some() {
            return wrong("the data were erased; there is nothing to take along".to_owned());
        }
        if row.running_wanted || !matches!(state, ResourceState::Draining | ResourceState::Failed) {
            let detail =
                format!("nothing is exported while {state}; drain or stop the service first");
            return wrong(detail);
        }
        if !self.volumes.is_there(id) {
            return Err(volume_lost());
        }
        // Nobody exchanges the volume now; what begins later is noticed file by file.
        let volume = {
            let _guard = self.lock(id).await;
            let _volume = self.take_volume(id).await?;
            self.volumes.path(id)
        };
        let layout = blocking(move || Layout::of(&volume)).await;
        let layout = layout.map_err(|error| match error {
            CopyError::Io(error) => OpError::Io(error),
            odd => OpError::refuse(ProblemCode::Unsupported, odd.to_string()),
        })?;
        if layout.files() > FILES_MAX {
            let detail =
                format!("the volume holds more than {FILES_MAX} files; take a backup of it");
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        Ok(layout)
    }
}
