//! What exists at the provider for a contract.

use super::Resource;
use crate::record::list;
use crate::statement::{execute, fetch_one, statements};
use crate::{StorageError, Tx};
use domain::{ContractId, ResourceId, Timestamp};
use uuid::Uuid;

statements! {
    UPSERT = "
        INSERT INTO resource (id, contract_id, kind, native_id, state, detail, created_at,
            updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (contract_id, kind, native_id) DO UPDATE SET state = excluded.state,
            detail = excluded.detail, updated_at = excluded.updated_at
        RETURNING id";
    LIST = "
        SELECT id, contract_id, kind, native_id, state, detail, created_at, updated_at
        FROM resource WHERE contract_id = $1
        ORDER BY created_at, id LIMIT 1000";
    OF_NATIVE = "
        SELECT id, contract_id, kind, native_id, state, detail, created_at, updated_at
        FROM resource WHERE native_id = $1
        ORDER BY created_at, id LIMIT 100";
    SET_STATE = "
        UPDATE resource SET state = $2, updated_at = $3 WHERE id = $1";
    SET_KIND = "
        UPDATE resource SET kind = $4, updated_at = $5
        WHERE contract_id = $1 AND native_id = $2 AND kind = $3";
}

/// Notes what the provider holds; the same native id again updates the row. Returns the row's id.
pub async fn upsert_resource(tx: &mut Tx, resource: &Resource) -> Result<ResourceId, StorageError> {
    let (id,) = fetch_one!(
        tx,
        (Uuid,),
        UPSERT,
        resource.id.uuid(),
        resource.contract_id.uuid(),
        &resource.kind,
        &resource.native_id,
        &resource.state,
        &resource.detail,
        resource.created_at.0,
        resource.updated_at.0,
    )?;
    Ok(ResourceId(id))
}

/// Lists what was ever held for a contract, oldest first, at most 1000.
pub async fn list_resources(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Vec<Resource>, StorageError> {
    list!(tx, Resource, LIST, contract.uuid())
}

/// Lists the contracts' rows about what a provider calls so, oldest first, at most 100; names of two providers may be
/// the same.
pub async fn list_resources_of_native(
    tx: &mut Tx,
    native_id: &str,
) -> Result<Vec<Resource>, StorageError> {
    list!(tx, Resource, OF_NATIVE, native_id)
}

/// Notes a resource's new state; false if there is no such resource.
pub async fn set_resource_state(
    tx: &mut Tx,
    id: ResourceId,
    state: &str,
    at: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, SET_STATE, id.uuid(), state, at.0)? == 1)
}

/// Makes something that is held for a contract something of another kind, as when a service stands on another
/// allocation; false if it is not held under the first kind.
pub async fn set_resource_kind(
    tx: &mut Tx,
    (contract, native_id): (ContractId, &str),
    (from, to): (&str, &str),
    at: Timestamp,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, SET_KIND, contract.uuid(), native_id, from, to, at.0)? == 1)
}
