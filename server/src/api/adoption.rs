//! Adoption: what runs at a cloud already comes under a contract, as it stands.

use axum::Extension;
use axum::extract::State;
use broker::Broker;
use broker::contracts::{Adopt, Adoptable, Adoption, Shown, Sign};
use domain::OfferId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::charges::ShownCharges;
use super::contracts::{ContractBody, PlaceBody, PlanBody};
use super::extract::{Asker, Input, Named, Nothing, Query};
use super::idempotent::Key;
use super::need::{NeedBody, need_problem};
use super::problem::Problem;
use super::wire::{Answer, Created, Money};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(look, adopt))
}

/// What can be adopted under an offer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AdoptionBody {
    /// The label that shows that something is yours: give it to what runs at the provider's cloud.
    code: String,
    /// Whether the cloud can put what runs under another label.
    supported: bool,
    /// What carries the label, oldest first.
    found: Vec<AdoptableBody>,
}

/// Something that runs at the cloud and was shown to be yours.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AdoptableBody {
    /// The cloud's id.
    allocation: String,
    /// Its state there.
    state: String,
    /// Where it is.
    place: PlaceBody,
    /// Its size: these are the quantities of a contract.
    plan: PlanBody,
    /// What it would cost a month; null: the offer has no price for it.
    price: Option<Money>,
    /// What is charged once with the adoption; null: nothing.
    one_time: Option<Money>,
    /// In what it differs from what the offer describes.
    differences: Vec<AdoptDifferenceBody>,
    /// not_running, no_address, region or owned; null: it can be adopted.
    obstacle: Option<&'static str>,
}

/// One difference between what is there and what the offer describes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AdoptDifferenceBody {
    /// A quantity of the plan, or region.
    item: &'static str,
    /// As the offer has it.
    offered: String,
    /// As it is.
    found: String,
}

impl From<Adoption> for AdoptionBody {
    fn from(adoption: Adoption) -> Self {
        let Adoption { code, supported, found } = adoption;
        Self { code, supported, found: found.into_iter().map(AdoptableBody::from).collect() }
    }
}

impl From<Adoptable> for AdoptableBody {
    fn from(it: Adoptable) -> Self {
        let differences = it.differences.into_iter().map(|one| AdoptDifferenceBody {
            item: one.item,
            offered: one.offered,
            found: one.found,
        });
        Self {
            allocation: it.allocation,
            state: it.state,
            place: it.place.into(),
            plan: it.plan.into(),
            price: it.price.map(|price| price.month.into()),
            one_time: it.price.and_then(|price| price.once).map(Money::from),
            differences: differences.collect(),
            obstacle: it.obstacle,
        }
    }
}

/// What to adopt, and the terms.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AdoptInput {
    /// The cloud's id of what runs.
    allocation: String,
    /// The version that was shown; a newer one is a conflict.
    offer_version: i64,
    /// The need it is for.
    need: NeedBody,
    /// How the customer calls the service, 1 to 80 characters.
    service_name: String,
    /// The price that was shown; another one is a conflict (`price_changed`). Absent: whatever it is.
    #[serde(default)]
    shown_price: Option<ShownCharges>,
}

/// See what can be adopted
///
/// What runs at the provider's cloud under your code, and the terms it would stand under.
#[utoipa::path(get, path = "/offers/{offer}/adoption", tag = "contracts",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = AdoptionBody)))]
async fn look(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(offer): Named<OfferId>,
    _: Query<Nothing>,
) -> Result<Answer<AdoptionBody>, Problem> {
    Ok(Answer(broker.adoptable(&ctx, offer).await?.into()))
}

/// Adopt what runs
///
/// Signs for it as it stands: its size makes the quantities, and nothing is restarted.
#[utoipa::path(post, path = "/offers/{offer}/adoption", tag = "contracts", request_body = AdoptInput,
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 201, body = ContractBody)))]
async fn adopt(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(offer): Named<OfferId>,
    Extension(Key(key)): Extension<Key>,
    Input(input): Input<AdoptInput>,
) -> Result<Created<ContractBody>, Problem> {
    let source = input.need.source()?;
    let sign = Sign {
        offer,
        offer_version: input.offer_version,
        requirement: source.clone(),
        service_name: input.service_name,
        plan: None,
        shown_price: input.shown_price.map(Shown::from),
        starts_at: None,
        // Apart from the keys that forms draw for themselves.
        idempotency_key: format!("api:{key}"),
    };
    match broker.adopt(&ctx, Adopt { sign, allocation: input.allocation }).await {
        Ok(id) => Ok(Created(broker.contract(&ctx, id).await?.into())),
        Err(error) => Err(need_problem(&broker, &ctx, &source, error).await),
    }
}
