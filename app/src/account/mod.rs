//! Signing in and up, profile, organisation and tokens (`/account`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker`.

use axum::Router;

use crate::AppState;

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
}
