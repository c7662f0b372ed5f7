//! What workflows wait for from outside, and telling them (`/desk/signals`).

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{BrokerError, desk::WaitingCard, steer::SignalWord};
use domain::WorkflowId;
use leptos::prelude::*;
use serde_json::Value;

use super::{Part, parts, word};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfBroker,
    contracts::steps::{kind_word, step_word},
    fault::note_faults,
    form::FormState,
    layout::fail,
    render::{Page, Width, page, redirect},
    ui::{
        Button, Column, Field, Table, breadcrumbs, definitions, empty, error_summary, page_head,
        time,
    },
};

const LIST: &str = "/desk/signals";

pub(super) async fn list(OfBroker(ctx): OfBroker, State(state): State<AppState>) -> Response {
    let waiting = match state.broker.waiting_steps(&ctx.op()).await {
        Ok(waiting) => waiting,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    let about = Page::new(words.desk_signals_title()).width(Width::Wide).private();
    page(&ctx, about, || {
        let body = if waiting.is_empty() {
            empty(words.desk_signals_none(), words.desk_signals_none_text(), None)
        } else {
            table(&ctx, &waiting)
        };
        view! {
            {page_head(words.desk_signals_title(), Some(words.desk_signals_lead().to_owned()), vec![])}
            {parts(words, Part::Signals)}
            {body}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, waiting: &[WaitingCard]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.desk_signals_signal()),
        Column::text(words.desk_workflow_what()),
        Column::text(words.desk_step_name()),
        Column::text(words.desk_workflow_subject()),
        Column::text(words.desk_signals_since()),
        Column::text(words.desk_signals_until()),
    ];
    let rows = waiting.iter().map(|card| {
        let name = view! { <code>{card.signal.clone()}</code> };
        let signal = if card.of_customer {
            view! { <div>{name}<br/><small>{words.desk_signals_customer()}</small></div> }
                .into_any()
        } else {
            view! { <a href=address(card)>{name}</a> }.into_any()
        };
        let workflow = format!("/desk/workflows/{}", card.workflow);
        vec![
            signal,
            view! { <a href=workflow>{kind_word(words, &card.kind)}</a> }.into_any(),
            step_word(words, &card.step).into_any(),
            word::subject(ctx, &card.subject),
            time(ctx, card.since.0),
            time(ctx, card.until.0),
        ]
    });
    view! { <div class="dense">{Table::new(words.desk_signals_title(), columns).rows(rows).view()}</div> }.into_any()
}

/// Where a step is told what it waits for. Names of signals need no escape.
fn address(card: &WaitingCard) -> String {
    format!("{LIST}/{}/{}", card.workflow, card.signal)
}

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path((id, signal)): Path<(String, String)>,
) -> Response {
    sheet(&ctx, &state, (&id, &signal), &FormState::empty(), StatusCode::OK).await
}

pub(super) async fn send(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path((id, signal)): Path<(String, String)>,
    mut form: FormState,
) -> Response {
    let words = ctx.words();
    let sent = match (parse(&id), payload(form.value("payload"))) {
        (Err(error), _) | (_, Err(error)) => Err(error),
        (Ok(id), Ok(payload)) => {
            let reason = form.value("reason").to_owned();
            let word = SignalWord { signal: &signal, reason: &reason, payload: &payload };
            state.broker.send_signal(&ctx.op(), id, word).await
        }
    };
    match sent {
        Ok(()) => {
            let told = (FlashKind::Done, words.desk_signals_sent().to_owned());
            redirect(&format!("/desk/workflows/{id}"), Some(told))
        }
        Err(error) if note_faults(&mut form, words, &error) => {
            sheet(&ctx, &state, (&id, &signal), &form, crate::fault::status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}

fn parse(id: &str) -> Result<WorkflowId, BrokerError> {
    id.parse().map_err(|_| BrokerError::NotFound { what: "workflow" })
}

/// What is told: nothing, or JSON as the step reads it.
fn payload(text: &str) -> Result<Value, BrokerError> {
    match text.trim() {
        "" => Ok(Value::Null),
        text => serde_json::from_str(text).map_err(|error| {
            let (allowed, message) = ("empty, or JSON", error.to_string());
            BrokerError::field("/payload", "json", text, allowed, &message)
        }),
    }
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    (id, signal): (&str, &str),
    form: &FormState,
    status: StatusCode,
) -> Response {
    let waiting = match state.broker.waiting_steps(&ctx.op()).await {
        Ok(waiting) => waiting,
        Err(error) => return fail(ctx, error),
    };
    let this = |card: &&WaitingCard| {
        card.workflow.to_string() == id && card.signal == signal && !card.of_customer
    };
    let Some(card) = waiting.iter().find(this) else {
        return fail(ctx, BrokerError::NotFound { what: "workflow" });
    };
    let words = ctx.words();
    let title = words.desk_signals_send_title(signal);
    let about = Page::new(title.clone()).status(status).private();
    page(ctx, about, || {
        let facts = vec![
            (words.desk_workflow_what().to_owned(), kind_word(words, &card.kind).into_any()),
            (words.desk_step_name().to_owned(), step_word(words, &card.step).into_any()),
            (words.desk_workflow_subject().to_owned(), word::subject(ctx, &card.subject)),
            (words.desk_signals_since().to_owned(), time(ctx, card.since.0)),
            (words.desk_signals_until().to_owned(), time(ctx, card.until.0)),
        ];
        let reason = Field::area("reason", words.desk_decide_reason(), 3)
            .hint(words.desk_signals_reason_hint())
            .of(form)
            .required()
            .max_length(500);
        let payload = Field::area("payload", words.desk_signals_payload(), 3)
            .hint(words.desk_signals_payload_hint())
            .of(form);
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_desk().to_owned(), "/desk".to_owned()),
                (words.desk_signals_title().to_owned(), LIST.to_owned()),
            ])}
            {page_head(title, Some(words.desk_signals_send_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            {definitions(facts)}
            <form class="form" method="post" action=address(card)>
                {reason.view()}
                {payload.view()}
                <p class="actions">{Button::primary(words.desk_signals_send()).view()}</p>
            </form>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_nothing_or_json() {
        assert_eq!(payload("  ").unwrap(), Value::Null);
        assert_eq!(payload(r#"{"by": "phone"}"#).unwrap()["by"], "phone");
        assert!(payload("yes").is_err());
    }
}
