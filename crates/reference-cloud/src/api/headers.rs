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

impl Caller {
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        text(&self.headers, name)
    }
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

/// The body as a value of the API; an empty body is an empty object. A wrong value is told with its place.
pub(super) fn parse<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, OpError> {
    let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    let fault = |pointer: String, detail: String| invalid(vec![FieldFault { pointer, detail }]);
    // A list of the values in their order would be read as well, and the document knows only objects.
    if bytes.trim_ascii_start().first().is_some_and(|first| *first == b'[') {
        return Err(fault(String::new(), "found a list, expected an object".to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| fault(pointer(error.path()), error.inner().to_string()))?;
    reader.end().map_err(|error| fault(String::new(), error.to_string()))?;
    Ok(value)
}

/// A path in a body as JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let name = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => String::new(),
    };
    path.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use provider_api::HoldRequest;

    fn told(body: &str) -> (String, String) {
        let Err(OpError::Refused(problem)) = parse::<HoldRequest>(&Bytes::from(body.to_owned()))
        else {
            panic!("{body} was taken")
        };
        let fault = problem.errors.into_iter().next().unwrap();
        (fault.pointer, fault.detail)
    }

    #[test]
    fn a_wrong_body_is_told_with_the_place_of_what_is_wrong() {
        let list = r#"["label","region",[[1,1,256],[1],[10,"http"]],60]"#;
        assert_eq!(told(list), (String::new(), "found a list, expected an object".to_owned()));
        let (pointer, detail) =
            told(r#"{"label":"a","region":"b","resources":{"compute":{"count":-1}}}"#);
        assert_eq!(pointer, "/resources/compute/count", "{detail}");
        assert_eq!(told("{}{}").0, "");
        assert_eq!(told("").0, "", "nothing is the empty object, which lacks a label");
    }
}
