//! One upload: a bar while it is under way, then what became of its rows.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use broker::offers::{ImportReport, Phase, Savable, UploadView};
use domain::UploadState;
use leptos::prelude::*;

use super::{address, answered, name, state_badge, upload_id, who};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    islands::FollowProgress,
    layout::fail,
    providers::portal::{edit, import, row_report},
    render::{Page, page},
    ui::{Button, Kind, Look, definitions, link_button, notice, page_head, time},
    words::Words,
};

/// Rows of the report; a file has no more.
const ALL: u32 = 10_000;

pub(in crate::providers::portal) async fn show(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let found = async {
        let one = state.broker.upload(&ctx.op(), upload_id(&id)?).await?;
        let shown = u32::try_from(import::SHOWN).unwrap_or(u32::MAX);
        let report = state.broker.upload_report(&ctx.op(), &one, (0, shown)).await?;
        Ok((one, report))
    };
    let (one, rows) = match found.await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let title = words.uploads_one(name(words, &one));
    page(&ctx, Page::new(title.clone()).private(), || {
        let undo = one.can_undo().then(|| {
            let at = format!("{}/undo", address(one.id));
            link_button(Look::Secondary, words.uploads_undo(), at)
        });
        view! {
            {edit::trail_to(words, (words.uploads_title(), super::AT))}
            {page_head(title, None, undo.into_iter().collect())}
            <div class="stack">
            {definitions(vec![
                (words.uploads_state().to_owned(), state_badge(words, one.state)),
                (words.uploads_sent().to_owned(), time(&ctx, one.made_at.0)),
                (words.uploads_by().to_owned(), who(words, &one.made_by_name).into_any()),
            ])}
            {match one.state.is_under_way() {
                true => under_way(words, &one),
                false => done(&ctx, &one, &rows),
            }}
            </div>
        }
        .into_any()
    })
}

fn under_way(words: Words, one: &UploadView) -> AnyView {
    let at = address(one.id);
    let (percent, text) = how_far(words, one);
    view! {
        <div class="upload-progress">
            <FollowProgress address=format!("{at}/progress") percent=percent text=text label=words.uploads_progress().to_owned()/>
        </div>
        <p class="hint">{words.uploads_leave()}</p>
        <form class="actions" method="post" action=format!("{at}/cancel")>
            {link_button(Look::Secondary, words.uploads_refresh(), at.clone())}
            {Button::danger(words.uploads_cancel()).view()}
        </form>
    }
    .into_any()
}

/// The percent and a sentence.
fn how_far(words: Words, one: &UploadView) -> (Option<u8>, String) {
    let Some(progress) = one.progress else {
        let text = match one.state {
            UploadState::Waiting => words.uploads_waits(),
            _ => words.uploads_elsewhere(),
        };
        return (None, text.to_owned());
    };
    let percent = progress.percent();
    let text = match progress.phase {
        Phase::Reading => words.uploads_reading().to_owned(),
        Phase::Checking => {
            words.uploads_checking(progress.done.to_string(), progress.total.to_string())
        }
        Phase::Saving => words.uploads_saving(percent.to_string()),
    };
    (Some(percent), text)
}

/// For the bar: the percent and the sentence; nothing when it is over.
pub(in crate::providers::portal) async fn progress(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let found = async { state.broker.upload(&ctx.op(), upload_id(&id)?).await };
    let one = match found.await {
        Ok(one) => one,
        Err(error) => return fail(&ctx, error),
    };
    let text = match one.state.is_under_way() {
        true => {
            let (percent, text) = how_far(ctx.words(), &one);
            let percent = percent.map(|percent| percent.to_string()).unwrap_or_default();
            format!("{percent}\n{text}")
        }
        false => String::new(),
    };
    let mut response = text.into_response();
    let kept = HeaderValue::from_static("private, no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    response
}

fn done(ctx: &PageContext, one: &UploadView, report: &ImportReport) -> AnyView {
    let words = ctx.words();
    let title = match one.state {
        UploadState::Tried => notice_of(Kind::Note, words.uploads_tried(), None),
        UploadState::Refused => notice_of(Kind::Problem, words.uploads_refused(), None),
        UploadState::Cancelled => notice_of(Kind::Note, words.uploads_stopped(), None),
        UploadState::Failed => {
            let why = match one.failure.as_str() {
                "internal" => words.uploads_failed_internal(),
                "sender" => words.uploads_failed_sender(),
                _ => words.uploads_failed_changed(),
            };
            notice_of(Kind::Problem, words.uploads_failed(), Some(why))
        }
        _ => ().into_any(),
    };
    let undone = one.undone.as_ref().map(|undone| {
        let when = crate::format::exact_time(ctx.locale, undone.at.0);
        let title = words.uploads_undone_by(when, who(words, &undone.by_name));
        let body = super::undo::counts(words, undone.counts);
        notice(Kind::Done, title, body)
    });
    let looked_at = one.counts.rows > 0 || one.counts.faults > 0;
    view! {
        <div class="stack">
            {title}
            {undone}
            {looked_at.then(|| import::counts(words, one.counts))}
            {save_form(words, one)}
            {(report.fault_count > 0).then(|| import::faults(words, report))}
            {(!report.offers.is_empty()).then(|| import::rows(words, report, one.counts))}
            {looked_at.then(|| view! {
                <p class="actions">{link_button(Look::Secondary, words.uploads_report(), format!("{}/report", address(one.id)))}</p>
            })}
        </div>
    }
    .into_any()
}

fn notice_of(kind: Kind, title: &'static str, text: Option<&'static str>) -> AnyView {
    let body = text.map(|text| view! { <p>{text}</p> });
    notice(kind, title, body.into_any())
}

/// What was tried or refused can be saved after all.
fn save_form(words: Words, one: &UploadView) -> Option<AnyView> {
    let (label, rows) = match one.can_save()? {
        Savable::All => (words.uploads_save().to_owned(), "all"),
        Savable::Sound(Some(count)) => (words.uploads_save_valid(count), "valid"),
        Savable::Sound(None) => (words.uploads_save_sound().to_owned(), "valid"),
    };
    let form = view! {
        <form class="actions" method="post" action=format!("{}/save", address(one.id))>
            {Button::primary(label).sends("rows", rows).view()}
        </form>
    };
    Some(form.into_any())
}

pub(in crate::providers::portal) async fn report(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let found = async {
        let one = state.broker.upload(&ctx.op(), upload_id(&id)?).await?;
        state.broker.upload_report(&ctx.op(), &one, (0, ALL)).await
    };
    match found.await {
        Ok(report) => row_report::answer(&ctx, &report),
        Err(error) => fail(&ctx, error),
    }
}

pub(in crate::providers::portal) async fn cancel(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let done = async { state.broker.cancel_upload(&ctx.op(), upload_id(&id)?).await };
    answered(&ctx, done.await, &id, ctx.words().uploads_cancelled())
}

pub(in crate::providers::portal) async fn save(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    body: String,
) -> Response {
    let in_part = crate::form::FormState::from_urlencoded(&body).value("rows") == "valid";
    let done = async { state.broker.save_upload(&ctx.op(), upload_id(&id)?, in_part).await };
    answered(&ctx, done.await, &id, ctx.words().uploads_waiting_again())
}
