//! IF10: what users wrote can be found nowhere at the cloud after the erasure, and the statement says what was erased.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::path::{Path, PathBuf};

use common::*;
use provider_api::*;
use serde_json::json;

/// Files below a folder, with their names, that hold the bytes.
fn holding(dir: &Path, marker: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            let within = |bytes: &[u8]| bytes.windows(marker.len()).any(|part| part == marker);
            let holds = within(path.file_name().unwrap().as_encoded_bytes())
                || (kind.is_file() && within(&std::fs::read(&path).unwrap()));
            if holds {
                found.push(path.clone());
            }
            if kind.is_dir() {
                open.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn if10_what_users_wrote_is_in_no_file_of_the_cloud_after_the_erasure() {
    let local = Local::start().await;
    let driver = &local.driver;
    let root = local.dir.path();
    let marker = "marker-1f8e0b7c-of-a-user";
    let id = driver.hold(hold_command("hold", group())).await.unwrap().id;
    let (call_, quota) = (call("confirm"), Quota::default());
    driver.confirm(ConfirmCommand { call: call_, allocation_id: id.clone(), quota }).await.unwrap();
    // In the settings, in a note, and in the name of a file that is found to be damaged.
    let mut start = start_command("start", &id);
    start.request.settings.insert("greeting".into(), marker.into());
    driver.start(start).await.unwrap();
    let open = driver.allow(command("allow", &id)).await.unwrap();
    note(&open, marker).await;
    std::fs::write(local.volume(&id).join(format!("{marker}.txt")), "named").unwrap();
    let first = backed_up(driver, "first", &id).await;
    let second = backed_up(driver, "second", &id).await;
    let deleted = backed_up(driver, "third", &id).await;
    driver.delete_backup(about("delete", &deleted)).await.unwrap();
    let copied = root.join("backups").join(second.id.as_str()).join("data");
    std::fs::write(copied.join(format!("{marker}.txt")), "NAMED").unwrap();
    let work = driver.verify(about("verify", &second)).await.unwrap();
    ended(driver, &work).await;
    assert_eq!(driver.one_backup(&second.id).await.unwrap().damage.len(), 1);
    driver.stop(command("stop", &id)).await.unwrap();
    // The search finds what is there: in the volume, in both backups and in the files of the database.
    let found = holding(root, marker.as_bytes());
    let below = |part: &str| found.iter().filter(|path| path.starts_with(root.join(part))).count();
    assert!(below("volumes") >= 2 && below("backups") >= 4, "{found:?}");
    let of_database = |path: &&PathBuf| path.to_string_lossy().contains("cloud.db");
    assert!(found.iter().any(|path| of_database(&path)), "{found:?}");
    let statement = driver.erase(command("erase", &id)).await.unwrap();
    assert_eq!(holding(root, marker.as_bytes()), Vec::<PathBuf>::new(), "after the erasure");
    driver.release(command("release", &id)).await.unwrap();
    assert_eq!(holding(root, marker.as_bytes()), Vec::<PathBuf>::new(), "after the release");
    let key = driver.capabilities().await.unwrap().erasure_key.unwrap();
    statement.verify_with(&key).unwrap();
    let unsigned = &statement.statement;
    let told: Vec<_> =
        unsigned.resources.iter().map(|each| (each.kind.as_str(), each.id.as_str())).collect();
    let expected =
        [("volume", id.as_str()), ("backup", first.id.as_str()), ("backup", second.id.as_str())];
    assert_eq!(told, expected, "what was deleted before is not erased again");
    let bytes: i64 = unsigned.resources.iter().map(|each| each.bytes).sum();
    assert!(bytes == unsigned.bytes && unsigned.resources.iter().all(|each| each.bytes > 0));
    let mut forged = statement.clone();
    forged.statement.resources.pop();
    assert!(forged.verify_with(&key).is_err());
    local.cloud.shutdown().await;
    assert_eq!(
        holding(root, marker.as_bytes()),
        Vec::<PathBuf>::new(),
        "after the end of the cloud"
    );
}

#[tokio::test]
async fn if10_an_erasure_cut_off_by_a_crash_states_every_backup_all_the_same() {
    let mut cloud = Process::start().await;
    let open = activate(&cloud.driver, group(), Quota::default()).await;
    note(&open, "kept").await;
    let backup = backed_up(&cloud.driver, "backup", &open.id).await;
    cloud.driver.stop(command("stop", &open.id)).await.unwrap();
    cloud.order_fault(r#"{"operation":"erase","kind":"crashAfter"}"#).await;
    assert!(cloud.driver.erase(command("erase", &open.id)).await.is_err());
    cloud.wait_for_end().await;
    cloud.restart().await;
    let statement = cloud.driver.erase(command("erase", &open.id)).await.unwrap();
    let told = &statement.statement.resources;
    assert!(told.iter().any(|each| each.id == backup.id.0 && each.bytes > 0), "{told:?}");
    assert_eq!(cloud.driver.one_backup(&backup.id).await.unwrap().state, BackupState::Deleted);
    let kept = std::fs::read_dir(cloud.dir.path().join("backups")).unwrap().count();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn nothing_is_erased_while_a_copy_is_being_made() {
    let local = Local::start().await;
    let driver = &local.driver;
    let open = activate(driver, group(), Quota::default()).await;
    note(&open, "kept").await;
    driver.stop(command("stop", &open.id)).await.unwrap();
    switch(&local, json!({"slowDiskMs": 4000})).await;
    let work = driver.backup(command("backup", &open.id)).await.unwrap();
    let busy = driver.erase(command("erase", &open.id)).await;
    assert!(matches!(busy, Err(DriverError::Transient { .. })), "{busy:?}");
    switch(&local, json!({})).await;
    assert_eq!(ended(driver, &work).await.state, WorkState::Succeeded);
    driver.erase(command("erase", &open.id)).await.unwrap();
    local.cloud.shutdown().await;
}
