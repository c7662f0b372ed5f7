//! The broker is killed with `kill -9` at every step of both workflows, on both databases.
//!
//! A second process of the real program does the work. It stands still at the wanted place, is
//! killed there, and is started again; then the workflow must end, with exactly one set of
//! resources at the cloud or none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use broker::OpContext;
use domain::{ContractId, ContractState, Role};
use provider_api::ResourceState;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use testkit::{Engine, SEALING_KEY, TestBroker};

const OFFER: &str = "hokusei-gov-iaas";
/// The intent is logged and nothing has acted; the cloud has acted and nothing is logged; the step
/// is logged and the next has not begun.
const MOMENTS: [&str; 3] = ["started", "acted", "done"];
/// How long anything may take before the story counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(50);

/// The real program over the market's database.
struct Process {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Process {
    fn start(market: &TestBroker, data: &Path, hold_at: Option<&str>) -> Self {
        let key = data.join("sealing.key");
        std::fs::write(&key, hex::encode(SEALING_KEY)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kumoichi"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--workers", "1", "--lease-seconds", "1"])
            .args(["--allowed-networks", "127.0.0.0/8", "--log", "info"])
            .arg("--database")
            .arg(&market.database.address)
            .arg("--data")
            .arg(data)
            .arg("--sealing-key")
            .arg(&key)
            .env_remove("KUMOICHI_HOLD_AT")
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if let Some(place) = hold_at {
            command.env("KUMOICHI_HOLD_AT", place);
        }
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            log.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Self { child, lines }
    }

    /// Waits until the log says that the process stands still.
    fn wait_until_held(&self, place: &str) {
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line.contains(&format!("holding at {place}")) {
                return;
            }
            seen.push(line);
        }
        panic!("never held at {place}: {seen:#?}");
    }

    /// SIGKILL: nothing is closed, nothing is written.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn wait_for_end(market: &TestBroker, ctx: &OpContext, id: ContractId, kind: &str) -> String {
    let begun = Instant::now();
    loop {
        let timelines = market.broker.timelines(ctx, id).await.unwrap();
        let run = timelines.into_iter().find(|timeline| timeline.kind == kind).unwrap();
        if !matches!(run.state.as_str(), "running" | "undoing") {
            return run.state;
        }
        assert!(begun.elapsed() < PATIENCE, "does not end: {run:#?}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Kills at the place, starts again and waits for the end.
async fn kill_at(market: &TestBroker, ctx: &OpContext, id: ContractId, kind: &str, place: &str) {
    let data = tempfile::tempdir().unwrap();
    let process = Process::start(market, data.path(), Some(place));
    process.wait_until_held(place);
    process.kill();
    let process = Process::start(market, data.path(), None);
    let state = wait_for_end(market, ctx, id, kind).await;
    process.kill();
    assert_eq!(state, "done", "killed at {place}");
}

async fn activation_survives(engine: Engine) {
    const STEPS: [&str; 8] =
        ["plan", "discover", "hold", "confirm", "start", "probe", "allow", "verify"];
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    for step in STEPS {
        for moment in MOMENTS {
            let place = format!("activate_contract/{step}/{moment}");
            let id = market.sign(&customer, OFFER, &place).await.unwrap();
            kill_at(&market, &customer, id, "activate_contract", &place).await;
            assert_eq!(market.state(&customer, id).await, ContractState::Active, "{place}");
            let allocations = market.allocations(id).await;
            let held: Vec<_> = allocations
                .iter()
                .filter(|allocation| allocation.state.takes_capacity())
                .map(|allocation| allocation.state)
                .collect();
            assert_eq!(held, [ResourceState::Active], "{place}");
        }
    }
    market.finish().await;
}

async fn release_survives(engine: Engine) {
    const STEPS: [&str; 5] = ["deny", "stop", "erase", "release", "meter"];
    let market = TestBroker::with_real_time_cloud(engine, 40).await;
    let customer = market.person(Role::Customer).await;
    for step in STEPS {
        for moment in MOMENTS {
            let place = format!("release_contract/{step}/{moment}");
            let id = market.sign(&customer, OFFER, &place).await.unwrap();
            market.run_workflows().await;
            market.clock.advance_seconds(1);
            market.broker.release(&customer, id).await.unwrap();
            kill_at(&market, &customer, id, "release_contract", &place).await;
            let page = market.page(&customer, id).await;
            assert_eq!(page.card.state, ContractState::Released, "{place}");
            assert!(page.statement.is_some() && page.usage.is_some(), "{place}");
            let cloud = market.cloud.as_ref().unwrap();
            for allocation in market.allocations(id).await {
                assert_eq!(allocation.state, ResourceState::Erased, "{place}");
                assert!(!cloud.volume_exists(allocation.id.as_str()), "{place}");
            }
        }
    }
    market.finish().await;
}

macro_rules! on_both {
    ($($story:ident => $test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() {
                super::$story(testkit::Engine::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() {
                super::$story(testkit::Engine::Postgres).await;
            })+
        }
    };
}

on_both!(
    activation_survives => kill_9_at_every_step_of_activation_leaves_exactly_one_set_of_resources,
    release_survives => kill_9_at_every_step_of_release_ends_released_and_erased,
);
