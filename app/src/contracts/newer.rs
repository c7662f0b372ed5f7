//! A newer version of a contract's offer: said on the contract's page, compared and decided on its own.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    changes::{Accept, AcceptQuote, Decision, NewerVersionView, Terms},
    contracts::ContractPage,
};
use domain::{ContractState, Money, Role};
use leptos::prelude::*;
use sla::Verdict;

use super::own::own_contract;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    form::FormState,
    format,
    layout::fail,
    market::{changes::changes, text},
    render::{Page, page, redirect},
    ui::{
        Button, Column, Kind, Look, State as Badge, Table, badge, breadcrumbs, empty,
        error_summary, link_button, money, notice, page_head, section, time,
    },
    words::Words,
};

/// The one there is to decide about; those where only words changed are not asked about.
fn pending(contract: &ContractPage) -> Option<&NewerVersionView> {
    let found = contract.newer_versions.iter().find(|one| one.current)?;
    let living = matches!(
        contract.card.state,
        ContractState::Scheduled | ContractState::Activating | ContractState::Active
    );
    (living && found.changes.verdict() != Verdict::Neutral).then_some(found)
}

fn headline(ctx: &PageContext, contract: &ContractPage, one: &NewerVersionView) -> String {
    let words = ctx.words();
    let provider = ctx.locale.pick(&contract.card.provider_en, &contract.card.provider_ja);
    match one.changes.verdict() {
        Verdict::Better => words.newer_better(provider, one.version),
        Verdict::Worse => words.newer_worse(provider, one.version),
        _ => words.newer_changed(provider, one.version),
    }
}

/// What it means for this contract, in sentences.
fn means(ctx: &PageContext, contract: &ContractPage, one: &NewerVersionView) -> AnyView {
    let words = ctx.words();
    let fit = if one.fits {
        words.newer_fits(one.version)
    } else if one.missed.is_empty() {
        words.newer_misses_all(one.version)
    } else {
        let names: Vec<String> =
            one.missed.iter().map(|key| text::item_label(ctx.locale, key)).collect();
        words.newer_misses(one.version, names.join(words.market_list_comma()))
    };
    let leave = one.leave_until.map(|at| {
        let at = format::exact_time(ctx.locale, at.0);
        let text = if one.may_leave { words.newer_leave(at) } else { words.newer_leave_over(at) };
        view! { <p>{text}</p> }
    });
    view! {
        <p>{words.newer_keeps(contract.offer_version)}" "{fit}</p>
        {leave}
    }
    .into_any()
}

/// The part of a contract's page; nothing where there is nothing to decide, or it was decided.
pub(super) fn part(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    let words = ctx.words();
    let one = pending(contract)?;
    if one.decision.is_some() && !one.may_leave {
        return None;
    }
    let own = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer);
    let href = format!("/contracts/{}/newer", contract.card.id);
    let open = own.then(|| {
        view! { <p class="actions">{link_button(Look::Secondary, words.newer_open(), href)}</p> }
    });
    let kept = (one.decision == Some(Decision::Kept))
        .then(|| view! { <p>{words.newer_kept_before()}</p> });
    let body = view! { {means(ctx, contract, one)}{kept}{open} };
    let kind = if one.leave_until.is_some() { Kind::Attention } else { Kind::Note };
    Some(notice(kind, headline(ctx, contract, one), body.into_any()))
}

pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let contract = match own_contract(&ctx, &state, &id).await {
        Ok(contract) => contract,
        Err(refusal) => return *refusal,
    };
    sheet(&ctx, &state, &contract, &FormState::empty(), StatusCode::OK).await
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
    let (words, op, id) = (ctx.words(), ctx.op(), contract.card.id);
    let home = format!("/contracts/{id}");
    if let Some(version) = form.filled("keep").and_then(|text| text.parse().ok()) {
        return match state.broker.keep_signed_version(&op, id, version).await {
            Ok(()) => redirect(&home, Some((FlashKind::Done, words.newer_kept().to_owned()))),
            Err(error) => fail(&ctx, error),
        };
    }
    let Some((version, price)) = chosen(&form) else {
        return sheet(&ctx, &state, &contract, &form, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let wish = Accept { version, shown_price: Some(price) };
    match state.broker.accept_newer(&op, id, wish).await {
        Ok(_) => redirect(&home, Some((FlashKind::Done, words.newer_accepted(version)))),
        // Shown again with what is on offer now.
        Err(BrokerError::Conflict { code: "offer_changed" | "price_changed", .. }) => {
            form.fail("", words.newer_outdated());
            sheet(&ctx, &state, &contract, &form, StatusCode::CONFLICT).await
        }
        Err(error) => fail(&ctx, error),
    }
}

/// Version and price of the button that was pressed.
fn chosen(form: &FormState) -> Option<(i64, Money)> {
    let mut parts = form.value("accept").split(' ');
    let (version, minor, currency) = (parts.next()?, parts.next()?, parts.next()?);
    Some((version.parse().ok()?, Money::new(minor.parse().ok()?, currency.parse().ok()?)))
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    contract: &ContractPage,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let card = &contract.card;
    let quote = match pending(contract) {
        Some(_) => match state.broker.quote_accept(&ctx.op(), card.id).await {
            Ok(quote) => Some(quote),
            Err(error) => return fail(ctx, error),
        },
        None => None,
    };
    let title = words.newer_title(&card.service_name);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let body = match (pending(contract), &quote) {
            (Some(one), Some(quote)) => decide(ctx, contract, one, quote),
            _ => empty(words.newer_none(), words.newer_none_text(), None),
        };
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_services().to_owned(), "/services".to_owned()),
                (card.service_name.clone(), format!("/contracts/{}", card.id)),
            ])}
            {page_head(title, Some(words.newer_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            {body}
            {history(ctx, contract)}
        }
        .into_any()
    })
}

