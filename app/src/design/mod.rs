//! The gallery: every part of the design system on one page, in both languages and all colours.
//!
//! Tests run axe on this page; whoever adds a part to `ui` shows it here.

mod samples;

use axum::{Router, response::Response, routing::get};
use leptos::prelude::*;

use crate::{
    AppState, PageContext,
    render::{Page, page},
    ui::{page_head, section},
};

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new().route("/design", get(show))
}

async fn show(ctx: PageContext) -> Response {
    let words = ctx.words();
    page(&ctx, Page::new(words.design_title()).private(), || {
        view! {
            {page_head(words.design_title(), Some(words.design_lead().to_owned()), vec![])}
            {section("words", words.design_words(), samples::headings(words))}
            {section("buttons", words.design_buttons(), samples::buttons(words))}
            {section("form", words.design_form(), samples::form(words))}
            {section("states", words.design_states(), samples::states(words))}
            {section("values", words.design_values(), samples::values(&ctx))}
            {section("tables", words.design_tables(), samples::tables(words))}
            {section("navigation", words.design_navigation(), samples::navigation(words))}
            {section("timeline", words.design_timeline(), samples::timeline(&ctx))}
            {section("charts", words.design_charts(), samples::charts(&ctx))}
            {section("colours", words.design_colours(), samples::colours())}
        }
        .into_any()
    })
}
