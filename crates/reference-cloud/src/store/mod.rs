//! The cloud's own SQLite file. Every change is one `BEGIN IMMEDIATE` transaction, so that two callers never both
//! see the last capacity as free. What a change means is decided in `operations`.

mod allocations;
mod backups;
mod events;
mod images;
mod links;
mod monitoring;
#[cfg(test)]
mod older;
mod rows;
mod security;
mod sizes;
mod usage;
mod webhook;
mod work;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

pub(crate) use allocations::{
    KeyOf, NewAllocation, Owned, RecordedKey, UsedByZone, addresses, expire, insert, load,
    load_key, record_key, save, set_label, used, used_by,
};
pub(crate) use backups::{BackupRow, insert_backup, load_backup, mark_erasing, save_backup};
pub(crate) use images::{
    ImageFilter, ImageRow, image_used, insert_image, load_image, record_image_key, room_of_images,
    save_image,
};
pub(crate) use links::{
    ACCEPTED, ASKED, LinkRow, accept_link, end_link, end_links, insert_link, share_link,
    was_accepted,
};
pub(crate) use monitoring::{MonitoringRow, end_monitoring, set_monitoring};
pub(crate) use rows::AllocationRow;
pub(crate) use security::{
    BlockRow, SecurityRow, active_block, count_blocks, forget_sources, insert_block,
    insert_security, lift_blocks,
};
pub(crate) use sizes::{Resizing, Size, SizeRow, note_size};
pub(crate) use usage::{close_interval, open_interval};
pub(crate) use webhook::{WebhookRow, load_webhook, record_webhook_key, set_webhook};
pub(crate) use work::{WorkRow, end_drain, end_work, forget_reasons, insert_work};

use crate::error::CloudError;

/// What a row can be read as.
trait Row: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + Send + Unpin {}
impl<R: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + Send + Unpin> Row for R {}

pub(crate) type Tx = Transaction<'static, Sqlite>;

/// The open database.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: SqlitePool,
}

/// Readers beside the one writer; a small cloud has few callers.
const CONNECTIONS: u32 = 4;
/// Longer than any transaction here takes, so waiting ends only when something is broken.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

impl Store {
    pub(crate) async fn open(file: &Path) -> Result<Self, CloudError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A confirmed booking must survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is erased is to be found nowhere, so what is deleted is overwritten.
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY_TIMEOUT);
        let pool =
            SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(Self { pool })
    }

    /// The row of a `SELECT` whose `$1` is its id or key.
    async fn one<R: Row>(&self, select: String, id: &str) -> Result<Option<R>, sqlx::Error> {
        sqlx::query_as(sqlx::AssertSqlSafe(select)).bind(id).fetch_optional(&self.pool).await
    }

    /// The rows of an allocation after a place: a `SELECT` with the allocation as `$1`, the place as `$2`
    /// and how many at most as `$3`.
    async fn page<R: Row>(
        &self,
        select: String,
        allocation: &str,
        (after, limit): (i64, i64),
    ) -> Result<Vec<R>, sqlx::Error> {
        let query = sqlx::query_as(sqlx::AssertSqlSafe(select)).bind(allocation);
        query.bind(after).bind(limit).fetch_all(&self.pool).await
    }

    /// Begins a change; waits for other changes first.
    pub(crate) async fn begin(&self) -> Result<Tx, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// Empties the log of the database into its file, so that nothing older than what is stands in either.
    pub(crate) async fn empty_log(&self) -> Result<(), sqlx::Error> {
        let (busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.pool).await?;
        if busy == 0 {
            return Ok(());
        }
        // A reader was in the way for longer than the busy timeout.
        Err(sqlx::Error::Protocol("the log of the database is in use".to_owned()))
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_taken_out_is_in_no_file_of_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("cloud.db")).await.unwrap();
        let marker = "a marker long enough to be unmistakable";
        // Long enough for pages of its own, which go back to the file's free ones.
        let long = marker.repeat(300);
        let execute = |text: &'static str| sqlx::query(text).bind(&long).execute(&store.pool);
        let insert = "INSERT INTO allocations (id, label, state, generation, epoch, instances, vcpu_each, ram_mb_each,
             storage_gb, mbps, has_endpoint, secret, created_at, held_until, settings)
             VALUES ('a', 'l', 'draining', 1, 1, 1, 1, 1, 1, 1, FALSE, 's', 0, 0, $1)";
        execute(insert).await.unwrap();
        let holding = || {
            let files =
                std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
            let holds =
                |bytes: &[u8]| bytes.windows(marker.len()).any(|part| part == marker.as_bytes());
            files.filter(|file| holds(&std::fs::read(file).unwrap())).count()
        };
        assert!(holding() > 0, "the search finds what is there");
        execute("UPDATE allocations SET settings = NULL WHERE settings = $1").await.unwrap();
        store.empty_log().await.unwrap();
        assert_eq!(holding(), 0);
    }
}
