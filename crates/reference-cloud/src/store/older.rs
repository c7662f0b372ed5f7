//! Proof that the file of an earlier version opens, with everything it held.

use std::borrow::Cow;
use std::path::Path;

use provider_api::{WorkKind, WorkState};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::Store;

/// Every version of the schema up to the one before this had monitoring.
const BEFORE_MONITORING: i64 = 5;
/// Work on images had a table of its own, and drains were no work.
const BEFORE_ONE_TABLE_OF_WORK: i64 = 26;

/// A file as the version after so many changes of the schema would have left it.
async fn left_by(version: i64, file: &Path, statements: &[&'static str]) {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let all = sqlx::migrate!("./migrations");
    let older = all.iter().filter(|each| each.version <= version).cloned().collect();
    let older = Migrator { migrations: Cow::Owned(older), ..Migrator::DEFAULT };
    older.run(&pool).await.unwrap();
    for text in statements {
        sqlx::query(*text).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

#[tokio::test]
async fn the_file_of_an_earlier_version_opens_and_keeps_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cloud.db");
    let statements = [
        "INSERT INTO allocations (id, label, state, generation, epoch, instances, vcpu_each, ram_mb_each, storage_gb,
                                  mbps, has_endpoint, secret, created_at, held_until)
         VALUES ('alc_old', 'l', 'active', 3, 1, 2, 4, 512, 10, 5, FALSE, 's', 0, 0)",
        "INSERT INTO events (allocation_id, label, before, state, generation, epoch, at)
         VALUES ('alc_old', 'l', 'ready', 'active', 3, 1, 7)",
    ];
    left_by(BEFORE_MONITORING, &file, &statements).await;
    let store = Store::open(&file).await.unwrap();
    store.settle_tenant("first").await.unwrap();
    assert_eq!(store.get("alc_old").await.unwrap().unwrap().state, "active");
    let events = store.events("first", None, (0, 10)).await.unwrap();
    assert_eq!(events.iter().map(|event| event.data.at_us).collect::<Vec<_>>(), [7]);
    assert!(store.monitoring("alc_old").await.unwrap().is_none());
}

#[tokio::test]
async fn work_of_every_kind_is_kept_when_it_comes_into_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cloud.db");
    let statements = [
        "INSERT INTO allocations (id, label, state, generation, epoch, instances, vcpu_each, ram_mb_each, storage_gb,
                                  mbps, has_endpoint, secret, created_at, held_until, tenant)
         VALUES ('alc_old', 'l', 'draining', 3, 1, 2, 4, 512, 10, 5, FALSE, 's', 0, 0, 'main')",
        "INSERT INTO backups (id, allocation_id, state, created_at) VALUES ('bak_old', 'alc_old', 'ready', 1)",
        "INSERT INTO long_operations (id, kind, state, allocation_id, backup_id, key, runs, created_at, ended_at, link_id)
         VALUES ('opr_backup', 'backup', 'succeeded', 'alc_old', 'bak_old', 'main k1', 1, 1, 2, NULL),
                ('opr_pull', 'restore', 'running', 'alc_old', 'bak_old', 'main k2', 2, 3, NULL, 'lnk_old')",
        "INSERT INTO images (id, tenant, name, format, architecture, state, generation, epoch, bytes, received, created_at)
         VALUES ('img_from', 'main', 'from', 'tar', 'any', 'ready', 1, 1, 1, 1, 1),
                ('img_made', 'main', 'made', 'tarGz', 'any', 'converting', 1, 1, 1, 1, 1)",
        "INSERT INTO image_work (id, state, image_id, source_id, key, runs, created_at)
         VALUES ('opr_convert', 'running', 'img_made', 'img_from', 'main k3', 1, 4)",
    ];
    left_by(BEFORE_ONE_TABLE_OF_WORK, &file, &statements).await;
    let store = Store::open(&file).await.unwrap();
    let of_it = store.works("alc_old", 0, 10).await.unwrap();
    let kinds: Vec<_> = of_it.iter().map(|work| (work.kind(), work.state())).collect();
    let (done, runs) = (WorkState::Succeeded, WorkState::Running);
    assert_eq!(kinds, [(WorkKind::Backup, done), (WorkKind::Pull, runs)]);
    let convert = store.work("opr_convert").await.unwrap().unwrap();
    let view = convert.view(40).unwrap();
    assert_eq!((view.kind, view.progress, view.label.as_str()), (WorkKind::Convert, 40, "made"));
    assert_eq!((convert.image(), convert.source_id.as_deref()), ("img_made", Some("img_from")));
    let running = store.running_work().await.unwrap();
    let running: Vec<_> = running.iter().map(|work| work.id.as_str()).collect();
    assert_eq!(running, ["opr_pull", "opr_convert"]);
    assert_eq!(store.owner(super::Owned::Work, "opr_convert").await.unwrap().unwrap(), "main");
}
