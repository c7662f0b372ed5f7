//! Migrating and units of work, over typed pools. Opening them is in `open`.

use crate::StorageError;
use crate::unit::Unit;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{Postgres, Sqlite, Transaction};

/// The steps to today's tables, in pairs of the same number and name.
static SQLITE_STEPS: Migrator = sqlx::migrate!("../../migrations/sqlite");
pub(crate) static POSTGRES_STEPS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// An open database.
#[derive(Debug, Clone)]
pub enum Db {
    /// The embedded database: many readers, one writer.
    Sqlite {
        /// Read-only connections.
        read: SqlitePool,
        /// The one connection that writes.
        write: SqlitePool,
    },
    /// The server database.
    Postgres(PgPool),
}

/// One unit of work; dropped without [`Tx::commit`] it leaves nothing behind.
#[derive(Debug)]
pub enum Tx {
    /// On the embedded database.
    Sqlite(Unit<Sqlite>),
    /// On the server database.
    Postgres(Unit<Postgres>),
}

impl Db {
    /// Brings the tables up to date; safe to call from several replicas at once.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        match self {
            Self::Sqlite { write, .. } => SQLITE_STEPS.run(write).await?,
            Self::Postgres(pool) => POSTGRES_STEPS.run(pool).await?,
        }
        Ok(())
    }

    /// Starts a unit of work that may write.
    pub async fn begin(&self) -> Result<Tx, StorageError> {
        let _busy = crate::stats::busy();
        Ok(match self {
            // IMMEDIATE: a deferred transaction that turns into a writer fails without waiting.
            Self::Sqlite { write, .. } => {
                Tx::Sqlite(Unit::whole(write.begin_with("BEGIN IMMEDIATE").await?))
            }
            Self::Postgres(pool) => Tx::Postgres(Unit::whole(begin_whole(pool, "BEGIN").await?)),
        })
    }

    /// Starts a unit of work that only reads, and sees one moment of the database.
    pub async fn begin_read(&self) -> Result<Tx, StorageError> {
        let _busy = crate::stats::busy();
        Ok(match self {
            Self::Sqlite { read, .. } => Tx::Sqlite(Unit::whole(read.begin().await?)),
            Self::Postgres(pool) => {
                let statement = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Tx::Postgres(Unit::whole(begin_whole(pool, statement).await?))
            }
        })
    }

    /// A unit of work that reads with one statement: it costs one round trip where [`Db::begin_read`]
    /// costs three. A second statement would see another moment.
    pub async fn look(&self) -> Result<Tx, StorageError> {
        let _busy = crate::stats::busy();
        Ok(match self {
            Self::Sqlite { read, .. } => Tx::Sqlite(Unit::single(read.acquire().await?)),
            Self::Postgres(pool) => Tx::Postgres(Unit::single(pool.acquire().await?)),
        })
    }

    /// A unit of work that writes with one statement on the server database, and may write with
    /// several on the embedded one, where a statement costs no round trip. [`Tx::commit`] ends it.
    pub(crate) async fn begin_single(&self) -> Result<Tx, StorageError> {
        match self {
            Self::Sqlite { .. } => self.begin().await,
            Self::Postgres(_) => self.look().await,
        }
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StorageError> {
        match self {
            Self::Sqlite { read, .. } => sqlx::query("SELECT 1").execute(read).await.map(|_| ())?,
            Self::Postgres(pool) => sqlx::query("SELECT 1").execute(pool).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Lets the database parse and plan a statement without running it.
    pub async fn prepare(&self, statement: crate::Statement) -> Result<(), StorageError> {
        use sqlx::{Executor, SqlSafeStr};
        match self {
            Self::Sqlite { read, .. } => {
                read.prepare(statement.sqlite.into_sql_str()).await.map(|_| ())?;
            }
            Self::Postgres(pool) => {
                pool.prepare(statement.postgres.into_sql_str()).await.map(|_| ())?;
            }
        }
        Ok(())
    }

    /// The engine's name, for `doctor` and logs.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Closes all connections and waits until they are closed.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Starts a transaction in a task of its own, so that it is begun or not begun, never half begun.
///
/// A caller that is dropped between sending `BEGIN` and its answer would otherwise give a connection
/// back to the pool inside a transaction nobody knows of: the next statement on it would be refused
/// as a write in a read-only transaction, or be answered and never become durable.
async fn begin_whole(
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>, StorageError> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
    // The task is never cancelled, so it ended or the runtime is shutting down.
    Ok(begun.map_err(|_| sqlx::Error::PoolClosed)??)
}

impl Tx {
    /// Marks this place, so that [`Tx::back_to_mark`] takes back what comes after it and nothing else.
    pub async fn mark(&mut self) -> Result<(), StorageError> {
        self.say("SAVEPOINT mark").await
    }

    /// Takes back what was written since [`Tx::mark`], also after a statement that was refused.
    pub async fn back_to_mark(&mut self) -> Result<(), StorageError> {
        self.say("ROLLBACK TO SAVEPOINT mark").await
    }

    async fn say(&mut self, statement: &'static str) -> Result<(), StorageError> {
        let _busy = crate::stats::busy();
        match self {
            Self::Sqlite(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop)?,
            Self::Postgres(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop)?,
        }
        Ok(())
    }

    /// Makes the unit of work durable.
    pub async fn commit(self) -> Result<(), StorageError> {
        let _busy = crate::stats::busy();
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
