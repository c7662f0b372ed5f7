//! One SQL text for two databases, and the macros that send it.

/// A named statement; both texts are the same unless the dialects must differ.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// Module and constant, for logs and for the test that prepares them all.
    pub name: &'static str,
    /// The text for SQLite; it may be several statements that share their parameters.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

/// Every statement of the crate, for the test that prepares them on both databases.
#[must_use]
pub fn all_statements() -> Vec<Statement> {
    MODULES.iter().flat_map(|module| module.iter().copied()).collect()
}

/// Each repository module lists its `ALL` here.
const MODULES: &[&[Statement]] = &[
    crate::accounts::ALL,
    crate::admissions::ALL,
    crate::announcements::ALL,
    crate::bundles::ALL,
    crate::categories::ALL,
    crate::extensions::ALL,
    crate::audiences::ALL,
    crate::providers::ALL,
    crate::keys::ALL,
    crate::ratings::ALL,
    crate::statistics::ALL,
    crate::lock::ALL,
    crate::cloud_reports::ALL,
    crate::offers::bulk::ALL,
    crate::offers::changes::ALL,
    crate::offers::import::ALL,
    crate::offers::own::ALL,
    crate::offers::published::ALL,
    crate::offers::reviews::ALL,
    crate::offers::steps::ALL,
    crate::offers::write::ALL,
    crate::reminders::ALL,
    crate::requirements::ALL,
    crate::looks::ALL,
    crate::notices::ALL,
    crate::channels::ALL,
    crate::feed::ALL,
    crate::mirror::ALL,
    crate::favourites::ALL,
    crate::contracts::bookings::ALL,
    crate::contracts::care::ALL,
    crate::contracts::preemptions::ALL,
    crate::contracts::terminations::ALL,
    crate::contracts::changes::ALL,
    crate::contracts::charges::ALL,
    crate::contracts::closing::ALL,
    crate::contracts::heads::ALL,
    crate::contracts::moves::ALL,
    crate::contracts::newer::ALL,
    crate::contracts::orders::ALL,
    crate::contracts::resources::ALL,
    crate::contracts::watch::ALL,
    crate::inventory::ALL,
    crate::securing::ALL,
    crate::securing::firm::ALL,
    crate::securing::more::ALL,
    crate::sessions::ALL,
    crate::tokens::ALL,
    crate::observations::ALL,
    crate::audit::ALL,
    crate::idempotency::ALL,
    crate::uploads::ALL,
    crate::working_copies::ALL,
    crate::workflow::ALL,
    crate::workflow::links::ALL,
    crate::workflow::log::ALL,
    crate::workflow::operate::ALL,
    crate::workflow::read::ALL,
];

/// Declares the statements of a module as constants, and `ALL` that lists them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $both:expr $(, postgres = $postgres:expr)?;)+) => {
        $(
            $(#[$doc])*
            const $name: $crate::Statement = $crate::Statement {
                name: concat!(module_path!(), "::", stringify!($name)),
                sqlite: $both,
                postgres: $crate::statement::postgres_text!($both $(, $postgres)?),
            };
        )+
        /// Every statement of this module.
        pub(crate) const ALL: &[$crate::Statement] = &[$($name),+];
    };
}

macro_rules! postgres_text {
    ($both:expr) => {
        $both
    };
    ($both:expr, $postgres:expr) => {
        $postgres
    };
}

/// Sends a statement that returns no rows; yields the number of rows affected.
macro_rules! execute {
    ($tx:expr, $statement:expr $(, $bind:expr)* $(,)?) => {{
        $crate::stats::count();
        let _busy = $crate::stats::busy();
        let span = tracing::debug_span!("db", statement = $statement.name);
        match $tx {
            $crate::Tx::Sqlite(tx) => {
                let sent = sqlx::query::<sqlx::Sqlite>($statement.sqlite)
                    $(.bind($bind))*.execute(&mut **tx);
                tracing::Instrument::instrument(sent, span).await.map(|done| done.rows_affected())
            }
            $crate::Tx::Postgres(tx) => {
                let sent = sqlx::query::<sqlx::Postgres>($statement.postgres)
                    $(.bind($bind))*.execute(&mut **tx);
                tracing::Instrument::instrument(sent, span).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::StorageError::from)
    }};
}

macro_rules! fetch_with {
    ($method:ident, $tx:expr, $row:ty, $statement:expr $(, $bind:expr)*) => {{
        $crate::stats::count();
        let _busy = $crate::stats::busy();
        let span = tracing::debug_span!("db", statement = $statement.name);
        match $tx {
            $crate::Tx::Sqlite(tx) => {
                let sent = sqlx::query_as::<sqlx::Sqlite, $row>($statement.sqlite)
                    $(.bind($bind))*.$method(&mut **tx);
                tracing::Instrument::instrument(sent, span).await
            }
            $crate::Tx::Postgres(tx) => {
                let sent = sqlx::query_as::<sqlx::Postgres, $row>($statement.postgres)
                    $(.bind($bind))*.$method(&mut **tx);
                tracing::Instrument::instrument(sent, span).await
            }
        }
        .map_err($crate::StorageError::from)
    }};
}

/// Reads at most one row.
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $statement:expr $(, $bind:expr)* $(,)?) => {
        $crate::statement::fetch_with!(fetch_optional, $tx, $row, $statement $(, $bind)*)
    };
}

/// Reads exactly one row.
macro_rules! fetch_one {
    ($tx:expr, $row:ty, $statement:expr $(, $bind:expr)* $(,)?) => {
        $crate::statement::fetch_with!(fetch_one, $tx, $row, $statement $(, $bind)*)
    };
}

/// Reads all rows; the statement carries its LIMIT.
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $statement:expr $(, $bind:expr)* $(,)?) => {
        $crate::statement::fetch_with!(fetch_all, $tx, $row, $statement $(, $bind)*)
    };
}

#[allow(unused_imports, reason = "a module takes the macros it needs")]
pub(crate) use {
    execute, fetch_all, fetch_one, fetch_optional, fetch_with, postgres_text, statements,
};
