//! Why the cloud could not start, and why an operation was not done.

use std::io;

use provider_api::{Problem, ProblemCode, StatementError};

/// Why the cloud could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    #[error("the configuration is wrong: {0}")]
    Config(String),
    #[error("another cloud uses the data directory {0}")]
    InUse(String),
    #[error("{what} failed")]
    Io {
        what: String,
        #[source]
        source: io::Error,
    },
    #[error("the cloud's database failed")]
    Store(#[from] sqlx::Error),
    #[error("the cloud's database could not be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the signing key in the data directory is damaged")]
    Key,
    #[error("no randomness is available")]
    Randomness,
    #[error("events could not be made ready to be posted")]
    Sender(#[source] provider_api::ConfigError),
    #[error("the end of tunnels to other clouds could not be made ready")]
    Tls(#[source] rustls::Error),
}

impl CloudError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// Why an operation was not done, or was perhaps not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpError {
    /// A definite refusal: nothing was done.
    #[error("refused: {}", .0.detail)]
    Refused(Box<Problem>),
    #[error("the cloud's database failed")]
    Store(#[from] sqlx::Error),
    #[error("a file of the cloud failed")]
    Io(#[from] io::Error),
    #[error("the statement could not be signed")]
    Statement(#[from] StatementError),
    #[error("stored data could not be read or written")]
    Json(#[from] serde_json::Error),
    #[error("the work was cut off")]
    CutOff,
}

impl OpError {
    pub(crate) fn refuse(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self::Refused(Box::new(Problem::new(code, detail)))
    }
}
