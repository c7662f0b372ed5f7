//! Groups, children, signals and cancellation under the seeded scheduler: whatever is lost, doubled,
//! killed or late, an instance ends with all its effects or with none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod side;

use domain::{Clock, ManualClock, SequentialIds, Timestamp, WorkflowId};
use side::{Answer, Request, Side, World};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use storage::Db;
use workflow::testing::simulation::{
    Dice, MakeParts, Network, Played, Simulation, Weather, play_seeds,
};
use workflow::{
    EngineConfig, Parts, Rule, Signals, Start, WorkflowState, cancel, list, retry, signal, start,
    unfinished_versions,
};

const START: Timestamp = Timestamp::from_seconds(1_780_000_000);
const INSTANCES: usize = 3;
/// Events while things go wrong, and how many more it may take to end everything.
const EVENTS: usize = 350;
const CALM_EVENTS: usize = 5_000;
/// Seeds within which a broken rule must be noticed.
const SEEDS_TO_NOTICE: u64 = 400;

struct Play {
    db: Db,
    clock: Arc<ManualClock>,
    ids: Arc<SequentialIds>,
    side: Arc<Mutex<Side>>,
    started: Vec<WorkflowId>,
}

type Sim = Simulation<World, Request, Answer>;

impl Play {
    async fn new(seed: u64) -> Self {
        Self {
            db: storage::testing::in_memory().await,
            clock: Arc::new(ManualClock::new(START)),
            ids: Arc::new(SequentialIds::new(seed)),
            side: Arc::default(),
            started: Vec::new(),
        }
    }

    fn simulation(&self, seed: u64, broken: Option<Rule>) -> Sim {
        let network: Network<Request, Answer> = Network::default();
        let world = Arc::new(World { network: network.clone() });
        let (db, clock) = (self.db.clone(), Arc::clone(&self.clock));
        let ids = Arc::clone(&self.ids);
        let parts: MakeParts<World> = Box::new(move || Parts {
            db: db.clone(),
            env: Arc::clone(&world),
            clock: Arc::<ManualClock>::clone(&clock),
            ids: Arc::<SequentialIds>::clone(&ids),
            definitions: vec![side::PLAN, side::STAY],
            signals: Signals::default(),
            config: EngineConfig::by_clock(),
        });
        let side = Arc::clone(&self.side);
        let act = Box::new(move |request: &Request, dice: &mut Dice| {
            side.lock().unwrap().act(request, dice)
        });
        let clock = Arc::clone(&self.clock);
        Simulation::new(Dice::new(seed), clock, network, 3, parts, act).breaking(broken)
    }

    async fn play(&mut self, sim: &mut Sim) -> Result<(), String> {
        sim.weather = Weather::roll(&mut sim.dice);
        let trouble = (sim.dice.below(6), sim.dice.below(10));
        (self.side.lock().unwrap().refuses, self.side.lock().unwrap().busy) = trouble;
        sim.note(format!("{:?}, refuses and busy {trouble:?} %", sim.weather));
        for _ in 0..EVENTS {
            self.command(sim).await;
            sim.step().await?;
        }
        sim.weather = Weather::CALM;
        (self.side.lock().unwrap().refuses, self.side.lock().unwrap().busy) = (0, 0);
        sim.note("the weather is calm");
        self.settle(sim).await?;
        self.compare().await
    }

    /// What people and other programs do meanwhile.
    async fn command(&mut self, sim: &mut Sim) {
        let now = self.clock.now();
        let mut tx = self.db.begin().await.unwrap();
        if self.started.len() < INSTANCES && sim.dice.chance(3) {
            let subject = format!("sub_{}", self.started.len());
            let owner = format!("owner {}", self.started.len() % 2);
            let from =
                Start { owner: &owner, ..Start::at_once(self.ids.as_ref(), self.clock.as_ref()) };
            let id = start(&mut tx, from, &side::PLAN, &subject, &()).await.unwrap().id;
            self.started.push(id);
            sim.note(format!("{subject} is started"));
        }
        for id in &self.started {
            if sim.dice.chance(2) {
                signal(&mut tx, *id, "consent", "yes", now).await.unwrap();
                sim.note(format!("{id} is told consent"));
            }
        }
        tx.commit().await.unwrap();
        if !self.started.is_empty() && sim.dice.chance(1) {
            let id = self.started[sim.dice.below(self.started.len() as u64) as usize];
            let mut tx = self.db.begin().await.unwrap();
            // One that has ended, or was asked before, says so.
            if cancel(&mut tx, &[side::PLAN, side::STAY], id, "no more", now).await.is_ok() {
                tx.commit().await.unwrap();
                sim.note(format!("{id} is cancelled"));
            }
        }
    }

