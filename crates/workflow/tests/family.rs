//! Children, and versions side by side, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod world;

use domain::Clock;
use std::time::Duration;
use storage::{Db, on_both_databases};
use tokio_util::sync::CancellationToken;
use workflow::{
    EngineConfig, Group, Phase, Step, StepStatus, Undo, WorkflowDefinition, WorkflowState, cancel,
    unfinished_versions, views_of_subject,
};
use world::{Answer, FAMILY, FAN, STAY, TRIP, Trial, World, stay_of};

async fn parent_waits_for_its_child_and_reads_what_it_made(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[FAMILY, STAY]);
    let id = trial.start(&FAMILY, "ctr_a").await.id;
    trial.env.say(&stay_of("ctr_a"), "tour", Phase::Forward, &[Answer::Sleep(60)]);
    engine.run_until_idle(9).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.steps[1].status, Some(StepStatus::Waiting));
    assert_eq!(view.steps[1].error_code.as_deref(), Some("child_runs"));
    assert_eq!((view.summary.next_wake, view.steps[1].next_wake), (None, None));
    let child = child_of(&trial, "ctr_a").await;
    assert_eq!(child.summary.parent, Some(id));
    trial.clock.advance_seconds(60);
    engine.run_until_idle(9).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    assert_eq!(trial.env.called(), ["flight", "stay", "hotel", "tour", "tour", "stay", "car"]);
    let mut tx = trial.db.begin_read().await.unwrap();
    let log = storage::workflow::steps(&mut tx, id).await.unwrap();
    let made = log[1].output.as_deref().unwrap();
    assert_eq!(made, r#"{"hotel":"hotel of ctr_a.stay","tour":"tour of ctr_a.stay"}"#);
}

async fn child_of(trial: &Trial, subject: &str) -> workflow::WorkflowView {
    let mut tx = trial.db.begin_read().await.unwrap();
    let views = views_of_subject(&mut tx, &[STAY], &stay_of(subject)).await.unwrap();
    assert_eq!(views.len(), 1);
    views.into_iter().next().unwrap()
}

async fn child_that_fails_fails_its_parent(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[FAMILY, STAY]);
    let id = trial.start(&FAMILY, "ctr_a").await.id;
    trial.env.say(&stay_of("ctr_a"), "tour", Phase::Forward, &[Answer::FailAfterActing]);
    engine.run_until_idle(9).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Undone);
    assert_eq!(view.summary.failure.unwrap().code, "broken");
    assert!(trial.env.state().effects.is_empty());
}

async fn undo_of_the_parent_undoes_the_child_that_was_done(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[FAMILY, STAY]);
    let id = trial.start(&FAMILY, "ctr_a").await.id;
    trial.env.say("ctr_a", "car", Phase::Forward, &[Answer::FailAfterActing]);
    engine.run_until_idle(9).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Undone);
    let child = child_of(&trial, "ctr_a").await.summary;
    assert_eq!(child.state, WorkflowState::Undone);
    assert_eq!(child.failure.unwrap().code, "broken", "the child knows why");
    let called = trial.env.called();
    let undone: Vec<_> = called.iter().filter(|name| name.starts_with("undo")).collect();
    assert_eq!(undone, ["undo car", "undo tour", "undo hotel", "undo flight"]);
    assert!(trial.env.state().effects.is_empty());
}

async fn cancellation_of_the_parent_goes_down_to_the_child(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[FAMILY, STAY]);
    let id = trial.start(&FAMILY, "ctr_a").await.id;
    trial.env.say(&stay_of("ctr_a"), "tour", Phase::Forward, &[Answer::Sleep(3_600)]);
    engine.run_until_idle(9).await.unwrap();
    let now = trial.clock.now();
    trial.operate(async |tx| cancel(tx, &[FAMILY], id, "stop", now).await.unwrap()).await;
    engine.run_until_idle(9).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Undone);
    assert_eq!(child_of(&trial, "ctr_a").await.summary.state, WorkflowState::Undone);
    assert!(trial.env.state().effects.is_empty());
}

async fn child_started_in_the_turn_that_is_cancelled_is_undone_too(db: Db) {
    const BOTH: Group = Group::new("both", 2);
    let [flight, stay, car] = FAMILY.steps else { panic!("three steps") };
    let beside = |step: &Step<World>| {
        let Step { name, forward, retry, undo_retry, .. } = *step;
        let undo = match step.undo {
            Undo::With(undo) => Undo::With(undo),
            _ => panic!("each can be undone"),
        };
        Step { name, forward, undo, retry, undo_retry, group: Some(BOTH) }
    };
    let alone = Step { group: None, ..beside(flight) };
    let steps = Box::leak(Box::new([alone, beside(stay), beside(car)]));
    let family = WorkflowDefinition { steps, ..FAMILY };
    let trial = Trial::new(db);
    let engine = trial.engine(&[family, STAY]);
    let id = trial.start(&family, "ctr_a").await.id;
    trial.env.say("ctr_a", "car", Phase::Forward, &[Answer::HangAfterActing]);
    let turn = tokio::spawn({
        let engine = engine.clone();
        async move { engine.tick_once().await.unwrap() }
    });
    world::until(|| async { trial.view(id).await.steps[1].status == Some(StepStatus::Waiting) })
        .await;
    trial.env.hangs.notified().await;
    let now = trial.clock.now();
    trial.operate(async |tx| cancel(tx, &[family], id, "stop", now).await.unwrap()).await;
    trial.env.go_on.notify_one();
    turn.await.unwrap();
    engine.run_until_idle(9).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Undone);
    assert_eq!(child_of(&trial, "ctr_a").await.summary.state, WorkflowState::Undone);
    assert!(trial.env.state().effects.is_empty());
}

