//! Whether the volume of an allocation is there, and losing it on order.

use provider_api::{FieldFault, ResourceState, VolumeHealth};

use super::hold::invalid;
use super::work::blocking;
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::AllocationRow;
use crate::watch;

impl Cloud {
    /// Nothing when no volume should be there: not booked yet, erased, or none was asked for.
    pub(crate) fn volume_health(&self, row: &AllocationRow) -> Option<VolumeHealth> {
        use ResourceState::{Active, Draining, Failed, Provisioning, Ready, Reserved};
        let booked = [Reserved, Provisioning, Ready, Active, Draining, Failed];
        let kept = booked.contains(&ResourceState::from_word(&row.state))
            && row.erasing_bytes.is_none()
            && row.erasure.is_none()
            && (row.storage_gb > 0 || row.volume_id.is_some());
        let there = self.volumes.is_there(row.volume());
        kept.then_some(if there { VolumeHealth::Present } else { VolumeHealth::Lost })
    }

    /// Loses the volume of an allocation for good; a service that runs on it fails.
    pub(crate) async fn lose_volume(&self, id: &str) -> Result<(), OpError> {
        let _guard = self.lock(id).await;
        let row = self.store.get(id).await?;
        let Some(row) = row.filter(|row| self.volume_health(row).is_some()) else {
            let detail = format!("found {id:?}, allowed is the id of an allocation with a volume");
            return Err(invalid(vec![FieldFault { pointer: "/lostVolume".to_owned(), detail }]));
        };
        let _volume = self.take_volume(id).await?;
        let (volumes, name) = (self.volumes.clone(), id.to_owned());
        blocking(move || volumes.erase(&name).map_err(OpError::from)).await?;
        tracing::warn!(allocation.id = %id, "a volume was lost on order");
        if row.running_wanted {
            watch::give_up(self, id, watch::VOLUME_LOST).await?;
        }
        Ok(())
    }
}
