//! Contracts: sign, read, follow, measure, release.

use axum::Extension;
use axum::extract::State;
use broker::contracts::{Bucket, ContractPage, Plan, Shown, Sign, StepView, Timeline};
use broker::{Broker, BrokerError};
use domain::{ContractId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::alternatives::AlternativeBody;
use super::bookings::{BookedBody, booked};
use super::charges::{ChargedOnceBody, ShownCharges};
use super::contract_summary::ContractSummary;
use super::extract::{Asker, FromQuery, Input, Named, Nothing, Params, Query};
use super::idempotent::Key;
use super::need::{NeedBody, need_problem};
use super::needs::offer_id;
use super::newer::NewerVersionBody;
use super::problem::Problem;
use super::terminations::TerminationBody;
use super::watches::WatchBody;
use super::wire::{Answer, Created, PageQuery, Region, moment};

/// Microseconds of a day: what a chart shows when nothing is said.
const DAY_US: i64 = 86_400_000_000;
/// Parts of a chart when nothing is said.
const BUCKETS: i64 = 96;

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list, sign))
        .routes(routes!(read))
        .routes(routes!(timelines))
        .routes(routes!(observations))
}

/// The bill of quantities.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Plan)]
pub(super) struct PlanBody {
    /// Machines, 1 to 16.
    #[schema(minimum = 1, maximum = 16)]
    instances: i64,
    /// Virtual CPUs of each, 1 to 64.
    #[schema(minimum = 1, maximum = 64)]
    vcpu: i64,
    /// Memory of each, MiB, 256 to 262144.
    #[schema(minimum = 256, maximum = 262_144)]
    ram_mb: i64,
    /// Storage of the whole service, GB, 1 to 10000.
    #[schema(minimum = 1, maximum = 10_000)]
    storage_gb: i64,
    /// Network, Mbit/s, 1 to 10000.
    #[schema(minimum = 1, maximum = 10_000)]
    network_mbps: i64,
    /// Region at the provider.
    region: String,
}

impl From<Plan> for PlanBody {
    fn from(plan: Plan) -> Self {
        Self {
            instances: plan.instances,
            vcpu: plan.vcpu,
            ram_mb: plan.ram_mb,
            storage_gb: plan.storage_gb,
            network_mbps: plan.network_mbps,
            region: plan.region,
        }
    }
}

impl From<PlanBody> for Plan {
    fn from(plan: PlanBody) -> Self {
        Self {
            instances: plan.instances,
            vcpu: plan.vcpu,
            ram_mb: plan.ram_mb,
            storage_gb: plan.storage_gb,
            network_mbps: plan.network_mbps,
            region: plan.region,
        }
    }
}

/// A page of contracts.
#[derive(Debug, Serialize, ToSchema)]
struct ContractListBody {
    /// Newest first.
    items: Vec<ContractSummary>,
    /// Cursor of the next page; null at the end.
    next: Option<String>,
}

/// List contracts
///
/// Those of one's organisation; for a broker, all active ones.
#[utoipa::path(get, path = "/contracts", tag = "contracts", params(PageQuery),
    responses((status = 200, body = ContractListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(page): Query<PageQuery>,
) -> Result<Answer<ContractListBody>, Problem> {
    let list = broker.contracts(&ctx, page.cursor.as_deref(), page.limit).await?;
    let items = list.items.iter().map(ContractSummary::from).collect();
    Ok(Answer(ContractListBody { items, next: list.next }))
}

/// The customer's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignInput {
    /// `ofr_…`
    offer: String,
    /// The version that was shown; a newer one is a conflict.
    offer_version: i64,
    /// The need it is for.
    need: NeedBody,
    /// How the customer calls the service, 1 to 80 characters.
    service_name: String,
    /// Edited quantities; absent: as quoted.
    #[serde(default)]
    plan: Option<PlanBody>,
    /// The price that was shown, as the quote tells it; another one is a conflict (`price_changed`). Absent: whatever
    /// it is.
    #[serde(default)]
    shown_price: Option<ShownCharges>,
    /// RFC 3339 with zone, after now and at most ten years ahead; absent: at once. The price is agreed now, the cloud is
    /// asked for room then.
    #[serde(default)]
    #[schema(example = "2027-03-31T18:00:00+09:00")]
    starts_at: Option<String>,
}

