//! Keeps true what should be true: holds end, wanted machines run, wanted addresses are open, use is noted.
//! After a restart it goes on where the last run was cut off, from the intents in the database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use provider_api::{Problem, ProblemCode, ResourceState, VolumeHealth};
use tokio_util::sync::CancellationToken;

use crate::cloud::Cloud;
use crate::error::{CloudError, OpError};
use crate::store::{self, AllocationRow};

/// How often everything is looked at; also what keeps children from thinking themselves orphans.
const INTERVAL: Duration = Duration::from_secs(1);
/// Events are kept for 30 days; a reader that was away longer lists instead.
const EVENTS_KEPT_US: i64 = 30 * 24 * 3600 * 1_000_000;
/// More restarts than this within [`RESTART_WINDOW`] and the service is given up as failed.
const RESTARTS_MAX: usize = 5;
const RESTART_WINDOW: Duration = Duration::from_secs(120);
/// Why a service fails whose volume is gone.
pub(crate) const VOLUME_LOST: &str = "the volume is lost with its data";

/// Runs until `stop`.
pub(crate) async fn watch(cloud: Arc<Cloud>, stop: CancellationToken) {
    let mut restarts: HashMap<String, Vec<Instant>> = HashMap::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        if let Err(error) = round(&cloud, &mut restarts).await {
            tracing::error!(%error, "a round of the watch failed");
        }
    }
}

async fn round(
    cloud: &Arc<Cloud>,
    restarts: &mut HashMap<String, Vec<Instant>>,
) -> Result<(), OpError> {
    let rows = cloud.store.living().await?;
    let now_us = cloud.now_us();
    if rows.iter().any(|row| row.state == "held" && row.held_until <= now_us) {
        let mut tx = cloud.store.begin().await?;
        let ended = store::expire(&mut tx, now_us).await?;
        tx.commit().await?;
        tracing::info!(ended, "holds have ended by themselves");
    }
    cloud.store.forget_security(now_us.saturating_sub(EVENTS_KEPT_US)).await?;
    let forgotten = cloud.store.forget_events(now_us.saturating_sub(EVENTS_KEPT_US)).await?;
    if forgotten > 0 {
        tracing::info!(forgotten, "old events are forgotten");
    }
    cloud.take_up_work().await?;
    cloud.take_readings().await?;
    cloud.store.end_unaccepted(now_us).await?;
    for row in rows {
        // Busy ones are in the hands of an operation.
        let Some(_guard) = cloud.try_lock(&row.id) else { continue };
        let Some(row) = cloud.store.get(&row.id).await? else { continue };
        let row = settled(cloud, row).await?;
        if row.running_wanted {
            keep_running(cloud, &row, restarts).await?;
            cloud.end_drain(&row).await?;
        }
        note(cloud, &row).await?;
    }
    Ok(())
}

/// The row after a change of its size that was cut off has come to its end, one way or the other.
async fn settled(cloud: &Cloud, row: AllocationRow) -> Result<AllocationRow, OpError> {
    if row.resizing.is_none() {
        return Ok(row);
    }
    if let Err(error) = cloud.settle_size(&row.id).await {
        tracing::error!(allocation.id = %row.id, %error, "a change of size does not come to its end");
    }
    cloud.row(&row.id).await
}

async fn keep_running(
    cloud: &Cloud,
    row: &AllocationRow,
    restarts: &mut HashMap<String, Vec<Instant>>,
) -> Result<(), OpError> {
    if cloud.volume_health(row) == Some(VolumeHealth::Lost) {
        tracing::error!(allocation.id = %row.id, "a volume is lost");
        return give_up(cloud, &row.id, VOLUME_LOST).await;
    }
    if !cloud.children.check(row).await {
        let times = restarts.entry(row.id.clone()).or_default();
        times.retain(|at| at.elapsed() < RESTART_WINDOW);
        times.push(Instant::now());
        tracing::warn!(allocation.id = %row.id, restarts = times.len(), "a machine is missing");
        if times.len() > RESTARTS_MAX {
            return give_up(cloud, &row.id, "the application keeps ending").await;
        }
        if let Err(error) = cloud.ensure_machines(row).await {
            tracing::warn!(allocation.id = %row.id, %error, "a machine could not be started again");
            return Ok(());
        }
    }
    if row.access_wanted
        && let Some(address) = row.endpoint()
        && let Err(error) = cloud.gateway.open(&row.id, address).await
    {
        tracing::error!(allocation.id = %row.id, %address, %error, "an address could not be opened");
    }
    Ok(())
}

