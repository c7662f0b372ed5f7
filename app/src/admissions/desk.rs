//! The desk's pages: the list with its filter, and one provider with checks, history and buttons.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    admissions::{AdmissionCard, AdmissionView, Answer, CheckLine},
};
use domain::{AdmissionEvent, AdmissionState, CheckAnswer};
use leptos::prelude::*;

use super::say;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfBroker,
    desk::admission_parts,
    fault::status_of,
    form::FormState,
    layout::fail,
    render::{Page, Width, page, redirect},
    ui::{
        Button, Column, Field, Kind, Select, Table, Views, breadcrumbs, definitions, empty,
        error_summary, notice, page_head, section, time,
    },
    words::Words,
};

const AT: &str = "/desk/admissions";

pub(super) async fn list(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let chosen: Option<AdmissionState> = query.filled("state").and_then(|word| word.parse().ok());
    let found = match state.broker.admissions(&ctx.op(), chosen).await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    page(&ctx, Page::new(words.admit_title()).width(Width::Wide).private(), || {
        let list = if found.is_empty() {
            empty(words.admit_none(), words.admit_none_text(), None)
        } else {
            table(&ctx, &found)
        };
        let select = Select::new("state", words.admit_filter()).option("", words.admit_all());
        let select = AdmissionState::ALL.into_iter().fold(select, |select, state| {
            select.option(state.as_str(), say::state_word(words, state))
        });
        view! {
            {page_head(words.admit_title(), Some(words.admit_lead().to_owned()), vec![])}
            {admission_parts(words)}
            <form class="form" method="get" action=AT>
                {select.of(&query).view()}
                <p class="actions">{Button::secondary(words.admit_filter_show()).view()}</p>
            </form>
            {list}
            <p><a href="/desk/admission-checks">{words.admit_checks_list()}</a></p>
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, cards: &[AdmissionCard]) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.admit_provider()),
        Column::text(words.admit_state()),
        Column::text(words.admit_since()),
    ];
    let rows = cards.iter().map(|card| {
        let name = ctx.locale.pick(&card.name_en, &card.name_ja).to_owned();
        let href = format!("{AT}/{}", card.slug);
        vec![
            view! { <a href=href>{name}</a> }.into_any(),
            say::state(words, card.state),
            time(ctx, card.changed_at.0),
        ]
    });
    Table::new(words.admit_title(), columns).rows(rows).view()
}

