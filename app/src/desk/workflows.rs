//! The list of workflows, by state.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::desk::WorkflowCard;
use leptos::prelude::*;

use super::{
    Part, parts,
    word::{self, STATES, state_badge},
};
use crate::{
    AppState, PageContext,
    account::OfBroker,
    contracts::steps::kind_word,
    fault::note_faults,
    form::FormState,
    format::percent_encode,
    layout::fail,
    render::{Page, Width, page},
    ui::{Button, Column, Select, Table, empty, error_summary, page_head, pagination, time},
    words::Words,
};

/// Rows of one page.
const ROWS: u32 = 40;

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let mut query = FormState::from_urlencoded(&query.unwrap_or_default());
    let words = ctx.words();
    let wanted = query.filled("state");
    let found = state.broker.workflows(&ctx.op(), wanted, query.filled("cursor"), ROWS).await;
    // A filter that cannot be used is said at its field; the list is shown without it.
    let found = match found {
        Err(error) if note_faults(&mut query, words, &error) => {
            state.broker.workflows(&ctx.op(), None, None, ROWS).await
        }
        found => found,
    };
    let list = match found {
        Ok(list) => list,
        Err(error) => return fail(&ctx, error),
    };
    let (wanted, status) = match query.is_sound() {
        true => (query.filled("state"), StatusCode::OK),
        false => (None, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let about = Page::new(words.common_way_workflows()).status(status).width(Width::Wide).private();
    page(&ctx, about, || {
        let body = if list.items.is_empty() {
            empty(words.desk_workflows_none(), words.desk_workflows_none_text(), None)
        } else {
            table(&ctx, words.common_way_workflows(), &list.items)
        };
        let first = query.filled("cursor").map(|_| address(wanted, None));
        let next = list.next.as_deref().map(|cursor| address(wanted, Some(cursor)));
        view! {
            {page_head(words.common_way_workflows(), Some(words.desk_workflows_lead().to_owned()), vec![])}
            {parts(words, Part::Workflows)}
            {error_summary(&query, words)}
            {filter(words, &query)}
            {body}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}

/// The address of a part of the list.
fn address(state: Option<&str>, cursor: Option<&str>) -> String {
    let pairs = [("state", state), ("cursor", cursor)];
    let query: Vec<_> = pairs
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", percent_encode(value?))))
        .collect();
    if query.is_empty() {
        "/desk/workflows".to_owned()
    } else {
        format!("/desk/workflows?{}", query.join("&"))
    }
}

fn filter(words: Words, query: &FormState) -> AnyView {
    let all =
        Select::new("state", words.desk_workflows_state()).option("", words.desk_workflows_any());
    let select = STATES
        .into_iter()
        .fold(all, |select, state| select.option(state, word::state(words, state)));
    view! {
        <form class="filter" method="get" action="/desk/workflows">
            {select.of(query).view()}
            {Button::secondary(words.desk_workflows_show()).view()}
        </form>
    }
    .into_any()
}

/// Workflows as a dense table.
pub(super) fn table(ctx: &PageContext, caption: &str, cards: &[WorkflowCard]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.desk_workflow_what()),
        Column::text(words.desk_workflow_state()),
        Column::text(words.desk_workflow_subject()),
        Column::text(words.desk_workflow_reason()),
        Column::text(words.desk_workflow_begun()),
        Column::text(words.desk_workflow_changed()),
    ];
    let rows = cards.iter().map(|card| {
        let href = format!("/desk/workflows/{}", card.id);
        let reason = card.reason.as_deref();
        vec![
            view! { <a href=href>{kind_word(words, &card.kind)}</a> }.into_any(),
            state_badge(words, &card.state),
            word::subject(ctx, &card.subject),
            reason.map_or_else(|| "–".into_any(), |reason| word::reason(words, reason)),
            time(ctx, card.created_at.0),
            time(ctx, card.updated_at.0),
        ]
    });
    view! { <div class="dense">{Table::new(caption, columns).rows(rows).view()}</div> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_a_list_keeps_its_filter() {
        assert_eq!(address(None, None), "/desk/workflows");
        assert_eq!(address(Some("done"), Some("a&b")), "/desk/workflows?state=done&cursor=a%26b");
    }
}
