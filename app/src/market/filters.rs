//! The search box and the filters beside the list: one form, sent by GET.

use broker::market::{FacetCount, FacetField, MarketPage};
use domain::Currency;
use leptos::prelude::*;

use super::{
    browse::Shown,
    query::{self, Asked},
    sizes, text,
};
use crate::{
    form::FormState,
    needs::Choice,
    ui::{Button, CheckGroup, Field, Select, Views, fieldset},
    words::Words,
};

/// Values of a facet that are in sight; the rest is folded away.
const VALUES_SHOWN: usize = 8;
/// The list that the browser offers while somebody types.
const SUGGESTIONS: &str = "market-suggestions";

/// The form; its parts stand in the grid around the list.
pub(super) fn view(words: Words, form: &FormState, shown: &Shown) -> AnyView {
    let Shown { asked, found, needs, catalogue, .. } = shown;
    // Wide windows show the filters always; on a phone the list comes first.
    let open = !form.is_sound();
    let clear = query::address(&Asked { picked: asked.picked.clone(), ..Asked::default() });
    view! {
        <form id="filters" class="spread" method="get" action="/market" role="search" aria-label=words.market_filter_title()>
            <div class="find">
                {Field::search("q", words.home_search_label()).hint(words.home_search_hint()).of(form).max_length(200).suggestions(SUGGESTIONS).view()}
                {Button::primary(words.common_search()).view()}
                {suggestions(words, found)}
                <a class="to-results" href="#found">{words.market_filter_results()}</a>
                {help(words)}
            </div>
            <details class="filters" open=open>
                <summary>{words.market_filter_title()}</summary>
                <div class="inside">
                    {need(words, form, asked, needs)}
                    {facets(words, found)}
                    {sizes::numbers(words, form, catalogue, &asked.query)}
                    {sizes::machine(words, form)}
                    {price(words, form)}
                    {backed(words, asked, found)}
                    {kept(asked)}
                    <div class="actions">{Button::secondary(words.market_filter_apply()).view()}<a href=clear.to_string()>{words.market_filter_clear()}</a></div>
                </div>
            </details>
        </form>
    }
    .into_any()
}

/// What most offers can be found by: the browser completes it while somebody types, also without script.
fn suggestions(words: Words, found: &MarketPage) -> AnyView {
    let facets = &found.facets;
    let plain = |facet| facets.of(facet).iter().map(|count| count.value.clone());
    let providers = facets.of(FacetField::Provider).iter();
    let providers = providers.map(|count| text::named_value(words.0, count));
    let certificates = facets.of(FacetField::Certification).iter();
    let certificates = certificates.map(|count| text::certificate(words.0, &count.value));
    let all = plain(FacetField::Middleware)
        .chain(providers)
        .chain(plain(FacetField::Region))
        .chain(certificates);
    let options: Views =
        all.map(|name| view! { <option value=name></option> }.into_any()).collect();
    view! { <datalist id=SUGGESTIONS>{options}</datalist> }.into_any()
}

/// How a search can be said more exactly.
fn help(words: Words) -> AnyView {
    let line = |typed: &'static str, means: &'static str| {
        view! { <div><dt><code>{typed}</code></dt><dd>{means}</dd></div> }.into_any()
    };
    let lines: Views = vec![
        line("\"virtual machine\"", words.market_help_phrase()),
        line("-gpu", words.market_help_without()),
        line("provider:hokusei region:jp-osaka", words.market_help_place()),
        line("cert:ismap regime:gdpr hold:native_group", words.market_help_promise()),
        line("middleware:\"PostgreSQL 16\"", words.market_help_middleware()),
        line("price:<50000 price:100..500eur", words.market_help_price()),
        line("is:contractable", words.market_help_is()),
    ];
    view! {
        <details class="search-help">
            <summary>{words.market_help_title()}</summary>
            <dl>{lines}</dl>
        </details>
    }
    .into_any()
}

