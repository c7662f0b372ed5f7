//! What the engine promises to a single instance, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod world;

use domain::Clock;
use std::time::Duration;
use storage::{Db, on_both_databases};
use workflow::{
    Engine, Phase, StepStatus, Tick, WorkflowState, abandon, count, list, mark_undone, retry, skip,
    views_of_subject,
};
use world::{Answer, ONE_WAY, START, TRIP, Trial, World, note_subject};

async fn steps_run_in_order_and_end_done(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    engine.run_until_idle(10).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Done);
    assert_eq!(view.summary.finished_at, Some(START));
    assert_eq!(trial.env.called(), ["flight", "hotel", "car"]);
    assert!(view.steps.iter().all(|step| step.status == Some(StepStatus::Done)));
    assert!(trial.noted("end ctr_a done").await);
    for step in ["flight", "hotel", "car"] {
        assert!(trial.noted(&note_subject("ctr_a", step, Phase::Forward)).await);
    }
}

async fn failed_attempts_are_repeated_after_growing_pauses(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    let answers = [Answer::RetryBeforeActing, Answer::RetryAfterActing, Answer::PanicAtOnce];
    trial.env.say("ctr_a", "hotel", Phase::Forward, &answers);
    let mut pauses = Vec::new();
    for attempt in 1..=3 {
        engine.run_until_idle(5).await.unwrap();
        let view = trial.view(id).await;
        let hotel = &view.steps[1];
        assert_eq!((hotel.status, hotel.attempt), (Some(StepStatus::Retrying), attempt));
        pauses.push(hotel.next_wake.unwrap().since(trial.clock.now()));
        assert_eq!(engine.tick_once().await.unwrap(), Tick::Idle);
        trial.to_next_wake(id).await;
    }
    for (number, pause) in pauses.iter().enumerate() {
        let full = 1_000_000 << number;
        assert!((full / 2..=full).contains(pause), "pause {number} is {pause} µs");
    }
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Done);
    assert_eq!(view.steps[1].attempt, 4);
    assert_eq!(view.steps[1].error_code.as_deref(), Some("panic"));
    assert!(view.steps[1].finished_at.unwrap() > view.steps[1].started_at.unwrap());
    assert!(trial.env.state().acted.values().all(|times| *times == 1));
}

async fn exhausted_attempts_undo_everything_in_reverse(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "car", Phase::Forward, &[Answer::RetryAfterActing; 4]);
    for _ in 0..3 {
        engine.run_until_idle(5).await.unwrap();
        trial.to_next_wake(id).await;
    }
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Undone);
    assert_eq!(view.summary.failure.unwrap().code, "lost");
    let called = trial.env.called();
    assert_eq!(called[called.len() - 3..], ["undo car", "undo hotel", "undo flight"]);
    assert!(trial.env.state().effects.is_empty());
    assert!(trial.noted("end ctr_a undone").await);
    assert!(!trial.noted("end ctr_a done").await);
    let undo = trial.env.state().calls.last().unwrap().clone();
    assert_eq!(undo.failure.unwrap().code, "lost");
}

async fn step_that_failed_is_undone_too_and_later_ones_are_not(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::FailAfterActing]);
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.env.called(), ["flight", "hotel", "undo hotel", "undo flight"]);
    assert!(trial.env.state().effects.is_empty());
    let view = trial.view(id).await;
    let names: Vec<_> = view.steps.iter().map(|step| (step.name.as_str(), step.phase)).collect();
    let (forward, undo) = (Phase::Forward, Phase::Undo);
    assert_eq!(names, [("flight", forward), ("hotel", forward), ("hotel", undo), ("flight", undo)]);
}

async fn sleeping_step_wakes_at_its_time_and_uses_up_no_attempt(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::Sleep(3600); 7]);
    for _ in 0..7 {
        engine.run_until_idle(5).await.unwrap();
        let view = trial.view(id).await;
        assert_eq!(view.steps[1].status, Some(StepStatus::Waiting));
        assert_eq!(view.steps[1].next_wake, Some(trial.clock.now().plus_seconds(3600)));
        trial.clock.advance_us(3_600_000_000 - 1);
        assert_eq!(engine.tick_once().await.unwrap(), Tick::Idle);
        trial.clock.advance_us(1);
    }
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!((view.summary.state, view.steps[1].attempt), (WorkflowState::Done, 1));
}

async fn undo_that_fails_needs_attention_and_goes_on_after_retry(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "car", Phase::Forward, &[Answer::FailBeforeActing]);
    trial.env.say("ctr_a", "hotel", Phase::Undo, &[Answer::FailBeforeActing]);
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::NeedsAttention);
    assert_eq!(view.summary.attention.unwrap().code, "refused");
    assert_eq!(view.summary.next_wake, None);
    assert_eq!(trial.env.state().effects.len(), 2);

    trial.operate(async |tx| retry(tx, id, trial.clock.now()).await.unwrap()).await;
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Undone);
    assert_eq!(view.summary.attention, None);
    assert!(trial.env.state().effects.is_empty());
}

