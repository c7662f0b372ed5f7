//! Files of offers, and the keys that providers sign their documents with.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use broker::Broker;
use broker::keys::KeyCard;
use broker::offers::{
    ChecklistHead, ImportReport, ImportedRow, OfferFile, OfferFormat, UploadCounts,
};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, FromQuery, Input, Named, Nothing, Params, Query, fault};
use super::problem::{FieldProblem, Problem};
use super::uploads::{UploadBody, accepted, wants_to_leave};
use super::wire::{Answer, Created, moment};

/// Where files of offers are sent; their bodies may be larger than others.
pub(super) const IMPORT_PATH: &str = "/provider/offers/import";

pub(super) fn routes() -> OpenApiRouter<Broker> {
    let import = OpenApiRouter::new()
        .routes(routes!(import))
        .layer(DefaultBodyLimit::max(app::form::IMPORT_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(keys, register))
        .routes(routes!(revoke))
        .routes(routes!(provider_keys))
        .merge(import)
}

/// A file of offers as text.
#[derive(Debug)]
struct Table(String);

impl<S: Send + Sync> FromRequest<S> for Table {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !TYPES.contains(&kind.as_str()) {
            let detail =
                format!("say the file's type in the header content-type: {}", TYPES.join(", "));
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "unsupported_media_type", detail));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Problem::of_status(rejection.status()))?;
        String::from_utf8(bytes.to_vec()).map(Self).map_err(|_| {
            let detail = "the file is not UTF-8; save the table as CSV UTF-8";
            Problem::new(StatusCode::BAD_REQUEST, "bad_encoding", detail)
        })
    }
}

/// What a file of offers may be.
const TYPES: &[&str] = &["text/csv", "application/yaml", "application/json", "text/plain"];

fn parse_moment(text: &str) -> Result<Timestamp, Problem> {
    let moment = text.parse::<jiff::Timestamp>();
    moment.map(|at| Timestamp(at.as_microsecond())).map_err(|_| {
        let message = "this is no moment";
        let fault = fault("/validFrom", "wrong_form", text, "2026-10-01T00:00:00+09:00", message);
        Problem::invalid(vec![fault])
    })
}

/// The forms of a file.
const FORMATS: [&str; 4] = ["csv", "yaml", "json", "meti"];

/// How a file is taken.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
struct ImportQuery {
    /// Whether everybody sees the offers at once; else new ones are drafts.
    #[param(default = false)]
    publish: bool,
    /// Whether to tell what would become of the offers and save nothing.
    #[param(default = false)]
    dry_run: bool,
    /// `all`: with a single fault nothing is saved. `valid`: rows without a fault are saved, and the answer lists the
    /// faults of the others.
    #[param(default = "all")]
    rows: String,
    /// `csv`, `yaml`, `json` or `meti` (the METI checklist); as the text looks unless stated.
    format: Option<String>,
    /// What the file is called in the list of uploads, at most 80 characters.
    #[param(max_length = 80)]
    file: Option<String>,
    /// Of a checklist: metadata.name of its offer.
    name: Option<String>,
    /// Of a checklist: title of its offer, Japanese.
    title: Option<String>,
    /// Of a checklist: IaaS, PaaS, SaaS or Network.
    #[param(default = "SaaS")]
    model: Option<String>,
    /// Of a checklist: id of the region.
    region: Option<String>,
    /// Of a checklist: ISO 3166-1 alpha-2 of the region.
    country: Option<String>,
}