/// Marks a service as failed and ends what is left of it.
pub(crate) async fn give_up(cloud: &Cloud, id: &str, why: &str) -> Result<(), OpError> {
    cloud.gateway.close(id).await;
    cloud.children.stop(id).await?;
    let mut tx = cloud.store.begin().await?;
    if let Some(mut row) = store::load(&mut tx, id).await? {
        row.state = ResourceState::Failed.as_str().to_owned();
        row.running_wanted = false;
        row.access_wanted = false;
        row.drain_until = None;
        row.failure = Some(why.to_owned());
        store::save(&mut tx, &mut row, cloud.now_us()).await?;
        store::close_interval(&mut tx, id, cloud.now_us()).await?;
        let detail = format!("the service failed before it was drained: {why}");
        let problem = Problem::new(ProblemCode::Internal, detail);
        let problem = serde_json::to_string(&problem)?;
        store::end_drain(&mut tx, id, Some(&problem), cloud.now_us()).await?;
    }
    tx.commit().await?;
    cloud.gateway.gate(id).reopen();
    Ok(())
}

/// Writes answered requests and the volume's size to the meter.
pub(crate) async fn note(cloud: &Cloud, row: &AllocationRow) -> Result<(), OpError> {
    cloud.note_security(row).await?;
    let requests = cloud.gateway.stats(&row.id).take_unwritten();
    let measured = row
        .running_wanted
        .then(|| cloud.volumes.content(row.volume()))
        .transpose()?
        .map(|content| content.bytes);
    if requests > 0 || (measured.is_some() && measured != row.storage_bytes) {
        cloud.store.note(&row.id, requests, measured).await?;
    }
    Ok(())
}

/// Goes on where the last run was cut off.
pub(crate) async fn resume(cloud: &Arc<Cloud>) -> Result<(), CloudError> {
    cloud.clear_up().await.map_err(resuming)?;
    cloud.clear_up_images().await.map_err(resuming)?;
    cloud.resume_blocks().await.map_err(resuming)?;
    cloud.know_peers().await.map_err(resuming)?;
    let rows = cloud.store.living().await?;
    let wanted: HashSet<&str> =
        rows.iter().filter(|row| row.running_wanted).map(|row| row.id.as_str()).collect();
    let on_disk = cloud.children.slots_on_disk().map_err(CloudError::io("reading run files"))?;
    let strangers: HashSet<&str> = on_disk
        .iter()
        .filter_map(|slot| slot.rsplit_once('-'))
        .map(|(id, _)| id)
        .filter(|id| !wanted.contains(id))
        .collect();
    for id in strangers {
        cloud
            .children
            .stop(id)
            .await
            .map_err(CloudError::io("ending a child that nobody wants"))?;
    }
    for row in &rows {
        if let Err(error) = resume_one(cloud, row).await {
            // One broken service must not keep the others down.
            tracing::error!(allocation.id = %row.id, %error, "a service could not be resumed");
        }
    }
    cloud.take_up_work().await.map_err(resuming)
}

fn resuming(error: OpError) -> CloudError {
    CloudError::Io {
        what: "going on after a restart".to_owned(),
        source: std::io::Error::other(error),
    }
}

async fn resume_one(cloud: &Cloud, row: &AllocationRow) -> Result<(), OpError> {
    let row = &settled(cloud, row.clone()).await?;
    let state = row.state_at(cloud.now_us());
    if row.running_wanted {
        if cloud.volume_health(row) == Some(VolumeHealth::Lost) {
            return give_up(cloud, &row.id, VOLUME_LOST).await;
        }
        if let Err(error) = cloud.place_image(row).await {
            return give_up(cloud, &row.id, &error.to_string()).await;
        }
        if let Err(error) = cloud.ensure_machines(row).await {
            return give_up(cloud, &row.id, &error.to_string()).await;
        }
        if state == ResourceState::Provisioning {
            cloud.finish_start(&row.id, None).await?;
        }
        if row.drain_until.is_some() {
            cloud.gateway.gate(&row.id).drain();
        }
        if row.access_wanted
            && let Some(address) = row.endpoint()
        {
            cloud.gateway.open(&row.id, address).await?;
        }
    } else if !row.is_volume() && (state.is_running() || state == ResourceState::Provisioning) {
        // A stop was cut off: its intent is written, its children are gone by now.
        cloud.finish_stop(&row.id, None).await?;
    }
    Ok(())
}

/// Ends every child at the cloud's own end, without changing what is wanted.
pub(crate) async fn end_children(cloud: &Cloud) {
    let rows = match cloud.store.living().await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!(%error, "children could not be looked up");
            return;
        }
    };
    for row in rows {
        let noted = note(cloud, &row).await;
        let stopped = cloud.children.stop(&row.id).await;
        if let Err(error) = noted.and(stopped.map_err(OpError::from)) {
            tracing::error!(allocation.id = %row.id, %error, "a service could not be ended");
        }
    }
}
