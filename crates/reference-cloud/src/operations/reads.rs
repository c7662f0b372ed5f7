//! Questions: capabilities, discovery, allocations, keys, liveness, metrics and the meter.

use std::time::Instant;

use provider_api::{
    Allocation, AllocationId, AllocationPage, Capabilities, DiscoverAnswer, DiscoverRequest,
    EndpointKind, HoldSupport, IdempotencyKey, Liveness, METRICS, Metrics, OperationRecord, Price,
    ProblemCode, PublicKey, ResizeSupport, ResourceGroup, TenantQuota, UsageRecord, UseInterval,
    UsedSize,
};

use super::hold::invalid;
use super::life::DEMO;
use super::not_found;
use crate::cloud::Cloud;
use crate::config::UnitPrices;
use crate::error::OpError;
use crate::store::{AllocationRow, KeyOf, Size, SizeRow};
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
            resize: ResizeSupport::Live,
            adoption: true,
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
        self.check_places(&request.links)?;
        let at_us = self.now_us();
        let mut rooms = self.rooms(&request.region, &self.store.used(at_us).await?)?;
        let left = tenant.limits.left(&self.store.used_by(&tenant.name, at_us).await?);
        for room in &mut rooms {
            room.free = room.free.least(&left);
        }
        let need = request.resources.amounts_with(&request.links);
        let lent = usize::try_from(self.store.addresses_lent(at_us).await?).unwrap_or(usize::MAX);
        let addresses = self.config.endpoints.all().count().saturating_sub(lent);
        let reachable = addresses > 0 || request.resources.network.endpoint == EndpointKind::None;
        let fitting = rooms.iter().find(|room| room.free.covers(&need));
        let Some(room) = fitting.or(rooms.first()) else {
            return Err(OpError::refuse(ProblemCode::RegionUnknown, "the region has no zone"));
        };
        Ok(DiscoverAnswer {
            available: fitting.is_some() && reachable,
            zone: room.zone.clone(),
            free: room.free,
            endpoints: u32::try_from(addresses).ok(),
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
        let (record, of) = self.store.key(own.as_str()).await?.ok_or_else(none)?;
        let (mut allocation, mut image, mut webhook) = (None, None, None);
        match of {
            KeyOf::Allocation => allocation = Some(self.allocation(&record.allocation_id).await?),
            KeyOf::Image => image = Some(self.image(&record.allocation_id).await?),
            KeyOf::Webhook => webhook = Some(self.webhook(tenant).await?),
        }
        let work = self.store.work_of(own.as_str()).await?;
        let long_operation = work.map(|work| self.view_work(&work)).transpose()?;
        Ok(OperationRecord {
            key,
            operation: record.operation,
            done_at_us: record.done_at,
            allocation,
            image,
            webhook,
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
        let had = self.store.sizes(id).await?;
        let sizes = spans(&had, &row, at_us);
        let whole = Span { from_us: i64::MIN, until_us: at_us, size: row.size() };
        let booked = row.reserved_at.map(|from| (from, row.released_at.unwrap_or(at_us)));
        let sum = |of: fn(&Size) -> i64| {
            sizes.iter().fold(0_i64, |sum, span| {
                sum.saturating_add(span.used_seconds(&intervals).saturating_mul(of(&span.size)))
            })
        };
        let (backup_bytes, backup_byte_seconds) = self.store.backups_kept(id, at_us).await?;
        let storage_gb_seconds = sizes.iter().fold(0_i64, |sum, span| {
            let held = booked.map_or(0, |(from, until)| span.overlap_us(from, until) / 1_000_000);
            sum.saturating_add(held.saturating_mul(span.size.storage_gb))
        });
        Ok(UsageRecord {
            allocation_id: AllocationId(row.id.clone()),
            label: row.label.clone(),
            at_us,
            is_final: row.state_at(at_us).is_final(),
            used_seconds: whole.used_seconds(&intervals),
            instance_seconds: sum(|size| size.instances),
            vcpu_seconds: sum(|size| size.instances.saturating_mul(size.vcpu_each)),
            storage_gb_seconds,
            storage_bytes: row.storage_bytes,
            backup_bytes,
            backup_byte_seconds,
            requests: row.requests,
            intervals,
            sizes: told(&had, &sizes),
        })
    }
}

/// A size and the time in which it was that.
struct Span {
    from_us: i64,
    until_us: i64,
    size: Size,
}

impl Span {
    fn overlap_us(&self, from: i64, until: i64) -> i64 {
        until.min(self.until_us).saturating_sub(from.max(self.from_us)).max(0)
    }

    /// Whole seconds of use; an open interval counts until the end of the span.
    fn used_seconds(&self, intervals: &[UseInterval]) -> i64 {
        let used = |each: &UseInterval| {
            self.overlap_us(each.started_at_us, each.stopped_at_us.unwrap_or(i64::MAX))
        };
        intervals.iter().map(used).sum::<i64>() / 1_000_000
    }
}

/// The sizes one after the other, until the moment of the reading; one of all times when it was never resized.
fn spans(had: &[SizeRow], row: &AllocationRow, at_us: i64) -> Vec<Span> {
    if had.is_empty() {
        return vec![Span { from_us: i64::MIN, until_us: at_us, size: row.size() }];
    }
    let ends = had.iter().skip(1).map(|next| next.from_at).chain([at_us]);
    let span = |(one, until_us): (&SizeRow, i64)| {
        let (instances, vcpu_each) = (one.instances, one.vcpu_each);
        let size = Size { instances, vcpu_each, storage_gb: one.storage_gb, ..row.size() };
        Span { from_us: one.from_at, until_us, size }
    };
    had.iter().zip(ends).map(span).collect()
}

/// The sizes on the wire.
fn told(had: &[SizeRow], spans: &[Span]) -> Vec<UsedSize> {
    if had.is_empty() {
        return Vec::new();
    }
    let last = spans.len().saturating_sub(1);
    let size = |(place, span): (usize, &Span)| UsedSize {
        from_us: span.from_us,
        until_us: (place < last).then_some(span.until_us),
        instances: span.size.instances,
        vcpu: span.size.instances.saturating_mul(span.size.vcpu_each),
        storage_gb: span.size.storage_gb,
    };
    spans.iter().enumerate().map(size).collect()
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
