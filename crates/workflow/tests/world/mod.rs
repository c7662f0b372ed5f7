//! A small other side: it acts once per effect key, and answers as the test's script says.

#![allow(dead_code, reason = "each test binary takes what it needs")]

use domain::{Clock, ContractId, IdSource, ManualClock, SequentialIds, Timestamp, WorkflowId};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use storage::Db;
use storage::observations::{Observation, ObservationKind};
use storage::workflow::Along;
use tokio::sync::Notify;
use workflow::testing::Stage;
use workflow::{
    Done, Engine, EngineConfig, FinalInput, Group, Parts, Phase, RetryPolicy, Run, Signals, Start,
    Started, Step, StepFailure, StepInput, StepResult, Stop, WorkflowDefinition, WorkflowView,
    load_view, start,
};

/// The present of each test until it moves the clock.
pub const START: Timestamp = Timestamp::from_seconds(1_780_000_000);

/// How one attempt goes; without a word in the script it goes well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Well,
    RetryBeforeActing,
    RetryAfterActing,
    PanicAfterActing,
    PanicAtOnce,
    Sleep(u64),
    FailBeforeActing,
    FailAfterActing,
    HangAfterActing,
    CommitRefused,
    CommitPanics,
    /// Well, with rows that go along and are refused.
    AlongRefused,
    /// Well, without any rows.
    Bare,
}

/// What happened at the other side.
#[derive(Debug, Default)]
pub struct State {
    script: BTreeMap<(String, &'static str, Phase), VecDeque<Answer>>,
    /// Effects that exist now, by forward key.
    pub effects: BTreeMap<String, &'static str>,
    /// How often each effect came into being; more than once is a fault of the engine.
    pub acted: BTreeMap<String, u32>,
    /// Every call in order.
    pub calls: Vec<Call>,
    /// The newest runner that acted for each subject; older ones are refused.
    fences: BTreeMap<String, i64>,
}

/// One call of a step function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub step: &'static str,
    pub phase: Phase,
    pub attempt: u32,
    pub was_started: bool,
    pub failure: Option<StepFailure>,
    /// The outputs it could read, in order of the trip's steps.
    pub outputs: Vec<String>,
}

/// The environment of the test workflows.
#[derive(Debug, Default)]
pub struct World {
    state: Mutex<State>,
    /// A step that hangs goes on when this is told.
    pub go_on: Notify,
    /// Told when a step hangs.
    pub hangs: Notify,
}

impl World {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn say(&self, subject: &str, step: &'static str, phase: Phase, answers: &[Answer]) {
        let key = (subject.to_owned(), step, phase);
        self.state().script.entry(key).or_default().extend(answers);
    }

    /// The steps called, in order, as `name` or `undo name`.
    pub fn called(&self) -> Vec<String> {
        let name = |call: &Call| match call.phase {
            Phase::Forward => call.step.to_owned(),
            Phase::Undo => format!("undo {}", call.step),
        };
        self.state().calls.iter().map(name).collect()
    }

    /// The next word of the script.
    fn next(&self, subject: &str, step: &'static str, phase: Phase) -> Answer {
        let key = (subject.to_owned(), step, phase);
        let next = self.state().script.get_mut(&key).and_then(VecDeque::pop_front);
        next.unwrap_or(Answer::Well)
    }

    fn note(&self, step: &StepInput<Self>) -> Answer {
        self.state().calls.push(Call {
            step: step.name,
            phase: step.phase,
            attempt: step.attempt,
            was_started: step.was_started,
            failure: step.run.failure.clone(),
            outputs: readable(&step.run),
        });
        self.next(&step.run.subject, step.name, step.phase)
    }

    fn act(&self, step: &StepInput<Self>) -> Result<(), Stop> {
        let mut state = self.state();
        let key = step.forward_key();
        let newest = state.fences.entry(step.run.subject.clone()).or_default();
        if step.run.fence < *newest {
            return Err(Stop::failed("stale_fence", "a newer runner was here"));
        }
        *newest = step.run.fence;
        match step.phase {
            Phase::Undo => {
                state.effects.remove(&key);
            }
            Phase::Forward => {
                // What `was_started` is for: ask first, act once.
                if !(step.was_started && state.effects.contains_key(&key)) {
                    *state.acted.entry(key.clone()).or_default() += 1;
                    state.effects.insert(key, step.name);
                }
            }
        }
        Ok(())
    }
}

fn readable(run: &Run) -> Vec<String> {
    let read = |name: &&str| run.output_if_done::<serde_json::Value>(name).unwrap();
    ["flight", "erase", "hotel", "car"].iter().filter_map(read).map(|it| it.to_string()).collect()
}

