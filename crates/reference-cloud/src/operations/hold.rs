//! Holds: take a whole group or nothing, move the end, let go, book (IF4 to IF6, F7.4.3, F7.4.4).

use std::collections::HashSet;
use std::net::SocketAddr;

use provider_api::{
    Allocation, Cause, ConfirmRequest, EndpointKind, FieldFault, HoldRequest, LinkPlace, Problem,
    ProblemCode, ReserveRequest, ResourceGroup, ResourceState,
};

use super::backups::storage_full;
use super::zones::choose;
use super::{Intent, fence, seen, step, wrong_state};
use crate::cloud::Cloud;
use crate::config::Securing;
use crate::error::OpError;
use crate::keys;
use crate::store::{self, NewAllocation, Tx};

/// Bytes in a gibibyte.
pub(crate) const GIB: i64 = 1 << 30;

/// What is to be secured, and how: held for a while, or booked with a quota.
struct Wanted<'a> {
    label: &'a str,
    region: &'a str,
    resources: &'a ResourceGroup,
    /// Room for links that is held with it.
    links: &'a [LinkPlace],
    ttl_us: i64,
    quota: Option<i64>,
}

impl Cloud {
    /// Checks and takes in one transaction, so that of two callers racing for the last capacity one wins.
    pub(crate) async fn hold(
        &self,
        intent: &Intent,
        request: &HoldRequest,
    ) -> Result<Allocation, OpError> {
        if self.config.securing != Securing::Holding {
            let detail = "this cloud holds nothing; book at once with reserve";
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        check(request, self.config.hold_ttl_max_seconds)?;
        self.check_places(&request.links)?;
        let ttl = request.ttl_seconds.unwrap_or(self.config.hold_ttl_default_seconds);
        let wanted = Wanted {
            label: &request.label,
            region: &request.region,
            resources: &request.resources,
            ttl_us: i64::from(ttl) * 1_000_000,
            quota: None,
            links: &request.links,
        };
        self.take(intent, &wanted).await
    }

    /// As a hold and its booking in one; the directory is made before anybody hears of it.
    pub(crate) async fn reserve(
        &self,
        intent: &Intent,
        request: &ReserveRequest,
    ) -> Result<Allocation, OpError> {
        if self.config.securing == Securing::Holding {
            let detail = "this cloud holds first; hold and confirm";
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        let mut faults = faults(&request.label, &request.resources);
        let all = i64::from(request.resources.storage.gb).saturating_mul(GIB);
        let quota = request.quota.storage_bytes.unwrap_or(all);
        faults.extend(quota_fault(quota, all));
        if !faults.is_empty() {
            return Err(invalid(faults));
        }
        let wanted = Wanted {
            label: &request.label,
            region: &request.region,
            resources: &request.resources,
            ttl_us: 0,
            quota: Some(quota),
            links: &[],
        };
        self.take(intent, &wanted).await
    }

    async fn take(&self, intent: &Intent, wanted: &Wanted<'_>) -> Result<Allocation, OpError> {
        let need = wanted.resources.amounts_with(wanted.links);
        let now_us = self.now_us();
        let mut tx = self.store.begin().await?;
        if let Some(record) = seen(&mut tx, intent).await? {
            let row = store::load(&mut tx, &record.allocation_id).await?;
            let row = row.ok_or_else(|| super::not_found(&record.allocation_id))?;
            fence(&row, intent)?;
            return self.view(&row);
        }
        if self.switches.get().disk_full && wanted.resources.storage.gb > 0 {
            return Err(storage_full());
        }
        store::expire(&mut tx, now_us).await?;
        // Before the capacity: what a tenant may have does not depend on what others leave.
        let used = store::used_by(&mut tx, &intent.tenant.name, now_us).await?;
        intent.tenant.admit(&used, &need)?;
        let rooms = self.rooms(wanted.region, &store::used(&mut tx, now_us).await?)?;
        let zone = choose(&rooms, &need)?;
        let endpoint = self.free_endpoint(&mut tx, wanted.resources.network.endpoint).await?;
        let id = format!("alc_{}", hex::encode(random::<10>()?));
        let secret = hex::encode(random::<32>()?);
        let new = NewAllocation {
            id: &id,
            secret: &secret,
            epoch: intent.epoch,
            label: wanted.label,
            resources: wanted.resources,
            links: wanted.links,
            zone,
            tenant: &intent.tenant.name,
            endpoint,
            now_us,
            held_until_us: now_us.saturating_add(wanted.ttl_us),
            booked: wanted.quota,
        };
        store::insert(&mut tx, &new).await?;
        if wanted.quota.is_some() {
            self.volumes.create(&id)?;
        }
        let key = intent.done(&id, now_us);
        store::record_key(&mut tx, &key).await?;
        tx.commit().await?;
        tracing::info!(allocation.id = %id, allocation.label = %wanted.label, allocation.zone = %zone.id, allocation.tenant = %intent.tenant.name, booked = wanted.quota.is_some(), "a group is secured");
        self.allocation(&id).await
    }

    /// The first address of the range that is neither lent nor taken by someone else on this machine.
    async fn free_endpoint(
        &self,
        tx: &mut Tx,
        kind: EndpointKind,
    ) -> Result<Option<SocketAddr>, OpError> {
        if kind == EndpointKind::None {
            return Ok(None);
        }
        let lent: HashSet<(String, i64)> = store::addresses(tx).await?.into_iter().collect();
        let mut free = self.config.endpoints.all().filter(|address| {
            !lent.contains(&(address.ip().to_string(), i64::from(address.port())))
                && std::net::TcpListener::bind(address).is_ok()
        });
        match free.next() {
            Some(address) => Ok(Some(address)),
            None => {
                Err(OpError::refuse(ProblemCode::CapacityExhausted, "no address for users is free"))
            }
        }
    }

    pub(crate) async fn extend(
        &self,
        intent: &Intent,
        id: &str,
        ttl_seconds: u32,
    ) -> Result<Allocation, OpError> {
        check_ttl(ttl_seconds, self.config.hold_ttl_max_seconds, "/ttlSeconds")?;
        let _guard = self.lock(id).await;
        let (tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        refuse_expired(&row.state, Cause::Extend)?;
        step(row, Cause::Extend)?;
        row.held_until = self.now_us().saturating_add(i64::from(ttl_seconds) * 1_000_000);
        self.finish(tx, row, intent).await?;
        self.view(row)
    }

    pub(crate) async fn drop_hold(&self, intent: &Intent, id: &str) -> Result<Allocation, OpError> {
        let _guard = self.lock(id).await;
        let (tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        let state = ResourceState::from_word(&row.state);
        // Dropping what has ended by itself reaches the goal all the same.
        if admitted.replay || state.is_final() {
            return self.view(row);
        }
        step(row, Cause::Drop)?;
        row.address = None;
        row.port = None;
        row.released_at = Some(self.now_us());
        self.finish(tx, row, intent).await?;
        self.view(row)
    }

    pub(crate) async fn confirm(
        &self,
        intent: &Intent,
        id: &str,
        request: &ConfirmRequest,
    ) -> Result<Allocation, OpError> {
        let _guard = self.lock(id).await;
        let (tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        refuse_expired(&row.state, Cause::Confirm)?;
        step(row, Cause::Confirm)?;
        let held = row.storage_gb.saturating_mul(GIB);
        let quota = request.quota.storage_bytes.unwrap_or(held);
        if let Some(fault) = quota_fault(quota, held) {
            return Err(invalid(vec![fault]));
        }
        row.quota_bytes = Some(quota);
        row.reserved_at = Some(self.now_us());
        self.volumes.create(id)?;
        self.finish(tx, row, intent).await?;
        self.view(row)
    }
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], OpError> {
    keys::random().map_err(|error| OpError::Io(std::io::Error::other(error)))
}

fn refuse_expired(state: &str, cause: Cause) -> Result<(), OpError> {
    if state == "expired" {
        return Err(OpError::refuse(ProblemCode::HoldExpired, "the hold has ended; hold again"));
    }
    match ResourceState::from_word(state) {
        ResourceState::Held => Ok(()),
        state => Err(wrong_state(state, cause)),
    }
}

fn check(request: &HoldRequest, ttl_max: u32) -> Result<(), OpError> {
    let mut faults = faults(&request.label, &request.resources);
    faults.extend(request.ttl_seconds.and_then(|ttl| ttl_fault(ttl, ttl_max, "/ttlSeconds")));
    if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
}

/// What is wrong with the label or the group.
fn faults(label: &str, resources: &ResourceGroup) -> Vec<FieldFault> {
    let mut faults = resources.faults("/resources");
    faults.extend(label_fault(label));
    faults
}

fn quota_fault(quota: i64, all: i64) -> Option<FieldFault> {
    let fits = (0..=all).contains(&quota);
    (!fits).then(|| FieldFault {
        pointer: "/quota/storageBytes".to_owned(),
        detail: format!("found {quota}, allowed is 0 to {all}"),
    })
}

fn check_ttl(ttl: u32, max: u32, pointer: &str) -> Result<(), OpError> {
    ttl_fault(ttl, max, pointer).map_or(Ok(()), |fault| Err(invalid(vec![fault])))
}

fn ttl_fault(ttl: u32, max: u32, pointer: &str) -> Option<FieldFault> {
    let fits = ttl > 0 && ttl <= max;
    (!fits).then(|| FieldFault {
        pointer: pointer.to_owned(),
        detail: format!("found {ttl}, allowed is 1 to {max}"),
    })
}

pub(crate) fn invalid(errors: Vec<FieldFault>) -> OpError {
    let problem = Problem::new(ProblemCode::InvalidRequest, "some values are not allowed")
        .with_errors(errors);
    OpError::Refused(Box::new(problem))
}

/// What is wrong with a label.
pub(super) fn label_fault(label: &str) -> Option<FieldFault> {
    let length = label.chars().count();
    if (1..=200).contains(&length) && !label.chars().any(char::is_control) {
        return None;
    }
    let detail = "a label has 1 to 200 characters without control characters".to_owned();
    Some(FieldFault { pointer: "/label".to_owned(), detail })
}
