//! What every handler can reach.

use std::{fmt, sync::Arc};

use crate::{assets::Assets, words::Locale};

/// Reads the injected clock: microseconds since 1970 in UTC.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Shared by all handlers of the interface; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// Style sheet, scripts and images, held in memory.
    pub assets: Arc<Assets>,
    /// The clock pages take "now" from.
    pub now: Now,
    /// The language of readers who ask for none of ours.
    pub default_locale: Locale,
}

impl AppState {
    /// A state with the given assets and clock, answering in English by default.
    pub fn new(assets: Assets, now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { assets: Arc::new(assets), now: Arc::new(now), default_locale: Locale::En }
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState")
            .field("default_locale", &self.default_locale)
            .finish_non_exhaustive()
    }
}