async fn child_that_a_person_gave_up_ends_the_wait_of_its_parent(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[FAMILY, STAY]);
    let id = trial.start(&FAMILY, "ctr_a").await.id;
    let stay = stay_of("ctr_a");
    trial.env.say(&stay, "hotel", Phase::Forward, &[Answer::FailAfterActing]);
    trial.env.say(&stay, "hotel", Phase::Undo, &[Answer::FailBeforeActing]);
    engine.run_until_idle(9).await.unwrap();
    let child = child_of(&trial, "ctr_a").await.summary;
    assert_eq!(child.state, WorkflowState::NeedsAttention);
    let now = trial.clock.now();
    trial.operate(async |tx| workflow::abandon(tx, child.id, "cleared", now).await.unwrap()).await;
    engine.run_until_idle(9).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Undone);
    assert_eq!(view.summary.failure.unwrap().code, "abandoned");
}

async fn parents_and_children_shared_by_two_engines_all_end(db: Db) {
    let trial = Trial::new(db);
    let mut ids = Vec::new();
    for number in 0..20 {
        let subject = format!("ctr_{number}");
        if number % 3 == 0 {
            trial.env.say(&subject, "car", Phase::Forward, &[Answer::FailAfterActing]);
        }
        ids.push(trial.start(&FAMILY, &subject).await.id);
    }
    let shutdown = CancellationToken::new();
    let config =
        EngineConfig { workers: 3, poll: Duration::from_millis(20), ..EngineConfig::by_clock() };
    let mut running = Vec::new();
    for _ in 0..2 {
        let engine = trial.engine_with(&[FAMILY, STAY], config);
        let shutdown = shutdown.clone();
        running.push(tokio::spawn(async move { engine.run(shutdown).await }));
    }
    for (number, id) in ids.iter().enumerate() {
        let wanted = if number % 3 == 0 { WorkflowState::Undone } else { WorkflowState::Done };
        world::until(|| async { trial.view(*id).await.summary.state == wanted }).await;
    }
    shutdown.cancel();
    for engine in running {
        engine.await.unwrap();
    }
    let state = trial.env.state();
    assert_eq!(state.effects.len(), 13 * 4);
    assert!(state.acted.values().all(|times| *times == 1));
}

async fn versions_run_side_by_side_until_the_old_one_has_drained(db: Db) {
    let trial = Trial::new(db);
    let newer = WorkflowDefinition { version: 2, ..FAN };
    let newer = WorkflowDefinition { kind: TRIP.kind, ..newer };
    let old = trial.start(&TRIP, "ctr_old").await.id;
    trial.env.say("ctr_old", "hotel", Phase::Forward, &[Answer::Sleep(60)]);
    let engine = trial.engine(&[TRIP, newer]);
    engine.run_until_idle(9).await.unwrap();
    let fresh = trial.start(&newer, "ctr_new").await.id;
    trial.env.say("ctr_new", "tour", Phase::Forward, &[Answer::Sleep(600)]);
    engine.run_until_idle(9).await.unwrap();
    let versions = async || {
        let mut tx = trial.db.begin_read().await.unwrap();
        let versions = unfinished_versions(&mut tx).await.unwrap();
        let trips = versions.into_iter().filter(|it| it.kind == TRIP.kind);
        trips.map(|it| (it.version, it.unfinished)).collect::<Vec<_>>()
    };
    assert_eq!(versions().await, [(1, 1), (2, 1)]);
    trial.clock.advance_seconds(60);
    engine.run_until_idle(9).await.unwrap();
    assert_eq!(trial.view(old).await.summary.state, WorkflowState::Done);
    assert_eq!(versions().await, [(2, 1)], "version 1 has drained");
    trial.clock.advance_seconds(540);
    // A program without the old table can take over now.
    trial.engine(&[newer]).run_until_idle(9).await.unwrap();
    assert_eq!(trial.view(fresh).await.summary.state, WorkflowState::Done);
    assert_eq!(trial.env.state().acted.len(), TRIP.steps.len() + FAN.steps.len());
}

on_both_databases!(
    parent_waits_for_its_child_and_reads_what_it_made,
    child_that_fails_fails_its_parent,
    undo_of_the_parent_undoes_the_child_that_was_done,
    cancellation_of_the_parent_goes_down_to_the_child,
    child_started_in_the_turn_that_is_cancelled_is_undone_too,
    child_that_a_person_gave_up_ends_the_wait_of_its_parent,
    parents_and_children_shared_by_two_engines_all_end,
    versions_run_side_by_side_until_the_old_one_has_drained,
);
