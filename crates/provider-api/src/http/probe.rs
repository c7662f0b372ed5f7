//! `Probe` over HTTP: one GET, as a user would send it.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use url::Url;

use super::body::{self, BodyError};
use super::config::ConfigError;
use super::guard::{self, AddressPolicy};
use crate::probe::{Probe, ProbeAnswer, ProbeError};

/// Asks services over HTTP, with the same guard against private addresses as the driver.
#[derive(Clone, Debug)]
pub struct HttpProbe {
    client: reqwest::Client,
    addresses: AddressPolicy,
}

impl HttpProbe {
    /// Builds a probe that gives up after `timeout`.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(timeout: Duration, addresses: AddressPolicy) -> Result<Self, ConfigError> {
        // Each probe connects anew: a kept connection would not notice a closed address.
        let client = guard::client(timeout, &addresses)?.pool_max_idle_per_host(0);
        let client = client.build().map_err(ConfigError::Client)?;
        Ok(Self { client, addresses })
    }
}

#[async_trait]
impl Probe for HttpProbe {
    async fn probe(&self, url: &str) -> Result<ProbeAnswer, ProbeError> {
        let url = Url::parse(url).map_err(|error| ProbeError::Failed(error.to_string()))?;
        self.addresses.check_url(&url).map_err(|error| ProbeError::Forbidden(error.0))?;
        let begun = Instant::now();
        let response = self.client.get(url).send().await.map_err(|error| classify(&error))?;
        let status = response.status().as_u16();
        let body = match body::read(response, ProbeAnswer::BODY_MAX).await {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // Longer than is kept: it answers all the same.
            Err(BodyError::TooLarge) => String::new(),
            Err(BodyError::Broken(error)) => return Err(classify(&error)),
        };
        let response_us = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        Ok(ProbeAnswer { status, response_us, body })
    }
}

fn classify(error: &reqwest::Error) -> ProbeError {
    if error.is_timeout() {
        return ProbeError::TimedOut;
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(forbidden) = cause.downcast_ref::<super::guard::Forbidden>() {
            return ProbeError::Forbidden(forbidden.0.clone());
        }
        let refused = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if refused == Some(std::io::ErrorKind::ConnectionRefused) {
            return ProbeError::Refused;
        }
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    ProbeError::Failed(text)
}
