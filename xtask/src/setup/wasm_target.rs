//! Finds a compiler for the browser half, or brings one: what is there, rustup, Debian, in this order.

use super::{debian_std, packages};
use crate::place::Place;
use crate::{say, tool};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The target triple of the browser half.
pub const TARGET: &str = "wasm32-unknown-unknown";
const ASK_LIMIT: Duration = Duration::from_secs(30);
/// The rustup server answers within this time or counts as out of reach.
const REACH_LIMIT: Duration = Duration::from_secs(8);
const RUSTUP_LIMIT: Duration = Duration::from_secs(3 * 60);
/// The workspace's `rust-version`, which Debian's compiler has to reach.
const MINIMUM: (u32, u32) = (1, 95);

/// A compiler that can build the browser half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compiler {
    /// The one that also builds the server.
    OnPath,
    /// Debian's `rustc-web` beside a rustup toolchain without the target.
    Debian,
}

impl Compiler {
    /// A cargo command that uses this compiler.
    pub fn cargo(self) -> Command {
        match self {
            Self::OnPath => tool::cargo(),
            Self::Debian => {
                let mut cargo = tool::command("/usr/bin/cargo");
                let path = std::env::var("PATH").unwrap_or_default();
                cargo
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env("RUSTC", "/usr/bin/rustc")
                    .env("PATH", format!("/usr/bin:{path}"));
                cargo
            }
        }
    }

    fn rustc(self) -> Command {
        match self {
            Self::OnPath => tool::command("rustc"),
            Self::Debian => tool::command("/usr/bin/rustc"),
        }
    }

    /// The version line of this compiler; part of the fingerprint of what it builds.
    pub fn version(self) -> Result<String> {
        tool::output_within(self.rustc().arg("-V"), ASK_LIMIT)
    }

    fn library(self) -> Option<PathBuf> {
        let mut ask = self.rustc();
        ask.args(["--print", "target-libdir", "--target", TARGET]);
        tool::output_within(&mut ask, ASK_LIMIT).ok().map(PathBuf::from)
    }

    fn has_target(self) -> bool {
        self.library()
            .and_then(|folder| standard_library(&folder))
            .is_some_and(|file| has_bitcode(&file))
    }
}

/// Finds a compiler that already has the target.
pub fn find() -> Option<Compiler> {
    [Compiler::OnPath, Compiler::Debian].into_iter().find(|compiler| compiler.has_target())
}

/// Finds a compiler with the target or installs one.
pub fn ensure(place: &Place) -> Result<Compiler> {
    if let Some(compiler) = find() {
        return Ok(compiler);
    }
    say::line("   browser target: no compiler has wasm32-unknown-unknown yet");
    if add_by_rustup() && Compiler::OnPath.has_target() {
        return Ok(Compiler::OnPath);
    }
    if build_on_debian(place)? {
        return Ok(if Compiler::OnPath.has_target() { Compiler::OnPath } else { Compiler::Debian });
    }
    bail!(
        "the Rust target {TARGET} is missing; install it with: rustup target add {TARGET} \
         (or, on Debian as root: apt-get install rustc-web cargo-web rust-web-src lld, then `make setup`)"
    )
}

/// Asks rustup for the target when its server is within reach; never waits long.
fn add_by_rustup() -> bool {
    if tool::on_path("rustup").is_none() {
        return false;
    }
    if !rustup_reachable() {
        say::line("   browser target: the rustup server is out of reach");
        return false;
    }
    say::line("   browser target: asking rustup for it");
    let mut rustup = tool::command("rustup");
    rustup.args(["target", "add", TARGET]);
    tool::run_within(&mut rustup, RUSTUP_LIMIT).is_ok()
}

/// Says whether the rustup server answers within seconds.
pub fn rustup_reachable() -> bool {
    let server = std::env::var("RUSTUP_DIST_SERVER");
    let server = server.unwrap_or_else(|_| "https://static.rust-lang.org".to_owned());
    let mut ask = tool::command("curl");
    ask.args(["-sSfI", "-o", "/dev/null", "--max-time", "6"])
        .arg(format!("{server}/dist/channel-rust-stable.toml.sha256"));
    // Without curl the limit on rustup itself has to do.
    tool::on_path("curl").is_none() || tool::output_within(&mut ask, REACH_LIMIT).is_ok()
}

/// Installs Debian's compiler for web targets and builds the standard library from its source.
fn build_on_debian(place: &Place) -> Result<bool> {
    const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];
    if tool::on_path("dpkg-query").is_none() {
        return Ok(false);
    }
    let absent: Vec<&str> =
        PACKAGES.into_iter().filter(|name| !packages::is_installed(name)).collect();
    if !absent.is_empty() && !packages::can_install() {
        return Ok(false);
    }
    packages::install(&absent)?;
    let version = Compiler::Debian.version()?;
    if parse_version(&version).is_none_or(|found| found < MINIMUM) {
        bail!("Debian's compiler is {version}, Kumoichi needs {}.{}", MINIMUM.0, MINIMUM.1);
    }
    if !Compiler::Debian.has_target() {
        debian_std::install(place)?;
    }
    Ok(Compiler::Debian.has_target())
}

/// Reads `rustc 1.96.0 (…)` into major and minor.
fn parse_version(line: &str) -> Option<(u32, u32)> {
    let mut parts = line.split_whitespace().nth(1)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The standard library in a folder of libraries.
fn standard_library(folder: &Path) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).find(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

/// Says whether a library can take part in link-time optimisation, which the browser half uses.
fn has_bitcode(library: &Path) -> bool {
    const SECTION: &[u8] = b".llvmbc";
    std::fs::read(library)
        .is_ok_and(|bytes| bytes.windows(SECTION.len()).any(|window| window == SECTION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_line_gives_major_and_minor() {
        assert_eq!(
            parse_version("rustc 1.96.0 (abc 2026-05-01) (built from a source tarball)"),
            Some((1, 96))
        );
        assert_eq!(parse_version("nonsense"), None);
    }

    #[test]
    fn library_without_bitcode_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(standard_library(folder.path()), None);
        std::fs::write(folder.path().join("libstd-0123.rlib"), "code").unwrap();
        let library = standard_library(folder.path()).unwrap();
        assert!(!has_bitcode(&library));
        std::fs::write(&library, "code .llvmbc code").unwrap();
        assert!(has_bitcode(&library));
    }
}
