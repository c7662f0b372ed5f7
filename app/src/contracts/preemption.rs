//! What a customer agrees to so that a lifeline may take room of its service, and what was taken.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    contracts::{ContractCard, ContractPage},
    preemption::{
        AgreePreemption, ConsentView, NOTICE_USUAL_US, PreemptionRow, PreemptionView, RoomGot,
    },
};
use domain::{ContractId, PreemptionState, Role};
use leptos::prelude::*;

use super::own::{own_contract, own_id};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    fault::{note_faults, status_of},
    form::FormState,
    format,
    layout::fail,
    render::{Page, page, redirect},
    ui::{
        Button, Column, Field, Kind, Look, Table, breadcrumbs, error_summary, link_button, money,
        notice, page_head, section, time,
    },
    words::Words,
};

/// The field with the notice, and that with the machines that stay.
const NOTICE: &str = "noticeSeconds";
const KEEP: &str = "keepInstances";
/// The field that says what is wanted.
const STEP: &str = "step";
const WITHDRAW: &str = "withdraw";
const HASTEN: &str = "hasten";
const STOP: &str = "stop";
/// Microseconds of a second.
const SECOND_US: i64 = 1_000_000;

pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    let contract = match own_contract(&ctx, &state, &id).await {
        Ok(contract) => contract,
        Err(refusal) => return *refusal,
    };
    match state.broker.preemption(&ctx.op(), contract.card.id).await {
        Ok(view) => sheet(&ctx, &contract.card, &view, &filled(&view), StatusCode::OK),
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn answer(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let id = match own_id(&ctx, &id) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let (words, op) = (ctx.words(), ctx.op());
    let own = format!("/contracts/{id}/preemption");
    match form.value(STEP) {
        WITHDRAW => {
            let done = state.broker.withdraw_preemption(&op, id).await;
            told(&ctx, done, &own, (words.preempt_withdrawn(), words.preempt_over()))
        }
        HASTEN => {
            let done = state.broker.hasten_preemption(&op, id).await;
            let back = format!("/contracts/{id}");
            told(&ctx, done, &back, (words.preempt_page_hastened(), words.preempt_page_nothing()))
        }
        STOP => {
            let done = state.broker.release(&op, id).await;
            let back = format!("/contracts/{id}");
            told(&ctx, done, &back, (words.preempt_page_stopped(), words.preempt_page_nothing()))
        }
        _ => agree(&ctx, &state, id, form).await,
    }
}

fn told(
    ctx: &PageContext,
    done: Result<(), BrokerError>,
    back: &str,
    (well, not): (&str, &str),
) -> Response {
    match done {
        Ok(()) => redirect(back, Some((FlashKind::Done, well.to_owned()))),
        Err(BrokerError::Conflict { .. }) => {
            redirect(back, Some((FlashKind::Note, not.to_owned())))
        }
        Err(error) => fail(ctx, error),
    }
}

async fn agree(
    ctx: &PageContext,
    state: &AppState,
    id: ContractId,
    mut form: FormState,
) -> Response {
    let words = ctx.words();
    let view = match state.broker.preemption(&ctx.op(), id).await {
        Ok(view) => view,
        Err(error) => return fail(ctx, error),
    };
    let most = view.instances - 1;
    let number = |name: &str| sla::half_width(form.value(name)).trim().parse::<i64>().ok();
    let (seconds, keep) = (number(NOTICE), number(KEEP));
    let wish = AgreePreemption {
        notice_us: seconds.unwrap_or(-1).saturating_mul(SECOND_US),
        keep_instances: keep.unwrap_or(-1),
    };
    let error = match state.broker.agree_preemption(&ctx.op(), id, wish).await {
        Ok(()) => {
            let own = format!("/contracts/{id}/preemption");
            return redirect(&own, Some((FlashKind::Done, words.preempt_done().to_owned())));
        }
        Err(error) => error,
    };
    match &error {
        BrokerError::Invalid(faults) => {
            for fault in faults {
                match fault.pointer.as_str() {
                    "/noticeSeconds" => form.fail(NOTICE, words.preempt_notice_allowed()),
                    _ => form.fail(KEEP, words.preempt_keep_allowed(most)),
                }
            }
        }
        BrokerError::Conflict { code: "lifeline", .. } => {
            form.fail("", words.preempt_is_lifeline());
        }
        BrokerError::Conflict { .. } => form.fail("", words.preempt_over()),
        error if note_faults(&mut form, words, error) => {}
        _ => return fail(ctx, error),
    }
    match state.broker.contract(&ctx.op(), id).await {
        Ok(contract) => sheet(ctx, &contract.card, &view, &form, status_of(&error)),
        Err(error) => fail(ctx, error),
    }
}

/// What is agreed now, or what is proposed.
fn filled(view: &PreemptionView) -> FormState {
    let agreed = view.consent.map(|consent| consent.agreed);
    let seconds = agreed.map_or(NOTICE_USUAL_US, |agreed| agreed.notice_us) / SECOND_US;
    let keep = agreed.map_or(0, |agreed| agreed.keep_instances);
    FormState::empty().with(NOTICE, seconds.to_string()).with(KEEP, keep.to_string())
}

fn sheet(
    ctx: &PageContext,
    card: &ContractCard,
    view: &PreemptionView,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let home = format!("/contracts/{}", card.id);
    let title = words.preempt_title(&card.service_name);
    let lead = match view.obstacle {
        Some("lifeline") => words.preempt_is_lifeline(),
        _ => words.preempt_lead(),
    };
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        let lifeline = view.obstacle == Some("lifeline");
        let gave = (!lifeline).then(|| {
            let rows = view.gave.iter().map(|row| Shown::gave(words, row)).collect();
            let said = [words.preempt_gave(), words.preempt_kept(), words.preempt_owed_to_you()];
            let body = table(ctx, rows, said);
            let body = body.unwrap_or_else(|| nothing(words.preempt_gave_none()));
            section("gave", words.preempt_gave(), body)
        });
        let got = (lifeline || !view.got.is_empty()).then(|| {
            let rows = view.got.iter().map(|row| Shown::got(words, row)).collect();
            let said = [words.preempt_got(), words.preempt_given(), words.preempt_you_owe()];
            let body = table(ctx, rows, said);
            let body = body.unwrap_or_else(|| nothing(words.preempt_got_none()));
            section("got", words.preempt_got(), body)
        });
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_services().to_owned(), "/services".to_owned()),
                (card.service_name.clone(), home.clone()),
            ])}
            {page_head(title, Some(lead.to_owned()), vec![])}
            {error_summary(form, words)}
            {(!lifeline).then(|| {
                let body = consent(ctx, card, view, form);
                section("agree", words.preempt_agree_title(), body)
            })}
            {gave}
            {got}
        }
        .into_any()
    })
}

