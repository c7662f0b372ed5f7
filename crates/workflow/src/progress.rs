//! Word that something changed, inside one process; a convenience, never the truth.
//!
//! A page that must not miss anything reads the log when it connects and polls slowly: steps may
//! be run by another process.

use domain::WorkflowId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, broadcast};

/// Changes a slow listener may be behind before it is told that it missed some.
const BACKLOG: usize = 256;

/// A committed change of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The instance.
    pub workflow: WorkflowId,
    /// The prefixed id of what it works on.
    pub subject: String,
    /// It has come to its end.
    pub ended: bool,
}

/// Wakes workers and tells listeners; cheap to clone.
#[derive(Debug, Clone)]
pub struct Signals {
    wake: Arc<Notify>,
    words: Arc<AtomicU64>,
    changes: broadcast::Sender<Progress>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            wake: Arc::new(Notify::new()),
            words: Arc::default(),
            changes: broadcast::channel(BACKLOG).0,
        }
    }
}

impl Signals {
    /// Tells an idle worker of this process to look for work; call it after the commit.
    pub fn wake(&self) {
        self.note();
        self.wake.notify_one();
    }

    /// Something may be due; whoever is awake looks for it.
    pub(crate) fn note(&self) {
        self.words.fetch_add(1, Ordering::SeqCst);
    }

    /// How often that was said.
    pub(crate) fn words(&self) -> u64 {
        self.words.load(Ordering::SeqCst)
    }

    /// Receives every change committed by this process from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Progress> {
        self.changes.subscribe()
    }

    /// Waits for [`Signals::wake`]; one call that came before is remembered.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    pub(crate) fn changed(&self, workflow: WorkflowId, subject: &str) {
        self.tell(workflow, subject, false);
    }

    pub(crate) fn ended(&self, workflow: WorkflowId, subject: &str) {
        self.tell(workflow, subject, true);
    }

    fn tell(&self, workflow: WorkflowId, subject: &str, ended: bool) {
        // Nobody listening is the usual case.
        let _ = self.changes.send(Progress { workflow, subject: subject.to_owned(), ended });
    }
}
