//! What a run found, as data: the same value is printed, stored, shown and sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Outcome, Stop};
use super::catalogue::Check;
use super::group::Group;
use super::{Options, Target, html, text};

/// Everything one run found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of this form, 1.
    pub version: u32,
    /// The run's name, part of every label and key it used.
    pub run: String,
    /// Address of the API.
    pub url: String,
    /// The cloud's name for people; absent when it could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    pub verdict: Verdict,
    /// Why nothing was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Microseconds UTC.
    pub began_at_us: i64,
    pub took_ms: i64,
    pub checks: Vec<CheckReport>,
    /// Ids of what could not be given back, with their states.
    pub left_behind: Vec<String>,
}

/// The sum of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Every check that was done passed, and at least one was done.
    Conforms,
    /// At least one check failed.
    Deviates,
    /// The cloud could not be examined.
    NotRun,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// Stable name, such as `hold.repeat`.
    pub id: String,
    pub group: Group,
    /// The fact, as a sentence.
    pub fact: String,
    /// What asks for it, such as `IF4`.
    pub requirements: Vec<String>,
    #[serde(flatten)]
    pub result: CheckResult,
    pub took_ms: i64,
    /// What was sent and what came, oldest first.
    pub exchanges: Vec<Exchange>,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "result", rename_all = "camelCase")]
pub enum CheckResult {
    Passed,
    Failed {
        /// What the API promises.
        expected: String,
        /// What the cloud did.
        found: String,
    },
    Skipped {
        reason: String,
    },
}

/// One request and its answer. The token is never written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    pub sent: Sent,
    /// Absent when no whole answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<Came>,
    /// Why no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    pub took_ms: i64,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    pub method: String,
    pub path: String,
    /// Key and epoch, where sent.
    pub headers: Vec<Header>,
    /// At most [`Exchange::BODY_MAX`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Came {
    pub status: u16,
    /// The ones the API speaks of.
    pub headers: Vec<Header>,
    /// At most [`Exchange::BODY_MAX`] bytes.
    pub body: String,
}

/// One header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    pub name: String,
    pub value: String,
}

impl Exchange {
    /// Bytes of a body that are kept: more than any answer but a long list.
    pub const BODY_MAX: usize = 16 * 1024;

    /// The beginning of a body, cut between characters.
    pub(super) fn cut(body: &str) -> String {
        let mut end = body.len().min(Self::BODY_MAX);
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        body.get(..end).unwrap_or_default().to_owned()
    }
}

impl From<Outcome> for CheckResult {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(()) => Self::Passed,
            Err(Stop::Finding { expected, found }) => Self::Failed { expected, found },
            Err(Stop::Skip(reason)) => Self::Skipped { reason },
        }
    }
}

impl CheckReport {
    pub(super) fn new(
        check: &Check,
        result: CheckResult,
        took: Duration,
        exchanges: Vec<Exchange>,
    ) -> Self {
        Self {
            id: check.id.to_owned(),
            group: check.group,
            fact: check.fact.to_owned(),
            requirements: check.requirements.iter().map(ToString::to_string).collect(),
            result,
            took_ms: millis(took),
            exchanges,
        }
    }

    /// Whether what was found is not what the API promises.
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self.result, CheckResult::Failed { .. })
    }
}

pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Report {
    pub(super) fn begin(target: &Target, options: &Options) -> Self {
        Self {
            version: 1,
            run: options.run.clone(),
            url: target.config.base_url.to_string(),
            provider: None,
            verdict: Verdict::NotRun,
            reason: None,
            began_at_us: options.began_at_us,
            took_ms: 0,
            checks: Vec::new(),
            left_behind: Vec::new(),
        }
    }

    pub(super) fn not_run(mut self, reason: String, took: Duration) -> Self {
        self.reason = Some(reason);
        self.took_ms = millis(took);
        self
    }

    pub(super) fn end(mut self, took: Duration) -> Self {
        self.took_ms = millis(took);
        self.verdict = if self.checks.iter().any(CheckReport::failed) {
            Verdict::Deviates
        } else if self.passed() > 0 {
            Verdict::Conforms
        } else {
            Verdict::NotRun
        };
        if self.verdict == Verdict::NotRun {
            self.reason = Some("every check was skipped".to_owned());
        }
        self
    }

    /// The failed checks.
    pub fn failed(&self) -> impl Iterator<Item = &CheckReport> {
        self.checks.iter().filter(|check| check.failed())
    }

    /// How many checks passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.checks.iter().filter(|check| check.result == CheckResult::Passed).count()
    }

    /// How many checks were skipped.
    #[must_use]
    pub fn skipped(&self) -> usize {
        let skipped = |check: &&CheckReport| matches!(check.result, CheckResult::Skipped { .. });
        self.checks.iter().filter(skipped).count()
    }

    /// The report to read in a terminal; `exchanges` adds what was sent and what came to checks that failed.
    #[must_use]
    pub fn text(&self, exchanges: bool) -> String {
        text::render(self, exchanges)
    }

    /// The report as a page that stands alone, without script.
    #[must_use]
    pub fn html(&self) -> String {
        html::render(self)
    }
}