impl FromQuery for ImportQuery {
    fn from_query(params: &mut Params) -> Self {
        let yes = |word: &str| match word {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let rows = |word: &str| ["all", "valid"].contains(&word).then(|| word.to_owned());
        let known = |word: &str| FORMATS.contains(&word).then(|| word.to_owned());
        Self {
            publish: params.word("publish", "true, false", yes).unwrap_or(false),
            dry_run: params.word("dryRun", "true, false", yes).unwrap_or(false),
            rows: params.word("rows", "all, valid", rows).unwrap_or_else(|| "all".to_owned()),
            format: params.word("format", &FORMATS.join(", "), known),
            file: params.text("file"),
            name: params.text("name"),
            title: params.text("title"),
            model: params.text("model"),
            region: params.text("region"),
            country: params.text("country"),
        }
    }
}

/// What became of one offer of a file.
#[derive(Debug, Serialize, ToSchema)]
struct ImportedRowBody {
    /// Row as a spreadsheet counts, the header being row 1, or the number of the document from 1.
    row: usize,
    /// metadata.name of the document.
    name: String,
    /// `ofr_…`
    offer: String,
    /// Its newest version.
    version: i64,
    /// created, revised or unchanged.
    outcome: &'static str,
}

impl From<ImportedRow> for ImportedRowBody {
    fn from(row: ImportedRow) -> Self {
        let (offer, version) = (row.id.to_string(), row.version);
        Self { row: row.row, name: row.name, offer, version, outcome: row.outcome.as_str() }
    }
}

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportBody {
    /// Offers of the file.
    rows: i64,
    /// New offers.
    created: i64,
    /// Offers with a new version.
    revised: i64,
    /// Offers that said the same already.
    unchanged: i64,
    /// Offers whose newest version everybody sees now and did not before.
    published: i64,
    /// Offers whose newest version waits for a person, because the rules of the market ask for one.
    submitted: i64,
    /// Offers that were not taken because of their faults; 0 unless `rows` is `valid`.
    refused: i64,
    /// Whether all this was done; false for a dry run, of which new offers have no lasting id.
    saved: bool,
    /// `upl_…`: what it is kept as for 30 days, and undone by; null: it changed nothing.
    upload: Option<String>,
    /// Each of them, in the order of the file.
    offers: Vec<ImportedRowBody>,
    /// The first thousand faults of the others.
    faults: Vec<FieldProblem>,
}

impl From<ImportReport> for ImportBody {
    fn from(report: ImportReport) -> Self {
        let counts = report.counts();
        Self::with_counts(report, counts)
    }
}

impl ImportBody {
    /// Of a report that holds a part of the offers.
    pub fn with_counts(report: ImportReport, counts: UploadCounts) -> Self {
        Self {
            rows: counts.rows,
            created: counts.created,
            revised: counts.revised,
            unchanged: counts.unchanged,
            published: counts.published,
            submitted: counts.submitted,
            refused: counts.refused,
            upload: report.upload.map(|id| id.to_string()),
            faults: report.faults.iter().map(|found| found.fault.clone().into()).collect(),
            saved: report.saved,
            offers: report.offers.into_iter().map(ImportedRowBody::from).collect(),
        }
    }
}

/// Import a file of offers
///
/// At most 10,000 offers as CSV, YAML or JSON; the columns of a table are described in docs/csv.md. Or one
/// offer as a filled METI checklist for cloud services (CSV); what it does not say stands in the query. A
/// remark in brackets behind an answer becomes an exclusion (`…を除く`) or a condition of the promise.
/// New offers and next versions are saved in one transaction. With a single fault nothing is: each
/// fault says row, column or the name of the checklist's row (`/rows/3/availability.mttr`), what was found
/// as it is written there, and what is allowed. With `rows=valid` the rows without a fault are saved all the same; 422
/// where there is none. With `dryRun` nothing is saved in any case. With the header `prefer: respond-async` (RFC 7240)
/// the answer comes at once: 202 with the upload, which is followed at its `location`.
#[utoipa::path(post, path = "/provider/offers/import", tag = "provider", params(ImportQuery),
    request_body(content = String, description = "A table or documents", content_type = "text/csv"),
    responses((status = 200, body = ImportBody), (status = 202, body = UploadBody)))]