async fn undo_marked_by_a_person_is_taken_as_done(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::FailAfterActing]);
    trial.env.say("ctr_a", "hotel", Phase::Undo, &[Answer::FailBeforeActing]);
    engine.run_until_idle(5).await.unwrap();
    let now = trial.clock.now();
    trial
        .operate(async |tx| {
            let error = skip(tx, id, &serde_json::Value::Null, "no", now).await.unwrap_err();
            assert!(error.to_string().contains("allows no skip"), "{error}");
        })
        .await;
    trial.operate(async |tx| mark_undone(tx, id, "by phone", now).await.unwrap()).await;
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Undone);
    assert_eq!(view.steps[2].note.as_deref(), Some("by phone"));
    let left: Vec<_> = trial.env.state().effects.values().copied().collect();
    assert_eq!(left, ["hotel"], "the person said that it is cleared elsewhere");
}

async fn abandoned_instance_is_final_and_frees_its_subject(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "flight", Phase::Forward, &[Answer::FailAfterActing]);
    trial.env.say("ctr_a", "flight", Phase::Undo, &[Answer::FailBeforeActing]);
    engine.run_until_idle(5).await.unwrap();
    let now = trial.clock.now();
    trial.operate(async |tx| abandon(tx, id, "cleared by hand", now).await.unwrap()).await;
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Abandoned);
    assert_eq!(view.summary.attention.unwrap().message, "cleared by hand");
    trial
        .operate(async |tx| {
            let error = retry(tx, id, now).await.unwrap_err();
            assert!(error.to_string().contains("is abandoned, which allows no retry"), "{error}");
        })
        .await;
    assert!(trial.start(&TRIP, "ctr_a").await.created);
}

async fn operator_commands_are_refused_while_it_runs(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    let now = trial.clock.now();
    trial
        .operate(async |tx| {
            assert!(retry(tx, id, now).await.is_err());
            assert!(abandon(tx, id, "no", now).await.is_err());
            assert!(skip(tx, id, &serde_json::Value::Null, "no", now).await.is_err());
            assert!(mark_undone(tx, id, "no", now).await.is_err());
        })
        .await;
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Running);
}

async fn begun_forward_only_step_asks_for_a_person_instead_of_undo(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[ONE_WAY]);
    let id = trial.start(&ONE_WAY, "ctr_a").await.id;
    trial.env.say("ctr_a", "car", Phase::Forward, &[Answer::FailAfterActing]);
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::NeedsAttention);
    assert_eq!(view.summary.direction, Phase::Forward);
    assert_eq!(trial.env.called(), ["flight", "erase", "car"]);
    trial.operate(async |tx| retry(tx, id, trial.clock.now()).await.unwrap()).await;
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);

    let other = trial.start(&ONE_WAY, "ctr_b").await.id;
    trial.env.say("ctr_b", "flight", Phase::Forward, &[Answer::FailAfterActing]);
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(other).await.summary.state, WorkflowState::Undone);
}

async fn unknown_kind_is_parked_and_goes_on_once_known(db: Db) {
    let trial = Trial::new(db);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.engine(&[ONE_WAY]).run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Parked);
    assert_eq!(view.summary.attention.unwrap().code, "unknown_workflow");
    let engine = trial.engine(&[ONE_WAY, TRIP]);
    engine.unpark().await.unwrap();
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
}

async fn log_of_a_changed_table_is_parked_without_acting(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::Sleep(60)]);
    engine.run_until_idle(5).await.unwrap();
    trial.clock.advance_seconds(60);
    let changed = workflow::WorkflowDefinition { kind: TRIP.kind, ..ONE_WAY };
    trial.engine(&[changed]).run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Parked);
    assert_eq!(view.summary.attention.unwrap().code, "steps_changed");
    assert_eq!(trial.env.called(), ["flight", "hotel"]);
}

async fn refused_rows_leave_the_step_undone_and_are_tried_again(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    let answers = [Answer::CommitRefused, Answer::CommitPanics];
    trial.env.say("ctr_a", "flight", Phase::Forward, &answers);
    let note = note_subject("ctr_a", "flight", Phase::Forward);
    for code in ["refused_rows", "panic"] {
        engine.run_until_idle(5).await.unwrap();
        assert!(!trial.noted(&note).await, "rows and step go together");
        let view = trial.view(id).await;
        assert_eq!(view.steps[0].status, Some(StepStatus::Retrying));
        assert_eq!(view.steps[0].error_code.as_deref(), Some(code));
        trial.to_next_wake(id).await;
    }
    engine.run_until_idle(5).await.unwrap();
    assert!(trial.noted(&note).await);
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
}

