//! Making bundles: the desk's pages for the market, the portal's for a provider.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{BrokerError, bundles::BundleView};
use domain::BundleId;
use leptos::prelude::*;

use super::{
    form::{self, Choice},
    show,
};
use crate::{
    AppState, FlashKind, PageContext,
    account::{OfPlace, Place},
    address::Address,
    fault::status_of,
    form::FormState,
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        Button, Column, State as Mark, Table, badge, breadcrumbs, empty, error_summary, page_head,
        pagination, section,
    },
    words::Words,
};

/// Rows of the list.
const ROWS: u32 = 20;
/// Own offers to choose from, the newest.
const OFFERS: u32 = 200;

/// The last part of the addresses.
const PAGE: &str = "bundles";

fn parts(place: Place, words: Words) -> AnyView {
    match place {
        Place::Desk => crate::desk::bundle_parts(words),
        Place::Portal => crate::providers::bundle_parts(words),
    }
}

fn lead(place: Place, words: Words) -> &'static str {
    match place {
        Place::Desk => words.bundles_desk_lead(),
        Place::Portal => words.bundles_portal_lead(),
    }
}

pub(super) async fn show(
    OfPlace(ctx, place): OfPlace,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    sheet(place, &ctx, &state, query, None).await
}

pub(super) async fn show_one(
    OfPlace(ctx, place): OfPlace,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    change(place, &ctx, &state, &id, None).await
}

pub(super) async fn add(
    OfPlace(ctx, place): OfPlace,
    State(state): State<AppState>,
    mut typed: FormState,
) -> Response {
    let (ctx, state) = (&ctx, &state);
    let words = ctx.words();
    let Some(wish) = form::read(&mut typed, words) else {
        let again = Some((typed, StatusCode::UNPROCESSABLE_ENTITY));
        return sheet(place, ctx, state, None, again).await;
    };
    match state.broker.make_bundle(&ctx.op(), &wish).await {
        Ok(_) => {
            redirect(&place.at(PAGE), Some((FlashKind::Done, words.bundles_made().to_owned())))
        }
        Err(error) if form::note(&mut typed, words, &error) => {
            sheet(place, ctx, state, None, Some((typed, status_of(&error)))).await
        }
        Err(error) => fail(ctx, error),
    }
}

pub(super) async fn save(
    OfPlace(ctx, place): OfPlace,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut typed: FormState,
) -> Response {
    let (ctx, state, id) = (&ctx, &state, id.as_str());
    let words = ctx.words();
    let Ok(bundle) = id.parse::<BundleId>() else { return fail(ctx, gone()) };
    let op = ctx.op();
    let done = if typed.value("step") == "remove" {
        state.broker.remove_bundle(&op, bundle).await.map(|()| words.bundles_removed())
    } else {
        let revision = typed.value("revision").parse().unwrap_or_default();
        let Some(wish) = form::read(&mut typed, words) else {
            let again = Some((typed, StatusCode::UNPROCESSABLE_ENTITY));
            return change(place, ctx, state, id, again).await;
        };
        let changed = state.broker.change_bundle(&op, (bundle, revision), &wish).await;
        changed.map(|_| words.bundles_kept())
    };
    match done {
        Ok(text) => redirect(&place.at(PAGE), Some((FlashKind::Done, text.to_owned()))),
        Err(error) if form::note(&mut typed, words, &error) => {
            change(place, ctx, state, id, Some((typed, status_of(&error)))).await
        }
        Err(error) => fail(ctx, error),
    }
}

/// What a provider can put together, to be chosen from; whoever runs the market names any offer.
async fn own_offers(place: Place, ctx: &PageContext, state: &AppState) -> Vec<Choice> {
    if place == Place::Desk {
        return Vec::new();
    }
    // A list that cannot be read leaves the numbers to be typed.
    let found = state.broker.my_offers(&ctx.op(), None, OFFERS).await;
    let cards = found.map(|list| list.items).unwrap_or_default().into_iter();
    let on_market = cards.filter(|card| card.state.is_on_market());
    on_market
        .map(|card| Choice {
            id: card.id.to_string(),
            title: ctx.locale.pick(&card.title_en, &card.title_ja).to_owned(),
        })
        .collect()
}

