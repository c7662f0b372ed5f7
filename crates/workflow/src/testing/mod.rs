//! The tests that come with every workflow, for any definition and any world it works in.
//!
//! Each function asks for a fresh [`Stage`] per fault, runs the instance to its end, makes sure
//! that the end is one of the allowed ones, and hands the [`Ended`] stage to the caller, who looks
//! at his world: is there exactly one set of resources, or none?

#![allow(clippy::expect_used, clippy::panic, reason = "a test that goes wrong must fail loudly")]

mod script;
pub mod simulation;

pub use script::{Script, place};

use crate::{
    Engine, EngineConfig, Fault, Faults, Moment, Parts, Phase, Signals, StepFailure, Tick, Undo,
    WorkflowDefinition, WorkflowState, WorkflowView, load_view, retry,
};
use domain::{Clock, IdSource, ManualClock, SequentialIds, WorkflowId};
use std::fmt;
use std::sync::Arc;
use storage::Db;

/// Set in a run at night: every place is played.
pub const EVERYWHERE_VARIABLE: &str = "KUMOICHI_KILL_EVERYWHERE";

/// Turns one instance may take; more means that it goes round in circles.
const TURN_LIMIT: usize = 2_000;

/// A world with one started instance in it.
pub struct Stage<E: 'static> {
    /// The log, and the caller's rows.
    pub db: Db,
    /// What the steps work in.
    pub env: Arc<E>,
    /// Moved by the harness to the next wake time, and past the lease after a crash.
    pub clock: Arc<ManualClock>,
    /// Names the engines.
    pub ids: Arc<dyn IdSource>,
    /// The definition under test first, then those of its follow-up work.
    pub definitions: Vec<WorkflowDefinition<E>>,
    /// The instance under test.
    pub id: WorkflowId,
}

/// A stage whose instance has ended.
pub struct Ended<E: 'static> {
    /// The world as it was left.
    pub stage: Stage<E>,
    /// The instance with its timeline.
    pub view: WorkflowView,
    /// What was done to it, for messages.
    pub fault: String,
}

impl<E> fmt::Debug for Stage<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<E> fmt::Debug for Ended<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended").field("fault", &self.fault).field("view", &self.view).finish()
    }
}

impl<E> Ended<E> {
    /// Whether every step is done; the other allowed end is that everything is undone.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.view.summary.state == WorkflowState::Done
    }
}