async fn refused_end_is_tried_again_and_then_asks_for_a_person(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    let answers = [Answer::RetryBeforeActing, Answer::PanicAtOnce, Answer::FailBeforeActing];
    trial.env.say("ctr_a", "end", Phase::Forward, &answers);
    for (state, code) in [
        (WorkflowState::Running, "busy"),
        (WorkflowState::Running, "panic"),
        (WorkflowState::NeedsAttention, "not_now"),
    ] {
        engine.run_until_idle(5).await.unwrap();
        let summary = trial.view(id).await.summary;
        assert_eq!(summary.state, state);
        assert_eq!(summary.attention.unwrap().code, code);
        assert!(!trial.noted("end ctr_a done").await, "rows and final state go together");
        trial.clock.advance_seconds(60);
    }
    trial.operate(async |tx| retry(tx, id, trial.clock.now()).await.unwrap()).await;
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    assert!(trial.noted("end ctr_a done").await);
    assert_eq!(trial.env.called(), ["flight", "hotel", "car"], "no step is repeated for it");
}

async fn refused_end_leaves_a_last_step_without_rows_done(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.env.say("ctr_a", "car", Phase::Forward, &[Answer::Bare]);
    trial.env.say("ctr_a", "end", Phase::Forward, &[Answer::RetryBeforeActing]);
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Running);
    assert_eq!(view.summary.attention.unwrap().code, "busy");
    assert_eq!(view.steps[2].status, Some(StepStatus::Done));
    assert!(!trial.noted("end ctr_a done").await, "rows and final state go together");
    trial.clock.advance_seconds(60);
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    assert!(trial.noted("end ctr_a done").await);
    assert_eq!(trial.env.called(), ["flight", "hotel", "car"], "no step is repeated for it");
}

async fn rows_that_go_along_and_are_refused_count_as_an_attempt(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    // The last step ends the workflow in its own unit of work.
    for step in ["hotel", "car"] {
        trial.env.say("ctr_a", step, Phase::Forward, &[Answer::AlongRefused]);
    }
    for at in [1, 2] {
        engine.run_until_idle(5).await.unwrap();
        let view = trial.view(id).await;
        assert_eq!(view.summary.state, WorkflowState::Running);
        assert_eq!(view.steps[at].status, Some(StepStatus::Retrying));
        assert_eq!(view.steps[at].error_code.as_deref(), Some("storage"));
        trial.to_next_wake(id).await;
    }
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    assert_eq!(trial.env.called(), ["flight", "hotel", "hotel", "car", "car"]);
    assert!(trial.env.state().acted.values().all(|times| *times == 1));
}

async fn output_given_by_a_person_is_read_by_later_steps(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[ONE_WAY]);
    let id = trial.start(&ONE_WAY, "ctr_a").await.id;
    trial.env.say("ctr_a", "erase", Phase::Forward, &[Answer::FailBeforeActing]);
    engine.run_until_idle(5).await.unwrap();
    let output = serde_json::json!("erased by hand");
    let now = trial.clock.now();
    trial
        .operate(async |tx| {
            assert!(mark_undone(tx, id, "wrong way", now).await.is_err());
        })
        .await;
    trial.operate(async |tx| skip(tx, id, &output, "seen", now).await.unwrap()).await;
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    assert_eq!(view.summary.state, WorkflowState::Done);
    assert_eq!(view.steps[1].status, Some(StepStatus::Skipped));
    let seen = trial.env.state().calls.last().unwrap().outputs.clone();
    assert_eq!(seen, ["\"flight of ctr_a\"", "\"erased by hand\""]);
}

async fn step_without_an_answer_is_timed_out(db: Db) {
    let trial = Trial::new(db);
    let short = workflow::RetryPolicy::USUAL.timeout(Duration::from_millis(20));
    let steps = Box::leak(Box::new([world::undoable("flight").retry(short)]));
    let definition = workflow::WorkflowDefinition::new("short", 1, steps);
    let id = trial.start(&definition, "ctr_a").await.id;
    trial.env.say("ctr_a", "flight", Phase::Forward, &[Answer::HangAfterActing]);
    let engine = trial.engine(&[definition]);
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.steps[0].error_code.as_deref(), Some("timeout"));
    trial.to_next_wake(id).await;
    engine.run_until_idle(5).await.unwrap();
    assert_eq!(trial.view(id).await.summary.state, WorkflowState::Done);
    assert!(trial.env.state().acted.values().all(|times| *times == 1));
}

