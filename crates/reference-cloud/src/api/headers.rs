//! Reads whose a call is, what every changing call carries, and bodies.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use provider_api::{FieldFault, IdempotencyKey, ProblemCode, paths};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::unauthorized;
use crate::error::OpError;
use crate::operations::{Intent, invalid};
use crate::tenants::Tenant;

/// Whose a call is, and its headers. Only the door puts it there, after it has seen the token.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub tenant: Arc<Tenant>,
    headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let Some(tenant) = parts.extensions.get::<Arc<Tenant>>() else {
            return Err(unauthorized());
        };
        Ok(Self { tenant: Arc::clone(tenant), headers: parts.headers.clone() })
    }
}

/// Key and epoch of a changing call, bound to what it asks.
pub(super) fn intent(
    caller: &Caller,
    operation: &'static str,
    target: &str,
    body: &impl Serialize,
) -> Result<Intent, OpError> {
    let headers = &caller.headers;
    let key =
        text(headers, paths::IDEMPOTENCY_KEY).and_then(|text| IdempotencyKey::parse(text).ok());
    let Some(key) = key else {
        let detail = "send Idempotency-Key with 1 to 200 visible ASCII characters";
        return Err(OpError::refuse(ProblemCode::IdempotencyKeyMissing, detail));
    };
    let epoch = text(headers, paths::EPOCH).and_then(|text| text.parse().ok());
    let Some(epoch) = epoch else {
        return Err(OpError::refuse(
            ProblemCode::EpochMissing,
            "send Kumoichi-Epoch with an integer",
        ));
    };
    Intent::new(operation, Arc::clone(&caller.tenant), (&key, epoch), target, body)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The body as a value of the API; an empty body is an empty object.
pub(super) fn parse<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, OpError> {
    let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(bytes).map_err(|error| {
        invalid(vec![FieldFault { pointer: String::new(), detail: error.to_string() }])
    })
}
