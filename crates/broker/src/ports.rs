//! What the use cases need from outside, as ports; `server` and `testkit` bring the real parts.
//! Services are asked through `provider_api::Probe`, clouds through `provider_api::Driver`.

use async_trait::async_trait;
use domain::ProviderId;
use provider_api::Driver;
use provider_api::suite::{Options, Report};
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

/// Makes a driver for a provider's cloud, and examines it.
#[async_trait]
pub trait Drivers: Send + Sync + fmt::Debug {
    /// A driver for the connection, or why there is none (for example a refused address).
    fn driver(&self, connection: &CloudConnection) -> Result<Arc<dyn Driver>, String>;

    /// Runs the conformance suite against the cloud; `Err` when there is no way to it.
    async fn examine(
        &self,
        connection: &CloudConnection,
        options: &Options,
    ) -> Result<Report, String>;
}