async fn import(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(query): Query<ImportQuery>,
    headers: HeaderMap,
    Table(text): Table,
) -> Result<Response, Problem> {
    let format = query.format.as_deref().and_then(OfferFormat::from_word);
    let checklist = ChecklistHead {
        name: query.name.unwrap_or_default(),
        title: query.title.unwrap_or_default(),
        model: query.model.unwrap_or_else(|| "SaaS".to_owned()),
        region: query.region.unwrap_or_default(),
        country: query.country.unwrap_or_default(),
        provider: None,
    };
    let (publish, dry_run, valid_rows_only) = (query.publish, query.dry_run, query.rows == "valid");
    let file_name = query.file.unwrap_or_default();
    let file = OfferFile { text, file_name, format, publish, dry_run, valid_rows_only, checklist };
    if wants_to_leave(&headers) {
        return Ok(accepted(broker.send_offer_file(&ctx, file).await?));
    }
    let report = broker.import_offers(&ctx, file).await?;
    if report.is_taken(valid_rows_only) {
        return Ok(Answer(ImportBody::from(report)).into_response());
    }
    let faults = report.faults.into_iter().map(|found| FieldProblem::from(found.fault));
    Err(Problem::invalid(faults.collect()))
}

/// A key that a provider signs its documents with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct KeyBody {
    /// Its thumbprint (RFC 7638); signatures name it.
    kid: String,
    /// The public key as JSON Web Key (RFC 8037).
    #[schema(value_type = Object)]
    jwk: Value,
    /// Documents signed with it are taken from then on.
    valid_from: String,
    /// When it was registered.
    created_at: String,
    /// When it was revoked; null: it is in use.
    revoked_at: Option<String>,
}

impl From<KeyCard> for KeyBody {
    fn from(key: KeyCard) -> Self {
        Self {
            kid: key.kid,
            jwk: serde_json::from_str(&key.jwk).unwrap_or_default(),
            valid_from: moment(key.valid_from),
            created_at: moment(key.created_at),
            revoked_at: key.revoked_at.map(moment),
        }
    }
}

/// Keys of a provider.
#[derive(Debug, Serialize, ToSchema)]
struct KeyListBody {
    /// Newest first, at most 200.
    items: Vec<KeyBody>,
    /// Always null: the list is whole.
    next: Option<String>,
}

impl From<Vec<KeyCard>> for KeyListBody {
    fn from(keys: Vec<KeyCard>) -> Self {
        Self { items: keys.into_iter().map(KeyBody::from).collect(), next: None }
    }
}

/// List one's signing keys
#[utoipa::path(get, path = "/provider/keys", tag = "provider", responses((status = 200, body = KeyListBody)))]
async fn keys(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<KeyListBody>, Problem> {
    Ok(Answer(broker.my_keys(&ctx).await?.into()))
}

/// A key to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KeyInput {
    /// The public key as JSON Web Key: kty OKP, crv Ed25519, x. Never send d.
    #[schema(value_type = Object)]
    key: Value,
    /// From when documents signed with it are taken, RFC 3339; now unless stated.
    valid_from: Option<String>,
}

/// Register a signing key
///
/// Register the next key before the first document is signed with it, then revoke the old one.
/// Registering the same key again changes nothing; a key that was revoked cannot come back.
#[utoipa::path(post, path = "/provider/keys", tag = "provider", request_body = KeyInput,
    responses((status = 201, body = KeyBody)))]
async fn register(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<KeyInput>,
) -> Result<Created<KeyBody>, Problem> {
    let from = input.valid_from.as_deref().map(parse_moment);
    let key = broker.register_key(&ctx, &input.key.to_string(), from.transpose()?).await?;
    Ok(Created(key.into()))
}

/// Revoke a signing key
///
/// No further document is taken with it; what it signed stays and says so. Repeating it changes
/// nothing.
#[utoipa::path(delete, path = "/provider/keys/{key}", tag = "provider",
    params(("key" = String, Path, description = "Its thumbprint")),
    responses((status = 204, description = "revoked")))]
async fn revoke(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(kid): Named<String>,
) -> Result<StatusCode, Problem> {
    broker.revoke_key(&ctx, &kid).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List a provider's signing keys
///
/// For everybody who wants to check a signature; revoked keys are listed too.
#[utoipa::path(get, path = "/providers/{provider}/keys", tag = "market",
    params(("provider" = String, Path, description = "Short name or `prv_…`")),
    responses((status = 200, body = KeyListBody)))]
async fn provider_keys(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(name): Named<String>,
    _: Query<Nothing>,
) -> Result<Answer<KeyListBody>, Problem> {
    let provider = broker.provider(&ctx, &name).await?;
    Ok(Answer(broker.provider_keys(&ctx, provider.card.id).await?.into()))
}
