//! The real clients of clouds and services, allowed to reach this machine.

use broker::ports::{CloudConnection, Drivers};
use provider_api::suite::{self, Options, RealTime, Report, Target};
use provider_api::{AddressPolicy, AddressRange, Driver, DriverConfig, HttpDriver};
use std::sync::Arc;
use std::time::Duration;

/// Lets clients encrypt, as the program does at its start; another test of the process may have been first.
pub fn encrypts() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The addresses of this machine, which are refused unless named.
#[must_use]
pub fn loopback() -> Vec<AddressRange> {
    vec!["127.0.0.0/8".parse().expect("a network")]
}

/// Makes HTTP drivers that retry at once.
#[derive(Debug, Default)]
pub struct HttpDrivers;

#[async_trait::async_trait]
impl Drivers for HttpDrivers {
    fn driver(&self, connection: &CloudConnection) -> Result<Arc<dyn Driver>, String> {
        driver(connection, None)
    }

    async fn examine(
        &self,
        connection: &CloudConnection,
        options: &Options,
    ) -> Result<Report, String> {
        let config = DriverConfig::new(&connection.url, connection.token.as_str())
            .map_err(|error| error.to_string())?
            .allowing(loopback());
        let target = Target::new(config);
        // What needs no time to pass at the cloud, whose clock stands still in stories.
        let only = ["door", "hold.repeat", "end"].map(str::to_owned).to_vec();
        let options = &Options { only, ..options.clone() };
        Ok(suite::run(&target, options, Arc::new(RealTime)).await)
    }
}

/// Makes HTTP drivers that wait so long for an answer and no longer.
#[derive(Debug)]
pub struct HastyDrivers {
    /// For one try, from connecting to the last byte.
    pub patience: Duration,
}

#[async_trait::async_trait]
impl Drivers for HastyDrivers {
    fn driver(&self, connection: &CloudConnection) -> Result<Arc<dyn Driver>, String> {
        driver(connection, Some(self.patience))
    }

    async fn examine(
        &self,
        connection: &CloudConnection,
        options: &Options,
    ) -> Result<Report, String> {
        HttpDrivers.examine(connection, options).await
    }
}

fn driver(
    connection: &CloudConnection,
    patience: Option<Duration>,
) -> Result<Arc<dyn Driver>, String> {
    let mut config = DriverConfig::new(&connection.url, connection.token.as_str())
        .map_err(|error| error.to_string())?
        .allowing(loopback());
    config.retry.first_wait = Duration::from_millis(5);
    config.total_timeout = patience.unwrap_or(config.total_timeout);
    let driver = HttpDriver::new(config).map_err(|error| error.to_string())?;
    Ok(Arc::new(driver))
}

/// The policy that allows probes of services on this machine.
pub(crate) fn probe_policy() -> AddressPolicy {
    AddressPolicy::allowing(loopback())
}
