//! Handlers of blocks that are not plain: one per route, as in `routes`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use provider_api::BlockRequest;

use super::answer::{answer, problem};
use super::headers::{intent, parse};
use super::routes::{Body, Shared, bytes, whole};

pub(super) async fn block(
    State(cloud): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let outcome = async {
        let request: BlockRequest = parse(&bytes(body)?)?;
        let intent = intent(&headers, "block", &id, &request)?;
        let work = cloud.work.clone();
        whole(&work, async move { cloud.block(&intent, &id, &request).await }).await
    };
    match outcome.await {
        Ok(block) => (StatusCode::CREATED, Json(block)).into_response(),
        Err(error) => problem(&error),
    }
}

pub(super) async fn one_block(State(cloud): Shared, Path(id): Path<String>) -> Response {
    answer(cloud.one_block(&id).await)
}
