//! Many seeds, one after the other on every core; a failing one tells how to play it again.

#![allow(clippy::print_stdout, reason = "a history is for the reader of the test")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{env, thread};

/// How many seeds a simulation plays; `cargo xtask test --nightly` sets it.
pub const SEEDS_VARIABLE: &str = "KUMOICHI_SIMULATION_SEEDS";
/// The one seed to play, with its history printed.
pub const SEED_VARIABLE: &str = "KUMOICHI_SIMULATION_SEED";
/// Seeds where nothing else is said.
const SEEDS: u64 = 200;
/// Lines of history shown of a failing seed.
const HISTORY_SHOWN: usize = 60;

/// What came of one seed: its history, and what was wrong.
pub type Played = (Vec<String>, Result<(), String>);

/// Plays the seeds that the environment asks for and fails with the first that fails. `command`
/// runs the test, without the variable.
pub fn play_seeds(command: &str, play: impl Fn(u64) -> Played + Sync) {
    if let Some(seed) = number(SEED_VARIABLE) {
        let (history, outcome) = play(seed);
        for line in history {
            println!("{line}");
        }
        outcome.unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
        return;
    }
    let count = number(SEEDS_VARIABLE).unwrap_or(SEEDS);
    let (next, events) = (AtomicU64::new(0), AtomicU64::new(0));
    let failed: Mutex<Option<(u64, Vec<String>, String)>> = Mutex::new(None);
    let first = || failed.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        while first().is_none() {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= count {
                return;
            }
            let (history, outcome) = play(seed);
            events.fetch_add(history.len() as u64, Ordering::SeqCst);
            if let Err(fault) = outcome {
                first().get_or_insert((seed, history, fault));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    if let Some((seed, history, fault)) = first().take() {
        let shown = history.len().saturating_sub(HISTORY_SHOWN);
        panic!(
            "seed {seed} fails: {fault}\n…\n{}\nplay it again: {SEED_VARIABLE}={seed} {command}",
            history[shown..].join("\n")
        );
    }
    println!("{count} seeds, {} events", events.into_inner());
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}: a whole number is wanted")))
}
