//! Several runners, lost leases, shutdown and starting: who may act and who may write.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod world;

use domain::{Clock, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use storage::{Db, on_both_databases};
use tokio_util::sync::CancellationToken;
use workflow::{
    Engine, EngineConfig, Fault, Moment, Parts, Phase, StepStatus, Tick, WorkflowState, start,
};
use world::{Answer, TRIP, Trial, World, note_subject};

/// Longer than anything here takes; reaching it is a failure.
const LIMIT: Duration = Duration::from_secs(60);

async fn runner_that_lost_its_lease_writes_nothing(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::HangAfterActing]);
    let slow = trial.engine(&[TRIP]);
    let turn = tokio::spawn({
        let slow = slow.clone();
        async move { slow.tick_once().await.unwrap() }
    });
    trial.env.hangs.notified().await;
    trial.clock.advance_seconds(31);
    // The other runner finds the step begun, and fails it: everything is undone.
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::FailAfterActing]);
    trial.engine(&[TRIP]).run_until_idle(5).await.unwrap();
    let before = trial.view(id).await;
    assert_eq!(before.summary.state, WorkflowState::Undone);

    trial.env.go_on.notify_one();
    assert_eq!(turn.await.unwrap(), Tick::Lost(id));
    assert_eq!(trial.view(id).await, before);
    assert!(!trial.noted(&note_subject("ctr_a", "hotel", Phase::Forward)).await);
}

async fn runner_whose_lease_is_taken_drops_the_step(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::HangAfterActing]);
    // It looks after its lease every 10 ms, and nobody ever tells the step to go on.
    let config = EngineConfig { lease: Duration::from_millis(30), ..EngineConfig::by_clock() };
    let slow = trial.engine_with(&[TRIP], config);
    let turn = tokio::spawn(async move { slow.tick_once().await.unwrap() });
    trial.env.hangs.notified().await;
    trial.clock.advance_seconds(31);
    let other = trial.engine(&[TRIP]);
    // The slow one may renew first; the clock runs on until the other gets it.
    world::until(|| async {
        trial.clock.advance_seconds(31);
        other.tick_once().await.unwrap() != Tick::Idle
    })
    .await;
    let lost = tokio::time::timeout(LIMIT, turn).await.unwrap().unwrap();
    assert_eq!(lost, Tick::Lost(id));
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
}

/// The wall clock; leases of a working step are renewed against it.
#[derive(Debug)]
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp(since.as_micros().try_into().unwrap())
    }
}

async fn lease_is_renewed_while_a_step_works(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "flight", Phase::Forward, &[Answer::HangAfterActing]);
    let config = EngineConfig { lease: Duration::from_secs(3), ..EngineConfig::by_clock() };
    let wall = |trial: &Trial| {
        let parts = Parts { clock: Arc::new(WallClock), ..trial.parts(&[TRIP], config) };
        Engine::new(parts).unwrap()
    };
    let (engine, other) = (wall(&trial), wall(&trial));
    let turn = tokio::spawn(async move { engine.tick_once().await.unwrap() });
    trial.env.hangs.notified().await;
    // Past the first lease, the other one still finds nothing to claim.
    let first = other.next_wake().await.unwrap().unwrap();
    world::until(|| async {
        assert_eq!(other.tick_once().await.unwrap(), Tick::Idle);
        WallClock.now() > first
    })
    .await;
    assert_eq!(other.tick_once().await.unwrap(), Tick::Idle);
    assert!(other.next_wake().await.unwrap().unwrap() > first);
    trial.env.go_on.notify_one();
    assert_eq!(turn.await.unwrap(), Tick::Rested(id));
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
}

async fn two_engines_race_and_every_effect_happens_once(db: Db) {
    let trial = Trial::new(db);
    let mut ids = Vec::new();
    for number in 0..50 {
        ids.push(trial.start(&TRIP, &format!("ctr_{number}")).await.id);
    }
    let shutdown = CancellationToken::new();
    let mut running = Vec::new();
    for _ in 0..2 {
        let engine = trial.engine_with(&[TRIP], EngineConfig { workers: 3, ..quick() });
        let shutdown = shutdown.clone();
        running.push(tokio::spawn(async move { engine.run(shutdown).await }));
    }
    for id in &ids {
        ends(&trial, *id, WorkflowState::Done).await;
    }
    shutdown.cancel();
    for engine in running {
        engine.await.unwrap();
    }
    let state = trial.env.state();
    let mut calls = BTreeMap::new();
    for call in &state.calls {
        assert_eq!((call.attempt, call.was_started), (1, false), "{call:?}");
        *calls.entry(call.step).or_insert(0) += 1;
    }
    assert_eq!(calls, BTreeMap::from([("flight", 50), ("hotel", 50), ("car", 50)]));
    assert_eq!(state.acted.len(), 150);
}

async fn shutdown_puts_a_long_step_down_for_another_runner(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::HangAfterActing]);
    let config = EngineConfig { drain: Duration::from_millis(20), ..quick() };
    let engine = trial.engine_with(&[TRIP], config);
    let shutdown = CancellationToken::new();
    let running = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { engine.run(shutdown).await }
    });
    trial.env.hangs.notified().await;
    shutdown.cancel();
    tokio::time::timeout(LIMIT, running).await.unwrap().unwrap();
    assert_eq!(trial.view(id).await.steps[1].status, Some(StepStatus::Started));
    // At once: the clock has not moved, so the lease must have been given back.
    trial.engine(&[TRIP]).run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    let state = trial.env.state();
    let again = &state.calls[2];
    assert_eq!((again.step, again.attempt, again.was_started), ("hotel", 2, true));
    assert!(state.acted.values().all(|times| *times == 1));
}