/// A moment with its zone, at its place in the body.
pub(super) fn read_moment(pointer: &str, text: &str) -> Result<Timestamp, BrokerError> {
    if let Some(at) = sla::Timestamp::parse(text) {
        return Ok(Timestamp(at.unix_micros()));
    }
    let allowed = "RFC 3339 with a zone, such as 2027-03-31T18:00:00+09:00";
    Err(BrokerError::field(pointer, "time", text, allowed, "this is no moment in time"))
}

/// Sign a contract
///
/// Activation starts at once, or at `startsAt`; follow it in the contract's timelines. 409 `offer_changed`, `price_changed`
/// and `price_stale` have a new quote in `requotes`; nothing is signed at a price that was not shown.
#[utoipa::path(post, path = "/contracts", tag = "contracts", request_body = SignInput,
    responses((status = 201, body = ContractBody)))]
async fn sign(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Extension(Key(key)): Extension<Key>,
    Input(input): Input<SignInput>,
) -> Result<Created<ContractBody>, Problem> {
    let offer = offer_id(&input.offer)?;
    let source = input.need.source()?;
    let starts_at = input.starts_at.map(|text| read_moment("/startsAt", &text)).transpose()?;
    let sign = Sign {
        offer,
        offer_version: input.offer_version,
        requirement: source.clone(),
        service_name: input.service_name,
        plan: input.plan.map(Plan::from),
        shown_price: input.shown_price.map(Shown::from),
        starts_at,
        // Apart from the keys that forms draw for themselves.
        idempotency_key: format!("api:{key}"),
    };
    match broker.sign(&ctx, sign).await {
        Ok(id) => Ok(Created(broker.contract(&ctx, id).await?.into())),
        Err(error) => Err(need_problem(&broker, &ctx, &source, error).await),
    }
}

/// Something allocated at the provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ResourceBody {
    /// compute, storage, network or endpoint.
    kind: String,
    /// The provider's id.
    native_id: String,
    /// Common state.
    state: String,
    /// Where it is, as the cloud says; null: it did not say.
    place: Option<PlaceBody>,
}

/// Where something is at a cloud.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlaceBody {
    /// The cloud's id of the zone.
    zone: String,
    /// The provider's name for the region.
    region: String,
    /// ISO 3166-1 alpha-2.
    country: String,
}

impl From<broker::contracts::PlaceView> for PlaceBody {
    fn from(place: broker::contracts::PlaceView) -> Self {
        Self { zone: place.zone, region: place.region, country: place.country }
    }
}

/// Proof of erasure.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StatementBody {
    /// The signed statement exactly as received.
    statement: String,
    /// The key that verified it, base64.
    verified_with: String,
    /// When it came.
    received_at: String,
}

/// A frozen document.
#[derive(Debug, Serialize, ToSchema)]
struct FrozenBody {
    /// The id of what was frozen.
    id: String,
    /// Its version.
    version: i64,
    /// SHA-256 of the text, lower-case hex.
    hash: String,
    /// The canonical text.
    document: String,
}

/// Everything about a contract.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContractBody {
    /// As in lists.
    #[serde(flatten)]
    summary: ContractSummary,
    /// The offer as signed.
    offer: FrozenBody,
    /// The requirement as signed.
    requirement: FrozenBody,
    /// The bill of quantities.
    plan: PlanBody,
    /// Stable code of why activation failed.
    failure: Option<String>,
    /// After a failure: other regions of the same offer, where the promise is the same.
    other_regions: Vec<Region>,
    /// After a failure: other offers, those that contain the need first.
    alternatives: Vec<AlternativeBody>,
    /// Runs of workflows, newest last.
    timelines: Vec<TimelineBody>,
    /// What exists at the provider.
    resources: Vec<ResourceBody>,
    /// What is watched since when, noted before users were let in.
    watches: Vec<WatchBody>,
    /// The notice by which its provider ends it: the one that is pending, or that ended it; null: none.
    termination: Option<TerminationBody>,
    /// What was booked at a cloud that holds nothing, oldest first.
    bookings: Vec<BookedBody>,
    /// What is or was charged once, that of the signature first.
    one_time_charges: Vec<ChargedOnceBody>,
    /// Proof of erasure after release.
    erasure: Option<StatementBody>,
    /// The provider's final meter, JSON text.
    usage: Option<String>,
    /// When it became active.
    activated_at: Option<String>,
    /// When it was released.
    released_at: Option<String>,
    /// Promised response time in microseconds; null: not promised.
    promised_response_us: Option<i64>,
    /// The order it was signed in, `ord_…`; null: alone.
    order: Option<String>,
    /// What the provider has published since; null: nothing else, or the offer is off the market.
    newer_offer: Option<NewerOfferBody>,
    /// Newer versions of its offer that its holder was told about, the latest first.
    newer_versions: Vec<NewerVersionBody>,
}

