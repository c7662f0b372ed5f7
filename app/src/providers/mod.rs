//! The provider portal and the public page of a provider (`/provider`, `/providers`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker`.

mod conformance;
pub(crate) mod life;
mod portal;
mod public;
pub(crate) mod ratings;
mod record;

use axum::{Router, routing::get};

use crate::AppState;

pub(crate) use conformance::outcome;
pub(crate) use portal::{
    admission_parts, announcement_parts, bundle_parts, invitation_badge,
    item_parts as portal_item_parts, read_comment,
};

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .merge(portal::routes())
        .route("/providers", get(public::list))
        .route("/providers/{slug}", get(public::show))
        .route("/providers/{slug}/ratings", get(ratings::all))
}
