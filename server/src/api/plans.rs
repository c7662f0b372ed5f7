//! Plans: from a need and a workload to a bill of quantities (IF14).

use axum::extract::State;
use axum::http::StatusCode;
use broker::Broker;
use broker::planning::{PlanRequest, Planned};
use planner::{Bottleneck, Goal, Mode, Observation, StationLoad, Workload};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contracts::PlanBody;
use super::extract::{Asker, Input};
use super::need::{NeedBody, need_problem};
use super::needs::offer_id;
use super::problem::Problem;
use super::wire::{Answer, Money};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(plan))
}

/// What is planned for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PlanInput {
    /// The need; its online response time, its share in time and its throughput are the goal.
    need: NeedBody,
    /// What the service does: `peakPerSecond` requests at the busiest time, of each `processorMs`, `storageMs`
    /// and `elsewhereMs` milliseconds and `kilobytes`; `baseMemoryMb` of an instance and `requestMemoryKb` of a
    /// request at work; `dataGb`, `growthGbPerMonth` and `months`.
    #[schema(value_type = Object, example = json!({"peakPerSecond": 120, "processorMs": 60, "storageMs": 4,
        "kilobytes": 80, "elsewhereMs": 20, "baseMemoryMb": 900, "requestMemoryKb": 2048, "dataGb": 200,
        "growthGbPerMonth": 10, "months": 12}))]
    workload: Workload,
    /// How busy it was, where it runs already: `station` (processors, storage, network), `perSecond`, `busy` 0 to
    /// 1, `servers`; stands in place of the workload's numbers.
    #[serde(default)]
    #[schema(value_type = Vec<Object>, example = json!([{"station": "processors", "perSecond": 40, "busy": 0.5, "servers": 8}]))]
    observations: Vec<Observation>,
    /// `fast` (default): at once and on the safe side; `precise`: the cheapest that holds.
    #[serde(default)]
    #[schema(value_type = String, example = "precise")]
    mode: Mode,
    /// Share of each station that stays free, 0 to 0.9; 0.4 (fast) or 0.25 (precise) when absent.
    #[serde(default)]
    headroom: Option<f64>,
    /// Plans to look at in the precise mode, 1 to 100,000; 4,096 when absent.
    #[serde(default)]
    budget: Option<u32>,
    /// Longest response, seconds, and share of responses within it, in place of what the need asks.
    #[serde(default)]
    goal: GoalInput,
    /// The offer whose prices count, `ofr_…`; without one what takes less is cheaper.
    #[serde(default)]
    offer: Option<String>,
}

/// What stands in place of the need's numbers.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GoalInput {
    /// Seconds, 0.001 to 3,600.
    #[serde(default)]
    response_seconds: Option<f64>,
    /// 0.5 to 0.999999; 0.95 when neither the need nor the request says it.
    #[serde(default)]
    compliance: Option<f64>,
}

/// A bill of quantities with the reasons for it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PlannedBody {
    /// What to order, as a quote or a contract takes it.
    plan: PlanBody,
    /// Its monthly price; null: no offer was named, or it has no price.
    price: Option<Money>,
    /// What was planned for.
    #[schema(value_type = Object)]
    goal: Goal,
    /// The load it was planned for, requests a second.
    per_second: f64,
    /// Each station at that load: what a request costs it and whether that was stated or observed, how busy it is,
    /// and how long a request stays.
    #[schema(value_type = Vec<Object>)]
    stations: Vec<StationLoad>,
    /// The station that gives way first, and the load at which it is full.
    #[schema(value_type = Object)]
    bottleneck: Bottleneck,
    /// Mean response, seconds.
    mean_seconds: f64,
    /// The response that the asked share stays within, seconds.
    at_compliance_seconds: f64,
    /// The share of responses within the asked time.
    share_in_time: f64,
    /// The load up to which the goal holds, requests a second.
    bears_per_second: f64,
    /// Plans that were looked at.
    looked_at: u32,
    /// Whether the budget sufficed for all of them.
    complete: bool,
}

impl From<Planned> for PlannedBody {
    fn from(planned: Planned) -> Self {
        let Planned { plan, price, goal, proposal } = planned;
        Self {
            plan: plan.into(),
            price: price.map(Money::from),
            goal,
            per_second: proposal.per_second,
            stations: proposal.stations,
            bottleneck: proposal.bottleneck,
            mean_seconds: proposal.mean_seconds,
            at_compliance_seconds: proposal.at_compliance_seconds,
            share_in_time: proposal.share_in_time,
            bears_per_second: proposal.bears_per_second,
            looked_at: proposal.looked_at,
            complete: proposal.complete,
        }
    }
}

/// Plan a bill of quantities
///
/// From what the service does and what the need asks; the same request gets the same answer. Nothing is stored and
/// nothing is held. 409 `unattainable` or `too_large`: no plan that can be ordered holds the goal.
#[utoipa::path(post, path = "/plans", tag = "needs", request_body = PlanInput,
    responses((status = 200, body = PlannedBody)))]
async fn plan(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<PlanInput>,
) -> Result<Answer<PlannedBody>, Problem> {
    let source = input.need.source()?;
    let offer = match input.offer {
        Some(text) => Some(offer_id(&text)?),
        None => None,
    };
    let request = PlanRequest {
        workload: input.workload,
        observations: input.observations,
        mode: input.mode,
        headroom: input.headroom,
        budget: input.budget,
        response_seconds: input.goal.response_seconds,
        compliance: input.goal.compliance,
        offer,
    };
    match broker.plan_quantities(&ctx, &source, request).await {
        Ok(Ok(planned)) => Ok(Answer(planned.into())),
        Ok(Err(reason)) => {
            Err(Problem::new(StatusCode::CONFLICT, reason.code(), reason.to_string()))
        }
        Err(error) => Err(need_problem(&broker, &ctx, &source, error).await),
    }
}
