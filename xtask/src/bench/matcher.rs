//! The match index over 10 thousand to a million offers on 27 items, beside the time to read the same
//! columns once and beside Polars with the same predicate. The measuring itself is
//! `crates/matching/examples/measure`; one thread everywhere.

use super::measured::{Measured, example, lines};
use super::report::Row;
use crate::place::Place;
use crate::{say, tool};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const BENCH: &str = "match";
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const MEASURE_LIMIT: Duration = Duration::from_secs(10 * 60);
const INSTALL_LIMIT: Duration = Duration::from_secs(5 * 60);
/// Versions that the numbers in our documents were taken with.
const PACKAGES: [&str; 2] = ["polars==1.*", "numpy==2.*"];
const SCRIPT: &str = include_str!("polars.py");

/// Measures and returns the rows.
pub fn run(place: &Place, debug: bool) -> Result<Vec<Row>> {
    let program = example(place, "matching", "measure", debug)?;
    let python = polars(place);
    if let Err(reason) = &python {
        say::line(&format!("   without Polars: {reason:#}"));
    }
    let mut rows = Vec::new();
    for size in SIZES {
        let folder = tempfile::Builder::new().prefix("kumoichi-match-").tempdir()?;
        let mut measure = tool::command(&program);
        measure.arg(size.to_string());
        if python.is_ok() {
            measure.arg(folder.path());
        }
        let measured = lines(&mut measure, MEASURE_LIMIT)?;
        if let Ok(python) = &python {
            let compared = with_polars(python, folder.path(), &measured);
            rows.extend(to_rows(measured)?);
            rows.extend(compared?);
        } else {
            rows.extend(to_rows(measured)?);
        }
    }
    Ok(rows)
}

/// A Python with Polars in an environment of its own under the target folder.
fn polars(place: &Place) -> Result<PathBuf> {
    let home = place.target.join("bench-python");
    let python = home.join("bin").join("python");
    let ready = |python: &Path| {
        let mut check = tool::command(python);
        check.args(["-c", "import polars, numpy"]);
        tool::output_within(&mut check, INSTALL_LIMIT).is_ok()
    };
    if ready(&python) {
        return Ok(python);
    }
    let mut make = tool::command("python3");
    make.args(["-m", "venv"]).arg(&home);
    tool::output_within(&mut make, INSTALL_LIMIT).context("no virtual environment")?;
    let mut install = tool::command(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
    tool::output_within(&mut install, INSTALL_LIMIT).context("it cannot be installed")?;
    Ok(python)
}

/// Runs the script over the dumped columns; both have to admit the same number of offers.
fn with_polars(python: &Path, folder: &Path, measured: &[Measured]) -> Result<Vec<Row>> {
    let script = folder.join("ask.py");
    fs::write(&script, SCRIPT)?;
    let mut command = tool::command(python);
    command.arg(&script).arg(folder).env("POLARS_MAX_THREADS", "1");
    let mut rows = Vec::new();
    for mut found in lines(&mut command, MEASURE_LIMIT)? {
        let ours = |suffix: &str| {
            let wanted = format!("{}{suffix}", found.case);
            measured.iter().find(|measured| measured.case == wanted)
        };
        let size = ours("").and_then(|ours| ours.floor);
        if found.unit == "count" {
            let (theirs, ours) =
                (found.values.first(), ours("").and_then(|ours| ours.values.first()));
            if theirs != ours {
                bail!("{}: Polars finds {theirs:?}, the index {ours:?}", found.case);
            }
            continue;
        }
        found.floor = size;
        found.case = format!("{}: Polars", found.case);
        rows.push(found.row(BENCH)?);
    }
    Ok(rows)
}

fn to_rows(measured: Vec<Measured>) -> Result<Vec<Row>> {
    measured.into_iter().map(|measured| measured.row(BENCH)).collect()
}
