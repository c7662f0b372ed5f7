//! Groups, signals and cancellation, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod world;

use domain::Clock;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use storage::{Db, on_both_databases};
use tokio::sync::Notify;
use workflow::{
    Done, Engine, EngineConfig, Fault, Faults, Moment, Phase, Point, Step, StepInput, StepResult,
    StepStatus, Tick, WorkflowDefinition, WorkflowError, WorkflowState, cancel, signal,
};
use world::{Answer, FAN, ONE_WAY, TRIP, Trial, World, undoable};

/// How long the consent is waited for.
const LIMIT_SECONDS: i64 = 3_600;

/// The second step waits for a word from outside.
const ASKED: WorkflowDefinition<World> = WorkflowDefinition::new(
    "asked",
    1,
    &[undoable("flight"), Step::new("consent", |step| Box::pin(consent(step))), undoable("car")],
);

async fn consent(step: StepInput<World>) -> StepResult {
    let limit = Duration::from_secs(LIMIT_SECONDS.unsigned_abs());
    let word: String = step.wait_for("consent", limit, "the other side has not agreed")?;
    Done::with(&word)
}

/// Waits at one place until it is told to go on.
#[derive(Debug)]
struct Gate {
    at: (&'static str, Moment),
    reached: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Gate {
    fn new(step: &'static str, moment: Moment) -> Self {
        Self { at: (step, moment), reached: Arc::default(), go_on: Arc::default() }
    }
}

impl Faults for Gate {
    fn at(&self, _: &Point<'_>) -> Fault {
        Fault::Pass
    }

    fn gate(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        if (point.step, point.moment) != self.at {
            return None;
        }
        let (reached, go_on) = (Arc::clone(&self.reached), Arc::clone(&self.go_on));
        Some(Box::pin(async move {
            reached.notify_one();
            go_on.notified().await;
        }))
    }
}

/// An engine that stands still once at a place, and the turn it takes.
fn gated(
    trial: &Trial,
    definitions: &[WorkflowDefinition<World>],
    step: &'static str,
    moment: Moment,
) -> (tokio::task::JoinHandle<Tick>, Arc<Notify>, Arc<Notify>) {
    let gate = Gate::new(step, moment);
    let (reached, go_on) = (Arc::clone(&gate.reached), Arc::clone(&gate.go_on));
    let parts = trial.parts(definitions, EngineConfig::by_clock());
    let engine = Engine::with_faults(parts, Arc::new(gate)).unwrap();
    (tokio::spawn(async move { engine.tick_once().await.unwrap() }), reached, go_on)
}

async fn members_of_a_group_work_beside_one_another_up_to_the_bound(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&FAN, "ctr_a").await.id;
    for step in ["hotel", "car", "train"] {
        trial.env.say("ctr_a", step, Phase::Forward, &[Answer::HangAfterActing]);
    }
    let engine = trial.engine(&[FAN]);
    let turn = tokio::spawn(async move { engine.tick_once().await.unwrap() });
    // Which of two members comes first is nobody's promise.
    world::until(|| async {
        let called = trial.env.called();
        called.len() == 3
            && ["flight", "hotel", "car"].iter().all(|step| called.iter().any(|it| it == step))
    })
    .await;
    let view = trial.view(id).await;
    let began = |step: usize| view.steps[step].status == Some(StepStatus::Started);
    assert!(began(1) && began(2), "{view:#?}");
    assert_eq!(view.steps[3].status, None, "two at a time");
    trial.env.go_on.notify_one();
    world::until(|| async { trial.env.called().contains(&"train".to_owned()) }).await;
    assert!(!trial.env.called().contains(&"tour".to_owned()), "the next step waits for all");
    trial.env.go_on.notify_one();
    world::until(|| async {
        let done = |step: &&workflow::StepView| step.status == Some(StepStatus::Done);
        trial.view(id).await.steps.iter().filter(done).count() == 3
    })
    .await;
    trial.env.go_on.notify_one();
    assert_eq!(turn.await.unwrap(), Tick::Rested(id));
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    let state = trial.env.state();
    let tour = state.calls.last().unwrap();
    assert_eq!(tour.step, "tour");
    assert_eq!(tour.outputs.len(), 3, "later steps read what the members made");
    let members = state.calls.iter().filter(|call| ["car", "train"].contains(&call.step));
    assert!(members.into_iter().all(|call| call.outputs.len() == 1), "members do not");
}

async fn failed_member_lets_the_others_end_and_all_are_undone_in_reverse(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&FAN, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::HangAfterActing]);
    trial.env.say("ctr_a", "car", Phase::Forward, &[Answer::FailAfterActing]);
    let engine = trial.engine(&[FAN]);
    let turn = tokio::spawn(async move { engine.tick_once().await.unwrap() });
    world::until(|| async { trial.view(id).await.steps[2].status == Some(StepStatus::Failed) })
        .await;
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Running, "hotel is at work");
    trial.env.go_on.notify_one();
    assert_eq!(turn.await.unwrap(), Tick::Rested(id));
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Undone);
    assert_eq!(view.summary.failure.unwrap().code, "broken");
    let called = trial.env.called();
    assert_eq!(called[called.len() - 3..], ["undo car", "undo hotel", "undo flight"]);
    assert!(!called.contains(&"train".to_owned()), "nothing more is begun");
    assert!(trial.env.state().effects.is_empty());
}

