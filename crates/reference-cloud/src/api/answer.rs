//! Outcomes as HTTP answers: JSON, or a problem document.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider_api::{LongOperation, Problem, ProblemCode, paths};
use serde::Serialize;

use crate::error::OpError;

/// The answer to an operation.
pub(super) fn answer<T: Serialize>(outcome: Result<T, OpError>) -> Response {
    match outcome {
        Ok(value) => Json(value).into_response(),
        Err(error) => problem(&error),
    }
}

/// The answer to a call that made something.
pub(super) fn created<T: Serialize>(outcome: Result<T, OpError>) -> Response {
    match outcome {
        Ok(value) => (StatusCode::CREATED, Json(value)).into_response(),
        Err(error) => problem(&error),
    }
}

/// The answer to a call that began long work: where to look for its end.
pub(super) fn accepted(outcome: Result<LongOperation, OpError>) -> Response {
    let place =
        outcome.as_ref().ok().map(|work| paths::with(paths::LONG_OPERATION, work.id.as_str()));
    let mut response = answer(outcome);
    if let Some(place) = place.and_then(|place| HeaderValue::from_str(&place).ok()) {
        *response.status_mut() = StatusCode::ACCEPTED;
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// The answer to a call that found its work begun: the same, and nothing was accepted.
pub(super) fn begun_before(work: LongOperation) -> Response {
    let mut response = accepted(Ok(work));
    *response.status_mut() = StatusCode::OK;
    response
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
    let retry_after = problem.retry_after_seconds;
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(problem)).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
