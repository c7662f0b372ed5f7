//! What opening says of databases that are not there, and that it creates none where one is needed.

use std::time::{Duration, Instant};
use storage::testing::{Engine, TestDatabase};
use storage::{Db, StorageError};

/// A port of this machine on which nothing listens: it was free a moment ago.
fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_server_that_refuses_is_told_at_once_and_without_the_password() {
    let port = closed_port();
    let began = Instant::now();
    let error = Db::open(&format!("postgres://reader:s3cret@127.0.0.1:{port}/market")).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let error = error.unwrap_err();
    let expected = format!("connection refused at 127.0.0.1:{port}; is PostgreSQL running?");
    assert_eq!(error.to_string(), expected);
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_socket_that_is_not_there_is_told_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("postgres:///market?host={}&port=5499", folder.path().display());
    let error = Db::open(&address).await.unwrap_err().to_string();
    let socket = folder.path().join(".s.PGSQL.5499").display().to_string();
    assert!(error.contains(&socket), "{error}");
}

#[tokio::test]
async fn an_unknown_scheme_is_told_without_what_follows_it() {
    let error = Db::open("postgre://reader:s3cret@host/market").await.unwrap_err().to_string();
    assert_eq!(error, "`postgre` is not a database address: use sqlite:PATH or postgres://…");
}

#[tokio::test]
async fn a_file_that_is_missing_or_empty_is_no_database_and_is_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("typo/kumoichi.db");
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    for file in [&missing, &empty] {
        let error = Db::open_existing(&format!("sqlite:{}", file.display())).await.unwrap_err();
        assert!(matches!(&error, StorageError::NoDatabase(found) if found == file), "{error:?}");
    }
    assert!(!missing.exists() && !missing.parent().unwrap().exists());
    assert_eq!(empty.metadata().unwrap().len(), 0);
    let foreign = folder.path().join("foreign.db");
    Db::open(&format!("sqlite:{}", foreign.display())).await.unwrap().close().await;
    let error = Db::open_existing(&format!("sqlite:{}", foreign.display())).await.unwrap_err();
    assert!(matches!(error, StorageError::NoTables), "{error:?}");
}

/// A database with tables is opened; its server without them is not enough.
async fn tables_make_the_database(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let again = Db::open_existing(&database.address).await.unwrap();
    again.ping().await.unwrap();
    again.close().await;
    database.remove().await;
}

#[tokio::test]
async fn a_database_with_tables_is_opened_on_sqlite() {
    tables_make_the_database(Engine::Sqlite).await;
}

#[tokio::test]
async fn a_database_with_tables_is_opened_on_postgres() {
    tables_make_the_database(Engine::Postgres).await;
    // The one that every server has and where nobody made tables.
    let server = std::env::var(storage::testing::POSTGRES_VARIABLE).unwrap();
    let error = Db::open_existing(&server).await.unwrap_err();
    assert!(matches!(error, StorageError::NoTables), "{error:?}");
}
