//! The packages of the browser journeys, installed exactly as locked.

use crate::fingerprint::{Inputs, Stamp};
use crate::place::Place;
use crate::{say, tool};
use anyhow::Result;
use std::time::Duration;

const INSTALL_LIMIT: Duration = Duration::from_secs(10 * 60);

/// Installs `end2end/node_modules` when the lock file changed; downloads no browser.
pub fn ensure(place: &Place) -> Result<()> {
    let folder = place.inside("end2end");
    let mut inputs = Inputs::of("node 1");
    inputs.path(&folder.join("package-lock.json"))?;
    let modules = folder.join("node_modules");
    let stamp = Stamp::new(&modules, ".kumoichi", inputs.finish());
    if stamp.is_fresh(&[&modules.join("playwright-core")]) {
        return Ok(());
    }
    say::line("   end2end: installing the locked npm packages");
    let mut npm = tool::command("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .current_dir(&folder);
    tool::run_within(&mut npm, INSTALL_LIMIT)?;
    stamp.keep()
}
