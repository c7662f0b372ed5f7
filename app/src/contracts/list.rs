//! Lists: everything that runs, and every contract there ever was.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use broker::contracts::ContractCard;
use leptos::prelude::*;

use super::state::state_badge;
use crate::{
    AppState, PageContext,
    account::OfCustomer,
    form::FormState,
    format,
    layout::fail,
    render::{Page, page},
    ui::{Column, Look, Table, Views, empty, link_button, money, page_head, pagination, time},
    words::Words,
};

/// Services shown at most; more are found in the list of contracts.
const SERVICES: u32 = 100;
/// Contracts on one page of the list.
const PAGE: u32 = 25;

pub(super) async fn services(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
) -> Response {
    let found = match state.broker.contracts(&ctx.op(), None, SERVICES).await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let any = !found.items.is_empty();
    let running: Vec<_> = found.items.into_iter().filter(|card| !card.state.is_final()).collect();
    let actions: Views =
        vec![link_button(Look::Secondary, words.contracts_list_find(), "/needs/new")];
    page(&ctx, Page::new(words.contracts_services_title()).private(), || {
        let body = if running.is_empty() {
            nothing_runs(words)
        } else {
            view! { <ul class="services">{running.iter().map(|card| service(&ctx, card)).collect::<Vec<_>>()}</ul> }
                .into_any()
        };
        let ended =
            any.then(|| view! { <p><a href="/contracts">{words.contracts_services_all()}</a></p> });
        view! {
            {page_head(words.contracts_services_title(), Some(words.contracts_services_lead().to_owned()), actions)}
            {body}
            {ended}
        }
        .into_any()
    })
}

fn nothing_runs(words: Words) -> AnyView {
    let action = link_button(Look::Primary, words.common_way_describe(), "/needs/new");
    empty(words.contracts_services_none(), words.contracts_services_none_text(), Some(action))
}

fn service(ctx: &PageContext, card: &ContractCard) -> AnyView {
    let words = ctx.words();
    let href = format!("/contracts/{}", card.id);
    let provider = ctx.locale.pick(&card.provider_en, &card.provider_ja).to_owned();
    let offer = ctx.locale.pick(&card.offer_title_en, &card.offer_title_ja).to_owned();
    let address = card.address.clone().map(|address| {
        view! { <p class="address"><a href=address.clone() rel="noreferrer">{address.clone()}</a></p> }
    });
    view! {
        <li class="service">
            <div class="head"><h2><a href=href>{card.service_name.clone()}</a></h2>{state_badge(words, card)}</div>
            <p class="by">{provider}" · "{offer}</p>
            {address}
            <p class="foot">
                <span>{format::money(card.price.minor, card.price.currency.code())}" "{words.contracts_price_month()}</span>
                <span>{words.contracts_page_signed()}" "{time(ctx, card.signed_at.0)}</span>
            </p>
        </li>
    }
    .into_any()
}

pub(super) async fn contracts(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let list = match state.broker.contracts(&ctx.op(), query.filled("cursor"), PAGE).await {
        Ok(list) => list,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    page(&ctx, Page::new(words.contracts_list_title()).private(), || {
        let body =
            if list.items.is_empty() { nothing_runs(words) } else { table(&ctx, &list.items) };
        let first = query.filled("cursor").map(|_| "/contracts".to_owned());
        let next = list
            .next
            .as_ref()
            .map(|cursor| format!("/contracts?cursor={}", format::percent_encode(cursor)));
        view! {
            {page_head(words.contracts_list_title(), Some(words.contracts_list_lead().to_owned()), vec![])}
            {body}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}

/// Contracts line by line, each with the way to its page.
pub(super) fn table(ctx: &PageContext, cards: &[ContractCard]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.contracts_list_service()),
        Column::text(words.contracts_page_state()),
        Column::text(words.contracts_offer_provider()),
        Column::number(words.contracts_price_title()),
        Column::text(words.contracts_page_signed()),
    ];
    let rows = cards.iter().map(|card| {
        let href = format!("/contracts/{}", card.id);
        let provider = ctx.locale.pick(&card.provider_en, &card.provider_ja).to_owned();
        vec![
            view! { <a href=href>{card.service_name.clone()}</a> }.into_any(),
            state_badge(words, card),
            provider.into_any(),
            money(card.price.minor, card.price.currency.code()),
            time(ctx, card.signed_at.0),
        ]
    });
    Table::new(words.contracts_list_title(), columns).rows(rows).view()
}
