//! The end of a contract: at once, or at a moment that is said before.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use broker::contracts::DataAtEnd;
use broker::{Broker, BrokerError};
use domain::{ContractId, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contracts::ContractBody;
use super::extract::{Asker, FromQuery, Input, Named, Params, Query};
use super::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(release)).routes(routes!(set_end, take_end_back))
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
    let Some(ends_at) = sla::Timestamp::parse(&input.ends_at) else {
        // Whose contract it is comes before what was typed.
        broker.contract(&ctx, id).await?;
        let allowed = "RFC 3339 with a zone, such as 2027-03-31T18:00:00+09:00";
        let message = "this is no moment in time";
        let fault = BrokerError::field("/endsAt", "time", &input.ends_at, allowed, message);
        return Err(fault.into());
    };
    broker.end_at(&ctx, id, Some(Timestamp(ends_at.unix_micros()))).await?;
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
