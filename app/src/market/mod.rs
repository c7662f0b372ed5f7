//! Browse, search, read and compare offers (`/market`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker`.

mod browse;
pub(crate) mod card;
pub(crate) mod changes;
mod compare;
mod cost;
mod coverage;
mod favourites;
mod filters;
pub(crate) mod map;
mod next_prices;
mod offer;
mod promises;
mod query;
mod service;
mod sizes;
pub mod text;

use axum::{Router, routing::get};

use crate::AppState;

pub(crate) use cost::{bill_table, line_name};

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/market", get(browse::show))
        .route("/market/compare", get(compare::show))
        .route("/market/favourites", get(favourites::show).post(favourites::save))
        .route("/market/offers/{id}", get(offer::show))
        .route("/market/offers/{id}/cost", get(cost::show))
}