fn nothing(text: &'static str) -> AnyView {
    view! { <p>{text}</p> }.into_any()
}

/// What is agreed, and the form that changes it.
fn consent(
    ctx: &PageContext,
    card: &ContractCard,
    view: &PreemptionView,
    form: &FormState,
) -> AnyView {
    let words = ctx.words();
    let action = format!("/contracts/{}/preemption", card.id);
    let stands = match &view.consent {
        Some(consent) => {
            let withdraw = Button::secondary(words.preempt_withdraw()).sends(STEP, WITHDRAW).view();
            view! {
                <p>{agreed(ctx, consent)}</p>
                <p class="hint">{words.preempt_agreed_at()}" "{time(ctx, consent.agreed_at.0)}</p>
                <form method="post" action=action.clone()>{withdraw}</form>
            }
            .into_any()
        }
        None => nothing(words.preempt_none()),
    };
    if view.obstacle.is_some() {
        return view! { {stands}<p>{words.preempt_over()}</p> }.into_any();
    }
    let percent = view.consent.map_or(view.percent, |consent| consent.percent);
    let hour = view.first_hour.map(|hour| {
        let amount = format::money(hour.minor, hour.currency.code());
        view! { " "{words.preempt_first_hour(amount)} }
    });
    let send = match view.consent {
        Some(_) => words.preempt_change(),
        None => words.preempt_agree(),
    };
    view! {
        {stands}
        <p>{words.preempt_paid(percent)}{hour}</p>
        <form class="form" method="post" action=action>
            {Field::number(NOTICE, words.preempt_notice()).unit(words.preempt_notice_unit())
                .hint(words.preempt_notice_hint()).range(Some("60"), Some("3600"), Some("1")).of(form).required().view()}
            {keep_field(words, view, form)}
            <div class="actions">
                {Button::primary(send).sends(STEP, "agree").view()}
                {link_button(Look::Quiet, words.preempt_back(), format!("/contracts/{}", card.id))}
            </div>
        </form>
    }
    .into_any()
}

/// Where there is one machine there is nothing to choose.
fn keep_field(words: Words, view: &PreemptionView, form: &FormState) -> AnyView {
    let most = view.instances - 1;
    if most == 0 {
        return view! {
            <input type="hidden" name=KEEP value="0"/>
            <p>{words.preempt_keep_one()}</p>
        }
        .into_any();
    }
    Field::number(KEEP, words.preempt_keep())
        .hint(words.preempt_keep_hint(most))
        .range(Some("0"), Some(&most.to_string()), Some("1"))
        .of(form)
        .required()
        .view()
}

fn agreed(ctx: &PageContext, consent: &ConsentView) -> String {
    let words = ctx.words();
    let notice = format::duration(ctx.locale, consent.agreed.notice_us);
    match consent.agreed.keep_instances {
        0 => words.preempt_agreed_none(notice),
        keep => words.preempt_agreed(notice, words.preempt_machines(keep)),
    }
}

