//! Who is inside one address: requests in flight are counted, and while it drains nobody new is let in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The gate of one address, kept over closing and opening.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    draining: AtomicBool,
    in_flight: AtomicUsize,
}

/// Held as long as a request is in flight, until the last byte of its answer was taken.
#[derive(Debug)]
pub(crate) struct Pass(Arc<Gate>);

impl Gate {
    /// Lets a request in; nothing while it drains.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Pass> {
        // Counted first: whoever drains afterwards and sees nobody inside is right.
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let pass = Pass(Arc::clone(self));
        (!self.is_draining()).then_some(pass)
    }

    /// Lets nobody in from now on.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Lets requests in again.
    pub(crate) fn reopen(&self) {
        self.draining.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Whether nobody is inside.
    pub(crate) fn is_empty(&self) -> bool {
        self.in_flight.load(Ordering::SeqCst) == 0
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_it_drains_nobody_new_is_let_in_and_who_is_inside_stays() {
        let gate = Arc::new(Gate::default());
        let inside = gate.enter().unwrap();
        gate.drain();
        assert!(gate.enter().is_none() && !gate.is_empty());
        drop(inside);
        assert!(gate.is_empty() && gate.is_draining());
        gate.reopen();
        assert!(gate.enter().is_some());
    }
}
