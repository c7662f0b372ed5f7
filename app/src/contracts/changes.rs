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
            what(words, change),
            money(price.minor, price.currency.code()),
            time(ctx, change.asked_at.0),
            stands(ctx, contract, change),
        ]
    });
    let table = Table::new(words.changes_list_title(), columns).rows(rows).view();
    Some(section("changes", words.changes_list_title(), table))
}

/// Each quantity that differs, before and after.
fn what(words: Words, change: &ChangeView) -> AnyView {
    let lines: Vec<_> = differences(words, &change.before.plan, &change.after.plan)
        .into_iter()
        .map(|line| view! { <li>{line}</li> })
        .collect();
    view! { <ul class="plain">{lines}</ul> }.into_any()
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
