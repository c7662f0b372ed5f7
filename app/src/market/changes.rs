//! What changed between two versions of an offer, part by part, each with what it means to a customer.

use leptos::prelude::*;

use crate::{
    PageContext,
    ui::{Column, State, Table, badge},
    words::Words,
};

/// The changes as a table with this title; a sentence where only the number changed.
pub(crate) fn changes(ctx: &PageContext, title: &str, found: &sla::Diff) -> AnyView {
    let words = ctx.words();
    if found.is_empty() {
        return view! { <p>{words.exchange_diff_nothing()}</p> }.into_any();
    }
    let locale = ctx.locale.sla();
    let rows = found.parts.iter().map(|part| {
        let told = part.changes.iter().map(|change| view! { <li>{change.sentence(locale)}</li> });
        vec![
            part.label(locale).into_any(),
            verdict(words, part.verdict),
            view! { <ul>{told.collect_view()}</ul> }.into_any(),
        ]
    });
    let columns = vec![
        Column::text(words.exchange_diff_part()),
        Column::text(words.exchange_diff_verdict()),
        Column::text(words.exchange_diff_title()),
    ];
    Table::new(title, columns).rows(rows).view()
}

/// The verdict with its mark.
pub(crate) fn verdict(words: Words, verdict: sla::Verdict) -> AnyView {
    match verdict {
        sla::Verdict::Better => badge(State::Good, words.exchange_diff_better()),
        sla::Verdict::Worse => badge(State::Bad, words.exchange_diff_worse()),
        sla::Verdict::Neutral => badge(State::Quiet, words.exchange_diff_neutral()),
        sla::Verdict::Incomparable => badge(State::Attention, words.exchange_diff_incomparable()),
    }
}
