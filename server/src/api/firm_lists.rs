//! Firm lists: the best places for a need, held for a few minutes, each bookable as shown.

use axum::extract::State;
use broker::Broker;
use broker::securing::{FirmAnswer, FirmRequest, FirmRow, FirmView, Strategy};
use domain::FirmListId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contracts::{ContractBody, PlanBody};
use super::extract::{Asker, Input, Named, Nothing, Query, fault};
use super::need::{NeedBody, need_problem};
use super::problem::Problem;
use super::wire::{Answer, Created, Money, ProviderRef, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(open)).routes(routes!(read, let_go)).routes(routes!(book))
}

/// What a firm list is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FirmListInput {
    /// The need.
    need: NeedBody,
    /// `latency_first`, `bandwidth_first`, `cost_first` or `assurance_first`; absent: as the need says.
    #[serde(default)]
    strategy: Option<String>,
    /// Quantities; the region is that of each place. Absent: those quoted for each offer.
    #[serde(default)]
    plan: Option<PlanBody>,
    /// How many places to hold, 1 to 3; absent: 3.
    #[serde(default)]
    places: Option<usize>,
}

/// A firm list as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FirmList)]
struct FirmListBody {
    /// `frm_…`
    id: String,
    /// `asking`, `open`, `empty`, `taken`, `dropped`, `expired` or `failed`.
    state: String,
    /// What is held first.
    strategy: String,
    /// When it was asked for.
    created_at: String,
    /// Until when a place can be booked; null: nothing is held.
    closes_at: Option<String>,
    /// The contract that took a place; null: none did.
    contract: Option<String>,
    /// Held places first, best first.
    places: Vec<FirmPlaceBody>,
}

/// One place of a firm list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FirmPlace)]
struct FirmPlaceBody {
    /// What a booking names; it stays when the order changes.
    number: u32,
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
    /// Monthly price.
    price: Option<Money>,
    /// What is charged once when something begins there; null: nothing.
    one_time: Option<Money>,
    /// `not_asked`, `silent`, `refused`, `full`, `has_room` or `held`; once the list has ended `booked` or `let_go`.
    answer: &'static str,
    /// Why it refused, as a stable code; null: it did not.
    refusal: Option<String>,
    /// Measured way to the cloud and back, microseconds; null: not measured.
    round_trip_us: Option<i64>,
    /// Network free there, Mbit/s; null: the cloud did not say.
    free_mbps: Option<i64>,
    /// Seconds from start to ready, as usual there; null: the cloud did not say.
    ready_in_seconds: Option<u32>,
    /// When the hold ends by itself; null: nothing is held.
    held_until: Option<String>,
    /// Of a cloud that books at once and is not held therefore: what booking and cancelling would cost; null: nothing.
    cancel_charge: Option<Money>,
}

impl From<FirmRow> for FirmPlaceBody {
    fn from(row: FirmRow) -> Self {
        let FirmRow { place, card } = row;
        let cancel_charge = place.cancel_money().map(Money::from);
        let (answer, refusal) = match place.answer {
            FirmAnswer::NotAsked => ("not_asked", None),
            FirmAnswer::Silent => ("silent", None),
            FirmAnswer::Refused(code) => ("refused", Some(code)),
            FirmAnswer::Full => ("full", None),
            FirmAnswer::HasRoom => ("has_room", None),
            FirmAnswer::Held => ("held", None),
            FirmAnswer::Booked => ("booked", None),
            FirmAnswer::LetGo => ("let_go", None),
        };
        Self {
            number: place.number,
            offer: place.candidate.offer.to_string(),
            offer_version: place.candidate.offer_version,
            title: TwoLanguages::new(&card.title_en, &card.title_ja),
            provider: ProviderRef::from(&card.provider),
            region: place.candidate.region,
            country: place.candidate.country,
            hazard_zone: place.candidate.hazard_zone,
            price: place.candidate.price.map(Money::from),
            one_time: place.candidate.once.map(Money::from),
            answer,
            refusal,
            round_trip_us: place.round_trip_us,
            free_mbps: place.free_mbps,
            ready_in_seconds: place.ready_in_seconds,
            cancel_charge,
            held_until: place.held.map(|held| moment(held.until)),
        }
    }
}

