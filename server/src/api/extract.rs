//! What handlers take: who asks, ids, query, JSON and documents. Every rejection is a problem document.

use std::convert::Infallible;
use std::fmt::Display;
use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use broker::OpContext;
use domain::{Timestamp, Viewer};
use serde::de::{DeserializeOwned, IgnoredAny};
use utoipa::ToSchema;

use super::problem::{FieldProblem, Problem, told};
use super::ranges::{self, Range};
use crate::plain_words::{Kind, misfit};
use crate::web::{RequestId, UnknownToken};

/// Found values are cut here, so that an answer stays small.
const FOUND_CHARACTERS_MAX: usize = 80;

/// Fields of bodies that are never repeated.
const SECRETS: [&str; 2] = ["password", "token"];

/// One fault with everything it says.
pub(super) fn fault(
    pointer: &str,
    code: &str,
    found: &str,
    allowed: &str,
    message: &str,
) -> FieldProblem {
    FieldProblem {
        pointer: pointer.to_owned(),
        code: code.to_owned(),
        found: told(code, &found.chars().take(FOUND_CHARACTERS_MAX).collect::<String>()),
        allowed: allowed.to_owned(),
        message: message.to_owned(),
        line: None,
        column: None,
    }
}

/// On whose behalf the request runs: by bearer token, by session, or a stranger's.
#[derive(Debug)]
pub(super) struct Asker(pub OpContext);

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if parts.extensions.get::<UnknownToken>().is_some() {
            let detail = "the bearer token is unknown or revoked; make a new one";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "unknown_token", detail));
        }
        let id = parts.extensions.get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
        Ok(Self(match parts.extensions.get::<Viewer>() {
            Some(viewer) => OpContext::person(viewer.clone(), id),
            None => OpContext::stranger(id),
        }))
    }
}

/// The last part of the path: an id or a name. What cannot be one does not exist.
#[derive(Debug)]
pub(super) struct Named<T>(pub T);

impl<S, T> FromRequestParts<S> for Named<T>
where
    S: Send + Sync,
    T: FromStr,
    T::Err: Display,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::of_status(StatusCode::BAD_REQUEST))?;
        let text = params.iter().last().map(|(_, value)| value).unwrap_or_default();
        if text.contains('\0') {
            return Err(Problem::of_status(StatusCode::NOT_FOUND));
        }
        text.parse().map(Self).map_err(|error: T::Err| {
            Problem::new(StatusCode::NOT_FOUND, "not_found", error.to_string())
        })
    }
}

/// A JSON body.
#[derive(Debug)]
pub(super) struct Input<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + ToSchema> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = media_type(request.headers());
        if !kind.is_empty() && kind != "application/json" && !kind.ends_with("+json") {
            return Err(unsupported(&kind, "application/json"));
        }
        let sent = body(request, state).await?;
        if kind.is_empty() && !sent.is_empty() {
            return Err(unsupported(&kind, "application/json"));
        }
        // Who sends nothing says nothing: a body whose members may all be absent is complete, any other
        // is told which member is missing.
        let bytes = if sent.is_empty() { Bytes::from_static(b"{}") } else { sent };
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let message = error.inner().to_string();
            // The syntax of the whole body, or one value in it: a word of a list that is no text is
            // called a fault of syntax as well.
            if error.inner().is_data() || serde_json::from_slice::<IgnoredAny>(&bytes).is_ok() {
                let pointer = pointer(error.path());
                let range = ranges::at(&T::name(), &pointer);
                Problem::invalid(vec![data_fault(&pointer, &message, range)])
            } else {
                Problem::new(StatusCode::BAD_REQUEST, "bad_json", message)
            }
        })?;
        reader.end().map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, "bad_json", error.to_string())
        })?;
        // PostgreSQL cannot store it, and nobody means it.
        if bytes.windows(6).any(|window| window.eq_ignore_ascii_case(b"\\u0000")) {
            let text = "the body holds the character U+0000";
            return Err(Problem::invalid(vec![fault(
                "",
                "character",
                "\\u0000",
                "any other",
                text,
            )]));
        }
        Ok(Self(value))
    }
}

/// An SLA document as its author wrote it, in YAML or JSON.
#[derive(Debug)]
pub(super) struct Document(pub String);

