//! The contracts that a provider delivers, and the notice by which it ends one of them.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    contracts::{DeliveredContract, GiveNotice, TerminationView},
};
use domain::{ContractId, Timestamp};
use leptos::prelude::*;

use super::{Part, parts, rating};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfProvider,
    contracts::{read_moment, state_word},
    form::FormState,
    format,
    layout::fail,
    render::{Page, Width, page, redirect},
    ui::{
        Button, Column, Field, Kind, Look, Table, breadcrumbs, definitions, empty, error_summary,
        link_button, money, notice, page_head, pagination, section, time,
    },
};

const AT: &str = "/provider/contracts";
/// The fields.
const ENDS: &str = "ends";
const REASON: &str = "reason";
/// An hour, in microseconds: both zones in which moments are typed are whole hours apart.
const HOUR_US: i64 = 3_600 * 1_000_000;
/// Time for reading and filling in, during which the earliest end moves on.
const READING_US: i64 = HOUR_US / 4;
/// Contracts of one page.
const ROWS: u32 = 50;

pub(super) async fn list(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    let cursor = query.filled("cursor");
    let found = match state.broker.delivered_contracts(&ctx.op(), cursor, ROWS).await {
        Ok(found) => found,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    page(&ctx, Page::new(words.notice_list_title()).private(), || {
        let body = if found.items.is_empty() {
            empty(words.notice_list_none(), words.notice_list_none_text(), None)
        } else {
            table(&ctx, &found.items)
        };
        let first = cursor.map(|_| AT.to_owned());
        let next = found.next.as_ref().map(|cursor| format!("{AT}?cursor={cursor}"));
        view! {
            {page_head(words.notice_list_title(), Some(words.notice_list_lead().to_owned()), vec![])}
            {parts(words, Part::Contracts)}
            {body}
            {pagination(words, first, next)}
        }
        .into_any()
    })
}

fn table(ctx: &PageContext, items: &[DeliveredContract]) -> AnyView {
    let words = ctx.words();
    let heads = vec![
        Column::text(words.notice_list_service()),
        Column::text(words.notice_list_customer()),
        Column::text(words.contracts_page_state()),
        Column::number(words.contracts_price_title()),
        Column::text(words.contracts_page_signed()),
        Column::text(words.notice_list_end()),
    ];
    let rows = items.iter().map(|one| {
        let href = format!("{AT}/{}", one.id);
        let end = match pending(one) {
            Some(pending) => {
                words.notice_list_given(format::exact_time(ctx.locale, pending.ends_at.0))
            }
            None => words.notice_list_no_notice().to_owned(),
        };
        vec![
            view! { <a href=href>{one.service_name.clone()}</a> }.into_any(),
            one.customer.clone().into_any(),
            state_word(words, one.state).into_any(),
            money(one.price.minor, one.price.currency.code()),
            time(ctx, one.signed_at.0),
            end.into_any(),
        ]
    });
    Table::new(words.notice_list_title(), heads).rows(rows).view()
}

/// The notice that is given and not withdrawn.
fn pending(one: &DeliveredContract) -> Option<&TerminationView> {
    one.termination.as_ref().filter(|last| last.state == "pending")
}

pub(super) async fn show(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    match read(&ctx, &state, &id).await {
        Ok(one) => {
            let form = FormState::empty().with(ENDS, usual_end(&ctx, &one));
            sheet(&ctx, &state, &one, &form, StatusCode::OK).await
        }
        Err(refusal) => *refusal,
    }
}

/// The page once more, with what was typed and what is wrong with it.
pub(super) async fn again(
    ctx: &PageContext,
    state: &AppState,
    id: ContractId,
    form: &FormState,
    status: StatusCode,
) -> Response {
    match state.broker.delivered_contract(&ctx.op(), id).await {
        Ok(one) => sheet(ctx, state, &one, form, status).await,
        Err(error) => fail(ctx, error),
    }
}

async fn read(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
) -> Result<DeliveredContract, Box<Response>> {
    let id: Result<ContractId, _> = id.parse();
    let found = match id {
        Ok(id) => state.broker.delivered_contract(&ctx.op(), id).await,
        Err(_) => Err(BrokerError::NotFound { what: "contract" }),
    };
    found.map_err(|error| Box::new(fail(ctx, error)))
}

pub(super) async fn end(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let one = match read(&ctx, &state, &id).await {
        Ok(one) => one,
        Err(refusal) => return *refusal,
    };
    let words = ctx.words();
    if form.value("step") == "withdraw" {
        return match state.broker.withdraw_notice(&ctx.op(), one.id).await {
            Ok(()) => done(&one, words.notice_withdrawn()),
            Err(error) => fail(&ctx, error),
        };
    }
    let ends_at = read_moment(&ctx, &mut form, ENDS);
    if ends_at.is_none() && form.is_sound() {
        form.fail(ENDS, words.notice_ends_needed());
    }
    let Some(ends_at) = ends_at else {
        return sheet(&ctx, &state, &one, &form, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let wish = GiveNotice { ends_at, reason: form.value(REASON).to_owned() };
    match state.broker.give_notice(&ctx.op(), one.id, &wish).await {
        Ok(()) => done(&one, words.notice_given()),
        Err(BrokerError::Invalid(faults)) => {
            for fault in faults {
                match fault.pointer.as_str() {
                    "/reason" => form.fail(REASON, words.notice_reason_allowed()),
                    _ => form.fail(ENDS, words.notice_ends_allowed(earliest(&ctx, &one))),
                }
            }
            sheet(&ctx, &state, &one, &form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(BrokerError::Conflict { .. }) => {
            let note = (FlashKind::Note, words.notice_over().to_owned());
            redirect(&format!("{AT}/{}", one.id), Some(note))
        }
        Err(error) => fail(&ctx, error),
    }
}

fn done(one: &DeliveredContract, text: &str) -> Response {
    redirect(&format!("{AT}/{}", one.id), Some((FlashKind::Done, text.to_owned())))
}

/// The first full hour that is lawful still when the form was read and filled in; empty where there is none.
fn usual_end(ctx: &PageContext, one: &DeliveredContract) -> String {
    let Some(earliest) = one.earliest else { return String::new() };
    let hours = earliest.0.saturating_add(READING_US).div_euclid(HOUR_US).saturating_add(1);
    format::field_moment(ctx.locale, hours.saturating_mul(HOUR_US))
}

fn earliest(ctx: &PageContext, one: &DeliveredContract) -> String {
    one.earliest.map(|at| format::exact_time(ctx.locale, at.0)).unwrap_or_default()
}

async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    one: &DeliveredContract,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let rating = match state.broker.received_rating(&ctx.op(), one.id).await {
        Ok(rating) => rating,
        Err(error) => return fail(ctx, error),
    };
    let title = one.service_name.clone();
    let above = (words.notice_list_title().to_owned(), AT.to_owned());
    page(ctx, Page::new(title.clone()).status(status).width(Width::Reading).private(), || {
        view! {
            {breadcrumbs(words, vec![above])}
            {page_head(title, Some(words.notice_lead(&one.customer)), vec![])}
            {error_summary(form, words)}
            {facts(ctx, one)}
            {action(ctx, one, form)}
            {rating::part(ctx, one.id, rating.as_ref(), form)}
        }
        .into_any()
    })
}

fn facts(ctx: &PageContext, one: &DeliveredContract) -> AnyView {
    let words = ctx.words();
    let offer = ctx.locale.pick(&one.offer_title_en, &one.offer_title_ja).to_owned();
    let span = format::duration(ctx.locale, one.notice.notice_us);
    let promised = match one.notice.signed {
        true => words.notice_signed(span),
        false => words.notice_of_market(span),
    };
    let mut facts = vec![
        (words.contracts_page_state().to_owned(), state_word(words, one.state).into_any()),
        (
            words.contracts_offer_title().to_owned(),
            format!("{offer} {}", words.contracts_offer_version(one.offer_version)).into_any(),
        ),
        (words.notice_promised().to_owned(), promised.into_any()),
    ];
    if let Some(at) = one.earliest {
        facts.push((words.notice_earliest().to_owned(), moment(ctx, at)));
    }
    definitions(facts)
}

fn moment(ctx: &PageContext, at: Timestamp) -> AnyView {
    let text = format::exact_time(ctx.locale, at.0);
    view! { <time datetime=format::machine_time(at.0)>{text}</time> }.into_any()
}

/// What can be done: give notice, take it back, or nothing any more.
fn action(ctx: &PageContext, one: &DeliveredContract, form: &FormState) -> AnyView {
    let words = ctx.words();
    let at = format!("{AT}/{}/end", one.id);
    if let Some(pending) = pending(one) {
        let body = view! {
            <p>{words.notice_pending_text(format::exact_time(ctx.locale, pending.ends_at.0))}</p>
            <p>{pending.reason.clone()}</p>
            <form method="post" action=at>
                {Button::secondary(words.notice_withdraw()).sends("step", "withdraw").view()}
            </form>
        };
        return notice(Kind::Attention, words.notice_pending(), body.into_any());
    }
    if one.earliest.is_none() {
        let back = link_button(Look::Secondary, words.notice_list_title(), AT);
        return view! { <p>{words.notice_over()}</p>{back} }.into_any();
    }
    let fields = view! {
        <p>{words.notice_explain()}</p>
        <form class="form" method="post" action=at>
            {Field::moment(ENDS, words.notice_ends()).hint(words.notice_ends_hint(earliest(ctx, one))).of(form).required().view()}
            {Field::area(REASON, words.notice_reason(), 3).hint(words.notice_reason_hint()).of(form).required().view()}
            <p class="actions">{Button::new(Look::Danger, words.notice_give()).sends("step", "give").view()}</p>
        </form>
    };
    section("notice", words.notice_give_title(), fields.into_any())
}
