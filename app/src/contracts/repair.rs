//! What can be done where a cloud has something else than was ordered, and doing it.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::BrokerError;
use broker::inventory::{Remedy, RepairMode, RepairView};
use domain::{ContractId, Role};
use leptos::prelude::*;

use super::own::own_id;
use crate::{
    AppState, FlashKind, PageContext,
    account::OfCustomer,
    form::FormState,
    layout::fail,
    render::redirect,
    ui::{Button, Kind, notice, section},
    words::Words,
};

/// The field that says what is wanted.
const STEP: &str = "step";
const REPAIR: &str = "repair";

pub(super) async fn act(
    OfCustomer(ctx): OfCustomer,
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: FormState,
) -> Response {
    let id = match own_id(&ctx, &id) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let words = ctx.words();
    let op = ctx.op();
    let (done, said) = match RepairMode::from_word(form.value(STEP)) {
        Some(mode) => {
            let said = match mode {
                RepairMode::Automatic => words.contracts_repair_set_automatic(),
                RepairMode::Ask => words.contracts_repair_set_ask(),
            };
            (state.broker.set_repair_mode(&op, id, mode).await, said)
        }
        None if form.value(STEP) == REPAIR => {
            (state.broker.repair(&op, id).await, words.contracts_repair_begun())
        }
        None => return fail(&ctx, BrokerError::NotFound { what: "contract" }),
    };
    let note = match done {
        Ok(()) => (FlashKind::Done, said),
        Err(BrokerError::Conflict { code, .. }) => (FlashKind::Note, refusal(words, code)),
        Err(error) => return fail(&ctx, error),
    };
    let back = if form.value(STEP) == REPAIR { "" } else { "/inventory" };
    redirect(&format!("/contracts/{id}{back}"), Some((note.0, note.1.to_owned())))
}

/// Why nothing was begun.
fn refusal(words: Words, code: &str) -> &'static str {
    match code {
        "nothing_to_repair" => words.contracts_repair_nothing(),
        "contract_busy" => words.contracts_repair_busy(),
        _ => words.contracts_repair_impossible(),
    }
}

/// What differs is told, with what can be done about it and, for its customer, the button that does it.
pub(super) fn difference(
    ctx: &PageContext,
    id: ContractId,
    view: &RepairView,
    way: Option<AnyView>,
) -> Option<AnyView> {
    let words = ctx.words();
    let remedy = view.remedy?;
    let text = match remedy {
        Remedy::Start => words.contracts_repair_start(),
        Remedy::Open => words.contracts_repair_open(),
        Remedy::Size => words.contracts_repair_size(),
        Remedy::VolumeLost => words.contracts_repair_volume_lost(),
        Remedy::Gone => words.contracts_repair_gone(),
    };
    let act = if view.running {
        Some(view! { <p>{words.contracts_repair_running()}</p> }.into_any())
    } else {
        (remedy.is_possible() && is_customer(ctx)).then(|| {
            let button =
                Button::secondary(words.contracts_repair_button()).sends(STEP, REPAIR).view();
            view! { <form method="post" action=action(id)>{button}</form> }.into_any()
        })
    };
    let body = view! { <p>{text}</p>{act}{way} }.into_any();
    Some(notice(Kind::Problem, words.contracts_inventory_differs(), body))
}

/// What happens when a difference is found, and the way to change that.
pub(super) fn mode(ctx: &PageContext, id: ContractId, mode: RepairMode) -> AnyView {
    let words = ctx.words();
    let (text, other, label) = match mode {
        RepairMode::Ask => (
            words.contracts_repair_mode_ask(),
            RepairMode::Automatic,
            words.contracts_repair_to_automatic(),
        ),
        RepairMode::Automatic => (
            words.contracts_repair_mode_automatic(),
            RepairMode::Ask,
            words.contracts_repair_to_ask(),
        ),
    };
    let change = is_customer(ctx).then(|| {
        let button = Button::secondary(label).sends(STEP, other.as_str()).view();
        view! { <form method="post" action=action(id)>{button}</form> }
    });
    let body = view! { <p>{text}</p>{change} }.into_any();
    section("repairs", words.contracts_repair_mode(), body)
}

fn is_customer(ctx: &PageContext) -> bool {
    ctx.viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Customer)
}

fn action(id: ContractId) -> String {
    format!("/contracts/{id}/repair")
}
