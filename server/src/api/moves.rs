//! Moving a contract to another offer, most likely at another provider: what fits, what it would come to, asking for it.
//! What became of it is read as a change.

use axum::extract::State;
use axum::{Extension, Json};
use broker::changes::{Move, MoveQuote, MoveView};
use broker::contracts::Shown;
use broker::requirements::RankedOffer;
use broker::{Broker, OpContext};
use domain::{ContractId, OfferId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::changes::{ChangeBody, TermsBody, read_moment};
use super::charges::ShownCharges;
use super::extract::{Asker, Input, Named, Nothing, Query};
use super::idempotent::Key;
use super::needs::{RankedBody, offer_id};
use super::problem::Problem;
use super::wire::{Answer, Created, Money, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(offers)).routes(routes!(quote)).routes(routes!(ask))
}

/// What only a move has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContractMove)]
pub(super) struct MoveBody {
    /// Who delivered before.
    provider_before: TwoLanguages,
    /// Who delivers after.
    provider_after: TwoLanguages,
    /// Whether the data come along.
    carries_data: bool,
    /// Until when users are let in at the new cloud, or everything stays where it was.
    finish_by: String,
    /// From when on the contract stands on the new terms; null: it does not, or not yet.
    switched_at: Option<String>,
    /// The signed statement of the cloud that was left that the data are gone, exactly as received; null: not yet.
    statement: Option<String>,
    /// The key that verified it, base64.
    verified_with: Option<String>,
    /// The final meter of the cloud that was left; null: not yet.
    #[schema(value_type = Option<Object>)]
    usage: Option<serde_json::Value>,
}

impl From<MoveView> for MoveBody {
    fn from(view: MoveView) -> Self {
        let name = |(en, ja): (String, String)| TwoLanguages::new(&en, &ja);
        Self {
            provider_before: name(view.provider_before),
            provider_after: name(view.provider_after),
            carries_data: view.carries_data,
            finish_by: moment(view.finish_by),
            switched_at: view.switched_at.map(moment),
            statement: view.statement,
            verified_with: view.verified_with,
            usage: view.usage.and_then(|text| serde_json::from_str(&text).ok()),
        }
    }
}

/// Offers that a contract can be moved to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MoveOfferList)]
struct OfferListBody {
    /// Best first, at most 50.
    items: Vec<RankedBody>,
    /// Always null: there are no more.
    next: Option<String>,
}

/// What a move would come to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MoveQuote)]
struct QuoteBody {
    /// As agreed now.
    before: TermsBody,
    /// As it would be.
    after: TermsBody,
    /// What the new provider charges once; null: nothing, or the provider stays.
    one_time: Option<Money>,
    /// How much more a month, in minor units of the currency; below zero: less. Null: the currencies differ.
    more_minor: Option<i64>,
    /// The new offer with its verdicts against the contract's need.
    ranked: RankedBody,
    /// What the new offer promises otherwise than the one that was signed, item by item.
    #[schema(value_type = Object)]
    changes: serde_json::Value,
    /// Whether the data can come along; null: one of the clouds does not answer now.
    can_carry: Option<bool>,
    /// Until when it is done or undone, where nothing else is said.
    finish_by: String,
}

impl From<MoveQuote> for QuoteBody {
    fn from(quote: MoveQuote) -> Self {
        Self {
            one_time: quote.once.map(Money::from),
            more_minor: quote.more_minor,
            ranked: RankedBody::from(&quote.ranked),
            changes: super::wire::json(&quote.changes),
            can_carry: quote.can_carry,
            finish_by: moment(quote.finish_by),
            before: quote.before.into(),
            after: quote.after.into(),
        }
    }
}

/// Where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = MoveQuoteInput)]
struct QuoteInput {
    /// `ofr_…`
    offer: String,
    /// The region there; absent: the first that its cloud has.
    #[serde(default)]
    region: Option<String>,
}

