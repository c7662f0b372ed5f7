//! Saving over a known version: `If-Match` or `expectedVersion` says which one a change was made of, and
//! `ETag` is how a client learns it. Without either, the newest version is replaced whatever it is.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use broker::BrokerError;
use serde::Serialize;

use super::extract::Params;
use super::problem::Problem;

/// How a version is told in the header.
const TAG: &str = "the number of the version that was read, as in its ETag: \"3\"";

/// The version that a change was made of, where the request says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MadeOfVersion {
    /// Its number.
    pub version: Option<i64>,
    by_header: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for MadeOfVersion {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut params = Params::read(parts.uri.query().unwrap_or_default());
        let asked = params.number("expectedVersion", 1, i64::MAX);
        let tags: Vec<&str> = parts
            .headers
            .get_all(header::IF_MATCH)
            .iter()
            .map(|value| value.to_str().unwrap_or_default().trim())
            .collect();
        let matched = match tags[..] {
            // Any version: what is replaced has to be there, and a PUT asks for that anyway.
            [] | ["*"] => None,
            [tag] => version(tag).or_else(|| {
                params.fault("If-Match", "version", tag, TAG, "this is no version");
                None
            }),
            _ => {
                let message = "the header is given more than once";
                params.fault("If-Match", "repeated", &tags.join(", "), "one version", message);
                None
            }
        };
        if let (Some(asked), Some(matched)) = (asked, matched)
            && asked != matched
        {
            let allowed = format!("{matched}, as in If-Match, or only one of them");
            let message = "the header and the query name different versions";
            params.fault("expectedVersion", "contradiction", &asked.to_string(), &allowed, message);
        }
        params.finish()?;
        Ok(Self { version: matched.or(asked), by_header: matched.is_some() })
    }
}

/// The version of an entity tag. What a proxy compressed on the way has a weak one.
fn version(tag: &str) -> Option<i64> {
    let number = tag.trim_start_matches("W/").strip_prefix('"')?.strip_suffix('"')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|version| digits && *version > 0)
}

impl MadeOfVersion {
    /// A refused change as an answer: 412 where the header asked, as HTTP has it, otherwise 409.
    pub fn refused(self, error: BrokerError) -> Problem {
        let code = error.code();
        let problem = Problem::from(error);
        if self.by_header && matches!(code, "requirement_changed" | "offer_changed") {
            return problem.with_status(StatusCode::PRECONDITION_FAILED);
        }
        problem
    }
}

/// 200 with a JSON body and its version as `ETag`.
#[derive(Debug)]
pub(super) struct Versioned<T>(pub i64, pub T);

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        ([(header::ETAG, format!("\"{}\"", self.0))], Json(self.1)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    async fn read(query: &str, tags: &[&str]) -> Result<Option<i64>, StatusCode> {
        let mut request = Request::put(format!("/x?{query}"));
        for tag in tags {
            request = request.header(header::IF_MATCH, *tag);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let read = MadeOfVersion::from_request_parts(&mut parts, &()).await;
        read.map(|made_of| made_of.version).map_err(|problem| problem.status())
    }

    #[tokio::test]
    async fn a_version_is_read_from_header_or_query_and_everything_else_is_refused() {
        for (query, tags, expected) in [
            ("", &[][..], None),
            ("", &["*"], None),
            ("", &["\"3\""], Some(3)),
            ("", &["W/\"3\""], Some(3)),
            ("expectedVersion=4", &[], Some(4)),
            ("expectedVersion=3", &["\"3\""], Some(3)),
        ] {
            assert_eq!(read(query, tags).await, Ok(expected), "{query} {tags:?}");
        }
        for (query, tags) in [
            ("", &["3"][..]),
            ("", &["\"\""]),
            ("", &["\"+3\""]),
            ("", &["\"0\""]),
            ("", &["\"1\", \"2\""]),
            ("", &["\"1\"", "\"2\""]),
            ("", &["\"abc\""]),
            ("expectedVersion=0", &[]),
            ("expectedVersion=x", &[]),
            ("expectedVersion=4", &["\"3\""]),
            ("version=4", &[]),
        ] {
            assert_eq!(
                read(query, tags).await,
                Err(StatusCode::UNPROCESSABLE_ENTITY),
                "{query} {tags:?}"
            );
        }
    }
}
