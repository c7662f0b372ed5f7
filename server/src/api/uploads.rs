//! Files of offers that were sent: how far they are, what became of their rows, and the way to undo them.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use broker::Broker;
use broker::offers::{UndoneCounts, UploadView};
use domain::UploadId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::exchange::ImportBody;
use super::extract::{Asker, FromQuery, Input, Named, Nothing, Params, Query};
use super::problem::Problem;
use super::wire::{Answer, PageQuery, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(report))
        .routes(routes!(save))
        .routes(routes!(cancel))
        .routes(routes!(preview, undo))
}

/// Rows of a report that are read at once.
const ROWS: u32 = 1_000;

/// How far an upload is.
#[derive(Debug, Serialize, ToSchema)]
struct ProgressBody {
    /// reading, checking or saving.
    phase: &'static str,
    /// How much of this phase is done.
    done: usize,
    /// Of how much; 0: not known yet.
    total: usize,
    /// How much of everything is done, 0 to 99.
    percent: u8,
}

/// What undoing does, or did, with how many offers.
#[derive(Debug, Serialize, ToSchema)]
struct UndoCountsBody {
    /// Drafts that nobody saw, deleted.
    deleted: i64,
    /// Offers that leave the market.
    withdrawn: i64,
    /// Offers that say again what they said before, as their next version.
    restored: i64,
    /// Offers that were changed since and stay as they are.
    kept: i64,
}

impl From<UndoneCounts> for UndoCountsBody {
    fn from(counts: UndoneCounts) -> Self {
        let UndoneCounts { deleted, withdrawn, restored, kept } = counts;
        Self { deleted, withdrawn, restored, kept }
    }
}

/// A file of offers that was sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Upload)]
pub(super) struct UploadBody {
    /// `upl_…`
    id: String,
    /// As its sender's machine calls it; empty: it came without a name.
    file_name: String,
    /// Lower-case hex SHA-256 of the text.
    sha256: String,
    /// waiting, running, tried, refused, saved, cancelled, failed or undone.
    state: &'static str,
    /// Whether its offers are published.
    publish: bool,
    /// Whether it is only tried.
    dry_run: bool,
    /// `all` or `valid`.
    rows: &'static str,
    /// When it was sent.
    made_at: String,
    /// Who sent it.
    made_by: String,
    /// How far it is; null: it waits, is over, or another process takes it in.
    progress: Option<ProgressBody>,
    /// Offers that the file holds; this and the following are 0 until it was looked at.
    offers: i64,
    /// New offers.
    created: i64,
    /// Offers with a new version.
    revised: i64,
    /// Offers that said the same already.
    unchanged: i64,
    /// Versions that everybody sees because of it.
    published: i64,
    /// Versions that wait for a person.
    submitted: i64,
    /// Offers that were not taken.
    refused: i64,
    /// All faults.
    faults: i64,
    /// Why it failed: internal, sender, or the code of a conflict; null: it did not.
    failure: Option<String>,
    /// When it was saved, tried, refused or stopped.
    finished_at: Option<String>,
    /// When it was undone.
    undone_at: Option<String>,
    /// What undoing did; null: it was not undone, or this is a list.
    undone: Option<UndoCountsBody>,
}

impl UploadBody {
    /// In a list nobody has counted what undoing did.
    fn listed(view: UploadView) -> Self {
        Self { undone: None, ..view.into() }
    }
}

impl From<UploadView> for UploadBody {
    fn from(view: UploadView) -> Self {
        let progress = view.progress.map(|progress| ProgressBody {
            phase: progress.phase.as_str(),
            done: progress.done,
            total: progress.total,
            percent: progress.percent(),
        });
        let counts = view.counts;
        Self {
            id: view.id.to_string(),
            file_name: view.file_name,
            sha256: view.file_hash,
            state: view.state.as_str(),
            publish: view.publish,
            dry_run: view.dry_run,
            rows: if view.valid_rows_only { "valid" } else { "all" },
            made_at: moment(view.made_at),
            made_by: view.made_by_name,
            progress,
            offers: counts.rows,
            created: counts.created,
            revised: counts.revised,
            unchanged: counts.unchanged,
            published: counts.published,
            submitted: counts.submitted,
            refused: counts.refused,
            faults: counts.faults,
            failure: Some(view.failure).filter(|code| !code.is_empty()),
            finished_at: view.finished_at.map(moment),
            undone_at: view.undone.as_ref().map(|undone| moment(undone.at)),
            undone: view.undone.map(|undone| undone.counts.into()),
        }
    }
}

/// Whether the sender does not want to wait (RFC 7240).
pub(super) fn wants_to_leave(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|wish| wish.split(';').next().unwrap_or_default().trim() == "respond-async")
}

/// 202 with the address where the upload is followed.
pub(super) fn accepted(view: UploadView) -> Response {
    let at = format!("/api/v1/provider/uploads/{}", view.id);
    let mut response = (StatusCode::ACCEPTED, Json(UploadBody::from(view))).into_response();
    let headers = response.headers_mut();
    if let Ok(at) = HeaderValue::from_str(&at) {
        headers.insert(header::LOCATION, at);
    }
    headers.insert("preference-applied", HeaderValue::from_static("respond-async"));
    response
}

/// Uploads of a provider.
#[derive(Debug, Serialize, ToSchema)]
struct UploadListBody {
    /// The latest first.
    items: Vec<UploadBody>,
    /// Cursor of the next page; null at the end.
    next: Option<String>,
}