impl<S: Send + Sync> FromRequest<S> for Document {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = media_type(request.headers());
        let known = ["application/json", "application/yaml", "application/x-yaml", "text/yaml"];
        if !known.contains(&kind.as_str()) {
            return Err(unsupported(&kind, "application/yaml or application/json"));
        }
        let bytes = body(request, state).await?;
        String::from_utf8(bytes.to_vec()).map(Self).map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "bad_encoding", "the document is not UTF-8")
        })
    }
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| Problem::of_status(rejection.status()))
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = value.unwrap_or_default().split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

fn unsupported(found: &str, allowed: &str) -> Problem {
    let detail = if found.is_empty() {
        format!("say the body's type in the header content-type: {allowed}")
    } else {
        format!("the body is {found}; send {allowed}")
    };
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

/// A value of the wrong kind: what was found and what is allowed, with the range that is documented.
fn data_fault(place: &str, message: &str, range: Option<Range>) -> FieldProblem {
    let mut misfit = misfit(message);
    let own = format!("{place}/{}", escape(&misfit.found));
    let (place, code, found) = match misfit.kind {
        Kind::Missing => {
            "a value, as the OpenAPI document describes it".clone_into(&mut misfit.allowed);
            (own.as_str(), "missing", "")
        }
        // The path ends in the field already, or in what stands around it.
        Kind::Unknown => (place, "unknown_field", misfit.found.as_str()),
        Kind::Repeated => (place, "repeated", misfit.found.as_str()),
        Kind::Value => {
            if let (Some(range), true) = (range, misfit.allowed.starts_with("a whole number")) {
                misfit.allowed = range.to_string();
            }
            let secret = place.rsplit('/').next().is_some_and(|name| SECRETS.contains(&name));
            let shown = if secret { "(not shown)" } else { misfit.found.as_str() };
            let shown = if shown.is_empty() { "another value" } else { shown };
            (place, "type", shown)
        }
    };
    fault(place, code, found, &misfit.allowed, &misfit.message())
}

/// A path of serde as JSON pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Map { key } => text.push_str(&format!("/{}", escape(key))),
            Segment::Enum { variant } => text.push_str(&format!("/{}", escape(variant))),
            Segment::Unknown => {}
        }
    }
    text
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A query that is read name by name, so that all its faults are told at once.
#[derive(Debug)]
pub(super) struct Params {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
    faults: Vec<FieldProblem>,
}

/// A struct that is read from a query.
pub(super) trait FromQuery: Sized {
    /// Takes what it knows; what nobody takes is a fault.
    fn from_query(params: &mut Params) -> Self;
}

/// A query without unknown names.
#[derive(Debug)]
pub(super) struct Query<T>(pub T);

impl<S: Send + Sync, T: FromQuery> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut params = Params::read(parts.uri.query().unwrap_or_default());
        let value = T::from_query(&mut params);
        params.finish().map(|()| Self(value))
    }
}

impl Params {
    /// Takes a query apart.
    pub fn read(query: &str) -> Self {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut params = Self { pairs, known: Vec::new(), faults: Vec::new() };
        let bad: Vec<(String, &str)> = params
            .pairs
            .iter()
            .filter_map(|(name, value)| {
                let found = match value {
                    zero if zero.contains('\0') => "U+0000",
                    other if other.contains(char::REPLACEMENT_CHARACTER) => {
                        "bytes that are no UTF-8"
                    }
                    _ => return None,
                };
                Some((name.clone(), found))
            })
            .collect();
        for (name, found) in bad {
            let allowed = "UTF-8 without U+0000";
            params.fault(&name, "character", found, allowed, "the value cannot be read");
        }
        params
    }

    /// Notes a fault of a parameter or header.
    pub fn fault(&mut self, name: &str, code: &str, found: &str, allowed: &str, message: &str) {
        let short: String = name.chars().take(FOUND_CHARACTERS_MAX).collect();
        self.faults.push(fault(&format!("/{}", escape(&short)), code, found, allowed, message));
    }

    /// Every value of a name that may be repeated.
    pub fn many(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let values = self.pairs.iter().filter(|(key, _)| key == name);
        values.map(|(_, value)| value.clone()).filter(|value| !value.is_empty()).collect()
    }

