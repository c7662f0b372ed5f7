//! Checks which package uses which, and what pure packages must not touch, against
//! `docs/allowed-edges.toml`.

mod edges;
mod purity;
mod rules;

use crate::place::Place;
use crate::{say, tool};
use anyhow::{Context, Result, bail};
use std::time::Duration;

const ASK_LIMIT: Duration = Duration::from_secs(60);

/// Fails with every fault when the workspace breaks a rule.
pub fn check(place: &Place) -> Result<()> {
    let rules = rules::Rules::read(&place.inside("docs/allowed-edges.toml"))?;
    let mut ask = tool::cargo();
    ask.args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(&place.root);
    let answer = tool::output_within(&mut ask, ASK_LIMIT)?;
    let packages = edges::packages(&answer).context("cannot read cargo's answer")?;
    let mut faults = edges::faults(&packages, &rules);
    purity::check(place, &packages, &rules, &mut faults)?;
    for fault in &faults {
        say::line(&format!("   {fault}"));
    }
    if !faults.is_empty() {
        bail!("{} edges or uses are not allowed", faults.len());
    }
    let edges: usize = packages.iter().map(|package| package.uses.len()).sum();
    say::line(&format!("   {} packages, {edges} direct dependencies, all allowed", packages.len()));
    Ok(())
}
