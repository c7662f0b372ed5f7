//! `Idempotency-Key`: every POST carries one; repeating a request gets the first answer again.
//!
//! Only answers of requests that changed something for a known person are kept, and only successes:
//! a request that failed changed nothing and may be tried again with the same key.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use broker::{Broker, BrokerError};
use domain::Viewer;
use sha2::{Digest, Sha256};
use storage::StorageError;
use storage::idempotency::{self, Attempt, Begun};

use super::problem::Problem;

/// The header a client sends.
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is a repetition.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key; a UUID has 36 characters.
const KEY_MAX: usize = 200;
/// An attempt without an end after this time was cut off: requests take 30 seconds at most.
const ABANDONED_AFTER_SECONDS: i64 = 60;
/// Larger than any body that is let in, but for files of offers.
const BODY_MAX: usize = 4 * 1024 * 1024;
/// A file of ten thousand offers.
const IMPORT_MAX: usize = app::form::IMPORT_BYTES_MAX;
/// These answer a question and change nothing, so nothing is kept.
const QUESTIONS: [&str; 5] =
    ["/requirements/check", "/rankings", "/quotes", "/plans", "/provider/offers/check"];

/// The same about one contract: the end of the path after its id.
const QUESTIONS_ABOUT: [&str; 3] = ["/changes/quote", "/renewals/quote", "/moves/quote"];

/// The body to keep instead of the one that is sent, which holds a secret.
#[derive(Debug, Clone)]
pub(super) struct KeptBody(pub String);

/// The key of this request, for use cases that are repeatable by themselves.
#[derive(Debug, Clone)]
pub(super) struct Key(pub String);

pub(super) async fn repeatable(
    State(broker): State<Broker>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let key = match read_key(request.headers()) {
        Ok(key) => key,
        Err(problem) => return problem.into_response(),
    };
    request.extensions_mut().insert(Key(key.clone()));
    let viewer = request.extensions().get::<Viewer>().cloned();
    let path = request.uri().path();
    let question =
        QUESTIONS.contains(&path) || QUESTIONS_ABOUT.iter().any(|end| path.ends_with(end));
    let Some(viewer) = viewer.filter(|_| !question) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let most = if parts.uri.path() == super::exchange::IMPORT_PATH { IMPORT_MAX } else { BODY_MAX };
    let Ok(bytes) = to_bytes(body, most).await else {
        return Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let mut hash = Sha256::new();
    hash.update(parts.uri.to_string());
    hash.update([0]);
    hash.update(parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes));
    hash.update([0]);
    hash.update(&bytes);
    let record = Record {
        scope: viewer.user.to_string(),
        key,
        request_hash: hex::encode(hash.finalize()),
        broker,
    };
    let request = Request::from_parts(parts, Body::from(bytes));
    record
        .answer(request, next)
        .await
        .unwrap_or_else(|error| Problem::from(BrokerError::Storage(error)).into_response())
}

fn read_key(headers: &HeaderMap) -> Result<String, Problem> {
    let problem =
        |detail: &str| Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_required", detail);
    let value = headers.get(KEY).ok_or_else(|| {
        problem("send a header idempotency-key, such as a UUID; repeating it repeats the answer")
    })?;
    let text = value.to_str().unwrap_or_default().trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.is_empty() || text.len() > KEY_MAX || !plain {
        return Err(problem("the idempotency-key is 1 to 200 visible ASCII characters"));
    }
    Ok(text.to_owned())
}

struct Record {
    broker: Broker,
    scope: String,
    key: String,
    request_hash: String,
}

impl Record {
    async fn answer(&self, request: Request, next: Next) -> Result<Response, StorageError> {
        let now = self.broker.now();
        let attempt = Attempt {
            scope: &self.scope,
            key: &self.key,
            request_hash: &self.request_hash,
            at: now,
            abandoned_before: now.plus_seconds(-ABANDONED_AFTER_SECONDS),
        };
        let mut tx = self.broker.db().begin().await?;
        let begun = idempotency::begin(&mut tx, &attempt).await?;
        tx.commit().await?;
        match begun {
            Begun::Started => {}
            Begun::Finished { status, body } => return Ok(replay(status, body)),
            Begun::InProgress => {
                let detail = "the first request with this key is still being worked on";
                return Ok(
                    Problem::new(StatusCode::CONFLICT, "in_progress", detail).into_response()
                );
            }
            Begun::DifferentRequest => {
                let detail = "this idempotency-key was used for another request; choose a new one";
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Ok(Problem::new(status, "idempotency_key_reused", detail).into_response());
            }
        }
        let response = next.run(request).await;
        let mut tx = self.broker.db().begin().await?;
        if !response.status().is_success() {
            idempotency::forget(&mut tx, &self.scope, &self.key).await?;
            tx.commit().await?;
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        // A body of ours is in memory already; reading it cannot fail.
        let bytes: Bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let kept = parts.extensions.get::<KeptBody>().map(|kept| kept.0.clone());
        let kept = kept.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
        let status = parts.status.as_u16();
        idempotency::finish(&mut tx, &self.scope, &self.key, status, &kept).await?;
        tx.commit().await?;
        Ok(Response::from_parts(parts, Body::from(bytes)))
    }
}

fn replay(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    (status, headers, body).into_response()
}
