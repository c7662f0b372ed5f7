//! The provider's own pages: offers, drafts, versions, connection (`/provider`).

mod affected;
mod audience;
mod basis;
mod connection;
mod copy;
mod delivered;
mod demand;
mod document;
mod edit;
mod fields;
mod form;
mod import;
mod keys;
mod life;
mod list;
mod market;
mod members;
mod merge;
mod offer;
mod preview;
mod rating;
mod row_report;
mod save;
mod source;
mod uploads;
mod withdraw;

pub(crate) use audience::state_badge as invitation_badge;
pub(crate) use life::read_comment;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use broker::BrokerError;
use domain::OfferId;

use crate::{
    AppState,
    form::IMPORT_BYTES_MAX,
    ui::{Tab, tabs},
    words::Words,
};

/// Most bytes of an upload that are read before the answer says it is too large.
pub const UPLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The addresses of the portal.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/provider", get(list::show))
        .route("/provider/offers", get(list::show).post(save::save))
        .route("/provider/offers/new", get(edit::create).post(edit::check_new))
        .route(
            "/provider/offers/document",
            get(document::show)
                .post(document::check)
                // Too large a file is told at its field; the server's own limit stays above this.
                .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .route(
            "/provider/offers/import",
            get(import::show)
                .post(import::import)
                .layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX + 64 * 1024)),
        )
        .route("/provider/offers/working-copy", post(copy::keep))
        .route("/provider/offers/working-copy/drop", post(copy::discard))
        .route("/provider/offers/merge", post(merge::decide))
        .route("/provider/keys", get(keys::show).post(keys::register))
        .route("/provider/keys/revoke", post(keys::revoke))
        .route("/provider/offers/{id}", get(offer::show))
        .route("/provider/offers/{id}/affected", get(affected::show))
        .route("/provider/offers/{id}/audience", post(audience::choose))
        .route("/provider/audiences", get(audience::list).post(audience::make))
        .route("/provider/audiences/{id}", get(audience::show))
        .route("/provider/audiences/{id}/invitations", post(audience::invite))
        .route("/provider/invitations/{id}/take-back", post(audience::take_back))
        .route("/provider/offers/{id}/edit", get(edit::change).post(edit::check_changed))
        .route("/provider/offers/{id}/publish", post(offer::publish))
        .route("/provider/offers/{id}/submit", post(life::submit))
        .route("/provider/offers/{id}/schedule", post(life::schedule))
        .route("/provider/offers/{id}/take-back", post(life::take_back))
        .route("/provider/offers/{id}/pause", post(life::pause_it))
        .route("/provider/offers/{id}/resume", post(life::resume))
        .route("/provider/offers/{id}/end", post(life::announce))
        .route("/provider/offers/{id}/stay", post(life::stay))
        .route("/provider/offers/{id}/comments", post(life::comment))
        .route("/provider/offers/{id}/comments/settle", post(life::settle))
        .route("/provider/offers/{id}/withdraw", get(withdraw::ask).post(withdraw::withdraw))
        .route("/provider/uploads", get(uploads::list))
        .route("/provider/uploads/{id}", get(uploads::show))
        .route("/provider/uploads/{id}/progress", get(uploads::progress))
        .route("/provider/uploads/{id}/report", get(uploads::report))
        .route("/provider/uploads/{id}/cancel", post(uploads::cancel))
        .route("/provider/uploads/{id}/save", post(uploads::save))
        .route("/provider/uploads/{id}/undo", get(uploads::ask).post(uploads::undo))
        .route("/provider/members", get(members::show))
        .route("/provider/demand", get(demand::show))
        .route("/provider/contracts", get(delivered::list))
        .route("/provider/contracts/{id}", get(delivered::show))
        .route("/provider/contracts/{id}/end", post(delivered::end))
        .route("/provider/contracts/{id}/answer", post(rating::answer))
        .route("/provider/connection", get(connection::show))
        .route("/provider/connection/examine", post(connection::examine))
}

/// Reads the id in an address; what is none was not found.
fn offer_id(text: &str) -> Result<OfferId, BrokerError> {
    text.parse().map_err(|_| BrokerError::NotFound { what: "offer" })
}

/// The parts of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Offers,
    Admission,
    Audiences,
    Demand,
    Contracts,
    Keys,
    Connection,
    Announcements,
    Bundles,
    Members,
    Items,
}

/// The way to each part; the one shown is marked.
fn parts(words: Words, shown: Part) -> leptos::prelude::AnyView {
    let tab = |part: Part, label: &str, href: &str| Tab {
        label: label.to_owned(),
        href: href.to_owned(),
        current: part == shown,
    };
    tabs(
        words.portal_parts(),
        vec![
            tab(Part::Offers, words.common_way_offers(), "/provider/offers"),
            tab(Part::Admission, words.admit_own_title(), "/provider/admission"),
            tab(Part::Audiences, words.audience_title(), "/provider/audiences"),
            tab(Part::Demand, words.demand_title(), "/provider/demand"),
            tab(Part::Contracts, words.notice_list_title(), "/provider/contracts"),
            tab(Part::Keys, words.exchange_keys_title(), "/provider/keys"),
            tab(Part::Connection, words.portal_connection_title(), "/provider/connection"),
            tab(Part::Announcements, words.announce_title(), "/provider/announcements"),
            tab(Part::Bundles, words.bundles_title(), "/provider/bundles"),
            tab(Part::Items, words.extend_title(), "/provider/items"),
            tab(Part::Members, words.catalog_members_title(), "/provider/members"),
        ],
    )
}

/// The same for the pages of the market's items.
pub(crate) fn item_parts(words: Words) -> leptos::prelude::AnyView {
    parts(words, Part::Items)
}

/// The same for the page of the admission.
pub(crate) fn admission_parts(words: Words) -> leptos::prelude::AnyView {
    parts(words, Part::Admission)
}

/// The same for the page of bundles.
pub(crate) fn bundle_parts(words: Words) -> leptos::prelude::AnyView {
    parts(words, Part::Bundles)
}

/// The same for the page of announcements.
pub(crate) fn announcement_parts(words: Words) -> leptos::prelude::AnyView {
    parts(words, Part::Announcements)
}
