//! Categories of offers: what everybody reads (`/categories`), and how the desk changes them (`/desk/categories`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker`.

mod desk;
mod form;
mod public;
pub(crate) mod say;

use axum::{
    Router,
    routing::{get, post},
};

use crate::AppState;

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/categories", get(public::list))
        .route("/categories/{key}", get(public::show))
        .route("/desk/categories", get(desk::list).post(desk::propose))
        .route("/desk/categories/new", get(desk::add))
        .route("/desk/categories/{key}", get(desk::show).post(desk::step))
        .route("/desk/categories/{key}/change", get(desk::change))
        .route("/desk/category-proposals/{id}", get(desk::proposal))
        .route("/desk/category-proposals/{id}/decide", post(desk::decide))
}
