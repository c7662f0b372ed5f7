//! Every error leaves as a page (for people) or as a problem document (for programs).
//!
//! Also here, because their outcome is an error: the time limit, panics, and the end of live streams
//! at a stop.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use app::PageContext;
use app::layout::error_page::{ErrorPage, error_page};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Viewer;
use futures::{FutureExt, StreamExt};
use tower_http::csrf::ProtectionError;

use super::foreign::CrossSite;
use super::{RequestId, Web};
use crate::api::problem::Problem;

/// Longest time until an answer begins.
const TIME_LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn dress(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut asked = parts.clone();
    let work = AssertUnwindSafe(next.run(Request::from_parts(parts, body))).catch_unwind();
    let mut response = match tokio::time::timeout(TIME_LIMIT, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let what = panic_text(panic.as_ref());
            tracing::error!(path = asked.uri.path(), what, "a handler broke off");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => {
            tracing::error!(path = asked.uri.path(), "a request took too long and was given up");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    };
    if is_stream(&response) {
        return end_at_stop(response, &web);
    }
    let request_id = asked.extensions.get::<RequestId>().map(|id| id.0.to_string());
    let request_id = request_id.unwrap_or_default();
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return problem.document(&request_id);
    }
    if is_dressed(&response) {
        return response;
    }
    let status = response.status();
    let extensions = response.extensions();
    let cross_site =
        extensions.get::<ProtectionError>().is_some() || extensions.get::<CrossSite>().is_some();
    if asked.uri.path().starts_with("/api/") {
        let problem = if cross_site { Problem::cross_site() } else { Problem::of_status(status) };
        let mut answer = problem.document(&request_id);
        keep(&response, &mut answer);
        return answer;
    }
    if let Some(viewer) = response.extensions().get::<Viewer>() {
        asked.extensions.insert(viewer.clone());
    }
    let ctx = PageContext::from_parts(&asked, &web.pages);
    let mut answer = if cross_site {
        ErrorPage::cross_site(&ctx).respond(&ctx)
    } else {
        error_page(&ctx, status)
    };
    keep(&response, &mut answer);
    answer
}

/// Headers that say something beside the body.
fn keep(from: &Response, into: &mut Response) {
    for name in [header::ALLOW, header::RETRY_AFTER, header::SET_COOKIE] {
        for value in from.headers().get_all(&name) {
            into.headers_mut().append(&name, value.clone());
        }
    }
}

/// Whether it is no error, or an error that somebody already put into words.
fn is_dressed(response: &Response) -> bool {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return true;
    }
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| {
        // A page's script is told in JSON what is wrong with the fields of its form.
        [&b"text/html"[..], b"application/problem+json", b"application/json"]
            .iter()
            .any(|known| kind.starts_with(known))
    })
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"))
}

fn end_at_stop(response: Response, web: &Web) -> Response {
    let (parts, body) = response.into_parts();
    let stop = web.shutdown.clone().cancelled_owned();
    let stream = body.into_data_stream().take_until(stop);
    Response::from_parts(parts, Body::from_stream(stream))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}
