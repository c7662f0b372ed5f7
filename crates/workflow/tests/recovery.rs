//! The harness on a small world, and a model: what is begun ends with all effects or with none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod world;

use domain::Clock;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::{Db, on_both_databases};
use workflow::testing::{
    Ended, Script, fail_at_every_step, recover_from_every_prefix, repeat_every_step, succeeds,
};
use workflow::{Group, Phase, Step, Undo, WorkflowDefinition, WorkflowState};
use world::{Answer, FAMILY, FAN, ONE_WAY, STAY, TRIP, Trial, World, undoable};

/// A subject no other stage of this program uses, since the stages share a database.
fn fresh_subject() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("ctr_{}", NEXT.fetch_add(1, Ordering::SeqCst))
}

/// Every effect exists once, or none does, and nothing acted twice.
async fn all_or_nothing(ended: Ended<World>) {
    // The step that starts a child has no effect of its own, the child has its steps'.
    let family = ended.stage.definitions[0].kind == FAMILY.kind;
    let child = if family { STAY.steps.len() - 1 } else { 0 };
    let steps = ended.stage.definitions[0].steps.len() + child;
    let state = ended.stage.env.state();
    let expected = if ended.is_done() { steps } else { 0 };
    assert_eq!(state.effects.len(), expected, "{}: {:?}", ended.fault, state.calls);
    assert!(state.acted.values().all(|times| *times == 1), "{}: {:?}", ended.fault, state.acted);
}

async fn trip_passes_the_tests_of_every_workflow(db: Db) {
    let make = || async { Trial::new(db.clone()).stage(TRIP, &fresh_subject()).await };
    succeeds(make, all_or_nothing).await;
    repeat_every_step(make, all_or_nothing).await;
    fail_at_every_step(make, all_or_nothing).await;
    recover_from_every_prefix(make, all_or_nothing).await;
}

async fn way_without_return_passes_the_tests_of_every_workflow(db: Db) {
    let make = || async { Trial::new(db.clone()).stage(ONE_WAY, &fresh_subject()).await };
    succeeds(make, all_or_nothing).await;
    repeat_every_step(make, all_or_nothing).await;
    fail_at_every_step(make, all_or_nothing).await;
    recover_from_every_prefix(make, all_or_nothing).await;
}

async fn group_passes_the_tests_of_every_workflow(db: Db) {
    let make = || async { Trial::new(db.clone()).stage(FAN, &fresh_subject()).await };
    succeeds(make, all_or_nothing).await;
    repeat_every_step(make, all_or_nothing).await;
    fail_at_every_step(make, all_or_nothing).await;
    recover_from_every_prefix(make, all_or_nothing).await;
}

async fn parent_and_child_pass_the_tests_of_every_workflow(db: Db) {
    let make = || async { Trial::new(db.clone()).stage(FAMILY, &fresh_subject()).await };
    succeeds(make, all_or_nothing).await;
    repeat_every_step(make, all_or_nothing).await;
    fail_at_every_step(make, all_or_nothing).await;
    recover_from_every_prefix(make, all_or_nothing).await;
}