fn gone() -> BrokerError {
    BrokerError::NotFound { what: "bundle" }
}

/// The list with the form for a new one.
async fn sheet(
    place: Place,
    ctx: &PageContext,
    state: &AppState,
    query: Option<String>,
    typed: Option<(FormState, StatusCode)>,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let (op, cursor) = (ctx.op(), query.filled("after"));
    let found = match state.broker.own_bundles(&op, cursor, ROWS).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let own = own_offers(place, ctx, state).await;
    let words = ctx.words();
    let (typed, status) = typed.unwrap_or_else(|| (FormState::empty(), StatusCode::OK));
    let back = cursor.map(|_| place.at(PAGE));
    let next = found.next.map(|next| Address::new(place.at(PAGE)).and("after", next).to_string());
    page(ctx, Page::new(words.bundles_title()).status(status).private(), || {
        let list = if found.items.is_empty() {
            empty(words.bundles_own_none(), words.bundles_own_none_text(), None)
        } else {
            table(ctx, place, &found.items)
        };
        view! {
            {page_head(words.bundles_title(), Some(lead(place, words).to_owned()), vec![])}
            {parts(place, words)}
            {error_summary(&typed, words)}
            {section("made", words.bundles_own(), view! { {list}{pagination(words, back, next)} }.into_any())}
            {section("new", words.bundles_new(), form::view(words, &typed, &place.at(PAGE), words.bundles_make(), &own))}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, place: Place, items: &[BundleView]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.bundles_column()),
        Column::text(words.portal_list_state()),
        Column::text(words.bundles_offers()),
    ];
    let rows = items.iter().map(|one| {
        let href = format!("{}/{}", place.at(PAGE), one.id);
        let title = show::title(ctx, one);
        vec![
            view! { <a href=href>{title}</a> }.into_any(),
            state_badge(words, one),
            show::offers_line(ctx, one).into_any(),
        ]
    });
    Table::new(words.bundles_own(), columns).rows(rows).view()
}

fn state_badge(words: Words, one: &BundleView) -> AnyView {
    match (one.written.shown, one.is_orderable()) {
        (false, _) => badge(Mark::Quiet, words.bundles_shown_no()),
        (true, true) => badge(Mark::Good, words.bundles_shown_yes()),
        (true, false) => badge(Mark::Attention, words.bundles_not_orderable()),
    }
}

/// One bundle to be changed.
async fn change(
    place: Place,
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    typed: Option<(FormState, StatusCode)>,
) -> Response {
    let op = ctx.op();
    let read = async { state.broker.own_bundle(&op, id.parse().map_err(|_| gone())?).await };
    let one = match read.await {
        Ok(one) => one,
        Err(error) => return fail(ctx, error),
    };
    let own = own_offers(place, ctx, state).await;
    let words = ctx.words();
    let (typed, status) = typed.unwrap_or_else(|| (form::filled(&one), StatusCode::OK));
    let title = show::title(ctx, &one);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let trail = vec![(words.bundles_title().to_owned(), place.at(PAGE))];
        let at = format!("{}/{}", place.at(PAGE), one.id);
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title, None, vec![state_badge(words, &one)])}
            {error_summary(&typed, words)}
            <p><a href=show::href(&one)>{words.bundles_public()}</a></p>
            {section("change", words.bundles_change(), form::view(words, &typed, &at, words.bundles_keep(), &own))}
            {section("remove", words.bundles_remove(), view! {
                <p>{words.bundles_remove_text()}</p>
                <form class="actions" method="post" action=at.clone()>
                    {Button::danger(words.bundles_remove()).sends("step", "remove").view()}
                </form>
            }.into_any())}
        }
        .into_any()
    })
}
