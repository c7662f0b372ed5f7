//! One workflow, step by step, and what a person can do when it is stuck.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    contracts::{StepView, Timeline},
    desk::WorkflowCard,
};
use domain::{Timestamp, WorkflowId};
use leptos::prelude::*;

use super::word::{self, is_stuck, state_badge};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfBroker,
    contracts::{
        state::known_reason,
        steps::{kind_word, step_word},
    },
    fault::note_faults,
    form::FormState,
    layout::fail,
    render::{Page, Width, page, redirect},
    ui::{
        self, Button, Column, Field, Kind, Table, breadcrumbs, definitions, error_summary, notice,
        page_head, section, time,
    },
    words::Words,
};

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    sheet(&ctx, &state, &id, &FormState::empty(), StatusCode::OK).await
}

/// What a person decides about a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It goes on from the step that failed.
    Retry,
    /// The step that failed counts as done.
    Skip,
    /// The step whose undo failed counts as undone.
    MarkUndone,
    /// Everything it made is given back.
    Cancel,
    /// It stays as it is.
    Abandon,
}

pub(super) async fn decide(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
    decision: Decision,
) -> Response {
    let (words, op) = (ctx.words(), ctx.op());
    let (broker, reason) = (&state.broker, form.value("reason").to_owned());
    let (done, text) = match (parse(&id), decision) {
        (Err(error), _) => (Err(error), ""),
        (Ok(id), Decision::Retry) => {
            (broker.retry_workflow(&op, id).await, words.desk_workflow_retried())
        }
        // What a step makes is for programs; a person says that it is done.
        (Ok(id), Decision::Skip) => (
            broker.skip_step(&op, id, &reason, &serde_json::Value::Null).await,
            words.desk_workflow_skipped(),
        ),
        (Ok(id), Decision::MarkUndone) => {
            (broker.mark_step_undone(&op, id, &reason).await, words.desk_workflow_marked_undone())
        }
        (Ok(id), Decision::Cancel) => {
            (broker.cancel_workflow(&op, id, &reason).await, words.desk_workflow_cancelled())
        }
        (Ok(id), Decision::Abandon) => {
            (broker.abandon_workflow(&op, id, &reason).await, words.desk_workflow_abandoned())
        }
    };
    answer(&ctx, &state, &id, form, done, text.to_owned()).await
}

fn parse(id: &str) -> Result<WorkflowId, BrokerError> {
    id.parse().map_err(|_| BrokerError::NotFound { what: "workflow" })
}

/// Back to the workflow: with a message, or with what stands against it.
async fn answer(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    mut form: FormState,
    done: Result<(), BrokerError>,
    text: String,
) -> Response {
    match done {
        Ok(()) => redirect(&format!("/desk/workflows/{id}"), Some((FlashKind::Done, text))),
        Err(error) if note_faults(&mut form, ctx.words(), &error) => {
            sheet(ctx, state, id, &form, crate::fault::status_of(&error)).await
        }
        Err(error) => fail(ctx, error),
    }
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let found = match parse(id) {
        Ok(id) => state.broker.workflow(&ctx.op(), id).await,
        Err(error) => Err(error),
    };
    let (card, timeline) = match found {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let takes_back = card.cancellable == Some(true);
    let title = kind_word(words, &card.kind);
    let about = Page::new(title.clone()).status(status).width(Width::Wide).private();
    page(ctx, about, || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_desk().to_owned(), "/desk".to_owned()),
                (words.common_way_workflows().to_owned(), "/desk/workflows".to_owned()),
            ])}
            {page_head(title, None, vec![])}
            {error_summary(form, words)}
            {facts(ctx, &card)}
            {is_stuck(&card.state).then(|| actions(words, &card, &timeline, form))}
            {(takes_back && !is_stuck(&card.state)).then(|| cancel(words, &card, form))}
            {section("steps", words.desk_workflow_steps(), steps(ctx, &timeline))}
        }
        .into_any()
    })
}

fn facts(ctx: &PageContext, card: &WorkflowCard) -> AnyView {
    let words = ctx.words();
    let audit = format!("/desk/audit?subject={}", card.subject);
    let mut facts = vec![
        (words.desk_workflow_state().to_owned(), state_badge(words, &card.state)),
        (words.desk_workflow_subject().to_owned(), word::subject(ctx, &card.subject)),
        (words.desk_workflow_begun().to_owned(), time(ctx, card.created_at.0)),
        (words.desk_workflow_changed().to_owned(), time(ctx, card.updated_at.0)),
        (words.desk_workflow_number().to_owned(), ui::id(ctx, &card.id.to_string())),
        (
            words.common_way_audit().to_owned(),
            view! { <a href=audit>{words.desk_workflow_audit()}</a> }.into_any(),
        ),
    ];
    if let Some(step) = &card.step {
        facts.insert(1, (words.desk_workflow_at().to_owned(), step_word(words, step).into_any()));
    }
    if let Some(reason) = &card.reason {
        facts.insert(1, (words.desk_workflow_reason().to_owned(), word::reason(words, reason)));
    }
    definitions(facts)
}

