//! All addresses of the interface in one router.

use axum::{
    Router,
    routing::{get, post},
};

use crate::{
    account, admissions, announcements, assets, bundles, categories, contracts, design, desk,
    extensions, feed, home, inbox, items, layout, market, needs, providers, securing,
    state::AppState,
};

/// Every page, form and file of the interface; unknown addresses get our own page.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/pkg/{name}", get(assets::package_file))
        .route("/favicon.svg", get(assets::favicon))
        .route("/robots.txt", get(assets::robots))
        .route("/preferences", post(layout::preferences::save))
        .merge(home::routes())
        .merge(design::routes())
        .merge(market::routes())
        .merge(feed::routes())
        .merge(admissions::routes())
        .merge(announcements::routes())
        .merge(bundles::routes())
        .merge(categories::routes())
        .merge(extensions::routes())
        .merge(needs::routes())
        .merge(inbox::routes())
        .merge(contracts::routes())
        .merge(securing::routes())
        .merge(providers::routes())
        .merge(account::routes())
        .merge(desk::routes())
        .merge(items::routes())
        .fallback(layout::error_page::not_found)
}
