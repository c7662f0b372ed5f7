//! What every handler can reach.

use std::sync::Arc;

use broker::Broker;

use crate::{account::attempts::Attempts, assets::Assets, words::Locale};

/// Shared by all handlers of the interface; cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    /// Every use case of the market.
    pub broker: Broker,
    /// Style sheet, scripts and images, held in memory.
    pub assets: Arc<Assets>,
    /// Whether this is the demo market, so that sign-in names its logins.
    pub demo: bool,
    /// Failed sign-ins of late.
    pub attempts: Arc<Attempts>,
    /// The language of readers who ask for none of ours.
    pub default_locale: Locale,
    /// Scheme and host as people reach the market, where it is said.
    pub public_origin: Option<String>,
}

impl AppState {
    /// A state that answers in English by default.
    pub fn new(broker: Broker, assets: Assets) -> Self {
        Self {
            broker,
            assets: Arc::new(assets),
            demo: false,
            attempts: Arc::default(),
            default_locale: Locale::En,
            public_origin: None,
        }
    }

    /// Scheme and host for whole addresses; where none is said, those of the request.
    pub(crate) fn origin(&self, host: &str) -> String {
        match &self.public_origin {
            Some(origin) => origin.trim_end_matches('/').to_owned(),
            None => format!("http://{host}"),
        }
    }
}
