//! The organisation's saved needs, the page of a shared link, and saving one.

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use broker::{
    Listed,
    requirements::{RequirementCard, RequirementSource},
};
use leptos::prelude::*;

use super::ranked;
use crate::{
    AppState, FlashKind, PageContext,
    address::Address,
    fault::fault_page,
    form::FormState,
    inbox,
    render::{Page, page, redirect},
    ui::{Column, Look, Table, empty, link_button, page_head, pagination, time},
};

/// Needs on one page of the list.
const PAGE: u32 = 50;

/// A shared need by its code; without one, what is saved.
pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(raw.as_deref().unwrap_or_default());
    if let Some(code) = query.filled("doc") {
        let source = RequirementSource::Shared(code.to_owned());
        return ranked::show(&ctx, &state, source, raw).await;
    }
    if ctx.viewer.is_none() {
        return redirect("/needs/new", None).into_response();
    }
    match state.broker.my_requirements(&ctx.op(), query.filled("cursor"), PAGE).await {
        Ok(list) => view(&ctx, list, query.filled("cursor").is_some()),
        Err(error) => fault_page(&ctx, &error),
    }
}

fn view(ctx: &PageContext, list: Listed<RequirementCard>, later: bool) -> Response {
    let words = ctx.words();
    let first = later.then(|| "/needs".to_owned());
    let next = list.next.map(|cursor| Address::new("/needs").and("cursor", cursor).to_string());
    let cards = list.items;
    page(ctx, Page::new(words.needs_mine()).private(), || {
        let new = link_button(Look::Primary, words.common_way_describe(), "/needs/new");
        let body = if cards.is_empty() {
            empty(words.needs_mine_empty(), words.needs_mine_empty_text(), None)
        } else {
            let columns = vec![
                Column::text(words.needs_mine_need()),
                Column::number(words.needs_mine_version()),
                Column::text(words.needs_mine_changed()),
                Column::text(words.inbox_column()),
            ];
            let rows = cards.into_iter().map(|card| {
                let title = ctx.locale.pick(&card.title_en, &card.title_ja).to_owned();
                vec![
                    view! { <a href=format!("/needs/{}", card.id)>{title}</a> }.into_any(),
                    card.version.to_string().into_any(),
                    time(ctx, card.updated_at.0),
                    inbox::cell(ctx, &card),
                ]
            });
            Table::new(words.needs_mine(), columns).rows(rows).view()
        };
        view! { {page_head(words.needs_mine(), Some(words.needs_mine_lead().to_owned()), vec![new])}{body}{pagination(words, first, next)} }.into_any()
    })
}

/// Saves the need of a shared code for the viewer's organisation.
pub(super) async fn save(
    ctx: PageContext,
    State(state): State<AppState>,
    form: FormState,
) -> Response {
    let code = form.value("doc").to_owned();
    let here = Address::new("/needs").and("doc", code.clone()).to_string();
    if ctx.viewer.is_none() {
        let sign_in = Address::new("/account/sign-in").and("next", here).to_string();
        return redirect(&sign_in, None);
    }
    let op = ctx.op();
    let requirement =
        match state.broker.resolve_requirement(&op, &RequirementSource::Shared(code)).await {
            Ok((requirement, _)) => requirement,
            Err(error) => return fault_page(&ctx, &error),
        };
    match state.broker.save_requirement(&op, &sla::to_yaml(&requirement), None).await {
        Ok(saved) => {
            let done = (FlashKind::Done, ctx.words().needs_saved().to_owned());
            redirect(&format!("/needs/{}", saved.card.id), Some(done))
        }
        Err(error) => fault_page(&ctx, &error),
    }
}
