//! Words and parts that the desk and the provider share.

use broker::BrokerError;
use broker::admissions::{AdmissionNews, AdmissionView, CheckLine};
use domain::{AdmissionEvent, AdmissionState, CheckAnswer, Timestamp};
use leptos::prelude::*;

use crate::{
    PageContext,
    fault::note_faults,
    form::FormState,
    ui::{Column, Kind, State, Table, badge, day, notice, time},
    words::{Locale, Words},
};

/// Where a provider stands, as a badge.
pub(super) fn state(words: Words, state: AdmissionState) -> AnyView {
    let look = match state {
        AdmissionState::Preparing => State::Quiet,
        AdmissionState::Applied => State::Attention,
        AdmissionState::InReview => State::Busy,
        AdmissionState::Admitted => State::Good,
        AdmissionState::Refused | AdmissionState::Suspended => State::Bad,
    };
    badge(look, state_word(words, state))
}

/// The same in words.
pub(super) fn state_word(words: Words, state: AdmissionState) -> &'static str {
    match state {
        AdmissionState::Preparing => words.admit_state_word_preparing(),
        AdmissionState::Applied => words.admit_state_word_applied(),
        AdmissionState::InReview => words.admit_state_word_in_review(),
        AdmissionState::Admitted => words.admit_state_word_admitted(),
        AdmissionState::Refused => words.admit_state_word_refused(),
        AdmissionState::Suspended => words.admit_state_word_suspended(),
    }
}

/// What was found out about a check, in words.
pub(super) fn answer_word(words: Words, answer: CheckAnswer) -> &'static str {
    match answer {
        CheckAnswer::Open => words.admit_answer_word_open(),
        CheckAnswer::Met => words.admit_answer_word_met(),
        CheckAnswer::NotApplicable => words.admit_answer_word_not_applicable(),
    }
}

pub(super) fn answer(words: Words, line: &CheckLine) -> AnyView {
    let look = match line.answer {
        CheckAnswer::Open if line.check.required => State::Attention,
        CheckAnswer::Open => State::Quiet,
        CheckAnswer::Met => State::Good,
        CheckAnswer::NotApplicable => State::Unknown,
    };
    badge(look, answer_word(words, line.answer))
}

fn event(words: Words, event: AdmissionEvent) -> &'static str {
    match event {
        AdmissionEvent::Apply => words.admit_event_apply(),
        AdmissionEvent::Begin => words.admit_event_begin(),
        AdmissionEvent::Admit => words.admit_event_admit(),
        AdmissionEvent::Refuse => words.admit_event_refuse(),
        AdmissionEvent::Suspend => words.admit_event_suspend(),
        AdmissionEvent::Reinstate => words.admit_event_reinstate(),
        AdmissionEvent::Enter => words.admit_event_enter(),
        AdmissionEvent::Existed => words.admit_event_existed(),
    }
}

/// How many required checks are open.
pub(super) fn missing(words: Words, view: &AdmissionView) -> String {
    match i64::try_from(view.missing().count()).unwrap_or(i64::MAX) {
        0 => words.admit_missing_none().to_owned(),
        count => words.admit_missing(count),
    }
}

/// The checks with what was found out, as they are read.
pub(super) fn checks(ctx: &PageContext, view: &AdmissionView) -> AnyView {
    let words = ctx.words();
    if view.checks.is_empty() {
        return view! { <p>{words.admit_checks_none()}</p> }.into_any();
    }
    let columns = vec![
        Column::text(words.admit_check()),
        Column::text(words.admit_answer()),
        Column::text(words.admit_note()),
        Column::text(words.admit_who()),
    ];
    let rows = view.checks.iter().map(|line| {
        vec![
            check(ctx, line),
            answer(words, line),
            evidence(words, line).into_any(),
            line.by.clone().unwrap_or_else(|| "–".to_owned()).into_any(),
        ]
    });
    Table::new(words.admit_checks(), columns).rows(rows).view()
}

/// A check with its explanation.
pub(super) fn check(ctx: &PageContext, line: &CheckLine) -> AnyView {
    let words = ctx.words();
    let check = &line.check;
    let title = ctx.locale.pick(&check.title_en, &check.title_ja).to_owned();
    let help = ctx.locale.pick(&check.help_en, &check.help_ja).to_owned();
    let asked = if check.required { words.admit_required() } else { words.admit_optional() };
    view! { <strong>{title}</strong>" "<span class="hint">"("{asked}")"</span><br/><span class="hint">{help}</span> }
        .into_any()
}

