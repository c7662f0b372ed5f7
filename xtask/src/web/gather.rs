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
    /// The same three for pages with the requirement studio.
    studio: Half,
}

/// One wasm module with what loads it.
#[derive(Debug, Serialize)]
struct Half {
    /// The generated loader.
    js: String,
    /// The wasm module.
    wasm: String,
    /// The module script of the page.
    boot: String,
}

/// Fills the site folder when something changed.
pub fn gather(place: &Place, plain: &Bound, studio: &Bound) -> Result<()> {
    let site = place.site();
    let mut inputs = Inputs::of("gather 3");
    inputs.text(BOOT);
    inputs.text(&site.to_string_lossy());
    for path in [&place.inside("style"), &place.inside("public"), &plain.folder, &studio.folder] {
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
        let names = write_package(&site.join("pkg"), place, plain, studio)?;
        copy_tree(&place.inside("public"), &site)?;
        for file in files_below(&site)? {
            let size = compress::beside(&file)?.unwrap_or(0);
            if file.extension().is_some_and(|kind| kind == "wasm") {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                say::line(&format!("   {name} with Brotli: {}", say::kilobytes(size)));
            }
        }
        fs::write(&manifest, serde_json::to_string_pretty(&names)? + "\n")
            .context("cannot write the manifest")
    })?;
    stamp.keep()
}

fn write_package(package: &Path, place: &Place, plain: &Bound, studio: &Bound) -> Result<Manifest> {
    fs::create_dir_all(package)?;
    let css = put(package, "kumoichi", "css", styles::joined(&place.inside("style"))?.as_bytes())?;
    let Half { js, wasm, boot } = write_half(package, plain)?;
    Ok(Manifest { css, js, wasm, boot, studio: write_half(package, studio)? })
}

/// Writes one module, its loader and the script that starts them.
fn write_half(package: &Path, bound: &Bound) -> Result<Half> {
    let wasm = put(package, bound.name, "wasm", &fs::read(bound.module())?)?;
    let js = put(package, bound.name, "js", &fs::read(bound.script())?)?;
    let boot = BOOT.replace("@SCRIPT@", &js).replace("@MODULE@", &wasm);
    let boot = put(package, "boot", "js", boot.as_bytes())?;
    copy_tree(&bound.folder.join("snippets"), &package.join("snippets"))?;
    Ok(Half { js, wasm, boot })
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
            ("bound/studio.js", "3"),
            ("bound/studio_bg.wasm", "4"),
        ] {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let place = Place { root: root.path().to_path_buf(), target: root.path().join("target") };
        let package = root.path().join("pkg");
        let plain = Bound { folder: folder.clone(), name: "kumoichi" };
        let names =
            write_package(&package, &place, &plain, &Bound { folder, name: "studio" }).unwrap();
        let studio = &names.studio;
        for (boot, js, wasm) in
            [(&names.boot, &names.js, &names.wasm), (&studio.boot, &studio.js, &studio.wasm)]
        {
            let boot = fs::read_to_string(package.join(boot)).unwrap();
            assert!(boot.contains(js) && boot.contains(wasm));
        }
        assert!(names.css.contains(&short_hash(b"/* base.css */\na {}\n")));
    }
}
