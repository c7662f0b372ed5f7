//! What `make test` runs: checks, tests on both databases, browser journeys, one line of result.

mod count;
mod journeys;
pub mod postgres;
mod scratch;
mod steps;
mod summary;
mod tee;

use crate::place::Place;
use crate::setup::{self, Purpose};
use crate::{interrupt, say};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use count::Count;
use std::time::{Duration, Instant};

/// A part of the whole, in the order in which the whole runs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// `cargo fmt --check`.
    Fmt,
    /// Clippy for the server half, warnings denied.
    Clippy,
    /// Clippy for the browser half, warnings denied.
    ClippyWasm,
    /// Allowed edges between crates.
    Graph,
    /// House rules for files, words and migrations.
    Tidy,
    /// Compiles tests and programs once, for the steps that follow.
    Compile,
    /// Tests of all crates, on SQLite and PostgreSQL.
    Nextest,
    /// Examples in the documentation.
    Doc,
    /// Distances against pymcdm's SPOTIS; skipped with a message where it cannot be had.
    Oracle,
    /// The browser half and the site folder.
    Build,
    /// Journeys in Chromium.
    Journeys,
}

/// Options of `test`.
#[derive(Debug, Args)]
pub struct Options {
    /// Run only these parts, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Run only journeys whose file name contains this text.
    #[arg(long)]
    journey: Option<String>,
    /// Run properties of the matcher on at least 20,000 random cases each, and the simulation of
    /// workflows on 10,000 seeds; for a run at night.
    #[arg(long)]
    nightly: bool,
    /// Arguments handed to the test runner (after `--`), for example `-p domain`.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// How one part went.
#[derive(Debug)]
struct Outcome {
    part: Part,
    count: Count,
    time: Duration,
    fault: Option<String>,
}

/// Runs the parts, prints the summary and fails when anything failed.
pub fn run(place: &Place, options: &Options) -> Result<()> {
    let parts: Vec<Part> = Part::value_variants()
        .iter()
        .copied()
        .filter(|part| options.only.is_empty() || options.only.contains(part))
        .collect();
    prepare(place, &parts)?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    for part in parts {
        if interrupt::requested() {
            break;
        }
        let built = !outcomes
            .iter()
            .any(|done| matches!(done.part, Part::Compile | Part::Build) && done.fault.is_some());
        outcomes.push(run_part(place, options, part, built));
    }
    summary::print(&outcomes);
    let total: Count = outcomes.iter().map(|outcome| outcome.count).sum();
    say::line(&total.to_string());
    if interrupt::requested() {
        bail!("interrupted");
    }
    if total.failed > 0 {
        bail!("{} of {} failed", total.failed, total.passed + total.failed);
    }
    Ok(())
}

/// Makes the machine ready for the parts that are wanted.
fn prepare(place: &Place, parts: &[Part]) -> Result<()> {
    let needs_everything = parts.iter().any(|part| matches!(part, Part::Nextest | Part::Journeys));
    let needs_compiler = parts.iter().any(|part| matches!(part, Part::ClippyWasm | Part::Build));
    if needs_everything {
        setup::ensure(place, Purpose::Test)
    } else if needs_compiler {
        setup::ensure(place, Purpose::Run)
    } else {
        Ok(())
    }
}

fn run_part(place: &Place, options: &Options, part: Part, built: bool) -> Outcome {
    say::heading(part.title());
    let start = Instant::now();
    let result = match part {
        Part::Journeys if !built => Err(anyhow::anyhow!("not run, because the build failed")),
        _ => steps::run(place, options, part),
    };
    let time = start.elapsed();
    let (count, fault) = match result {
        Ok(count) => (count, None),
        Err(error) => (Count { passed: 0, failed: 1 }, Some(format!("{error:#}"))),
    };
    if let Some(fault) = &fault {
        say::line(&format!("   {fault}"));
    }
    say::line(&format!("   {}: {count} in {}", part.title(), say::elapsed(time)));
    Outcome { part, count, time, fault }
}

impl Part {
    fn title(self) -> &'static str {
        match self {
            Self::Fmt => "formatting",
            Self::Clippy => "clippy, server half",
            Self::ClippyWasm => "clippy, browser half",
            Self::Graph => "allowed edges",
            Self::Tidy => "house rules",
            Self::Compile => "compile tests and programs",
            Self::Nextest => "tests",
            Self::Doc => "examples in the documentation",
            Self::Oracle => "distances against an oracle",
            Self::Build => "browser half and site",
            Self::Journeys => "browser journeys",
        }
    }
}
