//! The list of the market: search, filters, counts, cards, pages; all of it in the address.

use std::collections::BTreeSet;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use broker::{
    categories::Categories,
    market::{
        Closeness, Dropped, FacetField, Facets, MarketPage, MarketQuery, MarketSort, OfferCard,
    },
};
use domain::OfferId;
use leptos::prelude::*;
use std::sync::Arc;

use super::{
    card, favourites, filters, map,
    query::{self, Asked},
    sizes, text,
};
use crate::{
    AppState, PageContext,
    fault::fault_page,
    form::FormState,
    format,
    needs::{Choice, choices},
    render::{Page, page},
    ui::{
        Button, Kind, Look, Tab, Views, empty, error_summary, link_button, notice, page_head, tabs,
    },
    words::Words,
};

/// What stands on a chip, and where the list is without it.
type Active = (String, String);

/// What the page shows.
pub(super) struct Shown {
    pub asked: Asked,
    pub found: MarketPage,
    /// What was picked on this and other pages.
    picked: Vec<OfferCard>,
    pub needs: Vec<Choice>,
    pub catalogue: Arc<Categories>,
    /// Favourites; `None` for whoever is not signed in.
    marked: Option<BTreeSet<OfferId>>,
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
) -> Response {
    let mut form = FormState::from_urlencoded(&raw.unwrap_or_default());
    let mut asked = query::read(&mut form, ctx.words());
    let found = match state.broker.browse(&ctx.op(), &asked.query).await {
        Ok(found) => found,
        Err(error) => return fault_page(&ctx, &error),
    };
    let picked = match state.broker.offer_cards(&ctx.op(), &asked.picked).await {
        Ok(picked) => picked,
        Err(error) => return fault_page(&ctx, &error),
    };
    // What was withdrawn since cannot be compared.
    asked.picked = picked.iter().map(|card| card.id).collect();
    let needs = choices(&ctx, &state).await;
    let marked = favourites::marked(&ctx, &state).await;
    let catalogue = state.broker.known_categories();
    view(&ctx, &form, &Shown { asked, found, picked, needs, catalogue, marked })
}

fn view(ctx: &PageContext, form: &FormState, shown: &Shown) -> Response {
    let words = ctx.words();
    let Shown { asked, found, .. } = shown;
    let title = if asked.query.text.is_empty() {
        words.market_title().to_owned()
    } else {
        words.market_title_search(&asked.query.text)
    };
    let about = Page::new(title).description(words.market_lead());
    let kept = shown
        .marked
        .as_ref()
        .map(|_| link_button(Look::Secondary, words.favourites_open(), "/market/favourites"));
    let kept: Views = kept.into_iter().collect();
    page(ctx, about, || {
        view! {
            {page_head(words.market_title(), Some(words.market_lead().to_owned()), kept)}
            {error_summary(form, words)}
            <div class="market">
                {filters::view(words, form, shown)}
                <section class="found" id="found" tabindex="-1" aria-labelledby="found-title">
                    {head(words, asked, found)}
                    {active(words, shown)}
                    {closeness(words, asked, found)}
                    {places(words, shown)}
                    {list(ctx, shown)}
                </section>
            </div>
        }
        .into_any()
    })
}

