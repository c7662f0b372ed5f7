//! Moving a service to another offer: the offers that fit, then the plan of one with its price, and the confirmation.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    changes::{Move, MoveQuote},
    contracts::{Charges, ContractPage},
};
use domain::OfferId;

use super::{
    charges,
    moving_page::{self, CARRY, DATA, FINISH, FROM, LEAVE, REGION},
    own::{own_contract, read_moment},
};
use crate::{
    AppState, FlashKind, PageContext, account::OfCustomer, fault::note_faults, form::FormState,
    layout::fail, render::redirect,
};

/// The offers, or with `offer` the plan of a move to one.
pub(super) async fn show(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let contract = match own_contract(&ctx, &state, &id).await {
        Ok(contract) => contract,
        Err(refusal) => return *refusal,
    };
    let query = FormState::from_urlencoded(&query.unwrap_or_default());
    if query.value("offer").is_empty() {
        return list(&ctx, &state, &contract).await;
    }
    let form = FormState::empty()
        .with("offer", query.value("offer"))
        .with(REGION, query.value(REGION))
        .with("key", ctx.new_key());
    plan(&ctx, &state, &contract, form).await
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
    let words = ctx.words();
    let Ok(offer) = form.value("offer").parse::<OfferId>() else {
        return fail(&ctx, BrokerError::NotFound { what: "offer" });
    };
    let finish_by = read_moment(&ctx, &mut form, FINISH);
    let from = read_moment(&ctx, &mut form, FROM);
    let carries_data = match form.value(DATA) {
        CARRY => true,
        LEAVE => false,
        _ => {
            form.fail(DATA, words.moves_ask_choose_data());
            false
        }
    };
    let (Some((offer_version, price)), true) = (shown(&form), form.is_sound()) else {
        return plan(&ctx, &state, &contract, form).await;
    };
    let region = Some(form.value(REGION).to_owned()).filter(|region| !region.is_empty());
    let wish = Move {
        offer,
        offer_version,
        region,
        carries_data,
        finish_by,
        shown_price: Some(price),
        from,
        idempotency_key: form.value("key").to_owned(),
    };
    match state.broker.move_to(&ctx.op(), contract.card.id, wish).await {
        Ok(_) => {
            let text = match from {
                Some(_) => words.moves_done_scheduled(),
                None => words.moves_done_asked(),
            };
            let to = format!("/contracts/{}", contract.card.id);
            redirect(&to, Some((FlashKind::Done, text.to_owned())))
        }
        // Shown again with what is on offer now.
        Err(BrokerError::Conflict { code: "offer_changed" | "price_changed", .. }) => {
            form.fail("", words.moves_ask_changed());
            plan(&ctx, &state, &contract, form).await
        }
        Err(error) if note(&ctx, &mut form, &error) => plan(&ctx, &state, &contract, form).await,
        Err(error) => fail(&ctx, error),
    }
}

/// Puts an error at its field; false for one that has none.
fn note(ctx: &PageContext, form: &mut FormState, error: &BrokerError) -> bool {
    let words = ctx.words();
    let code = match error {
        BrokerError::Invalid(faults) => faults.first().map(|fault| fault.code.as_str()),
        BrokerError::Conflict { code, .. } => Some(*code),
        _ => None,
    };
    match code {
        Some("finish_by") => form.fail(FINISH, words.moves_ask_finish_allowed()),
        Some("begin") => form.fail(FROM, words.changes_page_from_allowed()),
        Some("nothing_changes") => form.fail("", words.moves_fault_same()),
        Some("data_not_carried") => form.fail(DATA, words.moves_fault_not_carried()),
        _ => return note_faults(form, words, error),
    }
    true
}

/// Version and price that the plan was shown with.
fn shown(form: &FormState) -> Option<(i64, Charges)> {
    let (version, price) = form.value("shown").split_once(' ')?;
    Some((version.parse().ok()?, charges::read_shown(price)?.charges))
}

async fn list(ctx: &PageContext, state: &AppState, contract: &ContractPage) -> Response {
    match state.broker.move_offers(&ctx.op(), contract.card.id).await {
        Ok(offers) => moving_page::list(ctx, contract, &offers),
        Err(BrokerError::Conflict { .. }) => moving_page::not_now(ctx, contract),
        Err(error) => fail(ctx, error),
    }
}

/// The plan of a move to the offer of the form.
async fn plan(
    ctx: &PageContext,
    state: &AppState,
    contract: &ContractPage,
    form: FormState,
) -> Response {
    let Ok(offer) = form.value("offer").parse::<OfferId>() else {
        return fail(ctx, BrokerError::NotFound { what: "offer" });
    };
    let region = Some(form.value(REGION)).filter(|region| !region.is_empty());
    let status = if form.is_sound() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let found = state.broker.quote_move(&ctx.op(), contract.card.id, (offer, region)).await;
    match found {
        Ok(quote) => moving_page::plan(ctx, contract, (&form, &quote), status),
        // A region that was typed and that the offer does not have.
        Err(BrokerError::Invalid(faults)) if faults.iter().any(|fault| fault.code == "region") => {
            let form = form.with(REGION, "");
            match state.broker.quote_move(&ctx.op(), contract.card.id, (offer, None)).await {
                Ok(quote) => again(ctx, contract, &form, &quote),
                Err(error) => refused(ctx, contract, error),
            }
        }
        Err(error) => refused(ctx, contract, error),
    }
}

fn again(
    ctx: &PageContext,
    contract: &ContractPage,
    form: &FormState,
    quote: &MoveQuote,
) -> Response {
    moving_page::plan(ctx, contract, (form, quote), StatusCode::UNPROCESSABLE_ENTITY)
}

fn refused(ctx: &PageContext, contract: &ContractPage, error: BrokerError) -> Response {
    match error {
        BrokerError::Conflict {
            code: "change_under_way" | "contract_ended" | "service_not_active",
            ..
        } => moving_page::not_now(ctx, contract),
        other => fail(ctx, other),
    }
}
