//! The demo application alone: one process per slot, and no life without a cloud.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{program, until};
use tempfile::TempDir;

fn app(dir: &TempDir, orphan_seconds: u32) -> Child {
    let place = |name: &str| dir.path().join(name);
    Command::new(program())
        .arg("demo-app")
        .args(["--instance", "a-0", "--service-name", "s", "--quota-bytes", "1000"])
        .args(["--orphan-seconds", &orphan_seconds.to_string()])
        .arg("--volume")
        .arg(dir.path())
        .arg("--socket")
        .arg(place("a.sock"))
        .arg("--process-file")
        .arg(place("a.json"))
        .arg("--lock-file")
        .arg(place("a.lock"))
        .env("KUMOICHI_APP_SECRET", "s3cret")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn without_a_word_from_its_cloud_the_application_ends_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut child = app(&dir, 1);
    let ended = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
    assert!(ended.success());
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_second_application_finds_the_slot_taken_and_leaves_the_first_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = app(&dir, 60);
    let file = dir.path().join("a.json");
    until("the first is up", || async { file.exists() }).await;
    let written = std::fs::read(&file).unwrap();
    let mut second = app(&dir, 60);
    let ended = tokio::task::spawn_blocking(move || second.wait().unwrap()).await.unwrap();
    assert_eq!(ended.code(), Some(17));
    assert_eq!(std::fs::read(&file).unwrap(), written);
    assert!(first.try_wait().unwrap().is_none());
    first.kill().unwrap();
    first.wait().unwrap();
}
