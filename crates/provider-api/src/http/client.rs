//! One call over HTTP: send, read, classify, and repeat where that is safe.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;

use super::body::{self, BodyError};
use super::config::{ConfigError, DriverConfig};
use super::{guard, retry};
use crate::driver::{Call, DriverError};
use crate::paths;
use crate::problem::{Problem, ProblemCode};

/// A client that only talks to allowed addresses and bears the token.
pub(super) fn build(config: &DriverConfig) -> Result<reqwest::Client, ConfigError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", config.token.reveal()))
        .map_err(|_| ConfigError::Token)?;
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, bearer);
    builder(config)?.default_headers(accepting(headers)).build().map_err(ConfigError::Client)
}

/// The same for callers that choose the token of each request themselves.
pub(crate) fn raw(config: &DriverConfig) -> Result<reqwest::Client, ConfigError> {
    config.check()?;
    let headers = accepting(HeaderMap::new());
    builder(config)?.default_headers(headers).build().map_err(ConfigError::Client)
}

fn accepting(mut headers: HeaderMap) -> HeaderMap {
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
    headers
}

fn builder(config: &DriverConfig) -> Result<reqwest::ClientBuilder, ConfigError> {
    let client = guard::client(config.total_timeout, &config.addresses)?;
    Ok(client.connect_timeout(config.connect_timeout))
}

/// The body of what is sent.
#[derive(Debug)]
pub(super) enum Payload<'a> {
    None,
    Json(serde_json::Value),
    /// A part of a file, with the bytes that come before it.
    Chunk {
        offset: i64,
        bytes: &'a [u8],
    },
}

/// What is sent.
#[derive(Debug)]
pub(super) struct Outgoing<'a> {
    pub method: Method,
    pub path: String,
    pub body: Payload<'a>,
    /// Present for changing calls.
    pub call: Option<&'a Call>,
}

/// How one try ended when it gave no answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: DriverError,
    repeat: bool,
    /// Whether the cloud may have acted.
    open: bool,
}

/// Sends until there is a definite answer or the tries are used up.
pub(super) async fn send<T: DeserializeOwned>(
    client: &reqwest::Client,
    config: &DriverConfig,
    outgoing: &Outgoing<'_>,
) -> Result<T, DriverError> {
    let mut open = false;
    for attempt in 1.. {
        let failure = match once(client, config, outgoing).await {
            Ok(bytes) => return decode(&bytes, outgoing),
            Err(failure) => failure,
        };
        open |= failure.open;
        let asked = match &failure.error {
            DriverError::Transient { retry_after, .. } => *retry_after,
            _ => None,
        };
        let wait = if failure.repeat {
            retry::wait_before(&config.retry, attempt + 1, asked, retry::dice())
        } else {
            None
        };
        let Some(wait) = wait else { return Err(last_word(failure.error, open)) };
        tracing::debug!(request.path = %outgoing.path, attempt, error = %failure.error, "a call to a cloud is repeated");
        tokio::time::sleep(wait).await;
    }
    Err(DriverError::Unknown { detail: "no try was made".to_owned() })
}

/// If any try may have acted, a later "nothing was done" speaks only for itself.
fn last_word(error: DriverError, open: bool) -> DriverError {
    match error {
        DriverError::Transient { detail, .. } if open => DriverError::Unknown { detail },
        error => error,
    }
}

async fn once(
    client: &reqwest::Client,
    config: &DriverConfig,
    outgoing: &Outgoing<'_>,
) -> Result<Vec<u8>, Failure> {
    let url = format!("{}{}", config.base_url.as_str().trim_end_matches('/'), outgoing.path);
    let mut request = client.request(outgoing.method.clone(), url);
    match &outgoing.body {
        Payload::None => {}
        Payload::Json(body) => request = request.json(body),
        Payload::Chunk { offset, bytes } => {
            request = request
                .header(CONTENT_TYPE, "application/octet-stream")
                .header(paths::UPLOAD_OFFSET, *offset)
                .header(paths::CONTENT_DIGEST, crate::wire::content_digest(bytes))
                .body(bytes.to_vec());
        }
    }
    if let Some(call) = outgoing.call {
        request = request
            .header(paths::IDEMPOTENCY_KEY, call.key.as_str())
            .header(paths::EPOCH, call.epoch.to_string());
    }
    let changing = outgoing.call.is_some();
    let response = request.send().await.map_err(|error| unsent(&error, changing))?;
    let status = response.status();
    let remote = header(&response, paths::REQUEST_ID).unwrap_or_default();
    let retry_after = header(&response, RETRY_AFTER.as_str())
        .and_then(|text| text.parse().ok())
        .map(Duration::from_secs);
    tracing::debug!(request.path = %outgoing.path, remote.request_id = %remote, status = status.as_u16(), "a cloud answered");
    let bytes = body::read(response, config.body_max).await.map_err(|error| match error {
        BodyError::TooLarge => {
            failed(changing, false, "the answer is larger than allowed".to_owned())
        }
        BodyError::Broken(error) => {
            failed(changing, true, format!("the answer broke off: {}", chain(&error)))
        }
    })?;
    if status.is_success() {
        Ok(bytes)
    } else {
        Err(classify(status, &bytes, retry_after, changing, &remote))
    }
}

