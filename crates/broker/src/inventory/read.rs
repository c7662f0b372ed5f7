//! Reading the inventory of a contract: a moment, its history, and the way from one moment to another.

use super::parts::differences;
use super::{AllocationView, Inventory, InventoryChange, LOOK, PartChange, read_parts};
use crate::{Broker, BrokerError, OpContext};
use domain::{ContractId, Timestamp};
use std::collections::BTreeMap;
use storage::audit::{self, AuditEntry};
use storage::inventory::{self, InventorySnapshot, MOST};
use storage::{StorageError, Tx};

/// Lines of the audit list that are looked through for who ordered something.
const ORDERS_MAX: u32 = 200;
/// What was noted at the end of some work, and decisions that change nothing: none of it is an order.
const NO_ORDER: &[&str] = &[
    "contract.activated",
    "contract.activation_failed",
    "contract.changed",
    "contract.change_begun",
    "contract.change_failed",
    "contract.moved_over",
    "contract.repaired",
    "contract.repair_failed",
    "contract.repair_mode_set",
    "contract.begun",
    "contract.change_begun",
    "contract.change_failed",
    "contract.changed",
    "contract.released",
];

impl Broker {
    /// The inventory of a contract at a moment; now unless one is said (F7.5.0, F7.5.4).
    pub async fn inventory(
        &self,
        ctx: &OpContext,
        id: ContractId,
        at: Option<Timestamp>,
    ) -> Result<Inventory, BrokerError> {
        let at = at.unwrap_or_else(|| self.now());
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, id).await?;
        let allocations = views(&inventory::at(&mut tx, id, at).await?)?;
        let span = (Timestamp(i64::MIN), at);
        let mut snapshots = inventory::between(&mut tx, id, span).await?;
        let cut = i64::try_from(snapshots.len()).is_ok_and(|count| count == MOST);
        snapshots.reverse();
        let orders = orders(&mut tx, id).await?;
        drop(tx);
        Ok(Inventory { at, allocations, history: history(&snapshots, &orders, cut)?, cut })
    }

    /// What differs between two moments, allocation by allocation.
    pub async fn inventory_differences(
        &self,
        ctx: &OpContext,
        id: ContractId,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<PartChange>, BrokerError> {
        let mut tx = self.begin_read().await?;
        self.readable(ctx, &mut tx, id).await?;
        let before = views(&inventory::at(&mut tx, id, from).await?)?;
        let after = views(&inventory::at(&mut tx, id, to).await?)?;
        drop(tx);
        let parts = |views: &[AllocationView], allocation: &str| {
            let found = views.iter().find(|view| view.allocation == allocation);
            found.map(|view| view.parts.clone()).unwrap_or_default()
        };
        let mut names: Vec<&str> = Vec::new();
        for view in before.iter().chain(&after) {
            if !names.contains(&view.allocation.as_str()) {
                names.push(&view.allocation);
            }
        }
        let between = |name: &&str| differences(name, &parts(&before, name), &parts(&after, name));
        Ok(names.iter().flat_map(between).collect())
    }
}

fn views(snapshots: &[InventorySnapshot]) -> Result<Vec<AllocationView>, StorageError> {
    let view = |snapshot: &InventorySnapshot| {
        Ok(AllocationView {
            allocation: snapshot.allocation.clone(),
            since: snapshot.at,
            parts: read_parts(snapshot)?,
        })
    };
    snapshots.iter().map(view).collect()
}

/// Each snapshot beside the one before it, newest first.
fn history(
    snapshots: &[InventorySnapshot],
    orders: &[AuditEntry],
    cut: bool,
) -> Result<Vec<InventoryChange>, StorageError> {
    let mut last = BTreeMap::new();
    let mut all = Vec::with_capacity(snapshots.len());
    for snapshot in snapshots {
        let parts = read_parts(snapshot)?;
        let before = last.insert(snapshot.allocation.as_str(), parts.clone());
        // What stood before the first of a list that is cut off is not known.
        if cut && before.is_none() {
            continue;
        }
        all.push(InventoryChange {
            at: snapshot.at,
            cause: snapshot.cause.clone(),
            actor: ordered_by(snapshot, orders),
            changes: differences(&snapshot.allocation, &before.unwrap_or_default(), &parts),
        });
    }
    all.reverse();
    Ok(all)
}

/// Who last ordered something about the contract before the snapshot; nobody orders a look.
fn ordered_by(snapshot: &InventorySnapshot, orders: &[AuditEntry]) -> Option<String> {
    if snapshot.cause == LOOK {
        return None;
    }
    let order = orders.iter().find(|order| order.at <= snapshot.at)?;
    Some(order.actor_name.clone()).filter(|name| !name.is_empty())
}

/// What was ordered about the contract, newest first.
async fn orders(tx: &mut Tx, id: ContractId) -> Result<Vec<AuditEntry>, StorageError> {
    let page = audit::page(tx, Some(&id.to_string()), None, ORDERS_MAX).await?;
    let ordered = |entry: &AuditEntry| !NO_ORDER.contains(&entry.action.as_str());
    Ok(page.items.into_iter().filter(ordered).collect())
}
