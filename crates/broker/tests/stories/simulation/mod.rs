//! The deterministic simulation of activation and release: engine, storage in memory and a modelled
//! cloud under one seeded scheduler and clock, with crashes, lost and doubled messages, refusals
//! and programs that wake up late.

mod market;
mod rules;
mod wire;

use market::{Market, Sabotage, simulation};
use workflow::Rule;
use workflow::testing::simulation::{Played, play_seeds};

/// Seeds within which a broken rule must be noticed.
const SEEDS_TO_NOTICE: u64 = 60;

fn play(seed: u64, sabotage: Option<Sabotage>) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut market = Market::open(seed).await;
        let mut sim = simulation(&market, seed, sabotage);
        let outcome = market.play(&mut sim).await;
        (sim.history, outcome)
    })
}

#[test]
fn no_seed_leaks_doubles_or_loses_anything() {
    play_seeds(
        "cargo test -p broker --test stories simulation::no_seed_leaks -- --nocapture",
        |seed| play(seed, None),
    );
}

#[test]
fn one_seed_makes_one_history() {
    for seed in [1, 2, 3] {
        let (first, second) = (play(seed, None), play(seed, None));
        assert!(first.0.len() > 300, "seed {seed} has hardly a history");
        assert_eq!(first, second, "seed {seed}");
    }
    assert_ne!(play(1, None).0, play(2, None).0);
}

fn notices(sabotage: Sabotage, fault: &str) {
    let mut faults = Vec::new();
    for seed in 0..SEEDS_TO_NOTICE {
        faults.extend(play(seed, Some(sabotage)).1.err());
        if faults.last().is_some_and(|found| found.contains(fault)) {
            return;
        }
    }
    panic!("{sabotage:?} is not noticed as `{fault}`: {faults:?}");
}

#[test]
fn skipped_undo_is_noticed_as_a_leak() {
    notices(Sabotage::UndoSkipped, "is Failed and its group is Some(");
}

#[test]
fn key_that_changes_with_the_attempt_is_noticed_as_a_double_effect() {
    notices(Sabotage::Engine(Rule::EffectKey), "double effect");
}

#[test]
fn fence_that_is_not_checked_is_noticed() {
    notices(Sabotage::Engine(Rule::Fence), "");
}
