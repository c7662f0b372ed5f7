//! What a contract consists of at its clouds, at any moment, and what changed.

use std::collections::BTreeMap;

use axum::extract::State;
use broker::Broker;
use broker::inventory::{AllocationView, Inventory, InventoryChange, Part, PartChange};
use domain::{ContractId, Timestamp};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, FromQuery, Named, Params, Query};
use super::problem::Problem;
use super::wire::{Answer, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(read)).routes(routes!(compare))
}

/// One part of an allocation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryPart)]
struct PartBody {
    /// `group` for the whole, else `compute`, `storage`, `network` or `endpoint`.
    kind: String,
    /// The common state that the last accepted call brought it to.
    state: String,
    /// The common state that the cloud was found to have instead; null while it agrees or was not looked at.
    observed: Option<String>,
    /// Size and place: `count`, `vcpu`, `ramMb`, `gb`, `mbps`, `url`, `zone`, `region`, `country`.
    attributes: BTreeMap<String, String>,
    /// Sizes that the cloud was found to have instead; empty while it agrees or was not looked at.
    observed_attributes: BTreeMap<String, String>,
}

impl From<Part> for PartBody {
    fn from(part: Part) -> Self {
        Self {
            kind: part.kind,
            state: part.state,
            observed: part.observed,
            attributes: part.attributes,
            observed_attributes: part.observed_attributes,
        }
    }
}

/// One allocation at a moment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryAllocation)]
struct AllocationBody {
    /// The cloud's id.
    allocation: String,
    /// From when on it was so.
    since: String,
    /// Its parts, the whole first.
    parts: Vec<PartBody>,
}

impl From<AllocationView> for AllocationBody {
    fn from(view: AllocationView) -> Self {
        Self {
            allocation: view.allocation,
            since: moment(view.since),
            parts: view.parts.into_iter().map(PartBody::from).collect(),
        }
    }
}

/// How one part differs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryDifference)]
struct DifferenceBody {
    /// The cloud's id of the allocation.
    allocation: String,
    /// The kind of the part.
    kind: String,
    /// As it was; null: it was not there.
    before: Option<PartBody>,
    /// As it is; null: it is no longer there.
    after: Option<PartBody>,
}

impl From<PartChange> for DifferenceBody {
    fn from(change: PartChange) -> Self {
        Self {
            allocation: change.allocation,
            kind: change.kind,
            before: change.before.map(PartBody::from),
            after: change.after.map(PartBody::from),
        }
    }
}

/// One change: what, when, who and why.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryChange)]
struct ChangeBody {
    /// When it was noted.
    at: String,
    /// `kind/step` of the workflow that did it, or `look`: the cloud was found to have it.
    cause: String,
    /// The name of whoever ordered it; null: the broker by itself.
    actor: Option<String>,
    /// What differs from before.
    differences: Vec<DifferenceBody>,
}

impl From<InventoryChange> for ChangeBody {
    fn from(change: InventoryChange) -> Self {
        Self {
            at: moment(change.at),
            cause: change.cause,
            actor: change.actor,
            differences: change.changes.into_iter().map(DifferenceBody::from).collect(),
        }
    }
}

/// The inventory of a contract at a moment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Inventory)]
struct InventoryBody {
    /// The moment.
    at: String,
    /// What there was; empty before anything was held.
    allocations: Vec<AllocationBody>,
    /// The changes until then, newest first, at most 1,000.
    history: Vec<ChangeBody>,
    /// Whether older changes were left off.
    cut: bool,
}

impl From<Inventory> for InventoryBody {
    fn from(found: Inventory) -> Self {
        Self {
            at: moment(found.at),
            allocations: found.allocations.into_iter().map(AllocationBody::from).collect(),
            history: found.history.into_iter().map(ChangeBody::from).collect(),
            cut: found.cut,
        }
    }
}

/// Which moment.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct MomentQuery {
    /// The moment, RFC 3339; now when absent.
    at: Option<String>,
}

struct Moment(Option<Timestamp>);

impl FromQuery for Moment {
    fn from_query(params: &mut Params) -> Self {
        Self(params.moment("at"))
    }
}

/// Which two moments.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct SpanQuery {
    /// The earlier moment, RFC 3339; before everything when absent.
    from: Option<String>,
    /// The later moment, RFC 3339; now when absent.
    to: Option<String>,
}

struct Span {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl FromQuery for Span {
    fn from_query(params: &mut Params) -> Self {
        Self { from: params.moment("from"), to: params.moment("to") }
    }
}

/// Read what a contract consists of
///
/// Now or at any past moment, with every change until then and who ordered it (F7.5).
#[utoipa::path(get, path = "/contracts/{contract}/inventory", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`"), MomentQuery),
    responses((status = 200, body = InventoryBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Query(Moment(at)): Query<Moment>,
) -> Result<Answer<InventoryBody>, Problem> {
    Ok(Answer(broker.inventory(&ctx, id, at).await?.into()))
}

/// What differs between two moments.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryDifferenceList)]
struct DifferenceListBody {
    /// By allocation, the whole first.
    items: Vec<DifferenceBody>,
    /// Always null: there are no more.
    next: Option<String>,
}

/// Compare what a contract consisted of at two moments
#[utoipa::path(get, path = "/contracts/{contract}/inventory/differences", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`"), SpanQuery),
    responses((status = 200, body = DifferenceListBody)))]
async fn compare(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Query(span): Query<Span>,
) -> Result<Answer<DifferenceListBody>, Problem> {
    let to = span.to.unwrap_or_else(|| broker.now());
    let from = span.from.unwrap_or(Timestamp(0));
    if from > to {
        let text = "the span ends before it begins";
        let fault =
            super::extract::fault("/from", "span", &moment(from), "not later than `to`", text);
        return Err(Problem::invalid(vec![fault]));
    }
    let items = broker.inventory_differences(&ctx, id, (from, to)).await?;
    let items = items.into_iter().map(DifferenceBody::from).collect();
    Ok(Answer(DifferenceListBody { items, next: None }))
}
