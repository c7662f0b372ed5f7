//! Drain (F7.10.1a): newcomers are turned away, what is in flight finishes or its time is up, then it is stopped. The
//! call only begins it; the watch ends it, so that a crash in between changes nothing but what was in flight.

use provider_api::{Allocation, Cause, DrainRequest, FieldFault, ProblemCode, ResourceState};

use super::hold::invalid;
use super::{Intent, step};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::{self, AllocationRow};

/// Long enough for what people wait for, as a load balancer would give it.
const DEADLINE_DEFAULT_SECONDS: u32 = 30;
const DEADLINE_MAX_SECONDS: u32 = 3600;

impl Cloud {
    pub(crate) async fn drain(
        &self,
        intent: &Intent,
        id: &str,
        request: &DrainRequest,
    ) -> Result<Allocation, OpError> {
        let seconds = request.deadline_seconds.unwrap_or(DEADLINE_DEFAULT_SECONDS);
        if seconds > DEADLINE_MAX_SECONDS {
            let detail = format!("found {seconds}, allowed is 0 to {DEADLINE_MAX_SECONDS}");
            let pointer = "/deadlineSeconds".to_owned();
            return Err(invalid(vec![FieldFault { pointer, detail }]));
        }
        let _guard = self.lock(id).await;
        let (tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        if ResourceState::from_word(&row.state) == ResourceState::Draining {
            self.finish(tx, row, intent).await?;
            return self.view(row);
        }
        super::volumes::must_run(row)?;
        step(row, Cause::Drain)?;
        let until = self.now_us().saturating_add(i64::from(seconds) * 1_000_000);
        row.drain_until = Some(until);
        self.finish(tx, row, intent).await?;
        // Before it answers: whoever hears of the drain finds newcomers turned away.
        self.gateway.gate(id).drain();
        tracing::info!(allocation.id = %id, seconds, "a service is drained");
        self.view(row)
    }

    /// Stops what is drained once nothing is in flight or its time is up. Safe at any time; the caller holds the lock.
    pub(crate) async fn end_drain(&self, row: &AllocationRow) -> Result<(), OpError> {
        let Some(until) = row.drain_until else { return Ok(()) };
        let quiet = self.gateway.gate(&row.id).is_empty();
        if !row.running_wanted || (!quiet && self.now_us() < until) {
            return Ok(());
        }
        // Long work first: it holds the volume, and the next round comes by.
        let Ok(_volume) = self.take_volume(row.volume()).await else { return Ok(()) };
        let mut tx = self.store.begin().await?;
        let mut row =
            store::load(&mut tx, &row.id).await?.ok_or_else(|| super::not_found(&row.id))?;
        row.running_wanted = false;
        row.access_wanted = false;
        store::save(&mut tx, &mut row, self.now_us()).await?;
        tx.commit().await?;
        self.gateway.close(&row.id).await;
        self.children.stop(&row.id).await?;
        self.finish_stop(&row.id, None).await?;
        tracing::info!(allocation.id = %row.id, quiet, "a service was drained");
        Ok(())
    }
}

/// What would let users in again waits for the end of the drain.
pub(super) fn must_not_drain(row: &AllocationRow) -> Result<(), OpError> {
    if row.drain_until.is_none() {
        return Ok(());
    }
    let detail = "the service is being drained; start it again when it has stopped";
    Err(OpError::refuse(ProblemCode::WrongState, detail))
}
