//! Resize: what is booked becomes larger or smaller, all of it or nothing. Room is checked and taken in one transaction;
//! until the new size is reached the allocation takes the larger of both, so that neither is lent twice. What a crash cut
//! off goes on to the new size, or back when that cannot be reached.

use provider_api::{Allocation, Amounts, Cause, FieldFault, ProblemCode, ResizeRequest};

use super::backups::{storage_full, volume_lost};
use super::drain::must_not_drain;
use super::hold::{GIB, invalid};
use super::volumes::{must_have_none, must_run};
use super::zones::shortage;
use super::{Intent, step};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::{self, AllocationRow, Resizing, Size, Tx};

impl Cloud {
    pub(crate) async fn resize(
        &self,
        intent: &Intent,
        id: &str,
        request: &ResizeRequest,
    ) -> Result<Allocation, OpError> {
        let quota = check(request)?;
        let _guard = self.lock(id).await;
        self.settle_size(id).await?;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        must_not_drain(row)?;
        // A volume by itself keeps its size, and so does a service that one is lent to.
        must_run(row)?;
        must_have_none(row)?;
        if request.resources.is_volume() {
            let pointer = "/resources/compute/count".to_owned();
            let detail = "a service has at least one machine".to_owned();
            return Err(invalid(vec![FieldFault { pointer, detail }]));
        }
        step(row, Cause::Resize)?;
        self.must_have_data(row)?;
        if request.resources.network.endpoint != row.endpoint_kind() {
            let pointer = "/resources/network/endpoint".to_owned();
            let detail = "the kind of endpoint stays as it was held".to_owned();
            return Err(invalid(vec![FieldFault { pointer, detail }]));
        }
        let change = Resizing { from: row.size(), to: Size::wanted(request, quota) };
        self.must_hold(id, &change.to)?;
        self.must_have_room(&mut tx, intent, row, &change).await?;
        let _volume = self.take_volume(id).await?;
        row.begin_resize(&change)?;
        store::save(&mut tx, row, self.now_us()).await?;
        tx.commit().await?;
        match self.reach(row, &change.to).await {
            Ok(()) => self.view(&self.finish_size(id, Some(intent)).await?),
            Err(error) => {
                self.turn_back(id).await?;
                Err(error)
            }
        }
    }

    /// Goes on with a change that was cut off, or back when its size cannot be reached. The caller holds the lock.
    pub(crate) async fn settle_size(&self, id: &str) -> Result<(), OpError> {
        let Some(row) = self.store.get(id).await? else { return Ok(()) };
        let Some(change) = row.resizing() else { return Ok(()) };
        match self.reach(&row, &change.to).await {
            Ok(()) => {
                self.finish_size(id, None).await?;
            }
            Err(error) => {
                tracing::warn!(allocation.id = %id, %error, "a size could not be reached");
                self.turn_back(id).await?;
            }
        }
        Ok(())
    }

    /// Brings machines and volume to a size. Safe to repeat.
    async fn reach(&self, row: &AllocationRow, size: &Size) -> Result<(), OpError> {
        let wanted = row.of_size(size);
        if row.running_wanted {
            let volume = self.volumes.path(&row.id);
            let started = self.children.ensure(&wanted, &volume, self.config.start_timeout).await;
            started.map_err(|failure| {
                OpError::refuse(ProblemCode::StartFailed, failure.to_string())
            })?;
            self.children.tell_quota(&wanted).await?;
        }
        // From here on nothing is written beyond it; something may have been in between.
        self.must_hold(&row.id, size)?;
        self.children.end_from(&row.id, size.instances).await?;
        Ok(())
    }

    /// Back to the size before, which is written down first: a crash in between goes the same way.
    async fn turn_back(&self, id: &str) -> Result<(), OpError> {
        let mut tx = self.store.begin().await?;
        let row = store::load(&mut tx, id).await?;
        let mut row = row.ok_or_else(|| super::not_found(id))?;
        let Some(change) = row.resizing() else { return Ok(()) };
        row.turn_back(&change)?;
        store::save(&mut tx, &mut row, self.now_us()).await?;
        tx.commit().await?;
        self.reach(&row, &change.from).await?;
        self.finish_size(id, None).await?;
        Ok(())
    }

