//! The items of the market with proposals that wait, and the form of a proposal.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    extensions::{ExtensionEntry, ExtensionProposal, ExtensionProposalView, Extensions},
};
use leptos::prelude::*;
use sla::Extension;

use super::{form, note, preview};
use crate::{
    AppState, FlashKind, PageContext,
    account::{OfBroker, OfPlace, Place},
    categories::say,
    desk::item_parts,
    fault::status_of,
    form::FormState,
    layout::fail,
    providers::portal_item_parts,
    render::{Page, page, redirect},
    ui::{
        Column, Look, State as Badge, Table, badge, breadcrumbs, empty, error_summary, link_button,
        page_head, section, time,
    },
    words::Words,
};

pub(super) async fn show(OfPlace(ctx, place): OfPlace, State(state): State<AppState>) -> Response {
    let op = ctx.op();
    let read = async {
        let waiting = state.broker.extension_proposals(&op, true).await?;
        Ok((waiting, state.broker.extension_proposals(&op, false).await?))
    };
    let (waiting, decided) = match read.await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let known = state.broker.known_extensions();
    page(&ctx, Page::new(words.extend_title()).private(), || {
        let parts = match place {
            Place::Desk => item_parts(words),
            Place::Portal => portal_item_parts(words),
        };
        let waits = if waiting.is_empty() {
            view! { <p>{words.catalog_desk_waiting_none()}</p> }.into_any()
        } else {
            table(&ctx, place, words.catalog_desk_waiting(), &waiting)
        };
        let decided = (!decided.is_empty()).then(|| {
            let rows = table(&ctx, place, words.catalog_desk_decided(), &decided);
            section("decided", words.catalog_desk_decided(), rows)
        });
        let way = link_button(Look::Secondary, words.extend_define(), place.at("items/new"));
        view! {
            {page_head(words.extend_title(), Some(words.extend_lead().to_owned()), vec![])}
            {parts}
            {section("waiting", words.catalog_desk_waiting(), waits)}
            {section("items", words.extend_title(), items(words, place, &known))}
            <p class="actions">{way}</p>
            {decided}
        }
        .into_any()
    })
}

fn items(words: Words, place: Place, known: &Extensions) -> AnyView {
    if known.entries().is_empty() {
        return empty(words.extend_none(), words.extend_none_text(), None);
    }
    let columns = vec![
        Column::text(words.common_shape_item()),
        Column::text(words.catalog_key()),
        Column::text(words.catalog_desk_state()),
    ];
    let rows = known.entries().iter().map(|entry: &ExtensionEntry| {
        let key = entry.extension.key.clone();
        let href = match place {
            Place::Desk => format!("/desk/items/{key}"),
            Place::Portal => format!("/items/{key}"),
        };
        let name = entry.extension.title.get(words.0.sla()).to_owned();
        vec![
            view! { <a href=href>{name}</a> }.into_any(),
            view! { <code>{key}</code> }.into_any(),
            standing(words, entry),
        ]
    });
    Table::new(words.extend_title(), columns).rows(rows).view()
}

/// Its version, or that it is retired.
pub(super) fn standing(words: Words, entry: &ExtensionEntry) -> AnyView {
    match entry.retired {
        true => badge(Badge::Quiet, words.catalog_retired()),
        false => words.catalog_desk_version(entry.version).into_any(),
    }
}

pub(super) fn table(
    ctx: &PageContext,
    place: Place,
    title: &str,
    proposals: &[ExtensionProposalView],
) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.common_shape_item()),
        Column::text(words.catalog_desk_what()),
        Column::text(words.catalog_desk_who()),
        Column::text(words.catalog_desk_when()),
        Column::text(words.catalog_desk_state()),
    ];
    let rows = proposals.iter().map(|one| {
        let name = one.extension.title.get(ctx.locale.sla()).to_owned();
        let href = place.at(&format!("item-proposals/{}", one.id));
        vec![
            view! { <a href=href>{name}</a> }.into_any(),
            say::kind(words, one.kind).into_any(),
            one.proposed_by.clone().into_any(),
            time(ctx, one.proposed_at.0),
            say::state(words, one.state),
        ]
    });
    Table::new(title, columns).rows(rows).view()
}

pub(super) async fn add(
    OfPlace(ctx, place): OfPlace,
    RawQuery(raw): RawQuery,
    State(state): State<AppState>,
) -> Response {
    // From an offer that names a key which nobody knows.
    let asked = FormState::from_urlencoded(&raw.unwrap_or_default());
    let key = asked.value("key").trim();
    let known = state.broker.known_extensions();
    let typed = match known.get(key) {
        Some(entry) => form::filled(&entry.extension, entry.version),
        None => FormState::empty().with("key", key),
    };
    sheet(&ctx, place, &typed, None, StatusCode::OK)
}

pub(super) async fn change(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Response {
    match state.broker.known_extensions().get(&key) {
        Some(entry) => {
            let typed = form::filled(&entry.extension, entry.version);
            sheet(&ctx, Place::Desk, &typed, None, StatusCode::OK)
        }
        None => fail(&ctx, BrokerError::NotFound { what: "item" }),
    }
}

fn sheet(
    ctx: &PageContext,
    place: Place,
    typed: &FormState,
    shown: Option<&Extension>,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let title = words.extend_define();
    page(ctx, Page::new(title).status(status).private(), || {
        let trail = vec![(words.extend_title().to_owned(), place.at("items"))];
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title, Some(words.extend_lead().to_owned()), vec![])}
            {error_summary(typed, words)}
            {shown.map(|extension| preview::view(words, extension))}
            {form::view(words, typed, place)}
        }
        .into_any()
    })
}

pub(super) async fn propose(
    OfPlace(ctx, place): OfPlace,
    State(state): State<AppState>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let Some((extension, made_of)) = form::read(&mut typed, words) else {
        return sheet(&ctx, place, &typed, None, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let faults = state.broker.extension_faults(&extension);
    form::note(&mut typed, words, &faults);
    if !faults.is_empty() {
        return sheet(&ctx, place, &typed, None, StatusCode::UNPROCESSABLE_ENTITY);
    }
    if typed.value("step") != "propose" {
        return sheet(&ctx, place, &typed, Some(&extension), StatusCode::OK);
    }
    let (wish, told) = (typed.value("note").to_owned(), words.catalog_desk_proposed());
    let proposal = ExtensionProposal::Define { extension: extension.clone(), made_of };
    match state.broker.propose_extension(&ctx.op(), &proposal, &wish).await {
        Ok(made) => {
            let there = place.at(&format!("item-proposals/{}", made.id));
            redirect(&there, Some((FlashKind::Done, told.to_owned())))
        }
        Err(BrokerError::Invalid(faults)) => {
            form::note(&mut typed, words, &faults);
            sheet(&ctx, place, &typed, None, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) if note(&mut typed, words, &error) => {
            sheet(&ctx, place, &typed, Some(&extension), status_of(&error))
        }
        Err(error) => fail(&ctx, error),
    }
}
