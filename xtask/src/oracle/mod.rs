//! `cargo xtask oracle`: `kumoichi match` against somebody else's program.
//!
//! With the requirement at the ideal point the shortfall is the published SPOTIS distance (Dezert et
//! al. 2020), so pymcdm from PyPI must find the same numbers. It is installed into a virtual
//! environment below the target folder; without Python or network the comparison is skipped, saying so.

mod table;

use crate::place::Place;
use crate::{say, tool};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use table::{Table, name};

/// The oracle and its version: a newer one is a change to be made knowingly.
const ORACLE: &str = "pymcdm==1.4.0";
/// A shortfall is rounded to 1e-9; floats of the other side add less than that.
const TOLERANCE: f64 = 1e-9;
const INSTALL_LIMIT: Duration = Duration::from_secs(300);
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
const SCRIPT: &str = include_str!("spotis.py");

/// Options of `oracle`.
#[derive(Debug, Args)]
pub struct Options {
    /// How many random tables
    #[arg(long, default_value_t = 200)]
    tables: u64,
}

/// How the comparison went.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// So many distances agree.
    Agrees(usize),
    /// There is nobody to compare with, and why.
    Skipped(String),
}

/// Builds the broker and compares.
pub fn run(place: &Place, options: &Options) -> Result<()> {
    tool::run(tool::cargo().current_dir(&place.root).args(["build", "--quiet", "-p", "server"]))?;
    let outcome = compare(place, options.tables)?;
    say::line(&match outcome {
        Outcome::Agrees(distances) => {
            format!(
                "{} tables, {distances} distances: pymcdm's SPOTIS finds the same",
                options.tables
            )
        }
        Outcome::Skipped(why) => format!("skipped: {why}"),
    });
    Ok(())
}

/// Compares the compiled broker with the oracle.
pub fn compare(place: &Place, tables: u64) -> Result<Outcome> {
    let folder = place.target.join("oracle");
    fs::create_dir_all(&folder)?;
    let python = match environment(&folder) {
        Ok(python) => python,
        Err(error) => return Ok(Outcome::Skipped(format!("{ORACLE} cannot be had: {error:#}"))),
    };
    let tables: Vec<Table> = (0..tables).map(Table::random).collect();
    let theirs = theirs(&python, &folder, &tables)?;
    let mut compared = 0;
    for (number, (table, theirs)) in tables.iter().zip(&theirs).enumerate() {
        let ours = ours(place, &folder, number, table)?;
        for (at, distance) in theirs.iter().enumerate() {
            let shortfall = ours.get(&name(at)).and_then(Value::as_f64);
            let shortfall = shortfall.context("an alternative has no shortfall")?;
            if (shortfall - distance).abs() > TOLERANCE {
                bail!("table {number}, {}: {shortfall} here, {distance} there", name(at));
            }
            compared += 1;
        }
    }
    Ok(Outcome::Agrees(compared))
}

/// A Python that has the oracle; installs it on first use.
fn environment(folder: &Path) -> Result<PathBuf> {
    let home = folder.join("python");
    let python = home.join("bin/python");
    let mark = home.join(ORACLE);
    if mark.exists() {
        return Ok(python);
    }
    let system = tool::on_path("python3").context("there is no python3")?;
    say::line(&format!("   installing {ORACLE} into {}", home.display()));
    tool::output_within(tool::command(system).args(["-m", "venv"]).arg(&home), INSTALL_LIMIT)?;
    let mut pip = tool::command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ORACLE]);
    tool::output_within(&mut pip, INSTALL_LIMIT)?;
    fs::write(mark, "")?;
    Ok(python)
}

/// The distances of the oracle, table by table.
fn theirs(python: &Path, folder: &Path, tables: &[Table]) -> Result<Vec<Vec<f64>>> {
    let arrays: Vec<Value> = tables.iter().map(Table::arrays).collect();
    let (script, input) = (folder.join("spotis.py"), folder.join("tables.json"));
    fs::write(&script, SCRIPT)?;
    fs::write(&input, serde_json::to_string(&arrays)?)?;
    let mut command = tool::command("sh");
    command.args(["-c", "exec \"$0\" \"$1\" < \"$2\""]).arg(python).arg(script).arg(input);
    let answer = tool::output_within(&mut command, ANSWER_LIMIT).context("the oracle failed")?;
    serde_json::from_str(&answer).context("the oracle's answer")
}

/// The shortfalls that `kumoichi match` prints for a table, by alternative.
fn ours(
    place: &Place,
    folder: &Path,
    number: usize,
    table: &Table,
) -> Result<serde_json::Map<String, Value>> {
    let file = folder.join("case.json");
    fs::write(&file, serde_json::to_string(&table.case())?)?;
    let mut command = tool::command(place.broker("debug"));
    let answer = tool::output_within(command.arg("match").arg(&file), ANSWER_LIMIT)
        .with_context(|| format!("table {number}"))?;
    let answer: Value = serde_json::from_str(&answer)?;
    let shortfall = answer.pointer("/case/shortfall").and_then(Value::as_object);
    shortfall.cloned().context("the answer has no shortfalls")
}
