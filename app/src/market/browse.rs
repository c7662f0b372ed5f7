//! The list of the market: search, filters, counts, cards, pages; all of it in the address.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use broker::market::{Facets, MarketPage, MarketQuery, MarketSort};
use leptos::prelude::*;

use super::{card, filters, query, text};
use crate::{
    AppState, PageContext,
    fault::fault_page,
    form::FormState,
    format,
    render::{Page, page},
    ui::{
        Button, Look, Tab, Views, empty, error_summary, link_button, page_head, pagination, tabs,
    },
    words::Words,
};

/// What stands on a chip, and where the list is without it.
type Active = (String, String);

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
) -> Response {
    let mut form = FormState::from_urlencoded(&raw.unwrap_or_default());
    let asked = query::read(&mut form, ctx.words());
    match state.broker.browse(&ctx.op(), &asked).await {
        Ok(found) => view(&ctx, &form, &asked, &found),
        Err(error) => fault_page(&ctx, &error),
    }
}

fn view(ctx: &PageContext, form: &FormState, asked: &MarketQuery, found: &MarketPage) -> Response {
    let words = ctx.words();
    let title = if asked.text.is_empty() {
        words.market_title().to_owned()
    } else {
        words.market_title_search(&asked.text)
    };
    let about = Page::new(title).description(words.market_lead());
    page(ctx, about, || {
        view! {
            {page_head(words.market_title(), Some(words.market_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            <div class="market">
                {filters::view(words, form, asked, found)}
                <section class="found" aria-labelledby="found-title">
                    {head(words, asked, found)}
                    {active(words, asked, &found.facets)}
                    {list(ctx, asked, found)}
                    {pages(words, asked, found)}
                </section>
            </div>
        }
        .into_any()
    })
}

fn head(words: Words, asked: &MarketQuery, found: &MarketPage) -> AnyView {
    let total = i64::try_from(found.total).unwrap_or(i64::MAX);
    let label = |sort| match sort {
        MarketSort::Relevance => words.market_sort_relevance(),
        MarketSort::Price => words.market_sort_price(),
        MarketSort::Newest => words.market_sort_newest(),
    };
    let sorts = query::SORTS
        .into_iter()
        .map(|(sort, _)| Tab {
            label: label(sort).to_owned(),
            href: query::address(&MarketQuery { sort, ..asked.clone() }).to_string(),
            current: sort == asked.sort,
        })
        .collect();
    view! {
        <div class="found-head">
            <h2 id="found-title">{words.market_count(total)}</h2>
            {tabs(words.market_sort_title(), sorts)}
        </div>
    }
    .into_any()
}

/// The filters in force, each a link that takes it away.
fn active(words: Words, asked: &MarketQuery, facets: &Facets) -> AnyView {
    let all = active_filters(words, asked, facets);
    if all.is_empty() {
        return ().into_any();
    }
    let links: Views = all
        .into_iter()
        .map(|(label, href)| {
            let name = words.market_filter_remove(&label);
            view! { <li><a class="chip removable" href=href aria-label=name>{label}<span aria-hidden="true">" ×"</span></a></li> }
                .into_any()
        })
        .collect();
    view! { <ul class="chips active" aria-label=words.market_filter_active()>{links}</ul> }
        .into_any()
}

fn active_filters(words: Words, asked: &MarketQuery, facets: &Facets) -> Vec<Active> {
    let all = query::address(asked);
    let mut active = Vec::new();
    if !asked.text.is_empty() {
        active.push((format!("“{}”", asked.text), all.clone().without("q").to_string()));
    }
    for (name, values) in query::FILTERS {
        for value in values(asked) {
            let label = match name {
                "model" => text::model(words, value),
                "deployment" => text::deployment(words, value),
                "country" => text::country(words, value),
                "cert" => text::certificate(words.0, value),
                _ => {
                    let known = facets.providers.iter().find(|count| count.value == *value);
                    known.map_or_else(|| value.clone(), |one| text::facet_provider(words.0, one))
                }
            };
            active.push((label, all.clone().without_value(name, value).to_string()));
        }
    }
    if let Some(currency) = asked.currency {
        let end = |minor: Option<i64>| {
            minor.map(|minor| format::money(minor, currency.code())).unwrap_or_default()
        };
        let label = format!("{} – {}", end(asked.price_min_minor), end(asked.price_max_minor));
        let without = all.clone().without("min").without("max").without("currency");
        active.push((label.trim().to_owned(), without.to_string()));
    }
    if asked.backed_only {
        active.push((words.market_filter_backed().to_owned(), all.without("backed").to_string()));
    }
    active
}

fn list(ctx: &PageContext, asked: &MarketQuery, found: &MarketPage) -> AnyView {
    let words = ctx.words();
    if found.items.is_empty() && found.total > 0 {
        let first = link_button(
            Look::Secondary,
            words.market_empty_page_first(),
            query::address(asked).to_string(),
        );
        let text = words.market_empty_page_text(i64::from(found.pages));
        return empty(words.market_empty_page(i64::from(asked.page)), text, Some(first));
    }
    if found.items.is_empty() {
        let out = link_button(Look::Secondary, words.market_empty_all(), "/market");
        let text = if asked.text.is_empty() {
            words.market_empty_filters()
        } else {
            words.market_empty_text()
        };
        return empty(words.market_empty_title(), text, Some(out));
    }
    let wanted = card::Wanted { compared: true, countries: &asked.countries };
    let cards: Views = found.items.iter().map(|offer| card::card(ctx, offer, wanted)).collect();
    view! {
        <form method="get" action="/market/compare">
            <ul class="offers">{cards}</ul>
            <div class="compare-bar">
                {Button::secondary(words.market_compare_action()).view()}
                <p class="hint">{words.market_compare_hint()}</p>
            </div>
        </form>
    }
    .into_any()
}

fn pages(words: Words, asked: &MarketQuery, found: &MarketPage) -> AnyView {
    let at = |page: u32| query::address(asked).and("page", page.to_string()).to_string();
    let previous = (found.page > 1).then(|| at(found.page - 1));
    let next = (found.page < found.pages).then(|| at(found.page + 1));
    let place = (found.pages > 1)
        .then(|| view! { <p class="place">{words.market_page(found.page, found.pages)}</p> });
    view! { {place}{pagination(words, previous, next)} }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn each_filter_can_be_taken_away_by_itself() {
        let mut form = FormState::from_urlencoded("q=web&country=JP&country=DE&backed=1&max=500");
        let words = Locale::En.words();
        let asked = query::read(&mut form, words);
        let active = active_filters(words, &asked, &Facets::default());
        let labels: Vec<_> = active.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["“web”", "Germany", "Japan", "– ¥500", "Can be contracted here"]);
        assert_eq!(active[1].1, "/market?q=web&country=JP&max=500&currency=JPY&backed=1");
        assert_eq!(active[4].1, "/market?q=web&country=DE&country=JP&max=500&currency=JPY");
    }
}
