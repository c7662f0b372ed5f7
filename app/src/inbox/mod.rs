//! What waits to be read: notices about the needs an organisation watches (`/inbox`).
//!
//! Holds pages and their words; what is news is decided in `broker::notices`.

mod entry;
mod letter;
mod list;
mod mark;
mod say;
mod switch;

use axum::{
    Router,
    routing::{get, post},
};

pub use letter::{Letter, letter};
pub(crate) use switch::{cell, switch};

use crate::AppState;

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/inbox", get(list::show))
        .route("/inbox/read", post(mark::read_all))
        .route("/inbox/unread", post(mark::unread_again))
        .route("/inbox/{id}/read", post(mark::read))
        .route("/inbox/{id}/unread", post(mark::unread))
        .route("/needs/{id}/watch", post(switch::send))
}
