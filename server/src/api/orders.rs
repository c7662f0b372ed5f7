//! Orders: several contracts signed together, all of them or none.

use axum::Extension;
use axum::extract::State;
use broker::Broker;
use broker::contracts::{OrderMember, OrderPage, Shown, SignOrder};
use domain::OrderId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::charges::ShownCharges;
use super::contract_summary::ContractSummary;
use super::contracts::PlanBody;
use super::extract::{Asker, Input, Named, Nothing, Query};
use super::idempotent::Key;
use super::need::{NeedBody, need_problem};
use super::needs::offer_id;
use super::problem::Problem;
use super::wire::{Answer, Created, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(sign)).routes(routes!(read))
}

/// The customer's decision for several offers together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OrderInput {
    /// Two or three different offers.
    members: Vec<MemberInput>,
    /// The need they are for.
    need: NeedBody,
    /// How the customer calls the whole, 1 to 76 characters; each service adds its number.
    service_name: String,
}

/// One offer of an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MemberInput {
    /// `ofr_…`
    offer: String,
    /// The version that was shown; a newer one is a conflict.
    offer_version: i64,
    /// Edited quantities; absent: as quoted.
    #[serde(default)]
    plan: Option<PlanBody>,
    /// The price that was shown; another one is a conflict (`price_changed`). Absent: whatever it is.
    #[serde(default)]
    shown_price: Option<ShownCharges>,
}

/// Contracts that were signed together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderBody {
    /// `ord_…`
    id: String,
    /// When it was signed.
    signed_at: String,
    /// Its contracts, in the order of the request.
    contracts: Vec<ContractSummary>,
}

impl From<OrderPage> for OrderBody {
    fn from(page: OrderPage) -> Self {
        Self {
            id: page.id.to_string(),
            signed_at: moment(page.signed_at),
            contracts: page.contracts.iter().map(ContractSummary::from).collect(),
        }
    }
}

/// Sign several contracts together
///
/// All of them are set up, or none: everything is held before anything is booked, and booked before anything is
/// started; when one cloud refuses for good, all of it is taken back.
#[utoipa::path(post, path = "/orders", tag = "contracts", request_body = OrderInput,
    responses((status = 201, body = OrderBody)))]
async fn sign(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Extension(Key(key)): Extension<Key>,
    Input(input): Input<OrderInput>,
) -> Result<Created<OrderBody>, Problem> {
    let source = input.need.source()?;
    let mut members = Vec::new();
    for member in input.members {
        members.push(OrderMember {
            offer: offer_id(&member.offer)?,
            offer_version: member.offer_version,
            plan: member.plan.map(Into::into),
            shown_price: member.shown_price.map(Shown::from),
        });
    }
    let sign = SignOrder {
        members,
        requirement: source.clone(),
        service_name: input.service_name,
        // Apart from the keys that forms draw for themselves.
        idempotency_key: format!("api:{key}"),
    };
    match broker.sign_order(&ctx, sign).await {
        Ok(id) => Ok(Created(broker.order(&ctx, id).await?.into())),
        Err(error) => Err(need_problem(&broker, &ctx, &source, error).await),
    }
}

/// Read an order
#[utoipa::path(get, path = "/orders/{order}", tag = "contracts",
    params(("order" = String, Path, description = "`ord_…`")),
    responses((status = 200, body = OrderBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OrderId>,
    _: Query<Nothing>,
) -> Result<Answer<OrderBody>, Problem> {
    Ok(Answer(broker.order(&ctx, id).await?.into()))
}
