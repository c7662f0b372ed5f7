//! Marking notices as read and as unread.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::BrokerError;
use domain::{NoticeId, Timestamp};

use super::list::address;
use crate::{
    AppState, FlashKind, PageContext, account::guard::refuse_strangers, form::FormState,
    layout::fail, render::redirect,
};

pub(super) async fn read(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    mark(&ctx, &state, &id, true).await
}

pub(super) async fn unread(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    mark(&ctx, &state, &id, false).await
}

async fn mark(ctx: &PageContext, state: &AppState, id: &str, read: bool) -> Response {
    if let Some(refusal) = refuse_strangers(ctx) {
        return refusal;
    }
    let marked = match notice_id(id) {
        Ok(id) => state.broker.mark_notice(&ctx.op(), id, read).await,
        Err(error) => Err(error),
    };
    match marked {
        // The button on the notice is the way back.
        Ok(()) => redirect(inbox_of(ctx), None),
        Err(error) => fail(ctx, error),
    }
}

/// The part of the inbox on which the button stood, without what was said there once.
fn inbox_of(ctx: &PageContext) -> &str {
    let there = ctx.back.starts_with("/inbox") && !ctx.back.contains("marked=");
    if there { &ctx.back } else { "/inbox" }
}

pub(super) async fn read_all(
    ctx: PageContext,
    State(state): State<AppState>,
    form: FormState,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let need = form.filled("need");
    let marked = match (notice_id(form.value("until")), read_need(need)) {
        (Ok(until), Ok(about)) => state.broker.mark_notices_read(&ctx.op(), about, until).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    match marked {
        Ok(marked) => {
            let there = address(need)
                .and("marked", marked.count.to_string())
                .and("at", marked.at.0.to_string());
            redirect(&there.to_string(), None)
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn unread_again(
    ctx: PageContext,
    State(state): State<AppState>,
    form: FormState,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let undone = match form.value("at").parse() {
        Ok(at) => state.broker.mark_notices_unread(&ctx.op(), Timestamp(at)).await,
        Err(_) => Err(BrokerError::NotFound { what: "notice" }),
    };
    match undone {
        Ok(count) => {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            let done = (FlashKind::Done, ctx.words().inbox_undone(count));
            redirect(&address(form.filled("need")).to_string(), Some(done))
        }
        Err(error) => fail(&ctx, error),
    }
}

fn notice_id(text: &str) -> Result<NoticeId, BrokerError> {
    text.parse().map_err(|_| BrokerError::NotFound { what: "notice" })
}

fn read_need(text: Option<&str>) -> Result<Option<domain::RequirementId>, BrokerError> {
    text.map(str::parse).transpose().map_err(|_| BrokerError::NotFound { what: "requirement" })
}