/// What stands behind an answer.
pub(super) fn evidence(words: Words, line: &CheckLine) -> String {
    match (line.check.computed, line.note.is_empty()) {
        (true, _) => words.admit_computed().to_owned(),
        (false, true) => "–".to_owned(),
        (false, false) => line.note.clone(),
    }
}

/// What the provider says of itself, with its links.
pub(super) fn statement(words: Words, view: &AdmissionView) -> AnyView {
    if view.statement.is_empty() && view.links.is_empty() {
        return view! { <p>{words.admit_statement_none()}</p> }.into_any();
    }
    let links = view.links.iter().map(|link| {
        let (href, text) = (link.clone(), link.clone());
        view! { <li><a href=href rel="noopener nofollow ugc">{text}</a></li> }
    });
    let paragraphs =
        view.statement.lines().map(|line| view! { <p>{line.to_owned()}</p> }).collect_view();
    view! { {paragraphs}<ul>{links.collect_view()}</ul> }.into_any()
}

/// Every passage, the latest first.
pub(super) fn history(ctx: &PageContext, view: &AdmissionView) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.admit_when()),
        Column::text(words.admit_what()),
        Column::text(words.admit_who()),
        Column::text(words.admit_reason()),
    ];
    let rows = view.history.iter().map(|line| {
        let who = if line.by.is_empty() { words.admit_market() } else { line.by.as_str() };
        let reason = if line.reason.is_empty() { "–" } else { line.reason.as_str() };
        vec![
            time(ctx, line.at.0),
            event(words, line.event).into_any(),
            who.to_owned().into_any(),
            reason.to_owned().into_any(),
        ]
    });
    Table::new(words.admit_history(), columns).rows(rows).view()
}

/// For everybody: since when a provider is admitted, or that it is suspended.
pub(crate) fn standing(
    ctx: &PageContext,
    (state, since): (AdmissionState, Option<Timestamp>),
) -> Option<AnyView> {
    let words = ctx.words();
    match state {
        AdmissionState::Suspended => {
            let text = words.admit_suspended_note();
            Some(notice(
                Kind::Attention,
                words.admit_state_word_suspended(),
                view! { <p>{text}</p> }.into_any(),
            ))
        }
        AdmissionState::Admitted => since.map(|since| {
            let (before, after) = around(words);
            view! { <p class="hint">{before}{day(ctx, since.0)}{after}</p> }.into_any()
        }),
        _ => None,
    }
}

/// The words before and after the day.
fn around(words: Words) -> (String, String) {
    let text = words.admit_admitted_since("\u{1}");
    let (before, after) = text.split_once('\u{1}').unwrap_or((text.as_str(), ""));
    (before.to_owned(), after.to_owned())
}

/// A notice as one sentence.
pub(crate) fn news_title(locale: Locale, news: &AdmissionNews) -> String {
    let words = locale.words();
    let provider = locale.pick(&news.provider_en, &news.provider_ja);
    match news.state {
        AdmissionState::Preparing | AdmissionState::Applied => words.admit_inbox_applied(provider),
        AdmissionState::InReview => words.admit_inbox_in_review(provider),
        AdmissionState::Admitted => words.admit_inbox_admitted(provider),
        AdmissionState::Refused => words.admit_inbox_refused(provider),
        AdmissionState::Suspended => words.admit_inbox_suspended(provider),
    }
}

/// Why, and what can be done.
pub(crate) fn news_lines(locale: Locale, news: &AdmissionNews) -> Vec<String> {
    let words = locale.words();
    let reason = news.reason.as_ref().map(|reason| words.admit_inbox_reason(reason));
    reason.into_iter().chain([words.admit_inbox_next().to_owned()]).collect()
}

/// Notes the faults at their fields; `false`: none of the reader's making.
pub(super) fn note(form: &mut FormState, words: Words, error: &BrokerError) -> bool {
    let BrokerError::Invalid(faults) = error else {
        return note_faults(form, words, error);
    };
    for fault in faults {
        let field = fault.pointer.split('/').nth(1).unwrap_or_default().to_owned();
        let text = match field.as_str() {
            "reason" | "note" => words.admit_fault_reason(),
            "links" => words.admit_fault_address(),
            "key" => words.admit_fault_key(),
            "place" => words.admit_fault_number(),
            _ => words.admit_fault_text(),
        };
        form.fail(&field, text);
    }
    true
}
