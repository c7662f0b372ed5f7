//! The pages of a move: the list of the offers that fit, and the plan of one.

use axum::{http::StatusCode, response::Response};
use broker::{
    changes::MoveQuote,
    contracts::{Charges, ContractPage},
    requirements::RankedOffer,
};
use domain::Money;
use leptos::prelude::*;

use super::{change, charges};
use crate::{
    PageContext,
    form::{FormState, shown_again},
    format,
    market::{changes::changes, text},
    render::{Page, page},
    ui::{
        Button, Column, Field, Kind, Look, RadioGroup, Select, Table, breadcrumbs, chip,
        definitions, empty, error_summary, link_button, money, notice, page_head, section,
    },
    words::Words,
};

/// What becomes of the data.
pub(super) const DATA: &str = "data";
/// They come along.
pub(super) const CARRY: &str = "carry";
/// They do not.
pub(super) const LEAVE: &str = "leave";
/// Until when.
pub(super) const FINISH: &str = "finishBy";
/// From when.
pub(super) const FROM: &str = "from";
/// Where at the new provider.
pub(super) const REGION: &str = "region";
/// The group of the registry that is about the end of a service.
const EXIT: &str = "exit.";

/// The page around a body.
fn sheet(
    ctx: &PageContext,
    contract: &ContractPage,
    status: StatusCode,
    body: impl FnOnce() -> AnyView,
) -> Response {
    let words = ctx.words();
    let card = &contract.card;
    let home = format!("/contracts/{}", card.id);
    let title = words.moves_title(&card.service_name);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_services().to_owned(), "/services".to_owned()),
                (card.service_name.clone(), home),
            ])}
            {page_head(title, Some(words.moves_lead().to_owned()), vec![])}
            {body()}
        }
        .into_any()
    })
}

/// Why the service cannot be moved now.
pub(super) fn not_now(ctx: &PageContext, contract: &ContractPage) -> Response {
    let words = ctx.words();
    let home = format!("/contracts/{}", contract.card.id);
    let why = change::not_now(words, contract).unwrap_or_else(|| words.changes_fault_busy());
    sheet(ctx, contract, StatusCode::OK, || {
        view! {
            {notice(Kind::Note, words.changes_page_not_now(), view! { <p>{why}</p> }.into_any())}
            <p class="actions">{link_button(Look::Secondary, words.changes_page_back(), home)}</p>
        }
        .into_any()
    })
}

/// The offers that fit, each with the way to its plan.
pub(super) fn list(ctx: &PageContext, contract: &ContractPage, offers: &[RankedOffer]) -> Response {
    let words = ctx.words();
    let home = format!("/contracts/{}", contract.card.id);
    sheet(ctx, contract, StatusCode::OK, || {
        if offers.is_empty() {
            return view! {
                {empty(words.moves_none(), words.moves_none_text(), None)}
                <p class="actions">{link_button(Look::Secondary, words.changes_page_back(), home)}</p>
            }
            .into_any();
        }
        let columns = vec![
            Column::number(words.moves_rank()),
            Column::text(words.moves_offer()),
            Column::text(words.moves_provider()),
            Column::text(words.moves_regions()),
            Column::number(words.moves_price()),
            Column::text(words.moves_choose()),
        ];
        let rows = (1_u32..).zip(offers).map(|(rank, row)| offer_row(ctx, (&home, rank), row));
        let table = Table::new(words.moves_offers(), columns).rows(rows).view();
        let body = view! { <p>{words.moves_offers_text()}</p>{table} };
        section("offers", words.moves_offers(), body.into_any())
    })
}

