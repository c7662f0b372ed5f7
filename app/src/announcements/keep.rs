//! Writing announcements: the desk's pages for the market, the portal's for a provider.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{BrokerError, announcements::AnnouncementView};
use domain::{AnnouncementId, AnnouncementPhase};
use leptos::prelude::*;

use super::{form, say};
use crate::{
    AppState, FlashKind, PageContext,
    account::{OfPlace, Place},
    address::Address,
    fault::status_of,
    form::FormState,
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        Button, Column, Table, breadcrumbs, empty, error_summary, page_head, pagination, section,
    },
    words::Words,
};

/// Rows of the list.
const ROWS: u32 = 20;

/// The last part of the addresses.
const PAGE: &str = "announcements";

fn parts(place: Place, words: Words) -> AnyView {
    match place {
        Place::Desk => crate::desk::announcement_parts(words),
        Place::Portal => crate::providers::announcement_parts(words),
    }
}

fn lead(place: Place, words: Words) -> &'static str {
    match place {
        Place::Desk => words.announce_desk_lead(),
        Place::Portal => words.announce_portal_lead(),
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
    let Some(wish) = form::read(ctx, &mut typed) else {
        let again = Some((typed, StatusCode::UNPROCESSABLE_ENTITY));
        return sheet(place, ctx, state, None, again).await;
    };
    match state.broker.announce(&ctx.op(), &wish).await {
        Ok(_) => {
            redirect(&place.at(PAGE), Some((FlashKind::Done, words.announce_made().to_owned())))
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
    let Ok(announcement) = id.parse::<AnnouncementId>() else { return fail(ctx, gone()) };
    let op = ctx.op();
    let done = match typed.value("step") {
        "end" => {
            let ended = state.broker.end_announcement(&op, announcement).await;
            ended.map(|_| words.announce_ended())
        }
        "remove" => {
            let removed = state.broker.take_back_announcement(&op, announcement).await;
            removed.map(|()| words.announce_taken_back())
        }
        _ => {
            let revision = typed.value("revision").parse().unwrap_or_default();
            let Some(wish) = form::read(ctx, &mut typed) else {
                let again = Some((typed, StatusCode::UNPROCESSABLE_ENTITY));
                return change(place, ctx, state, id, again).await;
            };
            let which = (announcement, revision);
            state.broker.change_announcement(&op, which, &wish).await.map(|_| words.announce_kept())
        }
    };
    match done {
        Ok(text) => redirect(&place.at(PAGE), Some((FlashKind::Done, text.to_owned()))),
        Err(error) if form::note(&mut typed, words, &error) => {
            change(place, ctx, state, id, Some((typed, status_of(&error)))).await
        }
        Err(error) => fail(ctx, error),
    }
}

fn gone() -> BrokerError {
    BrokerError::NotFound { what: "announcement" }
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
    let found = match state.broker.own_announcements(&op, cursor, ROWS).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let (typed, status) = typed.unwrap_or_else(|| (FormState::empty(), StatusCode::OK));
    let back = cursor.map(|_| place.at(PAGE));
    let next = found.next.map(|next| Address::new(place.at(PAGE)).and("after", next).to_string());
    page(ctx, Page::new(words.announce_title()).status(status).private(), || {
        let list = if found.items.is_empty() {
            empty(words.announce_own_none(), words.announce_own_none_text(), None)
        } else {
            table(ctx, place, &found.items)
        };
        view! {
            {page_head(words.announce_title(), Some(lead(place, words).to_owned()), vec![])}
            {parts(place, words)}
            {error_summary(&typed, words)}
            {section("made", words.announce_own(), view! { {list}{pagination(words, back, next)} }.into_any())}
            {section("new", words.announce_new(), form::view(ctx, &typed, &place.at(PAGE), words.announce_make()))}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, place: Place, items: &[AnnouncementView]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.announce_column()),
        Column::text(words.announce_kind()),
        Column::text(words.announce_phase()),
        Column::text(words.announce_when()),
    ];
    let rows = items.iter().map(|one| {
        let href = format!("{}/{}", place.at(PAGE), one.id);
        let title = ctx.locale.pick(&one.title_en, &one.title_ja).to_owned();
        vec![
            view! { <a href=href>{title}</a> }.into_any(),
            say::kind_word(words, one.kind).into_any(),
            say::phase_badge(words, one),
            say::span(ctx.locale, one.starts_at, one.ends_at).into_any(),
        ]
    });
    Table::new(words.announce_own(), columns).rows(rows).view()
}

/// One announcement to be changed.
async fn change(
    place: Place,
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    typed: Option<(FormState, StatusCode)>,
) -> Response {
    let op = ctx.op();
    let read = async { state.broker.own_announcement(&op, id.parse().map_err(|_| gone())?).await };
    let one = match read.await {
        Ok(one) => one,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let (typed, status) = typed.unwrap_or_else(|| (form::filled(ctx, &one), StatusCode::OK));
    let title = ctx.locale.pick(&one.title_en, &one.title_ja).to_owned();
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let trail = vec![(words.announce_title().to_owned(), place.at(PAGE))];
        let at = format!("{}/{}", place.at(PAGE), one.id);
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title, None, vec![say::phase_badge(words, &one)])}
            {error_summary(&typed, words)}
            {steps(words, &at, &one)}
            {section("change", words.announce_change(), form::view(ctx, &typed, &at, words.announce_keep()))}
        }
        .into_any()
    })
}

/// Over, or never: what takes one button.
fn steps(words: Words, at: &str, one: &AnnouncementView) -> AnyView {
    let running = one.phase == AnnouncementPhase::Running;
    let end = running.then(|| {
        view! { <form method="post" action=at.to_owned()>{Button::secondary(words.announce_end()).sends("step", "end").view()}</form> }
    });
    let remove = one.removable.then(|| {
        view! { <form method="post" action=at.to_owned()>{Button::danger(words.announce_remove()).sends("step", "remove").view()}</form> }
    });
    let stays = (!one.removable).then(|| view! { <p class="hint">{words.announce_stays()}</p> });
    view! {
        <p><a href=format!("/announcements/{}", one.id)>{words.announce_public()}</a></p>
        <div class="actions">{end}{remove}</div>
        {stays}
    }
    .into_any()
}