pub(super) async fn show(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(provider): Path<String>,
) -> Response {
    sheet(&ctx, &state, &provider, FormState::empty(), StatusCode::OK).await
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    provider: &str,
    typed: FormState,
    status: StatusCode,
) -> Response {
    let found = match state.broker.admission(&ctx.op(), provider).await {
        Ok(found) => found,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let name = ctx.locale.pick(&found.card.name_en, &found.card.name_ja).to_owned();
    page(ctx, Page::new(name.clone()).status(status).width(Width::Wide).private(), || {
        let trail = vec![(words.admit_title().to_owned(), AT.to_owned())];
        let href = format!("/providers/{}", found.card.slug);
        let mut facts = vec![
            (
                words.admit_provider().to_owned(),
                view! { <a href=href>{name.clone()}</a> }.into_any(),
            ),
            (words.admit_state().to_owned(), say::state(words, found.card.state)),
            (words.admit_since().to_owned(), time(ctx, found.card.changed_at.0)),
        ];
        if let Some(at) = found.applied_at {
            facts.push((words.admit_applied().to_owned(), time(ctx, at.0)));
        }
        view! {
            {breadcrumbs(words, trail)}
            {page_head(name.clone(), Some(say::missing(words, &found)), vec![])}
            {error_summary(&typed, words)}
            {definitions(facts)}
            {section("decision", words.admit_decide(), decision(words, &found, &typed))}
            {section("application", words.admit_statement(), say::statement(words, &found))}
            {section("checks", words.admit_checks(), answers(ctx, &found))}
            {section("history", words.admit_history(), say::history(ctx, &found))}
        }
        .into_any()
    })
}

/// The passages that are possible from here, as buttons of one form.
fn decision(words: Words, found: &AdmissionView, typed: &FormState) -> AnyView {
    if found.own {
        return notice(Kind::Note, words.admit_own(), ().into_any());
    }
    let possible = |event: AdmissionEvent| found.card.state.apply(event).is_ok();
    let button = |event: AdmissionEvent| {
        let button = match event {
            AdmissionEvent::Begin => Button::primary(words.admit_begin()),
            AdmissionEvent::Admit => Button::primary(words.admit_admit()),
            AdmissionEvent::Reinstate => Button::primary(words.admit_reinstate()),
            AdmissionEvent::Refuse => Button::danger(words.admit_refuse()),
            _ => Button::danger(words.admit_suspend()),
        };
        button.sends("step", event.as_str()).view()
    };
    let steps = [
        AdmissionEvent::Begin,
        AdmissionEvent::Admit,
        AdmissionEvent::Refuse,
        AdmissionEvent::Suspend,
        AdmissionEvent::Reinstate,
    ];
    let buttons: Views = steps.into_iter().filter(|event| possible(*event)).map(button).collect();
    if buttons.is_empty() {
        return view! { <p>{say::state_word(words, found.card.state)}</p> }.into_any();
    }
    let suspends = possible(AdmissionEvent::Suspend)
        .then(|| view! { <p class="hint">{words.admit_suspend_note()}</p> });
    view! {
        <form class="form" method="post" action=format!("{AT}/{}/turn", found.card.slug)>
            <input type="hidden" name="revision" value=found.revision.to_string()/>
            {Field::area("reason", words.admit_reason(), 3).hint(words.admit_reason_hint()).of(typed).max_length(500).view()}
            {suspends}
            <p class="actions">{buttons}</p>
        </form>
    }
    .into_any()
}

/// Each check with a form of its own; what the market tells by itself has none.
fn answers(ctx: &PageContext, found: &AdmissionView) -> AnyView {
    let words = ctx.words();
    if found.own || found.checks.is_empty() {
        return say::checks(ctx, found);
    }
    let rows: Views = found
        .checks
        .iter()
        .map(|line| {
            let form = (!line.check.computed).then(|| answer_form(ctx, found, line));
            let told = line.check.computed.then(|| say::evidence(words, line));
            let by = line.by.clone().zip(line.at).map(|(by, at)| {
                view! { <p class="hint">{by}" · "{time(ctx, at.0)}</p> }
            });
            view! {
                <li>
                    <p>{say::check(ctx, line)}</p>
                    <p>{say::answer(words, line)}" "{told}</p>
                    {by}
                    {form}
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul class="stack">{rows}</ul> }.into_any()
}

fn answer_form(ctx: &PageContext, found: &AdmissionView, line: &CheckLine) -> AnyView {
    let words = ctx.words();
    let key = &line.check.key;
    let title = ctx.locale.pick(&line.check.title_en, &line.check.title_ja);
    let select = CheckAnswer::ALL.into_iter().fold(
        Select::new(format!("answer.{key}"), format!("{} ({title})", words.admit_answer())),
        |select, answer| select.option(answer.as_str(), say::answer_word(words, answer)),
    );
    let note = Field::text(format!("note.{key}"), format!("{} ({title})", words.admit_note()));
    view! {
        <form class="form" method="post" action=format!("{AT}/{}/answer", found.card.slug)>
            <input type="hidden" name="revision" value=found.revision.to_string()/>
            <input type="hidden" name="check" value=key.clone()/>
            {select.chosen([line.answer.as_str()]).view()}
            {note.value(line.note.clone()).hint(words.admit_note_hint()).max_length(500).view()}
            <p class="actions">
                {Button::secondary(words.admit_keep_answer()).named(format!("{} ({title})", words.admit_keep_answer())).view()}
            </p>
        </form>
    }
    .into_any()
}

pub(super) async fn turn(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(provider): Path<String>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let Some(event) = AdmissionEvent::from_word(typed.value("step")) else {
        return fail(&ctx, BrokerError::NotFound { what: "admission" });
    };
    let (reason, read) = (typed.value("reason").to_owned(), revision(&typed));
    let done = state.broker.turn_admission(&ctx.op(), &provider, (event, &reason), read).await;
    match done {
        Ok(_) => noted(words, &provider),
        Err(error) if say::note(&mut typed, words, &error) => {
            sheet(&ctx, &state, &provider, typed, status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn answer(
    OfBroker(ctx): OfBroker,
    State(state): State<AppState>,
    Path(provider): Path<String>,
    mut typed: FormState,
) -> Response {
    let words = ctx.words();
    let check = typed.value("check").to_owned();
    let answer = typed.value(&format!("answer.{check}"));
    let found = Answer {
        answer: CheckAnswer::from_word(answer).unwrap_or(CheckAnswer::Open),
        note: typed.value(&format!("note.{check}")).to_owned(),
        check,
    };
    let read = revision(&typed);
    match state.broker.answer_admission_check(&ctx.op(), &provider, &found, read).await {
        Ok(_) => noted(words, &provider),
        Err(BrokerError::Invalid(_)) => {
            typed.fail("", words.admit_fault_reason());
            sheet(&ctx, &state, &provider, typed, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) if say::note(&mut typed, words, &error) => {
            sheet(&ctx, &state, &provider, typed, status_of(&error)).await
        }
        Err(error) => fail(&ctx, error),
    }
}

fn revision(typed: &FormState) -> i64 {
    typed.value("revision").parse().unwrap_or(-1)
}

fn noted(words: Words, provider: &str) -> Response {
    let told = (FlashKind::Done, words.admit_done().to_owned());
    redirect(&format!("{AT}/{provider}"), Some(told))
}
