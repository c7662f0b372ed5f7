//! One attempt: the step's future with its limit, beside a watch over the lease and the shutdown.

use crate::engine::{Inner, later};
use crate::{StepResult, Stop};
use futures::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use storage::StorageError;
use storage::workflow::{self as rows, Grip};
use tokio_util::sync::CancellationToken;

/// Gives the work its limit; a timeout or a panic is an attempt that may have acted.
pub(super) async fn within(limit: Duration, work: impl Future<Output = StepResult>) -> StepResult {
    let ended = tokio::time::timeout(limit, caught(work)).await;
    ended.unwrap_or_else(|_| Err(Stop::retry("timeout", format!("no answer within {limit:?}"))))
}

/// Renews the lease at a third of its length; ends when it is lost.
pub(super) async fn keep_lease<E>(inner: &Inner<E>, grip: Grip) {
    if !inner.faults.renews() {
        return std::future::pending().await;
    }
    let end = || later(inner.clock.now(), inner.config.lease);
    let mut until = end();
    loop {
        tokio::time::sleep(inner.config.lease / 3).await;
        let wanted = end();
        match renew(inner, grip).await {
            Ok(true) => until = wanted,
            Ok(false) => return,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(workflow.id = %grip.id, error, "lease not renewed");
                if inner.clock.now() > until {
                    return;
                }
            }
        }
    }
}

async fn renew<E>(inner: &Inner<E>, grip: Grip) -> Result<bool, StorageError> {
    let mut tx = inner.db.begin().await?;
    let held = rows::hold(&mut tx, grip, inner.lease(), inner.clock.now()).await?;
    tx.commit().await?;
    Ok(held.is_some())
}

/// Ends when the shutdown does not wait for a step any longer.
pub(super) async fn drain<E>(inner: &Inner<E>, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(inner.config.drain).await;
}

/// Turns a panic into an attempt that did not succeed; a worker must outlive it.
pub(super) async fn caught<T>(work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => Err(Stop::retry("panic", panic_text(panic.as_ref()))),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "the step panicked".to_owned())
}
