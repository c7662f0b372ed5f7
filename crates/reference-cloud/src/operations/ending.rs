//! Erase and release (IF10, F7.10.1c): data go first, with a signed statement, then the capacity. Data are the volume,
//! every backup of it, and what the database knows of either.

use std::sync::Arc;

use provider_api::erasure::{ERASURE_STANDARD, ErasedResource};
use provider_api::{
    Allocation, AllocationId, Cause, ErasureMethod, ErasureStatement, ProblemCode, ResourceState,
    UnsignedStatement,
};

use super::placing::unpacking;
use super::volumes::must_have_none;
use super::work::blocking;
use super::{Intent, step, wrong_state};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::{self, AllocationRow, BackupRow};
use crate::volume::{self, TECHNIQUE};

impl Cloud {
    pub(crate) async fn erase(
        &self,
        intent: &Intent,
        id: &str,
    ) -> Result<ErasureStatement, OpError> {
        let _guard = self.lock(id).await;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if let Some(statement) = row.statement()? {
            if !admitted.replay {
                self.finish(tx, row, intent).await?;
            }
            return Ok(statement);
        }
        must_have_none(row)?;
        let _volume = self.take_volume(id).await?;
        step(row, Cause::Erase)?;
        // Counted before the first file goes, and kept, so that a statement after a crash tells the whole.
        if row.erasing_bytes.is_none() {
            let content = self.volumes.content(id)?;
            // And what a crash left of an image on its way to the volume.
            let cut_off = self.copies.cut_off(&unpacking(id))?;
            row.erasing_bytes = Some(content.bytes.saturating_add(cut_off.bytes));
            row.erasing_items = Some(content.items.saturating_add(cut_off.items));
        }
        row.service_name = None;
        row.settings = None;
        self.gateway.guard(id).forget();
        store::save(&mut tx, row, self.now_us()).await?;
        store::mark_erasing(&mut tx, id).await?;
        store::forget_reasons(&mut tx, id).await?;
        store::lift_blocks(&mut tx, id, None, self.now_us()).await?;
        store::forget_sources(&mut tx, id).await?;
        tx.commit().await?;
        for backup in self.store.erasing(id).await? {
            self.erase_backup(backup).await?;
        }
        let (volumes, copies, name) = (self.volumes.clone(), self.copies.clone(), id.to_owned());
        blocking(move || {
            copies.clear(&unpacking(&name))?;
            volume::erase(&copies.aside(&unpacking(&name)))?;
            volumes.erase(&name).map_err(OpError::from)
        })
        .await?;
        self.store.empty_log().await?;
        let backups = self.store.erasing(id).await?;
        let mut tx = self.store.begin().await?;
        let mut row = store::load(&mut tx, id).await?.ok_or_else(|| super::not_found(id))?;
        let statement = self.state_erasure(&row, &backups)?;
        for mut backup in backups {
            backup.forget(self.now_us());
            store::save_backup(&mut tx, &backup).await?;
        }
        row.erasure = Some(serde_json::to_string(&statement)?);
        self.finish(tx, &mut row, intent).await?;
        tracing::info!(allocation.id = %id, bytes = statement.statement.bytes, "data were erased");
        Ok(statement)
    }

    /// Counts a backup, which a repetition after a crash does not do again, and overwrites and removes it.
    async fn erase_backup(&self, mut backup: BackupRow) -> Result<(), OpError> {
        if backup.erasing_bytes.is_none() {
            let content = self.copies.content(&backup.id)?;
            backup.erasing_bytes = Some(content.bytes);
            backup.erasing_items = Some(content.items);
            let mut tx = self.store.begin().await?;
            store::save_backup(&mut tx, &backup).await?;
            tx.commit().await?;
        }
        let copies = self.copies.clone();
        blocking(move || copies.erase(&backup.id).map_err(OpError::from)).await
    }

    fn state_erasure(
        &self,
        row: &AllocationRow,
        backups: &[BackupRow],
    ) -> Result<ErasureStatement, OpError> {
        let erased =
            |kind: &str, id: &str, bytes: Option<i64>, items: Option<i64>| ErasedResource {
                kind: kind.to_owned(),
                id: id.to_owned(),
                bytes: bytes.unwrap_or(0),
                items: items.unwrap_or(0),
            };
        let mut resources = vec![erased("volume", &row.id, row.erasing_bytes, row.erasing_items)];
        resources.extend(backups.iter().map(|backup| {
            erased("backup", &backup.id, backup.erasing_bytes, backup.erasing_items)
        }));
        let unsigned = UnsignedStatement {
            version: 1,
            provider: self.config.name.clone(),
            subject: row.label.clone(),
            allocation_id: AllocationId(row.id.clone()),
            bytes: resources.iter().map(|each| each.bytes).sum(),
            resources,
            standard: ERASURE_STANDARD.to_owned(),
            // Overwriting through the file system is what the standard calls clear; purge would claim too much.
            method: ErasureMethod::Clear,
            technique: TECHNIQUE.to_owned(),
            erased_at_us: self.now_us(),
            key_id: self.signer.key_id.clone(),
        };
        Ok(unsigned.sign(&self.signer.key)?)
    }

    pub(crate) async fn release(
        self: &Arc<Self>,
        intent: &Intent,
        id: &str,
    ) -> Result<Allocation, OpError> {
        let _guard = self.lock(id).await;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        let state = ResourceState::from_word(&row.state);
        if admitted.replay || state.is_final() {
            return self.view(row);
        }
        if state == ResourceState::Failed {
            return Err(wrong_state(state, Cause::Release));
        }
        must_have_none(row)?;
        // What never started can hold what was pulled into it.
        let holds = row.started_at.is_some()
            || self.store.count_backups(id).await? > 0
            || self.volumes.content(id)?.items > 0;
        let has_data = row.erasure.is_none() && holds;
        step(row, Cause::Release)?;
        if has_data {
            return Err(OpError::refuse(ProblemCode::NotErased, "erase the data before releasing"));
        }
        if row.erasure.is_some() {
            step(row, Cause::Erase)?;
        } else {
            let _volume = self.take_volume(id).await?;
            // Booked and never started: there is only the empty directory.
            self.volumes.erase(id)?;
        }
        row.address = None;
        row.port = None;
        row.released_at = Some(self.now_us());
        store::end_monitoring(&mut tx, id).await?;
        store::lift_blocks(&mut tx, id, None, self.now_us()).await?;
        store::forget_sources(&mut tx, id).await?;
        // Last, after machines and data (F7.10.1d).
        let links =
            store::end_links(&mut tx, id, "the allocation is released", self.now_us()).await?;
        self.finish(tx, row, intent).await?;
        for link in &links {
            self.cut_link(link).await;
        }
        self.gateway.forget(id);
        remove_logs(self, row);
        self.view(row)
    }
}

/// Logs of children may hold users' data too.
fn remove_logs(cloud: &Cloud, row: &AllocationRow) {
    for index in 0..row.instances {
        let file = cloud.children.slot(&row.id, index).log_file;
        if let Err(error) = volume::erase_file(&file) {
            tracing::warn!(allocation.id = %row.id, %error, "a log could not be removed");
        }
    }
}