fn need(words: Words, form: &FormState, asked: &Asked, needs: &[Choice]) -> AnyView {
    let mut select = Select::new("need", words.market_offer_need())
        .option("", words.market_compare_need_none())
        .hint(words.market_filter_need());
    for choice in needs {
        select = select.option(choice.need.clone(), choice.label.clone());
    }
    if !asked.need.is_empty() && needs.iter().all(|choice| choice.need != asked.need) {
        select = select.option(asked.need.clone(), words.market_offer_need_link());
    }
    select.of(form).view()
}

fn facets(words: Words, found: &MarketPage) -> Views {
    // Versions are of use where the middleware is chosen.
    let chosen = |facet| found.facets.of(facet).iter().any(|count| count.selected);
    let versions = chosen(FacetField::Middleware) || chosen(FacetField::Version);
    let shown = query::FILTERS.into_iter();
    let shown = shown.filter(|(_, facet)| *facet != FacetField::Version || versions);
    // What an attribute means, its category says.
    let category = chosen(FacetField::Category) || chosen(FacetField::Attribute);
    let shown = shown.filter(|(_, facet)| *facet != FacetField::Attribute || category);
    shown.map(|(name, facet)| group(words, name, facet, found)).collect()
}

fn group(words: Words, name: &'static str, facet: FacetField, found: &MarketPage) -> AnyView {
    let names = found.facets.of(FacetField::Middleware).iter().filter(|count| count.selected);
    let names: Vec<String> = names.map(|count| format!("{} ", count.value)).collect();
    let fits = |count: &&FacetCount| {
        facet != FacetField::Version
            || count.selected
            || names.iter().any(|name| count.value.starts_with(name))
    };
    let counts: Vec<&FacetCount> = found.facets.of(facet).iter().filter(fits).collect();
    if counts.is_empty() {
        return ().into_any();
    }
    let label = text::facet(words, facet);
    let box_of = |(number, count): (usize, &&FacetCount)| {
        let id =
            if number == 0 { format!("field-{name}") } else { format!("field-{name}-{number}") };
        let shown = format!("{} ({})", text::facet_value(words, facet, count), count.count);
        view! {
            <div class="choice">
                <input type="checkbox" id=id.clone() name=name value=count.value.clone() checked=count.selected/>
                <label for=id>{shown}</label>
            </div>
        }
        .into_any()
    };
    let (first, rest): (Vec<_>, Vec<_>) = counts
        .iter()
        .enumerate()
        .partition(|(number, count)| *number < VALUES_SHOWN || count.selected);
    let rest_count = i64::try_from(rest.len()).unwrap_or(i64::MAX);
    let first: Views = first.into_iter().map(box_of).collect();
    let rest: Views = rest.into_iter().map(box_of).collect();
    let rest = (!rest.is_empty()).then(|| {
        view! { <details class="more"><summary>{words.market_facet_more(rest_count)}</summary><div class="set">{rest}</div></details> }
    });
    view! {
        <div class="facet">
            <fieldset class="field choices">
                <legend>{label}</legend>
                <div class="set">{first}</div>
                {rest}
            </fieldset>
        </div>
    }
    .into_any()
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
    fieldset(words.market_price_range(), body.into_any())
}

fn backed(words: Words, asked: &Asked, found: &MarketPage) -> AnyView {
    let chosen = asked.query.values(FacetField::Backed).next().map(|_| "1");
    let counts = found.facets.of(FacetField::Backed).iter();
    let count = counts.filter(|count| count.value == "yes").map(|count| count.count).sum::<u64>();
    CheckGroup::new("backed", words.market_facet_backed())
        .option("1", format!("{} ({count})", words.market_filter_backed()))
        .chosen(chosen)
        .view()
}

/// Keeps the order and what was picked when filters are sent.
fn kept(asked: &Asked) -> Views {
    let order = query::address(asked).value("sort").map(|sort| ("sort", sort.to_owned()));
    let picked = asked.picked.iter().map(|id| ("offer", id.to_string()));
    let kept = order.into_iter().chain(picked);
    kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.into_any())
        .collect()
}