/// The customer's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = MoveInput)]
struct MoveInput {
    /// `ofr_…`
    offer: String,
    /// Its version that was shown; another one is a conflict (`offer_changed`).
    offer_version: i64,
    /// The region there; absent: the first that its cloud has.
    #[serde(default)]
    region: Option<String>,
    /// Whether the data come along; without them the new service begins empty.
    carries_data: bool,
    /// RFC 3339 with zone: until when users have to be let in at the new cloud, at most 30 days after the beginning;
    /// absent: a day after it.
    #[serde(default)]
    #[schema(example = "2027-03-31T18:00:00+09:00")]
    finish_by: Option<String>,
    /// The price that was shown, as the quote tells it; another one is a conflict
    /// (`price_changed`). Absent: whatever it is.
    #[serde(default)]
    shown_price: Option<ShownCharges>,
    /// RFC 3339 with zone, after now and before the contract ends, at most ten years ahead; absent: at once.
    #[serde(default)]
    #[schema(example = "2027-03-31T17:00:00+09:00")]
    from: Option<String>,
}

/// List the offers that a contract can be moved to
///
/// Those that contain the contract's need today and can be ordered, best first. 409 as for changes.
#[utoipa::path(get, path = "/contracts/{contract}/moves/offers", tag = "contracts",
    operation_id = "move_offers",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = OfferListBody)))]
async fn offers(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    _: Query<Nothing>,
) -> Result<Answer<OfferListBody>, Problem> {
    let found = broker.move_offers(&ctx, id).await?;
    let items = found.iter().map(|row: &RankedOffer| RankedBody::from(row)).collect();
    Ok(Answer(OfferListBody { items, next: None }))
}

/// Quote a move of a contract to another offer
///
/// The terms now and then, what the new offer promises otherwise, and whether the data can come along. Nothing is held or
/// ordered. 409: `offer_falls_short`, what keeps the offer from being signed, and as for changes.
#[utoipa::path(post, path = "/contracts/{contract}/moves/quote", tag = "contracts",
    operation_id = "quote_move",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = QuoteInput,
    responses((status = 200, body = QuoteBody)))]
async fn quote(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<QuoteInput>,
) -> Result<Json<QuoteBody>, Problem> {
    let offer = read_offer(&broker, &ctx, id, &input.offer).await?;
    Ok(Json(broker.quote_move(&ctx, id, (offer, input.region.as_deref())).await?.into()))
}

/// Move a contract to another offer
///
/// The service is set up there first and left where it was only then; until users are let in there the contract keeps its
/// terms, and whatever fails leaves everything as it was. Follow it in the contract's timelines and as a change. 409:
/// `change_under_way`, `offer_changed`, `offer_falls_short`, `data_not_carried`.
#[utoipa::path(post, path = "/contracts/{contract}/moves", tag = "contracts",
    operation_id = "move_contract",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = MoveInput,
    responses((status = 201, body = ChangeBody)))]
async fn ask(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Extension(Key(key)): Extension<Key>,
    Input(input): Input<MoveInput>,
) -> Result<Created<ChangeBody>, Problem> {
    let wish = Move {
        offer: read_offer(&broker, &ctx, id, &input.offer).await?,
        offer_version: input.offer_version,
        region: input.region,
        carries_data: input.carries_data,
        finish_by: moment_of(&broker, &ctx, id, ("/finishBy", input.finish_by.as_ref())).await?,
        shown_price: input.shown_price.map(|shown| Shown::from(shown).charges),
        from: moment_of(&broker, &ctx, id, ("/from", input.from.as_ref())).await?,
        // Apart from the keys that forms draw for themselves.
        idempotency_key: format!("api:{key}"),
    };
    let number = broker.move_to(&ctx, id, wish).await?;
    Ok(Created(broker.change(&ctx, id, number).await?.into()))
}

async fn moment_of(
    broker: &Broker,
    ctx: &OpContext,
    id: ContractId,
    (pointer, text): (&str, Option<&String>),
) -> Result<Option<Timestamp>, Problem> {
    match text {
        None => Ok(None),
        Some(text) => Ok(Some(read_moment(broker, ctx, id, (pointer, text)).await?)),
    }
}

async fn read_offer(
    broker: &Broker,
    ctx: &OpContext,
    id: ContractId,
    text: &str,
) -> Result<OfferId, Problem> {
    match offer_id(text) {
        Ok(offer) => Ok(offer),
        Err(fault) => {
            // Whose contract it is comes before what was typed.
            broker.contract(ctx, id).await?;
            Err(fault)
        }
    }
}