async fn timeline_shows_the_steps_to_come(db: Db) {
    let trial = Trial::new(db);
    let engine = trial.engine(&[TRIP]);
    let id = trial.start(&TRIP, "ctr_a").await.id;
    let view = trial.view(id).await;
    assert_eq!(view.steps.len(), 3);
    assert!(view.steps.iter().all(|step| step.status.is_none()));
    trial.env.say("ctr_a", "hotel", Phase::Forward, &[Answer::FailAfterActing]);
    trial.env.say("ctr_a", "hotel", Phase::Undo, &[Answer::Sleep(60)]);
    engine.run_until_idle(5).await.unwrap();
    let view = trial.view(id).await;
    let seen: Vec<_> = view.steps.iter().map(|step| (step.name.as_str(), step.status)).collect();
    assert_eq!(
        seen,
        [
            ("flight", Some(StepStatus::Done)),
            ("hotel", Some(StepStatus::Failed)),
            ("hotel", Some(StepStatus::Waiting)),
            ("flight", None),
        ]
    );
    assert!(view.steps[1].next_wake.is_none() && view.steps[2].next_wake.is_some());
}

async fn lists_page_through_instances_newest_first(db: Db) {
    let trial = Trial::new(db);
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(trial.start(&TRIP, &format!("ctr_{number}")).await.id);
        // Two of the five share a moment; the id decides between them.
        trial.clock.advance_seconds(number % 4);
    }
    trial.env.say("ctr_3", "flight", Phase::Forward, &[Answer::FailBeforeActing]);
    trial.engine(&[TRIP]).run_until_idle(9).await.unwrap();
    let mut tx = trial.db.begin_read().await.unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = list(&mut tx, None, cursor.as_ref(), 2).await.unwrap();
        seen.extend(page.items.iter().filter(|it| it.kind == TRIP.kind).map(|it| it.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    ids.reverse();
    assert_eq!(seen, ids);
    let undone = list(&mut tx, Some(WorkflowState::Undone), None, 9).await.unwrap().items;
    assert_eq!(undone.iter().map(|it| it.subject.as_str()).collect::<Vec<_>>(), ["ctr_3"]);
    assert_eq!(count(&mut tx, WorkflowState::Done).await.unwrap(), 4);
    let views = views_of_subject(&mut tx, &[TRIP], "ctr_3").await.unwrap();
    assert_eq!(views.len(), 1);
    assert_eq!((views[0].summary.id, views[0].steps.len()), (undone[0].id, 2));
}

async fn listeners_hear_of_every_committed_change(db: Db) {
    let trial = Trial::new(db);
    let mut changes = trial.signals.subscribe();
    let id = trial.start(&TRIP, "ctr_a").await.id;
    trial.engine(&[TRIP]).run_until_idle(5).await.unwrap();
    let mut heard = 0;
    while let Ok(change) = changes.try_recv() {
        assert_eq!((change.workflow, change.subject.as_str()), (id, "ctr_a"));
        heard += 1;
    }
    assert_eq!(heard, 5, "the first begun, each done with the next begun, and the end");
}

#[test]
fn definitions_that_cannot_work_are_refused() {
    let twice = workflow::WorkflowDefinition::new(
        "twice",
        1,
        Box::leak(Box::new([world::undoable("a"), world::undoable("a")])),
    );
    let empty = workflow::WorkflowDefinition::<World>::new("empty", 1, &[]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database =
            storage::testing::TestDatabase::create(storage::testing::Engine::Sqlite).await;
        let trial = Trial::new(database.db.clone());
        for wrong in [vec![twice], vec![empty], vec![TRIP, TRIP]] {
            let parts = trial.parts(&wrong, workflow::EngineConfig::default());
            assert!(Engine::new(parts).is_err(), "{wrong:?}");
        }
        database.remove().await;
    });
}

on_both_databases!(
    steps_run_in_order_and_end_done,
    failed_attempts_are_repeated_after_growing_pauses,
    exhausted_attempts_undo_everything_in_reverse,
    step_that_failed_is_undone_too_and_later_ones_are_not,
    sleeping_step_wakes_at_its_time_and_uses_up_no_attempt,
    undo_that_fails_needs_attention_and_goes_on_after_retry,
    undo_marked_by_a_person_is_taken_as_done,
    abandoned_instance_is_final_and_frees_its_subject,
    operator_commands_are_refused_while_it_runs,
    begun_forward_only_step_asks_for_a_person_instead_of_undo,
    unknown_kind_is_parked_and_goes_on_once_known,
    log_of_a_changed_table_is_parked_without_acting,
    refused_rows_leave_the_step_undone_and_are_tried_again,
    refused_end_is_tried_again_and_then_asks_for_a_person,
    refused_end_leaves_a_last_step_without_rows_done,
    rows_that_go_along_and_are_refused_count_as_an_attempt,
    output_given_by_a_person_is_read_by_later_steps,
    step_without_an_answer_is_timed_out,
    timeline_shows_the_steps_to_come,
    lists_page_through_instances_newest_first,
    listeners_hear_of_every_committed_change,
);
