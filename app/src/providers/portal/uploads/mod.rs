//! Files of offers that were sent: how far they are, what became of them, and the way to undo them.

mod one;
mod undo;

pub(super) use one::{cancel, progress, report, save, show};
pub(super) use undo::{ask, undo};

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use broker::{BrokerError, offers::UploadView};
use domain::{UploadId, UploadState};
use leptos::prelude::*;

use super::{Part, edit, parts};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfProvider,
    address::Address,
    form::FormState,
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        Column, Look, State as Mark, Table, badge, empty, link_button, page_head, pagination, time,
    },
    words::Words,
};

/// Uploads on one page of the list.
const PAGE: u32 = 50;
const AT: &str = "/provider/uploads";

/// The page of an upload.
pub(super) fn address(id: UploadId) -> String {
    format!("{AT}/{id}")
}

/// Reads the id in an address; what is none was not found.
fn upload_id(text: &str) -> Result<UploadId, BrokerError> {
    text.parse().map_err(|_| BrokerError::NotFound { what: "upload" })
}

pub(super) async fn list(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let found = match state.broker.uploads(&ctx.op(), query.filled("cursor"), PAGE).await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let first = query.filled("cursor").map(|_| AT.to_owned());
    let next = found.next.map(|cursor| Address::new(AT).and("cursor", cursor).to_string());
    page(&ctx, Page::new(words.uploads_title()).private(), || {
        let import =
            || link_button(Look::Primary, words.exchange_import_open(), "/provider/offers/import");
        let (body, actions) = match found.items.as_slice() {
            [] => (empty(words.uploads_none(), words.uploads_none_text(), Some(import())), vec![]),
            items => (table(&ctx, items), vec![import()]),
        };
        view! {
            {edit::trail(words)}
            {page_head(words.uploads_title(), Some(words.uploads_lead().to_owned()), actions)}
            {parts(words, Part::Offers)}
            {body}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, items: &[UploadView]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.uploads_file()),
        Column::text(words.uploads_sent()),
        Column::text(words.uploads_by()),
        Column::text(words.uploads_state()),
        Column::number(words.uploads_rows()),
    ];
    let rows = items.iter().map(|one| {
        let href = address(one.id);
        // Nobody knows how many rows there are before it was looked at.
        let rows = match one.state {
            UploadState::Waiting | UploadState::Running => "–".to_owned(),
            _ => one.counts.rows.to_string(),
        };
        vec![
            view! { <a href=href>{name(words, one)}</a> }.into_any(),
            time(ctx, one.made_at.0),
            who(words, &one.made_by_name).into_any(),
            state_badge(words, one.state),
            rows.into_any(),
        ]
    });
    Table::new(words.uploads_table(), columns).rows(rows).view()
}

/// What a file is called.
fn name(words: Words, one: &UploadView) -> String {
    if one.file_name.is_empty() {
        words.uploads_unnamed().to_owned()
    } else {
        one.file_name.clone()
    }
}

fn who(words: Words, name: &str) -> String {
    if name.is_empty() { words.uploads_no_name().to_owned() } else { name.to_owned() }
}

fn state_badge(words: Words, state: UploadState) -> AnyView {
    let (mark, word) = match state {
        UploadState::Waiting => (Mark::Busy, words.uploads_state_waiting()),
        UploadState::Running => (Mark::Busy, words.uploads_state_running()),
        UploadState::Tried => (Mark::Attention, words.uploads_state_tried()),
        UploadState::Refused => (Mark::Bad, words.uploads_state_refused()),
        UploadState::Saved => (Mark::Good, words.uploads_state_saved()),
        UploadState::Cancelled => (Mark::Quiet, words.uploads_state_cancelled()),
        UploadState::Failed => (Mark::Bad, words.uploads_state_failed()),
        UploadState::Undone => (Mark::Quiet, words.uploads_state_undone()),
    };
    badge(mark, word)
}

/// What a conflict of an upload says to whoever caused it; `None`: something else went wrong.
pub(super) fn conflict(words: Words, error: &BrokerError) -> Option<&'static str> {
    match error {
        BrokerError::Conflict { code: "file_gone", .. } => Some(words.uploads_fault_gone()),
        BrokerError::Conflict { code: "too_many_uploads", .. } => {
            Some(words.uploads_fault_too_many())
        }
        BrokerError::Conflict { .. } => Some(words.uploads_fault_wrong_state()),
        _ => None,
    }
}

/// Back to the page of an upload, which tells what was done, or why not.
fn answered(
    ctx: &PageContext,
    done: Result<UploadView, BrokerError>,
    id: &str,
    text: &'static str,
) -> Response {
    let flash = match done {
        Ok(_) => (FlashKind::Done, text.to_owned()),
        Err(error) => match conflict(ctx.words(), &error) {
            Some(text) => (FlashKind::Problem, text.to_owned()),
            None => return fail(ctx, error),
        },
    };
    redirect(&format!("{AT}/{id}"), Some(flash))
}
