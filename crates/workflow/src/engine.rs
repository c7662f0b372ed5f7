//! Claims due instances and hands them to runners; knows nothing of steps.

use crate::faults::{Faults, FromEnvironment};
use crate::runner::{self, Flow, Halt};
use crate::{Signals, WorkflowDefinition, WorkflowError};
use domain::{Clock, IdSource, Timestamp, WorkflowId};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use storage::workflow::{self as rows, Claim, Claimed, Lease};
use storage::{Db, StorageError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod horizon;

use horizon::Horizon;

/// An idle worker never asks more often, whatever the next wake time says.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// How many workers, and their times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineConfig {
    /// Instances driven at the same time by this process; 0 leaves the work to another process.
    pub workers: usize,
    /// How long an instance stays with a runner that gives no sign of life; renewed at a third.
    pub lease: Duration,
    /// How often an idle worker looks for work that no signal announced.
    pub poll: Duration,
    /// How long a step may go on after the shutdown was asked for.
    pub drain: Duration,
    /// By which clock leases are judged.
    pub lease_time: LeaseTime,
}

/// The clock by which leases begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LeaseTime {
    /// The database's: all programs over it agree, whatever their own clocks say.
    #[default]
    Database,
    /// The injected one; for tests and simulations that move it, and for nothing else.
    Clock,
}

impl EngineConfig {
    /// The usual configuration with leases judged by the injected clock, for tests that move it.
    #[must_use]
    pub fn by_clock() -> Self {
        Self { lease_time: LeaseTime::Clock, ..Self::default() }
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            workers: 4,
            lease: Duration::from_secs(30),
            poll: Duration::from_secs(1),
            drain: Duration::from_secs(20),
            lease_time: LeaseTime::default(),
        }
    }
}

/// What an engine is made of.
pub struct Parts<E: 'static> {
    /// The log.
    pub db: Db,
    /// What the steps work in.
    pub env: Arc<E>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Names the engine in leases, and children.
    pub ids: Arc<dyn IdSource>,
    /// Every kind and version this program can run.
    pub definitions: Vec<WorkflowDefinition<E>>,
    /// Shared with those who start workflows or listen.
    pub signals: Signals,
    /// How many workers, and their times.
    pub config: EngineConfig,
}

/// Runs workflows; cheap to clone.
pub struct Engine<E: 'static> {
    pub(crate) inner: Arc<Inner<E>>,
}

pub(crate) struct Inner<E: 'static> {
    pub db: Db,
    pub env: Arc<E>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
    pub definitions: Vec<WorkflowDefinition<E>>,
    pub signals: Signals,
    pub config: EngineConfig,
    /// Names this engine in leases.
    pub runner: String,
    /// The owner who had the latest turn here.
    pub served: Mutex<String>,
    pub horizon: Horizon,
    pub faults: Arc<dyn Faults>,
}

/// What one turn of an engine came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// Nothing was due.
    Idle,
    /// An instance was driven until it ended, waits, or needs a person.
    Rested(WorkflowId),
    /// Another runner took the instance over; this one wrote nothing more.
    Lost(WorkflowId),
    /// A test made the runner vanish.
    Crashed(WorkflowId),
}

/// What ended a worker's pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// There was none: it comes from an instance.
    Not,
    ByTime,
    /// [`Signals::wake`] was called.
    ByWord,
}

impl<E> Clone for Engine<E> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<E> fmt::Debug for Engine<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("runner", &self.inner.runner)
            .field("definitions", &self.inner.definitions)
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}

