//! How offers are ranked, in plain words: the formula is public and has no paid place.

use axum::response::Response;
use broker::requirements::YEN_PER;
use leptos::prelude::*;
use matching::Order;

use super::ranked::order_words;
use crate::{
    PageContext,
    render::{Page, Width, page},
    ui::{Column, Look, Table, Views, definitions, link_button, page_head, section},
    words::Words,
};

pub(super) async fn show(ctx: PageContext) -> Response {
    let words = ctx.words();
    let about =
        Page::new(words.ranking_title()).description(words.ranking_lead()).width(Width::Reading);
    page(&ctx, about, || {
        view! {
            {page_head(words.ranking_title(), Some(words.ranking_lead().to_owned()), vec![])}
            {section("match", words.ranking_match(), paragraphs(&[words.ranking_match_each(), words.ranking_match_decimals(), words.ranking_match_absent(), words.ranking_match_times()]))}
            {section("levels", words.ranking_levels(), levels(words))}
            {section("distance", words.ranking_distance(), paragraphs(&[words.ranking_distance_short(), words.ranking_distance_more(), words.ranking_distance_scale()]))}
            {section("orders", words.ranking_orders(), orders(words))}
            {section("money", words.ranking_money(), money(words))}
            {section("neutral", words.ranking_neutral(), paragraphs(&[words.ranking_neutral_paid(), words.ranking_neutral_others(), words.ranking_neutral_same()]))}
            <p class="actions next">{link_button(Look::Primary, words.common_way_describe(), "/needs/new")}{link_button(Look::Quiet, words.common_footer_items(), "/items")}</p>
        }
        .into_any()
    })
}

fn paragraphs(texts: &[&'static str]) -> AnyView {
    let all: Views = texts.iter().map(|text| view! { <p>{*text}</p> }.into_any()).collect();
    view! { <div class="stack">{all}</div> }.into_any()
}

fn levels(words: Words) -> AnyView {
    definitions(vec![
        (words.needs_level_must().to_owned(), words.ranking_levels_must().into_any()),
        (words.needs_level_prefer().to_owned(), words.ranking_levels_prefer().into_any()),
        (words.needs_level_best_effort().to_owned(), words.ranking_levels_best_effort().into_any()),
    ])
}

fn orders(words: Words) -> AnyView {
    let pairs = Order::ALL
        .into_iter()
        .map(|order| {
            let (name, text) = order_words(words, order);
            (name.to_owned(), text.into_any())
        })
        .collect();
    view! {
        <div class="stack">
            <p>{words.ranking_orders_first()}</p>
            {definitions(pairs)}
            <p>{words.ranking_orders_balanced()}</p>
            <pre tabindex="0">{words.ranking_orders_formula()}</pre>
            <p>{words.ranking_orders_terms()}</p>
            <p>{words.ranking_orders_stronger()}</p>
        </div>
    }
    .into_any()
}

/// The fixed rates by which prices of different currencies are ordered.
fn money(words: Words) -> AnyView {
    let columns = vec![
        Column::text(words.market_price_currency()),
        Column::number(words.ranking_money_rate()),
    ];
    let rows = YEN_PER.into_iter().map(|(currency, yen)| {
        vec![currency.into_any(), crate::format::money(yen, "JPY").into_any()]
    });
    view! {
        <div class="stack">
            <p>{words.ranking_money_text()}</p>
            {Table::new(words.ranking_money_rate(), columns).scrolling().rows(rows).view()}
        </div>
    }
    .into_any()
}