/// A version of the offer that was published after the contract was made.
#[derive(Debug, Serialize, ToSchema)]
struct NewerOfferBody {
    /// The version that is published now.
    version: i64,
    /// Item by item: better, neutral, worse or incomparable, with what it was and what it is.
    #[schema(value_type = Object)]
    changes: serde_json::Value,
}

impl From<ContractPage> for ContractBody {
    fn from(page: ContractPage) -> Self {
        let resource = |row: broker::contracts::ResourceView| ResourceBody {
            kind: row.kind,
            native_id: row.native_id,
            state: row.state,
            place: row.place.map(PlaceBody::from),
        };
        let erasure = page.statement.map(|row| StatementBody {
            statement: row.statement,
            verified_with: row.verified_with,
            received_at: moment(row.received_at),
        });
        Self {
            summary: ContractSummary::from(&page.card),
            offer: FrozenBody {
                id: page.offer.to_string(),
                version: page.offer_version,
                hash: page.offer_hash,
                document: page.offer_document,
            },
            requirement: FrozenBody {
                id: page.requirement.to_string(),
                version: page.requirement_version,
                hash: page.requirement_hash,
                document: page.requirement_document,
            },
            plan: page.plan.into(),
            failure: page.failure,
            other_regions: page
                .alternatives
                .regions
                .into_iter()
                .map(|(id, country)| Region { id, country, orderable: true })
                .collect(),
            alternatives: page.alternatives.offers.iter().map(AlternativeBody::from).collect(),
            timelines: page.timelines.into_iter().map(TimelineBody::from).collect(),
            resources: page.resources.into_iter().map(resource).collect(),
            watches: page.watches.into_iter().map(WatchBody::from).collect(),
            termination: page.termination.as_ref().map(TerminationBody::from),
            bookings: page.bookings.iter().map(booked).collect(),
            one_time_charges: page.charged_once.iter().map(ChargedOnceBody::from).collect(),
            erasure,
            usage: page.usage,
            activated_at: page.activated_at.map(moment),
            released_at: page.released_at.map(moment),
            promised_response_us: page.promised_response_us,
            order: page.order.map(|order| order.to_string()),
            newer_versions: page.newer_versions.into_iter().map(NewerVersionBody::from).collect(),
            newer_offer: page.newer.map(|newer| NewerOfferBody {
                version: newer.version,
                changes: serde_json::to_value(newer.changes).unwrap_or_default(),
            }),
        }
    }
}

/// Read a contract
#[utoipa::path(get, path = "/contracts/{contract}", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = ContractBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    _: Query<Nothing>,
) -> Result<Answer<ContractBody>, Problem> {
    Ok(Answer(broker.contract(&ctx, id).await?.into()))
}

/// One step of a workflow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StepBody {
    /// plan, discover, hold, …
    name: String,
    /// forward or undo.
    phase: String,
    /// pending, started, retrying, waiting, done, failed or skipped.
    status: String,
    /// From 1; 0 when not begun.
    attempt: i64,
    /// When the first attempt began.
    started_at: Option<String>,
    /// When it ended.
    finished_at: Option<String>,
    /// Stable code of the last error.
    error_code: Option<String>,
    /// What happened.
    error: Option<String>,
    /// When the next attempt is due.
    next_attempt_at: Option<String>,
    /// Why a person said that it is done or undone.
    note: Option<String>,
}

