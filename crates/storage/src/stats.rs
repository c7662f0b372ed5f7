//! Counts the statements of one task, so that pages can prove their number is constant.

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