    /// Notes that the size is reached: for the meter, and as an event.
    async fn finish_size(
        &self,
        id: &str,
        intent: Option<&Intent>,
    ) -> Result<AllocationRow, OpError> {
        let now_us = self.now_us();
        let mut tx = self.store.begin().await?;
        let row = store::load(&mut tx, id).await?;
        let mut row = row.ok_or_else(|| super::not_found(id))?;
        if let Some(change) = row.resizing() {
            row.end_resize(&change);
            if change.from != change.to {
                store::note_size(&mut tx, &row, &change, now_us).await?;
                tracing::info!(allocation.id = %id, "an allocation has another size");
            }
        }
        self.finish_maybe(tx, &mut row, intent).await?;
        Ok(row)
    }

    fn must_have_data(&self, row: &AllocationRow) -> Result<(), OpError> {
        if row.erasure.is_some() || row.erasing_bytes.is_some() {
            let detail = "the data were erased; there is nothing left to resize";
            return Err(OpError::refuse(ProblemCode::WrongState, detail));
        }
        if self.volumes.is_there(&row.id) { Ok(()) } else { Err(volume_lost()) }
    }

    /// What is on the volume fits into the size.
    fn must_hold(&self, id: &str, size: &Size) -> Result<(), OpError> {
        let (used, quota) = (self.volumes.content(id)?.bytes, size.quota_bytes.unwrap_or(0));
        if used <= quota {
            return Ok(());
        }
        let detail = format!("the volume holds {used} bytes, the new size allows {quota}");
        Err(OpError::refuse(ProblemCode::StorageInUse, detail))
    }

    /// What is more than before fits into the tenant's quota and into the zone where it is; what is less always does.
    async fn must_have_room(
        &self,
        tx: &mut Tx,
        intent: &Intent,
        row: &AllocationRow,
        change: &Resizing,
    ) -> Result<(), OpError> {
        let (old, new) = (change.from.amounts(), change.to.amounts());
        if self.switches.get().disk_full && new.storage_gb > old.storage_gb {
            return Err(storage_full());
        }
        let zone = row.zone().id;
        let now_us = self.now_us();
        store::expire(tx, now_us).await?;
        let more = growth(&old, &new);
        let own = store::used_by(tx, &intent.tenant.name, now_us).await?;
        intent.tenant.admit(&own, &more)?;
        let used = store::used(tx, now_us).await?;
        let room = self.all_rooms(&used).find(|room| room.zone.id == zone);
        let free = room.map(|room| room.free).unwrap_or_default();
        if free_for(&free, &more).covers(&more) {
            return Ok(());
        }
        let short = shortage(&free_for(&free, &more), &more);
        let detail = format!("zone {zone}: {short} beside what it has");
        Err(OpError::refuse(ProblemCode::CapacityExhausted, detail))
    }
}

/// What is taken beyond the old size.
fn growth(old: &Amounts, new: &Amounts) -> Amounts {
    let more = new.minus(old);
    Amounts {
        instances: more.instances.max(0),
        vcpu: more.vcpu.max(0),
        ram_mb: more.ram_mb.max(0),
        storage_gb: more.storage_gb.max(0),
        mbps: more.mbps.max(0),
    }
}

/// What is free, where it matters: a zone that lends less than it has lent is in nobody's way who takes no more.
fn free_for(free: &Amounts, more: &Amounts) -> Amounts {
    let rest = |free: i64, more: i64| if more == 0 { free.max(0) } else { free };
    Amounts {
        instances: rest(free.instances, more.instances),
        vcpu: rest(free.vcpu, more.vcpu),
        ram_mb: rest(free.ram_mb, more.ram_mb),
        storage_gb: rest(free.storage_gb, more.storage_gb),
        mbps: rest(free.mbps, more.mbps),
    }
}

/// The bytes that the volume may hold.
fn check(request: &ResizeRequest) -> Result<i64, OpError> {
    let mut faults = request.resources.faults("/resources");
    let size = i64::from(request.resources.storage.gb).saturating_mul(GIB);
    let quota = request.quota.storage_bytes.unwrap_or(size);
    if quota < 0 || quota > size {
        let detail = format!("found {quota}, allowed is 0 to {size}");
        faults.push(FieldFault { pointer: "/quota/storageBytes".to_owned(), detail });
    }
    if faults.is_empty() { Ok(quota) } else { Err(invalid(faults)) }
}
