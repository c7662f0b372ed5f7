//! Changes of a contract that runs: what one would come to, asking for it, what became of it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use broker::Broker;
use broker::changes::{ChangeView, Renew, RenewQuote, Scale, ScaleQuote, Terms};
use domain::{ContractId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::charges::ShownPrice;
use super::contracts::PlanBody;
use super::extract::{Asker, Input, Named, Nothing, Query};
use super::idempotent::Key;
use super::moves::MoveBody;
use super::problem::Problem;
use super::wire::{Answer, Created, Money, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(quote))
        .routes(routes!(list, ask))
        .routes(routes!(read, call_off))
        .routes(routes!(quote_renewal))
        .routes(routes!(renew))
}

/// What is agreed and can change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContractTerms)]
pub(super) struct TermsBody {
    /// The bill of quantities.
    plan: PlanBody,
    /// Monthly price.
    price: Money,
    /// `ofr_…`
    offer: String,
    /// Its version.
    offer_version: i64,
    /// When the contract ends by itself; null: when it is released.
    ends_at: Option<String>,
}

impl From<Terms> for TermsBody {
    fn from(terms: Terms) -> Self {
        Self {
            plan: terms.plan.into(),
            price: terms.price.into(),
            offer: terms.offer.to_string(),
            offer_version: terms.offer_version,
            ends_at: terms.ends_at.map(moment),
        }
    }
}

/// What a change would come to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChangeQuote)]
struct QuoteBody {
    /// As agreed now.
    before: TermsBody,
    /// As it would be.
    after: TermsBody,
    /// How much more a month, in minor units of the currency; below zero: less.
    more_minor: i64,
}

impl From<ScaleQuote> for QuoteBody {
    fn from(quote: ScaleQuote) -> Self {
        Self {
            before: quote.before.into(),
            after: quote.after.into(),
            more_minor: quote.more_minor,
        }
    }
}

/// One change of a contract.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContractChange)]
pub(super) struct ChangeBody {
    /// From 1, in the order of asking.
    number: i64,
    /// `scale`: other quantities; `renew`: a later end or a newer version of the offer; `move`: another offer.
    kind: String,
    /// scheduled, running, done, failed or called_off.
    state: String,
    /// Stable code of why it came to nothing.
    failure: Option<String>,
    /// As it was.
    before: TermsBody,
    /// As asked for.
    after: TermsBody,
    /// When it was asked for.
    asked_at: String,
    /// When it was to begin; null: at once.
    from: Option<String>,
    /// When it ended.
    ended_at: Option<String>,
    /// What only a move has; null for other kinds.
    moved: Option<MoveBody>,
}

impl From<ChangeView> for ChangeBody {
    fn from(change: ChangeView) -> Self {
        Self {
            number: change.number,
            kind: change.kind.as_str().to_owned(),
            state: change.state.as_str().to_owned(),
            failure: change.failure,
            before: change.before.into(),
            after: change.after.into(),
            asked_at: moment(change.asked_at),
            from: change.from.map(moment),
            ended_at: change.ended_at.map(moment),
            moved: change.moved.map(MoveBody::from),
        }
    }
}

/// The changes of a contract.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContractChangeList)]
struct ChangeListBody {
    /// The latest first, at most 200.
    items: Vec<ChangeBody>,
    /// Always null: there are no more.
    next: Option<String>,
}

/// Other quantities.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChangeQuoteInput)]
struct QuoteInput {
    /// The whole bill of quantities; the region stays.
    plan: PlanBody,
}

/// The customer's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ContractChangeInput)]
struct ChangeInput {
    /// The whole bill of quantities; the region stays.
    plan: PlanBody,
    /// The monthly price that was shown, as the quote tells it; another one is a conflict
    /// (`price_changed`). Absent: whatever it is.
    #[serde(default)]
    shown_price: Option<ShownPrice>,
    /// RFC 3339 with zone, after now and before the contract ends, at most ten years ahead; absent: at once.
    #[serde(default)]
    #[schema(example = "2027-03-31T18:00:00+09:00")]
    from: Option<String>,
}

/// Quote a change of a contract
///
/// What other quantities would cost a month by the version of the offer that was signed, beside what they cost now.
/// Nothing is ordered. 409: `change_under_way`, `service_not_active`, `contract_ended`.
#[utoipa::path(post, path = "/contracts/{contract}/changes/quote", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = QuoteInput,
    responses((status = 200, body = QuoteBody)))]
async fn quote(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<QuoteInput>,
) -> Result<Json<QuoteBody>, Problem> {
    Ok(Json(broker.quote_scale(&ctx, id, &input.plan.into()).await?.into()))
}

/// Ask for a change of a contract
///
/// The service gets the other quantities while it runs, whole or not at all; until then the contract keeps its terms.
/// Follow it in the contract's timelines. One change at a time: 409 `change_under_way`.
#[utoipa::path(post, path = "/contracts/{contract}/changes", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = ChangeInput,
    responses((status = 201, body = ChangeBody)))]
async fn ask(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Extension(Key(key)): Extension<Key>,
    Input(input): Input<ChangeInput>,
) -> Result<Created<ChangeBody>, Problem> {
    let from = match &input.from {
        None => None,
        Some(text) => Some(read_moment(&broker, &ctx, id, ("/from", text)).await?),
    };
    let wish = Scale {
        plan: input.plan.into(),
        shown_price: input.shown_price.map(domain::Money::from),
        from,
        // Apart from the keys that forms draw for themselves.
        idempotency_key: format!("api:{key}"),
    };
    let number = broker.scale(&ctx, id, wish).await?;
    Ok(Created(broker.change(&ctx, id, number).await?.into()))
}

