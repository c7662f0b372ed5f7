//! Asks every connected cloud for a sign of life, for whoever runs the broker.

use crate::providers::ProviderCard;
use crate::{Broker, BrokerError, OpContext};
use domain::Action;

/// A connected cloud and what it answered.
#[derive(Debug, Clone)]
pub struct CloudReach {
    /// Whose cloud it is.
    pub provider: ProviderCard,
    /// Base address of its API.
    pub url: String,
    /// Why it cannot be used; `None`: it answered with its capabilities.
    pub fault: Option<String>,
}

impl Broker {
    /// Asks all connected clouds for their capabilities, one after the other.
    pub async fn reach_clouds(&self, ctx: &OpContext) -> Result<Vec<CloudReach>, BrokerError> {
        ctx.may(Action::AdministerProviders, None, "provider")?;
        let connected = self.providers(ctx).await?.into_iter().filter(|provider| provider.backed);
        let mut found = Vec::new();
        for provider in connected {
            let mut tx = self.begin_read().await?;
            let connection = self.cloud_of(&mut tx, provider.id).await;
            // No transaction is held while a cloud thinks.
            drop(tx);
            let (url, fault) = match connection {
                Ok(Some(connection)) => {
                    let fault = match self.inner.drivers.driver(&connection) {
                        Ok(driver) => driver.capabilities().await.err().map(|e| e.to_string()),
                        Err(reason) => Some(reason),
                    };
                    (connection.url, fault)
                }
                Ok(None) => continue,
                Err(error) => (String::new(), Some(error.to_string())),
            };
            found.push(CloudReach { provider, url, fault });
        }
        Ok(found)
    }
}