    /// The value of a name that is given at most once.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.many(name);
        if values.len() > 1 {
            let message = "the name is given more than once";
            self.fault(name, "repeated", &values.join(", "), "one value", message);
        }
        values.pop()
    }

    /// Words of a closed list, of which several may be given.
    pub fn words(&mut self, name: &'static str, list: &[&str], allowed: &str) -> Vec<String> {
        let values = self.many(name);
        if let Some(unknown) = values.iter().find(|value| !list.contains(&value.as_str())) {
            self.fault(name, "word", unknown, allowed, "this word is not known here");
        }
        values
    }

    /// Two numbers of a range, the lower one first.
    pub fn range(
        &mut self,
        (low, high): (&'static str, &'static str),
        lowest: i64,
        highest: i64,
    ) -> (Option<i64>, Option<i64>) {
        let ends = (self.number(low, lowest, highest), self.number(high, lowest, highest));
        if let (Some(min), Some(max)) = ends
            && min > max
        {
            let allowed = format!("{min} or more, because {low} is {min}");
            let message = "the upper end is below the lower end";
            self.fault(high, "range", &max.to_string(), &allowed, message);
        }
        ends
    }

    /// A whole number in a range.
    pub fn number(&mut self, name: &'static str, lowest: i64, highest: i64) -> Option<i64> {
        let text = self.text(name)?;
        let number = text.parse::<i64>().ok().filter(|value| (lowest..=highest).contains(value));
        if number.is_none() {
            let allowed = format!("a whole number from {lowest} to {highest}");
            self.fault(name, "number", &text, &allowed, "this is not such a number");
        }
        number
    }

    /// A word that `read` knows.
    pub fn word<T>(
        &mut self,
        name: &'static str,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = read(&text);
        if value.is_none() {
            self.fault(name, "word", &text, allowed, "this word is not known here");
        }
        value
    }

    /// A moment, RFC 3339. Before 1970 and after 9999 nothing was noted.
    pub fn moment(&mut self, name: &'static str) -> Option<Timestamp> {
        let read = |text: &str| {
            let at = text.parse::<jiff::Timestamp>().ok()?.as_microsecond();
            (0..=253_402_300_799_000_000).contains(&at).then_some(Timestamp(at))
        };
        self.word(name, "a moment such as 2026-10-01T00:00:00Z", read)
    }

    /// All faults, those of names that nobody took included.
    pub fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> = self
            .pairs
            .iter()
            .map(|(name, _)| name.clone())
            .filter(|name| !self.known.contains(&name.as_str()))
            .collect();
        let allowed = match self.known.join(", ") {
            none if none.is_empty() => "no parameters".to_owned(),
            some => some,
        };
        for name in unknown {
            self.fault(&name, "unknown", &name, &allowed, "there is no such parameter");
        }
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::invalid(self.faults)) }
    }
}

/// No parameters at all.
#[derive(Debug)]
pub(super) struct Nothing;

impl FromQuery for Nothing {
    fn from_query(_: &mut Params) -> Self {
        Self
    }
}

/// A name as text; every text is one.
#[derive(Debug)]
pub(super) struct Name(pub String);

impl FromStr for Name {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(query: &str, take: impl FnOnce(&mut Params)) -> Vec<(String, String)> {
        let mut params = Params::read(query);
        take(&mut params);
        let _ = params.number("page", 1, 10);
        let known = params.known.clone();
        for (name, _) in params.pairs.clone() {
            if !known.contains(&name.as_str()) {
                params.fault(&name, "unknown", "", "", "");
            }
        }
        params.faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn every_fault_of_a_query_is_told_at_once() {
        let found = faults("page=99999999999999999999&q=%00&what=1", |params| {
            let _ = params.text("q");
        });
        let pair = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        assert_eq!(
            found,
            [pair("/q", "character"), pair("/page", "number"), pair("/what", "unknown")]
        );
    }

    #[test]
    fn a_name_that_is_given_twice_is_a_fault() {
        let found = faults("page=1&page=2", |_| {});
        assert_eq!(found[0].1, "repeated");
    }
}
