//! Starting other programs: a clean environment, no endless waiting, faults that name the command.

use crate::interrupt;
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a waiting task looks at its child; short, because cached steps end at once.
const LOOK_EVERY: Duration = Duration::from_millis(15);
/// How long a child may take to end by itself after an interrupt.
const GRACE: Duration = Duration::from_secs(10);

/// A command without the variables that `cargo run` set for xtask itself, so that build scripts
/// of inner builds see the same environment as without xtask.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        let of_cargo = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        let inner = of_cargo.iter().any(|prefix| name.starts_with(prefix));
        if inner || ["CARGO", "CARGO_PRIMARY_PACKAGE", "LD_LIBRARY_PATH"].contains(&&*name) {
            command.env_remove(&key);
        }
    }
    command
}

/// The `cargo` that started xtask, or the one on the path.
pub fn cargo() -> Command {
    command("cargo")
}

/// Runs to the end and fails when the program fails.
pub fn run(command: &mut Command) -> Result<()> {
    expect_success(command, None)
}

/// Like [`run`], but ends the program after a limit.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    expect_success(command, Some(limit))
}

fn expect_success(command: &mut Command, limit: Option<Duration>) -> Result<()> {
    let status = status(command, limit)?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs to the end and returns how it ended.
pub fn status(command: &mut Command, limit: Option<Duration>) -> Result<ExitStatus> {
    let mut child = command.spawn().with_context(|| format!("cannot start {}", shown(command)))?;
    wait(&mut child, limit).with_context(|| shown(command))
}

/// Runs within a limit and returns trimmed standard output; the program's own complaints are hidden.
pub fn output_within(command: &mut Command, limit: Duration) -> Result<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", shown(command)))?;
    let mut pipe = child.stdout.take().context("no standard output")?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut pipe, &mut text).map(|_| text)
    });
    let status = wait(&mut child, Some(limit)).with_context(|| shown(command))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    match reader.join() {
        Ok(text) => Ok(text?.trim().to_owned()),
        Err(_) => bail!("{}: output could not be read", shown(command)),
    }
}

/// Waits for a child, at most until the limit or an interrupt.
pub fn wait(child: &mut Child, limit: Option<Duration>) -> Result<ExitStatus> {
    let start = Instant::now();
    let mut interrupted: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            if interrupted.is_some() {
                bail!("interrupted");
            }
            return Ok(status);
        }
        if limit.is_some_and(|limit| start.elapsed() > limit) {
            child.kill()?;
            child.wait()?;
            bail!("took longer than {} s and was stopped", start.elapsed().as_secs());
        }
        match interrupted {
            None if interrupt::requested() => interrupted = Some(Instant::now()),
            Some(since) if since.elapsed() > GRACE => {
                child.kill()?;
                child.wait()?;
                bail!("interrupted");
            }
            _ => {}
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// Finds a program on the path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_that_never_ends_is_stopped_at_the_limit() {
        let fault = run_within(command("sleep").arg("600"), Duration::from_millis(80));
        assert!(format!("{:#}", fault.unwrap_err()).contains("was stopped"));
    }

    #[test]
    fn fault_names_the_command() {
        let fault = run(command("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(fault.to_string().starts_with("sh -c exit 3 ended with"), "{fault}");
    }

    #[test]
    fn output_is_returned_without_the_last_newline() {
        let text = output_within(command("echo").arg("雲市"), Duration::from_secs(10));
        assert_eq!(text.unwrap(), "雲市");
    }

    #[test]
    fn unknown_program_is_not_on_the_path() {
        assert!(on_path("sh").is_some());
        assert_eq!(on_path("kumoichi-no-such-program"), None);
    }
}
