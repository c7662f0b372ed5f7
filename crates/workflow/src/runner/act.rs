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
        let work = AssertUnwindSafe(async move { function(input).await }).catch_unwind();
        tokio::select! {
            biased;
            ended = tokio::time::timeout(limit, work) => Acted::Result(match ended {
                Err(_) => Err(Stop::retry("timeout", format!("no answer within {limit:?}"))),
                Ok(Err(panic)) => Err(Stop::retry("panic", panic_text(panic.as_ref()))),
                Ok(Ok(result)) => result,
            }),
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

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "the step panicked".to_owned())
}
