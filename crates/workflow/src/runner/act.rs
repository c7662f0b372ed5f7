//! One attempt: the step's future beside a watch over the lease and over the shutdown.

use super::Runner;
use crate::{StepFn, StepInput, StepResult, Stop};
use futures::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use storage::workflow as rows;
use tokio_util::sync::CancellationToken;

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Acted {
    /// With the step's own answer, or with a timeout or panic turned into one.
    Result(StepResult),
    /// Another runner has the instance; the step's future is dropped.
    LeaseLost,
    /// The shutdown did not wait any longer; the step's future is dropped.
    Drained,
}

impl<E: Send + Sync + 'static> Runner<'_, E> {
    pub(super) async fn act(
        &self,
        input: StepInput<E>,
        function: StepFn<E>,
        limit: Duration,
        shutdown: &CancellationToken,
    ) -> Acted {
        // Inside the async block, so that a panic before the first await is caught too.
        let work = caught(async move { function(input).await });
        tokio::select! {
            biased;
            ended = tokio::time::timeout(limit, work) => Acted::Result(ended.unwrap_or_else(|_| {
                Err(Stop::retry("timeout", format!("no answer within {limit:?}")))
            })),
            () = self.keep_lease() => Acted::LeaseLost,
            () = self.drain(shutdown) => Acted::Drained,
        }
    }

    /// Renews the lease at a third of its length; ends when it is lost.
    async fn keep_lease(&self) {
        let inner = self.inner;
        let mut until = inner.lease_end();
        loop {
            tokio::time::sleep(inner.config.lease / 3).await;
            let wanted = inner.lease_end();
            match self.renew(wanted).await {
                Ok(true) => until = wanted,
                Ok(false) => return,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(workflow.id = %self.grip.id, error, "lease not renewed");
                    if inner.clock.now() > until {
                        return;
                    }
                }
            }
        }
    }

    async fn renew(&self, until: domain::Timestamp) -> Result<bool, storage::StorageError> {
        let mut tx = self.inner.db.begin().await?;
        let held = rows::hold(&mut tx, self.grip, until, self.inner.clock.now()).await?;
        tx.commit().await?;
        Ok(held)
    }

    async fn drain(&self, shutdown: &CancellationToken) {
        shutdown.cancelled().await;
        tokio::time::sleep(self.inner.config.drain).await;
    }
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
