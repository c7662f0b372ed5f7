//! Who asks: by session on pages, by session or bearer token on the API.
//!
//! The answer is a [`Viewer`] in the request's extensions; without one the request is a stranger's.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{UserId, Viewer};
use tower_sessions::Session;

use super::Web;
use crate::api::problem::chain;

/// The session's key for who signed in: a user id as text.
pub const USER_KEY: &str = "user";
/// The session's key for when it was last prolonged, in seconds.
const SEEN_KEY: &str = "seen";
/// A session is prolonged at most once a day, so that reading stays reading.
const PROLONG_SECONDS: i64 = 24 * 3600;

/// Marks an API request whose bearer token is unknown or revoked.
#[derive(Debug, Clone, Copy)]
pub struct UnknownToken;

/// A request with a bearer token cannot be forged by another site: browsers never send one by
/// themselves. Without these headers the protection lets it pass.
pub(super) async fn trust_tokens(mut request: Request, next: Next) -> Response {
    if is_api(&request) && bearer(request.headers()).is_some() {
        let headers = request.headers_mut();
        headers.remove(header::ORIGIN);
        headers.remove("sec-fetch-site");
        headers.remove(header::REFERER);
    }
    next.run(request).await
}

/// Finds out who asks.
pub(super) async fn find(
    State(web): State<Arc<Web>>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    if is_file(request.uri().path()) {
        return next.run(request).await;
    }
    let token = if is_api(&request) { bearer(request.headers()) } else { None };
    let found = match token {
        Some(token) => match web.broker().viewer_by_token(&token).await {
            Ok(None) => {
                request.extensions_mut().insert(UnknownToken);
                Ok(None)
            }
            found => found.map_err(|error| chain(&error)),
        },
        None => by_session(&web, &session).await,
    };
    let viewer: Option<Viewer> = match found {
        Ok(viewer) => viewer,
        Err(error) => {
            tracing::error!(error, "it could not be found out who asks");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    if let Some(viewer) = &viewer {
        request.extensions_mut().insert(viewer.clone());
    }
    let mut response = next.run(request).await;
    // Error pages are made further out and greet the same person.
    if let Some(viewer) = viewer {
        response.extensions_mut().insert(viewer);
    }
    response
}

async fn by_session(web: &Web, session: &Session) -> Result<Option<Viewer>, String> {
    let broken = |error: tower_sessions::session::Error| error.to_string();
    let Some(text) = session.get::<String>(USER_KEY).await.map_err(broken)? else {
        return Ok(None);
    };
    let user: Option<UserId> = text.parse().ok();
    let viewer = match user {
        Some(user) => web.broker().viewer(user).await.map_err(|error| chain(&error))?,
        None => None,
    };
    if viewer.is_none() {
        // The account is gone; so is its session.
        session.flush().await.map_err(broken)?;
        return Ok(None);
    }
    let now = web.broker().now().seconds();
    let seen = session.get::<i64>(SEEN_KEY).await.map_err(broken)?;
    if seen.is_none_or(|seen| now - seen > PROLONG_SECONDS) {
        session.insert(SEEN_KEY, now).await.map_err(broken)?;
    }
    Ok(viewer)
}

fn is_api(request: &Request) -> bool {
    request.uri().path().starts_with("/api/")
}

/// Files are the same for everybody.
fn is_file(path: &str) -> bool {
    path.starts_with("/pkg/") || matches!(path, "/favicon.svg" | "/robots.txt")
}

/// The token of `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}
