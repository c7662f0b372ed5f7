//! Volumes by themselves: booked as storage alone, lent to a service that does not run, and taken back with their data. A
//! service writes on the directory of the volume itself, so that nothing is copied and a crash leaves nothing half moved.

use provider_api::{Allocation, AllocationId, Cause, ProblemCode, ResourceState};

use super::backups::volume_lost;
use super::{Intent, not_found, step, wrong_state};
use crate::children::StartFailure;
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::{self, AllocationRow, Tx};

impl Cloud {
    pub(crate) async fn attach(
        &self,
        intent: &Intent,
        id: &str,
        volume: &AllocationId,
    ) -> Result<Allocation, OpError> {
        let _guard = self.lock(id).await;
        // Always the service first: whoever wants both waits in the same order.
        let _other =
            if volume.as_str() == id { None } else { Some(self.lock(volume.as_str()).await) };
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        if row.volume_id.as_deref() == Some(volume.as_str()) {
            self.finish(tx, row, intent).await?;
            return self.view(row);
        }
        must_take_a_volume(row)?;
        let loaded = store::load(&mut tx, volume.as_str()).await?;
        // Another tenant's is answered as one that does not exist.
        let loaded = loaded.filter(|lent| lent.tenant == row.tenant);
        let mut lent = loaded.ok_or_else(|| not_found(volume.as_str()))?;
        must_be_lendable(&lent, row)?;
        let _volume = self.take_volume(&lent.id).await?;
        if !self.volumes.is_there(&lent.id) {
            return Err(volume_lost());
        }
        step(&mut lent, Cause::Attach)?;
        lent.attached_to = Some(row.id.clone());
        // From now on there may be data on it, which are erased before it is given back.
        lent.started_at = Some(self.now_us());
        row.volume_id = Some(lent.id.clone());
        store::save(&mut tx, &mut lent, self.now_us()).await?;
        self.finish(tx, row, intent).await?;
        tracing::info!(allocation.id = %id, volume.id = %volume, "a volume is lent");
        self.view(row)
    }

    pub(crate) async fn detach(&self, intent: &Intent, id: &str) -> Result<Allocation, OpError> {
        let _guard = self.lock(id).await;
        let volume = self.row(id).await?.volume_id;
        let _other = match &volume {
            Some(volume) => Some(self.lock(volume).await),
            None => None,
        };
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        let state = ResourceState::from_word(&row.state);
        if row.running_wanted || state.is_running() || state == ResourceState::Provisioning {
            return Err(wrong_state(state, Cause::Detach));
        }
        if let Some(volume) = row.volume_id.take() {
            let _volume = self.take_volume(&volume).await?;
            self.take_back(&mut tx, &volume).await?;
            // What came from an image is on the volume now, and no image is put over it.
            (row.image_id, row.image_placed) = (None, false);
        }
        self.finish(tx, row, intent).await?;
        self.view(row)
    }

    async fn take_back(&self, tx: &mut Tx, volume: &str) -> Result<(), OpError> {
        let mut lent = store::load(tx, volume).await?.ok_or_else(|| not_found(volume))?;
        step(&mut lent, Cause::Detach)?;
        lent.attached_to = None;
        lent.stopped_at = Some(self.now_us());
        store::save(tx, &mut lent, self.now_us()).await?;
        tracing::info!(volume.id = %volume, "a volume is taken back");
        Ok(())
    }

    /// Starts what is missing on the volume that the service has, with the room that this has.
    pub(crate) async fn ensure_machines(&self, row: &AllocationRow) -> Result<(), StartFailure> {
        let mut row = row.clone();
        if let Some(volume) = &row.volume_id {
            let lent = self.store.get(volume).await;
            let lent = lent.map_err(|error| StartFailure::Spawn(std::io::Error::other(error)))?;
            row.quota_bytes = lent.and_then(|lent| lent.quota_bytes);
        }
        let volume = self.volumes.path(row.volume());
        self.children.ensure(&row, &volume, self.config.start_timeout).await
    }
}

/// Refuses to lend to what runs, has data of its own, or is at its end.
fn must_take_a_volume(row: &AllocationRow) -> Result<(), OpError> {
    let state = ResourceState::from_word(&row.state);
    let booked =
        matches!(state, ResourceState::Reserved | ResourceState::Draining | ResourceState::Failed);
    if row.is_volume() {
        let detail = "nothing runs on a volume by itself";
        return Err(OpError::refuse(ProblemCode::Unsupported, detail));
    }
    if row.running_wanted || !booked || row.erasing_bytes.is_some() || row.erasure.is_some() {
        return Err(wrong_state(state, Cause::Attach));
    }
    if row.storage_gb > 0 || row.volume_id.is_some() {
        let detail = "the service has a volume already";
        return Err(OpError::refuse(ProblemCode::WrongState, detail));
    }
    Ok(())
}

fn must_be_lendable(lent: &AllocationRow, to: &AllocationRow) -> Result<(), OpError> {
    if !lent.is_volume() {
        let detail = "only storage that was held alone can be lent";
        return Err(OpError::refuse(ProblemCode::Unsupported, detail));
    }
    if let Some(service) = &lent.attached_to {
        let detail = format!("it is lent to {service}; detach it there first");
        return Err(OpError::refuse(ProblemCode::InUse, detail));
    }
    if lent.erasing_bytes.is_some() || lent.erasure.is_some() {
        let detail = "the data of the volume were erased";
        return Err(OpError::refuse(ProblemCode::WrongState, detail));
    }
    if lent.zone() != to.zone() {
        let detail = format!("the volume is in zone {}", lent.zone().id);
        return Err(OpError::refuse(ProblemCode::WrongState, detail));
    }
    Ok(())
}

/// Refuses for what a volume is that is lent to this service: it is given back first.
pub(super) fn must_have_none(row: &AllocationRow) -> Result<(), OpError> {
    match &row.volume_id {
        None => Ok(()),
        Some(volume) => {
            let detail = format!("the volume {volume} is lent to it; detach it first");
            Err(OpError::refuse(ProblemCode::InUse, detail))
        }
    }
}

/// Refuses for a volume by itself what only a service can do.
pub(super) fn must_run(row: &AllocationRow) -> Result<(), OpError> {
    if !row.is_volume() {
        return Ok(());
    }
    let detail = "nothing runs on a volume by itself; attach it to a service";
    Err(OpError::refuse(ProblemCode::Unsupported, detail))
}
