//! Checks the machine and installs what is missing, saying in plain lines what it does.
//!
//! What to install is decided here and in the parts; how programs are run is left to `tool`.

mod debian_std;
mod lints;
mod node;
mod packages;
pub mod wasm_target;

pub use packages::{can_install, install, is_root};

use crate::place::Place;
use crate::{say, tool};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Installing the test runner from source takes minutes on two cores; it must not take for ever.
const RUNNER_LIMIT: Duration = Duration::from_secs(20 * 60);

/// What the machine is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Purpose {
    /// Building both halves and starting the broker.
    Run,
    /// Also all tests: PostgreSQL, the browser, Node.
    Test,
}

/// Options of `setup`.
#[derive(Debug, Args)]
pub struct Options {
    /// What the machine is wanted for.
    #[arg(long = "for", value_enum, default_value = "test")]
    purpose: Purpose,
    /// Also install the test runner cargo-nextest from source (minutes) when it is missing.
    #[arg(long)]
    nextest: bool,
}

/// Runs the whole set-up.
pub fn run(place: &Place, options: &Options) -> Result<()> {
    say::heading("set-up");
    ensure(place, options.purpose)?;
    if options.purpose == Purpose::Test {
        test_runner(options.nextest)?;
    }
    say::line("   this machine is ready");
    Ok(())
}

/// Makes sure the machine can do what it is wanted for; quiet about what is already there.
pub fn ensure(place: &Place, purpose: Purpose) -> Result<()> {
    packages::ensure(purpose)?;
    wasm_target::ensure(place)?;
    if purpose == Purpose::Test {
        lints::ensure()?;
        node::ensure(place)?;
    }
    Ok(())
}

/// Makes sure a C compiler is there; the server links SQLite and a TLS library written in C.
pub fn ensure_compiler() -> Result<()> {
    packages::ensure(Purpose::Run)
}

/// Says whether cargo-nextest is installed; installs it when asked to.
fn test_runner(install: bool) -> Result<()> {
    if has_nextest() {
        say::line("   cargo-nextest: there");
    } else if install {
        say::line("   cargo-nextest: missing, installing it (several minutes)");
        let mut command = tool::cargo();
        command.args(["install", "--locked", "cargo-nextest"]);
        if let Err(error) = tool::run_within(&mut command, RUNNER_LIMIT) {
            say::line(&format!(
                "   cargo-nextest: not installed ({error:#}); tests run with cargo test"
            ));
        }
    } else {
        say::line(
            "   cargo-nextest: missing, tests run with cargo test (`cargo xtask setup --nextest` installs it)",
        );
    }
    Ok(())
}

/// Says whether cargo-nextest is installed.
pub fn has_nextest() -> bool {
    tool::on_path("cargo-nextest").is_some()
}

/// Stops with one clear line: what is missing and the command that brings it.
fn missing<T>(what: &str, command: &str) -> Result<T> {
    bail!("{what} is missing; install it with: {command}")
}

/// The folder with PostgreSQL's server programs (`initdb`, `postgres`), the newest version first.
pub fn postgresql_programs() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().map(|(_, programs)| programs).or_else(|| {
        let initdb = tool::on_path("initdb")?;
        Some(initdb.parent()?.to_path_buf())
    })
}