async fn waiting_member_holds_up_nobody_and_wakes_at_its_own_time(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[FAN]);
    let id = trial.start(&FAN, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::Sleep(600)]);
    trial.env.say("ctr_a", "train", Phase::Forward, &[Answer::Sleep(60)]);
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.steps[2].status, Some(StepStatus::Done));
    assert_eq!(view.steps[1].next_wake, Some(trial.clock.now().plus_seconds(600)));
    assert_eq!(view.steps[3].next_wake, Some(trial.clock.now().plus_seconds(60)));
    assert_eq!(view.summary.next_wake, view.steps[3].next_wake);
    trial.clock.advance_seconds(60);
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.steps[3].status, Some(StepStatus::Done));
    assert_eq!(view.steps[1].status, Some(StepStatus::Waiting));
    trial.clock.advance_seconds(540);
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    assert_eq!(trial.env.called().iter().filter(|name| *name == "train").count(), 2);
}

async fn signal_wakes_the_step_that_waits_for_it_and_the_first_word_counts(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[ASKED]);
    let id = trial.start(&ASKED, "ctr_a").await.id;
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.steps[1].status, Some(StepStatus::Waiting));
    assert_eq!(view.steps[1].signal.as_deref(), Some("consent"));
    assert_eq!(view.steps[1].next_wake, Some(trial.clock.now().plus_seconds(LIMIT_SECONDS)));
    let now = trial.clock.now();
    trial.operate(async |tx| assert!(signal(tx, id, "other", &1, now).await.unwrap())).await;
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.steps[1].status, Some(StepStatus::Waiting));
    trial
        .operate(async |tx| {
            assert!(signal(tx, id, "consent", "yes", now).await.unwrap());
            assert!(!signal(tx, id, "consent", "no", now).await.unwrap());
            let refused = signal(tx, id, "Con sent", "yes", now).await;
            assert!(matches!(refused, Err(WorkflowError::SignalName(_))));
        })
        .await;
    engine.run_until_idle(5).await.unwrap();
    let mut tx = trial.db.begin_read().await.unwrap();
    let log = storage::workflow::steps(&mut tx, id).await.unwrap();
    assert_eq!(log[1].output.as_deref(), Some("\"yes\""));
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    drop(tx);
    trial.operate(async |tx| assert!(!signal(tx, id, "late", "yes", now).await.unwrap())).await;
}

async fn signal_that_does_not_come_in_time_undoes_what_waited(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[ASKED]);
    let id = trial.start(&ASKED, "ctr_a").await.id;
    engine.run_until_idle(5).await.unwrap();
    trial.clock.advance_us(LIMIT_SECONDS * 1_000_000 - 1);
    assert_eq!(engine.tick_once().await.unwrap(), Tick::Idle);
    trial.clock.advance_us(1);
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Undone);
    assert_eq!(view.summary.failure.unwrap().code, "not_told");
    assert_eq!(trial.env.called(), ["flight", "undo flight"]);
}

async fn signal_told_while_the_step_goes_to_sleep_is_not_slept_over(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&ASKED, "ctr_a").await.id;
    let (turn, reached, go_on) = gated(&trial, &[ASKED], "consent", Moment::Acted);
    reached.notified().await;
    let now = trial.clock.now();
    trial.operate(async |tx| assert!(signal(tx, id, "consent", "yes", now).await.unwrap())).await;
    go_on.notify_one();
    // Again at the second call of the step, which has the word.
    reached.notified().await;
    go_on.notify_one();
    assert_eq!(turn.await.unwrap(), Tick::Rested(id));
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
}

async fn signal_told_before_anybody_waits_is_kept(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&ASKED, "ctr_a").await.id;
    let now = trial.clock.now();
    trial.operate(async |tx| assert!(signal(tx, id, "consent", "yes", now).await.unwrap())).await;
    trial.engine(&[ASKED]).run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
}