impl<E: Send + Sync + 'static> Stage<E> {
    /// The world of a program around an instance of a kind, which the program's parts know how to run.
    pub fn of(parts: Parts<E>, clock: Arc<ManualClock>, kind: &str, id: WorkflowId) -> Self {
        let (subject, others): (Vec<_>, Vec<_>) =
            parts.definitions.into_iter().partition(|definition| definition.kind == kind);
        Self {
            db: parts.db,
            env: parts.env,
            clock,
            ids: Arc::new(SequentialIds::new(99)),
            definitions: subject.into_iter().chain(others).collect(),
            id,
        }
    }

    /// A new engine over the stage, as after a restart of the program.
    pub fn engine(&self, faults: Arc<dyn Faults>) -> Engine<E> {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&self.clock);
        let parts = Parts {
            db: self.db.clone(),
            env: Arc::clone(&self.env),
            clock,
            ids: Arc::clone(&self.ids),
            definitions: self.definitions.clone(),
            signals: Signals::default(),
            config: EngineConfig::by_clock(),
        };
        Engine::with_faults(parts, faults).expect("a usable definition")
    }

    /// Reads the instance under test.
    pub async fn view(&self) -> WorkflowView {
        let mut tx = self.db.begin_read().await.expect("read");
        let view = load_view(&mut tx, &self.definitions, self.id).await.expect("load the view");
        view.expect("the instance under test exists")
    }

    /// Lets an operator try the stuck step again.
    pub async fn retry(&self) {
        let mut tx = self.db.begin().await.expect("begin");
        retry(&mut tx, self.id, self.clock.now()).await.expect("retry");
        tx.commit().await.expect("commit");
    }

    /// Runs until the instance ends or needs a person, through timers and crashes.
    pub async fn run(&self, faults: Arc<dyn Faults>) -> WorkflowView {
        let mut engine = self.engine(Arc::clone(&faults));
        for _ in 0..TURN_LIMIT {
            match engine.tick_once().await.expect("the log is available") {
                Tick::Rested(_) | Tick::Lost(_) => {}
                Tick::Crashed(_) => {
                    let lease = EngineConfig::default().lease;
                    self.clock.advance_seconds(lease.as_secs().cast_signed() + 1);
                    engine = self.engine(Arc::clone(&faults));
                }
                Tick::Idle => {
                    let view = self.view().await;
                    let moves = matches!(
                        view.summary.state,
                        WorkflowState::Running | WorkflowState::Undoing
                    );
                    if !moves {
                        return view;
                    }
                    let next = engine.next_wake().await.expect("next wake").expect("a wake time");
                    self.clock.advance_us(next.since(self.clock.now()).max(1));
                }
            }
        }
        panic!("the instance does not end: {:#?}", self.view().await);
    }

    /// Every kind that may run here, also children.
    fn kinds(&self) -> Vec<&'static str> {
        self.definitions.iter().map(|definition| definition.kind).collect()
    }

    fn subject(&self) -> WorkflowDefinition<E> {
        *self.definitions.first().expect("the definition under test comes first")
    }

    /// Ends the stage under faults; a stuck instance is retried once without them.
    async fn end(self, fault: String, script: Script) -> Ended<E> {
        let mut view = self.run(Arc::new(script)).await;
        if view.summary.state == WorkflowState::NeedsAttention {
            let can_be_stuck =
                self.subject().steps.iter().any(|step| matches!(step.undo, Undo::ForwardOnly));
            assert!(can_be_stuck, "{fault}: only a forward-only step may get stuck: {view:#?}");
            self.retry().await;
            view = self.run(Arc::new(Script::default())).await;
        }
        let state = view.summary.state;
        let allowed = matches!(state, WorkflowState::Done | WorkflowState::Undone);
        assert!(allowed, "{fault}: ended {}: {view:#?}", state.as_str());
        Ended { stage: self, view, fault }
    }
}

/// Runs the workflow without any fault; it must end done.
pub async fn succeeds<E, M, MF, C, CF>(make: M, check: C)
where
    E: Send + Sync + 'static,
    M: Fn() -> MF,
    MF: Future<Output = Stage<E>>,
    C: Fn(Ended<E>) -> CF,
    CF: Future<Output = ()>,
{
    let ended = make().await.end("no fault".to_owned(), Script::default()).await;
    assert!(ended.is_done(), "without a fault it is not done: {:#?}", ended.view);
    check(ended).await;
}

/// Does every step twice, and in a second run undoes every step twice: the answer of the first
/// time is forgotten each time.
pub async fn repeat_every_step<E, M, MF, C, CF>(make: M, check: C)
where
    E: Send + Sync + 'static,
    M: Fn() -> MF,
    MF: Future<Output = Stage<E>>,
    C: Fn(Ended<E>) -> CF,
    CF: Future<Output = ()>,
{
    let stage = make().await;
    let table = stage.subject();
    let mut script = Script::for_kind(table.kind);
    for step in table.steps {
        script = script.once(step.name, Phase::Forward, Moment::Acted, Fault::Forget);
    }
    let ended = stage.end("every step repeated".to_owned(), script).await;
    assert!(ended.is_done(), "repeating must not fail: {:#?}", ended.view);
    check(ended).await;

    let Some(last) = last_undoable(&table) else { return };
    let mut script = Script::for_kind(table.kind).once(
        table.steps[last].name,
        Phase::Forward,
        Moment::Acted,
        Fault::Fail(injected()),
    );
    for step in table.steps {
        script = script.once(step.name, Phase::Undo, Moment::Acted, Fault::Forget);
    }
    check(make().await.end("every undo repeated".to_owned(), script).await).await;
}

