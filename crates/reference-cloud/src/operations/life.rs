//! Start and stop (IF7, IF8): metering runs from the acknowledged start to the acknowledged stop.

use provider_api::{Allocation, Cause, FieldFault, ProblemCode, ResourceState, StartRequest};

use super::backups::volume_lost;
use super::drain::must_not_drain;
use super::hold::invalid;
use super::volumes::must_run;
use super::{Intent, step, wrong_state};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::{self, AllocationRow};
use crate::watch;

/// The application every reference cloud brings along.
pub(crate) const DEMO: &str = "demo";
/// Settings handed to an application at most.
const SETTINGS_MAX: usize = 32;

impl Cloud {
    pub(crate) async fn start(
        &self,
        intent: &Intent,
        id: &str,
        request: &StartRequest,
    ) -> Result<Allocation, OpError> {
        check(request)?;
        let _guard = self.lock(id).await;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        must_not_drain(row)?;
        must_run(row)?;
        let state = ResourceState::from_word(&row.state);
        if state.is_running() {
            self.finish(tx, row, intent).await?;
            return self.view(row);
        }
        if row.erasure.is_some() || row.erasing_bytes.is_some() {
            return Err(OpError::refuse(
                ProblemCode::WrongState,
                "the data were erased; nothing can start on them",
            ));
        }
        // Provisioning means that an earlier start was cut off: go on with it.
        if state != ResourceState::Provisioning {
            step(row, Cause::Start)?;
        }
        if !self.volumes.is_there(row.volume()) {
            return Err(volume_lost());
        }
        let _volume = self.take_volume(row.volume()).await?;
        let image = self.image_to_start(&mut tx, row, request).await?;
        let recipe = self.resolve(row, request, image.as_ref())?;
        match image {
            Some(image) => row.image_id = Some(image.id),
            // Of an earlier start that did not get so far.
            None if !row.image_placed => row.image_id = None,
            None => {}
        }
        row.application = Some(recipe.application);
        row.service_name = Some(request.service_name.clone());
        row.settings = Some(serde_json::to_string(&recipe.settings)?);
        row.running_wanted = true;
        row.failure = None;
        store::save(&mut tx, row, self.now_us()).await?;
        tx.commit().await?;
        if let Err(error) = self.place_image(row).await {
            tracing::error!(allocation.id = %id, %error, "an image could not be put onto a volume");
            let detail = "the image could not be put onto the volume";
            watch::give_up(self, id, detail).await?;
            return Err(OpError::refuse(ProblemCode::StartFailed, detail));
        }
        if let Err(failure) = self.ensure_machines(row).await {
            watch::give_up(self, id, &failure.to_string()).await?;
            return Err(OpError::refuse(ProblemCode::StartFailed, failure.to_string()));
        }
        let row = self.finish_start(id, Some(intent)).await?;
        self.view(&row)
    }

    /// Notes that the machines answer; metering begins.
    pub(crate) async fn finish_start(
        &self,
        id: &str,
        intent: Option<&Intent>,
    ) -> Result<AllocationRow, OpError> {
        let now_us = self.now_us();
        let mut tx = self.store.begin().await?;
        let mut row = store::load(&mut tx, id).await?.ok_or_else(|| super::not_found(id))?;
        step(&mut row, Cause::Started)?;
        row.started_at = Some(now_us);
        store::open_interval(&mut tx, id, now_us).await?;
        self.finish_maybe(tx, &mut row, intent).await?;
        Ok(row)
    }

    pub(crate) async fn stop(&self, intent: &Intent, id: &str) -> Result<Allocation, OpError> {
        let _guard = self.lock(id).await;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        let row = &mut admitted.row;
        if admitted.replay {
            return self.view(row);
        }
        if row.attached_to.is_some() {
            return Err(must_run(row).err().unwrap_or(OpError::CutOff));
        }
        match ResourceState::from_word(&row.state) {
            ResourceState::Provisioning
            | ResourceState::Ready
            | ResourceState::Active
            | ResourceState::Failed => {}
            state @ ResourceState::Held => return Err(wrong_state(state, Cause::Stop)),
            // Nothing runs: the goal is reached.
            _ => {
                self.finish(tx, row, intent).await?;
                return self.view(row);
            }
        }
        let _volume = self.take_volume(row.volume()).await?;
        row.running_wanted = false;
        row.access_wanted = false;
        store::save(&mut tx, row, self.now_us()).await?;
        tx.commit().await?;
        self.gateway.close(id).await;
        self.children.stop(id).await?;
        let row = self.finish_stop(id, Some(intent)).await?;
        self.view(&row)
    }

    /// Notes that nothing runs any more; metering ends.
    pub(crate) async fn finish_stop(
        &self,
        id: &str,
        intent: Option<&Intent>,
    ) -> Result<AllocationRow, OpError> {
        let now_us = self.now_us();
        self.note_security(&self.row(id).await?).await?;
        let bytes = self.volumes.content(self.row(id).await?.volume())?.bytes;
        self.store.note(id, self.gateway.stats(id).take_unwritten(), Some(bytes)).await?;
        let mut tx = self.store.begin().await?;
        let mut row = store::load(&mut tx, id).await?.ok_or_else(|| super::not_found(id))?;
        step(&mut row, Cause::Stop)?;
        row.stopped_at = Some(now_us);
        row.drain_until = None;
        store::close_interval(&mut tx, id, now_us).await?;
        // However it came about: nothing runs, as the drain was to reach.
        store::end_drain(&mut tx, id, None, now_us).await?;
        self.finish_maybe(tx, &mut row, intent).await?;
        self.gateway.gate(id).reopen();
        Ok(row)
    }

    /// As `finish`, or without a key when the watch completes what was cut off.
    pub(super) async fn finish_maybe(
        &self,
        mut tx: store::Tx,
        row: &mut AllocationRow,
        intent: Option<&Intent>,
    ) -> Result<(), OpError> {
        match intent {
            Some(intent) => self.finish(tx, row, intent).await,
            None => {
                store::save(&mut tx, row, self.now_us()).await?;
                tx.commit().await?;
                Ok(())
            }
        }
    }
}

/// Refuses an application that this cloud does not bring along.
pub(super) fn must_offer(application: &str) -> Result<(), OpError> {
    if application == DEMO {
        return Ok(());
    }
    let detail = format!("found {application:?}, offered is {DEMO:?}");
    Err(OpError::refuse(ProblemCode::Unsupported, detail))
}

pub(super) fn check(request: &StartRequest) -> Result<(), OpError> {
    if let Some(application) = &request.application {
        must_offer(application)?;
    }
    let mut faults = Vec::new();
    if request.application.is_some() == request.image.is_some() {
        let detail = "allowed is either an application or an image".to_owned();
        faults.push(FieldFault { pointer: "/image".to_owned(), detail });
    }
    let length = request.service_name.chars().count();
    if length == 0 || length > 120 || request.service_name.chars().any(char::is_control) {
        let detail = "a service name has 1 to 120 characters without control characters".to_owned();
        faults.push(FieldFault { pointer: "/serviceName".to_owned(), detail });
    }
    let long = |text: &String| text.chars().count() > 200;
    if request.settings.len().max(request.values.len()) > SETTINGS_MAX
        || request.settings.iter().any(|(name, value)| long(name) || long(value))
    {
        let detail = format!("at most {SETTINGS_MAX} settings of 200 characters");
        faults.push(FieldFault { pointer: "/settings".to_owned(), detail });
    }
    if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
}
