//! Faults by plan: at named places once, at the n-th place, or everywhere.

use crate::{Fault, Faults, Moment, Phase, Point};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The form `STEP/MOMENT` that [`crate::CRASH_VARIABLE`] takes after the kind.
#[must_use]
pub fn place(step: &str, phase: Phase, moment: Moment) -> String {
    let point = Point { kind: "", step, phase, attempt: 1, moment };
    point.to_string().trim_start_matches('/').to_owned()
}

/// What a test does to the instances of one kind; without a kind, nothing.
#[derive(Debug, Default)]
pub struct Script {
    kind: Option<&'static str>,
    family: Vec<&'static str>,
    once: Mutex<Vec<(String, Fault)>>,
    crash_at: Option<usize>,
    everywhere: bool,
    seen: AtomicUsize,
    crashed_at: Mutex<BTreeSet<String>>,
    crashes: Arc<AtomicUsize>,
}

impl Script {
    /// Acts on instances of `kind` only, so that follow-up work runs undisturbed.
    #[must_use]
    pub fn for_kind(kind: &'static str) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    /// Lets the runners of these kinds vanish too, those of children for example.
    #[must_use]
    pub fn with_crashes_of(mut self, kinds: impl IntoIterator<Item = &'static str>) -> Self {
        self.family.extend(kinds);
        self
    }

    /// Does `fault` when the place is reached for the first time.
    #[must_use]
    pub fn once(self, step: &str, phase: Phase, moment: Moment, fault: Fault) -> Self {
        self.once
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((place(step, phase, moment), fault));
        self
    }

    /// Lets the runner vanish at the `place`-th place reached, counted from 0.
    #[must_use]
    pub const fn crash_at(mut self, place: usize) -> Self {
        self.crash_at = Some(place);
        self
    }

    /// Lets the runner vanish at every place when it is reached for the first time.
    #[must_use]
    pub const fn crash_everywhere(mut self) -> Self {
        self.everywhere = true;
        self
    }

    /// How often the runner has vanished so far; stays readable when the script is handed over.
    #[must_use]
    pub fn crash_count(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.crashes)
    }

    fn wants_crash(&self, name: &str) -> bool {
        let number = self.seen.fetch_add(1, Ordering::SeqCst);
        let mut known = self.crashed_at.lock().unwrap_or_else(PoisonError::into_inner);
        self.crash_at == Some(number) || (self.everywhere && known.insert(name.to_owned()))
    }

    fn take(&self, name: &str) -> Option<Fault> {
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        let found = once.iter().position(|(place, _)| place == name)?;
        Some(once.remove(found).1)
    }
}

impl Faults for Script {
    fn at(&self, point: &Point<'_>) -> Fault {
        let subject = self.kind == Some(point.kind);
        if !subject && !self.family.contains(&point.kind) {
            return Fault::Pass;
        }
        if self.wants_crash(&point.to_string()) {
            self.crashes.fetch_add(1, Ordering::SeqCst);
            return Fault::Crash;
        }
        if !subject {
            return Fault::Pass;
        }
        let name = place(point.step, point.phase, point.moment);
        self.take(&name).unwrap_or(Fault::Pass)
    }
}