impl<E> fmt::Debug for Parts<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("definitions", &self.definitions)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl<E: Send + Sync + 'static> Engine<E> {
    /// Puts an engine together; refuses definitions that share a name.
    pub fn new(parts: Parts<E>) -> Result<Self, WorkflowError> {
        Self::with_faults(parts, Arc::new(FromEnvironment::read()))
    }

    /// The same, with somebody who may stop, repeat or fail it at each place; for tests.
    pub fn with_faults(parts: Parts<E>, faults: Arc<dyn Faults>) -> Result<Self, WorkflowError> {
        check(&parts.definitions)?;
        let inner = Inner {
            db: parts.db,
            env: parts.env,
            clock: parts.clock,
            definitions: parts.definitions,
            signals: parts.signals,
            config: parts.config,
            runner: parts.ids.next_uuid().to_string(),
            ids: parts.ids,
            served: Mutex::new(String::new()),
            horizon: Horizon::default(),
            faults,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Every kind and version this engine can run, for [`crate::load_view`].
    #[must_use]
    pub fn definitions(&self) -> &[WorkflowDefinition<E>] {
        &self.inner.definitions
    }

    /// Runs the workers until the shutdown is asked for and each has put its instance down.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut tasks = JoinSet::new();
        for _ in 0..self.inner.config.workers {
            let (engine, shutdown) = (self.clone(), shutdown.clone());
            tasks.spawn(async move { engine.work(&shutdown).await });
        }
        if self.inner.config.workers > 0 {
            let (engine, shutdown) = (self.clone(), shutdown.clone());
            tasks.spawn(async move { engine.unpark_now_and_then(&shutdown).await });
        }
        shutdown.cancelled().await;
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a workflow worker ended unexpectedly");
            }
        }
    }

    /// Claims one due instance and drives it until it rests.
    pub async fn tick_once(&self) -> Result<Tick, WorkflowError> {
        self.turn(&CancellationToken::new()).await
    }

    /// Takes turns until nothing is due any more, at most `limit` of them.
    pub async fn run_until_idle(&self, limit: usize) -> Result<(), WorkflowError> {
        for _ in 0..limit {
            if self.tick_once().await? == Tick::Idle {
                return Ok(());
            }
        }
        Err(WorkflowError::NotIdle(limit))
    }

    /// When the next instance becomes due; absent when none is waiting.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, WorkflowError> {
        self.next_wake_until(Timestamp(i64::MAX)).await
    }

    async fn next_wake_until(&self, until: Timestamp) -> Result<Option<Timestamp>, WorkflowError> {
        let mut tx = self.inner.db.look().await?;
        Ok(rows::next_wake(&mut tx, until).await?)
    }

    /// Lets parked instances go on whose kind and version this engine knows.
    pub async fn unpark(&self) -> Result<(), WorkflowError> {
        let mut tx = self.inner.db.begin().await?;
        for known in &self.inner.definitions {
            let now = self.inner.clock.now();
            let found = rows::unpark(&mut tx, known.kind, known.version, now).await?;
            if found > 0 {
                tracing::info!(workflow.kind = known.kind, found, "parked workflows go on");
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn work(&self, shutdown: &CancellationToken) {
        let mut woken = Woken::ByTime;
        while !shutdown.is_cancelled() {
            let words = self.inner.signals.words();
            if woken == Woken::Not && self.inner.horizon.is_quiet(self.inner.clock.now(), words) {
                woken = self.pause(woken, shutdown).await;
                continue;
            }
            woken = match self.turn(shutdown).await {
                Ok(Tick::Idle) => self.pause(woken, shutdown).await,
                Ok(_) => Woken::Not,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "no workflow claimed");
                    self.pause(woken, shutdown).await
                }
            };
        }
    }

    async fn turn(&self, shutdown: &CancellationToken) -> Result<Tick, WorkflowError> {
        let words = self.inner.signals.words();
        let claimed = self.claim().await?;
        match claimed.as_ref().is_some_and(|claimed| claimed.more) {
            true => self.inner.signals.wake(),
            false => self.inner.horizon.nothing_else(words),
        }
        let Some(claimed) = claimed else { return Ok(Tick::Idle) };
        let id = claimed.row.id;
        let driven = runner::drive(&self.inner, claimed, shutdown).await;
        if !matches!(driven, Ok(Flow::Ended)) {
            // It may be due again already.
            self.inner.signals.note();
        }
        match driven {
            Ok(_) => Ok(Tick::Rested(id)),
            Err(Halt::LeaseLost) => {
                tracing::warn!(workflow.id = %id, "another runner took the workflow over");
                Ok(Tick::Lost(id))
            }
            Err(Halt::Crashed) => Ok(Tick::Crashed(id)),
            // The lease runs out by itself; that is the pause before the next try.
            Err(Halt::Broken(error)) => Err(error),
        }
    }

    async fn claim(&self) -> Result<Option<Claimed>, StorageError> {
        let inner = &self.inner;
        let (now, lease) = (inner.clock.now(), inner.lease());
        let after_owner = &inner.served();
        let claim = Claim { runner: &inner.runner, lease, after_owner, now };
        let claimed = rows::claim_alone(&inner.db, claim).await?;
        if let Some(Claimed { row, .. }) = &claimed {
            *inner.served.lock().unwrap_or_else(PoisonError::into_inner) = row.owner_key.clone();
        }
        Ok(claimed)
    }

    async fn pause(&self, woken: Woken, shutdown: &CancellationToken) -> Woken {
        let longest = self.inner.config.poll;
        let now = self.inner.clock.now();
        // Who was woken and found nothing due was told of something that is due later.
        let known = self.inner.horizon.next(now).filter(|_| woken != Woken::ByWord);
        let next = match known {
            Some(next) => next,
            None => self.look_ahead(now).await,
        };
        let micros = next.since(self.inner.clock.now()).max(0);
        let pause = Duration::from_micros(micros.unsigned_abs()).clamp(SHORTEST_PAUSE, longest);
        tokio::select! {
            () = self.inner.signals.woken() => Woken::ByWord,
            () = tokio::time::sleep(pause) => Woken::ByTime,
            () = shutdown.cancelled() => Woken::ByTime,
        }
    }

    /// Asks the database when something is due, and no further ahead than the longest pause: what is due
    /// later does not shorten it.
    async fn look_ahead(&self, now: Timestamp) -> Timestamp {
        let until = later(now, self.inner.config.poll);
        match self.next_wake_until(until).await {
            Ok(due) => self.inner.horizon.see(now, until, due),
            Err(_) => until,
        }
    }

    /// A newer program that knows them may have come up, or an older one may have parked them.
    async fn unpark_now_and_then(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            if let Err(error) = self.unpark().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot unpark workflows");
            }
            tokio::select! {
                () = tokio::time::sleep(self.inner.config.lease) => {}
                () = shutdown.cancelled() => {}
            }
        }
    }
}

