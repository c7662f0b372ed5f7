//! Builds the wasm32 standard library from Debian's packaged source and puts it where the compiler
//! looks for it. From then on the target is simply installed.

use super::packages::is_root;
use super::wasm_target::{Compiler, TARGET};
use crate::place::Place;
use crate::{say, tool};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Half a minute on two cores; the rest is for slow disks and downloads.
const BUILD_LIMIT: Duration = Duration::from_secs(10 * 60);
const RUSTLIB: &str = "/usr/lib/rustlib";

/// Builds and installs the standard library; needs root because it writes below `/usr/lib/rustlib`.
pub fn install(place: &Place) -> Result<()> {
    if !is_root() {
        bail!("the wasm32 standard library has to be built once as root: sudo make setup");
    }
    say::line(
        "   browser target: building the wasm32 standard library from Debian's source (half a minute)",
    );
    let folder = place.target.join("wasm-std");
    write_empty_library(&folder)?;
    build(&folder)?;
    let into = Path::new(RUSTLIB).join(TARGET).join("lib");
    let copied = copy_libraries(&folder.join("target").join(TARGET).join("release/deps"), &into)?;
    link_linker()?;
    fs::remove_dir_all(&folder).context("cannot remove the throw-away build")?;
    // Cargo does not notice a new standard library; what was built with an old one does not fit.
    let built = place.target.join("wasm");
    if built.exists() {
        fs::remove_dir_all(built)?;
    }
    say::line(&format!("   browser target: installed {copied} libraries in {}", into.display()));
    Ok(())
}

fn write_empty_library(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                    [lib]\ncrate-type = [\"cdylib\"]\n\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/lib.rs"), "")?;
    Ok(())
}

fn build(folder: &Path) -> Result<()> {
    let mut cargo = Compiler::Debian.cargo();
    cargo
        .args(["build", "--release", "-Z", "build-std=std,panic_abort", "--target", TARGET])
        .args(["--target-dir", "target"])
        // The packaged stable compiler builds its own standard library with this switch only.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld")
        // The browser half is built with fat LTO, which needs bitcode in every library.
        .env("RUSTFLAGS", "-C embed-bitcode=yes")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .current_dir(folder);
    tool::run_within(&mut cargo, BUILD_LIMIT)
}

fn copy_libraries(from: &Path, into: &Path) -> Result<usize> {
    if into.exists() {
        // Libraries of an earlier build would be ambiguous.
        fs::remove_dir_all(into)?;
    }
    fs::create_dir_all(into)?;
    let mut copied = 0;
    for entry in
        fs::read_dir(from).with_context(|| format!("no libraries in {}", from.display()))?
    {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "rlib") {
            fs::copy(&file, into.join(file.file_name().unwrap_or_default()))?;
            copied += 1;
        }
    }
    if copied == 0 {
        bail!("the build of the wasm32 standard library left no libraries");
    }
    Ok(copied)
}

/// Debian ships the linker as `lld`; the compiler asks for `rust-lld` in its own folder.
fn link_linker() -> Result<()> {
    let host =
        tool::output_within(tool::command("/usr/bin/rustc").arg("-vV"), Duration::from_secs(30))?;
    let host =
        host.lines().find_map(|line| line.strip_prefix("host: ")).context("no host triple")?;
    let link: PathBuf = Path::new(RUSTLIB).join(host).join("bin/rust-lld");
    if !link.exists() {
        fs::create_dir_all(link.parent().unwrap_or(Path::new(RUSTLIB)))?;
        std::os::unix::fs::symlink("/usr/bin/lld", &link)
            .with_context(|| format!("cannot link {}", link.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_libraries_are_copied() {
        let from = tempfile::tempdir().unwrap();
        let into = tempfile::tempdir().unwrap();
        fs::write(from.path().join("libstd-1.rlib"), "x").unwrap();
        fs::write(from.path().join("std.d"), "x").unwrap();
        fs::write(into.path().join("libstd-0.rlib"), "old").unwrap();
        assert_eq!(copy_libraries(from.path(), into.path()).unwrap(), 1);
        let names: Vec<_> =
            fs::read_dir(into.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["libstd-1.rlib"]);
    }

    #[test]
    fn empty_build_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        assert!(copy_libraries(folder.path(), &folder.path().join("into")).is_err());
    }
}
