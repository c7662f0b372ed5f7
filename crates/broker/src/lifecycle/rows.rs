//! The rows that become true together with a step: resources and the contract's state.

use crate::Broker;
use crate::audit::{Entry, line};
use crate::context::OpContext;
use crate::contracts::PlaceView;
use crate::inventory;
use domain::{ContractEvent, ContractId, ContractState, ResourceId, StatementId, Timestamp};
use provider_api::{Allocation, PublicKey, ResourceState, Zone};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use storage::contracts::{self, Resource, StateChange};
use storage::workflow::Along;
use storage::{StorageError, Tx};
use workflow::{Done, StepInput, Stop};

/// The kind under which the held group is kept.
pub(crate) const GROUP: &str = "group";
/// The kind under which an allocation is kept that a contract is being moved to.
pub(crate) const ARRIVING: &str = "arriving";
/// The kind under which an allocation is kept that a contract was moved away from.
pub(crate) const LEFT: &str = "left";
/// The kind under which an allocation is kept that belongs to nobody.
pub(super) const ORPHAN: &str = "orphan";

/// What is kept of an allocation beside its state.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupDetail {
    /// The key that must sign the erasure, as the cloud published it before anything was held.
    pub erasure_key: Option<PublicKey>,
    /// Zone that holds the group.
    pub zone: String,
    /// Its region, as the cloud names it; absent in rows of a time when clouds had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its country, ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl GroupDetail {
    /// A group in a zone.
    pub fn of(erasure_key: Option<PublicKey>, zone: &Zone) -> Self {
        Self {
            erasure_key,
            zone: zone.id.clone(),
            region: Some(zone.region.clone()),
            country: Some(zone.country.clone()),
        }
    }
}

/// Where a group is, from the detail of its row; `None` when the cloud did not say.
pub(crate) fn place(detail: &str) -> Option<PlaceView> {
    place_of(&serde_json::from_str(detail).ok()?)
}

/// The same from the detail itself.
pub(super) fn place_of(detail: &GroupDetail) -> Option<PlaceView> {
    let detail = detail.clone();
    Some(PlaceView { zone: detail.zone, region: detail.region?, country: detail.country? })
}

/// Notes what the cloud said of the contract's allocation, in the transaction that logs the step.
pub(super) fn done_with_group(
    input: &StepInput<Broker>,
    contract: ContractId,
    allocation: &Allocation,
    detail: &GroupDetail,
) -> Result<Done, Stop> {
    done_with(input, contract, allocation, (GROUP, detail))
}

/// The same for an allocation of that kind.
pub(super) fn done_with(
    input: &StepInput<Broker>,
    contract: ContractId,
    allocation: &Allocation,
    (kind, detail): (&str, &GroupDetail),
) -> Result<Done, Stop> {
    let now = input.clock.now();
    // Where the cloud says it is now, not where it was planned.
    let detail = GroupDetail::of(detail.erasure_key.clone(), &allocation.zone);
    let resource = Resource {
        id: ResourceId::new(input.env.ids()),
        contract_id: contract,
        kind: kind.to_owned(),
        native_id: allocation.id.to_string(),
        state: inventory::word(allocation.state),
        detail: serde_json::to_string(&detail)?,
        created_at: now,
        updated_at: now,
    };
    let done = Done::with(allocation)?;
    let proof = proof(input, contract, allocation, &detail)?;
    let cause = format!("{}/{}", input.run.kind, input.name);
    let id = ResourceId::new(input.env.ids());
    let snapshot = inventory::snapshot(id, contract, (allocation, cause, now));
    Ok(done.along(Along::Kept(Box::new(resource), Box::new(snapshot), proof.map(Box::new))))
}

/// Notes that a contract is to stand on what runs already.
pub(crate) async fn claim(
    tx: &mut Tx,
    contract: ContractId,
    found: &Allocation,
    (id, now): (ResourceId, Timestamp),
) -> Result<(), StorageError> {
    let detail = serde_json::to_string(&GroupDetail::of(None, &found.zone)).map_err(|error| {
        StorageError::Corrupt { what: "resource.detail", detail: error.to_string() }
    })?;
    let resource = Resource {
        id,
        contract_id: contract,
        kind: GROUP.to_owned(),
        native_id: found.id.to_string(),
        state: inventory::word(found.state),
        detail,
        created_at: now,
        updated_at: now,
    };
    contracts::upsert_resource(tx, &resource).await.map(drop)
}

