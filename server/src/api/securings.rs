//! More room for running services: own cloud first, then the others, all of it or nothing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use broker::Broker;
use broker::securing::{RoomAnswer, SecureRequest, SecureRow, SecuringView, Strategy};
use domain::{ContractId, SecuringId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::charges::ShownPrice;
use super::contract_summary::ContractSummary;
use super::extract::{Asker, Input, Named, Nothing, Query, fault};
use super::idempotent::Key;
use super::needs::AtOnceBody;
use super::problem::Problem;
use super::wire::{Answer, Created, Money, ProviderRef, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(secure, list))
        .routes(routes!(read))
        .routes(routes!(give_back))
}

/// How much more room is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SecuringInput {
    /// Machines besides those that run, 1 to 16, each as in the contract's plan.
    instances: i64,
    /// `latency_first`, `bandwidth_first`, `cost_first` or `assurance_first`; absent: as the need says.
    #[serde(default)]
    strategy: Option<String>,
    /// The most that all of it may cost a month; absent: whatever the offers say.
    #[serde(default)]
    price_limit: Option<ShownPrice>,
}

/// A search for more room as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Securing)]
struct SecuringBody {
    /// `sec_…`
    id: String,
    /// The service, `ctr_…`.
    contract: String,
    /// Machines that are needed.
    instances: i64,
    /// What is secured first.
    strategy: String,
    /// `searching`, `secured` or `failed`.
    state: String,
    /// Why nothing was secured, as a stable code; null: it was, or the search goes on.
    failure: Option<String>,
    /// When it was asked for.
    created_at: String,
    /// When it ended; null: not yet.
    ended_at: Option<String>,
    /// In the order of securing; rank 0 is the service's own place.
    places: Vec<SecuringPlaceBody>,
    /// The contracts it became, by seat.
    parts: Vec<ContractSummary>,
}

/// One place of a search.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SecuringPlace)]
struct SecuringPlaceBody {
    /// 0 is where the service runs; the others count from 1.
    rank: u32,
    /// Whether it is the cloud that the service runs at.
    own: bool,
    /// `ofr_…`
    offer: String,
    /// The offer's title.
    title: TwoLanguages,
    /// Who offers it.
    provider: ProviderRef,
    /// The provider's id of the region.
    region: String,
    /// ISO 3166-1 alpha-2.
    country: String,
    /// Monthly price of the service's own quantities there; null: the offer has none for so much.
    price: Option<Money>,
    /// `not_asked`, `silent`, `refused` or `answered`.
    answer: &'static str,
    /// Why it refused, as a stable code; null: it did not.
    refusal: Option<String>,
    /// Machines it has room for, as far as they are needed; null: it did not say.
    room: Option<i64>,
    /// Machines that are taken of it.
    taken: i64,
    /// Measured way to the cloud and back, microseconds; null: not measured.
    round_trip_us: Option<i64>,
    /// What booking without a hold means there; null: the cloud holds first, or was not asked.
    at_once: Option<AtOnceBody>,
}

impl From<SecureRow> for SecuringPlaceBody {
    fn from(row: SecureRow) -> Self {
        let SecureRow { place, card } = row;
        let at_once = place.at_once().map(AtOnceBody::from);
        let (answer, refusal, room) = match place.answer {
            RoomAnswer::NotAsked => ("not_asked", None, None),
            RoomAnswer::Silent => ("silent", None, None),
            RoomAnswer::Refused(code) => ("refused", Some(code), None),
            RoomAnswer::Room(count) => ("answered", None, Some(count)),
        };
        Self {
            rank: place.candidate.rank,
            own: place.candidate.own,
            offer: place.candidate.offer.to_string(),
            title: TwoLanguages::new(&card.title_en, &card.title_ja),
            provider: ProviderRef::from(&card.provider),
            region: place.candidate.region,
            country: place.candidate.country,
            price: place.candidate.price.map(Money::from),
            answer,
            refusal,
            room,
            taken: place.taken,
            round_trip_us: place.round_trip_us,
            at_once,
        }
    }
}

impl From<SecuringView> for SecuringBody {
    fn from(view: SecuringView) -> Self {
        Self {
            id: view.id.to_string(),
            contract: view.contract.to_string(),
            instances: view.instances,
            strategy: view.strategy.as_str().to_owned(),
            state: view.state,
            failure: view.failure,
            created_at: moment(view.created_at),
            ended_at: view.ended_at.map(moment),
            places: view.rows.into_iter().map(SecuringPlaceBody::from).collect(),
            parts: view.parts.iter().map(ContractSummary::from).collect(),
        }
    }
}

/// Secure more room for a running service
///
/// Its own cloud is asked first and the standby list only for what is missing, all at once. What is secured becomes
/// contracts, one at each cloud, set up together: all of them or none. A cloud that holds nothing is booked when all others
/// hold; when it is cancelled, its charge is in `bookings` of its contract. 409 `not_running`, `securing_under_way`.
#[utoipa::path(post, path = "/contracts/{contract}/securings", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = SecuringInput,
    responses((status = 201, body = SecuringBody)))]
async fn secure(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Extension(Key(key)): Extension<Key>,
    Input(input): Input<SecuringInput>,
) -> Result<Created<SecuringBody>, Problem> {
    let strategy = match &input.strategy {
        None => None,
        Some(word) => Some(Strategy::from_word(word).ok_or_else(|| {
            let allowed = "latency_first, bandwidth_first, cost_first or assurance_first";
            let text = "there is no such strategy";
            Problem::invalid(vec![fault("/strategy", "word", word, allowed, text)])
        })?),
    };
    let request = SecureRequest {
        instances: input.instances,
        strategy,
        limit: input.price_limit.map(domain::Money::from),
        // Apart from the keys that forms draw for themselves.
        idempotency_key: format!("api:{key}"),
    };
    let id = broker.secure(&ctx, id, &request).await?;
    Ok(Created(broker.securing(&ctx, id).await?.into()))
}

/// Searches for more room for one service.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SecuringList)]
struct SecuringListBody {
    /// Newest first, at most 50.
    items: Vec<SecuringBody>,
    /// Always null: there are no more.
    next: Option<String>,
}

/// List the searches for more room for a service
#[utoipa::path(get, path = "/contracts/{contract}/securings", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = SecuringListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    _: Query<Nothing>,
) -> Result<Answer<SecuringListBody>, Problem> {
    let all = broker.securings(&ctx, id).await?;
    let items = all.into_iter().map(SecuringBody::from).collect();
    Ok(Answer(SecuringListBody { items, next: None }))
}

/// Read a search for more room
#[utoipa::path(get, path = "/securings/{securing}", tag = "contracts",
    params(("securing" = String, Path, description = "`sec_…`")),
    responses((status = 200, body = SecuringBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<SecuringId>,
    _: Query<Nothing>,
) -> Result<Answer<SecuringBody>, Problem> {
    Ok(Answer(broker.securing(&ctx, id).await?.into()))
}

/// Give back what a search secured
///
/// Each contract that it became is released: access closed, stopped, erased with a statement, given back. Repeating
/// it changes nothing.
#[utoipa::path(post, path = "/securings/{securing}/release", tag = "contracts",
    params(("securing" = String, Path, description = "`sec_…`")),
    responses((status = 202, body = SecuringBody)))]
async fn give_back(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<SecuringId>,
) -> Result<Response, Problem> {
    broker.give_back_secured(&ctx, id).await?;
    let body: SecuringBody = broker.securing(&ctx, id).await?.into();
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}
