//! The outermost layer: request id, security headers, one log line, the number of SQL statements.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::IdSource;
use tracing::Instrument;

use super::Web;
use crate::SystemIds;

/// The header with the request's id, in requests and answers.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header with the number of SQL statements.
const SQL_STATEMENTS: HeaderName = HeaderName::from_static("x-sql-statements");
/// Longest id that is taken over from a proxy.
const REQUEST_ID_MAX: usize = 64;

/// Only our own files, no inline script or style, no frames; wasm may be compiled.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'self'; object-src 'none'";

/// What every answer carries unless its handler said something else.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The id that ties log lines, audit rows and the answer of one request together.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

pub(super) async fn guard(
    State(web): State<Arc<Web>>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let (id, value) = request_id(request.headers());
    request.headers_mut().insert(REQUEST_ID, value.clone());
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let method = request.method().clone();
    // The query may hold what people search for; the path is enough for a log.
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", request.id = %id);
    let (mut response, statements) = if web.count_statements {
        let (response, count) =
            storage::stats::counting(next.run(request).instrument(span.clone())).await;
        (response, Some(count))
    } else {
        (next.run(request).instrument(span.clone()).await, None)
    };
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, value);
    for (name, text) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(text));
    }
    if web.secure_cookies {
        let a_year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(a_year);
    }
    if let Some(count) = statements {
        headers.insert(SQL_STATEMENTS, HeaderValue::from(count));
    }
    let status = response.status().as_u16();
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        tracing::debug!(%method, path, status, ms, sql.statements = statements, "a request was answered");
    });
    response
}

/// The id a proxy gave, when it is plain, or a new one.
fn request_id(headers: &HeaderMap) -> (Arc<str>, HeaderValue) {
    let given = headers.get(REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (8..=REQUEST_ID_MAX).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    });
    if let Some(value) = given
        && let Ok(text) = value.to_str()
    {
        return (text.into(), value.clone());
    }
    let fresh = SystemIds::default().next_uuid().simple().to_string();
    let value = HeaderValue::from_str(&fresh).unwrap_or(HeaderValue::from_static("unknown"));
    (fresh.into(), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_id_is_taken_over() {
        let id = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(text));
            request_id(&headers).0.to_string()
        };
        assert_eq!(id("abcd-1234-efgh"), "abcd-1234-efgh");
        for foreign in ["short", "with space in it", "<script>alert(1)</script>"] {
            assert_ne!(id(foreign), foreign);
        }
        assert_eq!(id("").len(), 32);
    }
}