/// Notes that it does not stand on it in the end.
pub(super) async fn give_up_claims(
    tx: &mut Tx,
    contract: ContractId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let released = inventory::word(ResourceState::Released);
    for row in contracts::list_resources(tx, contract).await? {
        if row.state != released {
            contracts::set_resource_state(tx, row.id, &released, now).await?;
        }
    }
    Ok(())
}

/// The statement that the data are gone, also where they went by an undo; one that does not verify proves nothing.
fn proof(
    input: &StepInput<Broker>,
    contract: ContractId,
    allocation: &Allocation,
    detail: &GroupDetail,
) -> Result<Option<contracts::ErasureStatement>, Stop> {
    let (Some(statement), Some(key)) = (&allocation.erasure, &detail.erasure_key) else {
        return Ok(None);
    };
    let about_this = statement.statement.allocation_id == allocation.id;
    if !about_this || statement.verify_with(key).is_err() {
        tracing::warn!(contract.id = %contract, "an erasure statement does not verify");
        return Ok(None);
    }
    Ok(Some(contracts::ErasureStatement {
        id: StatementId::new(input.env.ids()),
        contract_id: contract,
        statement: serde_json::to_string(statement)?,
        verified_with: key.public_key.clone(),
        received_at: input.clock.now(),
    }))
}

/// What a final action changes on the contract.
pub(super) struct Ending<'a> {
    pub event: ContractEvent,
    pub failure: Option<&'a str>,
    pub address: Option<&'a str>,
    pub audit: &'static str,
}

/// Moves the contract on, in the transaction that ends the workflow.
pub(super) async fn end(
    broker: &Arc<Broker>,
    tx: &mut Tx,
    id: ContractId,
    ending: Ending<'_>,
) -> Result<(), Stop> {
    let head = contracts::find_standing(tx, id)
        .await?
        .ok_or_else(|| Stop::failed("internal", "the contract is gone"))?;
    // A child that was done is turned round with its parent: what ran has been taken down by its undo.
    let turned =
        head.state == ContractState::Active && ending.event == ContractEvent::ActivationFailed;
    let state = if turned {
        let asked = head.state.apply(ContractEvent::AskRelease);
        asked.and_then(|state| state.apply(ContractEvent::ReleaseDone))
    } else {
        head.state.apply(ending.event)
    };
    let state = state.map_err(|error| Stop::failed("wrong_state", error.to_string()))?;
    let now = broker.now();
    let change = StateChange {
        failure: ending.failure,
        address: ending.address,
        activated_at: (ending.event == ContractEvent::Activated).then_some(now),
        released_at: (turned || ending.event == ContractEvent::ReleaseDone).then_some(now),
        ..StateChange::of((id, head.revision), state, now)
    };
    let entry = Entry::new(ending.audit, id).with("failure", ending.failure);
    let line = line(broker, &OpContext::system("workflow"), entry);
    contracts::set_state_noted(tx, &change, &line).await?;
    let agreed = (id, contracts::WITH_SIGNATURE);
    if turned {
        contracts::take_charge_back(tx, agreed).await?;
    } else if ending.event == ContractEvent::Activated {
        contracts::charge_once(tx, agreed, now).await?;
    }
    Ok(())
}

/// The contract's group at the provider, if one was ever held.
pub(super) async fn find_group(
    tx: &mut Tx,
    contract: ContractId,
) -> Result<Option<(Resource, GroupDetail)>, Stop> {
    let rows = contracts::list_resources(tx, contract).await?;
    let Some(row) = rows.into_iter().rev().find(|row| row.kind == GROUP) else {
        return Ok(None);
    };
    let detail = serde_json::from_str(&row.detail).map_err(|error| {
        Stop::from(StorageError::Corrupt { what: "resource.detail", detail: error.to_string() })
    })?;
    Ok(Some((row, detail)))
}
