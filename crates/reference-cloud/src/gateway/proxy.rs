//! Hands a user's request to one machine of the service and the answer back.

use std::convert::Infallible;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use tower::Service;

use super::{Gate, Guard, Pass, Stats};
use crate::children::{Children, SECRET_HEADER, send};
use crate::http_server::{LoseAnswer, Peer};
use crate::switches::Panel;

/// The service at one address.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    id: Arc<str>,
    children: Arc<Children>,
    stats: Arc<Stats>,
    guard: Arc<Guard>,
    gate: Arc<Gate>,
    switches: Arc<Panel>,
    turn: Arc<AtomicUsize>,
}

/// A machine that takes longer is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// When somebody who was turned away may look again, in seconds.
const RETRY_AFTER_SECONDS: &str = "30";
/// Headers that speak of one connection only (RFC 9110, 7.6.1) and must not be handed on.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

impl Proxy {
    pub(super) fn new(
        id: String,
        children: Arc<Children>,
        stats: Arc<Stats>,
        guard: Arc<Guard>,
        gate: Arc<Gate>,
        switches: Arc<Panel>,
    ) -> Self {
        Self { id: id.into(), children, stats, guard, gate, switches, turn: Arc::default() }
    }

    async fn forward(self, request: Request) -> Response {
        // Cut off: the cloud itself sees nothing of the request.
        if !self.switches.services_reachable() {
            return lost();
        }
        let source = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        // Of a connection that was kept from before the block.
        if source.is_some_and(|source| self.guard.refuses(source)) {
            return lost();
        }
        let Some(pass) = self.gate.enter() else { return turned_away() };
        let begun = Instant::now();
        let denied = is_control(&request);
        let response = self.hand_on(request).await;
        if let Some(source) = source {
            if denied {
                self.guard.note_denied(source, begun);
            }
            if response.status().is_client_error() {
                self.guard.note_bad(source, begun);
            }
        }
        self.stats.note(begun, begun.elapsed(), response.status().is_server_error());
        carrying(response, pass)
    }

    async fn hand_on(&self, request: Request) -> Response {
        // Control questions belong to the cloud alone; users see the application only.
        if is_control(&request) {
            return StatusCode::NOT_FOUND.into_response();
        }
        let Some(socket) = self.next_socket() else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        let Some(request) = outgoing(request) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        match tokio::time::timeout(ANSWER_TIMEOUT, send(&socket, request)).await {
            Ok(Ok(response)) => {
                let mut response = response.map(Body::new);
                strip(response.headers_mut());
                response
            }
            Ok(Err(error)) => {
                tracing::warn!(allocation.id = %self.id, %error, "a machine did not answer");
                self.children.suspect(&self.id, &socket);
                StatusCode::BAD_GATEWAY.into_response()
            }
            Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
        }
    }

    fn next_socket(&self) -> Option<PathBuf> {
        let sockets = self.children.sockets(&self.id);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let place = turn.checked_rem(sockets.len())?;
        sockets.into_iter().nth(place)
    }
}

/// Whether it asks what only the cloud may ask.
fn is_control(request: &Request) -> bool {
    request.uri().path().starts_with("/_control")
}

/// The answer with the pass of its request, which ends with its last byte.
fn carrying(response: Response, pass: Pass) -> Response {
    let carry = move |frame| {
        let _in_flight = &pass;
        frame
    };
    response.map(|body| Body::new(body.map_frame(carry)))
}

/// The service is drained: come back later, on another connection.
fn turned_away() -> Response {
    let headers = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS), (header::CONNECTION, "close")];
    (StatusCode::SERVICE_UNAVAILABLE, headers).into_response()
}

/// No answer at all: the connection breaks.
fn lost() -> Response {
    let mut lost = StatusCode::SERVICE_UNAVAILABLE.into_response();
    lost.extensions_mut().insert(LoseAnswer);
    lost
}

/// The request as the machine sees it: path only, without the headers of the user's connection.
fn outgoing(request: Request) -> Option<Request> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse::<Uri>().ok()?;
    strip(&mut parts.headers);
    parts.headers.remove(SECRET_HEADER);
    Some(Request::from_parts(parts, body))
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

impl Service<Request> for Proxy {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let proxy = self.clone();
        Box::pin(async move { Ok(proxy.forward(request).await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_connection_and_the_secret_are_not_handed_on() {
        let request = Request::get("http://other.example/a?b=c")
            .header("connection", "close, x-private")
            .header("x-private", "1")
            .header("te", "trailers")
            .header(SECRET_HEADER, "guess")
            .header("accept", "text/html")
            .body(Body::empty())
            .unwrap();
        let request = outgoing(request).unwrap();
        let names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["accept"]);
        assert_eq!(request.uri(), "/a?b=c");
    }
}
