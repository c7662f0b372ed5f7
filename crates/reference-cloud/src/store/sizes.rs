//! The size of an allocation: as it is, as it becomes, and every one it has had.

use provider_api::{
    Amounts, ComputeSpec, NetworkSpec, ResizeRequest, ResourceGroup, SizeNotice, StorageSpec,
};
use serde::{Deserialize, Serialize};

use super::{AllocationRow, Store, Tx};

/// How large an allocation is, and what its volume may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Size {
    pub instances: i64,
    pub vcpu_each: i64,
    pub ram_mb_each: i64,
    pub storage_gb: i64,
    pub mbps: i64,
    pub quota_bytes: Option<i64>,
}

impl Size {
    /// What is asked for, with the volume filled up to `quota_bytes` at most.
    pub(crate) fn wanted(request: &ResizeRequest, quota_bytes: i64) -> Self {
        let group = &request.resources;
        Self {
            instances: group.compute.count.into(),
            vcpu_each: group.compute.vcpu.into(),
            ram_mb_each: group.compute.ram_mb.into(),
            storage_gb: group.storage.gb.into(),
            mbps: group.network.mbps.into(),
            quota_bytes: Some(quota_bytes),
        }
    }

    /// What it takes in all.
    pub(crate) fn amounts(&self) -> Amounts {
        Amounts {
            instances: self.instances,
            vcpu: self.instances.saturating_mul(self.vcpu_each),
            ram_mb: self.instances.saturating_mul(self.ram_mb_each),
            storage_gb: self.storage_gb,
            mbps: self.mbps,
        }
    }

    fn larger(&self, other: &Self) -> Self {
        Self {
            instances: self.instances.max(other.instances),
            vcpu_each: self.vcpu_each.max(other.vcpu_each),
            ram_mb_each: self.ram_mb_each.max(other.ram_mb_each),
            storage_gb: self.storage_gb.max(other.storage_gb),
            mbps: self.mbps.max(other.mbps),
            quota_bytes: self.quota_bytes.max(other.quota_bytes),
        }
    }

    /// The same on the wire.
    pub(crate) fn group(&self, row: &AllocationRow) -> ResourceGroup {
        ResourceGroup {
            compute: ComputeSpec {
                count: small(self.instances),
                vcpu: small(self.vcpu_each),
                ram_mb: small(self.ram_mb_each),
            },
            storage: StorageSpec { gb: small(self.storage_gb) },
            network: NetworkSpec { mbps: small(self.mbps), endpoint: row.endpoint_kind() },
        }
    }
}

/// Counts were checked when they came in; a damaged row shows as zero rather than failing every list.
fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// A change of size that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resizing {
    pub from: Size,
    pub to: Size,
}

impl AllocationRow {
    /// The size it has; while that changes, the one before.
    pub(crate) fn size(&self) -> Size {
        self.resizing().map_or(self.taken(), |change| change.from)
    }

    /// The size it takes of the zone.
    pub(crate) fn taken(&self) -> Size {
        Size {
            instances: self.instances,
            vcpu_each: self.vcpu_each,
            ram_mb_each: self.ram_mb_each,
            storage_gb: self.storage_gb,
            mbps: self.mbps,
            quota_bytes: self.quota_bytes,
        }
    }

    /// The change that is under way.
    pub(crate) fn resizing(&self) -> Option<Resizing> {
        serde_json::from_str(self.resizing.as_deref()?).ok()
    }

    fn take(&mut self, size: &Size) {
        self.instances = size.instances;
        self.vcpu_each = size.vcpu_each;
        self.ram_mb_each = size.ram_mb_each;
        self.storage_gb = size.storage_gb;
        self.mbps = size.mbps;
        self.quota_bytes = size.quota_bytes;
    }

    /// Writes down that it becomes another size; until it has it, it takes the larger of both.
    pub(crate) fn begin_resize(&mut self, change: &Resizing) -> Result<(), serde_json::Error> {
        self.resizing = Some(serde_json::to_string(change)?);
        self.take(&change.from.larger(&change.to));
        Ok(())
    }

    /// Writes down that it goes back; what the other size took is kept until nothing of that is left.
    pub(crate) fn turn_back(&mut self, change: &Resizing) -> Result<(), serde_json::Error> {
        let back = Resizing { from: change.from, to: change.from };
        self.resizing = Some(serde_json::to_string(&back)?);
        Ok(())
    }

    /// Writes down that it has the other size.
    pub(crate) fn end_resize(&mut self, change: &Resizing) {
        self.resizing = None;
        self.take(&change.to);
    }

    /// The row of an allocation that has this size.
    pub(crate) fn of_size(&self, size: &Size) -> Self {
        let mut row = self.clone();
        row.take(size);
        row
    }
}

/// A size from a moment on.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct SizeRow {
    pub from_at: i64,
    pub instances: i64,
    pub vcpu_each: i64,
    pub storage_gb: i64,
}

impl Store {
    /// Every size an allocation has had, oldest first; nothing of one that was never resized.
    pub(crate) async fn sizes(&self, id: &str) -> Result<Vec<SizeRow>, sqlx::Error> {
        sqlx::query_as(
            "SELECT from_at, instances, vcpu_each, storage_gb FROM sizes WHERE allocation_id = $1 ORDER BY id",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await
    }
}

/// Notes that an allocation has another size from now on, for its meter and as an event. The row has it already.
pub(crate) async fn note_size(
    tx: &mut Tx,
    row: &AllocationRow,
    change: &Resizing,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    let first: Option<i64> =
        sqlx::query_scalar("SELECT id FROM sizes WHERE allocation_id = $1 LIMIT 1")
            .bind(&row.id)
            .fetch_optional(&mut **tx)
            .await?;
    if first.is_none() {
        insert(tx, &row.id, &change.from, row.reserved_at.unwrap_or(row.created_at)).await?;
    }
    insert(tx, &row.id, &change.to, now_us).await?;
    let notice = SizeNotice { before: change.from.group(row), after: change.to.group(row) };
    super::events::note_size(tx, row, &notice, now_us).await
}

async fn insert(tx: &mut Tx, id: &str, size: &Size, from_at: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sizes (allocation_id, from_at, instances, vcpu_each, storage_gb) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(from_at)
    .bind(size.instances)
    .bind(size.vcpu_each)
    .bind(size.storage_gb)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
