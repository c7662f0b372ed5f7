//! The broker's desk: what needs a hand, workflows, audit, providers (`/desk`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker`.

mod audit;
mod clouds;
mod providers;
mod reviews;
mod rules;
mod signals;
mod statistics;
mod summary;
mod word;
mod workflow;
mod workflows;

use axum::{
    Router,
    routing::{MethodRouter, get, post},
};
use workflow::Decision;

use crate::{
    AppState,
    ui::{Tab, tabs},
    words::Words,
};

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/desk", get(summary::show))
        .route("/desk/workflows", get(workflows::show))
        .route("/desk/workflows/{id}", get(workflow::show))
        .route("/desk/workflows/{id}/retry", decided(Decision::Retry))
        .route("/desk/workflows/{id}/skip", decided(Decision::Skip))
        .route("/desk/workflows/{id}/mark-undone", decided(Decision::MarkUndone))
        .route("/desk/workflows/{id}/cancel", decided(Decision::Cancel))
        .route("/desk/workflows/{id}/abandon", decided(Decision::Abandon))
        .route("/desk/signals", get(signals::list))
        .route("/desk/signals/{id}/{signal}", get(signals::show).post(signals::send))
        .route("/desk/statistics", get(statistics::show))
        .route("/desk/statistics.csv", get(statistics::table))
        .route("/desk/clouds", get(clouds::list))
        .route("/desk/reviews", get(reviews::list))
        .route("/desk/reviews/{id}", get(reviews::show))
        .route("/desk/reviews/{id}/begin", post(reviews::begin))
        .route("/desk/reviews/{id}/approve", post(reviews::approve))
        .route("/desk/reviews/{id}/refuse", post(reviews::refuse))
        .route("/desk/reviews/{id}/comments", post(reviews::comment))
        .route("/desk/reviews/{id}/comments/settle", post(reviews::settle))
        .route("/desk/rules", get(rules::show).post(rules::keep))
        .route("/desk/audit", get(audit::show))
        .route("/desk/providers", get(providers::list))
        .route("/desk/providers/{id}", get(providers::show).post(providers::connect))
}

/// The address to which a decision about a workflow is sent.
fn decided(decision: Decision) -> MethodRouter<AppState> {
    post(move |ctx, state, id, form| workflow::decide(ctx, state, id, form, decision))
}

/// The parts of the desk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Summary,
    Reviews,
    Admissions,
    Workflows,
    Signals,
    Audit,
    Providers,
    Clouds,
    Statistics,
    Announcements,
    Bundles,
    Categories,
    Items,
}

/// The way between the parts; the one shown is marked.
fn parts(words: Words, current: Part) -> leptos::prelude::AnyView {
    let tab = |part: Part, label: &str, href: &str| Tab {
        label: label.to_owned(),
        href: href.to_owned(),
        current: part == current,
    };
    tabs(
        words.desk_parts(),
        vec![
            tab(Part::Summary, words.common_way_desk(), "/desk"),
            tab(Part::Reviews, words.life_reviews_title(), "/desk/reviews"),
            tab(Part::Admissions, words.admit_title(), "/desk/admissions"),
            tab(Part::Workflows, words.common_way_workflows(), "/desk/workflows"),
            tab(Part::Signals, words.desk_signals_title(), "/desk/signals"),
            tab(Part::Audit, words.common_way_audit(), "/desk/audit"),
            tab(Part::Providers, words.desk_providers_title(), "/desk/providers"),
            tab(Part::Clouds, words.desk_clouds_title(), "/desk/clouds"),
            tab(Part::Statistics, words.statistics_title(), "/desk/statistics"),
            tab(Part::Announcements, words.announce_title(), "/desk/announcements"),
            tab(Part::Bundles, words.bundles_title(), "/desk/bundles"),
            tab(Part::Categories, words.catalog_title(), "/desk/categories"),
            tab(Part::Items, words.extend_title(), "/desk/items"),
        ],
    )
}

/// The same for the pages of admissions.
pub(crate) fn admission_parts(words: Words) -> leptos::prelude::AnyView {
    parts(words, Part::Admissions)
}

/// The same for the page of bundles.
pub(crate) fn bundle_parts(words: Words) -> leptos::prelude::AnyView {
    parts(words, Part::Bundles)
}

/// The same for the page of announcements.
pub(crate) fn announcement_parts(words: Words) -> leptos::prelude::AnyView {
    parts(words, Part::Announcements)
}

/// The same for the pages of the market's items.
pub(crate) fn item_parts(words: Words) -> leptos::prelude::AnyView {
    parts(words, Part::Items)
}

/// The same for the pages of categories.
pub(crate) fn category_parts(words: Words) -> leptos::prelude::AnyView {
    parts(words, Part::Categories)
}
