//! Where services could be secured next (`/contracts/{id}/own-first`, `/needs/{id}/standby`), and places that
//! are held for a need (`/firm`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker::securing`.

pub(crate) mod firm;
mod secure;
pub(crate) mod standby;

use axum::{
    Router,
    routing::{get, post},
};

use crate::AppState;

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/contracts/{id}/own-first", post(standby::set_own_first))
        .route("/needs/{id}/standby", get(standby::of_need))
        .route("/contracts/{id}/secure", get(secure::show).post(secure::send))
        .route("/securings/{id}/give-back", post(secure::give_back))
        .route("/firm/new", get(firm::ask).post(firm::open))
        .route("/firm/{id}", get(firm::show))
        .route("/firm/{id}/book", post(firm::book))
        .route("/firm/{id}/drop", post(firm::drop_all))
}
