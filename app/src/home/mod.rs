//! The first page: one question, three templates, one search box, figures of the market.

use axum::{Router, extract::State, response::Response, routing::get};
use leptos::prelude::*;

use crate::{
    AppState, PageContext, format,
    render::{Page, page},
    ui::{Button, Field, Look, link_button, section, stat, stats},
    words::Words,
};

/// Live figures of the market; a figure that is not known is absent, not zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Published offers.
    pub offers: i64,
    /// Providers with at least one published offer.
    pub providers: i64,
    /// Services that run right now.
    pub running: i64,
    /// Share of samples within promise over the last day, in thousandths of a percent (0 to 100,000).
    pub kept_millipercent: Option<i64>,
}

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new().route("/", get(show))
}

async fn show(ctx: PageContext, State(_state): State<AppState>) -> Response {
    view(&ctx, None)
}

/// Renders the page; without figures their section is left out.
pub fn view(ctx: &PageContext, figures: Option<&Figures>) -> Response {
    let words = ctx.words();
    page(ctx, Page::new(words.home_title()).description(words.common_description()), || {
        view! {
            <div class="hero">
                <h1>{words.home_question()}</h1>
                <p class="lead">{words.home_lead()}</p>
                {templates(words)}
                {search(words)}
            </div>
            {figures.map(|figures| figures_view(words, figures))}
            {section("steps", words.home_steps_title(), steps(words))}
        }
        .into_any()
    })
}

fn templates(words: Words) -> AnyView {
    let templates = [
        ("certificate", words.home_template_certificate(), words.home_template_certificate_text()),
        (
            "collaboration",
            words.home_template_collaboration(),
            words.home_template_collaboration_text(),
        ),
        ("tracking", words.home_template_tracking(), words.home_template_tracking_text()),
    ];
    let stalls: Vec<_> = templates
        .into_iter()
        .map(|(key, name, text)| {
            view! {
                <li class="stall">
                    <h2><a href=format!("/needs/new?template={key}")>{name}</a></h2>
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

fn figures_view(words: Words, figures: &Figures) -> AnyView {
    let kept = match figures.kept_millipercent {
        Some(share) => stat(words.home_figures_kept(), percent(share), None),
        None => {
            stat(words.home_figures_kept(), "–", Some(words.home_figures_kept_unknown().to_owned()))
        }
    };
    let all = vec![
        stat(words.home_figures_offers(), format::integer(figures.offers), None),
        stat(words.home_figures_providers(), format::integer(figures.providers), None),
        stat(words.home_figures_running(), format::integer(figures.running), None),
        kept,
    ];
    section("figures", words.home_figures_title(), stats(all))
}

/// Thousandths of a percent as text: `99.95 %`.
fn percent(millipercent: i64) -> String {
    let text = format!("{}.{:03}", millipercent / 1000, millipercent % 1000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_keep_the_digits_they_have() {
        assert_eq!(
            [percent(99_950), percent(100_000), percent(7)],
            ["99.95 %", "100 %", "0.007 %"]
        );
    }
}
