//! The conformance suite: every rule of the API as a check over real HTTP, against any provider.
//!
//! It speaks raw HTTP instead of going through the driver, since headers, problem documents and repetitions are part
//! of the contract. It reports instead of panicking, keeps what was sent and what came, gives back whatever it made,
//! and every step of it has a time limit. What a report means for an offer is left to the broker.

mod answer;
mod catalogue;
mod checks;
mod desk;
mod ear;
mod group;
mod html;
mod line;
mod report;
mod room;
mod sweep;
mod text;
mod work;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

pub use catalogue::{CATALOGUE, Check};
pub use group::Group;
pub use report::{Came, CheckReport, CheckResult, Exchange, Header, Report, Sent, Verdict};
pub use room::{examined_region, examined_with};

use crate::http::DriverConfig;
use crate::http::Secret;
use desk::Desk;
use room::Room;

/// What is examined, and how patiently.
#[derive(Clone, Debug)]
pub struct Target {
    /// Address, token, allowed addresses and the size limit of answers; its deadlines and retries are not used.
    pub config: DriverConfig,
    /// For checks that order faults at the cloud; without it they are skipped.
    pub admin_token: Option<Secret>,
    /// Token of a second tenant of the same cloud; without it checks between tenants are skipped.
    pub other_token: Option<Secret>,
    /// A second cloud that makes links; without it checks between two clouds are skipped.
    pub second: Option<DriverConfig>,
}

impl Target {
    /// A cloud of which only one tenant's token is known.
    #[must_use]
    pub fn new(config: DriverConfig) -> Self {
        Self { config, admin_token: None, other_token: None, second: None }
    }
}

/// How a run is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// The run's name in labels and keys: 1 to 40 letters, digits or hyphens, never used twice against one cloud.
    pub run: String,
    /// Microseconds UTC, for the report.
    pub began_at_us: i64,
    /// Only checks whose id begins with one of these; empty means all.
    pub only: Vec<String>,
    /// Whether checks may fill a region for some seconds. Other callers of the same tenant find it full meanwhile.
    pub fill: bool,
    /// For one answer.
    pub answer_limit: Duration,
    /// For an answer that only reads.
    pub read_limit: Duration,
    /// For one check with its clearing away.
    pub check_limit: Duration,
    /// For the whole run; checks that are left then count as failed.
    pub run_limit: Duration,
}

impl Options {
    /// The usual limits; everything is checked.
    #[must_use]
    pub fn new(run: impl Into<String>, began_at_us: i64) -> Self {
        Self {
            run: run.into(),
            began_at_us,
            only: Vec::new(),
            fill: true,
            answer_limit: Duration::from_secs(30),
            read_limit: Duration::from_secs(5),
            check_limit: Duration::from_secs(120),
            run_limit: Duration::from_secs(900),
        }
    }
}

/// Lets time pass at the cloud: patience, or in a test a moved clock.
#[async_trait]
pub trait Patience: Send + Sync + std::fmt::Debug {
    async fn pass(&self, time: Duration);
}

/// Waits as long as it takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealTime;

#[async_trait]
impl Patience for RealTime {
    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// Runs the checks one after the other and tells everything; never fails itself.
pub async fn run(target: &Target, options: &Options, patience: Arc<dyn Patience>) -> Report {
    let began = Instant::now();
    let mut report = Report::begin(target, options);
    if let Err(reason) = valid(options) {
        return report.not_run(reason, began.elapsed());
    }
    let room = match Room::open(target, options, patience).await {
        Ok(room) => room,
        Err(reason) => return report.not_run(reason, began.elapsed()),
    };
    report.provider = Some(room.capabilities.provider.chars().take(200).collect());
    sweep::earlier_runs(&room).await;
    for check in chosen(options) {
        let left = options.run_limit.saturating_sub(began.elapsed());
        let (done, left_behind) = examine(&room, check, left).await;
        tracing::debug!(check = check.id, result = ?done.result, "a check is done");
        report.checks.push(done);
        report.left_behind.extend(left_behind);
    }
    report.end(began.elapsed())
}

fn valid(options: &Options) -> Result<(), String> {
    let fits = (1..=40).contains(&options.run.len())
        && options.run.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !fits {
        return Err(format!(
            "found the run name {:?}, allowed are 1 to 40 letters, digits or hyphens",
            options.run
        ));
    }
    let unknown = options.only.iter().find(|wish| {
        wish.is_empty() || !CATALOGUE.iter().any(|check| check.id.starts_with(wish.as_str()))
    });
    match unknown {
        Some(wish) => Err(format!("no check begins with {wish:?}")),
        None => Ok(()),
    }
}

fn chosen(options: &Options) -> impl Iterator<Item = &'static Check> {
    CATALOGUE.iter().filter(|check| {
        options.only.is_empty()
            || options.only.iter().any(|wish| check.id.starts_with(wish.as_str()))
    })
}

/// One check, then the clearing away of what it made.
async fn examine(room: &Room, check: &'static Check, left: Duration) -> (CheckReport, Vec<String>) {
    let began = Instant::now();
    let desk = Desk::new(room, check.id);
    let limit = room.options.check_limit.min(left);
    let outcome = if limit.is_zero() {
        Err(answer::finding("done within the limit of the run", "no time was left"))
    } else {
        match tokio::time::timeout(limit, (check.run)(&desk)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let expected = format!("done within {} s", limit.as_secs());
                Err(answer::finding(expected, "it was not done by then"))
            }
        }
    };
    let exchanges = desk.take_exchanges();
    let left_behind = sweep::clear(room, &desk.prefix()).await;
    let mut result = CheckResult::from(outcome);
    if result == CheckResult::Passed && !left_behind.is_empty() {
        result = CheckResult::Failed {
            expected: "everything the check made can be given back".to_owned(),
            found: format!("left at the cloud: {}", left_behind.join(", ")),
        };
    }
    (CheckReport::new(check, result, began.elapsed(), exchanges), left_behind)
}
