//! The provider's own pages: offers, drafts, versions, connection (`/provider`).

mod connection;
mod document;
mod edit;
mod fields;
mod form;
mod list;
mod offer;
mod preview;
mod save;

use axum::{
    Router,
    routing::{get, post},
};
use broker::BrokerError;
use domain::{OfferId, OfferState};

use crate::{
    AppState,
    ui::{State, Tab, badge, tabs},
    words::Words,
};

/// The addresses of the portal.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/provider", get(list::show))
        .route("/provider/offers", get(list::show).post(save::save))
        .route("/provider/offers/new", get(edit::create).post(edit::check_new))
        .route("/provider/offers/document", get(document::show).post(document::check))
        .route("/provider/offers/{id}", get(offer::show))
        .route("/provider/offers/{id}/edit", get(edit::change).post(edit::check_changed))
        .route("/provider/offers/{id}/publish", post(offer::publish))
        .route("/provider/offers/{id}/withdraw", get(offer::ask).post(offer::withdraw))
        .route("/provider/connection", get(connection::show))
}

/// Reads the id in an address; what is none was not found.
fn offer_id(text: &str) -> Result<OfferId, BrokerError> {
    text.parse().map_err(|_| BrokerError::NotFound { what: "offer" })
}

/// The two parts of the portal; the one shown is marked.
fn parts(words: Words, connection: bool) -> leptos::prelude::AnyView {
    tabs(
        words.portal_parts(),
        vec![
            Tab {
                label: words.common_way_offers().to_owned(),
                href: "/provider/offers".to_owned(),
                current: !connection,
            },
            Tab {
                label: words.portal_connection_title().to_owned(),
                href: "/provider/connection".to_owned(),
                current: connection,
            },
        ],
    )
}

/// Where an offer stands.
fn state_badge(words: Words, state: OfferState) -> leptos::prelude::AnyView {
    match state {
        OfferState::Draft => badge(State::Attention, words.portal_state_draft()),
        OfferState::Published => badge(State::Good, words.portal_state_published()),
        OfferState::Withdrawn => badge(State::Quiet, words.portal_state_withdrawn()),
    }
}
