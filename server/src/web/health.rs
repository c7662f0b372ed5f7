//! Two questions of whoever runs the process: does it answer, and can it do its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use super::Web;

/// Whether everything that was started with the broker answers; the demo clouds, for example.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<AtomicBool>);

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Readiness {
    /// Says whether the parts beside the broker are there.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// 200 as long as the process answers; a supervisor restarts it otherwise.
pub(super) async fn alive() -> Response {
    ([(CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// 200 when the database answers and all parts are there; a balancer sends requests only then.
pub(super) async fn ready(State(web): State<Arc<Web>>) -> Response {
    let answer = |status, text: &'static str| (status, [(CACHE_CONTROL, "no-store")], text);
    if let Err(error) = web.broker().db().ping().await {
        tracing::warn!(%error, "the database does not answer");
        return answer(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
            .into_response();
    }
    if !web.readiness.get() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response();
    }
    answer(StatusCode::OK, "ready\n").into_response()
}
