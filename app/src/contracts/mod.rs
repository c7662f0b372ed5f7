//! Quote, signature, live timeline and the page of a contract (`/contracts`, `/services`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker`.

mod adopt;
mod alternatives;
mod change;
mod changes;
mod charges;
mod data;
mod documents;
mod end;
mod events;
mod fit;
mod graph;
mod inventory;
mod list;
mod measured;
mod moving;
mod moving_page;
mod need;
mod newer;
mod order;
mod order_page;
mod own;
mod plan;
mod preemption;
mod quote;
mod quote_page;
mod rating;
mod release;
mod renew;
mod repair;
mod show;
mod start;
pub(crate) mod state;
pub(crate) mod steps;
mod texts;
mod workload;

use axum::{
    Router,
    routing::{get, post},
};
use broker::BrokerError;
use domain::ContractId;

pub(crate) use charges::stale;
pub(crate) use own::read_moment;
pub(crate) use plan::{plan_fields, prefill_plan, read_plan};
pub(crate) use state::state_word;

use crate::AppState;

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/services", get(list::services))
        .route("/contracts", get(list::contracts))
        .route("/contracts/new", get(quote::show).post(quote::answer))
        .route("/contracts/adopt", get(adopt::show).post(adopt::answer))
        .route("/orders/new", get(order::show).post(order::answer))
        .route("/orders/{id}", get(order::read))
        .route("/contracts/{id}", get(show::show))
        .route("/contracts/{id}/events", get(events::follow))
        .route("/contracts/{id}/inventory", get(inventory::show))
        .route("/contracts/{id}/graph", get(graph::show))
        .route("/contracts/{id}/repair", post(repair::act))
        .route("/contracts/{id}/release", get(release::ask).post(release::release))
        .route("/contracts/{id}/preemption", get(preemption::show).post(preemption::answer))
        .route("/contracts/{id}/rating", get(rating::show).post(rating::answer))
        .route("/contracts/{id}/data", post(data::take))
        .route("/contracts/{id}/data.tar", get(data::download))
        .route("/contracts/{id}/start", post(start::answer))
        .route("/contracts/{id}/newer", get(newer::show).post(newer::answer))
        .route("/contracts/{id}/renew", get(renew::show).post(renew::answer))
        .route("/contracts/{id}/end", post(end::set))
        .route("/contracts/{id}/change", get(change::show).post(change::answer))
        .route("/contracts/{id}/move", get(moving::show).post(moving::answer))
        .route("/contracts/{id}/changes/{number}/texts", get(texts::show))
        .route("/contracts/{id}/changes/{number}/call-off", post(change::call_off))
        .route("/contracts/{id}/erasure.json", get(documents::erasure))
}

/// Reads the id in an address; what is none was not found.
fn contract_id(text: &str) -> Result<ContractId, BrokerError> {
    text.parse().map_err(|_| BrokerError::NotFound { what: "contract" })
}
