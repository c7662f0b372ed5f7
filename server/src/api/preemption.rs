//! What a customer agrees to beforehand so that a lifeline may take room of its service, and what was taken.

use axum::Json;
use axum::extract::State;
use broker::Broker;
use broker::preemption::{AgreePreemption, ConsentView, PreemptionRow, PreemptionView, RoomGot};
use domain::ContractId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Input, Named};
use super::problem::Problem;
use super::wire::{Answer, Money, moment};

/// Microseconds of a second.
const SECOND_US: i64 = 1_000_000;

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(read, agree, withdraw)).routes(routes!(hasten))
}

/// What was agreed, and holds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PreemptionConsent)]
struct ConsentBody {
    /// How long before anything changes the customer is told, seconds.
    notice_seconds: i64,
    /// Machines that stay; 0: the service may stand still, with its data and address kept.
    keep_instances: i64,
    /// What is owed while the room is taken, percent of the price of what was taken.
    percent: i64,
    /// When it was agreed.
    agreed_at: String,
}

impl From<ConsentView> for ConsentBody {
    fn from(view: ConsentView) -> Self {
        Self {
            notice_seconds: view.agreed.notice_us / SECOND_US,
            keep_instances: view.agreed.keep_instances,
            percent: view.percent,
            agreed_at: moment(view.agreed_at),
        }
    }
}

/// Room that one service gives to a lifeline.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Preemption)]
struct PreemptionBody {
    /// From 1, of the service that gives.
    number: i64,
    /// `noticed`, `taking`, `taken`, `returning`, `returned`, `called_off`, `failed` or `ended`: the service ended while
    /// its room was taken.
    state: &'static str,
    /// Machines before.
    instances: i64,
    /// Machines that stay.
    keep_instances: i64,
    /// When the customer was told.
    noticed_at: String,
    /// When it begins, or was to begin.
    due_at: String,
    /// From when on the service had less than was ordered; null: it has not begun.
    begun_at: Option<String>,
    /// Until when; null: it has, or it has not begun.
    ended_at: Option<String>,
    /// What the lifeline owes for it so far; null: nothing yet.
    owed: Option<Money>,
}

impl From<PreemptionRow> for PreemptionBody {
    fn from(row: PreemptionRow) -> Self {
        Self {
            number: row.number,
            state: row.state.as_str(),
            instances: row.instances,
            keep_instances: row.keep_instances,
            noticed_at: moment(row.noticed_at),
            due_at: moment(row.due_at),
            begun_at: row.begun_at.map(moment),
            ended_at: row.ended_at.map(moment),
            owed: row.owed.map(Money::from),
        }
    }
}

/// Room that a lifeline got of another service.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RoomGot)]
struct RoomGotBody {
    /// As of a pre-emption, seen from the other service.
    state: &'static str,
    /// Machines that were given, or are to be.
    machines: i64,
    /// When the customer of the other service was told.
    noticed_at: String,
    /// When it begins, or was to begin.
    due_at: String,
    /// From when on the other service had less than was ordered; null: it has not begun.
    begun_at: Option<String>,
    /// Until when; null: it has, or it has not begun.
    ended_at: Option<String>,
    /// What is owed for it so far; null: nothing yet.
    owed: Option<Money>,
}

impl From<RoomGot> for RoomGotBody {
    fn from(got: RoomGot) -> Self {
        Self {
            state: got.state.as_str(),
            machines: got.machines,
            noticed_at: moment(got.noticed_at),
            due_at: moment(got.due_at),
            begun_at: got.begun_at.map(moment),
            ended_at: got.ended_at.map(moment),
            owed: got.owed.map(Money::from),
        }
    }
}

/// How a service stands to pre-emption.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContractPreemption)]
struct StandingBody {
    /// What was agreed; null: nothing may be taken of this service.
    consent: Option<ConsentBody>,
    /// Why nothing can be agreed: `lifeline` or `contract_ended`; null: it can.
    obstacle: Option<&'static str>,
    /// Machines of the service.
    instances: i64,
    /// What is owed, percent of the price of what is taken, for what is agreed today.
    percent: i64,
    /// What would be owed for the first hour if all is taken that was agreed, or all where nothing was; null: nothing can be
    /// agreed.
    first_hour: Option<Money>,
    /// Room that this service gave, the latest first, at most 100.
    gave: Vec<PreemptionBody>,
    /// Room that others gave to this service, the latest first, at most 100; whose it was is not told.
    got: Vec<RoomGotBody>,
}

impl From<PreemptionView> for StandingBody {
    fn from(view: PreemptionView) -> Self {
        Self {
            consent: view.consent.map(ConsentBody::from),
            obstacle: view.obstacle,
            instances: view.instances,
            percent: view.percent,
            first_hour: view.first_hour.map(Money::from),
            gave: view.gave.into_iter().map(PreemptionBody::from).collect(),
            got: view.got.into_iter().map(RoomGotBody::from).collect(),
        }
    }
}

/// Read how a service stands to pre-emption
///
/// What was agreed, the room that it gave to lifelines, and the room that others gave to it (F7.4.6).
#[utoipa::path(get, path = "/contracts/{contract}/preemption", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = StandingBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Answer<StandingBody>, Problem> {
    Ok(Answer(broker.preemption(&ctx, id).await?.into()))
}

/// What a customer agrees to.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PreemptionConsentInput)]
struct ConsentInput {
    /// How long before anything changes you want to be told, 60 to 3600 seconds.
    #[schema(minimum = 60, maximum = 3600, example = 300)]
    notice_seconds: i64,
    /// Machines that stay, fewer than the service has; 0: it may stand still, with its data and address kept.
    #[schema(minimum = 0, example = 0)]
    keep_instances: i64,
}

/// Agree that a lifeline may take room of a service
///
/// In a disaster a service that its need calls a lifeline may find no room. Then machines of services whose customers
/// agreed to it are given up, after the notice, and come back as soon as there is room. The lifeline owes the
/// compensation for every hour begun. Repeating it changes nothing; other values replace what was agreed.
/// 409 `lifeline`: a lifeline gives nothing; `contract_ended`.
#[utoipa::path(put, path = "/contracts/{contract}/preemption", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = ConsentInput,
    responses((status = 200, body = StandingBody)))]
async fn agree(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<ConsentInput>,
) -> Result<Json<StandingBody>, Problem> {
    let wish = AgreePreemption {
        notice_us: input.notice_seconds.saturating_mul(SECOND_US),
        keep_instances: input.keep_instances,
    };
    broker.agree_preemption(&ctx, id, wish).await?;
    Ok(Json(broker.preemption(&ctx, id).await?.into()))
}

/// Take the agreement back
///
/// From now on nothing is taken of this service; what was noticed before still happens. Repeating it changes nothing.
#[utoipa::path(delete, path = "/contracts/{contract}/preemption", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = StandingBody)))]
async fn withdraw(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Json<StandingBody>, Problem> {
    broker.withdraw_preemption(&ctx, id).await?;
    Ok(Json(broker.preemption(&ctx, id).await?.into()))
}

/// Let what was noticed begin now
///
/// For a customer who is ready before the notice has run out. Repeating it changes nothing. 409 `nothing_noticed`.
#[utoipa::path(post, path = "/contracts/{contract}/preemption/hasten", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = StandingBody)))]
async fn hasten(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Json<StandingBody>, Problem> {
    broker.hasten_preemption(&ctx, id).await?;
    Ok(Json(broker.preemption(&ctx, id).await?.into()))
}
