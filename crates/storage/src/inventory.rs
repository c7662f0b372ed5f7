//! What contracts consisted of at the clouds, from change to change. Rows are added and read, never
//! changed; what stands in `parts` is the broker's.

use crate::contracts::Resource;
use crate::record::{list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, ResourceId, Timestamp};

record! {
    /// The parts of one allocation, as they were from a moment on (F7.5.4).
    pub struct InventorySnapshot in "inventory_snapshot" {
        /// Its id.
        pub id: ResourceId,
        /// The contract.
        pub contract_id: ContractId,
        /// The cloud's id of the allocation.
        pub allocation: String,
        /// From when on it was so.
        pub at: Timestamp,
        /// The cloud's count of changes to the allocation.
        pub generation: i64,
        /// `kind/step` of a workflow, or `look`.
        pub cause: String,
        /// All parts with their states, as JSON.
        pub parts: String,
    }
}

/// Most snapshots of one answer.
pub const MOST: i64 = 1000;

/// Adds a snapshot (id, contract, allocation, when and why, parts), unless the newest one of its allocation has
/// the same parts; `$from` is what stands between the values and that condition.
macro_rules! append_unless_same {
    (($id:literal, $contract:literal, $allocation:literal, $middle:literal, $parts:literal), $from:expr) => {
        concat!(
            "
        INSERT INTO inventory_snapshot (id, contract_id, allocation, at, generation, cause, parts)
        SELECT ",
            $id, ", ", $contract, ", ", $allocation, ", ", $middle, ", ", $parts,
            $from,
            " NOT EXISTS (
            SELECT 1 FROM inventory_snapshot AS newest
            WHERE newest.contract_id = ", $contract, " AND newest.allocation = ", $allocation,
            " AND newest.parts = ", $parts,
            "
                AND NOT EXISTS (
                    SELECT 1 FROM inventory_snapshot AS later
                    WHERE later.contract_id = newest.contract_id
                        AND later.allocation = newest.allocation
                        AND (later.at, later.generation, later.id)
                            > (newest.at, newest.generation, newest.id)))"
        )
    };
}
pub(crate) use append_unless_same;

macro_rules! keep_resource {
    () => {
        "
        INSERT INTO resource (id, contract_id, kind, native_id, state, detail, created_at,
            updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (contract_id, kind, native_id) DO UPDATE SET state = excluded.state,
            detail = excluded.detail, updated_at = excluded.updated_at"
    };
}

statements! {
    // A step that is repeated after its answer was lost finds that nothing changed since.
    APPEND = append_unless_same!(("$1", "$2", "$3", "$4, $5, $6", "$7"), " WHERE");
    /// What stands for the allocation now, and the snapshot, in one go.
    KEEP = concat!(keep_resource!(), ";",
            append_unless_same!(("$9", "$2", "$4", "$10, $11, $12", "$13"), " WHERE")),
        postgres = concat!("WITH kept AS (", keep_resource!(), ")",
            append_unless_same!(("$9", "$2", "$4", "$10, $11, $12", "$13"), " WHERE"));
    AT = "
        SELECT id, contract_id, allocation, at, generation, cause, parts
        FROM inventory_snapshot AS found
        WHERE contract_id = $1 AND at <= $2
            AND NOT EXISTS (
                SELECT 1 FROM inventory_snapshot AS later
                WHERE later.contract_id = found.contract_id
                    AND later.allocation = found.allocation AND later.at <= $2
                    AND (later.at, later.generation, later.id)
                        > (found.at, found.generation, found.id))
        ORDER BY at, generation, id LIMIT 1000";
    BETWEEN = "
        SELECT id, contract_id, allocation, at, generation, cause, parts
        FROM inventory_snapshot
        WHERE contract_id = $1 AND at > $2 AND at <= $3
        ORDER BY at DESC, generation DESC, id DESC LIMIT 1000";
}

/// Adds a snapshot unless the newest one of the allocation says the same; says whether it was added.
pub async fn append(tx: &mut Tx, snapshot: &InventorySnapshot) -> Result<bool, StorageError> {
    let added = execute!(
        tx,
        APPEND,
        snapshot.id.uuid(),
        snapshot.contract_id.uuid(),
        &snapshot.allocation,
        snapshot.at.0,
        snapshot.generation,
        &snapshot.cause,
        &snapshot.parts,
    )?;
    Ok(added == 1)
}

/// Notes what stands for an allocation now, and adds a snapshot as [`append`] does; both are of the same
/// contract and allocation.
pub async fn keep(
    tx: &mut Tx,
    resource: &Resource,
    snapshot: &InventorySnapshot,
) -> Result<(), StorageError> {
    execute!(
        tx,
        KEEP,
        resource.id.uuid(),
        resource.contract_id.uuid(),
        &resource.kind,
        &resource.native_id,
        &resource.state,
        &resource.detail,
        resource.created_at.0,
        resource.updated_at.0,
        snapshot.id.uuid(),
        snapshot.at.0,
        snapshot.generation,
        &snapshot.cause,
        &snapshot.parts,
    )?;
    Ok(())
}

/// The newest snapshot of each allocation of a contract at a moment.
pub async fn at(
    tx: &mut Tx,
    contract: ContractId,
    moment: Timestamp,
) -> Result<Vec<InventorySnapshot>, StorageError> {
    list!(tx, InventorySnapshot, AT, contract.uuid(), moment.0)
}

/// The snapshots made after the first and until the second moment, newest first, at most [`MOST`].
pub async fn between(
    tx: &mut Tx,
    contract: ContractId,
    (after, until): (Timestamp, Timestamp),
) -> Result<Vec<InventorySnapshot>, StorageError> {
    list!(tx, InventorySnapshot, BETWEEN, contract.uuid(), after.0, until.0)
}
