//! The form of an announcement.

use broker::{
    BrokerError, FieldFault,
    announcements::{Announce, AnnouncementView, TEXT_MAX, TITLE_MAX},
};
use domain::{AnnouncementKind, MAINTENANCE_DAYS_MAX};
use leptos::prelude::*;

use super::say;
use crate::{
    PageContext,
    contracts::read_moment,
    fault::{fault_text, note_faults},
    form::FormState,
    format,
    ui::{Button, Field, Select},
    words::Words,
};

const KIND: &str = "kind";
const TITLES: [&str; 2] = ["titleEn", "titleJa"];
const TEXTS: [&str; 2] = ["textEn", "textJa"];
const STARTS: &str = "startsAt";
const ENDS: &str = "endsAt";

/// Reads it; what cannot be read stands at its field.
pub(super) fn read(ctx: &PageContext, form: &mut FormState) -> Option<Announce> {
    let (starts_at, ends_at) = (read_moment(ctx, form, STARTS), read_moment(ctx, form, ENDS));
    let kind = form.value(KIND).parse::<AnnouncementKind>().ok();
    if kind.is_none() {
        form.fail(KIND, ctx.words().announce_kind_wrong());
    }
    let [title_en, title_ja] = TITLES.map(|name| form.value(name).to_owned());
    let [text_en, text_ja] = TEXTS.map(|name| form.value(name).to_owned());
    let kind = kind.filter(|_| form.is_sound())?;
    Some(Announce { kind, title_en, title_ja, text_en, text_ja, starts_at, ends_at })
}

/// Notes the faults at their fields; `false`: none of the reader's making.
pub(super) fn note(form: &mut FormState, words: Words, error: &BrokerError) -> bool {
    match error {
        BrokerError::Invalid(faults) => {
            for fault in faults {
                let (field, text) = placed(words, fault);
                form.fail(field, text);
            }
            true
        }
        BrokerError::Conflict { code, .. } => {
            let text = match *code {
                "too_many_announcements" => words.announce_fault_too_many(),
                "changed_meanwhile" => words.announce_fault_meanwhile(),
                "not_begun" => words.announce_fault_not_begun(),
                "begun" => words.announce_fault_begun(),
                _ => return note_faults(form, words, error),
            };
            form.fail("", text);
            true
        }
        _ => note_faults(form, words, error),
    }
}

fn placed(words: Words, fault: &FieldFault) -> (&'static str, String) {
    let field = match fault.pointer.as_str() {
        "/title/ja" => TITLES[1],
        "/text/en" => TEXTS[0],
        "/text/ja" => TEXTS[1],
        "/startsAt" => STARTS,
        "/endsAt" => ENDS,
        "/kind" => KIND,
        _ => TITLES[0],
    };
    let text = match fault.code.as_str() {
        "title_missing" => words.announce_fault_title().to_owned(),
        "end_before_start" => words.announce_fault_end_first().to_owned(),
        "end_missing" => words.announce_fault_end_missing(MAINTENANCE_DAYS_MAX),
        "too_long_a_window" => words.announce_fault_window(MAINTENANCE_DAYS_MAX),
        "incident_ahead" => words.announce_fault_ahead().to_owned(),
        _ => fault_text(words, fault),
    };
    (field, text)
}

/// The form filled with what stands.
pub(super) fn filled(ctx: &PageContext, one: &AnnouncementView) -> FormState {
    let written = &one.written;
    let ends = one.ends_at.map(|at| format::field_moment(ctx.locale, at.0)).unwrap_or_default();
    FormState::empty()
        .with(KIND, one.kind.as_str())
        .with(TITLES[0], written.title_en.clone())
        .with(TITLES[1], written.title_ja.clone())
        .with(TEXTS[0], written.text_en.clone())
        .with(TEXTS[1], written.text_ja.clone())
        .with(STARTS, format::field_moment(ctx.locale, one.starts_at.0))
        .with(ENDS, ends)
        .with("revision", one.revision.to_string())
}

/// The fields; `at`: where they are sent.
pub(super) fn view(ctx: &PageContext, form: &FormState, at: &str, send: &str) -> AnyView {
    let words = ctx.words();
    let kind = AnnouncementKind::ALL
        .iter()
        .fold(Select::new(KIND, words.announce_kind()), |select, kind| {
            select.option(kind.as_str(), say::kind_word(words, *kind))
        });
    let most = |characters: usize| u32::try_from(characters).unwrap_or(u32::MAX);
    let title = |name: &str, label: &str| {
        Field::text(name, label)
            .hint(words.announce_title_hint())
            .of(form)
            .max_length(most(TITLE_MAX))
            .view()
    };
    let text = |name: &str, label: &str| {
        Field::area(name, label, 4).of(form).max_length(most(TEXT_MAX)).view()
    };
    let revision = form.value("revision").to_owned();
    view! {
        <form class="form" method="post" action=at.to_owned()>
            <input type="hidden" name="revision" value=revision/>
            {kind.hint(words.announce_kind_hint()).of(form).view()}
            {title(TITLES[0], words.announce_title_en())}
            {title(TITLES[1], words.announce_title_ja())}
            {text(TEXTS[0], words.announce_text_en())}
            {text(TEXTS[1], words.announce_text_ja())}
            {Field::moment(STARTS, words.announce_starts()).hint(words.announce_starts_hint()).of(form).view()}
            {Field::moment(ENDS, words.announce_ends()).hint(words.announce_ends_hint(MAINTENANCE_DAYS_MAX)).of(form).view()}
            <p class="actions">{Button::primary(send.to_owned()).sends("step", "keep").view()}</p>
        </form>
    }
    .into_any()
}
