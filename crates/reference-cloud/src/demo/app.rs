//! The demo application's routes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, Form, Path, Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{DemoAppArgs, Notebook, NotebookError, files, page};
use crate::children::{SECRET_HEADER, SETTINGS_VARIABLE};
use crate::words::Words;

/// One running machine of the application.
#[derive(Debug)]
pub(super) struct State {
    pub notebook: Notebook,
    /// Where files are that came in an image.
    pub files: PathBuf,
    pub service_name: String,
    pub instance: String,
    pub settings: BTreeMap<String, String>,
    links: Option<PathBuf>,
    secret: String,
    requests: AtomicI64,
    heard: Mutex<Instant>,
}

impl State {
    pub(super) fn new(args: &DemoAppArgs, secret: String) -> Self {
        let settings = std::env::var(SETTINGS_VARIABLE).unwrap_or_default();
        Self {
            notebook: Notebook::new(&args.volume, args.quota_bytes),
            files: args.volume.join("files"),
            service_name: args.service_name.clone(),
            instance: args.instance.clone(),
            settings: serde_json::from_str(&settings).unwrap_or_default(),
            links: args.links.clone(),
            secret,
            requests: AtomicI64::new(0),
            heard: Mutex::new(Instant::now()),
        }
    }
}

/// Returns when the cloud has been silent for too long.
pub(super) async fn orphaned(state: Arc<State>, limit: Duration) {
    loop {
        let silent = state.heard.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        if silent >= limit {
            return;
        }
        tokio::time::sleep(limit.saturating_sub(silent)).await;
    }
}

pub(super) fn router(state: Arc<State>) -> Router {
    let control = Router::new()
        .route("/_control/ping", get(|| async { "ok" }))
        .route("/_control/quota/{bytes}", post(set_quota))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&state), from_cloud));
    Router::new()
        .route("/", get(index))
        .route("/notes", post(add))
        .route("/state", get(kept))
        .route("/files/{*path}", get(files::show))
        .route("/linked", get(linked))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), count))
        .merge(control)
        // A note in percent-encoding takes up to nine bytes per character.
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(state)
}

/// The volume may hold so much from now on.
async fn set_quota(Shared(state): Shared<Arc<State>>, Path(bytes): Path<i64>) -> Response {
    match file_work(&state, move |state| state.notebook.set_quota(bytes)).await {
        Ok(()) => "ok".into_response(),
        Err(error) => refuse(&error, Words::english()),
    }
}

async fn from_cloud(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let sent =
        request.headers().get(SECRET_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    if !bool::from(sent.ct_eq(state.secret.as_bytes())) {
        return StatusCode::NOT_FOUND.into_response();
    }
    *state.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    next.run(request).await
}

async fn count(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    state.requests.fetch_add(1, Ordering::Relaxed);
    let mut response = next.run(request).await;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    if let Ok(value) = policy.parse() {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}

/// File work off the threads that serve.
pub(super) async fn file_work<T: Send + 'static>(
    state: &Arc<State>,
    work: impl FnOnce(&State) -> Result<T, NotebookError> + Send + 'static,
) -> Result<T, NotebookError> {
    let state = Arc::clone(state);
    match tokio::task::spawn_blocking(move || work(&state)).await {
        Ok(done) => done,
        Err(error) => Err(NotebookError::Io(std::io::Error::other(error))),
    }
}

async fn index(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    let words = Words::for_visitor(&headers);
    let seen = file_work(&state, |state| {
        let kept = state.notebook.visit()?;
        Ok((kept, state.notebook.used()?, files::list(&state.files)?))
    })
    .await;
    match seen {
        Ok((kept, used, files)) => {
            Html(page::index(&state, words, (&kept, used), &files)).into_response()
        }
        Err(error) => refuse(&error, words),
    }
}

#[derive(Deserialize)]
struct NewNote {
    note: String,
}

async fn add(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    Form(new): Form<NewNote>,
) -> Response {
    match file_work(&state, move |state| state.notebook.add(&new.note)).await {
        Ok(_) => Redirect::to("/").into_response(),
        Err(error) => refuse(&error, Words::for_visitor(&headers)),
    }
}

fn refuse(error: &NotebookError, words: &Words) -> Response {
    let (status, key) = match error {
        NotebookError::Full => (StatusCode::INSUFFICIENT_STORAGE, "app.error.full"),
        NotebookError::Length => (StatusCode::UNPROCESSABLE_ENTITY, "app.error.long"),
        NotebookError::Io(error) => {
            tracing::error!(%error, "the volume failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    (status, Html(page::refusal(words, key))).into_response()
}

async fn kept(Shared(state): Shared<Arc<State>>) -> Response {
    match file_work(&state, |state| state.notebook.read()).await {
        Ok(kept) => Json(kept).into_response(),
        Err(error) => refuse(&error, Words::english()),
    }
}

/// What the services behind the links keep; each is asked at its inner address, and one that does not answer has none.
async fn linked(Shared(state): Shared<Arc<State>>) -> Response {
    let sockets = match file_work(&state, |state| {
        Ok(super::linked::sockets(state.links.as_deref())?)
    })
    .await
    {
        Ok(sockets) => sockets,
        Err(error) => return refuse(&error, Words::english()),
    };
    let mut all = Vec::with_capacity(sockets.len());
    for socket in sockets {
        all.push(super::linked::ask(&socket).await);
    }
    Json(all).into_response()
}

async fn health(Shared(state): Shared<Arc<State>>) -> Response {
    match file_work(&state, |state| state.notebook.read()).await {
        Ok(_) => "ok".into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Measured values as OpenMetrics text 1.0.
async fn metrics(Shared(state): Shared<Arc<State>>) -> Response {
    let read =
        file_work(&state, |state| Ok((state.notebook.read()?, state.notebook.used()?))).await;
    let Ok((kept, used)) = read else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let text = format!(
        "# TYPE demo_requests counter\ndemo_requests_total {}\n# TYPE demo_visits counter\ndemo_visits_total {}\n\
         # TYPE demo_notes gauge\ndemo_notes {}\n# TYPE demo_volume_bytes gauge\n# UNIT demo_volume_bytes bytes\n\
         demo_volume_bytes {used}\n# TYPE demo_volume_quota_bytes gauge\n# UNIT demo_volume_quota_bytes bytes\n\
         demo_volume_quota_bytes {}\n# EOF\n",
        state.requests.load(Ordering::Relaxed),
        kept.visits,
        kept.notes.len(),
        state.notebook.quota_bytes(),
    );
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