fn decide(
    ctx: &PageContext,
    contract: &ContractPage,
    one: &NewerVersionView,
    quote: &AcceptQuote,
) -> AnyView {
    let words = ctx.words();
    let home = format!("/contracts/{}", contract.card.id);
    let title = words.newer_differences(one.signed_version);
    let kind = if one.leave_until.is_some() { Kind::Attention } else { Kind::Note };
    let leave = one.may_leave.then(|| {
        view! {
            <p class="actions">
                {link_button(Look::Secondary, words.newer_move(), format!("{home}/move"))}
                {link_button(Look::Danger, words.newer_release(), format!("{home}/release"))}
            </p>
        }
    });
    view! {
        {notice(kind, headline(ctx, contract, one), view! { {means(ctx, contract, one)}{leave} }.into_any())}
        {section("differences", title.clone(), changes(ctx, &title, &one.changes))}
        {section("terms", words.newer_terms(), prices(words, one, quote))}
        {accept(words, &home, one, quote)}
    }
    .into_any()
}

fn prices(words: Words, one: &NewerVersionView, quote: &AcceptQuote) -> AnyView {
    let columns = vec![Column::text(words.newer_version()), Column::number(words.newer_price())];
    let row = |name: String, terms: &Terms| {
        vec![name.into_any(), money(terms.price.minor, terms.price.currency.code())]
    };
    let now = row(words.newer_now(quote.before.offer_version), &quote.before);
    let then = quote.after.as_ref().map(|after| row(words.newer_then(after.offer_version), after));
    let missing =
        quote.after.is_none().then(|| view! { <p>{words.newer_not_now(one.version)}</p> });
    let table = Table::new(words.newer_terms(), columns).rows([now].into_iter().chain(then)).view();
    view! { {table}{missing} }.into_any()
}

fn accept(words: Words, home: &str, one: &NewerVersionView, quote: &AcceptQuote) -> AnyView {
    let yes = quote.after.as_ref().map(|after| {
        let price = after.price;
        let value = format!("{} {} {}", after.offer_version, price.minor, price.currency.code());
        Button::primary(words.newer_accept(after.offer_version)).sends("accept", value).view()
    });
    let keep = one.decision.is_none().then(|| {
        Button::secondary(words.newer_keep()).sends("keep", one.version.to_string()).view()
    });
    let kept = (one.decision == Some(Decision::Kept))
        .then(|| view! { <p>{words.newer_kept_before()}</p> });
    view! {
        <p>{words.newer_accept_lead()}</p>
        {kept}
        <form class="actions" method="post" action=format!("{home}/newer")>
            {yes}
            {keep}
            {link_button(Look::Quiet, words.common_cancel(), home.to_owned())}
        </form>
    }
    .into_any()
}

/// Everything that was found for this contract, with what was decided.
fn history(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    if contract.newer_versions.is_empty() {
        return None;
    }
    let words = ctx.words();
    let columns = vec![
        Column::number(words.newer_version()),
        Column::text(words.newer_found()),
        Column::text(words.exchange_diff_verdict()),
        Column::text(words.newer_right()),
        Column::text(words.newer_decision()),
    ];
    let rows = contract.newer_versions.iter().map(|one| {
        let right = match one.leave_until {
            Some(at) => words.newer_right_until(format::exact_time(ctx.locale, at.0)),
            None => words.newer_right_none().to_owned(),
        };
        let decision = match one.decision {
            Some(Decision::Accepted) => badge(Badge::Good, words.newer_decision_accepted()),
            Some(Decision::Kept) => badge(Badge::Quiet, words.newer_decision_kept()),
            None => badge(Badge::Attention, words.newer_decision_open()),
        };
        vec![
            one.version.to_string().into_any(),
            time(ctx, one.found_at.0),
            crate::market::changes::verdict(words, one.changes.verdict()),
            right.into_any(),
            decision,
        ]
    });
    let table = Table::new(words.newer_history(), columns).rows(rows).view();
    Some(section("history", words.newer_history(), table))
}