/// What a random life of an instance is made of.
#[derive(Debug, Clone)]
struct Life {
    /// How each step can be undone, and the answers of its attempts forward and back.
    steps: Vec<(UndoKind, Vec<Answer>, Vec<Answer>)>,
    /// Which steps are done beside the one before, and how many at once.
    beside: [bool; NAMES.len()],
    at_once: usize,
    /// Places at which the runner vanishes, counted from the last crash.
    crashes: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UndoKind {
    With,
    Never,
}

const NAMES: [&str; 5] = ["one", "two", "three", "four", "five"];

fn answers(with_failures: bool) -> impl Strategy<Value = Vec<Answer>> {
    let failures = u32::from(with_failures);
    let one = prop_oneof![
        6 => Just(Answer::Well),
        2 => Just(Answer::RetryBeforeActing),
        2 => Just(Answer::RetryAfterActing),
        1 => Just(Answer::PanicAtOnce),
        1 => Just(Answer::PanicAfterActing),
        2 => (1_u64..100).prop_map(Answer::Sleep),
        1 => Just(Answer::CommitRefused),
        1 => Just(Answer::AlongRefused),
        failures => Just(Answer::FailBeforeActing),
        failures => Just(Answer::FailAfterActing),
    ];
    prop::collection::vec(one, 0..6)
}

fn life() -> impl Strategy<Value = Life> {
    let kind = prop_oneof![8 => Just(UndoKind::With), 1 => Just(UndoKind::Never)];
    let step = (kind, answers(true), answers(false));
    let steps = prop::collection::vec(step, 1..=NAMES.len());
    (steps, any::<[bool; NAMES.len()]>(), 1_usize..4, prop::collection::vec(0_usize..8, 0..6))
        .prop_map(|(steps, beside, at_once, crashes)| Life { steps, beside, at_once, crashes })
}

/// The group of each step; one that stands alone in its group is as good as none.
fn groups(life: &Life) -> [Group; NAMES.len()] {
    let mut first = 0;
    std::array::from_fn(|place| {
        if !life.beside[place] {
            first = place;
        }
        Group::new(NAMES[first], life.at_once)
    })
}

async fn every_life_ends_with_all_effects_or_none(db: Db) {
    let mut runner =
        TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let handle = tokio::runtime::Handle::current();
    let outcome = tokio::task::block_in_place(|| {
        runner.run(&life(), |life| handle.block_on(live(db.clone(), &life)))
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// Runs one life and compares its end with the model.
async fn live(db: Db, life: &Life) -> Result<(), TestCaseError> {
    let subject = fresh_subject();
    let table: Vec<Step<World>> = life
        .steps
        .iter()
        .zip(NAMES)
        .zip(groups(life))
        .map(|(((kind, ..), name), group)| match kind {
            UndoKind::With => undoable(name).beside(group),
            UndoKind::Never => Step { undo: Undo::ForwardOnly, ..undoable(name).beside(group) },
        })
        .collect();
    let definition = WorkflowDefinition::new("life", 1, Box::leak(table.into_boxed_slice()));
    let trial = Trial::new(db);
    for ((_, forward, undo), name) in life.steps.iter().zip(NAMES) {
        trial.env.say(&subject, name, Phase::Forward, forward);
        trial.env.say(&subject, name, Phase::Undo, undo);
    }
    let stage = trial.stage(definition, &subject).await;
    for place in &life.crashes {
        // Each crash ends one engine; `run` goes on with the next.
        let script = Script::for_kind("life").crash_at(*place);
        let _ = stage.engine(Arc::new(script)).tick_once().await;
        stage.clock.advance_seconds(31);
    }
    let quiet = || Arc::new(Script::default());
    let mut view = stage.run(quiet()).await;
    let mut operator_calls = 0;
    while view.summary.state == WorkflowState::NeedsAttention {
        operator_calls += 1;
        prop_assert!(operator_calls < 20, "an operator cannot help: {view:#?}");
        stage.retry().await;
        view = stage.run(quiet()).await;
    }
    let state = stage.env.state();
    let expected = match view.summary.state {
        WorkflowState::Done => life.steps.len(),
        WorkflowState::Undone => 0,
        other => return Err(TestCaseError::fail(format!("ended {other:?}"))),
    };
    prop_assert_eq!(state.effects.len(), expected, "{:?}", state.calls);
    prop_assert!(state.acted.values().all(|times| *times == 1), "{:?}", state.acted);
    prop_assert!(view.summary.finished_at <= Some(stage.clock.now()));
    Ok(())
}

on_both_databases!(
    trip_passes_the_tests_of_every_workflow,
    way_without_return_passes_the_tests_of_every_workflow,
    group_passes_the_tests_of_every_workflow,
    parent_and_child_pass_the_tests_of_every_workflow,
    every_life_ends_with_all_effects_or_none,
);
