//! The match index over 10 thousand to a million offers on 27 items, beside the time to read the same
//! columns once and beside Polars with the same predicate. The measuring itself is
//! `crates/matching/examples/measure`; one thread everywhere.

use super::report::Row;
use crate::place::Place;
use crate::{say, tool};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);
const MEASURE_LIMIT: Duration = Duration::from_secs(10 * 60);
const INSTALL_LIMIT: Duration = Duration::from_secs(5 * 60);
/// Versions that the numbers in our documents were taken with.
const PACKAGES: [&str; 2] = ["polars==1.*", "numpy==2.*"];
const SCRIPT: &str = include_str!("polars.py");

/// One line of a measuring program.
#[derive(Debug, Deserialize)]
struct Measured {
    case: String,
    unit: String,
    values: Vec<f64>,
    floor: Option<f64>,
}

/// Measures and returns the rows.
pub fn run(place: &Place, debug: bool) -> Result<Vec<Row>> {
    let program = build(place, debug)?;
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
        let measured = lines(&mut measure)?;
        if let Ok(python) = &python {
            let compared = with_polars(python, folder.path(), &measured);
            rows.extend(measured.into_iter().map(row).collect::<Result<Vec<_>>>()?);
            rows.extend(compared?);
        } else {
            rows.extend(measured.into_iter().map(row).collect::<Result<Vec<_>>>()?);
        }
    }
    Ok(rows)
}

fn build(place: &Place, debug: bool) -> Result<PathBuf> {
    let mut build = tool::cargo();
    build.args(["build", "-p", "matching", "--example", "measure"]).current_dir(&place.root);
    if !debug {
        build.arg("--release");
    }
    build.env("CARGO_TARGET_DIR", &place.target);
    tool::run_within(&mut build, BUILD_LIMIT)?;
    let profile = if debug { "debug" } else { "release" };
    Ok(place.target.join(profile).join("examples").join("measure"))
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

fn lines(command: &mut Command) -> Result<Vec<Measured>> {
    let text = tool::output_within(command, MEASURE_LIMIT)?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

/// Runs the script over the dumped columns; both have to admit the same number of offers.
fn with_polars(python: &Path, folder: &Path, measured: &[Measured]) -> Result<Vec<Row>> {
    let script = folder.join("ask.py");
    fs::write(&script, SCRIPT)?;
    let mut command = tool::command(python);
    command.arg(&script).arg(folder).env("POLARS_MAX_THREADS", "1");
    let mut rows = Vec::new();
    for mut found in lines(&mut command)? {
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
        rows.push(row(found)?);
    }
    Ok(rows)
}

fn row(measured: Measured) -> Result<Row> {
    let unit = match measured.unit.as_str() {
        "ms" => "ms",
        "s" => "s",
        "byte" => "byte",
        "MB" => "MB",
        "count" => "count",
        other => bail!("unknown unit {other}"),
    };
    let mut row = Row::new("match", measured.case, unit, &measured.values);
    if measured.values.len() > 1 {
        row = row.with_p99(&measured.values);
    }
    Ok(match measured.floor {
        Some(floor) => row.over(floor),
        None => row,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measured_line_becomes_a_row_over_its_floor() {
        let line =
            r#"{"case": "broad, 1M", "unit": "ms", "values": [4.0, 2.0, 3.0], "floor": 1.5}"#;
        let row = row(serde_json::from_str(line).unwrap()).unwrap();
        assert_eq!(
            (row.bench, row.case.as_str(), row.n, row.unit),
            ("match", "broad, 1M", 3, "ms")
        );
        assert_eq!((row.median, row.p99, row.ratio), (3.0, Some(4.0), Some(2.0)));
    }
}