pub(super) async fn read_moment(
    broker: &Broker,
    ctx: &broker::OpContext,
    id: ContractId,
    (pointer, text): (&str, &str),
) -> Result<Timestamp, Problem> {
    match super::contracts::read_moment(pointer, text) {
        Ok(at) => Ok(at),
        Err(fault) => {
            // Whose contract it is comes before what was typed.
            broker.contract(ctx, id).await?;
            Err(fault.into())
        }
    }
}

/// List the changes of a contract
#[utoipa::path(get, path = "/contracts/{contract}/changes", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = ChangeListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    _: Query<Nothing>,
) -> Result<Answer<ChangeListBody>, Problem> {
    let items = broker.changes(&ctx, id).await?.into_iter().map(ChangeBody::from).collect();
    Ok(Answer(ChangeListBody { items, next: None }))
}

/// Read a change of a contract
#[utoipa::path(get, path = "/contracts/{contract}/changes/{change}", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`"),
        ("change" = String, Path, description = "Its number, from 1")),
    responses((status = 200, body = ChangeBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Path(names): Path<(String, String)>,
    _: Query<Nothing>,
) -> Result<Answer<ChangeBody>, Problem> {
    let (id, number) = named(&names)?;
    Ok(Answer(broker.change(&ctx, id, number).await?.into()))
}

/// Take a change back before it begins
///
/// Repeating it changes nothing. 409: `change_under_way` once it has begun, `change_ended` once it has ended.
#[utoipa::path(delete, path = "/contracts/{contract}/changes/{change}", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`"),
        ("change" = String, Path, description = "Its number, from 1")),
    responses((status = 200, body = ChangeBody)))]
async fn call_off(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Path(names): Path<(String, String)>,
) -> Result<Json<ChangeBody>, Problem> {
    let (id, number) = named(&names)?;
    broker.call_off_change(&ctx, id, number).await?;
    Ok(Json(broker.change(&ctx, id, number).await?.into()))
}

/// What a later end would come to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RenewalQuote)]
struct RenewalQuoteBody {
    /// As agreed now.
    before: TermsBody,
    /// With the later end, at the version that was signed.
    signed: TermsBody,
    /// The same at the version that is published today; null: it is the one that was signed, or cannot be signed.
    today: Option<TermsBody>,
    /// What changed between the two, item by item; null where there is one version only.
    #[schema(value_type = Option<Object>)]
    changes: Option<serde_json::Value>,
}

impl From<RenewQuote> for RenewalQuoteBody {
    fn from(quote: RenewQuote) -> Self {
        let (today, changes) = match quote.today {
            Some(today) => (Some(today.terms.into()), serde_json::to_value(today.changes).ok()),
            None => (None, None),
        };
        Self { before: quote.before.into(), signed: quote.signed.into(), today, changes }
    }
}

/// A later end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RenewalQuoteInput)]
struct RenewalQuoteInput {
    /// RFC 3339 with zone, after the end that is agreed and at most ten years ahead.
    #[schema(example = "2027-03-31T18:00:00+09:00")]
    ends_at: String,
}

/// The customer's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RenewalInput)]
struct RenewalInput {
    /// RFC 3339 with zone, after the end that is agreed and at most ten years ahead.
    #[schema(example = "2027-03-31T18:00:00+09:00")]
    ends_at: String,
    /// The version of the offer to renew at: the one signed, or the one published today.
    offer_version: i64,
    /// The monthly price that was shown, as the quote tells it; another one is a conflict
    /// (`price_changed`). Absent: whatever it is.
    #[serde(default)]
    shown_price: Option<ShownPrice>,
}

/// Quote the renewal of a contract
///
/// The terms with a later end at the version of the offer that was signed, and at the one published today. 409: `no_end`,
/// and as for changes.
#[utoipa::path(post, path = "/contracts/{contract}/renewals/quote", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = RenewalQuoteInput,
    responses((status = 200, body = RenewalQuoteBody)))]
async fn quote_renewal(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<RenewalQuoteInput>,
) -> Result<Json<RenewalQuoteBody>, Problem> {
    let ends_at = read_moment(&broker, &ctx, id, ("/endsAt", &input.ends_at)).await?;
    Ok(Json(broker.quote_renew(&ctx, id, ends_at).await?.into()))
}

/// Renew a contract
///
/// The contract gets a later end, and from now on the terms of the chosen version. Made at once, and kept as a change of
/// the contract. 409: `no_end`, `offer_changed`, and as for changes.
#[utoipa::path(post, path = "/contracts/{contract}/renewals", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = RenewalInput,
    responses((status = 201, body = ChangeBody)))]
async fn renew(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Extension(Key(key)): Extension<Key>,
    Input(input): Input<RenewalInput>,
) -> Result<Created<ChangeBody>, Problem> {
    let wish = Renew {
        ends_at: read_moment(&broker, &ctx, id, ("/endsAt", &input.ends_at)).await?,
        offer_version: input.offer_version,
        shown_price: input.shown_price.map(domain::Money::from),
        idempotency_key: format!("api:{key}"),
    };
    let number = broker.renew(&ctx, id, wish).await?;
    Ok(Created(broker.change(&ctx, id, number).await?.into()))
}

/// The contract and the number of the change; what cannot be one does not exist.
pub(super) fn named((contract, change): &(String, String)) -> Result<(ContractId, i64), Problem> {
    let none = |detail: String| Problem::new(StatusCode::NOT_FOUND, "not_found", detail);
    let id = contract.parse().map_err(|error: domain::IdError| none(error.to_string()))?;
    let number = change.parse().map_err(|_| none(format!("`{change}` is no number")))?;
    Ok((id, number))
}
