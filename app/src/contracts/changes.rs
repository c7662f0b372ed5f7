//! What was asked to be changed about a contract, and what became of it.

use broker::{
    changes::ChangeView,
    contracts::{ContractPage, Plan},
};
use domain::{ChangeState, Role};
use leptos::prelude::*;

use super::{plan, state::reason};
use crate::{
    PageContext, format,
    ui::{Button, Column, State, Table, badge, money, section, time},
    words::Words,
};

/// The section of a contract's page; nothing where nothing was ever asked for.
pub(super) fn history(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    if contract.changes.is_empty() {
        return None;
    }
    let words = ctx.words();
    let columns = vec![
        Column::number(words.changes_list_number()),
        Column::text(words.changes_list_what()),
        Column::number(words.changes_list_price()),
        Column::text(words.changes_list_asked()),
        Column::text(words.changes_list_state()),
    ];
    let rows = contract.changes.iter().map(|change| {
        let price = change.after.price;
        vec![
            change.number.to_string().into_any(),
            what(ctx, contract, change),
            money(price.minor, price.currency.code()),
            time(ctx, change.asked_at.0),
            stands(ctx, contract, change),
        ]
    });
    let table = Table::new(words.changes_list_title(), columns).rows(rows).view();
    Some(section("changes", words.changes_list_title(), table))
}

/// Everything that differs, before and after.
fn what(ctx: &PageContext, contract: &ContractPage, change: &ChangeView) -> AnyView {
    let words = ctx.words();
    let (before, after) = (&change.before, &change.after);
    let moment = |at: domain::Timestamp| format::exact_time(ctx.locale, at.0);
    let end = before.ends_at.zip(after.ends_at).filter(|(before, after)| before != after);
    let end = end.map(|(before, after)| words.renew_from_to(moment(before), moment(after)));
    let version = (before.offer == after.offer && before.offer_version != after.offer_version)
        .then(|| words.renew_today(after.offer_version));
    let lines: Vec<_> = moved(ctx, change)
        .into_iter()
        .chain(differences(words, &before.plan, &after.plan))
        .chain(end)
        .chain(version)
        .map(|line| view! { <li>{line}</li> })
        .collect();
    let other = (before.offer, before.offer_version) != (after.offer, after.offer_version);
    let texts = other.then(|| {
        let href = format!("/contracts/{}/changes/{}/texts", contract.card.id, change.number);
        let name = words.changes_texts_link_of(change.number);
        view! { <p><a href=href aria-label=name>{words.changes_texts_link()}</a></p> }
    });
    view! { <ul class="plain">{lines}</ul>{texts} }.into_any()
}

/// From whom to whom, with or without data, until when, and since when.
fn moved(ctx: &PageContext, change: &ChangeView) -> Vec<String> {
    let Some(moved) = &change.moved else { return Vec::new() };
    let words = ctx.words();
    let name = |(en, ja): &(String, String)| ctx.locale.pick(en, ja).to_owned();
    let moment = |at: domain::Timestamp| format::exact_time(ctx.locale, at.0);
    let data = if moved.carries_data {
        words.moves_list_with_data()
    } else {
        words.moves_list_without_data()
    };
    let mut lines = vec![
        words.moves_list_to(name(&moved.provider_before), name(&moved.provider_after)),
        data.to_owned(),
    ];
    if !change.state.is_final() && moved.switched_at.is_none() {
        lines.push(words.moves_list_finish(moment(moved.finish_by)));
    }
    lines.extend(moved.switched_at.map(|at| words.moves_list_switched(moment(at))));
    if moved.statement.is_some() {
        lines.push(words.moves_list_statement(name(&moved.provider_before)));
    }
    lines
}

fn differences(words: Words, before: &Plan, after: &Plan) -> Vec<String> {
    let pairs = before.ranges().into_iter().zip(after.ranges());
    pairs
        .filter(|(before, after)| before.1 != after.1)
        .map(|((field, before, ..), (_, after, ..))| {
            let said = |value: i64| format!("{} {}", format::integer(value), plan::unit(field));
            words.changes_list_from_to(
                plan::label(words, field),
                said(before).trim(),
                said(after).trim(),
            )
        })
        .collect()
}

/// Where it stands, why it came to nothing, and the way back from one that has not begun.
fn stands(ctx: &PageContext, contract: &ContractPage, change: &ChangeView) -> AnyView {
    let words = ctx.words();
    let (state, word) = match change.state {
        ChangeState::Scheduled => (State::Busy, words.changes_state_scheduled()),
        ChangeState::Running => (State::Busy, words.changes_state_running()),
        ChangeState::Done => (State::Good, words.changes_state_done()),
        ChangeState::Failed => (State::Bad, words.changes_state_failed()),
        ChangeState::CalledOff => (State::Quiet, words.changes_state_called_off()),
    };
    let why = change.failure.as_deref().map(|code| view! { <p>{reason(words, code)}</p> });
    let scheduled = change.state == ChangeState::Scheduled;
    let begins = change.from.filter(|_| scheduled).map(|at| {
        let text = words.changes_list_begins(format::exact_time(ctx.locale, at.0));
        view! { <p>{text}</p> }
    });
    let own = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer);
    let action = format!("/contracts/{}/changes/{}/call-off", contract.card.id, change.number);
    let call_off = (own && scheduled).then(|| {
        view! {
            <form method="post" action=action>
                {Button::secondary(words.changes_list_call_off()).view()}
            </form>
        }
    });
    view! { {badge(state, word)}{begins}{why}{call_off} }.into_any()
}
