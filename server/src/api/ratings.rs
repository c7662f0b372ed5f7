//! Ratings: given by customers after delivery, answered by providers, read by everybody; and what was promised and
//! observed.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use broker::ratings::{OfferRecord, OwnRating, RateService, RatingSummary, RatingView};
use broker::{Broker, BrokerError};
use domain::{ContractId, RatingCounts, Stars};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Input, Name, Named, Nothing, Query};
use super::problem::Problem;
use super::wire::{Answer, PageQuery, TwoLanguages, moment, value};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(record))
        .routes(routes!(read, give, withdraw))
        .routes(routes!(received, answer, withdraw_answer))
}

/// How often each judgement was given.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RatingCounts)]
struct CountsBody {
    /// How many were given.
    count: i64,
    /// The mean in tenths of a star, rounded down; null: none were given.
    mean_tenths: Option<i64>,
    /// How often 1, 2, 3, 4 and 5 stars were given.
    of_stars: Vec<i64>,
}

impl From<RatingCounts> for CountsBody {
    fn from(counts: RatingCounts) -> Self {
        Self {
            count: counts.count(),
            mean_tenths: counts.mean_tenths(),
            of_stars: Stars::ALL.into_iter().map(|stars| counts.of(stars)).collect(),
        }
    }
}

/// What a customer said, and what the provider answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Rating)]
struct RatingBody {
    /// `ofr_…`: what was delivered.
    offer: String,
    /// Its title as it was signed.
    title: TwoLanguages,
    /// Stars for the service, 1 to 5.
    service: i64,
    /// Stars for ordering, 1 to 5.
    ordering: i64,
    /// Empty: stars alone.
    comment: String,
    /// When it was given.
    given_at: String,
    /// When it was last changed; null: as it was given.
    changed_at: Option<String>,
    /// The provider's words; null: none.
    answer: Option<String>,
    /// When they were last written; earlier than `changedAt`: they answer what was said before.
    answered_at: Option<String>,
}

impl From<RatingView> for RatingBody {
    fn from(view: RatingView) -> Self {
        Self {
            offer: view.offer.to_string(),
            title: TwoLanguages::new(&view.title_en, &view.title_ja),
            service: view.service.number(),
            ordering: view.ordering.number(),
            comment: view.comment,
            given_at: moment(view.given_at),
            changed_at: view.changed_at.map(moment),
            answer: view.answer,
            answered_at: view.answered_at.map(moment),
        }
    }
}

/// A provider's ratings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProviderRatings)]
struct RatingsBody {
    /// Stars for the service, over all ratings.
    service: CountsBody,
    /// Stars for ordering, over all ratings.
    ordering: CountsBody,
    /// Newest first.
    items: Vec<RatingBody>,
    /// Cursor of the next page; null on the last one.
    next: Option<String>,
}

/// List a provider's ratings
///
/// Given by customers whose service ran there, one for each contract; without their names.
#[utoipa::path(get, path = "/providers/{provider}/ratings", tag = "market",
    params(("provider" = String, Path, description = "Short name or `prv_…`"), PageQuery),
    responses((status = 200, body = RatingsBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(Name(name)): Named<Name>,
    Query(page): Query<PageQuery>,
) -> Result<Answer<RatingsBody>, Problem> {
    let cursor = page.cursor.as_deref();
    let found = broker.provider_ratings(&ctx, &name, cursor, page.limit).await?;
    let RatingSummary { service, ordering } = found.summary;
    Ok(Answer(RatingsBody {
        service: service.into(),
        ordering: ordering.into(),
        items: found.items.into_iter().map(RatingBody::from).collect(),
        next: found.next,
    }))
}

/// One offer: promised and observed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OfferRecord)]
struct OfferRecordBody {
    /// `ofr_…`
    offer: String,
    /// Its title.
    title: TwoLanguages,
    /// Promised `availability.service_uptime`; null: not declared.
    #[schema(value_type = Option<Value>)]
    uptime: Option<Value>,
    /// Promised `performance.online_response_time`; null: not declared.
    #[schema(value_type = Option<Value>)]
    response: Option<Value>,
    /// Promised `exit.termination_notice`; null: not declared.
    #[schema(value_type = Option<Value>)]
    notice: Option<Value>,
    /// Contracts that were measured in the last 90 days.
    contracts: u64,
    /// Samples; 0: no data.
    samples: u64,
    /// Of them, those that answered as they should.
    ok_samples: u64,
    /// Mean answer in microseconds; null: never answered, or no data.
    mean_response_us: Option<i64>,
}

impl From<OfferRecord> for OfferRecordBody {
    fn from(row: OfferRecord) -> Self {
        Self {
            offer: row.offer.to_string(),
            title: TwoLanguages::new(&row.title_en, &row.title_ja),
            uptime: row.uptime.map(|item| value(&item.value)),
            response: row.response.map(|item| value(&item.value)),
            notice: row.notice.map(|item| value(&item.value)),
            contracts: row.measured.contracts,
            samples: row.measured.samples,
            ok_samples: row.measured.ok,
            mean_response_us: row.measured.mean_response_us,
        }
    }
}

/// How a provider keeps what it promises.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProviderRecord)]
struct RecordBody {
    /// Its published offers, newest first, at most 100.
    offers: Vec<OfferRecordBody>,
    /// Contracts that ran at this provider.
    contracts: i64,
    /// Of them, those that the provider ended or whose notice runs.
    ended_by_provider: i64,
}

/// Read what a provider promised and what was observed
///
/// Observed over 90 days at all contracts of each offer that the provider delivers: good samples of all samples. Sample
/// sizes stand beside; no samples are no data.
#[utoipa::path(get, path = "/providers/{provider}/record", tag = "market",
    params(("provider" = String, Path, description = "Short name or `prv_…`")),
    responses((status = 200, body = RecordBody)))]
