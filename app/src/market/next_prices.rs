//! Prices from a day on, beside those of today: on the offer's page and in its calculator.

use broker::contracts::{NextCost, Upcoming, UpcomingPrice};
use domain::Money;
use leptos::prelude::*;

use super::cost::line_name;
use crate::{
    format,
    ui::{Column, Kind, Table, notice, section, stat, stats},
    words::Words,
};

/// What will be charged otherwise, line by line; nothing where no other prices are published.
pub(super) fn upcoming(words: Words, next: Option<&Upcoming>) -> Option<AnyView> {
    let next = next.filter(|next| !next.rows.is_empty())?;
    let title = words.cost_next_title(&next.valid_from);
    let columns = vec![
        Column::text(words.cost_what()),
        Column::number(words.cost_next_today()),
        Column::number(words.cost_next_then(&next.valid_from)),
    ];
    let rows = next.rows.iter().map(|row| {
        vec![
            name(words, row).into_any(),
            price(words, row.before).into_any(),
            price(words, row.after).into_any(),
        ]
    });
    let table = Table::new(&title, columns).rows(rows).view();
    let body = view! { <p>{words.cost_next_rule()}</p>{table} };
    Some(section("next-prices", title, body.into_any()))
}

fn name(words: Words, row: &UpcomingPrice) -> String {
    match &row.what {
        Some(what) if *what == broker::contracts::Charged::Minimum => {
            words.cost_minimum().to_owned()
        }
        Some(what) => line_name(words, what, row.from),
        None => words.cost_once().to_owned(),
    }
}

fn price(words: Words, price: Option<(Money, i64)>) -> String {
    let Some((money, per)) = price else { return words.cost_next_none().to_owned() };
    let text = format::money(money.minor, money.currency.code());
    match per {
        1 => text,
        per => words.cost_per(text, format::integer(per)),
    }
}

/// What the same bill comes to by the prices that follow.
pub(super) fn bill(words: Words, next: &NextCost) -> AnyView {
    let money = |money: Money| format::money(money.minor, money.currency.code());
    let Some(priced) = &next.priced else {
        let text = words.cost_next_uncovered(&next.valid_from);
        return notice(Kind::Attention, text, ().into_any());
    };
    let once = priced.once.map_or_else(|| words.cost_once_none().to_owned(), money);
    view! {
        <p>{words.cost_next_bill(&next.valid_from)}</p>
        {stats(vec![
            stat(words.cost_month(), money(priced.month), None),
            stat(words.cost_once(), once, None),
        ])}
    }
    .into_any()
}