async fn shutdown_lets_a_short_step_finish(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::HangAfterActing]);
    let engine = trial.engine_with(&[TRIP], EngineConfig { drain: LIMIT, ..quick() });
    let shutdown = CancellationToken::new();
    let running = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { engine.run(shutdown).await }
    });
    trial.env.hangs.notified().await;
    shutdown.cancel();
    trial.env.go_on.notify_one();
    tokio::time::timeout(LIMIT, running).await.unwrap().unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.steps[1].status, Some(StepStatus::Done));
    assert_eq!(view.steps[2].status, None, "no new step is begun");
    assert_eq!(trial.engine(&[TRIP]).tick_once().await.unwrap(), Tick::Rested(id));
}

async fn no_workers_leave_the_work_to_another_process(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    let idle = trial.engine_with(&[TRIP], EngineConfig { workers: 0, ..quick() });
    let shutdown = CancellationToken::new();
    let running = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { idle.run(shutdown).await }
    });
    let busy = trial.engine_with(&[TRIP], quick());
    let other = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { busy.run(shutdown).await }
    });
    ends(&trial, id, WorkflowState::Done).await;
    shutdown.cancel();
    running.await.unwrap();
    other.await.unwrap();
}

async fn signal_spares_the_wait_for_the_poll(db: Db) {
    let trial = Trial::new(db);
    let config = EngineConfig { poll: Duration::from_secs(3600), workers: 2, ..quick() };
    let engine = trial.engine_with(&[TRIP], config);
    let shutdown = CancellationToken::new();
    let running = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { engine.run(shutdown).await }
    });
    for subject in ["ctr_a", "ctr_b", "ctr_c"] {
        let id = trial.start(&TRIP, subject).await.id;
        trial.signals.wake();
        ends(&trial, id, WorkflowState::Done).await;
    }
    shutdown.cancel();
    running.await.unwrap();
}

async fn start_is_repeatable_while_unfinished(db: Db) {
    let trial = Trial::new(db);
    let first = trial.start(&TRIP, "ctr_a").await;
    let second = trial.start(&TRIP, "ctr_a").await;
    assert_eq!((first.created, second.created, first.id), (true, false, second.id));
    assert!(trial.start(&TRIP, "ctr_b").await.created);
    trial.engine(&[TRIP]).run_until_idle(5).await.unwrap();
    assert!(trial.start(&TRIP, "ctr_a").await.created, "the first has finished");
}

async fn start_lives_and_dies_with_its_unit_of_work(db: Db) {
    let trial = Trial::new(db);
    let mut tx = trial.db.begin().await.unwrap();
    start(&mut tx, trial.origin(), &TRIP, "ctr_a", &"input").await.unwrap();
    drop(tx);
    let engine = trial.engine(&[TRIP]);
    assert_eq!(engine.tick_once().await.unwrap(), Tick::Idle);
    assert!(trial.start(&TRIP, "ctr_a").await.created);
}

async fn later_start_waits_for_its_moment(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let mut tx = trial.db.begin().await.unwrap();
    let not_before = Some(trial.clock.now().plus_seconds(60));
    let from = workflow::Start { not_before, ..trial.origin() };
    let id = start(&mut tx, from, &TRIP, "ctr_a", &"input").await.unwrap().id;
    tx.commit().await.unwrap();
    assert_eq!(engine.tick_once().await.unwrap(), Tick::Idle);
    assert_eq!(engine.next_wake().await.unwrap(), not_before);
    trial.clock.advance_seconds(60);
    assert_eq!(engine.tick_once().await.unwrap(), Tick::Rested(id));
}

async fn step_that_brings_the_process_down_is_given_up(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    let mut crashes = 0;
    loop {
        let faults = workflow::testing::Script::for_kind(TRIP.kind).once(
            "hotel",
            Phase::Forward,
            Moment::Acted,
            Fault::Crash,
        );
        let parts = trial.parts(&[TRIP], EngineConfig::by_clock());
        let engine = Engine::<World>::with_faults(parts, Arc::new(faults)).unwrap();
        match engine.tick_once().await.unwrap() {
            Tick::Crashed(_) => crashes += 1,
            Tick::Rested(_) => break,
            other => panic!("{other:?}"),
        }
        trial.clock.advance_seconds(31);
        // Four attempts of the policy and ten more that only ask what came of them.
        if crashes == 14 {
            break;
        }
    }
    assert_eq!(trial.env.called().iter().filter(|name| *name == "hotel").count(), 14);
    trial.engine(&[TRIP]).run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.failure.map(|reason| reason.code).as_deref(), Some("crash_loop"));
    assert_eq!(view.summary.state, WorkflowState::Undone);
}

/// Workers that look for work often.
fn quick() -> EngineConfig {
    EngineConfig { workers: 1, poll: Duration::from_millis(20), ..EngineConfig::by_clock() }
}

/// Waits until the instance is in the state; told by the log, not by time.
async fn ends(trial: &Trial, id: domain::WorkflowId, state: WorkflowState) {
    world::until(|| async { trial.view(id).await.summary.state == state }).await;
}

on_both_databases!(
    runner_that_lost_its_lease_writes_nothing,
    runner_whose_lease_is_taken_drops_the_step,
    lease_is_renewed_while_a_step_works,
    two_engines_race_and_every_effect_happens_once,
    shutdown_puts_a_long_step_down_for_another_runner,
    shutdown_lets_a_short_step_finish,
    no_workers_leave_the_work_to_another_process,
    signal_spares_the_wait_for_the_poll,
    start_is_repeatable_while_unfinished,
    start_lives_and_dies_with_its_unit_of_work,
    later_start_waits_for_its_moment,
    step_that_brings_the_process_down_is_given_up,
);
