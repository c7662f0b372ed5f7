//! The cloud's own SQLite file. Every change is one `BEGIN IMMEDIATE` transaction, so that two callers never both
//! see the last capacity as free. What a change means is decided in `operations`.

mod allocations;
mod events;
mod rows;
mod usage;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

pub(crate) use allocations::{
    NewAllocation, RecordedKey, UsedByZone, addresses, expire, insert, load, load_key, record_key,
    save, used,
};
pub(crate) use rows::AllocationRow;
pub(crate) use usage::{close_interval, open_interval};

use crate::error::CloudError;

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
            .busy_timeout(BUSY_TIMEOUT);
        let pool =
            SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(Self { pool })
    }

    /// Begins a change; waits for other changes first.
    pub(crate) async fn begin(&self) -> Result<Tx, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}
