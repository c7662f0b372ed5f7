//! What a page says back: states, notices, empty lists, the summary of a faulty form.

use leptos::prelude::*;

use super::{Icon, Labels, icon};
use crate::{
    form::{FieldError, FormState},
    words::Words,
};

/// How something is; never shown by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As promised, done, running.
    Good,
    /// Somebody should look.
    Attention,
    /// Broken, refused, ended badly.
    Bad,
    /// Under way.
    Busy,
    /// Off, ended, not in use.
    Quiet,
    /// We do not know; never shown as good or bad.
    Unknown,
}

impl State {
    fn parts(self) -> (&'static str, Icon) {
        match self {
            State::Good => ("badge good", Icon::Check),
            State::Attention => ("badge attention", Icon::Warning),
            State::Bad => ("badge bad", Icon::Cross),
            State::Busy => ("badge busy", Icon::Busy),
            State::Quiet => ("badge quiet", Icon::Dash),
            State::Unknown => ("badge unknown", Icon::Question),
        }
    }
}

/// Icon and word for a state.
pub fn badge(state: State, word: impl Into<String>) -> AnyView {
    let (class, which) = state.parts();
    view! { <span class=class>{icon(which)}<span>{word.into()}</span></span> }.into_any()
}

/// A small fact without a state: a region, a certificate, a model.
pub fn chip(text: impl Into<String>) -> AnyView {
    view! { <span class="chip">{text.into()}</span> }.into_any()
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something to know.
    Note,
    /// It worked.
    Done,
    /// Something to watch.
    Attention,
    /// It did not work.
    Problem,
}

/// A framed message with a title and, below it, anything.
pub fn notice(kind: Kind, title: impl Into<String>, body: AnyView) -> AnyView {
    let (class, which) = match kind {
        Kind::Note => ("notice note", Icon::Info),
        Kind::Done => ("notice done", Icon::Check),
        Kind::Attention => ("notice attention", Icon::Warning),
        Kind::Problem => ("notice problem", Icon::Cross),
    };
    view! {
        <div class=class>
            {icon(which)}
            <div class="text"><p class="title">{title.into()}</p>{body}</div>
        </div>
    }
    .into_any()
}

/// What stands where a list would be: what will be here, and how to get the first one.
pub fn empty(
    title: impl Into<String>,
    text: impl Into<String>,
    action: Option<AnyView>,
) -> AnyView {
    view! {
        <div class="empty">
            <p class="title">{title.into()}</p>
            <p>{text.into()}</p>
            {action.map(|action| view! { <p class="actions">{action}</p> })}
        </div>
    }
    .into_any()
}

/// The message with its field's label, which is known once the fields below are made.
fn placed(words: Words, error: &FieldError) -> impl IntoView + use<> {
    let (field, message) = (error.field.clone(), error.message.clone());
    let labels = use_context::<Labels>();
    move || match &labels {
        Some(labels) => labels.placed(words, &field, &message),
        None => message.clone(),
    }
}

/// All faults of a form with links to their fields; nothing when the form is sound.
pub fn error_summary(form: &FormState, words: Words) -> AnyView {
    if form.is_sound() {
        return ().into_any();
    }
    let count = i64::try_from(form.errors().len()).unwrap_or(i64::MAX);
    let items: Vec<_> = form
        .errors()
        .iter()
        .map(|error| {
            let text = if error.field.is_empty() {
                error.message.clone().into_any()
            } else {
                let href = format!("#field-{}", error.field);
                view! { <a href=href>{placed(words, error)}</a> }.into_any()
            };
            view! { <li>{text}</li> }
        })
        .collect();
    let list = view! { <ul>{items}</ul> }.into_any();
    // Where no field is at fault, no entry needs another look; the focus moves here.
    let alone = form.errors().iter().all(|error| error.field.is_empty());
    let title = if alone {
        words.common_form_refused().to_owned()
    } else {
        words.common_form_faults(count)
    };
    let inside = notice(Kind::Problem, title, list);
    let index = alone.then_some("-1");
    view! { <div class="summary" role="alert" tabindex=index autofocus=alone>{inside}</div> }
        .into_any()
}
