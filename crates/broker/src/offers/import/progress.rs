//! How far the file is that this process is taking in.

use domain::UploadId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What is done with a file at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// It is read; how many offers it holds is not known yet.
    #[default]
    Reading,
    /// Its offers are checked.
    Checking,
    /// They are written.
    Saving,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Reading, Self::Checking, Self::Saving];

    /// The word sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Checking => "checking",
            Self::Saving => "saving",
        }
    }
}

/// How far a file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UploadProgress {
    /// What is done with it.
    pub phase: Phase,
    /// How much of this phase is done.
    pub done: usize,
    /// Of how much; 0: nobody knows.
    pub total: usize,
}

impl UploadProgress {
    /// How much of everything is done, in percent from 0 to 99: what is done is no progress any more.
    #[must_use]
    pub fn percent(self) -> u8 {
        // Reading, checking and saving take about as long as each other.
        let part = |done: usize| match self.total {
            0 => 0,
            total => 33_usize.saturating_mul(done.min(total)) / total,
        };
        let percent = match self.phase {
            Phase::Reading => 0,
            Phase::Checking => 33 + part(self.done),
            Phase::Saving => 66 + part(self.done),
        };
        u8::try_from(percent).unwrap_or(99)
    }
}

/// The same while it changes.
#[derive(Debug, Default)]
pub(super) struct Progress {
    phase: AtomicU8,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Progress {
    pub fn enter(&self, phase: Phase, total: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        let place = Phase::ALL.into_iter().position(|one| one == phase).unwrap_or_default();
        self.phase.store(u8::try_from(place).unwrap_or_default(), Ordering::Relaxed);
    }

    pub fn reach(&self, done: usize) {
        self.done.store(done, Ordering::Relaxed);
    }

    pub fn now(&self) -> UploadProgress {
        let place = usize::from(self.phase.load(Ordering::Relaxed));
        UploadProgress {
            phase: Phase::ALL.get(place).copied().unwrap_or_default(),
            done: self.done.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
        }
    }
}

/// The files that this process is taking in.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<HashMap<UploadId, Arc<Progress>>>);

impl UnderWay {
    pub(super) fn begin(&self, id: UploadId) -> Arc<Progress> {
        let progress = Arc::<Progress>::default();
        self.map().insert(id, Arc::clone(&progress));
        progress
    }

    pub(super) fn end(&self, id: UploadId) {
        self.map().remove(&id);
    }

    pub(super) fn of(&self, id: UploadId) -> Option<UploadProgress> {
        self.map().get(&id).map(|progress| progress.now())
    }

    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<UploadId, Arc<Progress>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_grows_through_the_phases_and_never_says_it_is_done() {
        let progress = Progress::default();
        let mut seen = vec![progress.now().percent()];
        for phase in [Phase::Checking, Phase::Saving] {
            progress.enter(phase, 10_000);
            for done in [0, 5_000, 10_000] {
                progress.reach(done);
                seen.push(progress.now().percent());
            }
        }
        assert!(seen.is_sorted(), "{seen:?}");
        assert_eq!((seen.first(), seen.last()), (Some(&0), Some(&99)));
        progress.enter(Phase::Saving, 0);
        progress.reach(7);
        assert_eq!(progress.now().percent(), 66, "nothing is divided by nothing");
    }
}