impl From<StepView> for StepBody {
    fn from(step: StepView) -> Self {
        Self {
            name: step.name,
            phase: step.phase,
            status: step.status,
            attempt: step.attempt,
            started_at: step.started_at.map(moment),
            finished_at: step.finished_at.map(moment),
            error_code: step.error_code,
            error: step.error,
            next_attempt_at: step.next_attempt_at.map(moment),
            note: step.note,
        }
    }
}

/// One run of a workflow.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timeline)]
pub(super) struct TimelineBody {
    /// `wfl_…`
    id: String,
    /// activate_contract or release_contract.
    kind: String,
    /// running, undoing, done, undone, needs_attention, abandoned or parked.
    state: String,
    /// In the order of the definition, undo steps last.
    steps: Vec<StepBody>,
}

impl From<Timeline> for TimelineBody {
    fn from(timeline: Timeline) -> Self {
        Self {
            id: timeline.id.to_string(),
            kind: timeline.kind,
            state: timeline.state,
            steps: timeline.steps.into_iter().map(StepBody::from).collect(),
        }
    }
}

/// The runs of a contract's workflows.
#[derive(Debug, Serialize, ToSchema)]
struct TimelineListBody {
    /// Newest last.
    items: Vec<TimelineBody>,
    /// Always null: the list is whole.
    next: Option<String>,
}

/// Follow a contract's workflows
#[utoipa::path(get, path = "/contracts/{contract}/timelines", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = TimelineListBody)))]
async fn timelines(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    _: Query<Nothing>,
) -> Result<Answer<TimelineListBody>, Problem> {
    let items = broker.timelines(&ctx, id).await?.into_iter().map(TimelineBody::from).collect();
    Ok(Answer(TimelineListBody { items, next: None }))
}

/// Which part of the measurements.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct ObservationQuery {
    /// First moment, RFC 3339; a day before `to` when absent.
    from: Option<String>,
    /// Last moment, RFC 3339; now when absent.
    to: Option<String>,
    /// Equal parts, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 96)]
    buckets: Option<i64>,
}

struct Span {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    buckets: u32,
}

impl FromQuery for Span {
    fn from_query(params: &mut Params) -> Self {
        let buckets = params.number("buckets", 1, 500).unwrap_or(BUCKETS);
        Self {
            from: params.moment("from"),
            to: params.moment("to"),
            buckets: u32::try_from(buckets).unwrap_or(1),
        }
    }
}

/// One part of a chart.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BucketBody {
    /// Its begin.
    at: String,
    /// Samples; 0 is "no data".
    samples: i64,
    /// Of them, successful.
    ok: i64,
    /// Mean response in microseconds; null: no answer.
    mean_us: Option<i64>,
    /// Slowest response in microseconds.
    max_us: Option<i64>,
}

impl From<Bucket> for BucketBody {
    fn from(bucket: Bucket) -> Self {
        Self {
            at: moment(bucket.at),
            samples: bucket.samples,
            ok: bucket.ok,
            mean_us: bucket.mean_us,
            max_us: bucket.max_us,
        }
    }
}

/// Measured response times.
#[derive(Debug, Serialize, ToSchema)]
struct ObservationListBody {
    /// Oldest first.
    items: Vec<BucketBody>,
    /// Always null: the span is whole.
    next: Option<String>,
}

/// Read a service's measured response times
#[utoipa::path(get, path = "/contracts/{contract}/observations", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`"), ObservationQuery),
    responses((status = 200, body = ObservationListBody)))]
async fn observations(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Query(span): Query<Span>,
) -> Result<Answer<ObservationListBody>, Problem> {
    let to = span.to.unwrap_or_else(|| broker.now());
    let from = span.from.unwrap_or_else(|| to.plus_us(-DAY_US));
    if from >= to {
        let text = "the span ends before it begins";
        let fault =
            super::extract::fault("/from", "span", &moment(from), "earlier than `to`", text);
        return Err(Problem::invalid(vec![fault]));
    }
    let buckets = broker.observations(&ctx, id, from, to, span.buckets).await?;
    let items = buckets.into_iter().map(BucketBody::from).collect();
    Ok(Answer(ObservationListBody { items, next: None }))
}
