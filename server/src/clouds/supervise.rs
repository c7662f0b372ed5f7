//! Starting, watching and ending the demo clouds.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use provider_api::{Driver, DriverConfig, HttpDriver};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{ADDRESS_BLOCK, Place, Places};
use crate::config::create_private;

/// A cloud ends its services one after the other; after this time it is killed.
const END_GRACE: Duration = Duration::from_secs(10);
/// Pause before a cloud that ended is started again; doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often a starting cloud is asked.
const LOOK: Duration = Duration::from_millis(50);

/// The running demo clouds.
#[derive(Debug)]
pub struct Clouds {
    places: Places,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Clouds {
    /// Starts all clouds and returns at once; [`Clouds::wait`] tells when they answer.
    pub fn start(places: Places, folder: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("the program cannot find itself")?;
        create_private(folder).context("the folder of the demo clouds cannot be created")?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for place in places.clouds.clone() {
            let keeper = Keeper {
                program: program.clone(),
                folder: folder.to_owned(),
                place,
                stop: stop.clone(),
            };
            tasks.spawn(keeper.keep());
        }
        Ok(Self { places, stop, tasks })
    }

    /// Where they are.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Waits until every cloud answers, or the time is over; returns the names of the silent ones.
    pub async fn wait(places: &Places, limit: Duration) -> anyhow::Result<Vec<String>> {
        let until = Instant::now() + limit;
        let mut silent = Vec::new();
        for place in &places.clouds {
            let driver = driver(place)?;
            loop {
                if driver.capabilities().await.is_ok() {
                    break;
                }
                if Instant::now() >= until {
                    silent.push(place.name.clone());
                    break;
                }
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(silent)
    }

    /// Ends all clouds in order and waits for them.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// A driver that tries once, so that waiting looks often.
fn driver(place: &Place) -> anyhow::Result<HttpDriver> {
    let mut config = DriverConfig::new(&place.url(), place.token.as_str())?
        .allowing(vec![ADDRESS_BLOCK.parse()?]);
    config.retry.attempts = 1;
    config.connect_timeout = Duration::from_secs(1);
    config.total_timeout = Duration::from_secs(2);
    Ok(HttpDriver::new(config)?)
}

/// Keeps one cloud running.
#[derive(Debug)]
struct Keeper {
    program: PathBuf,
    folder: PathBuf,
    place: Place,
    stop: CancellationToken,
}

impl Keeper {
    async fn keep(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let begun = Instant::now();
            match self.spawn() {
                Ok(mut child) => {
                    // Waiting for a child closes its input, and that would end the cloud.
                    let _input = child.stdin.take();
                    tokio::select! {
                        ended = child.wait() => self.report(ended),
                        () = self.stop.cancelled() => return self.end(child).await,
                    }
                }
                Err(error) => {
                    tracing::error!(cloud.name = %self.place.name, %error, "a demo cloud cannot be started");
                }
            }
            if begun.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    fn report(&self, ended: std::io::Result<std::process::ExitStatus>) {
        if self.stop.is_cancelled() {
            return;
        }
        let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
        tracing::warn!(cloud.name = %self.place.name, how, "a demo cloud ended and is started again");
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("{}.log", self.place.name)))?;
        let child = Command::new(&self.program)
            .args(self.place.arguments(&self.folder))
            .env("KUMOICHI_CLOUD_TOKEN", &self.place.token)
            // The broker's own settings are not the cloud's.
            .env_remove("KUMOICHI_DATABASE")
            .env_remove("KUMOICHI_SEALING_KEY")
            // Ctrl-C of the terminal is for the broker, which still works with its clouds while it stops
            // and ends them last.
            .process_group(0)
            // Open as long as this process lives: its end ends the cloud.
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        tracing::info!(cloud.name = %self.place.name, cloud.pid = child.id(), "a demo cloud was started");
        Ok(child)
    }

    async fn end(&self, mut child: Child) {
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid
            && let Err(error) = kill_process(pid, Signal::TERM)
        {
            tracing::debug!(cloud.name = %self.place.name, %error, "a demo cloud had already ended");
        }
        if tokio::time::timeout(END_GRACE, child.wait()).await.is_err() {
            tracing::warn!(cloud.name = %self.place.name, "a demo cloud did not end in time and is killed");
            if let Err(error) = child.kill().await {
                tracing::error!(cloud.name = %self.place.name, %error, "a demo cloud could not be killed");
            }
        }
    }
}