fn actions(words: Words, card: &WorkflowCard, timeline: &Timeline, form: &FormState) -> AnyView {
    let at = format!("/desk/workflows/{}", card.id);
    // A person's word for the step that failed, in the direction it failed in.
    let word = timeline.failed_step(&card.direction).map(|step| {
        let step = step_word(words, step);
        if card.direction == "undo" {
            (words.desk_decide_undone_text(&step), words.desk_decide_undone(), "mark-undone")
        } else {
            (words.desk_decide_skip_text(&step), words.desk_decide_skip(), "skip")
        }
    });
    let text = word.as_ref().map(|(text, ..)| view! { <p>{text.clone()}</p> });
    let decide =
        word.map(|(_, label, path)| Button::secondary(label).to(format!("{at}/{path}")).view());
    let takes_back = card.cancellable == Some(true);
    let back_text = takes_back.then(|| view! { <p>{words.desk_cancel_text()}</p> });
    let back = takes_back
        .then(|| Button::secondary(words.desk_cancel_button()).to(format!("{at}/cancel")).view());
    let body = view! {
        <p>{words.desk_retry_text()}</p>
        <form class="actions" method="post" action=format!("{at}/retry")>{Button::primary(words.desk_retry_button()).view()}</form>
        <h3>{words.desk_decide_title()}</h3>
        {text}
        {back_text}
        <p>{words.desk_abandon_text()}</p>
        <form class="form" method="post" action=format!("{at}/abandon")>
            {Field::area("reason", words.desk_decide_reason(), 3).hint(words.desk_decide_reason_hint()).of(form).required().max_length(500).view()}
            <p class="actions">{decide}{back}{Button::danger(words.desk_abandon_button()).view()}</p>
        </form>
    };
    notice(Kind::Attention, words.desk_stuck(), body.into_any())
}

/// The way back of a workflow that is not stuck.
fn cancel(words: Words, card: &WorkflowCard, form: &FormState) -> AnyView {
    let action = format!("/desk/workflows/{}/cancel", card.id);
    let reason = Field::area("reason", words.desk_decide_reason(), 3)
        .hint(words.desk_cancel_reason_hint())
        .of(form)
        .required()
        .max_length(500);
    let body = view! {
        <p>{words.desk_cancel_text()}</p>
        <form class="form" method="post" action=action>
            {reason.view()}
            <p class="actions">{Button::danger(words.desk_cancel_button()).view()}</p>
        </form>
    };
    section("cancel", words.desk_cancel_title(), body.into_any())
}

fn steps(ctx: &PageContext, timeline: &Timeline) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.desk_step_name()),
        Column::text(words.desk_step_phase()),
        Column::text(words.desk_step_status()),
        Column::number(words.desk_step_attempt()),
        Column::text(words.desk_step_started()),
        Column::text(words.desk_step_finished()),
        Column::text(words.desk_step_next()),
        Column::text(words.desk_step_error()),
    ];
    let rows = timeline.steps.iter().map(|step| {
        let at = |moment: Option<Timestamp>| match moment {
            Some(moment) => time(ctx, moment.0),
            None => "–".into_any(),
        };
        vec![
            view! { {step_word(words, &step.name)}" "<code>{step.name.clone()}</code> }.into_any(),
            if step.phase == "undo" { words.desk_step_undo() } else { words.desk_step_forward() }
                .into_any(),
            status_word(words, &step.status).into_any(),
            step.attempt.to_string().into_any(),
            at(step.started_at),
            at(step.finished_at),
            at(step.next_attempt_at),
            error(words, step),
        ]
    });
    view! { <div class="dense">{Table::new(words.desk_workflow_steps(), columns).rows(rows).view()}</div> }.into_any()
}

/// What went wrong, and what a person said about it.
fn error(words: Words, step: &StepView) -> AnyView {
    let fault = match (&step.error_code, &step.error) {
        (None, None) => None,
        (code, text) => {
            let code = code.clone().unwrap_or_default();
            let text = text.clone().unwrap_or_default();
            let said = known_reason(words, &code).map(|said| view! { <p>{said}</p> });
            // As it was noted, for whoever asks the provider about it.
            Some(
                view! { {said}<span class="technical" lang="en"><code>{code}</code>" "{text}</span> },
            )
        }
    };
    let note = step.note.as_deref().map(|note| view! { <p>{words.desk_step_note(note)}</p> });
    match (&fault, &note) {
        (None, None) => "–".into_any(),
        _ => view! { {fault}{note} }.into_any(),
    }
}

fn status_word(words: Words, status: &str) -> String {
    let text = match status {
        "pending" | "waiting" => words.common_state_waiting(),
        "started" => words.common_state_running(),
        "retrying" => words.contracts_step_again(),
        "done" => words.common_state_done(),
        "failed" => words.common_state_failed(),
        "skipped" => words.contracts_step_skipped(),
        other => return other.to_owned(),
    };
    text.to_owned()
}
