//! The broker's desk: workflows, audit list, connections of providers.

use axum::extract::State;
use axum::http::StatusCode;
use broker::Broker;
use broker::desk::{AuditLine, WorkflowCard};
use domain::{ProviderId, WorkflowId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contracts::TimelineBody;
use super::extract::{Asker, FromQuery, Input, Named, Nothing, Params, Query};
use super::problem::Problem;
use super::wire::{Answer, PageQuery, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(retry))
        .routes(routes!(skip))
        .routes(routes!(mark_undone))
        .routes(routes!(cancel))
        .routes(routes!(abandon))
        .routes(routes!(audit))
        .routes(routes!(connect))
}

/// A workflow in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WorkflowSummary {
    /// `wfl_…`
    id: String,
    /// activate_contract or release_contract.
    kind: String,
    /// Id of what it works on.
    subject: String,
    /// running, undoing, done, undone, needs_attention, abandoned or parked.
    state: String,
    /// forward or undo, also while it needs attention.
    direction: String,
    /// The step it is at.
    step: Option<String>,
    /// Why it is being undone or needs attention.
    reason: Option<String>,
    /// When it began.
    created_at: String,
    /// Its last change.
    updated_at: String,
}

impl From<WorkflowCard> for WorkflowSummary {
    fn from(card: WorkflowCard) -> Self {
        Self {
            id: card.id.to_string(),
            kind: card.kind,
            subject: card.subject,
            state: card.state,
            direction: card.direction,
            step: card.step,
            reason: card.reason,
            created_at: moment(card.created_at),
            updated_at: moment(card.updated_at),
        }
    }
}

/// Which workflows.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct WorkflowQuery {
    /// running, undoing, done, undone, needs_attention, abandoned or parked.
    state: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows of the page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

struct InState(Option<String>, PageQuery);

impl FromQuery for InState {
    fn from_query(params: &mut Params) -> Self {
        Self(params.text("state"), PageQuery::from_query(params))
    }
}

/// A page of workflows.
#[derive(Debug, Serialize, ToSchema)]
struct WorkflowListBody {
    /// Newest first; those that need attention before all others on the first page.
    items: Vec<WorkflowSummary>,
    /// Cursor of the next page; null at the end.
    next: Option<String>,
}

/// List workflows
#[utoipa::path(get, path = "/desk/workflows", tag = "desk", params(WorkflowQuery),
    responses((status = 200, body = WorkflowListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(InState(state, page)): Query<InState>,
) -> Result<Answer<WorkflowListBody>, Problem> {
    let list = broker.workflows(&ctx, state.as_deref(), page.cursor.as_deref(), page.limit).await?;
    let items = list.items.into_iter().map(WorkflowSummary::from).collect();
    Ok(Answer(WorkflowListBody { items, next: list.next }))
}

/// One workflow, step by step.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkflowBody {
    /// As in lists.
    #[serde(flatten)]
    summary: WorkflowSummary,
    /// Its steps.
    timeline: TimelineBody,
}

pub(super) async fn one(
    broker: &Broker,
    ctx: &broker::OpContext,
    id: WorkflowId,
) -> Result<Answer<WorkflowBody>, Problem> {
    let (card, timeline) = broker.workflow(ctx, id).await?;
    Ok(Answer(WorkflowBody { summary: card.into(), timeline: timeline.into() }))
}

/// Read a workflow
#[utoipa::path(get, path = "/desk/workflows/{workflow}", tag = "desk",
    params(("workflow" = String, Path, description = "`wfl_…`")),
    responses((status = 200, body = WorkflowBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<WorkflowId>,
    _: Query<Nothing>,
) -> Result<Answer<WorkflowBody>, Problem> {
    one(&broker, &ctx, id).await
}

/// Try a workflow again that needs attention
#[utoipa::path(post, path = "/desk/workflows/{workflow}/retry", tag = "desk",
    params(("workflow" = String, Path, description = "`wfl_…`")),
    responses((status = 200, body = WorkflowBody)))]
async fn retry(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<WorkflowId>,
) -> Result<Answer<WorkflowBody>, Problem> {
    broker.retry_workflow(&ctx, id).await?;
    one(&broker, &ctx, id).await
}

/// Why a person decides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReasonInput {
    /// 1 to 500 characters; kept and audited.
    reason: String,
}

/// Why a step counts as done, and with what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SkipInput {
    /// 1 to 500 characters; kept with the step and audited.
    reason: String,
    /// What the step would have made, for the steps after it; nothing when absent.
    #[serde(default)]
    output: serde_json::Value,
}

