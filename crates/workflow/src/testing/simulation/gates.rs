//! Where runners stand until the scheduler lets one of them go on.

use crate::{Fault, Faults, Point, Rule};
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Everybody who stands at a gate, in the order of arrival.
#[derive(Debug, Clone, Default)]
pub(super) struct Gates(Arc<Mutex<Vec<Standing>>>);

#[derive(Debug)]
struct Standing {
    runner: usize,
    place: String,
    open: oneshot::Sender<()>,
}

impl Gates {
    fn all(&self) -> MutexGuard<'_, Vec<Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn standing(&self) -> usize {
        let mut all = self.all();
        // Whoever was killed has left its place.
        all.retain(|standing| !standing.open.is_closed());
        all.len()
    }

    /// The runner that stands there.
    pub fn runner(&self, place: usize) -> usize {
        self.all()[place].runner
    }

    /// Lets it go on.
    pub fn open(&self, place: usize) -> String {
        let standing = self.all().remove(place);
        let _ = standing.open.send(());
        format!("runner {} passes {}", standing.runner, standing.place)
    }
}

/// The faults of one runner: it stands at every place, and vanishes when it is doomed.
#[derive(Debug)]
pub(super) struct Guard {
    pub runner: usize,
    pub gates: Gates,
    pub doomed: Arc<AtomicBool>,
    pub broken: Option<Rule>,
}

impl Faults for Guard {
    fn at(&self, _: &Point<'_>) -> Fault {
        if self.doomed.swap(false, Ordering::SeqCst) { Fault::Crash } else { Fault::Pass }
    }

    fn gate(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        let (open, opened) = oneshot::channel();
        self.gates.all().push(Standing { runner: self.runner, place: point.to_string(), open });
        Some(Box::pin(async move {
            // A simulation that has ended opens nothing any more.
            let _ = opened.await;
        }))
    }

    fn renews(&self) -> bool {
        false
    }

    fn breaks(&self, rule: Rule) -> bool {
        self.broken == Some(rule)
    }
}
