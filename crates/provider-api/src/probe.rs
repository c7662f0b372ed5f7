//! The port that asks a service from outside whether it answers its users.
//! How often to ask and what the answer means for a contract is left to the broker.

use std::fmt;

use async_trait::async_trait;

/// What was seen at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// HTTP status.
    pub status: u16,
    /// Microseconds from sending to the whole answer.
    pub response_us: i64,
    /// The first bytes of the body, at most [`ProbeAnswer::BODY_MAX`], as text.
    pub body: String,
}

impl ProbeAnswer {
    /// Bytes of the body that are kept; enough to recognise a health answer.
    pub const BODY_MAX: usize = 64 * 1024;

    /// Whether the service answered as a working one does: a status of 200 to 399.
    #[must_use]
    pub fn is_up(&self) -> bool {
        (200..400).contains(&self.status)
    }
}

/// Why nothing was seen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Nobody listens at the address.
    #[error("the address refuses connections")]
    Refused,
    /// No whole answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The address is none this installation may ask.
    #[error("the address may not be asked: {0}")]
    Forbidden(String),
    /// Anything else that kept an answer from coming.
    #[error("no answer: {0}")]
    Failed(String),
}

/// Asks a service from outside.
#[async_trait]
pub trait Probe: fmt::Debug + Send + Sync {
    /// One GET to the address, without following redirects.
    async fn probe(&self, url: &str) -> Result<ProbeAnswer, ProbeError>;
}
