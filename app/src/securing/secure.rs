//! Securing more room for a running service: the form, and how each search went, place by place.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::BrokerError;
use broker::contracts::{AtOnce, ContractPage};
use broker::securing::{RoomAnswer, SecureRequest, SecureRow, SecuringView, StandbyView};
use domain::{ContractId, ContractState, Currency, Money, Role, SecuringId};
use leptos::prelude::*;

use crate::{
    AppState, FlashKind, PageContext,
    account::{OfCustomer, guard},
    contracts::state::{reason, state_badge},
    fault::fault_text,
    form::FormState,
    layout::{error_page::error_page, fail},
    market::text,
    render::{Page, page, redirect},
    ui::{
        Button, Column, Field, Table, Views, breadcrumbs, definitions, empty, error_summary, money,
        page_head, time,
    },
    words::Words,
};

/// The way from a service's page.
pub(super) fn way(words: Words, id: ContractId) -> AnyView {
    let href = format!("/contracts/{id}/secure");
    view! { <p><a href=href>{words.securing_more_link()}</a></p> }.into_any()
}

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse_strangers(&ctx) {
        return refusal;
    }
    let Ok(id) = id.parse::<ContractId>() else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    let key = domain_key(&ctx);
    let form = FormState::empty().with("instances", "1").with("key", key);
    answer(&ctx, &state, id, &form, StatusCode::OK).await
}

/// A key of its own for each time the form is shown: sent twice, it asks once.
fn domain_key(ctx: &PageContext) -> String {
    format!("page-{}", ctx.now)
}

async fn answer(
    ctx: &PageContext,
    state: &AppState,
    id: ContractId,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let contract = match state.broker.contract(&ctx.op(), id).await {
        Ok(contract) => contract,
        Err(error) => return fail(ctx, error),
    };
    let standby = match super::standby::of_contract(ctx, state, &contract).await {
        Ok(standby) => standby,
        Err(error) => return fail(ctx, error),
    };
    match state.broker.securings(&ctx.op(), id).await {
        Ok(all) => sheet(ctx, (&contract, standby.as_ref()), &all, form, status),
        Err(error) => fail(ctx, error),
    }
}

fn sheet(
    ctx: &PageContext,
    (contract, standby): (&ContractPage, Option<&StandbyView>),
    all: &[SecuringView],
    form: &FormState,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let name = contract.card.service_name.clone();
    let title = words.securing_more_title();
    page(ctx, Page::new(format!("{title}: {name}")).status(status).private(), || {
        let own = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer);
        let may = own && contract.card.state == ContractState::Active;
        let searches: Views = all.iter().map(|view| search(ctx, view, own)).collect();
        let none = all
            .is_empty()
            .then(|| empty(words.securing_more_none(), words.securing_more_none_text(), None));
        view! {
            {breadcrumbs(words, vec![(name, format!("/contracts/{}", contract.card.id))])}
            {page_head(title, Some(words.securing_more_lead().to_owned()), vec![])}
            {error_summary(form, words)}
            {may.then(|| beforehand(ctx, standby))}
            {may.then(|| ask(words, contract, form))}
            {searches}
            {none}
        }
        .into_any()
    })
}

