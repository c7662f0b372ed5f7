//! Where services and saved needs could be secured next.

use axum::extract::State;
use broker::Broker;
use broker::securing::{StandbyRow, StandbyView};
use domain::{ContractId, RequirementId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Input, Named, Nothing, Query};
use super::needs::AtOnceBody;
use super::problem::Problem;
use super::wire::{Answer, Money, ProviderRef, TwoLanguages, json, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(of_contract))
        .routes(routes!(of_requirement))
        .routes(routes!(set_policy))
}

/// Where something could be secured next, best first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StandbyList)]
pub(super) struct StandbyBody {
    /// When the list was made; null: not yet.
    computed_at: Option<String>,
    /// Whether the cloud that the service runs at comes first.
    own_first: bool,
    /// Best first.
    items: Vec<CandidateBody>,
    /// Always null: there are no more.
    next: Option<String>,
}

/// One place.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StandbyCandidate)]
pub(super) struct CandidateBody {
    /// 0 is where the service runs; the others count from 1.
    rank: u32,
    /// Whether it is the cloud that the service runs at.
    own: bool,
    /// `ofr_…`
    offer: String,
    /// Its version.
    offer_version: i64,
    /// The offer's title.
    title: TwoLanguages,
    /// Who offers it.
    provider: ProviderRef,
    /// The provider's id of the region.
    region: String,
    /// ISO 3166-1 alpha-2.
    country: String,
    /// Area that one disaster can hit as a whole; null: the offer does not say.
    hazard_zone: Option<String>,
    /// Monthly price of the quantities; null: the offer has no price for so much.
    price: Option<Money>,
    /// What is charged once when something begins there; null: nothing.
    one_time: Option<Money>,
    /// `own_cloud`, `contains_need`, `falls_short`, `other_hazard_zone`, `same_hazard_zone`.
    why: Vec<serde_json::Value>,
    /// What booking without a hold means at its cloud; null: it holds first, or has not said.
    at_once: Option<AtOnceBody>,
}

impl From<StandbyRow> for CandidateBody {
    fn from(row: StandbyRow) -> Self {
        let StandbyRow { candidate, card, at_once } = row;
        Self {
            rank: candidate.rank,
            own: candidate.own,
            offer: candidate.offer.to_string(),
            offer_version: candidate.offer_version,
            title: TwoLanguages::new(&card.title_en, &card.title_ja),
            provider: ProviderRef::from(&card.provider),
            region: candidate.region,
            country: candidate.country,
            hazard_zone: candidate.hazard_zone,
            price: candidate.price.map(Money::from),
            one_time: candidate.once.map(Money::from),
            why: candidate.why.iter().map(json).collect(),
            at_once: at_once.map(AtOnceBody::from),
        }
    }
}

impl From<StandbyView> for StandbyBody {
    fn from(view: StandbyView) -> Self {
        Self {
            computed_at: view.computed_at.map(moment),
            own_first: view.own_first,
            items: view.rows.into_iter().map(CandidateBody::from).collect(),
            next: None,
        }
    }
}

/// Read where a service could be secured next
///
/// Its own cloud first, then offers that contain the need and can be ordered. The list is made when the service
/// runs and again whenever the market changes; whether there is room is asked when it matters.
#[utoipa::path(get, path = "/contracts/{contract}/standby", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = StandbyBody)))]
async fn of_contract(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    _: Query<Nothing>,
) -> Result<Answer<StandbyBody>, Problem> {
    Ok(Answer(broker.standby_of_contract(&ctx, id).await?.into()))
}

/// Read where a saved need could be secured
///
/// Kept for needs that are watched.
#[utoipa::path(get, path = "/requirements/{requirement}/standby", tag = "needs",
    params(("requirement" = String, Path, description = "`req_…`")),
    responses((status = 200, body = StandbyBody)))]
async fn of_requirement(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<RequirementId>,
    _: Query<Nothing>,
) -> Result<Answer<StandbyBody>, Problem> {
    Ok(Answer(broker.standby_of_requirement(&ctx, id).await?.into()))
}

/// How a service wants to be secured.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SecuringPolicy)]
struct PolicyInput {
    /// Whether its own cloud comes first.
    own_first: bool,
}

/// Say how a service wants to be secured
///
/// Repeating it changes nothing. Answers the standby list in the new order.
#[utoipa::path(put, path = "/contracts/{contract}/securing-policy", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = PolicyInput,
    responses((status = 200, body = StandbyBody)))]
async fn set_policy(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<PolicyInput>,
) -> Result<Answer<StandbyBody>, Problem> {
    broker.set_own_first(&ctx, id, input.own_first).await?;
    Ok(Answer(broker.standby_of_contract(&ctx, id).await?.into()))
}
