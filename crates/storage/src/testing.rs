//! Databases for tests: a SQLite file and a fresh PostgreSQL database, migrated, gone afterwards.
//!
//! On PostgreSQL the first test makes a template with today's tables, and every test gets a copy.
//!
//! PostgreSQL is named by `KUMOICHI_TEST_POSTGRES` (`cargo xtask test` starts a cluster and sets
//! it). Without it the tests on PostgreSQL fail: a suite that skips silently proves nothing.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot set up must fail loudly")]

use crate::Db;
use crate::db::POSTGRES_STEPS;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The environment variable with the address of a PostgreSQL server that may be written to.
pub const POSTGRES_VARIABLE: &str = "KUMOICHI_TEST_POSTGRES";

/// The advisory lock under which one test makes the template while the others wait: "kumoichi".
const TEMPLATE_LOCK: i64 = i64::from_be_bytes(*b"kumoichi");

/// Which database a test wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A new database on the test server.
    Postgres,
}

/// A migrated database that is removed by [`TestDatabase::remove`].
#[derive(Debug)]
pub struct TestDatabase {
    /// The open database.
    pub db: Db,
    /// Its address, for a second process.
    pub address: String,
    cleanup: Cleanup,
}

#[derive(Debug)]
enum Cleanup {
    Folder(tempfile::TempDir),
    Postgres { server: String, name: String },
}

impl TestDatabase {
    /// Creates and migrates a database of the wanted engine.
    pub async fn create(engine: Engine) -> Self {
        let (address, cleanup) = match engine {
            Engine::Sqlite => sqlite_address(),
            Engine::Postgres => postgres_address().await,
        };
        let db = Db::open(&address).await.expect("open the test database");
        if engine == Engine::Sqlite {
            db.migrate().await.expect("migrate the test database");
        }
        Self { db, address, cleanup }
    }

    /// The folder of the SQLite file, if it is one.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.cleanup {
            Cleanup::Folder(folder) => Some(folder.path().to_owned()),
            Cleanup::Postgres { .. } => None,
        }
    }

    /// Closes and removes the database.
    pub async fn remove(self) {
        self.db.close().await;
        if let Cleanup::Postgres { server, name } = self.cleanup {
            let mut connection = PgConnection::connect(&server).await.expect("connect to drop");
            run(&mut connection, &format!("DROP DATABASE \"{name}\" WITH (FORCE)")).await;
        }
    }
}

fn sqlite_address() -> (String, Cleanup) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let address = format!("sqlite:{}", folder.path().join("kumoichi.db").display());
    (address, Cleanup::Folder(folder))
}

async fn postgres_address() -> (String, Cleanup) {
    let server = std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
        panic!("set {POSTGRES_VARIABLE} to a PostgreSQL server, or run `cargo xtask test`")
    });
    let (base, _) = server.rsplit_once('/').expect("address ends with a database name");
    let name = unique_name();
    let mut connection = PgConnection::connect(&server).await.expect("connect to PostgreSQL");
    let template = template(&mut connection, base).await;
    run(&mut connection, &format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"")).await;
    connection.close().await.expect("disconnect");
    (format!("{base}/{name}"), Cleanup::Postgres { server: server.clone(), name })
}