impl<E> Inner<E> {
    pub(crate) fn find(&self, kind: &str, version: i64) -> Option<WorkflowDefinition<E>> {
        self.definitions
            .iter()
            .find(|known| known.kind == kind && known.version == version)
            .copied()
    }

    pub(crate) fn lease(&self) -> Lease {
        let length_us = i64::try_from(self.config.lease.as_micros()).unwrap_or(i64::MAX);
        let at = match self.config.lease_time {
            LeaseTime::Database => None,
            LeaseTime::Clock => Some(self.clock.now()),
        };
        Lease { length_us, at }
    }

    fn served(&self) -> String {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The moment `span` later; spans beyond the range of time saturate.
pub(crate) fn later(moment: Timestamp, span: Duration) -> Timestamp {
    moment.plus_us(i64::try_from(span.as_micros()).unwrap_or(i64::MAX))
}

fn check<E>(definitions: &[WorkflowDefinition<E>]) -> Result<(), WorkflowError> {
    let mut kinds = BTreeSet::new();
    for definition in definitions {
        let named = format!("{} v{}", definition.kind, definition.version);
        if definition.steps.is_empty() || !kinds.insert((definition.kind, definition.version)) {
            return Err(WorkflowError::Definition(named));
        }
        let names: BTreeSet<_> = definition.steps.iter().map(|step| step.name).collect();
        let steps = definition.steps;
        if names.len() != steps.len() || steps.iter().any(no_attempts) || !groups_hold(steps) {
            return Err(WorkflowError::Definition(named));
        }
    }
    Ok(())
}

const fn no_attempts<E>(step: &crate::Step<E>) -> bool {
    step.retry.attempts == 0 || step.undo_retry.attempts == 0
}

/// Members of a group stand together, agree on its bound, and at least one may work.
fn groups_hold<E>(steps: &[crate::Step<E>]) -> bool {
    let mut closed = BTreeSet::new();
    let mut open: Option<crate::Group> = None;
    for step in steps {
        if step.group == open {
            continue;
        }
        let ended = open.map(|group| group.name);
        open = step.group;
        closed.extend(ended);
        if open.is_some_and(|group| group.at_once == 0 || closed.contains(group.name)) {
            return false;
        }
    }
    true
}
