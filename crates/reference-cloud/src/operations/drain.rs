//! Drain (F7.10.1a): newcomers are turned away, what is in flight finishes or its time is up, then it is stopped. The
//! call only begins it; the watch ends it, so that a crash in between changes nothing but what was in flight.

use provider_api::{
    Cause, DrainRequest, FieldFault, LongOperation, ProblemCode, ResourceState, WorkKind, WorkState,
};

use super::hold::{invalid, random};
use super::{Intent, step};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::{self, AllocationRow, WorkRow};

/// Long enough for what people wait for, as a load balancer would give it.
const DEADLINE_DEFAULT_SECONDS: u32 = 30;
const DEADLINE_MAX_SECONDS: u32 = 3600;

impl Cloud {
    /// Begins a drain, and whether it did: one that is under way, or whose goal is reached, is told as it is.
    pub(crate) async fn drain(
        &self,
        intent: &Intent,
        id: &str,
        request: &DrainRequest,
    ) -> Result<(LongOperation, bool), OpError> {
        let seconds = request.deadline_seconds.unwrap_or(DEADLINE_DEFAULT_SECONDS);
        if seconds > DEADLINE_MAX_SECONDS {
            let detail = format!("found {seconds}, allowed is 0 to {DEADLINE_MAX_SECONDS}");
            let pointer = "/deadlineSeconds".to_owned();
            return Err(invalid(vec![FieldFault { pointer, detail }]));
        }
        let _guard = self.lock(id).await;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        let last = self.store.drain_of(id).await?;
        if admitted.replay {
            return match self.store.work_of(intent.key.as_str()).await? {
                Some(own) => Ok((self.view_work(&own)?, true)),
                None => self.told(last, id),
            };
        }
        let stopped = ResourceState::from_word(&row.state) == ResourceState::Draining;
        let now_us = self.now_us();
        if !stopped {
            super::volumes::must_run(row)?;
            step(row, Cause::Drain)?;
            row.drain_until = Some(now_us.saturating_add(i64::from(seconds) * 1_000_000));
        }
        let under_way = last.as_ref().is_some_and(|last| last.state() == WorkState::Running);
        let begun = if under_way { None } else { Some(drain_work(row, intent, now_us)?) };
        if let Some(work) = &begun {
            store::insert_work(&mut tx, work).await?;
            if stopped {
                store::end_work(&mut tx, work, None, now_us).await?;
            }
        }
        self.finish(tx, row, intent).await?;
        if stopped {
            return self.told(self.store.drain_of(id).await?, id);
        }
        // Before it answers: whoever hears of the drain finds newcomers turned away.
        self.gateway.gate(id).drain();
        tracing::info!(allocation.id = %id, seconds, "a service is drained");
        match begun {
            Some(work) => Ok((self.view_work(&work)?, true)),
            None => self.told(last, id),
        }
    }

    /// A drain that another call began.
    fn told(&self, work: Option<WorkRow>, id: &str) -> Result<(LongOperation, bool), OpError> {
        Ok((self.view_work(&work.ok_or_else(|| super::not_found(id))?)?, false))
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

fn drain_work(row: &AllocationRow, intent: &Intent, now_us: i64) -> Result<WorkRow, OpError> {
    let id = format!("opr_{}", hex::encode(random::<10>()?));
    let begins = WorkRow::begins(id, WorkKind::Drain, &row.label, &intent.key, now_us);
    Ok(WorkRow { allocation_id: Some(row.id.clone()), ..begins })
}

/// What would let users in again waits for the end of the drain.
pub(super) fn must_not_drain(row: &AllocationRow) -> Result<(), OpError> {
    if row.drain_until.is_none() {
        return Ok(());
    }
    let detail = "the service is being drained; start it again when it has stopped";
    Err(OpError::refuse(ProblemCode::WrongState, detail))
}
