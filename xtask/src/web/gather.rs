//! Step 3: puts everything a browser may ask for into the site folder, under names that carry a hash
//! of the content, and writes `manifest.json`, which tells the server the names.

use super::bindings::Bound;
use super::{compress, styles};
use crate::fingerprint::{Inputs, Stamp, files_below, short_hash};
use crate::place::Place;
use crate::say;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

const BOOT: &str = include_str!("boot.js");

/// What the server reads at start: names of the hashed files below `/pkg/`.
#[derive(Debug, Serialize)]
struct Manifest {
    /// The style sheet.
    css: String,
    /// The generated loader; for `modulepreload`.
    js: String,
    /// The wasm module; for `preload`.
    wasm: String,
    /// The module script that a page with islands includes, and no other script.
    boot: String,
}

/// Fills the site folder when something changed.
pub fn gather(place: &Place, bound: &Bound) -> Result<()> {
    let site = place.site();
    let mut inputs = Inputs::of("gather 2");
    inputs.text(BOOT);
    inputs.text(&site.to_string_lossy());
    for path in [&place.inside("style"), &place.inside("public"), &bound.folder] {
        inputs.path(path)?;
    }
    let manifest = site.join("manifest.json");
    let stamp = Stamp::new(&place.target.join("wasm"), "gather", inputs.finish());
    if stamp.is_fresh(&[&manifest]) {
        return Ok(());
    }
    say::step("site folder", || {
        if site.exists() {
            fs::remove_dir_all(&site)?;
        }
        let names = write_package(&site.join("pkg"), place, bound)?;
        copy_tree(&place.inside("public"), &site)?;
        let mut script = 0;
        for file in files_below(&site)? {
            let size = compress::beside(&file)?.unwrap_or(0);
            let kind = file.extension().unwrap_or_default();
            script += if kind == "wasm" || kind == "js" { size } else { 0 };
        }
        say::line(&format!("   script and module with Brotli: {}", say::kilobytes(script)));
        fs::write(&manifest, serde_json::to_string_pretty(&names)? + "\n")
            .context("cannot write the manifest")
    })?;
    stamp.keep()
}

fn write_package(package: &Path, place: &Place, bound: &Bound) -> Result<Manifest> {
    fs::create_dir_all(package)?;
    let css = put(package, "kumoichi", "css", styles::joined(&place.inside("style"))?.as_bytes())?;
    let wasm = put(package, "kumoichi", "wasm", &fs::read(bound.module())?)?;
    let js = put(package, "kumoichi", "js", &fs::read(bound.script())?)?;
    let boot = BOOT.replace("@SCRIPT@", &js).replace("@MODULE@", &wasm);
    let boot = put(package, "boot", "js", boot.as_bytes())?;
    copy_tree(&bound.folder.join("snippets"), &package.join("snippets"))?;
    Ok(Manifest { css, js, wasm, boot })
}

/// Writes a file under a name with the hash of its content and returns the name.
fn put(folder: &Path, stem: &str, kind: &str, bytes: &[u8]) -> Result<String> {
    let name = format!("{stem}.{}.{kind}", short_hash(bytes));
    fs::write(folder.join(&name), bytes)?;
    Ok(name)
}

/// Copies a folder with everything in it; absent copies nothing.
fn copy_tree(from: &Path, into: &Path) -> Result<()> {
    for file in files_below(from)? {
        let target: PathBuf = into.join(file.strip_prefix(from)?);
        fs::create_dir_all(target.parent().unwrap_or(into))?;
        fs::copy(&file, target)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_follow_content_and_boot_names_the_others() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("bound");
        for (name, text) in [
            ("style/base.css", "a {}"),
            ("bound/kumoichi.js", "1"),
            ("bound/kumoichi_bg.wasm", "2"),
        ] {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let place = Place { root: root.path().to_path_buf(), target: root.path().join("target") };
        let package = root.path().join("pkg");
        let names = write_package(&package, &place, &Bound { folder }).unwrap();
        let boot =
            fs::read_to_string(root.path().join(Path::new("pkg").join(&names.boot))).unwrap();
        assert!(boot.contains(&names.js));
        assert!(boot.contains(&names.wasm));
        assert!(names.css.contains(&short_hash(b"/* base.css */\na {}\n")));
    }
}