/// The database with today's tables that tests copy; made by whoever comes first. Its name follows
/// the migrations, so that a server that lives longer keeps no old tables.
async fn template(connection: &mut PgConnection, base: &str) -> String {
    let mut steps = DefaultHasher::new();
    POSTGRES_STEPS.iter().for_each(|step| (step.version, &step.checksum).hash(&mut steps));
    let name = format!("template_{:016x}", steps.finish());
    if exists(connection, &name).await {
        return name;
    }
    run(connection, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
    if !exists(connection, &name).await {
        // Under another name until it is whole: a test that is killed on the way spoils nothing.
        let unfinished = unique_name();
        run(connection, &format!("CREATE DATABASE \"{unfinished}\"")).await;
        let db = Db::open(&format!("{base}/{unfinished}")).await.expect("open the template");
        db.migrate().await.expect("migrate the template");
        db.close().await;
        run(connection, &format!("ALTER DATABASE \"{unfinished}\" RENAME TO \"{name}\"")).await;
    }
    run(connection, &format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await;
    name
}

async fn exists(connection: &mut PgConnection, name: &str) -> bool {
    let found = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(name);
    found.fetch_optional(connection).await.expect("list the databases").is_some()
}

async fn run(connection: &mut PgConnection, statement: &str) {
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(connection).await.expect(statement);
}

/// A name no other test of this or an earlier run uses.
fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("clock after 1970").as_nanos();
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    format!("test_{since}_{}_{number}", std::process::id())
}

/// Counts how often a database commits the smallest unit of work, as the floor of measurements.
#[derive(Debug, Clone)]
pub struct CommitMeter(Db);

impl CommitMeter {
    /// Makes the table that it writes into.
    pub async fn open(db: &Db) -> Self {
        write(db, "CREATE TABLE IF NOT EXISTS commit_meter (moment BIGINT NOT NULL)").await;
        Self(db.clone())
    }

    /// One row, committed.
    pub async fn commit(&self) {
        write(&self.0, "INSERT INTO commit_meter (moment) VALUES (1)").await;
    }
}

/// A unit of work with one statement.
async fn write(db: &Db, statement: &'static str) {
    let mut tx = db.begin().await.expect("begin");
    match &mut tx {
        crate::Tx::Sqlite(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop),
        crate::Tx::Postgres(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop),
    }
    .expect(statement);
    tx.commit().await.expect("commit");
}

/// Rows of a table.
pub async fn count(db: &Db, table: &str) -> i64 {
    let statement = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    match db {
        Db::Sqlite { read, .. } => sqlx::query_scalar(statement).fetch_one(read).await,
        Db::Postgres(pool) => sqlx::query_scalar(statement).fetch_one(pool).await,
    }
    .expect("count the rows")
}

/// A migrated SQLite database in memory, for simulations; it is gone with its one connection, so
/// whoever holds a unit of work open while another one is begun waits for ever.
pub async fn in_memory() -> Db {
    let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .expect("a database in memory");
    let db = Db::Sqlite { read: pool.clone(), write: pool };
    db.migrate().await.expect("migrate the database in memory");
    db
}

/// Runs `story` with a fresh database and removes it afterwards, also on failure.
pub fn with_database<F, Fut>(engine: Engine, story: F)
where
    F: FnOnce(Db) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    runtime.block_on(async {
        let database = TestDatabase::create(engine).await;
        let outcome = tokio::spawn(story(database.db.clone())).await;
        database.remove().await;
        if let Err(error) = outcome {
            std::panic::resume_unwind(error.into_panic());
        }
    });
}

/// Makes each story two tests, `sqlite::NAME` and `postgres::NAME`.
#[macro_export]
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $story() {
                $crate::testing::with_database($crate::testing::Engine::Sqlite, super::$story);
            })+
        }
        mod postgres {
            $(#[test] fn $story() {
                $crate::testing::with_database($crate::testing::Engine::Postgres, super::$story);
            })+
        }
    };
}

/// How a database would run a statement with so many parameters, whatever they are, in its own words.
pub async fn plan_of(db: &Db, statement: crate::Statement, parameters: usize) -> String {
    let lines: Vec<String> = match db {
        Db::Sqlite { read, .. } => {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", statement.sqlite));
            let rows: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explain).fetch_all(read).await.expect("explain");
            rows.into_iter().map(|(.., detail)| detail).collect()
        }
        Db::Postgres(pool) => {
            let mut connection = pool.acquire().await.expect("connection");
            let nulls = vec!["NULL"; parameters].join(", ");
            for said in [
                format!("PREPARE explained AS {}", statement.postgres),
                "SET plan_cache_mode = force_generic_plan".to_owned(),
                "ANALYZE".to_owned(),
            ] {
                run(&mut connection, &said).await;
            }
            let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE explained ({nulls})"));
            let rows: Vec<(String,)> =
                sqlx::query_as(explain).fetch_all(&mut *connection).await.expect("explain");
            // Its settings go with it.
            connection.close().await.expect("disconnect");
            rows.into_iter().map(|(line,)| line).collect()
        }
    };
    lines.join("\n")
}
