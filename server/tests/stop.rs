//! Stopping the demo as a terminal does: Ctrl-C reaches every process of the group.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

/// How long anything may take before the story counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tell(from: impl Read + Send + 'static, to: Sender<String>) {
    let lines = BufReader::new(from).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).all(|line| to.send(line).is_ok()));
}

#[test]
fn ctrl_c_ends_the_demo_without_a_word_about_its_clouds() {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kumoichi"));
    command
        .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--log", "info", "--data"])
        .arg(data.path())
        .env_remove("KUMOICHI_DATABASE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, as a shell makes one for each command.
        .process_group(0);
    let mut running = Running(command.spawn().unwrap());
    let (sender, lines) = mpsc::channel();
    tell(running.0.stdout.take().unwrap(), sender.clone());
    tell(running.0.stderr.take().unwrap(), sender);
    let mut seen = Vec::new();
    while !seen.iter().any(|line: &String| line.contains("Ctrl-C stops the broker")) {
        seen.push(lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("not open: {seen:#?}")));
    }
    kill_process_group(Pid::from_child(&running.0), Signal::INT).unwrap();
    seen.clear();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => seen.push(line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("does not end: {seen:#?}"),
        }
    }
    assert!(running.0.wait().unwrap().success(), "{seen:#?}");
    assert_eq!(seen.last().map(String::as_str), Some("stopped"), "{seen:#?}");
    let news = seen.iter().any(|line| line.contains("demo cloud ended"));
    assert!(!news, "{seen:#?}");
}
