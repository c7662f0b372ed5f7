//! How a cloud is reached: address, token, deadlines, retries and allowed private addresses.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::guard::{AddressPolicy, AddressRange, Forbidden, literal};

/// A text that never shows in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; call only where it is sent or compared.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// How often and how patiently a call is repeated inside one method of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all, at least 1.
    pub attempts: u32,
    /// Wait before the second try; doubles each time, halved at most by jitter.
    pub first_wait: Duration,
    /// Longest wait; a longer `Retry-After` ends the tries and is handed to the caller.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        // Three tries within about a second; longer troubles belong to the workflow's own patience.
        Self {
            attempts: 3,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(2),
        }
    }
}

/// How one cloud is reached.
#[derive(Clone, Debug)]
pub struct DriverConfig {
    /// Address of the API without `/v1`.
    pub base_url: Url,
    /// Bearer token.
    pub token: Secret,
    pub connect_timeout: Duration,
    /// For one try, from connecting to the last byte; longer than a provider needs to start a service.
    pub total_timeout: Duration,
    pub retry: RetryPolicy,
    /// Bytes of an answer that are read at most.
    pub body_max: usize,
    /// Private addresses that may be asked; none by default.
    pub addresses: AddressPolicy,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the address {0:?} is not valid")]
    Url(String),
    #[error(
        "the address must begin with https, or with http for an address named in the allow-list"
    )]
    Scheme,
    #[error("the address may not carry a user name, password, query or fragment")]
    Extra,
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("the token must be visible ASCII")]
    Token,
    #[error("the HTTP client could not be built")]
    Client(#[source] reqwest::Error),
    #[error("the certificates that this machine trusts could not be read")]
    Tls(#[source] rustls::Error),
}

impl DriverConfig {
    /// A configuration with the usual deadlines and no private address allowed.
    ///
    /// # Errors
    /// When the text is no URL.
    pub fn new(base_url: &str, token: impl Into<String>) -> Result<Self, ConfigError> {
        Ok(Self {
            base_url: Url::parse(base_url).map_err(|_| ConfigError::Url(base_url.to_owned()))?,
            token: Secret::new(token),
            connect_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(20),
            retry: RetryPolicy::default(),
            body_max: 4 * 1024 * 1024,
            addresses: AddressPolicy::default(),
        })
    }

    /// The same with private ranges allowed.
    #[must_use]
    pub fn allowing(mut self, ranges: Vec<AddressRange>) -> Self {
        self.addresses = AddressPolicy::allowing(ranges);
        self
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let url = &self.base_url;
        self.addresses.check_url(url)?;
        let named = literal(url).is_some_and(|address| self.addresses.names(address));
        match url.scheme() {
            "https" => {}
            "http" if named => {}
            _ => return Err(ConfigError::Scheme),
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(ConfigError::Extra);
        }
        if !self.token.reveal().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::Token);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_never_shows() {
        let config = DriverConfig::new("https://cloud.example", "s3cret-token").unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn plain_http_is_for_named_addresses_only() {
        let loopback = || vec!["127.0.0.0/8".parse().unwrap()];
        let check = |url: &str, allow: Vec<AddressRange>| {
            DriverConfig::new(url, "t").unwrap().allowing(allow).check()
        };
        assert!(check("http://127.0.0.2:9", loopback()).is_ok());
        assert!(matches!(check("http://127.0.0.2:9", vec![]), Err(ConfigError::Forbidden(_))));
        assert!(matches!(check("http://cloud.example", loopback()), Err(ConfigError::Scheme)));
        assert!(matches!(check("ftp://127.0.0.1", loopback()), Err(ConfigError::Scheme)));
        assert!(matches!(check("https://a:b@cloud.example", vec![]), Err(ConfigError::Extra)));
        assert!(check("https://cloud.example/api", vec![]).is_ok());
    }
}