async fn cancelled_instance_is_undone_at_once_also_when_it_waits(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[ASKED]);
    let id = trial.start(&ASKED, "ctr_a").await.id;
    engine.run_until_idle(5).await.unwrap();
    let now = trial.clock.now();
    trial.operate(async |tx| cancel(tx, &[ASKED], id, "changed my mind", now).await.unwrap()).await;
    trial
        .operate(async |tx| {
            let again = cancel(tx, &[ASKED], id, "again", now).await;
            assert!(matches!(again, Err(WorkflowError::WrongState { .. })), "{again:?}");
        })
        .await;
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Undone);
    let failure = view.summary.failure.unwrap();
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("cancelled", "changed my mind"));
    assert_eq!(trial.env.called(), ["flight", "undo flight"]);
    assert!(trial.env.state().effects.is_empty());
}

async fn step_at_work_comes_to_its_end_before_the_cancellation_undoes_it(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::HangAfterActing]);
    let turn = tokio::spawn(async move { engine.tick_once().await.unwrap() });
    trial.env.hangs.notified().await;
    let now = trial.clock.now();
    trial.operate(async |tx| cancel(tx, &[TRIP], id, "stop", now).await.unwrap()).await;
    trial.env.go_on.notify_one();
    assert_eq!(turn.await.unwrap(), Tick::Rested(id));
    assert_eq!(trial.env.called(), ["flight", "hotel", "undo hotel", "undo flight"]);
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Undone);
}

async fn cancellation_in_the_last_moment_still_undoes(db: Db) {
    for (step, moment) in [("car", Moment::Started), ("car", Moment::Acted)] {
        let trial = Trial::new(db.clone());
        let subject = format!("ctr_{moment:?}");
        let id = trial.start(&TRIP, &subject).await.id;
        let (turn, reached, go_on) = gated(&trial, &[TRIP], step, moment);
        reached.notified().await;
        let now = trial.clock.now();
        trial.operate(async |tx| cancel(tx, &[TRIP], id, "stop", now).await.unwrap()).await;
        go_on.notify_one();
        assert_eq!(gate_through(turn, &reached, &go_on).await, Tick::Rested(id));
        assert_eq!(trial.view(id).await.summary.state, WorkflowState::Undone, "{moment:?}");
        assert!(trial.env.state().effects.is_empty(), "{moment:?}");
    }
}

/// Lets the turn pass the gate as often as it comes there.
async fn gate_through(
    mut turn: tokio::task::JoinHandle<Tick>,
    reached: &Notify,
    go_on: &Notify,
) -> Tick {
    loop {
        tokio::select! {
            tick = &mut turn => return tick.unwrap(),
            () = reached.notified() => go_on.notify_one(),
        }
    }
}

async fn cancellation_after_the_last_way_back_is_refused(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[ONE_WAY]);
    let id = trial.start(&ONE_WAY, "ctr_a").await.id;
    trial.env.say("ctr_a", "car", Phase::Forward, &[Answer::Sleep(60)]);
    engine.run_until_idle(5).await.unwrap();
    let now = trial.clock.now();
    // Ended in so many words: a unit of work that is dropped may hold the instance a moment longer.
    trial
        .operate(async |tx| {
            let refused = cancel(tx, &[ONE_WAY], id, "too late", now).await.unwrap_err();
            assert!(refused.to_string().contains("has begun `erase`"), "{refused}");
        })
        .await;
    trial.clock.advance_seconds(60);
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    trial
        .operate(async |tx| {
            let done = cancel(tx, &[ONE_WAY], id, "too late", now).await;
            assert!(matches!(done, Err(WorkflowError::WrongState { .. })), "{done:?}");
        })
        .await;
}

on_both_databases!(
    members_of_a_group_work_beside_one_another_up_to_the_bound,
    failed_member_lets_the_others_end_and_all_are_undone_in_reverse,
    waiting_member_holds_up_nobody_and_wakes_at_its_own_time,
    signal_wakes_the_step_that_waits_for_it_and_the_first_word_counts,
    signal_that_does_not_come_in_time_undoes_what_waited,
    signal_told_while_the_step_goes_to_sleep_is_not_slept_over,
    signal_told_before_anybody_waits_is_kept,
    cancelled_instance_is_undone_at_once_also_when_it_waits,
    step_at_work_comes_to_its_end_before_the_cancellation_undoes_it,
    cancellation_in_the_last_moment_still_undoes,
    cancellation_after_the_last_way_back_is_refused,
);
