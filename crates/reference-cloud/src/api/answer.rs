//! Outcomes as HTTP answers: JSON, or a problem document.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider_api::{Problem, ProblemCode};
use serde::Serialize;

use crate::error::OpError;

/// The answer to an operation.
pub(super) fn answer<T: Serialize>(outcome: Result<T, OpError>) -> Response {
    match outcome {
        Ok(value) => Json(value).into_response(),
        Err(error) => problem(&error),
    }
}

/// A problem document; causes of internal errors go to the log only.
pub(super) fn problem(error: &OpError) -> Response {
    let problem = match error {
        OpError::Refused(problem) => problem.as_ref().clone(),
        error => {
            let cause =
                std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            tracing::error!(%error, %cause, "an operation failed");
            Problem::new(
                ProblemCode::Internal,
                "the cloud could not finish this; ask what became of the key",
            )
        }
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(problem)).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