/// Fails at every step, once before it acts and once after; everything begun must be undone. A
/// failure after the start of a forward-only step is retried by an operator instead.
pub async fn fail_at_every_step<E, M, MF, C, CF>(make: M, check: C)
where
    E: Send + Sync + 'static,
    M: Fn() -> MF,
    MF: Future<Output = Stage<E>>,
    C: Fn(Ended<E>) -> CF,
    CF: Future<Output = ()>,
{
    let (mut seq, mut steps) = (0, 1);
    while seq < steps {
        for moment in [Moment::Started, Moment::Acted] {
            let stage = make().await;
            let table = stage.subject();
            steps = table.steps.len();
            let step = &table.steps[seq];
            let script = Script::for_kind(table.kind).once(
                step.name,
                Phase::Forward,
                moment,
                Fault::Fail(injected()),
            );
            let barred =
                table.steps[..=seq].iter().any(|step| matches!(step.undo, Undo::ForwardOnly));
            let ended = stage.end(format!("{} failed at {moment:?}", step.name), script).await;
            assert_eq!(ended.is_done(), barred, "{}: {:#?}", ended.fault, ended.view);
            check(ended).await;
        }
        seq += 1;
    }
}

/// Cuts the log at every place, on the way forward and on the way back, and lets a new engine go
/// on; at last crashes at every place of one run. Groups and children are cut off too.
pub async fn recover_from_every_prefix<E, M, MF, C, CF>(make: M, check: C)
where
    E: Send + Sync + 'static,
    M: Fn() -> MF,
    MF: Future<Output = Stage<E>>,
    C: Fn(Ended<E>) -> CF,
    CF: Future<Output = ()>,
{
    recover_from_prefixes(1, make, check).await;
}

/// The same at one of so many places, where every play is dear; a run at night ([`EVERYWHERE_VARIABLE`]) plays all.
pub async fn recover_from_one_prefix_of<E, M, MF, C, CF>(places: usize, make: M, check: C)
where
    E: Send + Sync + 'static,
    M: Fn() -> MF,
    MF: Future<Output = Stage<E>>,
    C: Fn(Ended<E>) -> CF,
    CF: Future<Output = ()>,
{
    let at_night = std::env::var_os(EVERYWHERE_VARIABLE).is_some();
    recover_from_prefixes(if at_night { 1 } else { places.max(1) }, make, check).await;
}

async fn recover_from_prefixes<E, M, MF, C, CF>(stride: usize, make: M, check: C)
where
    E: Send + Sync + 'static,
    M: Fn() -> MF,
    MF: Future<Output = Stage<E>>,
    C: Fn(Ended<E>) -> CF,
    CF: Future<Output = ()>,
{
    for back in [false, true] {
        let mut place = 0;
        loop {
            let stage = make().await;
            let table = stage.subject();
            let mut script =
                Script::for_kind(table.kind).with_crashes_of(stage.kinds()).crash_at(place);
            if back {
                let Some(last) = last_undoable(&table) else {
                    // No way back at all; the stage is still played, so that none is left over.
                    check(stage.end("no fault".to_owned(), Script::default()).await).await;
                    break;
                };
                let name = table.steps[last].name;
                let fault = Fault::Fail(injected());
                script = script.once(name, Phase::Forward, Moment::Acted, fault);
            }
            let crashed = script.crash_count();
            let way = if back { "back" } else { "forward" };
            let ended = stage.end(format!("crash at place {place} on the way {way}"), script).await;
            if crashed.load(std::sync::atomic::Ordering::SeqCst) == 0 {
                break;
            }
            assert_eq!(ended.is_done(), !back, "{}: {:#?}", ended.fault, ended.view);
            check(ended).await;
            place += stride;
        }
        assert!(back || place > 2, "the crashes were not reached");
    }
    let stage = make().await;
    let kind = stage.subject().kind;
    let script = Script::for_kind(kind).with_crashes_of(stage.kinds()).crash_everywhere();
    let ended = stage.end("crash at every place".to_owned(), script).await;
    assert!(ended.is_done(), "{:#?}", ended.view);
    check(ended).await;
}

/// The last step before the first that cannot be undone.
fn last_undoable<E>(table: &WorkflowDefinition<E>) -> Option<usize> {
    let first_barred = table.steps.iter().position(|step| matches!(step.undo, Undo::ForwardOnly));
    first_barred.unwrap_or(table.steps.len()).checked_sub(1)
}

fn injected() -> StepFailure {
    StepFailure::new("injected", "the test made this step fail")
}
