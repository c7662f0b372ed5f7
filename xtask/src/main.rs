#![doc = include_str!("../README.md")]

mod bench;
mod dictionary;
mod fingerprint;
mod graph;
mod interrupt;
mod oracle;
mod place;
mod say;
mod setup;
mod source;
mod test;
mod tidy;
mod tool;
mod web;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Builds, checks and starts Kumoichi.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version, about)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Checks this machine and installs what is missing.
    Setup(setup::Options),
    /// Builds the browser half, the style sheet and the server; skips what did not change.
    Build(web::Options),
    /// Builds and then becomes the broker with the demo market.
    Run(web::Options),
    /// Runs all checks, tests and journeys, or some of them.
    Test(test::Options),
    /// Checks the edges between packages against docs/allowed-edges.toml.
    Graph,
    /// Checks the house rules for files, words and migrations.
    Tidy,
    /// Compares `kumoichi match` with pymcdm's SPOTIS on random tables.
    Oracle(oracle::Options),
    /// Measures and prints a table or JSON lines; without a name lists the measurements.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    interrupt::watch();
    let outcome = place::Place::find().and_then(|place| match Cli::parse().task {
        Task::Setup(options) => setup::run(&place, &options),
        Task::Build(options) => web::build(&place, &options),
        Task::Run(options) => web::run(&place, &options),
        Task::Test(options) => test::run(&place, &options),
        Task::Graph => graph::check(&place),
        Task::Tidy => tidy::check(&place),
        Task::Oracle(options) => oracle::run(&place, &options),
        Task::Bench(options) => bench::run(&place, &options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::fault(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