fn offer_row(ctx: &PageContext, (home, rank): (&str, u32), row: &RankedOffer) -> Vec<AnyView> {
    let words = ctx.words();
    let card = &row.card;
    let title = ctx.locale.pick(&card.title_en, &card.title_ja).to_owned();
    let provider = ctx.locale.pick(&card.provider.name_en, &card.provider.name_ja).to_owned();
    let regions: Vec<_> = card.served.iter().map(|region| chip(region.clone())).collect();
    let price = match card.price {
        Some(price) => money(price.minor, price.currency.code()),
        None => words.contracts_price_none().into_any(),
    };
    let href = format!("{home}/move?offer={}", card.id);
    let name = words.moves_choose_named(&title);
    vec![
        rank.to_string().into_any(),
        view! { <a href=format!("/market/offers/{}", card.id)>{title}</a> }.into_any(),
        provider.into_any(),
        view! { <span class="chips">{regions}</span> }.into_any(),
        price,
        view! { <a class="button secondary" href=href aria-label=name>{words.moves_choose()}</a> }
            .into_any(),
    ]
}

/// The plan of one, and the form that confirms it.
pub(super) fn plan(
    ctx: &PageContext,
    contract: &ContractPage,
    (form, quote): (&FormState, &MoveQuote),
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let home = format!("/contracts/{}", contract.card.id);
    sheet(ctx, contract, status, || {
        view! {
            {error_summary(form, words)}
            {section("plan", words.moves_plan_title(), steps(ctx, quote))}
            {section("price", words.moves_cost_title(), prices(words, quote))}
            {section("compare", words.moves_compare_title(), compared(ctx, quote))}
            {section("exit", words.moves_exit_title(), exit(ctx, quote))}
            {section("decide", words.moves_ask_title(), decision(ctx, &home, form, quote))}
        }
        .into_any()
    })
}

fn compared(ctx: &PageContext, quote: &MoveQuote) -> AnyView {
    let words = ctx.words();
    if quote.changes.is_empty() {
        return view! { <p>{words.moves_compare_same()}</p> }.into_any();
    }
    changes(ctx, words.moves_compare_title(), &quote.changes)
}

fn steps(ctx: &PageContext, quote: &MoveQuote) -> AnyView {
    let words = ctx.words();
    let (en, ja) = &quote.provider_before;
    let new = &quote.ranked.card.provider;
    let from_to = words.moves_plan_from_to(
        ctx.locale.pick(en, ja),
        ctx.locale.pick(&new.name_en, &new.name_ja),
        &quote.after.plan.region,
    );
    // What cannot be is not told of.
    let may_carry = quote.can_carry != Some(false);
    let (cut, users) = match may_carry {
        true => (words.moves_plan_cut(), words.moves_plan_users()),
        false => (words.moves_plan_not_cut(), words.moves_plan_users_anew()),
    };
    let carried = may_carry
        .then(|| [words.moves_plan_link(), words.moves_plan_carry()])
        .into_iter()
        .flatten();
    let set_up =
        if quote.stays { words.moves_plan_set_up_beside() } else { words.moves_plan_set_up() };
    let lines: Vec<_> = std::iter::once(set_up)
        .chain(carried)
        .chain([words.moves_plan_empty(), words.moves_plan_switch(), words.moves_plan_leave()])
        .map(|line| view! { <li>{line}</li> })
        .collect();
    view! {
        <p>{from_to}</p>
        <ol class="what-happens">{lines}</ol>
        <p>{cut}</p>
        <p>{words.moves_plan_undone()}</p>
        <p>{users}</p>
    }
    .into_any()
}

fn prices(words: Words, quote: &MoveQuote) -> AnyView {
    let (before, after) = (quote.before.price, quote.after.price);
    let a_month = |amount: Money| {
        view! { {money(amount.minor, amount.currency.code())}" "{words.changes_page_month()} }
            .into_any()
    };
    let mut facts = vec![
        (words.moves_cost_now().to_owned(), a_month(before)),
        (words.moves_cost_then().to_owned(), a_month(after)),
    ];
    if let Some(more) = quote.more_minor {
        let more = Money::new(more, after.currency);
        facts.push((words.moves_cost_difference().to_owned(), a_month(more)));
    }
    let once = match quote.once {
        Some(once) => money(once.minor, once.currency.code()),
        None => words.prices_once_none_move().into_any(),
    };
    facts.push((words.prices_once_section().to_owned(), once));
    let said = |amount: Money| format::money(amount.minor, amount.currency.code());
    view! { {definitions(facts)}<p>{words.moves_cost_both(said(before), said(after))}</p> }
        .into_any()
}

