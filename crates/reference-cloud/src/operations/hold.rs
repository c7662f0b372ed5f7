//! Holds: take a whole group or nothing, move the end, let go, book (IF4 to IF6, F7.4.3, F7.4.4).

use std::collections::HashSet;
use std::net::SocketAddr;

use provider_api::{
    Allocation, Cause, ConfirmRequest, EndpointKind, FieldFault, HoldRequest, Problem, ProblemCode,
    ResourceState,
};

use super::backups::storage_full;
use super::zones::choose;
use super::{Intent, fence, seen, step, wrong_state};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::keys;
use crate::store::{self, NewAllocation, Tx};

/// Bytes in a gibibyte.
pub(crate) const GIB: i64 = 1 << 30;

impl Cloud {
    /// Checks and takes in one transaction, so that of two callers racing for the last capacity one wins.
    pub(crate) async fn hold(
        &self,
        intent: &Intent,
        request: &HoldRequest,
    ) -> Result<Allocation, OpError> {
        check(request, self.config.hold_ttl_max_seconds)?;
        self.check_places(&request.links)?;
        let need = request.resources.amounts_with(&request.links);
        let now_us = self.now_us();
        let mut tx = self.store.begin().await?;
        if let Some(record) = seen(&mut tx, intent).await? {
            let row = store::load(&mut tx, &record.allocation_id).await?;
            let row = row.ok_or_else(|| super::not_found(&record.allocation_id))?;
            fence(&row, intent)?;
            return self.view(&row);
        }
        if self.switches.get().disk_full && request.resources.storage.gb > 0 {
            return Err(storage_full());
        }
        store::expire(&mut tx, now_us).await?;
        // Before the capacity: what a tenant may have does not depend on what others leave.
        let used = store::used_by(&mut tx, &intent.tenant.name, now_us).await?;
        intent.tenant.admit(&used, &need)?;
        let rooms = self.rooms(&request.region, &store::used(&mut tx, now_us).await?)?;
        let zone = choose(&rooms, &need)?;
        let endpoint = self.free_endpoint(&mut tx, request.resources.network.endpoint).await?;
        let ttl = request.ttl_seconds.unwrap_or(self.config.hold_ttl_default_seconds);
        let id = format!("alc_{}", hex::encode(random::<10>()?));
        let secret = hex::encode(random::<32>()?);
        let new = NewAllocation {
            id: &id,
            secret: &secret,
            epoch: intent.epoch,
            request,
            zone,
            tenant: &intent.tenant.name,
            endpoint,
            now_us,
            held_until_us: now_us.saturating_add(i64::from(ttl) * 1_000_000),
        };
        store::insert(&mut tx, &new).await?;
        let key = intent.done(&id, now_us);
        store::record_key(&mut tx, &key).await?;
        tx.commit().await?;
        tracing::info!(allocation.id = %id, allocation.label = %request.label, allocation.zone = %zone.id, allocation.tenant = %intent.tenant.name, "a group is held");
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
        refuse_expired(&row.state)?;
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
        refuse_expired(&row.state)?;
        step(row, Cause::Confirm)?;
        let held = row.storage_gb.saturating_mul(GIB);
        let quota = request.quota.storage_bytes.unwrap_or(held);
        if quota < 0 || quota > held {
            let fault = FieldFault {
                pointer: "/quota/storageBytes".to_owned(),
                detail: format!("found {quota}, allowed is 0 to {held}"),
            };
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

fn refuse_expired(state: &str) -> Result<(), OpError> {
    if state == "expired" {
        return Err(OpError::refuse(ProblemCode::HoldExpired, "the hold has ended; hold again"));
    }
    match ResourceState::from_word(state) {
        ResourceState::Held => Ok(()),
        state => Err(wrong_state(state, Cause::Confirm)),
    }
}

fn check(request: &HoldRequest, ttl_max: u32) -> Result<(), OpError> {
    let mut faults = request.resources.faults("/resources");
    faults.extend(label_fault(&request.label));
    faults.extend(request.ttl_seconds.and_then(|ttl| ttl_fault(ttl, ttl_max, "/ttlSeconds")));
    if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
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
