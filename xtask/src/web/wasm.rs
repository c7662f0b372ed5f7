//! Step 1: compiles the browser half to two wasm modules, in a target folder of its own because the
//! compiler may be another one than the server's. Pages with the requirement studio load the larger
//! one, which brings the matcher; all other pages with islands the smaller one (docs/adr/0004).

use crate::fingerprint::{Inputs, Stamp};
use crate::place::Place;
use crate::setup::wasm_target::{self, Compiler, TARGET};
use crate::{say, tool};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

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

/// The two modules, as the compiler leaves them.
#[derive(Debug)]
pub struct Modules {
    /// Islands without the studio.
    pub plain: PathBuf,
    /// Everything.
    pub studio: PathBuf,
}

/// Builds the modules when their sources changed and returns their paths.
pub fn build(place: &Place) -> Result<Modules> {
    let folder = place.target.join("wasm");
    let modules = Modules { plain: folder.join("plain.wasm"), studio: folder.join("studio.wasm") };
    let mut inputs = Inputs::of("wasm 2");
    for source in SOURCES {
        inputs.path(&place.inside(source))?;
    }
    let stamp = Stamp::new(&folder, "wasm", inputs.finish());
    if stamp.is_fresh(&[&modules.plain, &modules.studio]) {
        return Ok(modules);
    }
    let compiler = wasm_target::ensure(place)?;
    for (name, features, module) in
        [("browser half", "", &modules.plain), ("with studio", "studio", &modules.studio)]
    {
        say::step(&format!("{name} (wasm)"), || compile(place, &compiler, features, module))?;
        let size = module.metadata().context("the build left no wasm module")?.len();
        say::line(&format!("   module: {}", say::kilobytes(size)));
    }
    stamp.keep()?;
    Ok(modules)
}

/// Compiles with these features of `frontend` and keeps the module under its own name.
fn compile(place: &Place, compiler: &Compiler, features: &str, module: &Path) -> Result<()> {
    let folder = place.target.join("wasm");
    say::line(&format!("   compiler: {}", compiler.version()?));
    let mut cargo = compiler.cargo();
    cargo
        .args(["build", "--package", "frontend", "--lib", "--target", TARGET])
        .args(["--profile", "wasm-release", "--features", features])
        .arg("--target-dir")
        .arg(&folder)
        .current_dir(&place.root);
    tool::run(&mut cargo)?;
    let built = folder.join(TARGET).join("wasm-release/frontend.wasm");
    fs::copy(&built, module).context("the build left no wasm module")?;
    Ok(())
}
