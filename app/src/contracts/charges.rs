//! What is paid, as pages say it before and after signing: each month, and once.

use broker::contracts::{ChargedOnce, Charges, ContractPage, PriceAge, Priced, Requote, Shown};
use domain::{ContractState, Money};
use leptos::prelude::*;

use crate::{
    PageContext, format,
    market::{bill_table, line_name},
    ui::{Column, Kind, Table, money, notice, section, time},
    words::Words,
};

/// Where nothing is charged once.
const NOTHING: &str = "-";

/// The price as it stands in a form: minor units of a month, the currency, minor units once, and the day of an old price
/// that was shown as such.
pub(super) fn shown_text(shown: &Shown) -> String {
    let Charges { month, once } = shown.charges;
    let once = once.map_or_else(|| NOTHING.to_owned(), |once| once.minor.to_string());
    let text = format!("{} {} {once}", month.minor, month.currency.code());
    match &shown.as_of {
        Some(day) => format!("{text} {day}"),
        None => text,
    }
}

/// The same read again.
pub(super) fn read_shown(text: &str) -> Option<Shown> {
    let mut parts = text.split(' ');
    let (minor, currency) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let money = |minor| Money::new(minor, currency);
    let once = match parts.next()? {
        NOTHING => None,
        once => Some(money(once.parse().ok()?)),
    };
    let as_of = parts.next().map(ToOwned::to_owned);
    Some(Shown { charges: Charges { month: money(minor), once }, as_of })
}

/// What a requote makes of the price in the form: the day of an old one goes along, now that it is shown.
pub(super) fn requoted(requote: &Requote) -> Shown {
    let as_of = requote.age.stale.then(|| requote.age.day.clone());
    Shown { charges: requote.now.charges(), as_of }
}

/// Says line by line what is otherwise than it was shown, or that the price is old.
pub(super) fn requote(ctx: &PageContext, requote: &Requote) -> AnyView {
    let words = ctx.words();
    let (now, age) = (requote.now.charges(), &requote.age);
    let title = match (requote.code, &requote.shown) {
        ("offer_changed", _) => {
            words.contracts_changed_title(requote.version_before, requote.version)
        }
        ("price_stale", _) => words.prices_stale_title().to_owned(),
        (_, Some(before)) => words.contracts_price_changed(both(words, &now), both(words, before)),
        (_, None) => words.contracts_price_first(both(words, &now)),
    };
    let old = age.stale.then(|| view! { <p>{stale(words, age)}</p> });
    let told = age.told_at.map(|at| view! { <p>{words.prices_told()}" "{time(ctx, at.0)}</p> });
    let read = (requote.code == "offer_changed").then(|| {
        let href = format!("/market/offers/{}", requote.offer);
        view! { <p><a href=href>{words.contracts_changed_read(requote.version)}</a></p> }
    });
    let body = view! {
        <p>{words.contracts_price_changed_text()}</p>
        {old}{told}{read}
        {compared(words, requote)}
    };
    notice(Kind::Attention, title, body.into_any())
}

/// How old prices are that nobody confirms.
pub(crate) fn stale(words: Words, age: &PriceAge) -> String {
    match age.said {
        true => words.prices_stale_said(&age.day, age.days, age.days_max),
        false => words.prices_stale_published(&age.day, age.days, age.days_max),
    }
}

fn compared(words: Words, requote: &Requote) -> AnyView {
    let columns = vec![
        Column::text(words.cost_what()),
        Column::number(words.prices_shown()),
        Column::number(words.prices_now()),
    ];
    let amount = |amount: Option<Money>| match amount {
        Some(amount) => money(amount.minor, amount.currency.code()),
        None => words.prices_not_there().into_any(),
    };
    let before = requote.before.is_some();
    let mut rows = Vec::new();
    for line in requote.lines() {
        let what = match &line.what {
            Some(what) => line_name(words, what, line.from),
            None => words.prices_once_section().to_owned(),
        };
        // Without the lines of before only the sums can be compared.
        let then = match (before, &line.what) {
            (false, Some(_)) => words.prices_unknown().into_any(),
            _ => amount(line.before),
        };
        rows.push(vec![what.into_any(), then, amount(line.now)]);
    }
    let month = requote.shown.map(|shown| shown.month);
    rows.push(vec![words.cost_month().into_any(), amount(month), amount(Some(requote.now.month))]);
    Table::new(words.prices_compared(), columns).rows(rows).view()
}

