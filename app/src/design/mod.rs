//! The gallery: every part of the design system on one page, in both languages and all colours.

use axum::Router;

use crate::AppState;

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
}
