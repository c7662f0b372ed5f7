//! Signing up, in and out, the profile, and personal API tokens (`/account`).
//!
//! Holds pages, their parts and view structs; every rule is in the use cases of `broker`. The session
//! layer is the server's: these pages put the person's id under [`SESSION_USER`] and nothing else.

pub mod attempts;
mod channels;
pub(crate) mod guard;
mod invitations;
mod profile;
mod sign_in;
mod sign_up;
mod tokens;

use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use guard::{OfBroker, OfCustomer, OfPlace, OfProvider, Place};

use crate::AppState;

/// The session key that holds the signed-in person's id as text; the server's middleware reads it.
pub const SESSION_USER: &str = "user";

/// The addresses of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/account", get(profile::show))
        .route("/account/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/account/sign-up", get(sign_up::show).post(sign_up::create))
        .route("/account/sign-out", post(sign_in::leave))
        .route("/account/channels", get(channels::show).post(channels::save))
        .route("/account/channels/secret", post(channels::renew))
        .route("/account/channels/deliveries/{notice}/{channel}", post(channels::again))
        .route("/invitations", get(invitations::show))
        .route("/invitations/code", post(invitations::accept_code))
        .route("/invitations/{id}/accept", post(invitations::accept))
        .route("/invitations/{id}/decline", post(invitations::decline))
        .route("/account/tokens", get(tokens::show).post(tokens::create))
        .route("/account/tokens/{id}/revoke", get(tokens::ask).post(tokens::revoke))
}
