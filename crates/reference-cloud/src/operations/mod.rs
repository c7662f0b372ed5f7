//! What the API's calls do. Each changing operation has the same shape: take the allocation's lock, admit the call
//! (epoch, key), write the intent, act, write the outcome together with the key. A crash in between leaves an intent
//! that the next start completes, and no key, so that a repeated call acts again without harm.

mod access;
mod adopt;
mod backups;
mod conversions;
mod drain;
mod ending;
mod events;
mod export;
mod health;
mod hold;
mod images;
mod life;
mod links;
mod monitoring;
mod otlp;
mod outcome;
mod placing;
mod pull;
mod pulled_images;
mod reads;
mod recipes;
mod resize;
mod resources;
mod security;
mod volumes;
mod webhook;
mod work;
mod zones;

pub(crate) use hold::invalid;
pub(crate) use images::{CHUNK_MAX, Chunk};
pub(crate) use monitoring::ReadingForm;
pub(crate) use otlp::push_readings;
pub(crate) use pull::shared;
pub(crate) use recipes::is_known;
pub(crate) use webhook::{deliver, sender};
pub(crate) use work::Progress;
pub(crate) use zones::Room;

use std::sync::Arc;

use provider_api::{Allocation, Cause, IdempotencyKey, ProblemCode, ResourceState};
use serde::Serialize;

use crate::cloud::Cloud;
use crate::error::OpError;
use crate::keys;
use crate::store::{self, AllocationRow, RecordedKey, Tx};
use crate::tenants::{OwnKey, Tenant};

/// A changing call: its name, whose it is, its key, its fencing token and a hash of what it asks.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub operation: &'static str,
    pub tenant: Arc<Tenant>,
    pub key: OwnKey,
    pub epoch: i64,
    pub fingerprint: String,
}

impl Intent {
    /// The same operation, target and body give the same fingerprint.
    pub(crate) fn new(
        operation: &'static str,
        tenant: Arc<Tenant>,
        (key, epoch): (&IdempotencyKey, i64),
        target: &str,
        body: &impl Serialize,
    ) -> Result<Self, OpError> {
        let fingerprint = keys::hash(serde_json::to_string(&(operation, target, body))?.as_bytes());
        let key = OwnKey::new(&tenant.name, key);
        Ok(Self { operation, tenant, key, epoch, fingerprint })
    }

    /// The call's key as one that had its effect on an allocation.
    pub(crate) fn done(&self, allocation: &str, done_at: i64) -> RecordedKey {
        RecordedKey {
            key: self.key.as_str().to_owned(),
            operation: self.operation.to_owned(),
            allocation_id: allocation.to_owned(),
            fingerprint: self.fingerprint.clone(),
            done_at,
        }
    }
}

/// An admitted call.
pub(crate) struct Admitted {
    pub row: AllocationRow,
    /// The key had its effect before: answer with what is, and do nothing.
    pub replay: bool,
}

impl Cloud {
    /// Admits a call on an allocation or refuses it. The caller holds the allocation's lock.
    pub(crate) async fn admit(&self, intent: &Intent, id: &str) -> Result<(Tx, Admitted), OpError> {
        // In its own transaction: a higher epoch counts even when the call is refused afterwards.
        self.store.raise_epoch(id, intent.epoch).await?;
        let mut tx = self.store.begin().await?;
        let Some(mut row) = store::load(&mut tx, id).await? else { return Err(not_found(id)) };
        fence(&row, intent)?;
        let replay = seen(&mut tx, intent).await?.is_some();
        if row.state_at(self.now_us()) == ResourceState::Expired && row.state != "expired" {
            row.state = ResourceState::Expired.as_str().to_owned();
            row.address = None;
            row.port = None;
        }
        Ok((tx, Admitted { row, replay }))
    }

    /// Writes the row and the key and commits.
    pub(crate) async fn finish(
        &self,
        mut tx: Tx,
        row: &mut AllocationRow,
        intent: &Intent,
    ) -> Result<(), OpError> {
        store::save(&mut tx, row, self.now_us()).await?;
        let key = intent.done(&row.id, self.now_us());
        store::record_key(&mut tx, &key).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The allocation on the wire.
    pub(crate) fn view(&self, row: &AllocationRow) -> Result<Allocation, OpError> {
        let open = self.gateway.is_open(&row.id);
        row.view(self.now_us(), open, self.children.instances(row))
    }
}

/// What fits on a page of rows that were read with one more, and the place to go on from.
fn page<T>(mut rows: Vec<T>, limit: i64, place: fn(&T) -> i64) -> (Vec<T>, Option<String>) {
    let more = i64::try_from(rows.len()).unwrap_or(0) > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(0));
    let next = more.then(|| rows.last().map(|row| place(row).to_string())).flatten();
    (rows, next)
}

pub(crate) fn not_found(id: &str) -> OpError {
    OpError::refuse(ProblemCode::NotFound, format!("there is no allocation {id}"))
}

/// Refuses a caller that lost its lease.
fn fence(row: &AllocationRow, intent: &Intent) -> Result<(), OpError> {
    if intent.epoch < row.epoch {
        let detail = format!("epoch {} is behind {}", intent.epoch, row.epoch);
        return Err(OpError::refuse(ProblemCode::StaleEpoch, detail));
    }
    Ok(())
}

/// The record of the key if it had its effect before; a refusal if that was something else.
async fn seen(tx: &mut Tx, intent: &Intent) -> Result<Option<RecordedKey>, OpError> {
    match store::load_key(tx, intent.key.as_str()).await? {
        Some(record) if record.fingerprint == intent.fingerprint => Ok(Some(record)),
        Some(record) => {
            let detail =
                format!("the key was used for {} with another body or target", record.operation);
            Err(OpError::refuse(ProblemCode::IdempotencyKeyReused, detail))
        }
        None => Ok(None),
    }
}

/// Moves the row along the common table or refuses.
fn step(row: &mut AllocationRow, cause: Cause) -> Result<(), OpError> {
    let from = ResourceState::from_word(&row.state);
    let Some(to) = from.after(cause) else { return Err(wrong_state(from, cause)) };
    row.state = to.as_str().to_owned();
    Ok(())
}

fn wrong_state(from: ResourceState, cause: Cause) -> OpError {
    let word = format!("{cause:?}").to_lowercase();
    OpError::refuse(ProblemCode::WrongState, format!("{word} is not possible while {from}"))
}
