//! Whether a provider's cloud keeps the contract of the provider API.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use broker::Broker;
use broker::conformance::{CloudCard, CloudReport, Conformance, Deviation};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Name, Named, Nothing, Query};
use super::problem::Problem;
use super::wire::{Answer, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(read)).routes(routes!(request)).routes(routes!(list))
}

/// Where the examination of a cloud stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Conformance)]
struct ConformanceBody {
    /// Somebody waits for an examination.
    waiting: bool,
    /// The last one; null: never examined.
    report: Option<ReportBody>,
}

/// The report of an examination.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConformanceReport)]
struct ReportBody {
    /// conforms, deviates, or not_run: the cloud could not be examined.
    verdict: String,
    /// When it was made.
    examined_at: String,
    /// Whether it is about the cloud that is connected now.
    current: bool,
    /// Why nothing was examined.
    reason: Option<String>,
    /// Checks that passed.
    passed: usize,
    /// Checks that were left out.
    skipped: usize,
    /// What the cloud does not do as the API promises.
    deviations: Vec<DeviationBody>,
}

/// A check that failed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Deviation)]
struct DeviationBody {
    /// Stable name of the check, as `kumoichi conform` prints it.
    check: String,
    /// The fact that does not hold.
    fact: String,
    /// What the API promises.
    expected: String,
    /// What the cloud did.
    found: String,
}

impl From<Option<Conformance>> for ConformanceBody {
    fn from(known: Option<Conformance>) -> Self {
        let waiting = known.as_ref().is_some_and(|known| known.waiting);
        Self { waiting, report: known.and_then(|known| known.report).map(ReportBody::from) }
    }
}

impl From<CloudReport> for ReportBody {
    fn from(report: CloudReport) -> Self {
        Self {
            verdict: report.outcome.as_str().to_owned(),
            examined_at: moment(report.examined_at),
            current: report.current,
            reason: report.reason,
            passed: report.passed,
            skipped: report.skipped,
            deviations: report.deviations.into_iter().map(DeviationBody::from).collect(),
        }
    }
}

impl From<Deviation> for DeviationBody {
    fn from(Deviation { check, fact, expected, found }: Deviation) -> Self {
        Self { check, fact, expected, found }
    }
}

/// Read whether a provider's cloud conforms
#[utoipa::path(get, path = "/providers/{provider}/conformance", tag = "market",
    params(("provider" = String, Path, description = "Short name or `prv_…`")),
    responses((status = 200, body = ConformanceBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(Name(name)): Named<Name>,
    _: Query<Nothing>,
) -> Result<Answer<ConformanceBody>, Problem> {
    let provider = broker.provider(&ctx, &name).await?.card.id;
    Ok(Answer(broker.conformance(&ctx, provider).await?.into()))
}

/// Ask for an examination of one's own cloud
///
/// It holds and starts small things at the cloud and gives them back; the report is public. Asking again while it
/// is waited for changes nothing. 409 `no_cloud`: no cloud is connected.
#[utoipa::path(post, path = "/provider/examination", tag = "provider",
    responses((status = 202, body = ConformanceBody)))]
async fn request(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
) -> Result<(StatusCode, Json<ConformanceBody>), Problem> {
    broker.request_examination(&ctx).await?;
    let provider = broker.my_provider(&ctx).await?.card.id;
    Ok((StatusCode::ACCEPTED, Json(broker.conformance(&ctx, provider).await?.into())))
}

/// A connected cloud and its examinations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExaminedCloud)]
struct CloudBody {
    /// `prv_…`
    provider: String,
    /// The provider's short name.
    slug: String,
    /// conforms, deviates or not_run; null: the connected address was not examined yet.
    verdict: Option<String>,
    /// When it was examined.
    examined_at: Option<String>,
    /// Somebody waits for an examination.
    waiting: bool,
    /// When it is examined again by itself.
    next_at: Option<String>,
}

impl From<CloudCard> for CloudBody {
    fn from(card: CloudCard) -> Self {
        Self {
            provider: card.provider.to_string(),
            slug: card.slug,
            verdict: card.outcome.map(|outcome| outcome.as_str().to_owned()),
            examined_at: card.examined_at.map(moment),
            waiting: card.waiting,
            next_at: card.next_at.map(moment),
        }
    }
}

/// Every connected cloud.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExaminedClouds)]
struct CloudList {
    /// By the provider's short name.
    items: Vec<CloudBody>,
}

/// List the examinations of all clouds
#[utoipa::path(get, path = "/desk/clouds", tag = "desk",
    responses((status = 200, body = CloudList)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<CloudList>, Problem> {
    let items = broker.examined_clouds(&ctx).await?.into_iter().map(CloudBody::from).collect();
    Ok(Answer(CloudList { items }))
}
