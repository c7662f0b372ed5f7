//! Starts one child, or takes over one that is already there.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::{END_GRACE, ProcessId, SECRET_VARIABLE, SETTINGS_VARIABLE, Slot, ask};
use crate::config::ChildCommand;
use crate::demo::SLOT_TAKEN;
use crate::store::AllocationRow;

/// Why a machine did not come up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartFailure {
    #[error("the application could not be started")]
    Spawn(#[source] io::Error),
    #[error("the application ended at once ({0})")]
    Ended(String),
    #[error("the application did not answer in time")]
    Late,
}

/// Time for a running child to answer before it is taken for hung and replaced.
const ADOPT_PATIENCE: Duration = Duration::from_secs(3);
/// Variables of the cloud's environment that a child may see.
const PASSED_ON: [&str; 4] = ["PATH", "LANG", "TZ", "RUST_LOG"];
/// How often a starting child is asked.
const LOOK: Duration = Duration::from_millis(15);

pub(super) async fn ensure(
    command: &ChildCommand,
    row: &AllocationRow,
    slot: &Slot,
    volume: &Path,
    limit: Duration,
) -> Result<(), StartFailure> {
    let begun = Instant::now();
    if let Some(process) = ProcessId::read(&slot.process_file).filter(ProcessId::is_alive) {
        if answers_within(row, slot, ADOPT_PATIENCE).await {
            tracing::info!(child.slot = %slot.name, child.pid = process.pid, "a running child was adopted");
            return Ok(());
        }
        tracing::warn!(child.slot = %slot.name, child.pid = process.pid, "a child hangs and is replaced");
        process.end(END_GRACE).await.map_err(StartFailure::Spawn)?;
    }
    let mut child = Some(spawn(command, row, slot, volume).map_err(StartFailure::Spawn)?);
    loop {
        if ask(&slot.socket, &row.secret, "/_control/ping").await.is_ok() {
            collect(child, slot);
            return Ok(());
        }
        if let Some(Ok(Some(status))) = child.as_mut().map(Child::try_wait) {
            child = None;
            // Another child holds the slot: it was starting when the cloud crashed, and will answer.
            if status.code() != Some(i32::from(SLOT_TAKEN)) {
                return Err(StartFailure::Ended(status.to_string()));
            }
        }
        if begun.elapsed() > limit {
            collect(child, slot);
            return Err(StartFailure::Late);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn answers_within(row: &AllocationRow, slot: &Slot, limit: Duration) -> bool {
    let begun = Instant::now();
    while ask(&slot.socket, &row.secret, "/_control/ping").await.is_err() {
        if begun.elapsed() > limit {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
    true
}

/// Waits for the child's end in the background, so that it does not stay as a zombie.
fn collect(child: Option<Child>, slot: &Slot) {
    let Some(mut child) = child else { return };
    let name = slot.name.clone();
    tokio::spawn(async move {
        match child.wait().await {
            Ok(status) => tracing::info!(child.slot = %name, %status, "a child ended"),
            Err(error) => {
                tracing::warn!(child.slot = %name, %error, "a child could not be waited for")
            }
        }
    });
}

fn spawn(
    command: &ChildCommand,
    row: &AllocationRow,
    slot: &Slot,
    volume: &Path,
) -> io::Result<Child> {
    let log = std::fs::File::options().create(true).append(true).open(&slot.log_file)?;
    let child = Command::new(&command.program)
        .args(&command.args)
        .arg("--instance")
        .arg(&slot.name)
        .arg("--volume")
        .arg(volume)
        .arg("--socket")
        .arg(&slot.socket)
        .arg("--process-file")
        .arg(&slot.process_file)
        .arg("--lock-file")
        .arg(&slot.lock_file)
        .arg("--links")
        .arg(&slot.links)
        .arg("--service-name")
        .arg(row.service_name.as_deref().unwrap_or(&row.label))
        .arg("--quota-bytes")
        .arg(row.quota_bytes.unwrap_or(0).to_string())
        // Nothing of the cloud's own environment: its tokens are not the application's business.
        .env_clear()
        .envs(PASSED_ON.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))))
        .env(SECRET_VARIABLE, &row.secret)
        .env(SETTINGS_VARIABLE, row.settings.as_deref().unwrap_or("{}"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Own group: Ctrl-C on the terminal reaches the cloud, which ends its children in order.
        .process_group(0)
        .spawn()?;
    tracing::info!(child.slot = %slot.name, child.pid = child.id(), "a child was started");
    Ok(child)
}
