//! Going to rest: a step waits, and when everything open does, the instance gives its lease back.
//!
//! In the unit of work that says so, the runner looks for what was told meanwhile: the instance is
//! locked by then, so whoever tells something later finds it asleep and wakes it.

use super::{Flow, Halt, Runner, family};
use crate::plan::{self, Next};
use crate::{StepFailure, StepStatus};
use domain::Timestamp;
use storage::Tx;
use storage::workflow::{self as rows, CHILD_SIGNAL, StepRow};

/// How a step waits.
pub(super) struct Waiting<'a> {
    pub status: StepStatus,
    pub reason: &'a StepFailure,
    pub until: Timestamp,
    pub signal: Option<&'a str>,
}

impl<E: Send + Sync + 'static> Runner<'_, E> {
    pub(super) async fn record_wait(
        &mut self,
        row: &StepRow,
        waiting: Waiting<'_>,
        last: bool,
    ) -> Result<Flow, Halt> {
        let tx = self.write().await?;
        self.wait(tx, row, waiting, last).await
    }

    /// Waits for the child of the step, in the unit of work that changed the child.
    pub(super) async fn await_child(
        &mut self,
        tx: Tx,
        row: &StepRow,
        reason: &StepFailure,
        last: bool,
    ) -> Result<Flow, Halt> {
        let until = Timestamp(i64::MAX);
        let signal = Some(CHILD_SIGNAL);
        let waiting = Waiting { status: StepStatus::Waiting, reason, until, signal };
        self.wait(tx, row, waiting, last).await
    }

    async fn wait(
        &mut self,
        mut tx: Tx,
        row: &StepRow,
        waiting: Waiting<'_>,
        last: bool,
    ) -> Result<Flow, Halt> {
        let row = StepRow {
            status: waiting.status,
            error: Some(serde_json::to_string(waiting.reason)?),
            wake_at: Some(waiting.until),
            signal: waiting.signal.map(ToOwned::to_owned),
            ..row.clone()
        };
        rows::put_step(&mut tx, self.grip.id, &row).await?;
        self.remember(row);
        let flow = if last { self.rest_within(&mut tx).await? } else { Flow::On };
        self.commit(tx).await?;
        Ok(flow)
    }

    /// Gives the lease back when everything that is open waits.
    pub(super) async fn rest(&mut self) -> Result<Flow, Halt> {
        let mut tx = self.write().await?;
        let flow = self.rest_within(&mut tx).await?;
        self.commit(tx).await?;
        Ok(flow)
    }

    async fn rest_within(&mut self, tx: &mut Tx) -> Result<Flow, Halt> {
        let now = self.inner.clock.now();
        if self.log.iter().any(|row| row.signal.is_some()) {
            rows::wake_told(tx, self.grip.id, now).await?;
            self.log = rows::steps(tx, self.grip.id).await?;
            self.run.signals = family::signals(tx, self.grip.id).await?;
            self.run.children = family::children(tx, self.grip.id).await?;
        }
        if self.cancellation().is_some() {
            return Ok(Flow::On);
        }
        match plan::next(self.definition.steps, &self.log, self.direction, now) {
            Next::Rest(until) => {
                self.settle(tx, self.state(), None, until).await?;
                Ok(Flow::Rest)
            }
            _ => Ok(Flow::On),
        }
    }
}
