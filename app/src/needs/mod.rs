//! Describe what a service needs and see which offers contain it (`/needs`).
//!
//! Holds pages, their parts and view structs; judging and ranking are in the use cases of `broker`.

mod combined;
mod form;
mod formula;
mod guided;
mod item_field;
mod list;
mod merge;
mod ranked;
mod rows;
mod say;
mod source;
mod start;
mod studio;
mod times;
mod why;
mod workbench;
mod written;

use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use item_field::{example, sized};
pub(crate) use say::{
    asked_text as row_text, difference_text, item_text as asked_text, label_then, rows_told,
    summary_text, terms_text, value_text, verdict,
};
pub(crate) use source::{Choice, choices, read_source, saved, source_href, source_text};
#[cfg(test)]
pub(crate) use studio::asks as studio_asks;
pub(crate) use why::why;

use crate::AppState;

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/needs", get(list::show))
        .route("/needs/new", get(start::show).post(guided::send))
        .route("/needs/new/yaml", post(written::send))
        .route("/needs/candidates", get(studio::candidates).post(studio::edited))
        .route("/needs/save", post(list::save))
        .route("/needs/templates/{key}", get(ranked::template))
        .route("/needs/{id}", get(ranked::saved))
        .route("/how-ranking-works", get(formula::show))
}
