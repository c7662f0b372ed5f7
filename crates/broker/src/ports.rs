//! What the use cases need from outside, as ports; `server` and `testkit` bring the real parts.

use async_trait::async_trait;
use domain::ProviderId;
use provider_api::Driver;
use std::fmt;
use std::sync::Arc;

/// How to reach a provider's cloud. The token never shows in debug output.
#[derive(Clone)]
pub struct CloudConnection {
    /// Whose cloud it is.
    pub provider: ProviderId,
    /// Base address of its Inter-cloud Provider API.
    pub url: String,
    /// Bearer token, unsealed.
    pub token: String,
}

impl fmt::Debug for CloudConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudConnection")
            .field("provider", &self.provider)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Makes a driver for a provider's cloud.
pub trait Drivers: Send + Sync + fmt::Debug {
    /// A driver for the connection, or why there is none (for example a refused address).
    fn driver(&self, connection: &CloudConnection) -> Result<Arc<dyn Driver>, String>;
}

/// What a probe of a service's public address saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeResult {
    /// Whether the service answered with success.
    pub ok: bool,
    /// Response time in microseconds; `None` when there was no answer.
    pub response_us: Option<i64>,
    /// Short reason when not ok.
    pub reason: Option<String>,
}

/// Asks a service at its public address, as its users do.
#[async_trait]
pub trait ServiceProbe: Send + Sync + fmt::Debug {
    /// One request with a time limit; never fails, a failure is a result.
    async fn probe(&self, address: &str) -> ProbeResult;
}
