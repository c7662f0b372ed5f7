//! Runs a program, shows what it prints and keeps it, so that results can be counted.

use crate::tool;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Runs to the end and returns how it ended and both output streams in the order they came.
pub fn run(command: &mut Command, limit: Option<Duration>) -> Result<(ExitStatus, String)> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let kept = Arc::new(Mutex::new(String::new()));
    let readers: Vec<JoinHandle<()>> = [
        child.stdout.take().map(|pipe| forward(pipe, false, &kept)),
        child.stderr.take().map(|pipe| forward(pipe, true, &kept)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let status = tool::wait(&mut child, limit).context(name);
    if status.is_ok() {
        for reader in readers {
            // A reader that died kept what it had; the count then comes out as missing.
            let _ = reader.join();
        }
    }
    let text = kept.lock().map(|text| text.clone()).unwrap_or_default();
    Ok((status?, text))
}

fn forward(
    pipe: impl Read + Send + 'static,
    to_stderr: bool,
    kept: &Arc<Mutex<String>>,
) -> JoinHandle<()> {
    let kept = Arc::clone(kept);
    std::thread::spawn(move || {
        let mut lines = BufReader::new(pipe);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let _ = if to_stderr {
                std::io::stderr().write_all(&line)
            } else {
                std::io::stdout().write_all(&line)
            };
            if let Ok(mut text) = kept.lock() {
                text.push_str(&String::from_utf8_lossy(&line));
            }
            line.clear();
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_are_kept_and_the_end_is_known() {
        let script = "echo one; echo two >&2; exit 4";
        let (status, text) = run(Command::new("sh").args(["-c", script]), None).unwrap();
        assert_eq!(status.code(), Some(4));
        assert!(text.contains("one\n") && text.contains("two\n"), "{text}");
    }
}
