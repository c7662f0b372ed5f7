//! Whatever fails, repeats or is cut off: the room is taken whole and told, or the service is as it was.

use super::*;
use crate::on_both;
use broker::Broker;
use std::sync::{Arc, Mutex};
use workflow::EngineConfig;
use workflow::testing::{
    Ended, Stage, fail_at_every_step, recover_from_one_prefix_of, repeat_every_step,
};

const TAKE: &str = "preempt_service";
const BACK: &str = "return_room";

/// The pre-emption under way; the harness plays one run after the other.
#[derive(Clone, Default)]
struct Theatre(Arc<Mutex<Option<(Scene, ContractId)>>>);

impl Theatre {
    /// Room is about to be taken.
    async fn taking(&self, engine: Engine) -> Stage<Broker> {
        let scene = Scene::wide(engine).await;
        scene.write().await;
        let lifeline = scene.lifeline(3, "lifeline").await;
        scene.pass(2).await;
        scene.market.broker.hasten_preemption(&scene.customer, scene.gives).await.unwrap();
        assert_eq!(scene.market.broker.preempt_due().await.unwrap(), 1);
        self.stage(scene, lifeline, TAKE).await
    }

    /// Room is about to be given back.
    async fn returning(&self, engine: Engine) -> Stage<Broker> {
        let scene = Scene::wide(engine).await;
        scene.write().await;
        let lifeline = scene.lifeline(3, "lifeline").await;
        scene.pass(2).await;
        scene.market.broker.hasten_preemption(&scene.customer, scene.gives).await.unwrap();
        let active = async || scene.state_of(lifeline).await == ContractState::Active;
        scene.until("the lifeline runs", active).await;
        scene.market.broker.release(&scene.hospital, lifeline).await.unwrap();
        scene.market.settle().await;
        scene.market.clock.advance_seconds(60);
        assert_eq!(scene.market.broker.return_due().await.unwrap(), 1);
        self.stage(scene, lifeline, BACK).await
    }

    async fn stage(&self, scene: Scene, lifeline: ContractId, kind: &str) -> Stage<Broker> {
        let parts = scene.market.broker.engine_parts(EngineConfig::by_clock());
        let timelines = scene.market.broker.timelines(&scene.customer, scene.gives).await.unwrap();
        let run = timelines.iter().find(|timeline| timeline.kind == kind).unwrap();
        let stage = Stage::of(parts, Arc::clone(&scene.market.clock), kind, run.id);
        *self.0.lock().unwrap() = Some((scene, lifeline));
        stage
    }

    /// Taken, the lifeline runs; not taken, the service is whole, and the lifeline asks nobody a second time.
    async fn check_taking(&self, ended: Ended<Broker>) {
        let (scene, lifeline) = self.0.lock().unwrap().take().expect("a play is on");
        let fault = &ended.fault;
        if ended.is_done() {
            assert_eq!(scene.row().await.unwrap().state, PreemptionState::Taken, "{fault}");
            let active = async || scene.state_of(lifeline).await == ContractState::Active;
            scene.until(fault, active).await;
            assert_eq!(scene.machines(scene.gives).await, (0, 1), "{fault}");
        } else {
            let row = scene.row().await.unwrap();
            assert_eq!((row.state, row.owed), (PreemptionState::Failed, None), "{fault}");
            scene.is_whole(fault).await;
            let over = async || scene.state_of(lifeline).await == ContractState::Failed;
            scene.until(fault, over).await;
            assert_eq!(scene.view().await.gave.len(), 1, "{fault}");
        }
        scene.market.finish().await;
    }

    /// Given back, now or at a later try.
    async fn check_returning(&self, ended: Ended<Broker>) {
        let (scene, _) = self.0.lock().unwrap().take().expect("a play is on");
        let wanted = match ended.is_done() {
            true => PreemptionState::Returned,
            false => PreemptionState::Taken,
        };
        assert_eq!(scene.row().await.unwrap().state, wanted, "{}", ended.fault);
        scene.until_state(PreemptionState::Returned).await;
        scene.is_whole(&ended.fault).await;
        assert_eq!(scene.view().await.gave.len(), 1, "{}", ended.fault);
        scene.market.finish().await;
    }
}

async fn repeating_every_step_of_a_preemption_does_nothing_twice(engine: Engine) {
    let theatre = Theatre::default();
    repeat_every_step(|| theatre.taking(engine), |ended| theatre.check_taking(ended)).await;
    repeat_every_step(|| theatre.returning(engine), |ended| theatre.check_returning(ended)).await;
}

async fn failing_at_every_step_of_a_preemption_leaves_it_whole_or_taken(engine: Engine) {
    let theatre = Theatre::default();
    fail_at_every_step(|| theatre.taking(engine), |ended| theatre.check_taking(ended)).await;
    fail_at_every_step(|| theatre.returning(engine), |ended| theatre.check_returning(ended)).await;
}

/// By day at one of so many places of a log, and at night at all: while a service is drained it is looked each second, and each
/// look is a place.
const PLACES: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f7_4_6_a_crash_at_every_place_of_a_preemption_loses_and_doubles_nothing() {
    let theatre = Theatre::default();
    let taking = || theatre.taking(Engine::Sqlite);
    recover_from_one_prefix_of(PLACES, taking, |ended| theatre.check_taking(ended)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f7_4_6_a_crash_at_every_place_of_the_way_back_loses_and_doubles_nothing() {
    let theatre = Theatre::default();
    let returning = || theatre.returning(Engine::Sqlite);
    recover_from_one_prefix_of(PLACES, returning, |ended| theatre.check_returning(ended)).await;
}

on_both!(
    repeating_every_step_of_a_preemption_does_nothing_twice,
    failing_at_every_step_of_a_preemption_leaves_it_whole_or_taken,
);