/// Forward and undo of every test step.
pub async fn perform(step: StepInput<World>) -> StepResult {
    let env = Arc::clone(&step.env);
    let answer = env.note(&step);
    match answer {
        Answer::RetryBeforeActing => return Err(Stop::retry("busy", "try again")),
        Answer::FailBeforeActing => return Err(Stop::failed("refused", "will not work")),
        Answer::PanicAtOnce => panic!("before acting"),
        Answer::Sleep(seconds) => {
            return Err(Stop::sleep(Duration::from_secs(seconds), "waiting", "not yet"));
        }
        _ => env.act(&step)?,
    }
    match answer {
        Answer::RetryAfterActing => Err(Stop::retry("lost", "the answer was lost")),
        Answer::FailAfterActing => Err(Stop::failed("broken", "acted and broke")),
        Answer::PanicAfterActing => panic!("after acting"),
        Answer::HangAfterActing => {
            env.hangs.notify_one();
            env.go_on.notified().await;
            finish(&step, answer)
        }
        other => finish(&step, other),
    }
}

/// Commits a note together with "done": a follow-up instance for this step, which never runs.
fn finish(step: &StepInput<World>, answer: Answer) -> StepResult {
    let subject = note_subject(&step.run.subject, step.name, step.phase);
    let clock = Arc::clone(&step.clock);
    let output = format!("{} of {}", step.name, step.run.subject);
    match answer {
        Answer::Bare => return Done::with(&output),
        // No contract has this id.
        Answer::AlongRefused => return Ok(Done::with(&output)?.along(sample(clock.now()))),
        _ => {}
    }
    Ok(Done::with(&output)?.commit(move |tx| {
        Box::pin(async move {
            note(tx, clock.as_ref(), &subject).await?;
            match answer {
                Answer::CommitRefused => Err(Stop::retry("refused_rows", "the rows were refused")),
                Answer::CommitPanics => panic!("while committing"),
                _ => Ok(()),
            }
        })
    }))
}

/// Rows that storage refuses.
fn sample(at: Timestamp) -> Along {
    let (contract_id, kind) = (ContractId::new(&SequentialIds::new(9)), ObservationKind::Liveness);
    Along::Sampled(Observation { contract_id, kind, at, ok: true, value_us: None })
}

/// Ids for notes; tests never compare them.
static NOTE_SEED: AtomicU64 = AtomicU64::new(1 << 32);

async fn note(tx: &mut storage::Tx, clock: &dyn Clock, subject: &str) -> Result<(), Stop> {
    let ids = SequentialIds::new(NOTE_SEED.fetch_add(1, Ordering::SeqCst));
    let never = Some(Timestamp(i64::MAX));
    let from = Start { not_before: never, ..Start::at_once(&ids, clock) };
    start(tx, from, &NOTE, subject, &())
        .await
        .map_err(|error| Stop::retry("note", error.to_string()))?;
    Ok(())
}

pub fn note_subject(subject: &str, step: &str, phase: Phase) -> String {
    format!("note {subject} {step} {}", phase.as_str())
}

/// A kind that is only written, to see whether rows were committed.
pub const NOTE: WorkflowDefinition<World> =
    WorkflowDefinition::new("note", 1, &[Step::new("never", |step| Box::pin(perform(step)))]);

/// Quick enough for a test whose step hangs; the clock of pauses is the manual one.
const POLICY: RetryPolicy = RetryPolicy::USUAL.attempts(4);

pub const fn undoable(name: &'static str) -> Step<World> {
    Step::new(name, |step| Box::pin(perform(step)))
        .undo(|step| Box::pin(perform(step)))
        .retry(POLICY)
        .undo_retry(POLICY)
}

/// Three steps that act and can be undone.
pub const TRIP: WorkflowDefinition<World> =
    WorkflowDefinition::new("trip", 1, &[undoable("flight"), undoable("hotel"), undoable("car")])
        .on_done(|end, tx| Box::pin(end_note(end, "done", tx)))
        .on_undone(|end, tx| Box::pin(end_note(end, "undone", tx)));

/// After the second step there is no way back.
pub const ONE_WAY: WorkflowDefinition<World> = WorkflowDefinition::new(
    "one_way",
    1,
    &[
        undoable("flight"),
        Step::new("erase", |step| Box::pin(perform(step))).retry(POLICY).forward_only(),
        undoable("car"),
    ],
);

/// Three of the five steps are done beside one another, two at a time.
pub const FAN: WorkflowDefinition<World> = WorkflowDefinition::new(
    "fan",
    1,
    &[
        undoable("flight"),
        undoable("hotel").beside(PAIRS),
        undoable("car").beside(PAIRS),
        undoable("train").beside(PAIRS),
        undoable("tour"),
    ],
);
const PAIRS: Group = Group::new("pairs", 2);

/// The second step is a whole workflow of its own, for the subject `SUBJECT.stay`.
pub const FAMILY: WorkflowDefinition<World> = WorkflowDefinition::new(
    "family",
    1,
    &[
        undoable("flight"),
        Step::new("stay", |step| Box::pin(stay(step)))
            .retry(POLICY)
            .undo(|step| Box::pin(step.undo_child()))
            .undo_retry(POLICY),
        undoable("car"),
    ],
);

