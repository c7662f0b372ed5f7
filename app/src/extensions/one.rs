//! One item at the desk: how it stands, who names it, and what was proposed about it.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{BrokerError, extensions::ExtensionProposal};
use leptos::prelude::*;

use super::{list, note, preview};
use crate::{
    AppState, FlashKind, PageContext,
    account::{OfBroker, Place},
    fault::status_of,
    form::FormState,
    layout::fail,
    render::{Page, page, redirect},
    ui::{Button, Look, breadcrumbs, error_summary, link_button, page_head, section},
};

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Response {
    one(&ctx, &state, &key, FormState::empty(), StatusCode::OK).await
}

async fn one(
    ctx: &PageContext,
    state: &AppState,
    key: &str,
    typed: FormState,
    status: StatusCode,
) -> Response {
    let found = match state.broker.extension_page(&ctx.op(), key).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let stands = found.entry.as_ref().map(|entry| &entry.extension);
    let first = found.proposals.first().map(|proposal| &proposal.extension);
    let Some(extension) = stands.or(first) else {
        return fail(ctx, BrokerError::NotFound { what: "item" });
    };
    let title = extension.title.get(ctx.locale.sla()).to_owned();
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let trail = vec![(words.extend_title().to_owned(), "/desk/items".to_owned())];
        let version = found.entry.as_ref().map_or_else(
            || words.catalog_desk_version_none().to_owned(),
            |entry| words.catalog_desk_version(entry.version),
        );
        let steps = found.entry.as_ref().map(|entry| {
            let at = format!("/desk/items/{key}");
            let change =
                link_button(Look::Secondary, words.catalog_desk_change(), format!("{at}/change"));
            let uses = link_button(Look::Secondary, words.extend_uses(), format!("/items/{key}"));
            let step = match entry.retired {
                true => Button::secondary(words.catalog_desk_restore()).sends("step", "restore"),
                false => Button::danger(words.catalog_desk_retire()).sends("step", "retire"),
            };
            view! {
                <form class="actions" method="post" action=at>{uses}{change}{step.view()}</form>
                <p class="hint">{words.extend_retire_note()}</p>
            }
        });
        let history = words.catalog_desk_history();
        view! {
            {breadcrumbs(words, trail)}
            {page_head(title.clone(), Some(version), vec![])}
            {error_summary(&typed, words)}
            {preview::view(words, extension)}
            {steps}
            {section("history", history, list::table(ctx, Place::Desk, history, &found.proposals))}
        }
        .into_any()
    })
}

pub(super) async fn step(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(key): Path<String>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let proposal = match typed.value("step") {
        "restore" => ExtensionProposal::Restore(key.clone()),
        _ => ExtensionProposal::Retire(key.clone()),
    };
    match state.broker.propose_extension(&ctx.op(), &proposal, "").await {
        Ok(made) => {
            let told = words.catalog_desk_proposed().to_owned();
            redirect(&format!("/desk/item-proposals/{}", made.id), Some((FlashKind::Done, told)))
        }
        Err(error) if note(&mut typed, words, &error) => {
            one(&ctx, &state, &key, typed, status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}
