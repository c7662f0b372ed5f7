//! Moves that come to nothing: whatever fails, repeats or is cut off, the service is moved or as it was.

use super::*;
use crate::orders::Drill;
use broker::Broker;
use serde_json::json;
use std::sync::Mutex;
use workflow::testing::{
    Ended, Stage, fail_at_every_step, recover_from_one_prefix_of, repeat_every_step,
};
use workflow::{EngineConfig, Moment};

/// The move under way; the harness plays one run after the other.
#[derive(Clone, Default)]
struct Theatre(Arc<Mutex<Option<(Trio, ContractId)>>>);

impl Theatre {
    async fn stage(&self, engine: Engine) -> Stage<Broker> {
        let (trio, id) = written(engine).await;
        let wish = wish(&trio, NEW, "one").await;
        trio.broker.move_to(&trio.customer, id, wish).await.unwrap();
        let parts = trio.broker.engine_parts(EngineConfig::by_clock());
        let timelines = trio.broker.timelines(&trio.customer, id).await.unwrap();
        let run = timelines.iter().find(|timeline| timeline.kind == "move_contract").unwrap();
        let stage = Stage::of(parts, Arc::clone(&trio.clock), "move_contract", run.id);
        *self.0.lock().unwrap() = Some((trio, id));
        stage
    }

    async fn check(&self, ended: Ended<Broker>) {
        let (trio, id) = self.0.lock().unwrap().take().expect("a play is on");
        if ended.is_done() {
            is_moved(&trio, id, &ended.fault).await;
            assert!(!trio.clouds[NEW].files_with(NOTE).is_empty(), "{}", ended.fault);
        } else {
            is_as_it_was(&trio, id, &ended.fault).await;
        }
        trio.finish().await;
    }
}

async fn repeating_every_step_of_a_move_does_nothing_twice(engine: Engine) {
    let theatre = Theatre::default();
    repeat_every_step(|| theatre.stage(engine), |ended| theatre.check(ended)).await;
}

async fn failing_at_every_step_of_a_move_leaves_the_old_service_or_the_new_one(engine: Engine) {
    let theatre = Theatre::default();
    fail_at_every_step(|| theatre.stage(engine), |ended| theatre.check(ended)).await;
}

/// On one database: each of some hundred and fifty plays has two clouds of its own, and what differs between the
/// databases is told by the stories of failing steps and by those that kill the program. At one of seven places, and at
/// night at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_every_place_of_a_move_loses_and_doubles_nothing() {
    let theatre = Theatre::default();
    let stage = || theatre.stage(Engine::Sqlite);
    recover_from_one_prefix_of(7, stage, |ended| theatre.check(ended)).await;
}

async fn a_new_cloud_that_dies_leaves_the_service_where_it_was(engine: Engine) {
    let (trio, id) = written(engine).await;
    for step in ["confirm", "link", "pull", "start", "allow"] {
        let wish = wish(&trio, NEW, step).await;
        trio.broker.move_to(&trio.customer, id, wish).await.unwrap();
        let gone = json!({"outage": true});
        trio.run(Drill::at(&trio.clouds[NEW], step, Moment::Started, gone)).await;
        is_as_it_was(&trio, id, step).await;
        let failure = newest(&trio, id).await.failure.unwrap();
        assert!(failure.starts_with("cloud_"), "{step}: {failure}");
        trio.clock.advance_seconds(60);
    }
    // Nothing that was undone is in the way of the next one.
    let wish = wish(&trio, NEW, "again").await;
    trio.broker.move_to(&trio.customer, id, wish).await.unwrap();
    run(&trio).await;
    is_moved(&trio, id, "again").await;
    trio.finish().await;
}

async fn what_is_not_switched_in_time_is_undone(engine: Engine) {
    let (trio, id) = written(engine).await;
    let soon = now(&trio).plus_us(10_000_000);
    let wish = Move { finish_by: Some(soon), ..wish(&trio, NEW, "late").await };
    trio.broker.move_to(&trio.customer, id, wish).await.unwrap();
    let gone = json!({"outage": true});
    trio.run(Drill::at(&trio.clouds[NEW], "start", Moment::Started, gone)).await;
    is_as_it_was(&trio, id, "too late").await;
    assert_eq!(newest(&trio, id).await.failure.as_deref(), Some("too_late"));
    trio.finish().await;
}

async fn a_late_call_to_a_cloud_that_goes_on_changes_nothing(engine: Engine) {
    let (trio, id) = written(engine).await;
    let wish = wish(&trio, NEW, "late call").await;
    trio.broker.move_to(&trio.customer, id, wish).await.unwrap();
    let gone = json!({"outage": true});
    trio.run(Drill::at(&trio.clouds[NEW], "pull", Moment::Started, gone)).await;
    is_as_it_was(&trio, id, "undone").await;
    let driver = trio.clouds[OLD].driver();
    let found = driver.list(&id.to_string()).await.unwrap().pop().unwrap();
    let late = provider_api::AllocationCommand {
        call: provider_api::Call {
            key: provider_api::IdempotencyKey::parse("late-stop").unwrap(),
            epoch: found.epoch - 1,
        },
        allocation_id: found.id,
    };
    let refused = driver.stop(late).await.unwrap_err();
    assert_eq!(refused.code(), Some(provider_api::ProblemCode::StaleEpoch));
    is_as_it_was(&trio, id, "after the late call").await;
    trio.finish().await;
}

on_both!(
    repeating_every_step_of_a_move_does_nothing_twice,
    failing_at_every_step_of_a_move_leaves_the_old_service_or_the_new_one,
    a_new_cloud_that_dies_leaves_the_service_where_it_was,
    what_is_not_switched_in_time_is_undone,
    a_late_call_to_a_cloud_that_goes_on_changes_nothing,
);