/// List one's uploads
///
/// Files of offers that were sent in the last 30 days by page, API and command line, each that changed something.
#[utoipa::path(get, path = "/provider/uploads", tag = "provider", params(PageQuery),
    responses((status = 200, body = UploadListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(page): Query<PageQuery>,
) -> Result<Answer<UploadListBody>, Problem> {
    let found = broker.uploads(&ctx, page.cursor.as_deref(), page.limit).await?;
    let items = found.items.into_iter().map(UploadBody::listed).collect();
    Ok(Answer(UploadListBody { items, next: found.next }))
}

/// Read an upload
#[utoipa::path(get, path = "/provider/uploads/{upload}", tag = "provider",
    params(("upload" = String, Path, description = "`upl_…`")),
    responses((status = 200, body = UploadBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<UploadId>,
    _: Query<Nothing>,
) -> Result<Answer<UploadBody>, Problem> {
    Ok(Answer(broker.upload(&ctx, id).await?.into()))
}

/// From where a report is read.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct Rows {
    /// The row that was read last; 0 for the first ones.
    #[param(minimum = 0, default = 0)]
    after: Option<i64>,
}

impl FromQuery for Rows {
    fn from_query(params: &mut Params) -> Self {
        Self { after: params.number("after", 0, i64::from(i32::MAX)) }
    }
}

/// Read what became of the rows of an upload
///
/// A thousand offers at once in the order of the file, and the first thousand faults each time; the next ones are
/// asked for with `after` and the last `row`.
#[utoipa::path(get, path = "/provider/uploads/{upload}/report", tag = "provider",
    params(("upload" = String, Path, description = "`upl_…`"), Rows),
    responses((status = 200, body = ImportBody)))]
async fn report(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<UploadId>,
    Query(rows): Query<Rows>,
) -> Result<Answer<ImportBody>, Problem> {
    let view = broker.upload(&ctx, id).await?;
    let after = usize::try_from(rows.after.unwrap_or_default()).unwrap_or_default();
    let counts = view.counts;
    let report = broker.upload_report(&ctx, &view, (after, ROWS)).await?;
    Ok(Answer(ImportBody::with_counts(report, counts)))
}

/// Which rows are saved after all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SaveInput {
    /// `all`: with a single fault nothing is saved. `valid`: rows without a fault are.
    #[schema(example = "valid")]
    rows: String,
}

/// Save what was tried or refused
///
/// The file is taken in again, now to be saved; repeating it changes nothing. The files of the ten latest uploads
/// are kept for it: 409 `file_gone` for an older one.
#[utoipa::path(post, path = "/provider/uploads/{upload}/save", tag = "provider",
    params(("upload" = String, Path, description = "`upl_…`")), request_body = SaveInput,
    responses((status = 202, body = UploadBody)))]
async fn save(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<UploadId>,
    Input(input): Input<SaveInput>,
) -> Result<Response, Problem> {
    let in_part = match input.rows.as_str() {
        "valid" => true,
        "all" => false,
        other => {
            let message = "this is no choice of rows";
            let fault = super::extract::fault("/rows", "enum", other, "all, valid", message);
            return Err(Problem::invalid(vec![fault]));
        }
    };
    let view = broker.save_upload(&ctx, id, in_part).await?;
    Ok((StatusCode::ACCEPTED, Json(UploadBody::from(view))).into_response())
}

/// Stop an upload
///
/// Nothing of it is saved; 409 `wrong_state` where it was faster. Repeating it changes nothing.
#[utoipa::path(post, path = "/provider/uploads/{upload}/cancel", tag = "provider",
    params(("upload" = String, Path, description = "`upl_…`")),
    responses((status = 200, body = UploadBody)))]
async fn cancel(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<UploadId>,
) -> Result<Answer<UploadBody>, Problem> {
    Ok(Answer(broker.cancel_upload(&ctx, id).await?.into()))
}

/// See what undoing an upload would do
#[utoipa::path(get, path = "/provider/uploads/{upload}/undo", tag = "provider",
    params(("upload" = String, Path, description = "`upl_…`")),
    responses((status = 200, body = UndoCountsBody)))]
async fn preview(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<UploadId>,
    _: Query<Nothing>,
) -> Result<Answer<UndoCountsBody>, Problem> {
    Ok(Answer(broker.undo_preview(&ctx, id).await?.into()))
}

/// Undo an upload
///
/// Everything it saved, in one unit of work: offers that it added and that stayed drafts are deleted, published
/// ones leave the market; those that it changed say again what they said before, as their next version (a signature
/// of the old one does not come along); what was submitted is taken back. Offers that were changed since stay as
/// they are. Contracts go on. Repeating it changes nothing; 409 `wrong_state` where nothing was saved.
#[utoipa::path(post, path = "/provider/uploads/{upload}/undo", tag = "provider",
    params(("upload" = String, Path, description = "`upl_…`")),
    responses((status = 200, body = UploadBody)))]
async fn undo(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<UploadId>,
) -> Result<Answer<UploadBody>, Problem> {
    Ok(Answer(broker.undo_upload(&ctx, id).await?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_says_that_it_does_not_wait() {
        let wish = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", HeaderValue::from_static(text));
            wants_to_leave(&headers)
        };
        assert!(wish("respond-async") && wish("wait=10, respond-async;x=1"));
        assert!(!wish("return=minimal") && !wants_to_leave(&HeaderMap::new()));
    }
}
