//! Every statement is understood by both databases, and both hold the same tables.

use storage::{Db, all_statements, on_both_databases};

async fn every_statement_prepares(db: Db) {
    for statement in all_statements() {
        let prepared = db.prepare(statement).await;
        assert!(prepared.is_ok(), "{}: {prepared:?}", statement.name);
    }
}

async fn migrating_twice_changes_nothing(db: Db) {
    db.migrate().await.unwrap();
    db.ping().await.unwrap();
}

on_both_databases!(every_statement_prepares, migrating_twice_changes_nothing);

#[test]
fn migrations_come_in_pairs_with_the_same_tables() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let tables = |engine: &str| {
        let mut lines = Vec::new();
        let mut files: Vec<_> = std::fs::read_dir(root.join(engine))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            lines.push(file.file_name().unwrap().to_string_lossy().into_owned());
            let text = std::fs::read_to_string(file).unwrap();
            lines.extend(text.lines().map(|line| {
                line.replace("BYTEA", "BLOB").replace("UUID", "BLOB").trim().to_owned()
            }));
        }
        lines
    };
    assert_eq!(tables("sqlite"), tables("postgres"));
}
