//! A broker with a seeded market for one measurement, on a free loopback port with throw-away data.

use super::load::Client;
use crate::place::{Place, free_port};
use crate::{say, tool, web};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A million offers are a matter of minutes.
const SEED_LIMIT: Duration = Duration::from_secs(60 * 60);
const START_LIMIT: Duration = Duration::from_secs(20 * 60);
/// It writes the match index at the end.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// A running broker; dropping it stops it and removes its data.
#[derive(Debug)]
pub struct Server {
    data: Option<TempDir>,
    child: Child,
    program: PathBuf,
    started: Instant,
    healthy_after: Duration,
    pub port: u16,
}

/// The data of a broker that was stopped, to be started again.
#[derive(Debug)]
pub struct Stopped {
    data: TempDir,
    program: PathBuf,
}

impl Stopped {
    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    /// Serves the same data again.
    pub fn start(self, place: &Place) -> Result<Server> {
        Server::start(&self.program, place, self.data)
    }
}

impl Server {
    /// Builds what is missing, makes a market of synthetic offers and serves it.
    pub fn with_offers(place: &Place, offers: usize, debug: bool) -> Result<Self> {
        web::build(place, &web::Options { release: !debug, ..web::Options::default() })?;
        let program = place.broker(if debug { "debug" } else { "release" });
        let data = tempfile::Builder::new().prefix("kumoichi-bench-").tempdir()?;
        say::step(&format!("market of {offers} offers"), || {
            let mut seed = command(&program, place, data.path());
            seed.args(["seed", "--offers", &offers.to_string(), "--seed", "7"])
                .stdout(Stdio::null());
            tool::run_within(&mut seed, SEED_LIMIT)
        })?;
        Self::start(&program, place, data)
    }

    fn start(program: &Path, place: &Place, data: TempDir) -> Result<Self> {
        let port = free_port()?;
        let log = fs::File::create(data.path().join("bench.log"))?;
        let mut serve = command(program, place, data.path());
        serve.arg("serve").env("PORT", port.to_string()).stdin(Stdio::null());
        let started = Instant::now();
        let child = serve
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start the broker")?;
        let program = program.to_owned();
        let healthy_after = Duration::ZERO;
        let mut server = Self { data: Some(data), child, program, started, healthy_after, port };
        server.wait_healthy()?;
        server.healthy_after = started.elapsed();
        Ok(server)
    }

    /// When the process was started.
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// How long it then took to answer.
    pub const fn healthy_after(&self) -> Duration {
        self.healthy_after
    }

    /// The id of the process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it and keeps its data.
    pub fn stop(mut self) -> Result<Stopped> {
        ensure!(self.end(), "the broker did not stop");
        let data = self.data.take().context("the broker has no data")?;
        Ok(Stopped { data, program: self.program.clone() })
    }

    /// Asks it to end and waits; whether it did.
    fn end(&mut self) -> bool {
        // The broker stops its own children on SIGINT; there is no safe call for that in std.
        let asked = tool::command("kill").args(["-INT", &self.child.id().to_string()]).status();
        let start = Instant::now();
        while asked.is_ok() && start.elapsed() < STOP_LIMIT {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn wait_healthy(&mut self) -> Result<()> {
        let start = Instant::now();
        loop {
            let answer = Client::connect(self.port).and_then(|mut client| client.get("/healthz"));
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if self.child.try_wait()?.is_some() || start.elapsed() > START_LIMIT {
                let log = self.data.as_ref().map(|data| data.path().join("bench.log"));
                let log = log.and_then(|log| fs::read_to_string(log).ok()).unwrap_or_default();
                bail!("the broker is not healthy\n{log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.end() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn command(program: &Path, place: &Place, data: &Path) -> Command {
    let mut command = tool::command(program);
    command
        .env("KUMOICHI_DATA", data)
        .env("KUMOICHI_SITE", place.site())
        .env("KUMOICHI_COUNT_STATEMENTS", "true")
        .current_dir(data);
    command
}
