//! The end of a service that comes by itself: set, moved and taken back by its customer.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{BrokerError, contracts::ContractCard};
use domain::{Role, Timestamp};
use leptos::prelude::*;

use super::{
    own::{own_id, read_moment, wrong_moment},
    release,
};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    form::FormState,
    format,
    layout::fail,
    render::redirect,
    ui::{Button, Field},
};

/// The field with the moment.
const AT: &str = "at";

pub(super) async fn set(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let id = match own_id(&ctx, &id) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let words = ctx.words();
    let takes_back = form.value("step") == "take_back";
    let at = if takes_back { None } else { read_moment(&ctx, &mut form, AT) };
    let done = if at.is_none() && !takes_back {
        if form.is_sound() {
            wrong_moment(&ctx, &mut form, AT);
        }
        // Whose contract it is comes before what was typed.
        state.broker.contract(&ctx.op(), id).await.map(drop)
    } else {
        state.broker.end_at(&ctx.op(), id, at).await
    };
    match done {
        Ok(()) if form.is_sound() => {
            let text = if takes_back {
                words.contracts_end_taken_back()
            } else {
                words.contracts_end_set()
            };
            redirect(&format!("/contracts/{id}"), Some((FlashKind::Done, text.to_owned())))
        }
        Ok(()) => again(&ctx, &state, id, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
        Err(BrokerError::Invalid(_)) => {
            form.fail(AT, words.contracts_end_allowed());
            again(&ctx, &state, id, &form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(BrokerError::Conflict { .. }) => {
            let note = (FlashKind::Note, words.contracts_end_over().to_owned());
            redirect(&format!("/contracts/{id}"), Some(note))
        }
        Err(error) => fail(&ctx, error),
    }
}

async fn again(
    ctx: &PageContext,
    state: &AppState,
    id: domain::ContractId,
    form: &FormState,
    status: StatusCode,
) -> Response {
    match state.broker.contract(&ctx.op(), id).await {
        Ok(contract) => release::question(ctx, &contract, form, status),
        Err(error) => fail(ctx, error),
    }
}

/// The part of the release page that sets the moment.
pub(super) fn form(ctx: &PageContext, card: &ContractCard, form: &FormState) -> AnyView {
    let words = ctx.words();
    let typed = if form.value(AT).is_empty() {
        let set = card.ends_at.map(|at| format::field_moment(ctx.locale, at.0));
        form.clone().with(AT, set.unwrap_or_default())
    } else {
        form.clone()
    };
    let taken_back = card.ends_at.map(|at| {
        view! {
            <p>{words.contracts_end_fact()}" "{moment(ctx, at)}</p>
            <form method="post" action=action(card)>{take_back(ctx)}</form>
        }
    });
    view! {
        <p>{words.contracts_end_lead()}</p>
        {taken_back}
        <form class="form" method="post" action=action(card)>
            {Field::moment(AT, words.contracts_end_at()).hint(words.contracts_end_zone()).of(&typed).required().view()}
            <p class="actions">{Button::secondary(words.contracts_end_button()).sends("step", "set").view()}</p>
        </form>
    }
    .into_any()
}

/// What the contract's page says of an end that is set; its customer can take it back there.
pub(super) fn fact(ctx: &PageContext, card: &ContractCard) -> Option<(String, AnyView)> {
    let at = card.ends_at?;
    let own = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer);
    let back =
        own.then(|| view! { <form method="post" action=action(card)>{take_back(ctx)}</form> });
    let value = view! { {moment(ctx, at)}{back} }.into_any();
    Some((ctx.words().contracts_end_fact().to_owned(), value))
}

/// To the second and with its zone: it is an appointment, not an age.
fn moment(ctx: &PageContext, at: Timestamp) -> AnyView {
    let text = format::exact_time(ctx.locale, at.0);
    view! { <time datetime=format::machine_time(at.0)>{text}</time> }.into_any()
}

fn take_back(ctx: &PageContext) -> AnyView {
    Button::secondary(ctx.words().contracts_end_take_back()).sends("step", "take_back").view()
}

fn action(card: &ContractCard) -> String {
    format!("/contracts/{}/end", card.id)
}
