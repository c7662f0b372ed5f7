//! A later end for a service that ends by itself: at the terms that were signed or at today's, seen side by side.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    changes::{Renew, RenewQuote, Terms},
    contracts::ContractPage,
};
use domain::{ContractState, Money};
use leptos::prelude::*;

use super::own::{own_contract, read_moment, wrong_moment};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    fault::note_faults,
    form::{FormState, shown_again},
    format,
    layout::fail,
    market::changes::changes,
    render::{Page, page, redirect},
    ui::{
        Button, Column, Field, Kind, Look, Table, breadcrumbs, error_summary, link_button, money,
        notice, page_head, section,
    },
    words::Words,
};

/// The field with the new end.
const AT: &str = "endsAt";

pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let contract = match own_contract(&ctx, &state, &id).await {
        Ok(contract) => contract,
        Err(refusal) => return *refusal,
    };
    let set = contract.card.ends_at.map(|at| format::field_moment(ctx.locale, at.0));
    let form = FormState::empty().with("key", ctx.new_key()).with(AT, set.unwrap_or_default());
    sheet(&ctx, &contract, &form, None, StatusCode::OK)
}

pub(super) async fn answer(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let contract = match own_contract(&ctx, &state, &id).await {
        Ok(contract) => contract,
        Err(refusal) => return *refusal,
    };
    let Some(ends_at) = read_moment(&ctx, &mut form, AT) else {
        if form.is_sound() {
            wrong_moment(&ctx, &mut form, AT);
        }
        return sheet(&ctx, &contract, &form, None, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let op = ctx.op();
    let id = contract.card.id;
    if let Some((offer_version, price)) = chosen(&form) {
        let wish = Renew {
            ends_at,
            offer_version,
            shown_price: Some(price),
            idempotency_key: form.value("key").to_owned(),
        };
        match state.broker.renew(&op, id, wish).await {
            Ok(_) => {
                let text = ctx.words().renew_done().to_owned();
                return redirect(&format!("/contracts/{id}"), Some((FlashKind::Done, text)));
            }
            // Shown again with what is on offer now.
            Err(BrokerError::Conflict { code: "offer_changed" | "price_changed", .. }) => {
                form.fail("", ctx.words().renew_changed());
            }
            Err(error) => return refused(&ctx, &contract, form, error),
        }
    }
    match state.broker.quote_renew(&op, id, ends_at).await {
        Ok(quote) => {
            let status = if form.is_sound() { StatusCode::OK } else { StatusCode::CONFLICT };
            sheet(&ctx, &contract, &form, Some(&quote), status)
        }
        Err(error) => refused(&ctx, &contract, form, error),
    }
}

/// Version and price of the button that was pressed; nothing for a look.
fn chosen(form: &FormState) -> Option<(i64, Money)> {
    let mut parts = form.value("terms").split(' ');
    let (version, minor, currency) = (parts.next()?, parts.next()?, parts.next()?);
    Some((version.parse().ok()?, Money::new(minor.parse().ok()?, currency.parse().ok()?)))
}

fn refused(
    ctx: &PageContext,
    contract: &ContractPage,
    mut form: FormState,
    error: BrokerError,
) -> Response {
    let words = ctx.words();
    let late = |error: &BrokerError| match error {
        BrokerError::Invalid(faults) => faults.iter().any(|fault| fault.code == "renewal"),
        _ => false,
    };
    if late(&error) {
        form.fail(AT, words.renew_allowed());
    } else if !note_faults(&mut form, words, &error) {
        return fail(ctx, error);
    }
    sheet(ctx, contract, &form, None, crate::fault::status_of(&error))
}

fn sheet(
    ctx: &PageContext,
    contract: &ContractPage,
    form: &FormState,
    quote: Option<&RenewQuote>,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let card = &contract.card;
    let home = format!("/contracts/{}", card.id);
    let title = words.renew_title(&card.service_name);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let body = match obstacle(words, contract) {
            Some(why) => cannot(words, why, &home),
            None => fields(ctx, &home, form, quote),
        };
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_services().to_owned(), "/services".to_owned()),
                (card.service_name.clone(), home.clone()),
            ])}
            {page_head(title, Some(words.renew_lead().to_owned()), vec![])}
            {body}
        }
        .into_any()
    })
}

/// Why the contract cannot be renewed, whatever is asked for.
fn obstacle(words: Words, contract: &ContractPage) -> Option<&'static str> {
    match contract.card.state {
        ContractState::Scheduled | ContractState::Activating => {
            Some(words.changes_page_not_now_setting_up())
        }
        ContractState::Active if contract.card.ends_at.is_none() => Some(words.renew_no_end()),
        ContractState::Active => None,
        _ => Some(words.changes_page_not_now_ended()),
    }
}

fn cannot(words: Words, why: &str, home: &str) -> AnyView {
    let why = view! { <p>{why.to_owned()}</p> }.into_any();
    view! {
        {notice(Kind::Note, words.renew_cannot(), why)}
        <p class="actions">{link_button(Look::Secondary, words.changes_page_back(), home.to_owned())}</p>
    }
    .into_any()
}

fn fields(ctx: &PageContext, home: &str, form: &FormState, quote: Option<&RenewQuote>) -> AnyView {
    let words = ctx.words();
    let key = shown_again(form.value("key"));
    view! {
        {error_summary(form, words)}
        <form class="form" method="post" action=format!("{home}/renew")>
            <input type="hidden" name="key" value=key/>
            {Field::moment(AT, words.renew_at()).hint(words.contracts_end_zone()).of(form).required().view()}
            <div class="actions">
                {Button::secondary(words.renew_show()).sends("step", "show").view()}
                {link_button(Look::Quiet, words.common_cancel(), home.to_owned())}
            </div>
            {quote.map(|quote| section("terms", words.renew_terms(), choices(ctx, quote)))}
        </form>
    }
    .into_any()
}

/// The terms side by side, each with the button that renews at them, and what changed between them.
fn choices(ctx: &PageContext, quote: &RenewQuote) -> AnyView {
    let words = ctx.words();
    let columns = vec![
        Column::text(words.renew_version()),
        Column::number(words.changes_list_price()),
        Column::text(words.renew_ends()),
        Column::text(words.renew_choose()),
    ];
    let row = |name: String, terms: &Terms, choice: AnyView| {
        let ends = terms.ends_at.map(|at| format::exact_time(ctx.locale, at.0));
        vec![
            name.into_any(),
            money(terms.price.minor, terms.price.currency.code()),
            ends.unwrap_or_default().into_any(),
            choice,
        ]
    };
    let button = |text: &str, terms: &Terms| {
        let (price, version) = (terms.price, terms.offer_version);
        let value = format!("{version} {} {}", price.minor, price.currency.code());
        Button::primary(text).sends("terms", value).view()
    };
    let signed = words.renew_signed(quote.signed.offer_version);
    let mut rows = vec![
        row(words.renew_now().to_owned(), &quote.before, ().into_any()),
        row(signed, &quote.signed, button(words.renew_at_signed(), &quote.signed)),
    ];
    if let Some(today) = &quote.today {
        let name = words.renew_today(today.terms.offer_version);
        rows.push(row(name, &today.terms, button(words.renew_at_today(), &today.terms)));
    }
    let differences =
        quote.today.as_ref().map(|today| changes(ctx, words.renew_differences(), &today.changes));
    view! {
        <p>{words.renew_from_now()}</p>
        {Table::new(words.renew_terms(), columns).rows(rows).view()}
        {differences}
    }
    .into_any()
}
