//! Who did what, newest first.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::desk::AuditLine;
use leptos::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

use super::{Part, parts, word};
use crate::{
    AppState, PageContext,
    account::OfBroker,
    contracts::state::reason,
    fault::note_faults,
    form::FormState,
    format::{exact_time, machine_time, percent_encode},
    layout::fail,
    render::{Page, Width, page},
    ui::{Button, Column, Field, Table, Views, empty, error_summary, id, page_head, pagination},
    words::Words,
};

/// Rows of one page.
const ROWS: u32 = 50;

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let mut query = FormState::from_urlencoded(&query.unwrap_or_default());
    let words = ctx.words();
    let subject = query.filled("subject");
    let found = state.broker.audit(&ctx.op(), subject, query.filled("cursor"), ROWS).await;
    // A filter that cannot be used is said at its field; the list is shown without it.
    let found = match found {
        Err(error) if note_faults(&mut query, words, &error) => {
            state.broker.audit(&ctx.op(), None, None, ROWS).await
        }
        found => found,
    };
    let list = match found {
        Ok(list) => list,
        Err(error) => return fail(&ctx, error),
    };
    let (subject, status) = match query.is_sound() {
        true => (query.filled("subject"), StatusCode::OK),
        false => (None, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let about = Page::new(words.common_way_audit()).status(status).width(Width::Wide).private();
    page(&ctx, about, || {
        let body = if list.items.is_empty() {
            empty(words.desk_audit_none(), words.desk_audit_none_text(), None)
        } else {
            table(&ctx, &list.items)
        };
        let first = query.filled("cursor").map(|_| address(subject, None));
        let next = list.next.as_deref().map(|cursor| address(subject, Some(cursor)));
        view! {
            {page_head(words.common_way_audit(), Some(words.desk_audit_lead().to_owned()), vec![])}
            {parts(words, Part::Audit)}
            {error_summary(&query, words)}
            {filter(words, &query)}
            {body}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}

fn filter(words: Words, query: &FormState) -> AnyView {
    let all = query
        .filled("subject")
        .map(|_| view! { <a href="/desk/audit">{words.desk_audit_all()}</a> });
    view! {
        <form class="filter" method="get" action="/desk/audit">
            {Field::text("subject", words.desk_audit_subject()).of(query).max_length(60).view()}
            {Button::secondary(words.desk_workflows_show()).view()}
            {all}
        </form>
    }
    .into_any()
}

fn table(ctx: &PageContext, lines: &[AuditLine]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.desk_audit_at()),
        Column::text(words.desk_audit_who()),
        Column::text(words.desk_audit_what()),
        Column::text(words.desk_audit_on()),
        Column::text(words.desk_audit_detail()),
    ];
    let rows = lines.iter().map(|line| {
        let exact = exact_time(ctx.locale, line.at.0);
        vec![
            view! { <time datetime=machine_time(line.at.0)>{exact}</time> }.into_any(),
            view! { <span title=line.actor.clone()>{actor(words, line)}</span> }.into_any(),
            word::action(words, &line.action).into_any(),
            word::subject(ctx, &line.subject),
            detail(ctx, &line.detail),
        ]
    });
    view! { <div class="dense">{Table::new(words.common_way_audit(), columns).rows(rows).view()}</div> }.into_any()
}

fn actor(words: Words, line: &AuditLine) -> String {
    match line.actor.as_str() {
        "system" => words.desk_audit_system().to_owned(),
        "stranger" => words.desk_audit_stranger().to_owned(),
        other if line.actor_name.is_empty() => other.to_owned(),
        _ => line.actor_name.clone(),
    }
}

/// The facts of a line in words; a text of another version as it is.
fn detail(ctx: &PageContext, text: &str) -> AnyView {
    let Ok(facts) = serde_json::from_str::<BTreeMap<String, Value>>(text) else {
        return view! { <code class="technical">{text.to_owned()}</code> }.into_any();
    };
    let words = ctx.words();
    // The request is for whoever reads logs, so it stands behind what people look for.
    let (request, rest): (Vec<_>, Vec<_>) = facts
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .partition(|(key, _)| key == "request");
    let pairs: Views = rest
        .into_iter()
        .chain(request)
        .map(|(key, value)| {
            let shown = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let label = word::fact(words, &key);
            view! { <div><dt>{label}</dt><dd>{fact(ctx, &key, &shown)}</dd></div> }.into_any()
        })
        .collect();
    if pairs.is_empty() {
        return "–".into_any();
    }
    view! { <dl class="detail">{pairs}</dl> }.into_any()
}

/// One value by the name of its fact.
fn fact(ctx: &PageContext, key: &str, value: &str) -> AnyView {
    match key {
        "offer" => word::subject(ctx, value),
        "offerHash" | "requirementHash" => id(ctx, value),
        "request" => view! { <code>{value.to_owned()}</code> }.into_any(),
        "failure" => reason(ctx.words(), value).into_any(),
        _ => value.to_owned().into_any(),
    }
}

fn address(subject: Option<&str>, cursor: Option<&str>) -> String {
    let pairs = [("subject", subject), ("cursor", cursor)];
    let query: Vec<_> = pairs
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", percent_encode(value?))))
        .collect();
    if query.is_empty() {
        "/desk/audit".to_owned()
    } else {
        format!("/desk/audit?{}", query.join("&"))
    }
}
