//! What a contract consists of at its clouds: now, at any past moment, and what changed in between
//! (F7.5). Every step that changes something at a cloud adds a snapshot in the transaction that logs
//! the step; [`Broker::look_at_services`] adds one when a cloud has something else than was ordered.

mod graph;
mod look;
mod orphans;
mod parts;
mod read;
mod repair;

pub use graph::{AllocationGraph, ContractGraph, GraphNode, ServiceGraph};
pub use parts::{GROUP, Part, PartChange};
pub(crate) use parts::{of, word};
pub use repair::{Remedy, RepairMode, RepairView};

use domain::{ContractId, ResourceId, Timestamp};
use provider_api::Allocation;
use storage::inventory::InventorySnapshot;
use storage::{StorageError, Tx};

/// The cause of snapshots that were found by looking.
pub const LOOK: &str = "look";

/// One allocation at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationView {
    /// The cloud's id of the allocation.
    pub allocation: String,
    /// From when on it was so.
    pub since: Timestamp,
    /// Its parts, the whole first.
    pub parts: Vec<Part>,
}

/// One change: what, when, who and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryChange {
    /// When it was noted.
    pub at: Timestamp,
    /// `kind/step` of the workflow that did it, or [`LOOK`].
    pub cause: String,
    /// Who had ordered it; `None`: the broker by itself.
    pub actor: Option<String>,
    /// What about the parts changed.
    pub changes: Vec<PartChange>,
}

/// The inventory of a contract at a moment, and how it came to be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The moment.
    pub at: Timestamp,
    /// What there was then.
    pub allocations: Vec<AllocationView>,
    /// The changes until then, newest first, at most 1,000.
    pub history: Vec<InventoryChange>,
    /// Whether there are older changes than those.
    pub cut: bool,
}

/// The snapshot of what the cloud answered, for the transaction that logs the step.
pub(crate) fn snapshot(
    id: ResourceId,
    contract: ContractId,
    (allocation, cause, at): (&Allocation, String, Timestamp),
) -> InventorySnapshot {
    InventorySnapshot {
        id,
        contract_id: contract,
        allocation: allocation.id.to_string(),
        at,
        generation: allocation.generation,
        cause,
        parts: text(&of(allocation)),
    }
}

/// Whether a cloud was found to have something else than was ordered.
pub(crate) async fn differs(
    tx: &mut Tx,
    contract: ContractId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    for snapshot in storage::inventory::at(tx, contract, now).await? {
        if read_parts(&snapshot)?.iter().any(Part::differs) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How parts are stored.
fn text(parts: &[Part]) -> String {
    serde_json::to_string(parts).unwrap_or_else(|_| "[]".to_owned())
}

/// The parts of a snapshot.
fn read_parts(snapshot: &InventorySnapshot) -> Result<Vec<Part>, StorageError> {
    serde_json::from_str(&snapshot.parts).map_err(|error| StorageError::Corrupt {
        what: "inventory_snapshot.parts",
        detail: error.to_string(),
    })
}
