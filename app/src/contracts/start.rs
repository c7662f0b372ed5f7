//! The beginning of a service that was signed before: said with the signature, moved or called off until then.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{BrokerError, contracts::ContractCard};
use domain::Role;
use leptos::prelude::*;

use super::own::{own_id, read_moment};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    form::FormState,
    format,
    layout::fail,
    render::{Page, Width, page, redirect},
    ui::{Button, Field, breadcrumbs, error_summary, page_head, section},
};

/// The field with the moment.
pub(super) const AT: &str = "startsAt";

/// Moves the beginning, or calls the contract off.
pub(super) async fn answer(
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
    let calls_off = form.value("step") == "call_off";
    let at = read_moment(&ctx, &mut form, AT);
    let done = match at {
        _ if calls_off => state.broker.call_off(&ctx.op(), id).await,
        Some(at) => state.broker.start_at(&ctx.op(), id, at).await,
        None => {
            if form.is_sound() {
                form.fail(AT, words.starts_allowed());
            }
            // Whose contract it is comes before what was typed.
            state.broker.contract(&ctx.op(), id).await.map(drop)
        }
    };
    let back =
        |kind, text: &str| redirect(&format!("/contracts/{id}"), Some((kind, text.to_owned())));
    match done {
        Ok(()) if calls_off => back(FlashKind::Done, words.starts_called_off()),
        Ok(()) if form.is_sound() => back(FlashKind::Done, words.starts_moved()),
        Ok(()) => again(&ctx, &state, id, &form).await,
        Err(BrokerError::Invalid(_)) => {
            form.fail(AT, words.starts_allowed());
            again(&ctx, &state, id, &form).await
        }
        Err(BrokerError::Conflict { .. }) => back(FlashKind::Note, words.starts_over()),
        Err(error) => fail(&ctx, error),
    }
}

/// The form alone, with what was wrong.
async fn again(
    ctx: &PageContext,
    state: &AppState,
    id: domain::ContractId,
    form: &FormState,
) -> Response {
    let card = match state.broker.contract(&ctx.op(), id).await {
        Ok(contract) => contract.card,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let title = words.starts_title();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let about = Page::new(title).status(status).width(Width::Reading).private();
    page(ctx, about, || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_services().to_owned(), "/services".to_owned()),
                (card.service_name.clone(), format!("/contracts/{id}")),
            ])}
            {page_head(title, None, vec![])}
            {error_summary(form, words)}
            {fields(ctx, &card, form)}
        }
        .into_any()
    })
}

/// The section of a contract's page while it waits for its beginning.
pub(super) fn waits(ctx: &PageContext, card: &ContractCard) -> Option<AnyView> {
    let at = card.starts_at?;
    let words = ctx.words();
    let text = format::exact_time(ctx.locale, at.0);
    let own = ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer);
    let form = own.then(|| {
        let set = format::field_moment(ctx.locale, at.0);
        fields(ctx, card, &FormState::empty().with(AT, set))
    });
    let body = view! {
        <p>{words.starts_fact()}" "<time datetime=format::machine_time(at.0)>{text}</time></p>
        {form}
    };
    Some(section("start", words.starts_title(), body.into_any()))
}

fn fields(ctx: &PageContext, card: &ContractCard, form: &FormState) -> AnyView {
    let words = ctx.words();
    let action = format!("/contracts/{}/start", card.id);
    view! {
        <form class="form" method="post" action=action.clone()>
            {Field::moment(AT, words.starts_move_to()).hint(words.contracts_end_zone()).of(form).required().view()}
            <p class="actions">{Button::secondary(words.starts_move()).sends("step", "move").view()}</p>
        </form>
        <form method="post" action=action>
            <p class="actions">{Button::danger(words.starts_call_off()).sends("step", "call_off").view()}</p>
        </form>
    }
    .into_any()
}