/// An amount in a sentence.
pub(super) fn said(amount: Money) -> String {
    format::money(amount.minor, amount.currency.code())
}

/// Both in one sentence.
pub(super) fn both(words: Words, charges: &Charges) -> String {
    let month = words.prices_month(said(charges.month));
    match charges.once {
        Some(once) => format!("{month} {}", words.prices_once(said(once))),
        None => month,
    }
}

/// The month large, and under it what is charged once.
pub(super) fn total(words: Words, charges: &Charges) -> AnyView {
    let (month, once) = (charges.month, charges.once);
    view! {
        <strong>{money(month.minor, month.currency.code())}</strong>" "{words.contracts_price_month()}
        {once.map(|once| view! { <br/><span class="once">{words.prices_once(said(once))}</span> })}
    }
    .into_any()
}

/// The same within a table or a list of facts.
pub(super) fn plain(words: Words, charges: &Charges) -> AnyView {
    let (month, once) = (charges.month, charges.once);
    view! {
        {money(month.minor, month.currency.code())}" "{words.contracts_price_month()}
        {once.map(|once| view! { <br/><small>{words.prices_once(said(once))}</small> })}
    }
    .into_any()
}

/// The lines that make a month.
pub(super) fn lines(words: Words, priced: &Priced) -> AnyView {
    bill_table(words, words.prices_lines(), &priced.lines)
}

/// What a contract is charged once: agreed, charged, or not because it never began.
pub(super) fn charged_once(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    let words = ctx.words();
    if contract.charged_once.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text(words.prices_once_why()),
        Column::number(words.prices_once_amount()),
        Column::text(words.prices_once_state()),
    ];
    let over = matches!(
        contract.card.state,
        ContractState::Failed | ContractState::Releasing | ContractState::Released
    );
    let rows = contract.charged_once.iter().map(|row| {
        let why = match row.change {
            Some(number) => words.prices_once_moved(number.to_string()),
            None => words.prices_once_signed().to_owned(),
        };
        let amount = money(row.amount.minor, row.amount.currency.code());
        vec![why.into_any(), amount, state(ctx, row, over)]
    });
    let table = Table::new(words.prices_once_section(), columns).rows(rows).view();
    let body = view! { <p>{words.prices_once_text()}</p>{table} };
    Some(section("once", words.prices_once_section(), body.into_any()))
}

fn state(ctx: &PageContext, row: &ChargedOnce, over: bool) -> AnyView {
    let words = ctx.words();
    match row.charged_at {
        Some(at) => view! { {words.prices_once_charged()}" "{time(ctx, at.0)} }.into_any(),
        None if over => words.prices_once_not().into_any(),
        None => words.prices_once_due().into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;

    #[test]
    fn a_price_in_a_form_is_read_back_exactly() {
        for once in [None, Some(0), Some(i64::MAX)] {
            for as_of in [None, Some("2026-08".to_owned())] {
                let money = |minor| Money::new(minor, Currency::Eur);
                let charges = Charges { month: money(1_999), once: once.map(money) };
                let shown = Shown { charges, as_of };
                assert_eq!(read_shown(&shown_text(&shown)), Some(shown));
            }
        }
        for wrong in ["", "1", "1 JPY", "1 XXX -", "x JPY -", "1 JPY x"] {
            assert_eq!(read_shown(wrong), None, "{wrong}");
        }
    }
}
