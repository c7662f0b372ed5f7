//! Browser journeys: files of them run side by side, each with a broker of its own.

use super::count::{self, Count};
use super::scratch::Scratch;
use super::steps::cores;
use crate::place::Place;
use crate::tool;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20 * 60);
/// Files at once; a broker, its clouds and a browser each take about 1 GB.
const FILES_AT_ONCE_MAX: usize = 4;

/// Runs the files whose names contain the filter and counts their journeys.
pub fn run(place: &Place, filter: Option<&str>) -> Result<Count> {
    let folder = place.inside("end2end");
    let files = files(place, filter)?;
    let report = place.target.join("journeys.tap");
    let mut node = tool::command("node");
    node.args(["--test", "--test-timeout=600000"])
        .arg(format!("--test-concurrency={}", cores().clamp(1, FILES_AT_ONCE_MAX)))
        .args(["--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap"])
        .arg(format!("--test-reporter-destination={}", report.display()))
        .args(files)
        .env("KUMOICHI_BIN", place.broker("debug"))
        .env("KUMOICHI_SITE", place.site())
        .current_dir(folder);
    let scratch = Scratch::create()?;
    scratch.offer_to(&mut node);
    let status = tool::status(&mut node, Some(LIMIT))?;
    let text = fs::read_to_string(&report).context("the journeys left no report")?;
    let mut count = count::of_tap(&text).context("the report of the journeys has no totals")?;
    if !status.success() && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

fn files(place: &Place, filter: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut files = crate::fingerprint::files_below(&place.inside("end2end/journeys"))?;
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".test.mjs") && filter.is_none_or(|part| name.contains(part))
    });
    if files.is_empty() {
        bail!("no journey fits");
    }
    Ok(files)
}
