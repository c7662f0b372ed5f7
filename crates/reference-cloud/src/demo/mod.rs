//! The demo application: a page with a visit counter and notes, kept on its own volume.
//! It runs as a child process of a reference cloud, listens on a private socket only, and ends by itself when its
//! cloud no longer asks for it.

mod app;
mod linked;
mod notebook;
mod page;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) use notebook::{Notebook, NotebookError};

use crate::children::{ProcessId, SECRET_VARIABLE};
use crate::cloud::stop_signal;

/// What a cloud tells its child on the command line.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoAppArgs {
    /// Name of the slot: allocation and machine.
    #[arg(long)]
    pub instance: String,
    /// Directory with the state.
    #[arg(long)]
    pub volume: PathBuf,
    /// Unix socket to listen on.
    #[arg(long)]
    pub socket: PathBuf,
    /// File to write the process id into.
    #[arg(long)]
    pub process_file: PathBuf,
    /// File whose lock says that the slot is taken.
    #[arg(long)]
    pub lock_file: PathBuf,
    /// The beginning of the paths of sockets that lead to linked services.
    #[arg(long)]
    pub links: Option<PathBuf>,
    /// Name of the service for its users.
    #[arg(long)]
    pub service_name: String,
    /// Bytes the volume may hold.
    #[arg(long)]
    pub quota_bytes: i64,
    /// Seconds without a word from the cloud after which the application ends.
    #[arg(long, default_value_t = 60)]
    pub orphan_seconds: u32,
}

/// Why the demo application ended badly.
#[derive(Debug, thiserror::Error)]
pub enum DemoAppError {
    /// Another process has the slot; the cloud will find and adopt it.
    #[error("the slot is taken by another process")]
    SlotTaken,
    #[error("the environment variable {SECRET_VARIABLE} is missing")]
    Secret,
    #[error("a file or socket failed")]
    Io(#[from] io::Error),
}

impl DemoAppError {
    /// The exit code the cloud understands.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            // Must equal the code the cloud looks for when it starts a child.
            Self::SlotTaken => SLOT_TAKEN,
            _ => 1,
        }
    }
}

/// Exit code of a child that finds its slot taken.
pub(crate) const SLOT_TAKEN: u8 = 17;

/// Runs the demo application until it is told to end.
///
/// # Errors
/// When the slot is taken, the secret is missing, or the volume or socket cannot be used.
pub async fn run_demo_app(args: DemoAppArgs) -> Result<(), DemoAppError> {
    let secret = std::env::var(SECRET_VARIABLE).map_err(|_| DemoAppError::Secret)?;
    // Held until the process ends, however it ends.
    let lock = File::options().create(true).append(true).open(&args.lock_file)?;
    lock.try_lock().map_err(|_| DemoAppError::SlotTaken)?;
    match std::fs::remove_file(&args.socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    // Linux hangs up on a process that stands still when its parent dies, and lets it go on. A cloud that is killed while
    // it copies a volume must not take its machines along.
    let _hangups = signal(SignalKind::hangup())?;
    let listener = UnixListener::bind(&args.socket)?;
    write_process_file(&args.process_file)?;
    let state = Arc::new(app::State::new(&args, secret));
    let alone = app::orphaned(Arc::clone(&state), Duration::from_secs(args.orphan_seconds.into()));
    let stop = async {
        tokio::select! {
            _ = stop_signal() => {}
            () = alone => tracing::warn!("the cloud no longer asks; the application ends"),
        }
    };
    axum::serve(listener, app::router(state)).with_graceful_shutdown(stop).await?;
    drop(lock);
    Ok(())
}

fn write_process_file(file: &std::path::Path) -> io::Result<()> {
    let text = serde_json::to_vec(&ProcessId::own()?)?;
    // Renamed into place, so that the cloud never reads half of it.
    let beside = file.with_extension("new");
    std::fs::write(&beside, text)?;
    std::fs::rename(beside, file)
}
