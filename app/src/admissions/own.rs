//! The provider's page: where its application stands, what is missing, and sending it in.

use axum::{extract::State, http::StatusCode, response::Response};
use broker::admissions::{AdmissionView, Application};
use domain::AdmissionState;
use leptos::prelude::*;

use super::say;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfProvider,
    fault::status_of,
    form::FormState,
    layout::fail,
    providers::admission_parts,
    render::{Page, page, redirect},
    ui::{Button, Field, definitions, error_summary, page_head, section, time},
};

const AT: &str = "/provider/admission";

pub(super) async fn show(OfProvider(ctx): OfProvider, State(state): State<AppState>) -> Response {
    sheet(&ctx, &state, None, StatusCode::OK).await
}

pub(super) async fn keep(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let send = typed.value("step") == "send";
    let application = Application {
        statement: typed.value("statement").replace("\r\n", "\n"),
        links: typed.value("links").lines().map(str::to_owned).collect(),
        send,
    };
    let read = typed.value("revision").parse().unwrap_or(-1);
    match state.broker.apply_for_admission(&ctx.op(), &application, read).await {
        Ok(_) => {
            let told = if send { words.admit_sent() } else { words.admit_kept() };
            redirect(AT, Some((FlashKind::Done, told.to_owned())))
        }
        Err(error) if say::note(&mut typed, words, &error) => {
            sheet(&ctx, &state, Some(typed), status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    typed: Option<FormState>,
    status: StatusCode,
) -> Response {
    let found = match state.broker.my_admission(&ctx.op()).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    page(ctx, Page::new(words.admit_own_title()).status(status).private(), || {
        let typed = typed.unwrap_or_else(|| filled(&found));
        let mut facts = vec![
            (words.admit_state().to_owned(), say::state(words, found.card.state)),
            (words.admit_since().to_owned(), time(ctx, found.card.changed_at.0)),
        ];
        if let Some(at) = found.applied_at {
            facts.push((words.admit_applied().to_owned(), time(ctx, at.0)));
        }
        view! {
            {page_head(words.admit_own_title(), Some(words.admit_own_lead().to_owned()), vec![])}
            {admission_parts(words)}
            {error_summary(&typed, words)}
            {definitions(facts)}
            <p>{say::missing(words, &found)}</p>
            {section("checks", words.admit_checks(), say::checks(ctx, &found))}
            {section("application", words.admit_statement(), form(ctx, &found, &typed))}
            {section("history", words.admit_history(), say::history(ctx, &found))}
        }
        .into_any()
    })
}

fn filled(found: &AdmissionView) -> FormState {
    FormState::empty()
        .with("statement", found.statement.clone())
        .with("links", found.links.join("\n"))
}

fn form(ctx: &PageContext, found: &AdmissionView, typed: &FormState) -> AnyView {
    let words = ctx.words();
    let send = match found.card.state {
        AdmissionState::Preparing => Some(words.admit_send()),
        AdmissionState::Refused => Some(words.admit_send_again()),
        _ => None,
    };
    let send = send.map(|label| Button::primary(label).sends("step", "send").view());
    view! {
        <form class="form" method="post" action=AT>
            <input type="hidden" name="revision" value=found.revision.to_string()/>
            {Field::area("statement", words.admit_statement(), 8).hint(words.admit_statement_hint()).of(typed).max_length(4_000).view()}
            {Field::area("links", words.admit_links(), 4).hint(words.admit_links_hint()).of(typed).view()}
            <p class="actions">{send}{Button::secondary(words.admit_save()).sends("step", "keep").view()}</p>
        </form>
    }
    .into_any()
}