async fn record(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(Name(name)): Named<Name>,
    _: Query<Nothing>,
) -> Result<Answer<RecordBody>, Problem> {
    let found = broker.provider_record(&ctx, &name).await?;
    Ok(Answer(RecordBody {
        offers: found.offers.into_iter().map(OfferRecordBody::from).collect(),
        contracts: found.contracts,
        ended_by_provider: found.ended_by_provider,
    }))
}

/// What a customer can say of the provider of a contract.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OwnRating)]
struct OwnRatingBody {
    /// `prv_…`: who delivers, or delivered last.
    provider: String,
    /// Whether the service has run; before that nothing can be said of it.
    delivered: bool,
    /// What was said; null: nothing yet.
    rating: Option<RatingBody>,
}

impl From<OwnRating> for OwnRatingBody {
    fn from(own: OwnRating) -> Self {
        Self {
            provider: own.provider.to_string(),
            delivered: own.delivered,
            rating: own.rating.map(RatingBody::from),
        }
    }
}

/// Read what one said of a service
#[utoipa::path(get, path = "/contracts/{contract}/rating", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = OwnRatingBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Answer<OwnRatingBody>, Problem> {
    Ok(Answer(broker.own_rating(&ctx, id).await?.into()))
}

/// What a customer says.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RatingInput)]
struct RatingInput {
    /// Stars for the service, from 1 (poor) to 5 (excellent).
    #[schema(minimum = 1, maximum = 5, example = 4)]
    service: i64,
    /// Stars for ordering, from 1 (poor) to 5 (excellent).
    #[schema(minimum = 1, maximum = 5, example = 5)]
    ordering: i64,
    /// For everybody to read, at most 1,000 characters.
    #[serde(default)]
    comment: String,
}

/// Rate a service
///
/// In place of what was said before; repeating it changes nothing. 409 `not_delivered`: the service has never run.
#[utoipa::path(put, path = "/contracts/{contract}/rating", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = RatingInput,
    responses((status = 200, body = OwnRatingBody)))]
async fn give(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<RatingInput>,
) -> Result<Json<OwnRatingBody>, Problem> {
    let RatingInput { service, ordering, comment } = input;
    broker.rate_service(&ctx, id, &RateService { service, ordering, comment }).await?;
    Ok(Json(broker.own_rating(&ctx, id).await?.into()))
}

/// Take a rating back
///
/// Its answer goes with it; repeating it changes nothing.
#[utoipa::path(delete, path = "/contracts/{contract}/rating", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 204)))]
async fn withdraw(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<StatusCode, Problem> {
    broker.withdraw_rating(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read what a customer said of one
///
/// 404 where the customer said nothing.
#[utoipa::path(get, path = "/provider/contracts/{contract}/rating", tag = "provider",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = RatingBody)))]
async fn received(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Answer<RatingBody>, Problem> {
    let found = broker.received_rating(&ctx, id).await?;
    Ok(Answer(found.ok_or(BrokerError::NotFound { what: "rating" })?.into()))
}

/// The provider's words.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RatingAnswerInput)]
struct AnswerInput {
    /// For everybody to read, 1 to 1,000 characters.
    answer: String,
}

/// Answer a rating
///
/// In place of what was answered before; repeating it changes nothing.
#[utoipa::path(put, path = "/provider/contracts/{contract}/rating", tag = "provider",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = AnswerInput,
    responses((status = 200, body = RatingBody)))]
async fn answer(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<AnswerInput>,
) -> Result<Json<RatingBody>, Problem> {
    broker.answer_rating(&ctx, id, &input.answer).await?;
    let found = broker.received_rating(&ctx, id).await?;
    Ok(Json(found.ok_or(BrokerError::NotFound { what: "rating" })?.into()))
}

/// Take an answer back
///
/// The rating stays; repeating it changes nothing.
#[utoipa::path(delete, path = "/provider/contracts/{contract}/rating", tag = "provider",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 204)))]
async fn withdraw_answer(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<StatusCode, Problem> {
    broker.withdraw_answer(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
