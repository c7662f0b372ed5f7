//! Questions: capabilities, discovery, allocations, keys, liveness, metrics and the meter.

use std::time::Instant;

use provider_api::{
    Allocation, AllocationId, AllocationPage, Capabilities, DiscoverAnswer, DiscoverRequest,
    EndpointKind, HoldSupport, IdempotencyKey, Liveness, METRICS, Metrics, OperationRecord, Price,
    ProblemCode, PublicKey, ResourceGroup, TenantQuota, UsageRecord,
};

use super::hold::invalid;
use super::life::DEMO;
use super::not_found;
use crate::cloud::Cloud;
use crate::config::UnitPrices;
use crate::error::OpError;
use crate::store::AllocationRow;
use crate::tenants::{OwnKey, Tenant};

/// A live answer is worth trusting this long; shorter than any hold.
const ANSWER_VALID_US: i64 = 10_000_000;
/// Allocations on one page at most.
const PAGE_MAX: i64 = 100;

impl Cloud {
    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities {
            api_version: "1".to_owned(),
            provider: self.config.name.clone(),
            zones: self.config.zones.clone(),
            hold: HoldSupport::NativeGroup,
            hold_ttl_default_seconds: self.config.hold_ttl_default_seconds,
            hold_ttl_max_seconds: self.config.hold_ttl_max_seconds,
            endpoints: vec![EndpointKind::None, EndpointKind::Http],
            applications: vec![DEMO.to_owned()],
            metrics: METRICS.iter().map(|metric| metric.name.to_owned()).collect(),
            backups: true,
            monitoring: Some(self.monitoring_support()),
            security: Some(self.security_support()),
            volumes: true,
            drain: true,
            export: true,
            webhooks: true,
            images: Some(self.image_support()),
            variables: self.recipe_variables(),
            quota: true,
            links: self.link_support(),
            erasure_key: Some(PublicKey::of(
                &self.signer.key.verifying_key(),
                self.signer.key_id.clone(),
            )),
        }
    }

    pub(crate) async fn quota(&self, tenant: &Tenant) -> Result<TenantQuota, OpError> {
        let at_us = self.now_us();
        let used = self.store.used_by(&tenant.name, at_us).await?;
        Ok(TenantQuota { tenant: tenant.name.clone(), limits: tenant.limits, used, at_us })
    }

    pub(crate) async fn discover(
        &self,
        tenant: &Tenant,
        request: &DiscoverRequest,
    ) -> Result<DiscoverAnswer, OpError> {
        let faults = request.resources.faults("/resources");
        if !faults.is_empty() {
            return Err(invalid(faults));
        }
        let at_us = self.now_us();
        let mut rooms = self.rooms(&request.region, &self.store.used(at_us).await?)?;
        let left = tenant.limits.left(&self.store.used_by(&tenant.name, at_us).await?);
        for room in &mut rooms {
            room.free = room.free.least(&left);
        }
        let need = request.resources.amounts();
        let fitting = rooms.iter().find(|room| room.free.covers(&need));
        let Some(room) = fitting.or(rooms.first()) else {
            return Err(OpError::refuse(ProblemCode::RegionUnknown, "the region has no zone"));
        };
        Ok(DiscoverAnswer {
            available: fitting.is_some(),
            zone: room.zone.clone(),
            free: room.free,
            at_us,
            valid_until_us: at_us.saturating_add(ANSWER_VALID_US),
            ready_in_seconds: Some(1),
            price: self.config.prices.as_ref().map(|prices| price(prices, &request.resources)),
        })
    }

    pub(crate) async fn row(&self, id: &str) -> Result<AllocationRow, OpError> {
        self.store.get(id).await?.ok_or_else(|| not_found(id))
    }

    pub(crate) async fn allocation(&self, id: &str) -> Result<Allocation, OpError> {
        self.view(&self.row(id).await?)
    }

    /// A page, oldest first; the place is the number of the last row seen.
    pub(crate) async fn list(
        &self,
        tenant: &Tenant,
        label: Option<&str>,
        (after, limit): (i64, i64),
    ) -> Result<AllocationPage, OpError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = self.store.list(&tenant.name, label, (after, limit + 1)).await?;
        let (rows, next) = super::page(rows, limit, |row| row.seq);
        let items = rows.iter().map(|row| self.view(row)).collect::<Result<_, _>>()?;
        Ok(AllocationPage { items, next })
    }

    pub(crate) async fn operation(
        &self,
        tenant: &Tenant,
        key: &str,
    ) -> Result<OperationRecord, OpError> {
        let none = || OpError::refuse(ProblemCode::NotFound, "the key had no effect here");
        let key = IdempotencyKey::parse(key).map_err(|_| none())?;
        let own = OwnKey::new(&tenant.name, &key);
        let record = self.store.key(own.as_str()).await?.ok_or_else(none)?;
        let allocation = self.allocation(&record.allocation_id).await?;
        let work = self.store.work_of(own.as_str()).await?;
        let long_operation = work.map(|work| self.view_work(&work)).transpose()?;
        Ok(OperationRecord {
            key,
            operation: record.operation,
            done_at_us: record.done_at,
            allocation,
            long_operation,
        })
    }

    pub(crate) async fn liveness(&self, id: &str) -> Result<Liveness, OpError> {
        let row = self.row(id).await?;
        if row.running_wanted {
            self.children.check(&row).await;
        }
        let instances = self.children.instances(&row);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let running = instances.iter().filter(|instance| instance.running).count();
        let checked_at_us = self.now_us();
        Ok(Liveness {
            allocation_id: AllocationId(row.id.clone()),
            state: row.state_at(checked_at_us),
            alive: running > 0,
            instances_running: count(running),
            instances_wanted: count(instances.len()),
            access_open: self.gateway.is_open(&row.id),
            volume: self.volume_health(&row),
            checked_at_us,
        })
    }

    pub(crate) async fn metrics(&self, id: &str) -> Result<Metrics, OpError> {
        let row = self.row(id).await?;
        let mut usage =
            if row.running_wanted { self.children.usage(&row) } else { Default::default() };
        if self.volumes.path(row.volume()).exists() {
            usage.storage_bytes = Some(self.volumes.content(row.volume())?.bytes);
        }
        usage.storage_quota_bytes = match &row.volume_id {
            Some(volume) => self.row(volume).await?.quota_bytes,
            None => row.quota_bytes,
        };
        let response = self.gateway.stats(id).window(Instant::now());
        Ok(Metrics { allocation_id: AllocationId(row.id), at_us: self.now_us(), response, usage })
    }

    pub(crate) async fn meter(&self, id: &str) -> Result<UsageRecord, OpError> {
        let row = self.row(id).await?;
        crate::watch::note(self, &row).await?;
        let row = self.row(id).await?;
        let at_us = self.now_us();
        let intervals = self.store.intervals(id).await?;
        let used_us: i64 = intervals
            .iter()
            .map(|used| {
                used.stopped_at_us.unwrap_or(at_us).saturating_sub(used.started_at_us).max(0)
            })
            .sum();
        let used_seconds = used_us / 1_000_000;
        let (backup_bytes, backup_byte_seconds) = self.store.backups_kept(id, at_us).await?;
        let held_us = row
            .reserved_at
            .map_or(0, |from| row.released_at.unwrap_or(at_us).saturating_sub(from).max(0));
        Ok(UsageRecord {
            allocation_id: AllocationId(row.id.clone()),
            label: row.label.clone(),
            at_us,
            is_final: row.state_at(at_us).is_final(),
            used_seconds,
            instance_seconds: used_seconds.saturating_mul(row.instances),
            vcpu_seconds: used_seconds.saturating_mul(row.instances.saturating_mul(row.vcpu_each)),
            storage_gb_seconds: (held_us / 1_000_000).saturating_mul(row.storage_gb),
            storage_bytes: row.storage_bytes,
            backup_bytes,
            backup_byte_seconds,
            requests: row.requests,
            intervals,
        })
    }
}

fn price(prices: &UnitPrices, group: &ResourceGroup) -> Price {
    let need = group.amounts();
    let ram = need.ram_mb.saturating_mul(prices.ram_gb_minor);
    // Rounded up: a broken gibibyte is never free.
    let ram = ram.saturating_add(1023).div_euclid(1024);
    let month_minor = need
        .vcpu
        .saturating_mul(prices.vcpu_minor)
        .saturating_add(ram)
        .saturating_add(need.storage_gb.saturating_mul(prices.storage_gb_minor));
    Price { currency: prices.currency.clone(), month_minor }
}
