//! The data of a service that ends: what waits, the download, and the word that they may be erased.

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use broker::BrokerError;
use broker::contracts::{ReturnedArchive, ReturnedData, TakeData};
use domain::ContractId;
use leptos::prelude::*;

use super::own::own_id;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    archive,
    form::FormState,
    layout::fail,
    render::redirect,
    ui::{
        self, Button, Column, Field, Kind, Look, Table, definitions, disclosure, link_button,
        notice, section, time,
    },
    words::Words,
};

/// Files that are listed; the archive has all of them.
const LISTED_MAX: usize = 200;
const DIGEST: &str = "sha256";
const STEP: &str = "step";
const WAIVE: &str = "waive";

/// What waits, with everything that can be done about it.
pub(super) fn waiting(ctx: &PageContext, id: ContractId, data: &ReturnedData) -> AnyView {
    let words = ctx.words();
    let until = view! { <p>{words.contracts_data_until()}" "{time(ctx, data.until.0)}</p> };
    let body = match &data.archive {
        None => notice(Kind::Attention, words.contracts_data_silent(), ().into_any()),
        Some(archive) => ready(ctx, id, data, archive),
    };
    let lead = view! { <p>{words.contracts_data_lead()}</p> };
    section(
        "data",
        words.contracts_data_title(),
        view! { {lead}{until}{body}{waive(words, id)} }.into_any(),
    )
}

fn ready(
    ctx: &PageContext,
    id: ContractId,
    data: &ReturnedData,
    archive: &ReturnedArchive,
) -> AnyView {
    let words = ctx.words();
    let facts = vec![
        (words.contracts_data_files().to_owned(), ui::number(count(archive.files.len()))),
        (words.contracts_data_bytes().to_owned(), ui::number(archive.bytes)),
        ("SHA-256".to_owned(), ui::id(ctx, &archive.sha256)),
    ];
    let download = link_button(
        Look::Primary,
        words.contracts_data_download(),
        format!("/contracts/{id}/data.tar"),
    );
    let taken = match data.sent_at {
        Some(at) => view! {
            <p>{words.contracts_data_sent()}" "{time(ctx, at.0)}</p>
            <form method="post" action=action(id)>
                {Button::secondary(words.contracts_data_taken()).sends(STEP, "taken").view()}
            </form>
        }
        .into_any(),
        None => digest(words, id),
    };
    view! {
        {definitions(facts)}
        <p class="actions">{download}</p>
        {files(words, archive)}
        {taken}
    }
    .into_any()
}

/// Whoever took it in parts says what is there.
fn digest(words: Words, id: ContractId) -> AnyView {
    let form = view! {
        <form class="form" method="post" action=action(id)>
            {Field::text(DIGEST, words.contracts_data_digest()).hint(words.contracts_data_digest_hint()).required().view()}
            <p class="actions">{Button::secondary(words.contracts_data_taken()).sends(STEP, "taken").view()}</p>
        </form>
    };
    disclosure(words.contracts_data_in_parts().to_owned(), form.into_any())
}

fn files(words: Words, archive: &ReturnedArchive) -> AnyView {
    let columns = vec![
        Column::text(words.contracts_data_file()),
        Column::number(words.contracts_data_length()),
    ];
    let rows = archive
        .files
        .iter()
        .take(LISTED_MAX)
        .map(|file| vec![file.path.clone().into_any(), ui::number(file.bytes)]);
    let more = archive.files.len().saturating_sub(LISTED_MAX);
    let cut = (more > 0).then(|| view! { <p>{words.contracts_data_more(count(more))}</p> });
    let table = Table::new(words.contracts_data_content(), columns).rows(rows).view();
    disclosure(words.contracts_data_content().to_owned(), view! { {table}{cut} }.into_any())
}

fn waive(words: Words, id: ContractId) -> AnyView {
    let form = view! {
        <form method="post" action=action(id)>
            <p>{words.contracts_data_waive_text()}</p>
            {Button::danger(words.contracts_data_waive()).sends(STEP, WAIVE).view()}
        </form>
    };
    disclosure(words.contracts_data_not_wanted().to_owned(), form.into_any())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn action(id: ContractId) -> String {
    format!("/contracts/{id}/data")
}

pub(super) async fn take(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let id = match own_id(&ctx, &id) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let words = ctx.words();
    let take = if form.value(STEP) == WAIVE {
        TakeData::Waived
    } else {
        TakeData::Taken { sha256: form.filled(DIGEST).map(str::to_owned) }
    };
    let note = match state.broker.take_data(&ctx.op(), id, &take).await {
        Ok(()) => (FlashKind::Done, words.contracts_data_going()),
        Err(BrokerError::Invalid(_)) => (FlashKind::Problem, words.contracts_data_wrong_digest()),
        Err(BrokerError::Conflict { code, .. }) => (FlashKind::Note, refusal(words, code)),
        Err(error) => return fail(&ctx, error),
    };
    redirect(&format!("/contracts/{id}"), Some((note.0, note.1.to_owned())))
}

fn refusal(words: Words, code: &str) -> &'static str {
    match code {
        "data_not_verified" => words.contracts_data_not_verified(),
        "data_not_ready" => words.contracts_data_not_ready(),
        "no_data_wait" => words.contracts_data_none(),
        _ => words.contracts_data_silent(),
    }
}

/// The archive, or what is left of a download that broke off.
pub(super) async fn download(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let id = match own_id(&ctx, &id) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    match state.broker.returned_archive(&ctx.op(), id, archive::asked(&headers)).await {
        Ok(stream) => archive::answer(id, stream),
        Err(error) => fail(&ctx, error),
    }
}
