//! Who a page is for: leads strangers to sign-in and tells others whose page this is.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::Response,
};
use domain::Role;

use crate::{
    AppState, context::PageContext, format::percent_encode, layout::error_page::ErrorPage,
    render::redirect, words::Words,
};

/// An extractor for pages of one role; everybody else gets their answer before anything else is read.
macro_rules! page_of {
    ($name:ident, $role:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug)]
        pub(crate) struct $name(pub PageContext);

        impl FromRequestParts<AppState> for $name {
            type Rejection = Response;

            async fn from_request_parts(
                parts: &mut Parts,
                state: &AppState,
            ) -> Result<Self, Response> {
                let Ok(ctx) = PageContext::from_request_parts(parts, state).await;
                match refuse(&ctx, Role::$role) {
                    Some(refusal) => Err(refusal),
                    None => Ok(Self(ctx)),
                }
            }
        }
    };
}

page_of!(OfCustomer, Customer, "A page for customers.");
page_of!(OfProvider, Provider, "A page for providers.");
page_of!(OfBroker, Broker, "A page for those who run the market.");

/// Where somebody writes: a broker for the market at the desk, a provider for itself in the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `/desk/…`
    Desk,
    /// `/provider/…`
    Portal,
}

impl Place {
    /// The address of a page that both have.
    pub fn at(self, page: &str) -> String {
        match self {
            Self::Desk => format!("/desk/{page}"),
            Self::Portal => format!("/provider/{page}"),
        }
    }
}

/// A page that desk and portal both have; its address says whose it is.
#[derive(Debug)]
pub(crate) struct OfPlace(pub PageContext, pub Place);

impl FromRequestParts<AppState> for OfPlace {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        if parts.uri.path().starts_with("/desk/") {
            let OfBroker(ctx) = OfBroker::from_request_parts(parts, state).await?;
            return Ok(Self(ctx, Place::Desk));
        }
        let OfProvider(ctx) = OfProvider::from_request_parts(parts, state).await?;
        Ok(Self(ctx, Place::Portal))
    }
}

/// The answer for everybody but people of `role`; `None` lets the request through.
pub(crate) fn refuse(ctx: &PageContext, role: Role) -> Option<Response> {
    match &ctx.viewer {
        None => Some(redirect(&sign_in_address(&ctx.back), None)),
        Some(viewer) if viewer.role == role => None,
        Some(viewer) => Some(wrong_role(ctx, viewer.role, role)),
    }
}

/// The answer for strangers; `None` lets every signed-in person through.
pub(crate) fn refuse_strangers(ctx: &PageContext) -> Option<Response> {
    ctx.viewer.is_none().then(|| redirect(&sign_in_address(&ctx.back), None))
}

/// Sign-in that comes back to `path`.
pub(crate) fn sign_in_address(path: &str) -> String {
    format!("/account/sign-in?next={}", percent_encode(path))
}

/// The role's word.
pub(crate) fn role_word(words: Words, role: Role) -> &'static str {
    match role {
        Role::Customer => words.account_role_customer(),
        Role::Provider => words.account_role_provider(),
        Role::Broker => words.account_role_broker(),
    }
}

/// The first page of a role.
pub(crate) fn home_of(role: Role) -> &'static str {
    match role {
        Role::Customer => "/services",
        Role::Provider => "/provider/offers",
        Role::Broker => "/desk",
    }
}

fn wrong_role(ctx: &PageContext, has: Role, needs: Role) -> Response {
    let words = ctx.words();
    let title = match needs {
        Role::Customer => words.account_wrong_role_customer(),
        Role::Provider => words.account_wrong_role_provider(),
        Role::Broker => words.account_wrong_role_broker(),
    };
    ErrorPage {
        status: StatusCode::FORBIDDEN,
        title: title.to_owned(),
        text: words.account_wrong_role_text(role_word(words, has), role_word(words, needs)),
        kept: String::new(),
        next: Some((words.account_wrong_role_own().to_owned(), home_of(has).to_owned())),
    }
    .respond(ctx)
}
