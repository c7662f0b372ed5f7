//! Bundles: offers that are ordered together, read by everybody (`/market/bundles`), made at the desk and in the portal.

mod form;
mod keep;
mod show;

use axum::{Router, routing::get};

use crate::AppState;

pub(crate) use show::with_offer;

/// The addresses of this feature; desk and portal have the same pages for the two who make them.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/market/bundles", get(show::list))
        .route("/market/bundles/{id}", get(show::one))
        .route("/desk/bundles", get(keep::show).post(keep::add))
        .route("/desk/bundles/{id}", get(keep::show_one).post(keep::save))
        .route("/provider/bundles", get(keep::show).post(keep::add))
        .route("/provider/bundles/{id}", get(keep::show_one).post(keep::save))
}