/// What booking costs at clouds that hold nothing, as they last said, before anybody is asked.
fn beforehand(ctx: &PageContext, standby: Option<&StandbyView>) -> Vec<AnyView> {
    let words = ctx.words();
    let mut told = Vec::new();
    for row in standby.into_iter().flat_map(|view| &view.rows) {
        let Some(terms) = row.at_once else { continue };
        let provider = &row.card.provider;
        let provider = ctx.locale.pick(&provider.name_en, &provider.name_ja);
        let line = words.securing_more_beforehand(provider, at_once_text(words, terms));
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told.into_iter().map(|line| view! { <p>{line}</p> }.into_any()).collect()
}

fn at_once_text(words: Words, terms: AtOnce) -> String {
    match terms.cancel_charge {
        Some(charge) => {
            words.securing_more_at_once(crate::format::money(charge.minor, charge.currency.code()))
        }
        None => words.securing_more_at_once_free().to_owned(),
    }
}

fn ask(words: Words, contract: &ContractPage, form: &FormState) -> AnyView {
    let action = format!("/contracts/{}/secure", contract.card.id);
    let code = contract.card.price.currency.code();
    view! {
        <form class="form" method="post" action=action>
            <input type="hidden" name="key" value=form.value("key").to_owned()/>
            {Field::number("instances", words.securing_more_instances()).of(form).required().range(Some("1"), Some("16"), None).narrow().view()}
            {Field::number("limit", words.securing_more_limit()).hint(words.securing_more_limit_hint()).of(form).unit(code).narrow().view()}
            <p class="actions">{Button::primary(words.securing_more_button()).view()}</p>
        </form>
    }
    .into_any()
}

/// One search with its trace.
fn search(ctx: &PageContext, view: &SecuringView, own: bool) -> AnyView {
    let words = ctx.words();
    let said = match (view.state.as_str(), &view.failure) {
        ("searching", _) => words.securing_more_searching().to_owned(),
        (_, Some(code)) => words.securing_more_failed(reason(words, code)),
        _ => words.securing_more_secured().to_owned(),
    };
    let columns = vec![
        Column::number(words.securing_more_rank()),
        Column::text(words.securing_standby_offer()),
        Column::text(words.securing_standby_place()),
        Column::text(words.securing_firm_answer()),
        Column::number(words.securing_more_taken()),
    ];
    let rows = view.rows.iter().map(|row| trace(ctx, row));
    let caption = words.securing_more_of(view.instances);
    let table = Table::new(caption.clone(), columns).rows(rows).view();
    let parts: Vec<(String, AnyView)> = view
        .parts
        .iter()
        .map(|part| {
            let href = format!("/contracts/{}", part.id);
            let price = money(part.price.minor, part.price.currency.code());
            let body = view! { {state_badge(words, part)}" "{price}" "{words.contracts_price_month()}" "<a href=href>{words.securing_more_part()}</a> };
            (part.service_name.clone(), body.into_any())
        })
        .collect();
    let runs = view.parts.iter().any(|part| part.state == ContractState::Active);
    let back = (own && runs).then(|| {
        let action = format!("/securings/{}/give-back", view.id);
        view! {
            <form method="post" action=action>
                <p class="actions">{Button::danger(words.securing_more_give_back()).named(format!("{}: {caption}", words.securing_more_give_back())).view()}</p>
            </form>
        }
    });
    let parts = (!parts.is_empty()).then(|| definitions(parts));
    view! {
        <section class="section">
            <h2>{caption}" "{time(ctx, view.created_at.0)}</h2>
            <p>{said}</p>
            {table}
            {parts}
            {back}
        </section>
    }
    .into_any()
}

/// One place: rank 0 is the service's own.
fn trace(ctx: &PageContext, row: &SecureRow) -> Views {
    let words = ctx.words();
    let (place, card) = (&row.place, &row.card);
    let title = ctx.locale.pick(&card.title_en, &card.title_ja);
    let provider = ctx.locale.pick(&card.provider.name_en, &card.provider.name_ja);
    let answer = match &place.answer {
        RoomAnswer::NotAsked => words.securing_more_not_needed().to_owned(),
        RoomAnswer::Silent => words.securing_answer_silent().to_owned(),
        RoomAnswer::Refused(code) => words.securing_answer_refused(reason(words, code)),
        RoomAnswer::Room(0) => words.securing_answer_full().to_owned(),
        RoomAnswer::Room(count) => words.securing_more_room(*count),
    };
    let answer = match place.at_once() {
        Some(terms) => words.securing_more_also(answer, at_once_text(words, terms)),
        None => answer,
    };
    vec![
        crate::ui::number(i64::from(place.candidate.rank)),
        words.securing_firm_offer(title, provider).into_any(),
        text::region(words, &place.candidate.region, &place.candidate.country).into_any(),
        answer.into_any(),
        crate::ui::number(place.taken),
    ]
}

pub(super) async fn send(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let Ok(id) = id.parse::<ContractId>() else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    let words = ctx.words();
    let currency = match state.broker.contract(&ctx.op(), id).await {
        Ok(contract) => contract.card.price.currency,
        Err(error) => return fail(&ctx, error),
    };
    let instances = sla::half_width(form.value("instances")).trim().parse::<i64>();
    let limit = limit(&form, currency);
    if instances.is_err() {
        form.fail("instances", words.securing_more_instances_wrong());
    }
    if limit.is_err() {
        form.fail("limit", words.securing_more_limit_wrong());
    }
    let (Ok(instances), Ok(limit)) = (instances, limit) else {
        return answer(&ctx, &state, id, &form, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let idempotency_key = form.value("key").chars().take(100).collect();
    let request = SecureRequest { instances, strategy: None, limit, idempotency_key };
    match state.broker.secure(&ctx.op(), id, &request).await {
        Ok(_) => redirect(&format!("/contracts/{id}/secure"), None),
        Err(BrokerError::Invalid(faults)) => {
            for fault in faults {
                form.fail("instances", fault_text(words, &fault));
            }
            answer(&ctx, &state, id, &form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(BrokerError::Conflict { code, .. }) => {
            let text = match code {
                "securing_under_way" => words.securing_more_under_way(),
                _ => words.securing_more_not_running(),
            };
            redirect(&format!("/contracts/{id}/secure"), Some((FlashKind::Note, text.to_owned())))
        }
        Err(error) => fail(&ctx, error),
    }
}

/// A whole amount in the currency of the service; `None` where nothing was typed.
fn limit(form: &FormState, currency: Currency) -> Result<Option<Money>, ()> {
    let typed = sla::half_width(form.value("limit")).replace(',', "");
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let whole = typed.trim().parse::<i64>().map_err(drop)?;
    let digits = crate::format::minor_digits(currency.code());
    let minor = 10_i64.checked_pow(digits).and_then(|unit| whole.checked_mul(unit)).ok_or(())?;
    if minor < 0 { Err(()) } else { Ok(Some(Money::new(minor, currency))) }
}

pub(super) async fn give_back(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<SecuringId>() else {
        return error_page(&ctx, StatusCode::NOT_FOUND);
    };
    let contract = match state.broker.securing(&ctx.op(), id).await {
        Ok(view) => view.contract,
        Err(error) => return fail(&ctx, error),
    };
    match state.broker.give_back_secured(&ctx.op(), id).await {
        Ok(()) => {
            let text = ctx.words().securing_more_given_back().to_owned();
            redirect(&format!("/contracts/{contract}/secure"), Some((FlashKind::Done, text)))
        }
        Err(error) => fail(&ctx, error),
    }
}