    /// Lets everything come to its end; what is stuck is tried again by a person.
    async fn settle(&self, sim: &mut Sim) -> Result<(), String> {
        let mut retried = 0;
        for _ in 0..CALM_EVENTS {
            sim.step().await?;
            if !sim.is_idle().await? {
                continue;
            }
            let mut tx = self.db.begin().await.unwrap();
            let stuck = list(&mut tx, Some(WorkflowState::NeedsAttention), None, 100).await;
            let stuck = stuck.unwrap().items;
            for it in &stuck {
                retry(&mut tx, it.id, self.clock.now()).await.unwrap();
                sim.note(format!("{} is tried again: {:?}", it.subject, it.attention));
            }
            let unfinished = unfinished_versions(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            retried += stuck.len();
            if retried > 200 {
                return Err("a person cannot help".to_owned());
            }
            if unfinished.is_empty() {
                return Ok(());
            }
            if stuck.is_empty() {
                sim.pass_to_next_wake().await?;
            }
        }
        Err("it does not come to an end".to_owned())
    }

    /// Everything that is done has all its effects once, everything else has none.
    async fn compare(&self) -> Result<(), String> {
        let mut tx = self.db.begin_read().await.unwrap();
        let all = list(&mut tx, None, None, 100).await.unwrap().items;
        let mut wanted = BTreeMap::new();
        for it in all.iter().filter(|it| it.state == WorkflowState::Done) {
            let steps = if it.kind == side::PLAN.kind { side::PLAN_EFFECTS } else { 2 };
            wanted.insert(it.subject.clone(), steps);
        }
        let side = self.side.lock().unwrap();
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for subject in side.effects.values() {
            *found.entry(subject.clone()).or_default() += 1;
        }
        if side.doubled {
            return Err(format!("double effect: {:?}", side.effects));
        }
        if wanted != found {
            return Err(format!("effects are {found:?}, they should be {wanted:?}"));
        }
        for it in all.iter().filter(|it| it.kind == side::STAY.kind) {
            let parent = all.iter().find(|parent| Some(parent.id) == it.parent);
            if parent.map(|parent| parent.state) != Some(it.state) {
                return Err(format!("{} ended without its parent: {parent:?}", it.subject));
            }
        }
        Ok(())
    }
}

fn play(seed: u64, broken: Option<Rule>) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut play = Play::new(seed).await;
        let mut sim = play.simulation(seed, broken);
        let outcome = play.play(&mut sim).await;
        (sim.history, outcome)
    })
}

#[test]
fn no_seed_leaves_a_part_of_the_effects() {
    play_seeds("cargo test -p workflow --test simulation no_seed_leaves -- --nocapture", |seed| {
        play(seed, None)
    });
}

#[test]
fn one_seed_makes_one_history() {
    for seed in 1..6 {
        let (first, second) = (play(seed, None), play(seed, None));
        assert!(first.0.len() > EVENTS, "seed {seed} has hardly a history");
        assert_eq!(first, second, "seed {seed}");
    }
}

#[test]
fn fence_that_is_not_checked_is_noticed() {
    let fails = |seed: &u64| play(*seed, Some(Rule::Fence)).1.is_err();
    assert!((0..SEEDS_TO_NOTICE).any(|seed| fails(&seed)));
}

#[test]
fn key_that_changes_with_the_attempt_is_noticed() {
    let fails = |seed: &u64| play(*seed, Some(Rule::EffectKey)).1.is_err();
    assert!((0..SEEDS_TO_NOTICE).any(|seed| fails(&seed)));
}
