//! Counts the statements of one task, so that pages can prove their number is constant, and those
//! under way, so that a simulation knows when everything has come to rest.

use std::cell::Cell;
use std::future::Future;

tokio::task_local! {
    static STATEMENTS: Cell<u64>;
}

/// Runs `future` and tells how many statements it sent.
pub async fn counting<F: Future>(future: F) -> (F::Output, u64) {
    STATEMENTS
        .scope(Cell::new(0), async {
            let output = future.await;
            (output, STATEMENTS.with(Cell::get))
        })
        .await
}

/// Called by the statement macros.
pub(crate) fn count() {
    // Outside a counted task there is nobody to tell.
    let _ = STATEMENTS.try_with(|count| count.set(count.get() + 1));
}

#[cfg(feature = "testing")]
thread_local! {
    static IN_FLIGHT: Cell<i64> = const { Cell::new(0) };
}

/// Statements under way that were sent by tasks of this thread; of use on a current-thread runtime.
#[cfg(feature = "testing")]
#[must_use]
pub fn in_flight() -> i64 {
    IN_FLIGHT.get()
}

/// A statement is under way while this lives.
pub(crate) struct Busy(());

/// Called by everything that waits for the database.
pub(crate) fn busy() -> Busy {
    #[cfg(feature = "testing")]
    IN_FLIGHT.set(IN_FLIGHT.get() + 1);
    Busy(())
}

impl Drop for Busy {
    fn drop(&mut self) {
        #[cfg(feature = "testing")]
        IN_FLIGHT.set(IN_FLIGHT.get() - 1);
    }
}