fn head(words: Words, asked: &Asked, found: &MarketPage) -> AnyView {
    let total = i64::try_from(found.total).unwrap_or(i64::MAX);
    let label = |sort| match sort {
        MarketSort::Relevance => words.market_sort_relevance(),
        MarketSort::Fit => words.market_sort_fit(),
        MarketSort::Price => words.market_sort_price(),
        MarketSort::Newest => words.market_sort_newest(),
        MarketSort::Observed => words.market_sort_observed(),
    };
    let in_order = |sort| {
        let query = MarketQuery { sort, ..asked.query.clone() };
        query::address(&Asked { query, ..asked.clone() }).to_string()
    };
    let sorts = query::SORTS
        .into_iter()
        // Without a need there is nothing to fit.
        .filter(|(sort, _)| *sort != MarketSort::Fit || asked.query.need.is_some())
        .map(|(sort, _)| Tab {
            label: label(sort).to_owned(),
            href: in_order(sort),
            current: sort == asked.query.sort,
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

/// The regions of what was found; each leads to the list of its offers.
fn places(words: Words, shown: &Shown) -> Option<AnyView> {
    let all = query::address(&shown.asked);
    let points: Vec<map::Point> = shown
        .found
        .facets
        .of(FacetField::Region)
        .iter()
        .filter(|region| region.count > 0)
        .map(|region| {
            let known = map::Known { id: &region.value, ..map::Known::default() };
            let href = all.clone().without("region").and("region", region.value.clone());
            map::Point {
                count: Some(region.count),
                href: Some(href.to_string()),
                ..map::Point::new(known, region.value.clone())
            }
        })
        .collect();
    if points.is_empty() {
        return None;
    }
    let map = map::map(words, &points);
    Some(
        view! { <details class="more"><summary>{words.catalog_map_market()}</summary>{map}</details> }
            .into_any(),
    )
}

/// Says where the offers have words that are only close, and what was probably meant.
fn closeness(words: Words, asked: &Asked, found: &MarketPage) -> AnyView {
    let meant = found.meant.as_ref().map(|(text, count)| {
        let query = MarketQuery { text: text.clone(), page: 1, ..asked.query.clone() };
        let href = query::address(&Asked { query, ..asked.clone() }).to_string();
        let count = words.market_count(i64::try_from(*count).unwrap_or(i64::MAX));
        view! { <p class="meant">{words.market_close_meant()}" "<a href=href>{text.clone()}</a>" ("{count}")"</p> }
    });
    let close = (found.closeness == Closeness::Close && found.total > 0)
        .then(|| notice(Kind::Note, words.market_close_text(&asked.query.text), ().into_any()));
    view! { {meant}{close} }.into_any()
}

/// The filters in force, each a link that takes it away.
fn active(words: Words, shown: &Shown) -> AnyView {
    let (asked, facets) = (&shown.asked, &shown.found.facets);
    let all = active_filters(words, asked, (facets, &shown.catalogue));
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

/// A chosen value as it is read.
fn value_label(words: Words, facets: &Facets, facet: FacetField, value: &str) -> String {
    match facets.of(facet).iter().find(|count| count.value == value) {
        Some(count) => text::facet_value(words, facet, count),
        None => text::chosen_value(words, facet, value),
    }
}

fn active_filters(
    words: Words,
    asked: &Asked,
    (facets, catalogue): (&Facets, &Categories),
) -> Vec<Active> {
    let all = query::address(asked);
    let query = &asked.query;
    let mut active = Vec::new();
    if !query.text.is_empty() {
        active.push((format!("“{}”", query.text), all.clone().without("q").to_string()));
    }
    for (name, facet) in query::FILTERS {
        for value in query.values(facet) {
            let label = value_label(words, facets, facet, value);
            active.push((label, all.clone().without_value(name, value).to_string()));
        }
    }
    for (label, names) in sizes::chips(words, catalogue, query) {
        let without = names.iter().fold(all.clone(), |all, name| all.without(name));
        active.push((label, without.to_string()));
    }
    if let Some(label) = price_label(query) {
        let without = all.clone().without("min").without("max").without("currency");
        active.push((label, without.to_string()));
    }
    if query.values(FacetField::Backed).next().is_some() {
        active.push((words.market_filter_backed().to_owned(), all.without("backed").to_string()));
    }
    active
}

fn price_label(query: &MarketQuery) -> Option<String> {
    let currency = query.currency?;
    let end = |minor: Option<i64>| {
        minor.map(|minor| format::money(minor, currency.code())).unwrap_or_default()
    };
    let label = format!("{} – {}", end(query.price_min_minor), end(query.price_max_minor));
    Some(label.trim().to_owned())
}

/// Where nothing is found: what to leave out, and how many offers that brings.
fn ways_out(words: Words, asked: &Asked, found: &MarketPage) -> AnyView {
    let all = query::address(asked);
    let way = |way: &broker::market::WayOut| {
        let (label, href) = match &way.dropped {
            Dropped::Text => (format!("“{}”", asked.query.text), all.clone().without("q")),
            Dropped::Price => (
                price_label(&asked.query).unwrap_or_default(),
                all.clone().without("min").without("max").without("currency"),
            ),
            Dropped::Numbers => (
                words.catalog_numbers().to_owned(),
                sizes::without_numbers(all.clone(), &asked.query),
            ),
            Dropped::Machine => {
                (words.catalog_machine_filter().to_owned(), sizes::without_machine(all.clone()))
            }
            Dropped::Value(facet, value) => (
                value_label(words, &found.facets, *facet, value),
                all.clone().without_value(query::name_of(*facet), value),
            ),
            Dropped::Facet(facet) => {
                let values = asked.query.values(*facet);
                let labels: Vec<String> =
                    values.map(|value| value_label(words, &found.facets, *facet, value)).collect();
                (
                    labels.join(words.market_list_comma()),
                    all.clone().without(query::name_of(*facet)),
                )
            }
        };
        let count = words.market_count(i64::try_from(way.count).unwrap_or(i64::MAX));
        view! { <li><a href=href.to_string()>{words.market_empty_without(label)}</a>" – "{count}</li> }.into_any()
    };
    let ways: Views = found.ways_out.iter().map(way).collect();
    view! { <ul class="ways-out">{ways}</ul> }.into_any()
}

fn list(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    let Shown { asked, found, .. } = shown;
    if found.items.is_empty() && found.total > 0 {
        let first = link_button(
            Look::Secondary,
            words.market_empty_page_first(),
            query::address(asked).to_string(),
        );
        let text = words.market_empty_page_text(i64::from(found.pages));
        return empty(words.market_empty_page(i64::from(asked.query.page)), text, Some(first));
    }
    if found.items.is_empty() {
        let out = link_button(Look::Secondary, words.market_empty_all(), "/market");
        if !found.ways_out.is_empty() {
            let ways = ways_out(words, asked, found);
            let action = view! { {ways}{out} }.into_any();
            return empty(words.market_empty_title(), words.market_empty_ways(), Some(action));
        }
        let text = if asked.query.text.is_empty() {
            words.market_empty_filters()
        } else {
            words.market_empty_text()
        };
        return empty(words.market_empty_title(), text, Some(out));
    }
    let countries: Vec<String> =
        asked.query.values(FacetField::Country).map(str::to_owned).collect();
    let marker = (!asked.query.text.is_empty()).then_some(&found.marker);
    let wanted = card::Wanted {
        compared: true,
        countries: &countries,
        picked: &asked.picked,
        marker,
        marked: shown.marked.as_ref(),
    };
    let cards: Views = found.items.iter().map(|offer| card::card(ctx, offer, wanted)).collect();
    view! {
        {shown.marked.is_some().then(|| favourites::form(ctx))}
        <form method="get" action="/market/compare">
            <ul class="offers">{cards}</ul>
            {tray(ctx, shown)}
            <div class="compare-bar">
                {Button::secondary(words.market_compare_action()).view()}
                <p class="hint">{words.market_compare_hint()}</p>
            </div>
            {kept(asked)}
            {pages(words, found)}
        </form>
    }
    .into_any()
}

/// What was picked on other pages of the list; it goes along until it is taken out.
fn tray(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    let here = |card: &&OfferCard| shown.found.items.iter().any(|item| item.id == card.id);
    let elsewhere: Vec<&OfferCard> = shown.picked.iter().filter(|card| !here(card)).collect();
    if elsewhere.is_empty() {
        return ().into_any();
    }
    let items: Views = elsewhere
        .into_iter()
        .map(|card| {
            let title = text::title(ctx.locale, card);
            let label = words.market_compare_pick(&title);
            view! {
                <li><label class="pick">
                    <input type="checkbox" name="offer" value=card.id.to_string() checked=true aria-label=label/>
                    <span aria-hidden="true">{title}</span>
                </label></li>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="tray" role="group" aria-labelledby="tray-title">
            <h3 id="tray-title">{words.market_compare_elsewhere()}</h3>
            <ul>{items}</ul>
        </div>
    }
    .into_any()
}

/// The list as it is, for the buttons that turn the page; what is ticked goes along by itself.
fn kept(asked: &Asked) -> Views {
    let address = query::address(&Asked { picked: Vec::new(), ..asked.clone() });
    let hidden = address.pairs().iter().cloned();
    hidden
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.into_any())
        .collect()
}

/// Turns the page by sending the form to the list, so that what is ticked stays ticked.
fn pages(words: Words, found: &MarketPage) -> AnyView {
    if found.pages < 2 {
        return ().into_any();
    }
    let to = |page: u32, label: &'static str| {
        view! { <button type="submit" class="button" name="page" value=page.to_string() formaction="/market">{label}</button> }
            .into_any()
    };
    let previous = (found.page > 1).then(|| to(found.page - 1, words.common_navigation_previous()));
    let next =
        (found.page < found.pages).then(|| to(found.page + 1, words.common_navigation_next()));
    view! {
        <p class="place">{words.market_page(found.page, found.pages)}</p>
        <nav class="pagination" aria-label=words.common_navigation_pages()>{previous}{next}</nav>
    }
    .into_any()
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
        let active = active_filters(words, &asked, (&Facets::default(), &Categories::default()));
        let labels: Vec<_> = active.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["“web”", "Germany", "Japan", "– ¥500", "Can be contracted here"]);
        assert_eq!(active[1].1, "/market?q=web&country=JP&max=500&currency=JPY&backed=1");
        assert_eq!(active[4].1, "/market?q=web&country=DE&country=JP&max=500&currency=JPY");
    }
}
