//! Formatter and linter: components of a rustup toolchain, or packages beside Debian's compiler.

use super::{missing, packages, wasm_target};
use crate::{say, tool};
use anyhow::Result;
use std::time::Duration;

const ASK_LIMIT: Duration = Duration::from_secs(30);
const RUSTUP_LIMIT: Duration = Duration::from_secs(3 * 60);

/// Name in cargo, name in rustup, name in Debian.
const TOOLS: &[(&str, &str, &str)] =
    &[("fmt", "rustfmt", "rustfmt-web"), ("clippy", "clippy", "rust-web-clippy")];

/// Installs what is missing or stops with the command that would.
pub fn ensure() -> Result<()> {
    for (cargo_name, component, package) in TOOLS {
        if works(cargo_name) {
            continue;
        }
        if tool::on_path("rustup").is_some() {
            say::line(&format!("   cargo {cargo_name}: missing, asking rustup for {component}"));
            let mut add = tool::command("rustup");
            add.args(["component", "add", component]);
            if wasm_target::rustup_reachable() && tool::run_within(&mut add, RUSTUP_LIMIT).is_ok() {
                continue;
            }
            return missing(
                &format!("cargo {cargo_name}"),
                &format!("rustup component add {component}"),
            );
        }
        packages::install(&[package])?;
    }
    Ok(())
}

/// Asks for the version: rustup puts a file on the path also for components that are not installed.
fn works(cargo_name: &str) -> bool {
    tool::output_within(tool::cargo().args([cargo_name, "--version"]), ASK_LIMIT).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_tool_does_not_work() {
        assert!(!works("kumoichi-no-such-tool"));
    }
}
