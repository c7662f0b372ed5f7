//! The one place where a refused or failed use case becomes an HTTP answer (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use broker::{BrokerError, contracts::AlternativeOffer};
use serde::Serialize;
use utoipa::ToSchema;

use super::requotes::RequoteRef;

/// One fault of the request, tied to its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldProblem {
    /// JSON pointer into the body, or `/name` of a query parameter or header.
    #[schema(example = "/spec/items/0/value")]
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// What was found, shortened.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// One sentence in English.
    pub message: String,
    /// Line of the document's text, from 1; absent where the input is no document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// Another offer, and how it stands to the need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlternativeRef {
    /// `ofr_…`
    pub id: String,
    /// Whether its promise contains the need.
    pub matched: bool,
    /// Items that it misses of what must be; empty when it contains the need.
    #[schema(example = json!(["availability.service_uptime"]))]
    pub missed: Vec<String>,
}

impl From<&AlternativeOffer> for AlternativeRef {
    fn from(row: &AlternativeOffer) -> Self {
        Self { id: row.offer.to_string(), matched: row.matched, missed: row.missed.clone() }
    }
}

/// What an error answer says (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Names the kind of problem: `urn:kumoichi:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words, the same for each code.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// What happened this time, and what to do about it.
    pub detail: String,
    /// Stable code for programs.
    #[schema(example = "not_found")]
    pub code: String,
    /// The request's id, as in the header `x-request-id` and in the logs.
    pub request_id: String,
    /// All faults of the request at once; empty when it is not the request's fault.
    pub errors: Vec<FieldProblem>,
    /// Offers that could be contracted instead: those that contain the need, then the nearest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<AlternativeRef>,
    /// What would be signed now, of each offer of which it is not what was shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requotes: Vec<RequoteRef>,
}

/// An error on its way out; the outermost layers add the request's id.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: String,
    detail: String,
    errors: Vec<FieldProblem>,
    alternatives: Vec<AlternativeRef>,
    requotes: Vec<RequoteRef>,
    retry_after: Option<i64>,
}

impl Problem {
    /// A problem of this kind; the status decides title and default code.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: detail.into(),
            errors: Vec::new(),
            alternatives: Vec::new(),
            requotes: Vec::new(),
            retry_after: None,
        }
    }

    /// Faults of the input, 422.
    #[must_use]
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.len() {
            1 => "the input has one fault".to_owned(),
            count => format!("the input has {count} faults"),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail) }
    }

    /// What a bare status says.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::BAD_REQUEST => ("bad_request", "the request cannot be read"),
            StatusCode::UNAUTHORIZED => ("sign_in_first", "sign in first"),
            StatusCode::FORBIDDEN => ("forbidden", "this is not allowed"),
            StatusCode::NOT_FOUND => ("not_found", "there is nothing at this address"),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method_not_allowed",
                "the address does not take this method; see the header allow",
            ),
            StatusCode::REQUEST_TIMEOUT => ("timeout", "the request did not arrive in time"),
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the body is larger than allowed"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("unsupported_media_type", "the body has a type that is not read here")
            }
            StatusCode::TOO_MANY_REQUESTS => {
                ("too_many_attempts", "too many attempts; try again later")
            }
            StatusCode::SERVICE_UNAVAILABLE => ("busy", "try again in a moment"),
            status if status.is_client_error() => ("bad_request", "the request cannot be answered"),
            _ => ("internal", "something went wrong here; nothing was changed half-way"),
        };
        Self::new(status, code, detail)
    }

    /// A changing request that came from another site.
    #[must_use]
    pub fn cross_site() -> Self {
        let detail = "a request from another site may not change anything here; use a bearer token";
        Self::new(StatusCode::FORBIDDEN, "cross_site", detail)
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same with its places named.
    #[must_use]
    pub fn with_errors(self, errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..self }
    }

    /// The status it will have.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer with its document.
    #[must_use]
    pub fn document(self, request_id: &str) -> Response {
        let document = ProblemDocument {
            kind: format!("urn:kumoichi:problem:{}", self.code),
            title: title(self.status).to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
            request_id: request_id.to_owned(),
            errors: self.errors,
            alternatives: self.alternatives,
            requotes: self.requotes,
        };
        let text = serde_json::to_string(&document).unwrap_or_default();
        let mut response = (self.status, text).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The document is written by the layer that knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<BrokerError> for Problem {
    fn from(error: BrokerError) -> Self {
        let code = error.code();
        let text = error.to_string();
        let retry_after = error.retry_after_seconds();
        match error {
            BrokerError::SignInFirst => {
                let detail =
                    "sign in first: send a personal token as `Authorization: Bearer kmi_…`";
                Self::new(StatusCode::UNAUTHORIZED, code, detail)
            }
            BrokerError::WrongCredentials => Self::new(StatusCode::UNAUTHORIZED, code, text),
            BrokerError::WrongRole => Self::new(StatusCode::FORBIDDEN, code, text),
            BrokerError::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, code, text),
            BrokerError::Invalid(faults) => {
                Self::invalid(faults.into_iter().map(FieldProblem::from).collect())
            }
            BrokerError::SignedBefore { .. } => Self::new(StatusCode::CONFLICT, code, text),
            BrokerError::Conflict { detail, .. } => Self::new(StatusCode::CONFLICT, code, detail),
            BrokerError::NotOrderable { detail, alternatives, .. } => Self {
                alternatives: alternatives.iter().map(AlternativeRef::from).collect(),
                ..Self::new(StatusCode::CONFLICT, code, detail)
            },
            BrokerError::Requote(quotes) => Self {
                requotes: quotes.iter().map(RequoteRef::from).collect(),
                ..Self::new(StatusCode::CONFLICT, code, text)
            },
            BrokerError::BeyondEnd { .. } => {
                Self::new(StatusCode::RANGE_NOT_SATISFIABLE, code, text)
            }
            BrokerError::TooManyAttempts { .. } => {
                Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, text) }
            }
            BrokerError::Preparing { .. } => {
                Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, text) }
            }
            BrokerError::Storage(_) | BrokerError::Search(_) | BrokerError::Internal(_) => {
                // The whole chain is for the log; who asked learns the request's id.
                tracing::error!(error = chain(&error), "a use case failed");
                Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

impl From<broker::FieldFault> for FieldProblem {
    fn from(fault: broker::FieldFault) -> Self {
        Self {
            found: told(&fault.code, &fault.found),
            pointer: fault.pointer,
            code: fault.code,
            allowed: fault.allowed,
            message: fault.message,
            line: fault.place.map(|place| place.line),
            column: fault.place.map(|place| place.column),
        }
    }
}

/// What was found, also where nothing can be repeated.
pub(super) fn told(code: &str, found: &str) -> String {
    let text = match code {
        _ if !found.is_empty() => found,
        // Passwords and tokens are never repeated.
        "too_short" | "too_long" | "cloud_token" | "key" => "(not shown)",
        "syntax" => "text that cannot be read",
        "too_large" => "more than that",
        _ => "nothing",
    };
    text.to_owned()
}

/// Answers every address of the API that leads nowhere.
pub(super) async fn not_found() -> Problem {
    Problem::of_status(StatusCode::NOT_FOUND)
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNPROCESSABLE_ENTITY => "The input has faults",
        StatusCode::UNAUTHORIZED => "Sign in first",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::CONFLICT => "Not possible in this state",
        status => status.canonical_reason().unwrap_or("Error"),
    }
}

/// An error with all its causes, for logs.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
