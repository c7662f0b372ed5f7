//! The first page: one question, three templates, one search box, figures of the market.

use axum::{Router, extract::State, response::Response, routing::get};
use broker::market::MarketFigures;
use leptos::prelude::*;

use crate::{
    AppState, PageContext,
    fault::fault_page,
    format,
    render::{Page, page},
    ui::{Button, Field, Look, link_button, section, stat, stats},
    words::Words,
};

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new().route("/", get(show))
}

async fn show(ctx: PageContext, State(state): State<AppState>) -> Response {
    match state.broker.figures(&ctx.op()).await {
        Ok(figures) => view(&ctx, &figures),
        Err(error) => fault_page(&ctx, &error),
    }
}

fn view(ctx: &PageContext, figures: &MarketFigures) -> Response {
    let words = ctx.words();
    page(ctx, Page::new(words.home_title()).description(words.common_description()), || {
        view! {
            <div class="hero">
                <h1>{words.home_question()}</h1>
                <p class="lead">{words.home_lead()}</p>
                {templates(words)}
                {search(words)}
            </div>
            {figures_view(words, figures)}
            {section("steps", words.home_steps_title(), steps(words))}
        }
        .into_any()
    })
}

fn templates(words: Words) -> AnyView {
    let templates = [
        (
            "certificate-service",
            words.home_template_certificate(),
            words.home_template_certificate_text(),
        ),
        (
            "collaboration-service",
            words.home_template_collaboration(),
            words.home_template_collaboration_text(),
        ),
        ("tracking-service", words.home_template_tracking(), words.home_template_tracking_text()),
    ];
    let stalls: Vec<_> = templates
        .into_iter()
        .map(|(key, name, text)| {
            view! {
                <li class="stall">
                    <h2><a href=format!("/needs/templates/{key}")>{name}</a></h2>
                    <p>{text}</p>
                    <span class="go" aria-hidden="true">{words.home_template_start()}" →"</span>
                </li>
            }
        })
        .collect();
    view! {
        <ul class="stalls">{stalls}</ul>
        <p class="or">{link_button(Look::Quiet, words.home_free(), "/needs/new")}</p>
    }
    .into_any()
}

fn search(words: Words) -> AnyView {
    let field = Field::search("q", words.home_search_label()).hint(words.home_search_hint()).view();
    view! {
        <form class="search" method="get" action="/market" role="search">
            {field}
            {Button::primary(words.common_search()).view()}
        </form>
    }
    .into_any()
}

fn figures_view(words: Words, figures: &MarketFigures) -> AnyView {
    let figure = |label: &str, count: u64| {
        stat(label, format::integer(i64::try_from(count).unwrap_or(i64::MAX)), None)
    };
    let all = vec![
        figure(words.home_figures_offers(), figures.offers),
        figure(words.home_figures_providers(), figures.providers),
        figure(words.home_figures_countries(), figures.countries),
        figure(words.home_figures_running(), figures.running),
    ];
    let live = link_button(Look::Quiet, words.home_live(), "/market?backed=1");
    let body = view! { {stats(all)}<p class="live">{live}</p> };
    section("figures", words.home_figures_title(), body.into_any())
}

fn steps(words: Words) -> AnyView {
    let steps = [
        (words.home_steps_ask(), words.home_steps_ask_text()),
        (words.home_steps_match(), words.home_steps_match_text()),
        (words.home_steps_contract(), words.home_steps_contract_text()),
        (words.home_steps_run(), words.home_steps_run_text()),
    ];
    let items: Vec<_> = steps
        .into_iter()
        .map(|(title, text)| view! { <li><h3>{title}</h3><p>{text}</p></li> })
        .collect();
    view! { <ol class="how">{items}</ol> }.into_any()
}