impl From<FirmView> for FirmListBody {
    fn from(view: FirmView) -> Self {
        Self {
            id: view.id.to_string(),
            state: view.state,
            strategy: view.strategy.as_str().to_owned(),
            created_at: moment(view.created_at),
            closes_at: view.closes_at.map(moment),
            contract: view.contract.map(|id| id.to_string()),
            places: view.rows.into_iter().map(FirmPlaceBody::from).collect(),
        }
    }
}

/// Hold the best places for a need
///
/// The clouds of the best offers are asked at once, and the best with room are held for about three minutes, one at
/// each cloud. Read the list until it is no longer `asking`. 409 `firm_lists_open`: three lists are open.
#[utoipa::path(post, path = "/firm-lists", tag = "contracts", request_body = FirmListInput,
    responses((status = 201, body = FirmListBody)))]
async fn open(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<FirmListInput>,
) -> Result<Created<FirmListBody>, Problem> {
    let need = input.need.source()?;
    let strategy = match &input.strategy {
        None => None,
        Some(word) => Some(Strategy::from_word(word).ok_or_else(|| {
            let allowed = "latency_first, bandwidth_first, cost_first or assurance_first";
            let text = "there is no such strategy";
            Problem::invalid(vec![fault("/strategy", "word", word, allowed, text)])
        })?),
    };
    let plan = input.plan.map(Into::into);
    let places = input.places.unwrap_or(3);
    let request = FirmRequest { need: need.clone(), strategy, plan, places };
    match broker.open_firm_list(&ctx, &request).await {
        Ok(id) => Ok(Created(broker.firm_list(&ctx, id).await?.into())),
        Err(error) => Err(need_problem(&broker, &ctx, &need, error).await),
    }
}

/// Read a firm list
#[utoipa::path(get, path = "/firm-lists/{firmList}", tag = "contracts",
    params(("firmList" = String, Path, description = "`frm_…`")),
    responses((status = 200, body = FirmListBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<FirmListId>,
    _: Query<Nothing>,
) -> Result<Answer<FirmListBody>, Problem> {
    Ok(Answer(broker.firm_list(&ctx, id).await?.into()))
}

/// Let go of everything that a firm list holds
///
/// Repeating it changes nothing.
#[utoipa::path(delete, path = "/firm-lists/{firmList}", tag = "contracts",
    params(("firmList" = String, Path, description = "`frm_…`")),
    responses((status = 200, body = FirmListBody)))]
async fn let_go(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<FirmListId>,
) -> Result<Answer<FirmListBody>, Problem> {
    broker.drop_firm_list(&ctx, id).await?;
    Ok(Answer(broker.firm_list(&ctx, id).await?.into()))
}

/// The place that is booked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BookingInput {
    /// The number of a place that is held.
    place: u32,
    /// How the customer calls the service, 1 to 80 characters.
    service_name: String,
}

/// Book a place of a firm list
///
/// Signs the contract for the shown price; it takes over what is held, and the other places are let go. Booking the
/// same place again gives the same contract. 409 `firm_list_over`: nothing of the list is held any more; `place_not_held`: this place never was.
#[utoipa::path(post, path = "/firm-lists/{firmList}/bookings", tag = "contracts",
    params(("firmList" = String, Path, description = "`frm_…`")), request_body = BookingInput,
    responses((status = 201, body = ContractBody)))]
async fn book(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<FirmListId>,
    Input(input): Input<BookingInput>,
) -> Result<Created<ContractBody>, Problem> {
    let contract = broker.book_firm_place(&ctx, id, input.place, &input.service_name).await?;
    Ok(Created(broker.contract(&ctx, contract).await?.into()))
}