fn state_word(words: Words, state: PreemptionState) -> &'static str {
    match state {
        PreemptionState::Noticed => words.preempt_state_noticed(),
        PreemptionState::Taking => words.preempt_state_taking(),
        PreemptionState::Taken => words.preempt_state_taken(),
        PreemptionState::Returning => words.preempt_state_returning(),
        PreemptionState::Returned => words.preempt_state_returned(),
        PreemptionState::CalledOff => words.preempt_state_called_off(),
        PreemptionState::Failed => words.preempt_state_failed(),
        PreemptionState::Ended => words.preempt_state_ended(),
    }
}

/// A row of the table of what was given or got.
struct Shown {
    state: PreemptionState,
    machines: String,
    noticed_at: domain::Timestamp,
    lasted: (Option<domain::Timestamp>, Option<domain::Timestamp>),
    owed: Option<domain::Money>,
}

impl Shown {
    fn gave(words: Words, row: &PreemptionRow) -> Self {
        Self {
            state: row.state,
            machines: words.preempt_kept_of(row.keep_instances, row.instances),
            noticed_at: row.noticed_at,
            lasted: (row.begun_at, row.ended_at),
            owed: row.owed,
        }
    }

    fn got(words: Words, row: &RoomGot) -> Self {
        Self {
            state: row.state,
            machines: words.preempt_machines(row.machines),
            noticed_at: row.noticed_at,
            lasted: (row.begun_at, row.ended_at),
            owed: row.owed,
        }
    }
}

/// What was given or got, as a table; nothing where there was nothing.
fn table(
    ctx: &PageContext,
    rows: Vec<Shown>,
    [caption, machines, owed]: [&'static str; 3],
) -> Option<AnyView> {
    let words = ctx.words();
    if rows.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text(words.contracts_page_state()),
        Column::text(machines),
        Column::text(words.preempt_noticed_at()),
        Column::text(words.preempt_from()),
        Column::text(words.preempt_to()),
        Column::number(owed),
    ];
    let moment = |at: Option<domain::Timestamp>, over: bool| {
        let none = if over { words.preempt_absent() } else { words.preempt_not_yet() };
        at.map_or_else(|| none.into_any(), |at| time(ctx, at.0))
    };
    let rows = rows.into_iter().map(|row| {
        let (begun, ended) = row.lasted;
        vec![
            state_word(words, row.state).into_any(),
            row.machines.into_any(),
            time(ctx, row.noticed_at.0),
            moment(begun, begun.is_none()),
            moment(ended, begun.is_none()),
            row.owed.map_or_else(
                || words.preempt_absent().into_any(),
                |owed| money(owed.minor, owed.currency.code()),
            ),
        ]
    });
    Some(Table::new(caption, columns).rows(rows).view())
}

/// What the contract's page says while others make room for it.
pub(super) fn awaited(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    let words = ctx.words();
    let until = contract.awaited.iter().map(|row| row.due_at).max()?;
    let own = format!("/contracts/{}", contract.card.id);
    let stop = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer).then(|| {
        let button = Button::secondary(words.preempt_page_awaits_stop()).sends(STEP, STOP).view();
        view! { <form method="post" action=format!("{own}/preemption")>{button}</form> }
    });
    let at = format::exact_time(ctx.locale, until.0);
    let body = view! {
        <p>{words.preempt_page_awaits_until(at)}" "{words.preempt_page_awaits_owed(domain::COMPENSATION_PERCENT)}</p>
        <p><a href=format!("{own}/preemption")>{words.preempt_open()}</a></p>
        {stop}
    };
    Some(notice(Kind::Attention, words.preempt_page_awaits(), body.into_any()))
}

/// What the contract's page says while room is about to be taken, or is.
pub(super) fn standing(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    let words = ctx.words();
    let row = contract.preemption?;
    let own = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer);
    if row.state == PreemptionState::Noticed {
        let at = format::exact_time(ctx.locale, row.due_at.0);
        let ready = own.then(|| {
            let button = Button::secondary(words.preempt_page_now()).sends(STEP, HASTEN).view();
            let action = format!("/contracts/{}/preemption", contract.card.id);
            view! { <form method="post" action=action>{button}</form> }
        });
        let body = view! { <p>{words.preempt_page_noticed_text()}</p>{ready} };
        let title = words.preempt_page_noticed(at);
        return Some(notice(Kind::Attention, title, body.into_any()));
    }
    let since = row.begun_at.map(|at| format::exact_time(ctx.locale, at.0)).unwrap_or_default();
    let text = match row.keep_instances {
        0 => words.preempt_page_paused_text(since),
        keep => words.preempt_page_taken_text(keep, row.instances, since),
    };
    let owed = row.owed.map(|owed| {
        let amount = format::money(owed.minor, owed.currency.code());
        view! { <p>{words.preempt_page_owed_text(amount)}</p> }
    });
    let leave = own.then(|| view! { <p>{words.preempt_page_leave()}</p> });
    let body = view! { <p>{text}</p>{owed}{leave} };
    Some(notice(Kind::Attention, words.preempt_page_taken(), body.into_any()))
}
