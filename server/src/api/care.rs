//! How a running service is looked after: what its clouds have now, and repairs.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use broker::inventory::{
    AllocationGraph, ContractGraph, GraphNode, RepairMode, RepairView, ServiceGraph,
};
use broker::{Broker, BrokerError};
use domain::ContractId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Input, Named};
use super::problem::Problem;
use super::wire::{Answer, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(graph)).routes(routes!(read, repair, set_mode))
}

/// How one resource belongs to another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceRelation)]
struct RelationBody {
    /// `attaches`, `connects`, `hosts`, `protects`, `routesTo` or `authenticates`.
    relation: String,
    /// The id of the other resource.
    to: String,
}

/// One resource of a service.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServiceResource)]
struct NodeBody {
    /// Unique at its cloud.
    id: String,
    /// A kind of the common resource model, such as `compute`, `storage` or `endpoint`.
    kind: String,
    /// The zone it is in.
    zone: String,
    /// The common state that the cloud has written down.
    state: String,
    /// The common state where the last accepted call wants it.
    desired: String,
    /// The common state that the cloud found when it looked; null: it cannot look at this kind.
    observed: Option<String>,
    /// Whether it is not where it is wanted.
    differs: bool,
    /// What only this cloud understands, such as sizes.
    native: BTreeMap<String, String>,
    /// How it belongs to others.
    relations: Vec<RelationBody>,
}

impl From<GraphNode> for NodeBody {
    fn from(node: GraphNode) -> Self {
        let differs = node.differs();
        let relations = node.relations.into_iter();
        Self {
            id: node.id,
            kind: node.kind,
            zone: node.zone,
            state: node.state,
            desired: node.desired,
            observed: node.observed,
            differs,
            native: node.native,
            relations: relations.map(|(relation, to)| RelationBody { relation, to }).collect(),
        }
    }
}

/// One allocation that carries the contract's label and holds something.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServiceAllocation)]
struct AllocationBody {
    /// The cloud's id.
    allocation: String,
    /// Whether it belongs to nobody: the contract does not run on it, and it is given back by itself.
    is_orphan: bool,
    /// Its resources; null: they could not be asked for.
    resources: Option<Vec<NodeBody>>,
}

impl From<AllocationGraph> for AllocationBody {
    fn from(graph: AllocationGraph) -> Self {
        let nodes = graph.nodes;
        Self {
            allocation: graph.allocation,
            is_orphan: graph.is_orphan,
            resources: nodes.map(|nodes| nodes.into_iter().map(NodeBody::from).collect()),
        }
    }
}

/// What one contract consists of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServiceContract)]
struct ContractGraphBody {
    /// `ctr_…`
    contract: String,
    /// How the customer calls the service.
    service_name: String,
    /// Its own allocation first; null: the cloud could not be asked, so nothing is known.
    allocations: Option<Vec<AllocationBody>>,
}

impl From<ContractGraph> for ContractGraphBody {
    fn from(graph: ContractGraph) -> Self {
        let all = graph.allocations;
        Self {
            contract: graph.contract.to_string(),
            service_name: graph.service_name,
            allocations: all.map(|all| all.into_iter().map(AllocationBody::from).collect()),
        }
    }
}

/// What a service consists of over all its clouds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServiceGraph)]
struct GraphBody {
    /// When the clouds were asked.
    at: String,
    /// The contracts that were ordered together, by seat; one when it was signed alone.
    contracts: Vec<ContractGraphBody>,
}

impl From<ServiceGraph> for GraphBody {
    fn from(graph: ServiceGraph) -> Self {
        Self {
            at: moment(graph.at),
            contracts: graph.contracts.into_iter().map(ContractGraphBody::from).collect(),
        }
    }
}

/// Ask what a service consists of now
///
/// All its clouds are asked at once, each for at most five seconds (F7.5.2). What it was at a past moment is
/// in the inventory.
#[utoipa::path(get, path = "/contracts/{contract}/graph", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = GraphBody)))]
async fn graph(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Answer<GraphBody>, Problem> {
    Ok(Answer(broker.service_graph(&ctx, id).await?.into()))
}

/// How a difference between what was ordered and what a cloud has is dealt with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContractRepair)]
struct RepairBody {
    /// `start` or `open`: a repair can do it. `size`, `volume_lost` or `gone`: it cannot. Null: the cloud has what was
    /// ordered, as far as it was looked at.
    remedy: Option<&'static str>,
    /// `ask` or `automatic`.
    mode: &'static str,
    /// Whether a repair is going on.
    running: bool,
}

impl From<RepairView> for RepairBody {
    fn from(view: RepairView) -> Self {
        Self {
            remedy: view.remedy.map(broker::inventory::Remedy::as_str),
            mode: view.mode.as_str(),
            running: view.running,
        }
    }
}

/// Read what can be repaired
#[utoipa::path(get, path = "/contracts/{contract}/repair", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = RepairBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Answer<RepairBody>, Problem> {
    Ok(Answer(broker.repair_view(&ctx, id).await?.into()))
}

/// Repair a service
///
/// Brings it back to what was ordered, on the data that are there; follow it in the contract's timelines.
/// Asking again while that goes on changes nothing. 409 `nothing_to_repair`, `size_differs`, `volume_lost` or `gone`: a repair
/// cannot help; 409 `contract_busy`: other work on the contract has to end first.
#[utoipa::path(post, path = "/contracts/{contract}/repair", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 202, body = RepairBody)))]
async fn repair(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Response, Problem> {
    broker.repair(&ctx, id).await?;
    let body: RepairBody = broker.repair_view(&ctx, id).await?.into();
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

/// What happens when a difference is found.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ContractRepairMode)]
pub(super) struct ModeInput {
    /// `ask`: it is told, and repaired when asked for. `automatic`: it is repaired at once, at most every ten
    /// minutes.
    #[schema(example = "automatic")]
    mode: String,
}

/// Decide whether a service is repaired by itself
///
/// Repeating it changes nothing.
#[utoipa::path(put, path = "/contracts/{contract}/repair", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = ModeInput,
    responses((status = 200, body = RepairBody)))]
async fn set_mode(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<ModeInput>,
) -> Result<Json<RepairBody>, Problem> {
    let Some(mode) = RepairMode::from_word(&input.mode) else {
        // Whose contract it is comes before what was typed.
        broker.contract(&ctx, id).await?;
        let message = "this is no way to deal with differences";
        let allowed = "`ask` or `automatic`";
        let fault = BrokerError::field("/mode", "word", &input.mode, allowed, message);
        return Err(fault.into());
    };
    broker.set_repair_mode(&ctx, id, mode).await?;
    Ok(Json(broker.repair_view(&ctx, id).await?.into()))
}
