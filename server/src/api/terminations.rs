//! A provider's contracts, and the notice by which it ends one of them.

use axum::Json;
use axum::extract::State;
use broker::Broker;
use broker::contracts::{DeliveredContract, GiveNotice, TerminationView};
use domain::ContractId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contracts::read_moment;
use super::extract::{Asker, Input, Named, Query};
use super::problem::Problem;
use super::wire::{Answer, Money, PageQuery, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(give, withdraw))
}

/// A notice by which a provider ends a contract.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Termination)]
pub(super) struct TerminationBody {
    /// As the provider says it.
    reason: String,
    /// The least notice of the version that was signed, microseconds.
    notice_us: i64,
    /// When it was given.
    given_at: String,
    /// When the service ends.
    ends_at: String,
    /// `pending`, `withdrawn`, `ended` or `overtaken`: the contract had come to another end.
    state: String,
    /// When it was no longer pending.
    closed_at: Option<String>,
}

impl From<&TerminationView> for TerminationBody {
    fn from(view: &TerminationView) -> Self {
        Self {
            reason: view.reason.clone(),
            notice_us: view.notice_us,
            given_at: moment(view.given_at),
            ends_at: moment(view.ends_at),
            state: view.state.clone(),
            closed_at: view.closed_at.map(moment),
        }
    }
}

/// A contract as the provider sees it that delivers it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveredContract)]
struct DeliveredBody {
    /// `ctr_…`
    id: String,
    /// The customer's name.
    customer: String,
    /// How the customer calls the service.
    service_name: String,
    /// Title of the offer as it was signed.
    offer: TwoLanguages,
    /// The signed version.
    offer_version: i64,
    /// As in the customer's list.
    state: String,
    /// Monthly price.
    price: Money,
    /// When it was signed.
    signed_at: String,
    /// When its customer ends it; null: when it is released.
    ends_at: Option<String>,
    /// The least notice, microseconds.
    notice_us: i64,
    /// Whether the signed version promises it; false: the least notice of the market.
    notice_signed: bool,
    /// The earliest moment at which the provider could end it now; null: it has ended.
    earliest: Option<String>,
    /// The last notice that was given; null: none.
    termination: Option<TerminationBody>,
}

impl From<DeliveredContract> for DeliveredBody {
    fn from(one: DeliveredContract) -> Self {
        Self {
            id: one.id.to_string(),
            customer: one.customer,
            service_name: one.service_name,
            offer: TwoLanguages::new(&one.offer_title_en, &one.offer_title_ja),
            offer_version: one.offer_version,
            state: one.state.to_string(),
            price: one.price.into(),
            signed_at: moment(one.signed_at),
            ends_at: one.ends_at.map(moment),
            notice_us: one.notice.notice_us,
            notice_signed: one.notice.signed,
            earliest: one.earliest.map(moment),
            termination: one.termination.as_ref().map(TerminationBody::from),
        }
    }
}

/// The contracts that a provider delivers.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveredListBody {
    /// Newest first.
    items: Vec<DeliveredBody>,
    /// Cursor of the next page; null on the last one.
    next: Option<String>,
}

/// List the contracts one delivers
///
/// Each with the earliest moment at which it could be ended by its provider.
#[utoipa::path(get, path = "/provider/contracts", tag = "provider", params(PageQuery),
    responses((status = 200, body = DeliveredListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(page): Query<PageQuery>,
) -> Result<Answer<DeliveredListBody>, Problem> {
    let found = broker.delivered_contracts(&ctx, page.cursor.as_deref(), page.limit).await?;
    let items = found.items.into_iter().map(DeliveredBody::from).collect();
    Ok(Answer(DeliveredListBody { items, next: found.next }))
}

/// When and why a contract ends.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TerminationNotice)]
struct NoticeInput {
    /// RFC 3339 with zone; not before `earliest`, and at most ten years ahead.
    #[schema(example = "2028-03-31T18:00:00+09:00")]
    ends_at: String,
    /// What the customer reads, 1 to 500 characters.
    reason: String,
}

/// Give notice to a customer
///
/// The service ends at the moment, which lies at least so far ahead as the signed version promises; the customer is
/// told at once, and its data wait for it at the end. Repeating it changes nothing. 409 `notice_given`: another notice
/// is pending, `contract_ended`: the contract has ended.
#[utoipa::path(put, path = "/provider/contracts/{contract}/termination", tag = "provider",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = NoticeInput,
    responses((status = 200, body = DeliveredBody)))]
async fn give(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<NoticeInput>,
) -> Result<Json<DeliveredBody>, Problem> {
    let ends_at = match read_moment("/endsAt", &input.ends_at) {
        Ok(at) => at,
        Err(fault) => {
            // Whose contract it is comes before what was typed.
            broker.delivered_contract(&ctx, id).await?;
            return Err(fault.into());
        }
    };
    broker.give_notice(&ctx, id, &GiveNotice { ends_at, reason: input.reason }).await?;
    Ok(Json(broker.delivered_contract(&ctx, id).await?.into()))
}

/// Take a notice back
///
/// The service goes on, and the customer is told. Repeating it changes nothing.
#[utoipa::path(delete, path = "/provider/contracts/{contract}/termination", tag = "provider",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = DeliveredBody)))]
async fn withdraw(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Json<DeliveredBody>, Problem> {
    broker.withdraw_notice(&ctx, id).await?;
    Ok(Json(broker.delivered_contract(&ctx, id).await?.into()))
}
