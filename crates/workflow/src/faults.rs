//! Places where a test may stop, repeat or fail the engine; in production they let everything pass.
//!
//! `KUMOICHI_CRASH_AT=KIND/STEP/MOMENT` aborts the process at that place, the way a power cut
//! would; `KUMOICHI_HOLD_AT` with the same form stands still there and says so in the log, so that
//! a test can `kill -9` from outside. With `KUMOICHI_HOLD_UNTIL=FILE` it goes on when that file
//! appears, so that a test can kill the other side meanwhile. Moments are `started` (the intent is logged, nothing has
//! acted), `acted` (the other side has acted, nothing is logged) and `done` (logged); for undo
//! steps `undo-started`, `undo-acted` and `undo-done`. All are honoured by builds with debug
//! assertions or the feature `crash-points` only.

use crate::{Phase, StepFailure};
use futures::future::BoxFuture;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Aborts the process at `KIND/STEP/MOMENT`.
pub const CRASH_VARIABLE: &str = "KUMOICHI_CRASH_AT";
/// Stands still at `KIND/STEP/MOMENT`.
pub const HOLD_VARIABLE: &str = "KUMOICHI_HOLD_AT";
/// Stands still only until this file appears.
pub const UNTIL_VARIABLE: &str = "KUMOICHI_HOLD_UNTIL";
/// Between two looks for that file.
const LOOK: Duration = Duration::from_millis(20);

/// What has just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// The instance is claimed; nothing of it is read or written.
    Claimed,
    /// The intent of an attempt is logged; nothing has acted.
    Started,
    /// The step returned; nothing is logged.
    Acted,
    /// The result of the attempt is logged.
    Done,
    /// The final state is logged.
    Ended,
}

/// A place in the life of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point<'a> {
    /// The kind of workflow.
    pub kind: &'a str,
    /// The step; empty at the beginning and at the end.
    pub step: &'a str,
    /// Doing or undoing.
    pub phase: Phase,
    /// Counts from 1.
    pub attempt: u32,
    /// What has just happened.
    pub moment: Moment,
}

impl fmt::Display for Point<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = if self.phase == Phase::Undo { "undo-" } else { "" };
        let moment = match self.moment {
            Moment::Claimed => "claimed",
            Moment::Started => "started",
            Moment::Acted => "acted",
            Moment::Done => "done",
            Moment::Ended => "ended",
        };
        write!(f, "{}/{}/{phase}{moment}", self.kind, self.step)
    }
}

/// What is to happen at a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Nothing special.
    Pass,
    /// The runner is gone, as if the process had ended.
    Crash,
    /// The process ends.
    Abort,
    /// The runner stands still until the process is killed.
    Hold,
    /// The step's answer is forgotten and the step is done again; at `Acted` only.
    Forget,
    /// The step counts as failed for good; at `Started` without acting, at `Acted` after it.
    Fail(StepFailure),
}

/// A rule of the engine that a test breaks on purpose, to see that it notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A runner that lost its lease writes nothing.
    Fence,
    /// Every attempt of a step acts under the same key.
    EffectKey,
}

/// Decides what happens at each place.
pub trait Faults: Send + Sync + fmt::Debug {
    /// Called by the runner at each place, in order.
    fn at(&self, point: &Point<'_>) -> Fault;

    /// Lets the runner wait at a place before [`Faults::at`] is asked; a simulation decides by it
    /// who goes on.
    fn gate(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        let _ = point;
        None
    }

    /// Whether leases are renewed while a step works, which takes real time; a simulation has none.
    fn renews(&self) -> bool {
        true
    }

    /// Whether the engine is to break a rule.
    fn breaks(&self, rule: Rule) -> bool {
        let _ = rule;
        false
    }
}

/// What the environment asks for, read once.
#[derive(Debug, Default)]
pub(crate) struct FromEnvironment {
    crash_at: Option<String>,
    hold_at: Option<String>,
    hold_until: Option<PathBuf>,
}

impl FromEnvironment {
    pub(crate) fn read() -> Self {
        if !cfg!(any(debug_assertions, feature = "crash-points")) {
            return Self::default();
        }
        Self {
            crash_at: std::env::var(CRASH_VARIABLE).ok(),
            hold_at: std::env::var(HOLD_VARIABLE).ok(),
            hold_until: std::env::var_os(UNTIL_VARIABLE).map(PathBuf::from),
        }
    }
}

impl Faults for FromEnvironment {
    fn at(&self, point: &Point<'_>) -> Fault {
        if self.crash_at.is_none() && self.hold_at.is_none() {
            return Fault::Pass;
        }
        let place = point.to_string();
        if self.crash_at.as_deref() == Some(&place) {
            Fault::Abort
        } else if self.hold_at.as_deref() == Some(&place) && self.hold_until.is_none() {
            Fault::Hold
        } else {
            Fault::Pass
        }
    }

    fn gate(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        let file = self.hold_until.clone()?;
        let place = point.to_string();
        if self.hold_at.as_deref() != Some(&place) || file.exists() {
            return None;
        }
        Some(Box::pin(async move {
            tracing::warn!("holding at {place}");
            while !file.exists() {
                tokio::time::sleep(LOOK).await;
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_is_written_as_the_variables_expect() {
        let mut point = Point {
            kind: "activate_contract",
            step: "hold",
            phase: Phase::Forward,
            attempt: 1,
            moment: Moment::Acted,
        };
        assert_eq!(point.to_string(), "activate_contract/hold/acted");
        point.phase = Phase::Undo;
        assert_eq!(point.to_string(), "activate_contract/hold/undo-acted");
    }

    #[test]
    fn environment_asks_for_one_place_only() {
        let faults = FromEnvironment { crash_at: Some("a/b/started".into()), ..Default::default() };
        let at = |step, moment| {
            faults.at(&Point { kind: "a", step, phase: Phase::Forward, attempt: 1, moment })
        };
        assert_eq!(at("b", Moment::Started), Fault::Abort);
        assert_eq!(at("b", Moment::Acted), Fault::Pass);
        assert_eq!(at("c", Moment::Started), Fault::Pass);
    }

    #[tokio::test]
    async fn standing_still_with_a_file_ends_when_the_file_appears() {
        let folder = std::env::temp_dir().join(format!("kumoichi-hold-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("go-on");
        let faults = FromEnvironment {
            hold_at: Some("a/b/acted".into()),
            hold_until: Some(file.clone()),
            ..Default::default()
        };
        let point =
            |moment| Point { kind: "a", step: "b", phase: Phase::Forward, attempt: 1, moment };
        assert!(faults.gate(&point(Moment::Done)).is_none(), "another place");
        let mut held = faults.gate(&point(Moment::Acted)).unwrap();
        assert!(futures::poll!(&mut held).is_pending());
        std::fs::write(&file, "").unwrap();
        held.await;
        assert!(faults.gate(&point(Moment::Acted)).is_none(), "it stood still once");
        assert_eq!(faults.at(&point(Moment::Acted)), Fault::Pass);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
