//! The beginning of a contract that was signed before, and its end: at once, or at a moment that is said.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use broker::Broker;
use broker::contracts::DataAtEnd;
use domain::ContractId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contracts::{ContractBody, read_moment};
use super::extract::{Asker, FromQuery, Input, Named, Params, Query};
use super::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(release))
        .routes(routes!(set_end, take_end_back))
        .routes(routes!(set_start, call_off))
}

/// What becomes of the data.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct ReleaseQuery {
    /// `erase`, when absent, or `return`.
    data: Option<String>,
}

struct Choice(DataAtEnd);

impl FromQuery for Choice {
    fn from_query(params: &mut Params) -> Self {
        Self(params.word("data", "`erase` or `return`", DataAtEnd::from_word).unwrap_or_default())
    }
}

/// Release a contract
///
/// Access is closed, the service stopped, its data erased with a statement, resources given back. With
/// `data=return` they wait first until they were taken (`/contracts/{contract}/data`), at most 30 days.
/// Repeating it changes nothing.
#[utoipa::path(post, path = "/contracts/{contract}/release", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`"), ReleaseQuery),
    responses((status = 202, body = ContractBody)))]
async fn release(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Query(Choice(data)): Query<Choice>,
) -> Result<Response, Problem> {
    broker.release_with(&ctx, id, data).await?;
    let body: ContractBody = broker.contract(&ctx, id).await?.into();
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

/// When a contract is to end.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ContractEnd)]
pub(super) struct EndInput {
    /// RFC 3339 with zone, after now and at most ten years ahead.
    #[schema(example = "2027-03-31T18:00:00+09:00")]
    ends_at: String,
}

/// Let a contract end by itself
///
/// At that moment the same happens as by a release. Until then it can be changed or taken back; repeating it
/// changes nothing. 409 `contract_ended`: the contract has ended or is being released.
#[utoipa::path(put, path = "/contracts/{contract}/end", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = EndInput,
    responses((status = 200, body = ContractBody)))]
async fn set_end(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<EndInput>,
) -> Result<Json<ContractBody>, Problem> {
    let ends_at = match read_moment("/endsAt", &input.ends_at) {
        Ok(at) => at,
        Err(fault) => {
            // Whose contract it is comes before what was typed.
            broker.contract(&ctx, id).await?;
            return Err(fault.into());
        }
    };
    broker.end_at(&ctx, id, Some(ends_at)).await?;
    Ok(Json(broker.contract(&ctx, id).await?.into()))
}

/// Take the end of a contract back
///
/// The service runs until it is released. Repeating it changes nothing.
#[utoipa::path(delete, path = "/contracts/{contract}/end", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = ContractBody)))]
async fn take_end_back(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Json<ContractBody>, Problem> {
    broker.end_at(&ctx, id, None).await?;
    Ok(Json(broker.contract(&ctx, id).await?.into()))
}

/// When a contract is to begin.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ContractStart)]
pub(super) struct StartInput {
    /// RFC 3339 with zone, after now, before the end, and at most ten years ahead.
    #[schema(example = "2027-03-31T18:00:00+09:00")]
    starts_at: String,
}

/// Move the beginning of a contract
///
/// Only while it waits for its beginning; repeating it changes nothing. 409 `contract_begun`: it has begun, or was
/// called off.
#[utoipa::path(put, path = "/contracts/{contract}/start", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = StartInput,
    responses((status = 200, body = ContractBody)))]
async fn set_start(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<StartInput>,
) -> Result<Json<ContractBody>, Problem> {
    let starts_at = match read_moment("/startsAt", &input.starts_at) {
        Ok(at) => at,
        Err(fault) => {
            // Whose contract it is comes before what was typed.
            broker.contract(&ctx, id).await?;
            return Err(fault.into());
        }
    };
    broker.start_at(&ctx, id, starts_at).await?;
    Ok(Json(broker.contract(&ctx, id).await?.into()))
}

/// Call a contract off before it begins
///
/// Nothing was asked of any cloud. Repeating it changes nothing. 409 `contract_begun`: it has begun.
#[utoipa::path(delete, path = "/contracts/{contract}/start", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = ContractBody)))]
async fn call_off(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Json<ContractBody>, Problem> {
    broker.call_off(&ctx, id).await?;
    Ok(Json(broker.contract(&ctx, id).await?.into()))
}
