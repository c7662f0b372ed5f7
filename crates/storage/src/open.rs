//! Opening a database by its address: one that is made when it is missing, or one that has to be
//! there, and the plain words for a server that is not.

use crate::{Db, StorageError};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgConnection};
use std::io::ErrorKind;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// A program that stands still inside a unit of work keeps what it has locked from those who take its work over: after the
/// length of a lease the server ends the unit of work.
const IDLE_IN_TRANSACTION: &str = "idle_in_transaction_session_timeout";
const IDLE_IN_TRANSACTION_MAX: &str = "30s";
/// How long a caller waits for a connection before it is told that the database is busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Readers of the embedded database; it serves pages from one process.
const SQLITE_READERS: u32 = 8;
/// A connection that was used within this time is taken as it is: asking each time whether the server is
/// still there costs as much as a statement. Where it is not, the next statement says so.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// Connections to PostgreSQL of one replica.
const POSTGRES_CONNECTIONS: u32 = 16;

impl Db {
    /// Opens `sqlite:PATH` (created when missing) or `postgres://…`.
    pub async fn open(address: &str) -> Result<Self, StorageError> {
        if address.starts_with("sqlite:") {
            return open_sqlite(SqliteConnectOptions::from_str(address)?).await;
        }
        if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            return open_postgres(PgConnectOptions::from_str(address)?).await;
        }
        // What follows a colon may be a password.
        let scheme = address.split(':').next().unwrap_or_default();
        Err(StorageError::UnknownScheme(scheme.chars().take(20).collect()))
    }

    /// Opens a database that holds tables already; where there is none, nothing is created.
    pub async fn open_existing(address: &str) -> Result<Self, StorageError> {
        if address.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(address)?;
            let file = options.get_filename();
            // A database in memory is named like a file that nobody wrote.
            if !is_database(file) {
                return Err(StorageError::NoDatabase(file.to_owned()));
            }
        }
        let db = Self::open(address).await?;
        if db.has_tables().await? {
            return Ok(db);
        }
        db.close().await;
        Err(StorageError::NoTables)
    }

    /// Whether `migrate` ever ran on this database, in this or an earlier version.
    async fn has_tables(&self) -> Result<bool, StorageError> {
        Ok(match self {
            Self::Sqlite { read, .. } => {
                let statement =
                    "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')";
                sqlx::query_scalar(statement).fetch_one(read).await?
            }
            Self::Postgres(pool) => {
                let statement = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
                sqlx::query_scalar(statement).fetch_one(pool).await?
            }
        })
    }
}

/// A file with something in it: an empty one is what a mistyped `touch` or a full disk leaves.
fn is_database(file: &Path) -> bool {
    file.metadata().is_ok_and(|data| data.is_file() && data.len() > 0)
}

async fn open_sqlite(options: SqliteConnectOptions) -> Result<Db, StorageError> {
    let options = options
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: a contract that was answered with "signed" survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(ACQUIRE_TIMEOUT);
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A file does not go away; asking it costs as much as a statement.
        .test_before_acquire(false)
        .connect_with(options.clone())
        .await?;
    let read = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .connect_with(options.read_only(true).create_if_missing(false))
        .await?;
    Ok(Db::Sqlite { read, write })
}

async fn open_postgres(options: PgConnectOptions) -> Result<Db, StorageError> {
    let options = options.options([(IDLE_IN_TRANSACTION, IDLE_IN_TRANSACTION_MAX)]);
    knock(&options).await?;
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, met| {
            Box::pin(async move {
                if met.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await?;
    Ok(Db::Postgres(pool))
}

/// Connects once before there is a pool: a pool takes a refused connection for a server that is about
/// to start, tries again until its time is over and then says only that the time is over.
async fn knock(options: &PgConnectOptions) -> Result<(), StorageError> {
    match tokio::time::timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => Ok(connection.close().await?),
        Ok(Err(sqlx::Error::Io(error))) if error.kind() == ErrorKind::ConnectionRefused => {
            Err(StorageError::Refused(place(options)))
        }
        Ok(Err(source @ sqlx::Error::Io(_))) => {
            Err(StorageError::Unreachable { place: place(options), source })
        }
        // A server that is starting says so, and is worth the pool's patience.
        Ok(Err(sqlx::Error::Database(_))) => Ok(()),
        Ok(Err(other)) => Err(other.into()),
        Err(_) => {
            Err(StorageError::Silent { place: place(options), seconds: ACQUIRE_TIMEOUT.as_secs() })
        }
    }
}

/// Where the server is looked for, without user and password.
fn place(options: &PgConnectOptions) -> String {
    let (host, port) = (options.get_host(), options.get_port());
    let folder = options.get_socket().map(|socket| socket.display().to_string());
    match folder.or_else(|| host.starts_with('/').then(|| host.to_owned())) {
        Some(folder) => format!("{folder}/.s.PGSQL.{port}"),
        None => format!("{host}:{port}"),
    }
}
