//! Step 2: generates the JavaScript that loads the module, with the generator linked into xtask so
//! that its version always equals the locked one; shrinks the module in release builds.

use crate::fingerprint::{Inputs, Stamp};
use crate::place::Place;
use crate::{say, tool};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wasm_bindgen_cli_support::Bindgen;

const SHRINK_LIMIT: Duration = Duration::from_secs(10 * 60);
/// Features that the compiler uses by default today; the optimiser must know them.
const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// The loader and the module, not yet under their hashed names.
#[derive(Debug)]
pub struct Bound {
    /// Folder with `NAME.js`, `NAME_bg.wasm` and perhaps `snippets/`.
    pub folder: PathBuf,
    /// `kumoichi`, or `studio` for the module with the studio.
    pub name: &'static str,
}

impl Bound {
    /// The loader.
    pub fn script(&self) -> PathBuf {
        self.folder.join(format!("{}.js", self.name))
    }

    /// The module the loader expects.
    pub fn module(&self) -> PathBuf {
        self.folder.join(format!("{}_bg.wasm", self.name))
    }
}

/// Generates the bindings of a module when it changed.
pub fn generate(place: &Place, name: &'static str, module: &Path, release: bool) -> Result<Bound> {
    let shrinker = place.inside("end2end/node_modules/binaryen/bin/wasm-opt");
    let shrink = release && shrinker.exists();
    let bound = Bound { folder: place.target.join("wasm/bindings").join(name), name };
    let mut inputs = Inputs::of(if shrink { "bindings 2 shrunk" } else { "bindings 2" });
    inputs.path(module)?;
    let stamp =
        Stamp::new(&place.target.join("wasm"), &format!("bindings-{name}"), inputs.finish());
    if stamp.is_fresh(&[&bound.script(), &bound.module()]) {
        return Ok(bound);
    }
    say::step(&format!("bindings of {name}"), || {
        if bound.folder.exists() {
            fs::remove_dir_all(&bound.folder)?;
        }
        Bindgen::new()
            .input_path(module)
            .out_name(name)
            .web(true)?
            .typescript(false)
            .omit_default_module_path(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(&bound.folder)
    })?;
    if shrink {
        say::step("smaller module (wasm-opt)", || shrink_module(&shrinker, &bound.module()))?;
    }
    stamp.keep()?;
    Ok(bound)
}

fn shrink_module(shrinker: &Path, module: &Path) -> Result<()> {
    let smaller = module.with_extension("smaller");
    let mut command = tool::command("node");
    command.arg(shrinker).arg("-Oz").args(WASM_FEATURES).arg(module).arg("-o").arg(&smaller);
    tool::run_within(&mut command, SHRINK_LIMIT)?;
    fs::rename(&smaller, module).context("the optimiser left no module")
}
