//! Announcements: read by everybody (`/announcements`, and on every page), written at the desk and in the portal.

mod form;
mod keep;
mod list;
mod say;

use axum::{Router, routing::get};

use crate::AppState;

pub(crate) use list::of_provider;
pub(crate) use say::{banner, news_href, news_lines, news_title};

/// The addresses of this feature; desk and portal have the same pages for the two who speak.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/announcements", get(list::show))
        .route("/announcements/{id}", get(list::one))
        .route("/desk/announcements", get(keep::show).post(keep::add))
        .route("/desk/announcements/{id}", get(keep::show_one).post(keep::save))
        .route("/provider/announcements", get(keep::show).post(keep::add))
        .route("/provider/announcements/{id}", get(keep::show_one).post(keep::save))
}
