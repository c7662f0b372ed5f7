//! Items that the market adds to the registry: the desk keeps them (`/desk/items`), providers propose those that their
//! offers name (`/provider/items`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker`.

mod decision;
mod form;
mod list;
mod one;
mod preview;
mod unknown;

pub(crate) use unknown::keys as unknown_keys;

use axum::{
    Router,
    routing::{get, post},
};
use broker::BrokerError;

use crate::{AppState, form::FormState, words::Words};

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    let both = |place: &str| {
        Router::new()
            .route(&format!("/{place}/items"), get(list::show).post(list::propose))
            .route(&format!("/{place}/items/new"), get(list::add))
            .route(&format!("/{place}/item-proposals/{{id}}"), get(decision::show))
            .route(&format!("/{place}/item-proposals/{{id}}/take-back"), post(decision::take_back))
    };
    Router::new()
        .merge(both("desk"))
        .merge(both("provider"))
        .route("/desk/items/{key}", get(one::show).post(one::step))
        .route("/desk/items/{key}/change", get(list::change))
        .route("/desk/item-proposals/{id}/decide", post(decision::decide))
}

/// Notes what somebody can do something about; `false`: none of the reader's making.
fn note(form: &mut FormState, words: Words, error: &BrokerError) -> bool {
    let BrokerError::Conflict { code, .. } = error else {
        return crate::fault::note_faults(form, words, error);
    };
    let text = match *code {
        "item_changed" => words.extend_fault_changed(),
        "proposal_waiting" => words.extend_fault_waiting(),
        "no_change" => words.extend_fault_no_change(),
        "key_not_used" => words.extend_fault_not_used(),
        "own_proposal" | "foreign_proposal" => words.catalog_fault_own(),
        "wrong_state" => words.catalog_fault_state(),
        _ => return crate::fault::note_faults(form, words, error),
    };
    form.fail("", text);
    true
}