/// The child of [`FAMILY`].
pub const STAY: WorkflowDefinition<World> =
    WorkflowDefinition::new("stay", 1, &[undoable("hotel"), undoable("tour")]);

async fn stay(step: StepInput<World>) -> StepResult {
    let _ = step.env.note(&step);
    step.child(&STAY, &stay_of(&step.run.subject), "two nights")
}

/// The subject of the child.
pub fn stay_of(subject: &str) -> String {
    format!("{subject}.stay")
}

async fn end_note(end: FinalInput<World>, word: &str, tx: &mut storage::Tx) -> Result<(), Stop> {
    let subject = format!("end {} {word}", end.run.subject);
    note(tx, end.clock.as_ref(), &subject).await?;
    match end.env.next(&end.run.subject, "end", Phase::Forward) {
        Answer::FailBeforeActing => Err(Stop::failed("not_now", "the end is refused")),
        Answer::RetryBeforeActing => Err(Stop::retry("busy", "the end must wait")),
        Answer::PanicAtOnce => panic!("at the end"),
        _ => Ok(()),
    }
}

/// Waits until the condition holds; reaching the limit is a failure.
pub async fn until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    let limit = Duration::from_secs(60);
    let look = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(limit, look).await.expect("it never became true");
}

/// A database, a world and a clock, with engines made on demand.
pub struct Trial {
    pub db: Db,
    pub env: Arc<World>,
    pub clock: Arc<ManualClock>,
    pub ids: Arc<SequentialIds>,
    pub signals: Signals,
}

/// A seed nobody else uses.
static NEXT_SEED: AtomicU64 = AtomicU64::new(1);

impl Trial {
    pub fn new(db: Db) -> Self {
        Self {
            db,
            env: Arc::new(World::default()),
            clock: Arc::new(ManualClock::new(START)),
            ids: Arc::new(SequentialIds::new(NEXT_SEED.fetch_add(1, Ordering::SeqCst))),
            signals: Signals::default(),
        }
    }

    pub fn engine(&self, definitions: &[WorkflowDefinition<World>]) -> Engine<World> {
        self.engine_with(definitions, EngineConfig::by_clock())
    }

    pub fn engine_with(
        &self,
        definitions: &[WorkflowDefinition<World>],
        config: EngineConfig,
    ) -> Engine<World> {
        Engine::new(self.parts(definitions, config)).unwrap()
    }

    pub fn parts(
        &self,
        definitions: &[WorkflowDefinition<World>],
        config: EngineConfig,
    ) -> Parts<World> {
        Parts {
            db: self.db.clone(),
            env: Arc::clone(&self.env),
            clock: Arc::<ManualClock>::clone(&self.clock),
            ids: Arc::<SequentialIds>::clone(&self.ids),
            definitions: definitions.to_vec(),
            signals: self.signals.clone(),
            config,
        }
    }

    pub fn origin(&self) -> Start<'_> {
        Start::at_once(self.ids.as_ref(), self.clock.as_ref())
    }

    pub async fn start(&self, definition: &WorkflowDefinition<World>, subject: &str) -> Started {
        let mut tx = self.db.begin().await.unwrap();
        let started = start(&mut tx, self.origin(), definition, subject, &subject).await.unwrap();
        tx.commit().await.unwrap();
        started
    }

    pub async fn view(&self, id: WorkflowId) -> WorkflowView {
        let mut tx = self.db.begin_read().await.unwrap();
        load_view(&mut tx, &[TRIP, ONE_WAY, FAN, FAMILY, STAY], id).await.unwrap().unwrap()
    }

    /// Whether the rows that belong to a note were committed.
    pub async fn noted(&self, subject: &str) -> bool {
        let mut tx = self.db.begin_read().await.unwrap();
        storage::workflow::unfinished(&mut tx, NOTE.kind, subject).await.unwrap().is_some()
    }

    /// Runs a command in its own unit of work.
    pub async fn operate<F: AsyncFnOnce(&mut storage::Tx)>(&self, command: F) {
        let mut tx = self.db.begin().await.unwrap();
        command(&mut tx).await;
        tx.commit().await.unwrap();
    }

    /// Moves the clock to the moment the instance goes on.
    pub async fn to_next_wake(&self, id: WorkflowId) {
        let next = self.view(id).await.summary.next_wake.expect("it will wake");
        self.clock.advance_us(next.since(self.clock.now()));
    }

    /// The same world as a stage for the harness.
    pub async fn stage(self, definition: WorkflowDefinition<World>, subject: &str) -> Stage<World> {
        let id = self.start(&definition, subject).await.id;
        let ids: Arc<dyn IdSource> = self.ids;
        let Self { db, env, clock, .. } = self;
        Stage { db, env, clock, ids, definitions: vec![definition, STAY], id }
    }
}