/// What an answer that is no success says.
pub(super) async fn refusal(response: reqwest::Response, max: usize) -> DriverError {
    let status = response.status();
    let remote = header(&response, paths::REQUEST_ID).unwrap_or_default();
    match body::read(response, max).await {
        Ok(bytes) => classify(status, &bytes, None, false, &remote).error,
        Err(error) => DriverError::Transient { retry_after: None, detail: error.to_string() },
    }
}

fn header(response: &reqwest::Response, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(|text| text.chars().take(100).collect())
}

/// A failure that leaves it open whether a changing call had its effect.
fn failed(changing: bool, repeat: bool, detail: String) -> Failure {
    let error = if changing {
        DriverError::Unknown { detail }
    } else {
        DriverError::Transient { retry_after: None, detail }
    };
    Failure { error, repeat, open: changing }
}

pub(super) fn unsent(error: &reqwest::Error, changing: bool) -> Failure {
    let detail = chain(error);
    if forbidden(error) {
        let error = DriverError::rejected(ProblemCode::Forbidden, detail);
        return Failure { error, repeat: false, open: false };
    }
    // Not connected means not sent: the cloud cannot have acted.
    if error.is_connect() {
        return Failure {
            error: DriverError::Transient { retry_after: None, detail },
            repeat: true,
            open: false,
        };
    }
    if error.is_builder() {
        let error = DriverError::rejected(ProblemCode::InvalidRequest, detail);
        return Failure { error, repeat: false, open: false };
    }
    failed(changing, true, detail)
}

fn forbidden(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<super::guard::Forbidden>() {
            return true;
        }
        source = cause.source();
    }
    false
}

/// What went wrong with all its causes.
pub(crate) fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn classify(
    status: StatusCode,
    bytes: &[u8],
    retry_after: Option<Duration>,
    changing: bool,
    remote: &str,
) -> Failure {
    let problem: Option<Problem> = serde_json::from_slice(bytes).ok();
    let said = problem
        .as_ref()
        .map_or_else(|| format!("status {}", status.as_u16()), |problem| problem.detail.clone());
    let detail = if remote.is_empty() { said } else { format!("{said} (request {remote})") };
    let code = problem.as_ref().map(|problem| problem.code);
    let untouched = matches!(code, Some(ProblemCode::Unavailable | ProblemCode::TooManyRequests));
    if status == StatusCode::TOO_MANY_REQUESTS || (status.is_server_error() && untouched) {
        return Failure {
            error: DriverError::Transient { retry_after, detail },
            repeat: true,
            open: false,
        };
    }
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        return failed(changing, true, detail);
    }
    if status == StatusCode::NOT_FOUND || status == StatusCode::GONE {
        return Failure { error: DriverError::Gone { detail }, repeat: false, open: false };
    }
    let problem = problem.unwrap_or_else(|| Problem::new(guess(status), detail));
    Failure {
        error: DriverError::Rejected { problem: Box::new(problem) },
        repeat: false,
        open: false,
    }
}

/// The code for an answer without a problem document.
fn guess(status: StatusCode) -> ProblemCode {
    match status.as_u16() {
        300..=399 => ProblemCode::Refused,
        400 => ProblemCode::InvalidRequest,
        401 => ProblemCode::Unauthorized,
        403 => ProblemCode::Forbidden,
        _ => ProblemCode::Other,
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8], outgoing: &Outgoing<'_>) -> Result<T, DriverError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let detail = format!("the answer is not as version 1 says: {error}");
        failed(outgoing.call.is_some(), false, detail).error
    })
}
