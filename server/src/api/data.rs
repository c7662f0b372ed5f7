//! The data of a contract that ends: what waits, the archive, and the word that they may be erased.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use broker::contracts::{ReturnedData, TakeData};
use broker::{Broker, BrokerError};
use domain::ContractId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Input, Named};
use super::problem::Problem;
use super::wire::{Answer, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(read)).routes(routes!(archive)).routes(routes!(take))
}

/// One file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReturnedFile)]
struct FileBody {
    /// Its path in the archive.
    path: String,
    /// Its length in bytes.
    bytes: i64,
    /// SHA-256, 64 hexadecimal digits.
    sha256: String,
}

/// The archive as the cloud would send it now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReturnedArchive)]
struct ArchiveBody {
    /// Every file, in the order of the archive.
    files: Vec<FileBody>,
    /// Bytes of the archive.
    bytes: i64,
    /// SHA-256 of the archive, 64 hexadecimal digits.
    sha256: String,
}

/// The data that wait for their owner.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReturnedData)]
struct DataBody {
    /// Null: the cloud does not answer now.
    archive: Option<ArchiveBody>,
    /// When they are erased although nobody came.
    until: String,
    /// When the archive was sent whole; null: not yet.
    sent_at: Option<String>,
}

impl From<ReturnedData> for DataBody {
    fn from(data: ReturnedData) -> Self {
        Self {
            archive: data.archive.map(|archive| ArchiveBody {
                files: archive
                    .files
                    .into_iter()
                    .map(|file| FileBody {
                        path: file.path,
                        bytes: file.bytes,
                        sha256: file.sha256,
                    })
                    .collect(),
                bytes: archive.bytes,
                sha256: archive.sha256,
            }),
            until: moment(data.until),
            sent_at: data.sent_at.map(moment),
        }
    }
}

/// Read what data wait
///
/// After a release with `data=return` (F7.10.1c). 404 when none wait.
#[utoipa::path(get, path = "/contracts/{contract}/data", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = DataBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
) -> Result<Answer<DataBody>, Problem> {
    let data = broker.returned_data(&ctx, id).await?;
    Ok(Answer(data.ok_or(BrokerError::NotFound { what: "data" })?.into()))
}

/// Take the archive
///
/// A tar. One that broke off goes on with `Range: bytes=N-` and `If-Range`; 416 when nothing is left behind N,
/// any other range gives the whole. 409 `cloud_silent`: the cloud does not answer now. 409 `data_not_ready`: the
/// service is still being stopped.
#[utoipa::path(get, path = "/contracts/{contract}/data/archive", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")),
    responses((status = 200, body = Vec<u8>, content_type = "application/x-tar"),
        (status = 206, body = Vec<u8>, content_type = "application/x-tar")))]
async fn archive(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let stream = broker.returned_archive(&ctx, id, app::archive::asked(&headers)).await?;
    Ok(app::archive::answer(id, stream))
}

/// The word that the data may be erased.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TakeData)]
pub(super) struct TakeInput {
    /// SHA-256 of the archive that is there, 64 hexadecimal digits; needed unless it was sent whole.
    sha256: Option<String>,
    /// True: the data are not wanted and may be erased as they are.
    #[serde(default)]
    waive: bool,
}

/// Say that the data were taken
///
/// Then the release goes on and erases them; repeating it changes nothing. 409 `data_not_verified`: the archive
/// was not sent whole, so its digest is needed. 409 `no_data_wait`: no data of this service wait.
#[utoipa::path(post, path = "/contracts/{contract}/data/taken", tag = "contracts",
    params(("contract" = String, Path, description = "`ctr_…`")), request_body = TakeInput,
    responses((status = 204)))]
async fn take(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ContractId>,
    Input(input): Input<TakeInput>,
) -> Result<StatusCode, Problem> {
    let take =
        if input.waive { TakeData::Waived } else { TakeData::Taken { sha256: input.sha256 } };
    broker.take_data(&ctx, id, &take).await?;
    Ok(StatusCode::NO_CONTENT)
}
