//! What can go wrong below the use cases.

use std::path::PathBuf;

use thiserror::Error;

/// A fault of the database or of what is stored in it.
#[derive(Debug, Error)]
pub enum StorageError {
    /// A unique, foreign-key or check constraint refused the row.
    #[error("constraint {name} refused the row")]
    Constraint {
        /// The constraint's name; on SQLite the table and columns that are unique together.
        name: String,
        /// The driver's error.
        #[source]
        source: sqlx::Error,
    },
    /// The row changed since it was read, or the lease was lost.
    #[error("{what} changed in the meantime")]
    Conflict {
        /// What was to be written.
        what: &'static str,
    },
    /// A stored value cannot be read back; somebody else wrote it.
    #[error("{what} holds a value that cannot be read: {detail}")]
    Corrupt {
        /// Table and column.
        what: &'static str,
        /// What was found.
        detail: String,
    },
    /// The address of the database has neither of the two known schemes.
    #[error("`{0}` is not a database address: use sqlite:PATH or postgres://…")]
    UnknownScheme(String),
    /// A database that has to be there is not; nothing was created.
    #[error("there is no database at {}", .0.display())]
    NoDatabase(PathBuf),
    /// A database that has to be there was never filled with tables.
    #[error("the database holds no tables of Kumoichi")]
    NoTables,
    /// The server's machine answers, and nothing listens there.
    #[error("connection refused at {0}; is PostgreSQL running?")]
    Refused(String),
    /// Nothing at all came back.
    #[error("nothing at {place} answered within {seconds} seconds; is the address right?")]
    Silent {
        /// Host and port, or the socket.
        place: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The server's machine or socket cannot be found or reached.
    #[error("the PostgreSQL server at {place} cannot be reached")]
    Unreachable {
        /// Host and port, or the socket.
        place: String,
        /// The driver's error.
        #[source]
        source: sqlx::Error,
    },
    /// The tables could not be brought up to date.
    #[error("the database could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Everything else the driver reports.
    #[error("the database did not answer as expected")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StorageError {
    fn from(source: sqlx::Error) -> Self {
        let name = source.as_database_error().and_then(|error| {
            let violated = error.is_unique_violation()
                || error.is_foreign_key_violation()
                || error.is_check_violation();
            violated.then(|| constraint_name(error))
        });
        match name {
            Some(name) => Self::Constraint { name, source },
            None => Self::Database(source),
        }
    }
}

/// PostgreSQL names the constraint; SQLite says "UNIQUE constraint failed: offer.provider_id, …".
fn constraint_name(error: &dyn sqlx::error::DatabaseError) -> String {
    error.constraint().map_or_else(
        || error.message().rsplit("failed: ").next().unwrap_or_default().to_owned(),
        ToOwned::to_owned,
    )
}

impl StorageError {
    /// Whether the constraint refused the row, by its name and by the columns SQLite reports.
    #[must_use]
    pub fn is_constraint(&self, postgres_name: &str, sqlite_columns: &str) -> bool {
        matches!(self, Self::Constraint { name, .. } if name == postgres_name || name == sqlite_columns)
    }
}
