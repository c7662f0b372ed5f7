//! What is paid, as pages say it before and after signing: each month, and once.

use broker::contracts::{ChargedOnce, Charges, ContractPage, Priced};
use domain::{ContractState, Money};
use leptos::prelude::*;

use crate::{
    PageContext, format,
    market::bill_table,
    ui::{Column, Table, money, section, time},
    words::Words,
};

/// The price as it stands in a form: minor units of a month, the currency, and minor units once.
pub(super) fn shown_text(charges: &Charges) -> String {
    let month = format!("{} {}", charges.month.minor, charges.month.currency.code());
    match charges.once {
        Some(once) => format!("{month} {}", once.minor),
        None => month,
    }
}

/// The same read again.
pub(super) fn read_shown(text: &str) -> Option<Charges> {
    let mut parts = text.split(' ');
    let (minor, currency) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let once = parts.next().map(str::parse).transpose().ok()?;
    let money = |minor| Money::new(minor, currency);
    Some(Charges { month: money(minor), once: once.map(money) })
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
            let money = |minor| Money::new(minor, Currency::Eur);
            let charges = Charges { month: money(1_999), once: once.map(money) };
            assert_eq!(read_shown(&shown_text(&charges)), Some(charges));
        }
        for wrong in ["", "1", "1 XXX", "x JPY", "1 JPY x"] {
            assert_eq!(read_shown(wrong), None, "{wrong}");
        }
    }
}
