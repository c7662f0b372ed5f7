//! Several programs over one database: whose turn it is, and what one that was paused may do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod world;

use domain::WorkflowId;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use storage::testing::{Engine as Database, TestDatabase};
use storage::workflow::{Claim, Lease, claim};
use storage::{Db, on_both_databases};
use workflow::{
    Engine, EngineConfig, Fault, Faults, LeaseTime, Moment, Point, Priority, Start, Tick,
    WorkflowState, start,
};
use world::{TRIP, Trial, World};

/// Longer than anything here takes; reaching it is a failure.
const LIMIT: Duration = Duration::from_secs(60);

/// Starts `count` trips for an owner in one unit of work.
async fn start_for(
    trial: &Trial,
    owner: &str,
    count: usize,
    priority: Priority,
) -> Vec<WorkflowId> {
    let mut tx = trial.db.begin().await.unwrap();
    let mut ids = Vec::new();
    for number in 0..count {
        let from = Start { owner, priority, ..trial.origin() };
        let subject = format!("ctr_{owner}_{}_{number}", priority.number());
        ids.push(start(&mut tx, from, &TRIP, &subject, &"input").await.unwrap().id);
    }
    tx.commit().await.unwrap();
    ids
}

/// The owners of the next instances driven, in order.
async fn turns(trial: &Trial, engine: &Engine<World>, count: usize) -> Vec<String> {
    let mut owners = Vec::new();
    for _ in 0..count {
        match engine.tick_once().await.unwrap() {
            Tick::Rested(id) => owners.push(trial.view(id).await.summary.owner),
            Tick::Idle => break,
            other => panic!("{other:?}"),
        }
    }
    owners
}

async fn owners_take_turns_and_a_thousand_instances_starve_nobody(db: Db) {
    let trial = Trial::new(db);
    start_for(&trial, "many", 1_000, Priority::Normal).await;
    trial.clock.advance_seconds(60);
    start_for(&trial, "few", 2, Priority::Normal).await;
    start_for(&trial, "one", 1, Priority::Normal).await;
    let engine = trial.engine(&[TRIP]);
    // By name and round again: each is served before anybody is served twice.
    let served = turns(&trial, &engine, 7).await;
    assert_eq!(served, ["few", "many", "one", "few", "many", "many", "many"]);
    // Another program begins its own round, and nobody waits for longer than one of them.
    start_for(&trial, "zoe", 1, Priority::Normal).await;
    let other = trial.engine(&[TRIP]);
    assert_eq!(turns(&trial, &other, 2).await, ["many", "zoe"]);
}

async fn lifeline_is_claimed_before_everything_that_waited_longer(db: Db) {
    let trial = Trial::new(db);
    start_for(&trial, "a", 50, Priority::Normal).await;
    start_for(&trial, "b", 3, Priority::Background).await;
    trial.clock.advance_seconds(3_600);
    start_for(&trial, "c", 1, Priority::Urgent).await;
    start_for(&trial, "a", 1, Priority::Lifeline).await;
    start_for(&trial, "d", 1, Priority::Lifeline).await;
    let engine = trial.engine(&[TRIP]);
    assert_eq!(turns(&trial, &engine, 4).await, ["a", "d", "c", "a"]);
    let view = trial.engine(&[TRIP]);
    let rest = turns(&trial, &view, 60).await;
    assert_eq!(rest.len(), 52, "every class is served in the end");
    assert_eq!(rest[49..], ["b", "b", "b"]);
}

async fn expired_lease_is_judged_by_the_database(db: Db) {
    let trial = Trial::new(db);
    let id = start_for(&trial, "a", 1, Priority::Normal).await[0];
    let long = Lease { length_us: 3_600_000_000, at: None };
    let mut tx = trial.db.begin().await.unwrap();
    let by_database = Claim { runner: "a", lease: long, after_owner: "", now: world::START };
    assert_eq!(claim(&mut tx, by_database).await.unwrap().unwrap().row.id, id);
    tx.commit().await.unwrap();
    // A program whose clock is a day ahead does not get it.
    trial.clock.advance_seconds(86_400);
    let config = EngineConfig { lease_time: LeaseTime::Database, ..EngineConfig::by_clock() };
    let fast = trial.engine_with(&[TRIP], config);
    assert_eq!(fast.tick_once().await.unwrap(), Tick::Idle);
}

