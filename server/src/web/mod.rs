//! The broker over HTTP: pages, API, health, and the layers around all of them.
//!
//! From outside to inside: request id and headers, log and count, compression, error pages and time
//! limit, size limit, protection against requests from other sites, session, viewer.

mod errors;
mod foreign;
mod guard;
mod health;
mod listen;
mod registry;
mod session;
mod viewer;

use std::sync::Arc;

use app::{AppState, Locale, assets::Assets, form::BODY_BYTES_MAX};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CACHE_CONTROL;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use broker::Broker;
use tokio_util::sync::CancellationToken;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;

pub use guard::RequestId;
pub use health::Readiness;
pub use listen::{Limits, listen};
pub use session::DbSessions;
pub use viewer::{USER_KEY, UnknownToken};

use crate::api;
use crate::config::Settings;

/// Routes that take files may allow as much, with the frame around a file.
const UPLOAD_BYTES_MAX: usize = app::form::IMPORT_BYTES_MAX + 64 * 1024;
/// Brotli at this level costs about as much as gzip and sends a sixth less.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(4);

/// What the layers need to know.
#[derive(Debug, Clone)]
pub struct Web {
    /// State of the pages.
    pub pages: AppState,
    /// Whether everything that was started answers.
    pub readiness: Readiness,
    /// Whether cookies go over HTTPS only.
    pub secure_cookies: bool,
    /// Scheme and host as browsers use them.
    pub public_origin: Option<String>,
    /// Whether answers tell their number of SQL statements.
    pub count_statements: bool,
    /// Ends live streams, so that a stop does not wait for their readers.
    pub shutdown: CancellationToken,
}

impl Web {
    /// The web over an open broker, as the settings say.
    #[must_use]
    pub fn new(broker: Broker, settings: &Settings, shutdown: CancellationToken) -> Self {
        let mut pages = AppState::new(broker, load_assets(settings));
        pages.default_locale = settings.language;
        pages.public_origin.clone_from(&settings.public_origin);
        Self {
            pages,
            readiness: Readiness::default(),
            secure_cookies: settings.secure_cookies,
            public_origin: settings.public_origin.clone(),
            count_statements: settings.count_statements,
            shutdown,
        }
    }

    /// A web with built-in assets and no settings, for tests.
    #[must_use]
    pub fn plain(broker: Broker) -> Self {
        let mut pages = AppState::new(broker, Assets::built_in());
        pages.default_locale = Locale::En;
        Self {
            pages,
            readiness: Readiness::default(),
            secure_cookies: false,
            public_origin: None,
            count_statements: true,
            shutdown: CancellationToken::new(),
        }
    }

    /// Every use case.
    #[must_use]
    pub fn broker(&self) -> &Broker {
        &self.pages.broker
    }

    /// All routes with all layers.
    pub fn router(self) -> anyhow::Result<Router> {
        let mut csrf = CsrfLayer::new();
        if let Some(origin) = &self.public_origin {
            csrf = csrf.add_trusted_origin(origin)?;
        }
        let web = Arc::new(self);
        let sessions = session::layer(web.broker().clone(), web.secure_cookies);
        let health = Router::new()
            .route("/healthz", get(health::alive))
            .route("/readyz", get(health::ready))
            .with_state(Arc::clone(&web));
        Ok(app::router()
            .with_state(web.pages.clone())
            .nest("/api/v1", api::router(web.broker().clone()))
            .layer(from_fn_with_state(Arc::clone(&web), registry::pin))
            .layer(from_fn_with_state(Arc::clone(&web), viewer::find))
            .layer(sessions)
            .layer(csrf)
            .layer(from_fn_with_state(Arc::clone(&web), foreign::refuse))
            .layer(from_fn(viewer::trust_tokens))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(RequestBodyLimitLayer::new(UPLOAD_BYTES_MAX))
            .layer(from_fn_with_state(Arc::clone(&web), errors::dress))
            .layer(CompressionLayer::new().quality(COMPRESSION).compress_when(compressed()))
            .merge(health)
            .layer(from_fn_with_state(web, guard::guard)))
    }
}

/// What is sent packed: what gains by it and says nothing against it (RFC 9111, 5.2.2.6). An archive whose
/// bytes are counted has to arrive as it was sent.
fn compressed() -> impl Predicate {
    let as_it_is = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        let rules = headers.get(CACHE_CONTROL).and_then(|rules| rules.to_str().ok());
        !rules.is_some_and(|rules| rules.split(',').any(|rule| rule.trim() == "no-transform"))
    };
    DefaultPredicate::new().and(as_it_is)
}

fn load_assets(settings: &Settings) -> Assets {
    let Some(site) = &settings.site else {
        tracing::warn!("no built site folder was found; pages come without islands");
        return Assets::built_in();
    };
    match Assets::load(site) {
        Ok(assets) => assets,
        Err(error) => {
            let site = site.display();
            tracing::warn!(%site, %error, "the site folder cannot be read; pages come without islands");
            Assets::built_in()
        }
    }
}

/// Returns at Ctrl-C or a termination signal.
pub async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
    use tower::ServiceExt;

    /// An archive whose digest is counted while it is sent: a browser, which takes packed answers, gets it
    /// byte by byte as it is.
    #[tokio::test]
    async fn what_may_not_be_changed_on_its_way_is_not_packed() {
        const LONG: &str = "kumoichi kumoichi kumoichi kumoichi kumoichi kumoichi";
        let kept = || async { ([(CACHE_CONTROL, "private, no-store, no-transform")], LONG) };
        let router = Router::new()
            .route("/kept", get(kept))
            .route("/page", get(|| async { LONG }))
            .layer(CompressionLayer::new().quality(COMPRESSION).compress_when(compressed()));
        for (path, packed) in [("/kept", false), ("/page", true)] {
            let request = Request::get(path).header(ACCEPT_ENCODING, "gzip, br");
            let request = request.body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.headers().contains_key(CONTENT_ENCODING), packed, "{path}");
            let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
            assert_eq!(body == LONG, !packed, "{path}");
        }
    }
}
