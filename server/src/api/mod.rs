//! The REST API: `/api/v1` with its OpenAPI 3.1 document. One file for each resource; wire types are
//! apart from the broker's views. Holds no rule: read, call one use case, answer.

#![allow(clippy::result_large_err, reason = "the error is the problem document that is sent")]

mod account;
mod admissions;
mod adoption;
mod alternatives;
mod announcements;
mod audiences;
mod bookings;
mod bundles;
mod care;
mod categories;
mod changes;
mod channels;
mod charges;
mod combinations;
mod conformance;
mod contract_summary;
mod contracts;
mod cost;
mod data;
mod demand;
mod desk;
mod ends;
mod exchange;
mod extensions;
mod extract;
mod favourites;
mod feed;
mod firm_lists;
mod idempotent;
mod inventory;
mod items;
mod market;
mod members;
mod moves;
mod need;
mod needs;
mod newer;
mod notices;
mod offer_life;
mod openapi;
mod orders;
mod plans;
mod precondition;
mod preemption;
pub mod problem;
mod provider_offers;
mod ranges;
mod ratings;
mod requotes;
mod reviews;
mod securings;
mod signals;
mod standby;
mod statistics;
mod terminations;
mod uploads;
mod watches;
mod wire;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use broker::Broker;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use notices::json as notice_json;
pub use openapi::{Operation, document, operations};

fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::with_openapi(openapi::head())
        .merge(market::routes())
        .merge(feed::routes())
        .merge(items::routes())
        .merge(needs::routes())
        .merge(orders::routes())
        .merge(plans::routes())
        .merge(notices::routes())
        .merge(channels::routes())
        .merge(contracts::routes())
        .merge(adoption::routes())
        .merge(changes::routes())
        .merge(moves::routes())
        .merge(ends::routes())
        .merge(newer::routes())
        .merge(terminations::routes())
        .merge(ratings::routes())
        .merge(announcements::routes())
        .merge(admissions::routes())
        .merge(categories::routes())
        .merge(extensions::routes())
        .merge(audiences::routes())
        .merge(favourites::routes())
        .merge(cost::routes())
        .merge(inventory::routes())
        .merge(standby::routes())
        .merge(securings::routes())
        .merge(firm_lists::routes())
        .merge(care::routes())
        .merge(preemption::routes())
        .merge(data::routes())
        .merge(conformance::routes())
        .merge(provider_offers::routes())
        .merge(bundles::routes())
        .merge(demand::routes())
        .merge(uploads::routes())
        .merge(offer_life::routes())
        .merge(reviews::routes())
        .merge(exchange::routes())
        .merge(desk::routes())
        .merge(statistics::routes())
        .merge(signals::routes())
        .merge(members::routes())
        .merge(account::routes())
}

/// All operations, to be nested under `/api/v1`.
pub fn router(broker: Broker) -> Router {
    let (router, _) = routes().split_for_parts();
    let text = serde_json::to_string(&document()).unwrap_or_default();
    router
        .route_layer(from_fn_with_state(broker.clone(), idempotent::repeatable))
        .route("/openapi.json", get(move || async move { openapi_json(text) }))
        .fallback(problem::not_found)
        .layer(from_fn(not_stored))
        .with_state(broker)
}

fn openapi_json(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, text).into_response()
}

/// Nothing of the API is stored on the way unless a handler says so.
async fn not_stored(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}
