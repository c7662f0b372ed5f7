//! Lines of a measuring program, which is compiled with what it measures and prints one JSON object a line.

use super::report::Row;
use crate::place::Place;
use crate::tool;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);

/// One line of a measuring program.
#[derive(Debug, Deserialize)]
pub struct Measured {
    pub case: String,
    pub unit: String,
    pub values: Vec<f64>,
    pub floor: Option<f64>,
}

impl Measured {
    /// The line as it is shown.
    pub fn row(self, bench: &'static str) -> Result<Row> {
        let unit = match self.unit.as_str() {
            "ms" => "ms",
            "s" => "s",
            "1/s" => "1/s",
            "1" => "1",
            "byte" => "byte",
            "MB" => "MB",
            "count" => "count",
            other => bail!("unknown unit {other}"),
        };
        let mut row = Row::new(bench, self.case, unit, &self.values);
        if self.values.len() > 1 {
            row = row.with_p99(&self.values);
        }
        Ok(match self.floor {
            Some(floor) => row.over(floor),
            None => row,
        })
    }
}

/// Builds the example `name` of a package and returns where it is.
pub fn example(place: &Place, package: &str, name: &str, debug: bool) -> Result<PathBuf> {
    let mut build = tool::cargo();
    build.args(["build", "-p", package, "--example", name]).current_dir(&place.root);
    if !debug {
        build.arg("--release");
    }
    build.env("CARGO_TARGET_DIR", &place.target);
    tool::run_within(&mut build, BUILD_LIMIT)?;
    let profile = if debug { "debug" } else { "release" };
    Ok(place.target.join(profile).join("examples").join(name))
}

/// Runs a measuring program.
pub fn lines(command: &mut Command, limit: Duration) -> Result<Vec<Measured>> {
    let text = tool::output_within(command, limit)?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measured_line_becomes_a_row_over_its_floor() {
        let line =
            r#"{"case": "broad, 1M", "unit": "ms", "values": [4.0, 2.0, 3.0], "floor": 1.5}"#;
        let measured: Measured = serde_json::from_str(line).unwrap();
        let row = measured.row("match").unwrap();
        assert_eq!(
            (row.bench, row.case.as_str(), row.n, row.unit),
            ("match", "broad, 1M", 3, "ms")
        );
        assert_eq!((row.median, row.p99, row.ratio), (3.0, Some(4.0), Some(2.0)));
    }
}
