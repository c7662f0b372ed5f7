//! Step 1: compiles the browser half to a wasm module, in a target folder of its own because the
//! compiler may be another one than the server's.

use crate::fingerprint::{Inputs, Stamp};
use crate::place::Place;
use crate::setup::wasm_target::{self, TARGET};
use crate::{say, tool};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// What the module is made of; house.md, invariant 5.
const SOURCES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "app",
    "frontend",
    "crates/sla",
    "crates/matching",
    "crates/domain",
    "locales",
];

/// Builds the module when its sources changed and returns its path.
pub fn build(place: &Place) -> Result<PathBuf> {
    let folder = place.target.join("wasm");
    let module = folder.join(TARGET).join("wasm-release/frontend.wasm");
    let mut inputs = Inputs::of("wasm 1");
    for source in SOURCES {
        inputs.path(&place.inside(source))?;
    }
    let stamp = Stamp::new(&folder, "wasm", inputs.finish());
    if stamp.is_fresh(&[&module]) {
        return Ok(module);
    }
    let compiler = wasm_target::ensure(place)?;
    say::step("browser half (wasm)", || {
        say::line(&format!("   compiler: {}", compiler.version()?));
        let mut cargo = compiler.cargo();
        cargo
            .args([
                "build",
                "--package",
                "frontend",
                "--lib",
                "--target",
                TARGET,
                "--profile",
                "wasm-release",
            ])
            .arg("--target-dir")
            .arg(&folder)
            .current_dir(&place.root);
        tool::run(&mut cargo)
    })?;
    let size = module.metadata().context("the build left no wasm module")?.len();
    say::line(&format!("   module: {}", say::kilobytes(size)));
    stamp.keep()?;
    Ok(module)
}