/// What the offer that was signed says of its end.
fn exit(ctx: &PageContext, quote: &MoveQuote) -> AnyView {
    let words = ctx.words();
    let items = sla::registry().items().iter().filter(|item| item.key.starts_with(EXIT));
    let facts: Vec<(String, AnyView)> = items
        .filter_map(|item| quote.signed.item(&item.key))
        .map(|item| {
            let label = text::item_label(ctx.locale, &item.item);
            (label, text::promise(ctx.locale, item).into_any())
        })
        .collect();
    if facts.is_empty() {
        return view! { <p>{words.moves_exit_nothing()}</p> }.into_any();
    }
    definitions(facts)
}

fn decision(ctx: &PageContext, home: &str, form: &FormState, quote: &MoveQuote) -> AnyView {
    let words = ctx.words();
    let price = Charges { month: quote.after.price, once: quote.once };
    let shown = format!("{} {}", quote.after.offer_version, charges::shown_text(&price.into()));
    let key = shown_again(form.value("key"));
    let choice = RadioGroup::new(DATA, words.moves_ask_data());
    let choice = match quote.can_carry {
        Some(false) => choice,
        _ => choice.option_about(CARRY, words.moves_ask_carry(), words.moves_ask_carry_about()),
    };
    let choice = choice.option_about(LEAVE, words.moves_ask_leave(), words.moves_ask_leave_about());
    let told = match quote.can_carry {
        Some(true) => None,
        Some(false) => {
            let text = view! { <p>{no_way(ctx, quote)}</p> }.into_any();
            Some(notice(Kind::Attention, words.moves_ask_cannot(), text))
        }
        None => Some(notice(Kind::Note, words.moves_ask_unsure(), ().into_any())),
    };
    view! {
        <form class="form" method="post" action=format!("{home}/move")>
            <input type="hidden" name="key" value=key/>
            <input type="hidden" name="offer" value=quote.after.offer.to_string()/>
            <input type="hidden" name="shown" value=shown/>
            {told}
            {choice.of(form).view()}
            {regions(words, form, quote)}
            {Field::moment(FINISH, words.moves_ask_finish()).hint(words.moves_ask_finish_hint()).of(form).view()}
            {Field::moment(FROM, words.moves_ask_from()).hint(words.moves_ask_from_hint()).of(form).view()}
            <div class="actions">
                {Button::primary(words.moves_ask_confirm()).view()}
                {link_button(Look::Secondary, words.moves_other(), format!("{home}/move"))}
                {link_button(Look::Quiet, words.common_cancel(), home.to_owned())}
            </div>
        </form>
    }
    .into_any()
}

/// Why data cannot come along: from cloud to cloud, or within the one of the provider.
fn no_way(ctx: &PageContext, quote: &MoveQuote) -> String {
    let words = ctx.words();
    if quote.stays {
        let new = &quote.ranked.card.provider;
        return words.moves_ask_cannot_text_own(ctx.locale.pick(&new.name_en, &new.name_ja));
    }
    words.moves_ask_cannot_text().to_owned()
}

/// A choice where the offer is made in several regions that its cloud has.
fn regions(words: Words, form: &FormState, quote: &MoveQuote) -> AnyView {
    let served = &quote.ranked.card.served;
    let region = &quote.after.plan.region;
    if served.len() < 2 {
        return view! { <input type="hidden" name=REGION value=region.clone()/> }.into_any();
    }
    let choice = Select::new(REGION, words.moves_ask_region()).of(form);
    let choice = served.iter().fold(choice, |choice, each| choice.option(each, each));
    choice.chosen([region.clone()]).view()
}
