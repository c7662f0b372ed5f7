//! Ending a service: what will happen, what cannot be undone, and its name typed as confirmation.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use broker::{
    BrokerError,
    contracts::{ContractPage, DataAtEnd},
};
use domain::ContractState;
use leptos::prelude::*;

use super::{contract_id, end};
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    form::FormState,
    layout::fail,
    render::{Page, Width, page, redirect},
    ui::{
        Button, Field, Kind, Look, RadioGroup, breadcrumbs, error_summary, link_button, notice,
        page_head, section,
    },
    words::Words,
};

/// The field that says what becomes of the data.
const DATA: &str = "data";

pub(super) async fn ask(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    match read(&ctx, &state, &id).await {
        Ok(contract) => question(&ctx, &contract, &FormState::empty(), StatusCode::OK),
        Err(error) => fail(&ctx, error),
    }
}

pub(super) async fn release(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: FormState,
) -> Response {
    let contract = match read(&ctx, &state, &id).await {
        Ok(contract) => contract,
        Err(error) => return fail(&ctx, error),
    };
    let words = ctx.words();
    // Asked for twice, nothing begins, and nothing is left to confirm.
    if let Some(text) = ended(words, contract.card.state) {
        let note = (FlashKind::Note, text.to_owned());
        return redirect(&format!("/contracts/{}", contract.card.id), Some(note));
    }
    let name = contract.card.service_name.trim();
    if form.value("name").trim() != name {
        form.fail("name", words.contracts_release_name_wrong(name));
        return question(&ctx, &contract, &form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let data = DataAtEnd::from_word(form.value(DATA)).unwrap_or_default();
    match state.broker.release_with(&ctx.op(), contract.card.id, data).await {
        Ok(()) => {
            let text = words.contracts_release_begun().to_owned();
            redirect(&format!("/contracts/{}", contract.card.id), Some((FlashKind::Done, text)))
        }
        Err(error) => fail(&ctx, error),
    }
}

/// What to say of a service that is on its way out or gone; `None` for all others.
fn ended(words: Words, state: ContractState) -> Option<&'static str> {
    match state {
        ContractState::Releasing => Some(words.contracts_release_under_way()),
        ContractState::Released => Some(words.contracts_release_already()),
        ContractState::Scheduled
        | ContractState::Activating
        | ContractState::Active
        | ContractState::Failed => None,
    }
}

async fn read(ctx: &PageContext, state: &AppState, id: &str) -> Result<ContractPage, BrokerError> {
    state.broker.contract(&ctx.op(), contract_id(id)?).await
}

pub(super) fn question(
    ctx: &PageContext,
    contract: &ContractPage,
    form: &FormState,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let card = &contract.card;
    let back = format!("/contracts/{}", card.id);
    let title = words.contracts_release_title(&card.service_name);
    let about = Page::new(title.clone()).status(status).width(Width::Reading).private();
    let possible = card.state == ContractState::Active;
    let why_not = ended(words, card.state).unwrap_or_else(|| words.contracts_release_not_now());
    page(ctx, about, || {
        view! {
            {breadcrumbs(words, vec![
                (words.common_way_services().to_owned(), "/services".to_owned()),
                (card.service_name.clone(), back.clone()),
            ])}
            {page_head(title, None, vec![])}
            {error_summary(form, words)}
            {if possible {
                view! {
                    <p>{words.contracts_release_lead()}</p>
                    <ol class="what-happens">
                        <li>{words.contracts_release_closed()}</li>
                        <li>{words.contracts_release_erased()}</li>
                        <li>{words.contracts_release_given_back()}</li>
                        <li>{words.contracts_release_metered()}</li>
                    </ol>
                    {notice(Kind::Attention, words.contracts_release_for_ever(), view! { <p>{words.contracts_release_for_ever_text()}</p> }.into_any())}
                    <form class="form release" method="post" action=format!("{back}/release")>
                        {RadioGroup::new(DATA, words.contracts_release_data())
                            .option_about("return", words.contracts_release_return(), words.contracts_release_return_about())
                            .option_about("erase", words.contracts_release_erase(), words.contracts_release_erase_about())
                            .chosen([if form.value(DATA) == "erase" { "erase" } else { "return" }])
                            .view()}
                        {Field::text("name", words.contracts_release_name(&card.service_name)).of(form).required().view()}
                        <div class="actions">
                            {Button::danger(words.contracts_release_button()).view()}
                            {link_button(Look::Quiet, words.contracts_release_keep(), back.clone())}
                        </div>
                    </form>
                    {section("end", words.contracts_end_title(), end::form(ctx, card, form))}
                }.into_any()
            } else {
                view! {
                    {notice(Kind::Note, why_not, ().into_any())}
                    <p class="actions">{link_button(Look::Secondary, words.contracts_release_back(), back.clone())}</p>
                }.into_any()
            }}
        }
        .into_any()
    })
}
