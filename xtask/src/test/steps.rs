//! The command behind each part of a test run.

use super::count::{self, Count};
use super::postgres::{ADDRESS, Cluster, Durability};
use super::scratch::Scratch;
use super::{Options, Part, journeys, tee};
use crate::place::Place;
use crate::setup::wasm_target::{self, Compiler, TARGET};
use crate::{graph, oracle, say, setup, tidy, tool, web};
use anyhow::{Result, bail};
use std::process::Command;

/// Everything that runs on the host; the browser half must not switch on `hydrate` there.
const HOST: [&str; 3] = ["--workspace", "--exclude", "frontend"];
/// Tests that nextest runs at once; its own option comes before it.
const THREADS: &str = "NEXTEST_TEST_THREADS";
/// Random cases of each property in a run at night.
const NIGHTLY_CASES: &str = "20000";
/// The profile of `.config/nextest.toml` that gives them time.
const NIGHTLY_PROFILE: &str = "nightly";
/// Histories of the simulation of workflows in a run at night.
const NIGHTLY_SEEDS: &str = "10000";
/// Contracts that are signed at once in a run at night.
const NIGHTLY_CROWD: &str = "1000";
/// Random tables that are compared with the oracle.
const ORACLE_TABLES: u64 = 200;

/// Runs one part and counts.
pub fn run(place: &Place, options: &Options, part: Part) -> Result<Count> {
    match part {
        Part::Fmt => check(cargo(place).args(["fmt", "--all", "--check"])),
        Part::Clippy => clippy_server(place),
        Part::ClippyWasm => clippy_browser(place),
        Part::Graph => one(graph::check(place)),
        Part::Tidy => one(tidy::check(place)),
        Part::Compile => check(cargo(place).arg("build").args(HOST).args(["--bins", "--tests"])),
        Part::Nextest => tests(place, options),
        Part::Doc => {
            let mut command = cargo(place);
            command.args(["test", "--doc"]).args(HOST).arg("--no-fail-fast");
            counted(&mut command, count::of_cargo_test)
        }
        Part::Oracle => distances(place, options),
        Part::Build => one(web::site(place, false)),
        Part::Journeys => {
            // A full run compiled the program already, together with the tests.
            if !options.only.is_empty() && !options.only.contains(&Part::Compile) {
                web::build(place, &web::Options::default())?;
            }
            journeys::run(place, options.journey.as_deref())
        }
    }
}

fn cargo(place: &Place) -> Command {
    let mut cargo = tool::cargo();
    cargo.current_dir(&place.root);
    cargo
}

fn one(result: Result<()>) -> Result<Count> {
    result.map(|()| Count::ONE)
}

fn check(command: &mut Command) -> Result<Count> {
    one(tool::run(command))
}

fn clippy_server(place: &Place) -> Result<Count> {
    let mut clippy = cargo(place);
    clippy.arg("clippy").args(HOST).args(["--all-targets", "--features", "xtask/web"]);
    without_warnings(&mut clippy)
}

/// Lints what goes into the browser, for the wasm target where clippy knows it, else for the host.
fn clippy_browser(place: &Place) -> Result<Count> {
    let mut clippy = cargo(place);
    clippy.args(["clippy", "--package", "app", "--no-default-features"]);
    // The profile of the build, so that both share macros and build scripts.
    clippy.args(["--features", "app/hydrate", "--profile", "wasm-release", "--target-dir"]);
    if wasm_target::find() == Some(Compiler::OnPath) {
        clippy.arg(place.target.join("wasm")).args(["--package", "frontend", "--target", TARGET]);
    } else {
        say::line("   clippy has no standard library for wasm32; linting for the host instead");
        clippy.arg(place.target.join("wasm-host"));
    }
    without_warnings(&mut clippy)
}

/// Denies warnings after the run, not in it: a denied warning ends a package and hides the warnings
/// of all that use it.
fn without_warnings(clippy: &mut Command) -> Result<Count> {
    let (status, output) =
        tee::run(clippy.arg("--keep-going").env("CARGO_TERM_COLOR", "never"), None)?;
    let warned: Vec<&str> = count::packages_with_warnings(&output);
    if !status.success() || !warned.is_empty() {
        bail!("clippy ended with {status}; warnings in: {}", warned.join(", "));
    }
    Ok(Count::ONE)
}

fn tests(place: &Place, options: &Options) -> Result<Count> {
    let rest = &options.rest;
    let mut runner = cargo(place);
    if options.nightly {
        runner.env("PROPTEST_CASES", NIGHTLY_CASES);
        runner.env("KUMOICHI_SIMULATION_SEEDS", NIGHTLY_SEEDS);
        runner.env("KUMOICHI_CROWD", NIGHTLY_CROWD);
        runner.env("KUMOICHI_KILL_EVERYWHERE", "yes");
    }
    let read: fn(&str) -> Option<Count> = if setup::has_nextest() {
        runner.args([
            "nextest",
            "run",
            "--no-fail-fast",
            "--status-level",
            "slow",
            "--final-status-level",
            "slow",
        ]);
        // Some wait for a lease, a process or the database; others compute meanwhile.
        if std::env::var_os(THREADS).is_none() {
            runner.env(THREADS, (2 * cores()).to_string());
        }
        if options.nightly {
            runner.args(["--profile", NIGHTLY_PROFILE]);
        }
        count::of_nextest
    } else {
        runner.args(["test", "--no-fail-fast", "--bins", "--lib", "--tests"]);
        count::of_cargo_test
    };
    runner.args(if rest.is_empty() { HOST.map(str::to_owned).to_vec() } else { rest.to_vec() });
    // Both live until the tests are over; their end stops the server and removes the folders.
    let scratch = Scratch::create()?;
    scratch.offer_to(&mut runner);
    let _cluster = database(&mut runner, &scratch)?;
    counted(&mut runner, read)
}

/// How many things this machine computes at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Compares distances with the oracle. A machine that cannot reach it is told so and not failed.
fn distances(place: &Place, options: &Options) -> Result<Count> {
    // A full run compiled the program already, together with the tests.
    if !options.only.is_empty() && !options.only.contains(&Part::Compile) {
        tool::run(cargo(place).args(["build", "--quiet", "-p", "server"]))?;
    }
    match oracle::compare(place, ORACLE_TABLES)? {
        oracle::Outcome::Agrees(_) => Ok(Count::ONE),
        oracle::Outcome::Skipped(why) => {
            say::line(&format!("   skipped: {why}"));
            Ok(Count::default())
        }
    }
}

/// Gives the tests a PostgreSQL of their own, unless the environment names one.
fn database(runner: &mut Command, scratch: &Scratch) -> Result<Option<Cluster>> {
    if std::env::var_os(ADDRESS).is_some() {
        say::line(&format!("   PostgreSQL: the one that {ADDRESS} names"));
        return Ok(None);
    }
    let Some(programs) = setup::postgresql_programs() else {
        say::line(
            "   PostgreSQL: server programs are not installed, so the tests run on SQLite only",
        );
        return Ok(None);
    };
    let cluster = say::step("throw-away PostgreSQL", || {
        Cluster::start(&programs, scratch.folder(), Durability::None)
    })?;
    runner.env(ADDRESS, cluster.url());
    Ok(Some(cluster))
}

/// Runs a test program and reads its counts; a failure that it did not count is counted as one.
fn counted(command: &mut Command, read: fn(&str) -> Option<Count>) -> Result<Count> {
    let (status, output) = tee::run(command.env("CARGO_TERM_COLOR", "never"), None)?;
    let Some(mut count) = read(&output) else {
        bail!("the tests did not run ({status})");
    };
    if !status.success() && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}
