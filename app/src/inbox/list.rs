//! The page of the inbox: unread notices first, by pages, of all needs or of one.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use broker::BrokerError;
use broker::notices::NoticeList;
use broker::requirements::RequirementCard;
use domain::RequirementId;
use leptos::prelude::*;

use super::entry;
use crate::{
    AppState, PageContext,
    account::guard::refuse_strangers,
    address::Address,
    form::FormState,
    layout::fail,
    needs::saved,
    render::{Page, page},
    ui::{Button, Kind, Look, Select, Views, empty, link_button, notice, page_head, pagination},
    words::Words,
};

/// Notices of one page.
const ROWS: u32 = 20;

/// What the page shows.
struct Shown {
    list: NoticeList,
    needs: Vec<RequirementCard>,
    /// The need that is chosen.
    need: Option<RequirementId>,
    /// Whether it is a later page.
    later: bool,
    /// What was marked as read just now: how many, and the moment by which it is taken back.
    marked: Option<(i64, i64)>,
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Some(refusal) = refuse_strangers(&ctx) {
        return refusal;
    }
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    match gather(&ctx, &state, &query).await {
        Ok(shown) => view(&ctx, &shown),
        Err(error) => fail(&ctx, error),
    }
}

async fn gather(
    ctx: &PageContext,
    state: &AppState,
    query: &FormState,
) -> Result<Shown, BrokerError> {
    let op = ctx.op();
    let need = match query.filled("need") {
        Some(text) => {
            Some(text.parse().map_err(|_| BrokerError::NotFound { what: "requirement" })?)
        }
        None => None,
    };
    let cursor = query.filled("cursor");
    let number = |name| query.filled(name).and_then(|text| text.parse().ok());
    Ok(Shown {
        list: state.broker.notices(&op, need, cursor, ROWS).await?,
        needs: saved(ctx, state).await?,
        need,
        later: cursor.is_some(),
        marked: number("marked").zip(number("at")),
    })
}

/// The page for a need and a place in the list.
pub(super) fn address(need: Option<&str>) -> Address {
    Address::new("/inbox").and_some("need", need.unwrap_or_default())
}

fn view(ctx: &PageContext, shown: &Shown) -> Response {
    let words = ctx.words();
    let need = shown.need.map(|id| id.to_string());
    let lead = Some(words.inbox_lead().to_owned());
    page(ctx, Page::new(words.inbox_title()).private(), || {
        let first = shown.later.then(|| address(need.as_deref()).to_string());
        let next = shown
            .list
            .next
            .as_ref()
            .map(|cursor| address(need.as_deref()).and("cursor", cursor.clone()).to_string());
        view! {
            {page_head(words.inbox_title(), lead, vec![])}
            {undo(words, shown)}
            {filter(ctx, shown)}
            {body(ctx, shown)}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}

fn body(ctx: &PageContext, shown: &Shown) -> AnyView {
    let words = ctx.words();
    let items = &shown.list.items;
    if items.is_empty() && shown.need.is_some() {
        return empty(words.inbox_empty_filter(), words.inbox_empty_filter_text(), None);
    }
    if items.is_empty() {
        let needs = link_button(Look::Secondary, words.inbox_empty_action(), "/needs");
        return empty(words.inbox_empty(), words.inbox_empty_text(), Some(needs));
    }
    let all: Views = items.iter().map(|notice| entry::view(ctx, notice)).collect();
    view! {
        {read_all(words, shown)}
        <ol class="notices" aria-label=words.inbox_list()>{all}</ol>
        <p class="hint">{words.inbox_kept()}</p>
    }
    .into_any()
}

/// Marks what this page shows, and everything before it; what came meanwhile stays unread.
fn read_all(words: Words, shown: &Shown) -> Option<AnyView> {
    let unread = shown.list.items.iter().filter(|notice| notice.read_at.is_none());
    let newest = unread.map(|notice| notice.id).max()?;
    Some(
        view! {
            <form class="actions" method="post" action="/inbox/read">
                <input type="hidden" name="until" value=newest.to_string()/>
                {need_field(shown)}
                {Button::secondary(words.inbox_read_all()).view()}
            </form>
        }
        .into_any(),
    )
}

fn need_field(shown: &Shown) -> Option<AnyView> {
    let need = shown.need?;
    Some(view! { <input type="hidden" name="need" value=need.to_string()/> }.into_any())
}

/// What was marked just now can be taken back.
fn undo(words: Words, shown: &Shown) -> Option<AnyView> {
    let (count, at) = shown.marked?;
    let form = view! {
        <form class="actions" method="post" action="/inbox/unread">
            <input type="hidden" name="at" value=at.to_string()/>
            {need_field(shown)}
            {Button::secondary(words.inbox_undo()).view()}
        </form>
    };
    let inside = notice(Kind::Done, words.inbox_read_done(count), form.into_any());
    Some(view! { <div class="flash" role="status">{inside}</div> }.into_any())
}

fn filter(ctx: &PageContext, shown: &Shown) -> Option<AnyView> {
    let words = ctx.words();
    if shown.needs.is_empty() {
        return None;
    }
    let all = Select::new("need", words.inbox_need()).option("", words.inbox_need_all());
    let choice = shown.needs.iter().fold(all, |choice, card| {
        choice.option(card.id.to_string(), ctx.locale.pick(&card.title_en, &card.title_ja))
    });
    let choice = choice.chosen(shown.need.map(|id| id.to_string()));
    Some(
        view! {
            <form class="filter" method="get" action="/inbox">
                {choice.view()}
                {Button::secondary(words.inbox_show()).view()}
            </form>
        }
        .into_any(),
    )
}
