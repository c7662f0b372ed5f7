//! A broker with a seeded market for one measurement, on a free loopback port with throw-away data.

use super::load::Client;
use crate::place::{Place, free_port};
use crate::{say, tool, web};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SEED_LIMIT: Duration = Duration::from_secs(15 * 60);
const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A running broker; dropping it stops it and removes its data.
#[derive(Debug)]
pub struct Server {
    data: TempDir,
    child: Child,
    pub port: u16,
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
        let child = serve
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start the broker")?;
        let mut server = Self { data, child, port };
        server.wait_healthy()?;
        Ok(server)
    }

    fn wait_healthy(&mut self) -> Result<()> {
        let start = Instant::now();
        loop {
            let answer = Client::connect(self.port).and_then(|mut client| client.get("/healthz"));
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if self.child.try_wait()?.is_some() || start.elapsed() > START_LIMIT {
                let log =
                    fs::read_to_string(self.data.path().join("bench.log")).unwrap_or_default();
                bail!("the broker is not healthy\n{log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The broker stops its own children on SIGINT; there is no safe call for that in std.
        let asked = tool::command("kill").args(["-INT", &self.child.id().to_string()]).status();
        let start = Instant::now();
        while asked.is_ok() && start.elapsed() < STOP_LIMIT {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
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
