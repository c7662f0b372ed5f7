//! Handlers of images: one per route, as in `routes`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use provider_api::{FieldFault, ImageRequest, ProblemCode, paths};
use serde::Deserialize;

use super::answer::{answer, created};
use super::headers::{Caller, intent, parse};
use super::routes::{Body, Shared, bytes, entries, whole};
use crate::error::OpError;
use crate::operations::{Chunk, invalid};

pub(super) async fn begin_image(State(cloud): Shared, caller: Caller, body: Body) -> Response {
    let outcome = async {
        let request: ImageRequest = parse(&bytes(body)?)?;
        let intent = intent(&caller, "beginImage", "", &request)?;
        let work = cloud.work.clone();
        whole(&work, async move { cloud.begin_image(&intent, &request).await }).await
    };
    created(outcome.await)
}

pub(super) async fn upload_chunk(
    State(cloud): Shared,
    Path(id): Path<String>,
    caller: Caller,
    body: Body,
) -> Response {
    let outcome = async {
        let text = |name| caller.header(name);
        let offset = text(paths::UPLOAD_OFFSET).and_then(|text| text.parse().ok());
        let Some(offset) = offset.filter(|offset| *offset >= 0) else {
            let detail = "send Upload-Offset with the number of bytes that come before";
            return Err(OpError::refuse(ProblemCode::InvalidRequest, detail));
        };
        let Some(digest) = text(paths::CONTENT_DIGEST).map(str::to_owned) else {
            let detail = "send Content-Digest with the SHA-256 of the chunk (RFC 9530)";
            return Err(OpError::refuse(ProblemCode::InvalidRequest, detail));
        };
        let bytes = bytes(body)?;
        // The same place and the same bytes are the same call.
        let intent = intent(&caller, "uploadChunk", &id, &(offset, &digest, bytes.len()))?;
        let chunk = Chunk { offset, digest, bytes };
        let work = cloud.work.clone();
        whole(&work, async move { cloud.upload_chunk(&intent, &id, chunk).await }).await
    };
    answer(outcome.await)
}

pub(super) async fn one_image(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.image(&id).await)
}

/// Which images to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageQuery {
    name: Option<String>,
    sha256: Option<String>,
    after: Option<String>,
    limit: Option<i64>,
}

pub(super) async fn images(
    State(cloud): Shared,
    caller: Caller,
    query: Result<Query<ImageQuery>, QueryRejection>,
) -> Response {
    let outcome = async {
        let Query(query) = query.map_err(|rejection| {
            OpError::refuse(ProblemCode::InvalidRequest, rejection.to_string())
        })?;
        let after = query.after.as_deref().map_or(Ok(0), str::parse).map_err(|_| {
            let detail = "pass what `next` said".to_owned();
            invalid(vec![FieldFault { pointer: "/after".to_owned(), detail }])
        })?;
        let filter = (query.name.as_deref(), query.sha256.as_deref());
        let page = (after, entries(query.limit)?);
        cloud.images(&caller.tenant, filter, page).await
    };
    answer(outcome.await)
}