/// Take the step that failed as done
#[utoipa::path(post, path = "/desk/workflows/{workflow}/skip", tag = "desk",
    params(("workflow" = String, Path, description = "`wfl_…`")), request_body = SkipInput,
    responses((status = 200, body = WorkflowBody)))]
async fn skip(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<WorkflowId>,
    Input(input): Input<SkipInput>,
) -> Result<Answer<WorkflowBody>, Problem> {
    broker.skip_step(&ctx, id, &input.reason, &input.output).await?;
    one(&broker, &ctx, id).await
}

/// Take the step whose undo failed as undone
#[utoipa::path(post, path = "/desk/workflows/{workflow}/mark-undone", tag = "desk",
    params(("workflow" = String, Path, description = "`wfl_…`")), request_body = ReasonInput,
    responses((status = 200, body = WorkflowBody)))]
async fn mark_undone(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<WorkflowId>,
    Input(input): Input<ReasonInput>,
) -> Result<Answer<WorkflowBody>, Problem> {
    broker.mark_step_undone(&ctx, id, &input.reason).await?;
    one(&broker, &ctx, id).await
}

/// Have a workflow that goes forward undone
#[utoipa::path(post, path = "/desk/workflows/{workflow}/cancel", tag = "desk",
    params(("workflow" = String, Path, description = "`wfl_…`")), request_body = ReasonInput,
    responses((status = 200, body = WorkflowBody)))]
async fn cancel(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<WorkflowId>,
    Input(input): Input<ReasonInput>,
) -> Result<Answer<WorkflowBody>, Problem> {
    broker.cancel_workflow(&ctx, id, &input.reason).await?;
    one(&broker, &ctx, id).await
}

/// Give a workflow up that needs attention
#[utoipa::path(post, path = "/desk/workflows/{workflow}/abandon", tag = "desk",
    params(("workflow" = String, Path, description = "`wfl_…`")), request_body = ReasonInput,
    responses((status = 200, body = WorkflowBody)))]
async fn abandon(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<WorkflowId>,
    Input(input): Input<ReasonInput>,
) -> Result<Answer<WorkflowBody>, Problem> {
    broker.abandon_workflow(&ctx, id, &input.reason).await?;
    one(&broker, &ctx, id).await
}

/// One audit line.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditBody {
    /// When.
    at: String,
    /// Who: a user id, system or stranger.
    actor: String,
    /// The person's name.
    actor_name: String,
    /// What, such as contract.signed.
    action: String,
    /// Id of the thing.
    subject: String,
    /// JSON text.
    detail: String,
}

impl From<AuditLine> for AuditBody {
    fn from(line: AuditLine) -> Self {
        Self {
            at: moment(line.at),
            actor: line.actor,
            actor_name: line.actor_name,
            action: line.action,
            subject: line.subject,
            detail: line.detail,
        }
    }
}

/// Which lines.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct AuditQuery {
    /// Id of a thing.
    subject: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows of the page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

struct OfSubject(Option<String>, PageQuery);

impl FromQuery for OfSubject {
    fn from_query(params: &mut Params) -> Self {
        Self(params.text("subject"), PageQuery::from_query(params))
    }
}

/// A page of the audit list.
#[derive(Debug, Serialize, ToSchema)]
struct AuditListBody {
    /// Newest first.
    items: Vec<AuditBody>,
    /// Cursor of the next page; null at the end.
    next: Option<String>,
}

/// Read the audit list
#[utoipa::path(get, path = "/desk/audit", tag = "desk", params(AuditQuery),
    responses((status = 200, body = AuditListBody)))]
async fn audit(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(OfSubject(subject, page)): Query<OfSubject>,
) -> Result<Answer<AuditListBody>, Problem> {
    let list = broker.audit(&ctx, subject.as_deref(), page.cursor.as_deref(), page.limit).await?;
    let items = list.items.into_iter().map(AuditBody::from).collect();
    Ok(Answer(AuditListBody { items, next: list.next }))
}

/// How to reach a provider's cloud.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConnectionInput {
    /// Base address of its Inter-cloud Provider API.
    url: String,
    /// Bearer token; sealed before it is stored, never shown again.
    token: String,
}

/// Connect a provider to its cloud
#[utoipa::path(put, path = "/desk/providers/{provider}/connection", tag = "desk",
    params(("provider" = String, Path, description = "`prv_…`")), request_body = ConnectionInput,
    responses((status = 204, description = "connected")))]
async fn connect(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ProviderId>,
    Input(input): Input<ConnectionInput>,
) -> Result<StatusCode, Problem> {
    broker.connect_provider(&ctx, id, &input.url, &input.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
