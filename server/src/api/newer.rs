//! Newer versions of a contract's offer, and who is affected by a version.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use broker::Broker;
use broker::changes::{Accept, NewerVersionView};
use broker::notices::{Affected, AffectedContracts};
use domain::{ContractId, OfferId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::changes::{ChangeBody, named};
use super::charges::ShownPrice;
use super::extract::{Asker, Input, Named, Nothing, Query};
use super::problem::Problem;
use super::wire::{self, Answer, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(accept))
        .routes(routes!(keep))
        .routes(routes!(affected))
}

/// A newer version of a contract's offer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewerVersion)]
pub(super) struct NewerVersionBody {
    /// `ofr_…`
    offer: String,
    /// The newer version.
    version: i64,
    /// The version that was the contract's when it was found.
    signed_version: i64,
    /// better, neutral, worse or incomparable: all changes taken together, for the customer.
    verdict: &'static str,
    /// What changed between the two, item by item.
    #[schema(value_type = Vec<Object>)]
    changes: Value,
    /// Whether it contains the need that was signed.
    fits: bool,
    /// Must items of that need that it does not meet.
    missed: Vec<String>,
    /// When it was found and told.
    found_at: String,
    /// Until when the holder may leave because of it, free of charge; null: nothing became worse.
    leave_until: Option<String>,
    /// Whether that moment lies ahead.
    may_leave: bool,
    /// accepted or kept; null: not decided, and the contract stays as it was signed.
    decision: Option<&'static str>,
    /// When it was decided.
    decided_at: Option<String>,
    /// Whether it is the latest one and newer than the contract's version.
    current: bool,
}

impl From<NewerVersionView> for NewerVersionBody {
    fn from(view: NewerVersionView) -> Self {
        Self {
            offer: view.offer.to_string(),
            version: view.version,
            signed_version: view.signed_version,
            verdict: view.changes.verdict().as_str(),
            changes: wire::json(&view.changes.parts),
            fits: view.fits,
            missed: view.missed,
            found_at: moment(view.found_at),
            leave_until: view.leave_until.map(moment),
            may_leave: view.may_leave,
            decision: view.decision.map(broker::changes::Decision::as_str),
            decided_at: view.decided_at.map(moment),
            current: view.current,
        }
    }
}

/// The newer versions of a contract's offer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewerVersionList)]
struct NewerVersionListBody {
    /// The latest first, at most 200.
    items: Vec<NewerVersionBody>,
    /// Always null: there are no more.
    next: Option<String>,
}

/// List newer versions of a contract's offer
///
/// Each version that was published since the contract's, with what changed, whether it still contains the need that was
/// signed, and until when the holder may leave because of it. The contract keeps its version until its holder accepts.
#[utoipa::path(get, path = "/contracts/{contract}/newer-versions", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = NewerVersionListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    _: Query<Nothing>,
) -> Result<Answer<NewerVersionListBody>, Problem> {
    let found = broker.newer_versions(&ctx, id).await?;
    let items = found.into_iter().map(NewerVersionBody::from).collect();
    Ok(Answer(NewerVersionListBody { items, next: None }))
}

/// The customer's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AcceptanceInput)]
struct AcceptanceInput {
    /// The monthly price that was shown; another one is a conflict (`price_changed`). Absent: whatever it is.
    #[serde(default)]
    shown_price: Option<ShownPrice>,
}

/// Accept a newer version
///
/// From now on its promises and its price are the contract's, with the same quantities and the same end; the texts of both
/// versions stay with the change. Repeating it changes nothing. 409: `offer_changed` when another version is published,
/// `price_changed`, and as for changes.
#[utoipa::path(put, path = "/contracts/{contract}/newer-versions/{version}/acceptance", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`"),
        ("version" = String, Path, description = "Its number")), request_body = AcceptanceInput,
    responses((status = 200, body = ChangeBody)))]
async fn accept(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Path(names): Path<(String, String)>,
    Input(input): Input<AcceptanceInput>,
) -> Result<Json<ChangeBody>, Problem> {
    let (id, version) = named(&names)?;
    let shown_price = input.shown_price.map(domain::Money::from);
    let number = broker.accept_newer(&ctx, id, Accept { version, shown_price }).await?;
    Ok(Json(broker.change(&ctx, id, number).await?.into()))
}

/// Leave a contract as it was signed
///
/// The version can still be accepted. Repeating it changes nothing. 409: `version_accepted`.
#[utoipa::path(put, path = "/contracts/{contract}/newer-versions/{version}/keep", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`"),
        ("version" = String, Path, description = "Its number")),
    responses((status = 204, description = "kept")))]
async fn keep(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Path(names): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (id, version) = named(&names)?;
    broker.keep_signed_version(&ctx, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Living contracts that were made from one version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AffectedContracts)]
struct AffectedContractsBody {
    /// The version that is theirs.
    signed_version: i64,
    /// How many there are.
    contracts: u64,
    /// better, neutral, worse or incomparable: all changes since taken together.
    verdict: &'static str,
    /// How many signed for a need that the newest version no longer contains.
    no_longer_fit: u64,
    /// For how long their holders may leave because of it, microseconds; null: nothing became worse.
    leave_us: Option<i64>,
}

impl From<AffectedContracts> for AffectedContractsBody {
    fn from(group: AffectedContracts) -> Self {
        Self {
            signed_version: group.signed_version,
            contracts: group.contracts,
            verdict: group.verdict.as_str(),
            no_longer_fit: group.no_longer_fit,
            leave_us: group.leave_us,
        }
    }
}

/// Who is affected by the newest version of an offer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Affected)]
struct AffectedBody {
    /// The newest version, published or not.
    version: i64,
    /// The version that the public sees; null: none.
    published: Option<i64>,
    /// What changed since the published version; null: nothing is published, or it is the newest.
    #[schema(value_type = Option<Vec<Object>>)]
    changes: Option<Value>,
    /// Living contracts by the version that is theirs, the latest first.
    contracts: Vec<AffectedContractsBody>,
    /// Watched needs that the published version contains and the newest does not.
    needs_lost: u64,
    /// Watched needs that the newest version contains and the published one does not.
    needs_gained: u64,
}

impl From<Affected> for AffectedBody {
    fn from(found: Affected) -> Self {
        Self {
            version: found.version,
            published: found.published,
            changes: found.changes.map(|changes| wire::json(&changes.parts)),
            contracts: found.contracts.into_iter().map(AffectedContractsBody::from).collect(),
            needs_lost: found.needs_lost,
            needs_gained: found.needs_gained,
        }
    }
}

/// See who is affected by one's newest version
///
/// Before it is published and after: contracts made from older versions, and watched needs, counted.
#[utoipa::path(get, path = "/provider/offers/{offer}/affected", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = AffectedBody)))]
async fn affected(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    _: Query<Nothing>,
) -> Result<Answer<AffectedBody>, Problem> {
    Ok(Answer(broker.affected(&ctx, id).await?.into()))
}
