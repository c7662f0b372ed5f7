//! What came, and what is expected of every answer: its status, its headers, its form.

use std::fmt;

use serde::de::DeserializeOwned;

use super::report::{Came, Exchange};
use crate::paths;
use crate::problem::{Problem, ProblemCode};
use crate::state::ResourceState;
use crate::wire::Allocation;

/// Why a check does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// The cloud did something else.
    Finding { expected: String, found: String },
    /// The check cannot be done here.
    Skip(String),
}

pub(super) type Outcome = Result<(), Stop>;

pub(super) fn finding(expected: impl Into<String>, found: impl fmt::Display) -> Stop {
    Stop::Finding { expected: expected.into(), found: found.to_string() }
}

/// Two values are equal.
#[expect(clippy::needless_pass_by_value, reason = "values read as a sentence at the call")]
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, found: T, expected: T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(finding(format!("{what} is {expected:?}"), format!("{found:?}")))
}

/// A sentence is true; `found` says what is there instead.
pub(super) fn holds(expected: &str, fact: bool, found: impl fmt::Display) -> Outcome {
    if fact { Ok(()) } else { Err(finding(expected, found)) }
}

/// The answer to one request.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Method and path, to name it in findings.
    pub what: String,
    pub came: Option<Came>,
    pub failure: String,
    /// The whole body; the report keeps its beginning.
    pub body: String,
    /// The same as it came, for what is no text.
    pub bytes: Vec<u8>,
}

impl Answer {
    pub(super) fn of(exchange: &Exchange, bytes: Vec<u8>) -> Self {
        Self {
            what: format!("{} {}", exchange.sent.method, exchange.sent.path),
            came: exchange.came.clone(),
            failure: exchange.failure.clone().unwrap_or_default(),
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }

    /// The HTTP status, if a whole answer came.
    pub(super) fn status(&self) -> Option<u16> {
        self.came.as_ref().map(|came| came.status)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.came.as_ref()?.headers;
        headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }

    /// What came, in a line.
    pub(super) fn said(&self) -> String {
        match self.status() {
            Some(status) => {
                let body: String = self.body.chars().take(300).collect();
                format!("{} was answered with {status} {body}", self.what)
            }
            None => format!("{} was not answered: {}", self.what, self.failure),
        }
    }

    fn is_of(&self, kind: &str) -> bool {
        let found = self.header("content-type").unwrap_or_default();
        found.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(kind)
    }

    fn named(&self) -> Outcome {
        let id = self.header(paths::REQUEST_ID).unwrap_or_default();
        let expected = "every answer names its request in x-request-id";
        holds(expected, !id.is_empty(), format_args!("{}: no such header", self.what))
    }

    /// The value of a success, which is JSON with a request id.
    pub(super) fn value<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        let expected = || format!("{} succeeds", self.what);
        if !self.status().is_some_and(|status| (200..300).contains(&status)) {
            return Err(finding(expected(), self.said()));
        }
        self.named()?;
        let kind = self.header("content-type").unwrap_or_default();
        holds("an answer is application/json", self.is_of("application/json"), kind)?;
        serde_json::from_str(&self.body).map_err(|error| {
            let expected = format!("{} is answered in the form of version 1", self.what);
            finding(expected, format!("{error} in {}", Exchange::cut(&self.body)))
        })
    }

    /// The text of a success of this content type.
    pub(super) fn text_of(&self, kind: &str) -> Result<&str, Stop> {
        if self.status() != Some(200) {
            return Err(finding(format!("{} succeeds", self.what), self.said()));
        }
        self.named()?;
        let found = self.header("content-type").unwrap_or_default();
        holds(&format!("the answer is {kind}"), self.is_of(kind), found)?;
        Ok(&self.body)
    }

    /// The allocation of a success, in a state this version knows.
    pub(super) fn allocation(&self) -> Result<Allocation, Stop> {
        let allocation: Allocation = self.value()?;
        let known = allocation.state != ResourceState::Unknown;
        holds("the state is a word of version 1", known, &self.body)?;
        Ok(allocation)
    }

    /// The allocation of a success, in exactly this state.
    pub(super) fn in_state(&self, expected: ResourceState) -> Result<Allocation, Stop> {
        let allocation = self.allocation()?;
        if allocation.state == expected {
            return Ok(allocation);
        }
        let expected = format!("after {} the state is {expected}", self.what);
        Err(finding(expected, allocation.state))
    }

    /// A refusal with exactly this code, whole and in the form of RFC 9457.
    pub(super) fn refused(&self, code: ProblemCode) -> Result<Problem, Stop> {
        let expected = || format!("{} is refused with {}", self.what, code.as_str());
        let Some(status) = self.status() else { return Err(finding(expected(), self.said())) };
        if status < 400 {
            return Err(finding(expected(), self.said()));
        }
        let kind = self.header("content-type").unwrap_or_default();
        let is_problem = self.is_of("application/problem+json");
        holds("a refusal is application/problem+json", is_problem, kind)?;
        let problem: Problem = serde_json::from_str(&self.body).map_err(|error| {
            finding("a refusal is a problem document", format!("{error} in {}", self.body))
        })?;
        if problem.code != code {
            return Err(finding(expected(), self.said()));
        }
        let model = Problem::new(code, "");
        same("the type of the problem", problem.kind.as_str(), model.kind.as_str())?;
        same("the status of the code", status, code.status())?;
        same("the status inside the problem", problem.status, status)?;
        let told = !problem.title.trim().is_empty() && !problem.detail.trim().is_empty();
        holds("a problem has a title and a detail", told, &self.body)?;
        self.named()?;
        Ok(problem)
    }

    /// A refusal for want of room: the region is full, or the tenant may have no more.
    pub(super) fn refused_for_room(&self) -> Result<Problem, Stop> {
        let problem = serde_json::from_str::<Problem>(&self.body).ok();
        match problem.map(|problem| problem.code) {
            Some(ProblemCode::QuotaExceeded) => self.refused(ProblemCode::QuotaExceeded),
            _ => self.refused(ProblemCode::CapacityExhausted),
        }
    }

    /// A refusal of bad input that names the place.
    pub(super) fn names(&self, pointer: &str) -> Outcome {
        let problem = self.refused(ProblemCode::InvalidRequest)?;
        let named = problem
            .errors
            .iter()
            .any(|fault| fault.pointer == pointer && !fault.detail.trim().is_empty());
        let expected = format!("the wrong value is named by {pointer} with what is allowed");
        holds(&expected, named, &self.body)
    }
}
