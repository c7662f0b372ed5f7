//! Who may come in, and to what: a token leads to its tenant, and an id of another tenant to nothing, as one that does
//! not exist.

use std::sync::Arc;

use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use provider_api::{ProblemCode, Secret};

use super::answer;
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::Owned;
use crate::tenants::{self, Tenant};

/// What the ids in routes name: the segment after the version, what belongs to somebody, and its word.
const OWNED: &[(&str, Owned, &str)] = &[
    ("allocations", Owned::Allocation, "allocation"),
    ("holds", Owned::Allocation, "allocation"),
    ("backups", Owned::Backup, "backup"),
    ("blocks", Owned::Block, "block"),
    ("links", Owned::Link, "link"),
    ("long-operations", Owned::Work, "work"),
];

/// Finds the tenant of the token.
pub(super) async fn need_token(
    State(cloud): State<Arc<Cloud>>,
    mut request: Request,
    next: Next,
) -> Response {
    let tenant = token(&request).and_then(|token| tenants::bearing(&cloud.config.tenants, token));
    let Some(tenant) = tenant.cloned() else { return unauthorized() };
    request.extensions_mut().insert(Arc::new(tenant));
    next.run(request).await
}

pub(super) async fn need_admin(
    State(cloud): State<Arc<Cloud>>,
    request: Request,
    next: Next,
) -> Response {
    let sent = token(&request).unwrap_or_default();
    let known = cloud.config.admin_token.as_ref().map(Secret::reveal);
    if known.is_some_and(|known| tenants::same(sent, known)) {
        next.run(request).await
    } else {
        unauthorized()
    }
}

fn token(request: &Request) -> Option<&str> {
    let sent = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    sent.strip_prefix("Bearer ")
}

/// Turns away who names what is not its own, before anything of the call is read: the answer is the same whether it is
/// another tenant's or does not exist.
pub(super) async fn need_owner(
    State(cloud): State<Arc<Cloud>>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let Some((_, id)) = params.iter().find(|(name, _)| *name == "id") else {
        return next.run(request).await;
    };
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let Some((owned, word)) = route.and_then(owned) else { return unauthorized() };
    let owner = cloud.store.owner(owned, id).await;
    let tenant = request.extensions().get::<Arc<Tenant>>();
    match (owner, tenant) {
        (Ok(Some(owner)), Some(tenant)) if owner == tenant.name => next.run(request).await,
        (Ok(_), _) => {
            let detail = format!("there is no {word} {id}");
            answer::problem(&OpError::refuse(ProblemCode::NotFound, detail))
        }
        (Err(error), _) => answer::problem(&OpError::from(error)),
    }
}

/// What the id of a route names.
fn owned(route: &str) -> Option<(Owned, &'static str)> {
    let segment = route.split('/').nth(2)?;
    OWNED.iter().find(|(name, ..)| *name == segment).map(|(_, owned, word)| (*owned, *word))
}

pub(super) fn unauthorized() -> Response {
    let refusal =
        OpError::refuse(ProblemCode::Unauthorized, "send the token as Authorization: Bearer");
    let mut response = answer::problem(&refusal).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

#[cfg(test)]
mod tests {
    use provider_api::OPERATIONS;

    use super::*;

    #[test]
    fn it_is_known_whose_every_id_of_a_route_is() {
        for operation in OPERATIONS.iter().filter(|each| each.route.contains("{id}")) {
            assert!(owned(operation.route).is_some(), "{}", operation.route);
        }
    }
}
