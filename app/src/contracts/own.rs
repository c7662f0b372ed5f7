//! What every page shares on which a customer does something about a contract: whose it is, and moments as
//! they are typed.

use axum::response::Response;
use broker::contracts::ContractPage;
use domain::{ContractId, Timestamp};

use super::contract_id;
use crate::{
    AppState, PageContext,
    form::{FormState, shown_again},
    format,
    layout::fail,
};

/// A moment that a reader may take for a pattern, in the form of a field.
const EXAMPLE: &str = "2027-03-31 18:00";
/// Characters of a wrong moment that are shown again.
const SHOWN_MAX: usize = 40;

/// The id in the address; else the answer.
pub(super) fn own_id(ctx: &PageContext, id: &str) -> Result<ContractId, Box<Response>> {
    contract_id(id).map_err(|error| Box::new(fail(ctx, error)))
}

/// The contract in the address; else the answer.
pub(super) async fn own_contract(
    ctx: &PageContext,
    state: &AppState,
    id: &str,
) -> Result<ContractPage, Box<Response>> {
    let id = own_id(ctx, id)?;
    let found = state.broker.contract(&ctx.op(), id).await;
    found.map_err(|error| Box::new(fail(ctx, error)))
}

/// The moment of a field; nothing where it is empty, and a fault where it is none.
pub(crate) fn read_moment(
    ctx: &PageContext,
    form: &mut FormState,
    name: &str,
) -> Option<Timestamp> {
    let typed = form.value(name).trim().to_owned();
    if typed.is_empty() {
        return None;
    }
    let at = format::read_moment(ctx.locale, &sla::half_width(&typed)).map(Timestamp);
    if at.is_none() {
        wrong_moment(ctx, form, name);
    }
    at
}

/// The fault of a field that needs a moment and has none.
pub(super) fn wrong_moment(ctx: &PageContext, form: &mut FormState, name: &str) {
    let found: String = shown_again(form.value(name)).chars().take(SHOWN_MAX).collect();
    form.fail(name, ctx.words().contracts_end_wrong(&found, EXAMPLE));
}
