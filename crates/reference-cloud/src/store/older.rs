//! Proof that the file of an earlier version opens, with everything it held.

use std::borrow::Cow;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::Store;

/// Every version of the schema up to the one before this had monitoring.
const BEFORE_MONITORING: i64 = 5;

#[tokio::test]
async fn the_file_of_an_earlier_version_opens_and_keeps_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cloud.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let all = sqlx::migrate!("./migrations");
    let older = all.iter().filter(|each| each.version <= BEFORE_MONITORING).cloned().collect();
    let older = Migrator { migrations: Cow::Owned(older), ..Migrator::DEFAULT };
    older.run(&pool).await.unwrap();
    for text in [
        "INSERT INTO allocations (id, label, state, generation, epoch, instances, vcpu_each, ram_mb_each, storage_gb,
                                  mbps, has_endpoint, secret, created_at, held_until)
         VALUES ('alc_old', 'l', 'active', 3, 1, 2, 4, 512, 10, 5, FALSE, 's', 0, 0)",
        "INSERT INTO events (allocation_id, label, before, state, generation, epoch, at)
         VALUES ('alc_old', 'l', 'ready', 'active', 3, 1, 7)",
    ] {
        sqlx::query(text).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let store = Store::open(&file).await.unwrap();
    store.settle_tenant("first").await.unwrap();
    assert_eq!(store.get("alc_old").await.unwrap().unwrap().state, "active");
    let events = store.events("first", None, (0, 10)).await.unwrap();
    assert_eq!(events.iter().map(|event| event.data().at_us).collect::<Vec<_>>(), [7]);
    assert!(store.monitoring("alc_old").await.unwrap().is_none());
}
