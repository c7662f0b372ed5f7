//! The search box and the filters beside the list: one form, sent by GET.

use broker::market::{FacetCount, MarketPage, MarketQuery, MarketSort};
use domain::Currency;
use leptos::prelude::*;

use super::{query, text};
use crate::{
    form::FormState,
    ui::{Button, CheckGroup, Field, Select, Views, fieldset},
    words::Words,
};

/// The form; its parts stand in the grid around the list.
pub fn view(words: Words, form: &FormState, asked: &MarketQuery, found: &MarketPage) -> AnyView {
    // Wide windows show the filters always; on a phone the list comes first.
    let open = !form.is_sound();
    view! {
        <form id="filters" class="spread" method="get" action="/market" role="search" aria-label=words.market_filter_title()>
            <div class="find">
                {Field::search("q", words.home_search_label()).hint(words.home_search_hint()).of(form).max_length(200).view()}
                {Button::primary(words.common_search()).view()}
            </div>
            <details class="filters" open=open>
                <summary>{words.market_filter_title()}</summary>
                <div class="inside">
                    {facets(words, found)}
                    {price(words, form)}
                    {backed(words, asked)}
                    {sorted(asked)}
                    <div class="actions">{Button::secondary(words.market_filter_apply()).view()}<a href="/market">{words.market_filter_clear()}</a></div>
                </div>
            </details>
        </form>
    }
    .into_any()
}

fn facets(words: Words, found: &MarketPage) -> Views {
    let locale = words.0;
    let facets = &found.facets;
    vec![
        facet("model", words.market_facet_model(), &facets.models, |count| {
            text::model(words, &count.value)
        }),
        facet("country", words.market_facet_country(), &facets.countries, |count| {
            text::country(words, &count.value)
        }),
        facet("cert", words.market_facet_certificate(), &facets.certifications, |count| {
            text::certificate(locale, &count.value)
        }),
        facet("deployment", words.market_facet_deployment(), &facets.deployments, |count| {
            text::deployment(words, &count.value)
        }),
        facet("provider", words.market_facet_provider(), &facets.providers, |count| {
            text::facet_provider(locale, count)
        }),
    ]
}

fn facet(
    name: &'static str,
    label: &'static str,
    counts: &[FacetCount],
    shown: impl Fn(&FacetCount) -> String,
) -> AnyView {
    if counts.is_empty() {
        return ().into_any();
    }
    let chosen: Vec<String> =
        counts.iter().filter(|count| count.selected).map(|count| count.value.clone()).collect();
    let group = counts.iter().fold(CheckGroup::new(name, label), |group, count| {
        group.option(count.value.clone(), format!("{} ({})", shown(count), count.count))
    });
    view! { <div class="facet">{group.chosen(chosen).view()}</div> }.into_any()
}

fn price(words: Words, form: &FormState) -> AnyView {
    let currency = form.filled("currency").unwrap_or("JPY").to_owned();
    let fault = form.error("currency").map(str::to_owned);
    let select = Currency::ALL
        .into_iter()
        .fold(Select::new("currency", words.market_price_currency()), |select, currency| {
            select.option(currency.code(), currency.code())
        })
        .chosen([currency]);
    let select = match fault {
        Some(fault) => select.error(fault),
        None => select,
    };
    let body = view! {
        <div class="range">
            {Field::number("min", words.market_price_from()).of(form).view()}
            {Field::number("max", words.market_price_to()).of(form).view()}
            {select.view()}
        </div>
    };
    fieldset(words.market_facet_price(), body.into_any())
}

fn backed(words: Words, asked: &MarketQuery) -> AnyView {
    let chosen = if asked.backed_only { vec!["1"] } else { vec![] };
    CheckGroup::new("backed", words.market_facet_backed())
        .option("1", words.market_filter_backed())
        .chosen(chosen)
        .view()
}

/// Keeps the order when filters are sent.
fn sorted(asked: &MarketQuery) -> Option<AnyView> {
    let word = query::SORTS.iter().find(|(sort, _)| *sort == asked.sort).map(|(_, word)| *word);
    let word = word.filter(|_| asked.sort != MarketSort::Relevance)?;
    Some(view! { <input type="hidden" name="sort" value=word/> }.into_any())
}