/// Two claims that have not been committed take two instances, and neither waits for the other.
#[test]
fn postgres_claims_beside_a_claim_under_way() {
    storage::testing::with_database(Database::Postgres, |db| async move {
        let trial = Trial::new(db);
        start_for(&trial, "a", 2, Priority::Normal).await;
        let lease = Lease { length_us: 30_000_000, at: None };
        let wanted = |runner| Claim { runner, lease, after_owner: "", now: world::START };
        let mut first = trial.db.begin().await.unwrap();
        let mut second = trial.db.begin().await.unwrap();
        let one = claim(&mut first, wanted("one")).await.unwrap().unwrap().row;
        let other = tokio::time::timeout(LIMIT, claim(&mut second, wanted("two"))).await;
        assert_ne!(other.unwrap().unwrap().unwrap().row.id, one.id);
        first.commit().await.unwrap();
        second.commit().await.unwrap();
    });
}

/// Stops the whole thread at a place, as a paused process stops, and goes on when told.
#[derive(Debug)]
struct Pause {
    at: (&'static str, Moment),
    reached: Mutex<Sender<()>>,
    go_on: Mutex<Receiver<()>>,
}

impl Faults for Pause {
    fn at(&self, point: &Point<'_>) -> Fault {
        if (point.step, point.moment) == self.at {
            // Nobody listens any more after the first time.
            if self.reached.lock().unwrap().send(()).is_ok() {
                let _ = self.go_on.lock().unwrap().recv_timeout(LIMIT);
            }
        }
        Fault::Pass
    }
}

/// The program that is paused: a thread and a runtime of its own, so that nothing of it goes on,
/// neither the step nor the renewal of its lease.
fn paused_program(
    trial: &Trial,
    address: &str,
    at: (&'static str, Moment),
) -> (thread::JoinHandle<Tick>, Receiver<()>, Sender<()>) {
    let (reached, is_reached) = channel();
    let (tell, go_on) = channel();
    let faults = Pause { at, reached: Mutex::new(reached), go_on: Mutex::new(go_on) };
    let config = EngineConfig {
        lease: Duration::from_millis(300),
        lease_time: LeaseTime::Database,
        ..EngineConfig::default()
    };
    let mut parts = trial.parts(&[TRIP], config);
    let address = address.to_owned();
    let program = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            parts.db = Db::open(&address).await.unwrap();
            let engine = Engine::with_faults(parts, Arc::new(faults)).unwrap();
            engine.tick_once().await.unwrap()
        })
    });
    (program, is_reached, tell)
}

fn program_paused_at(database: Database, step: &'static str, moment: Moment) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let database = TestDatabase::create(database).await;
        let trial = Trial::new(database.db.clone());
        let id = trial.start(&TRIP, "ctr_a").await.id;
        let (program, reached, tell) = paused_program(&trial, &database.address, (step, moment));
        tokio::task::block_in_place(|| reached.recv_timeout(LIMIT)).unwrap();
        // The other one gets the instance when the lease has ended in the database.
        let config = EngineConfig { lease_time: LeaseTime::Database, ..EngineConfig::by_clock() };
        let other = trial.engine_with(&[TRIP], config);
        world::until(|| async { other.tick_once().await.unwrap() == Tick::Rested(id) }).await;
        let before = trial.view(id).await;
        assert_eq!(before.summary.state, WorkflowState::Done);
        let effects = trial.env.state().effects.clone();

        tell.send(()).unwrap();
        drop(reached);
        let tick = tokio::task::block_in_place(|| program.join()).unwrap();
        assert_eq!(tick, Tick::Lost(id), "{step} {moment:?}");
        assert_eq!(trial.view(id).await, before, "{step} {moment:?}");
        assert_eq!(trial.env.state().effects, effects, "{step} {moment:?}");
        let acted = trial.env.state().acted.clone();
        let once: BTreeMap<_, _> = acted.keys().map(|key| (key.clone(), 1)).collect();
        assert_eq!(acted, once, "{step} {moment:?}");
        database.remove().await;
    });
}

fn every_pause(database: Database) {
    for (step, moment) in [
        ("", Moment::Claimed),
        ("flight", Moment::Started),
        ("hotel", Moment::Started),
        ("hotel", Moment::Acted),
        ("hotel", Moment::Done),
        ("car", Moment::Acted),
    ] {
        program_paused_at(database, step, moment);
    }
}

#[test]
fn sqlite_program_that_wakes_up_late_changes_nothing() {
    every_pause(Database::Sqlite);
}

#[test]
fn postgres_program_that_wakes_up_late_changes_nothing() {
    every_pause(Database::Postgres);
}

on_both_databases!(
    owners_take_turns_and_a_thousand_instances_starve_nobody,
    lifeline_is_claimed_before_everything_that_waited_longer,
    expired_lease_is_judged_by_the_database,
);
