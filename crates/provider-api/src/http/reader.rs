//! Reads from another market and sends files to one, with the same guard against private addresses as the driver and a
//! limit to every answer.

use std::fmt;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use url::Url;

use super::body;
use super::client::chain;
use super::config::ConfigError;
use super::guard::{self, AddressPolicy};

/// Reads JSON over HTTP and follows no redirect.
#[derive(Clone, Debug)]
pub struct HttpReader {
    client: reqwest::Client,
    addresses: AddressPolicy,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

/// A text that is sent to a market's API.
#[derive(Clone, Copy)]
pub struct Sending<'a> {
    /// Where to.
    pub url: &'a Url,
    /// Who sends it.
    pub token: &'a str,
    /// The same for every attempt, so that a repeated one is done once.
    pub key: &'a str,
    /// What it is.
    pub media_type: &'a str,
    /// The text.
    pub text: &'a str,
}

impl fmt::Debug for Sending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl HttpReader {
    /// Builds a reader that gives up after `timeout`.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(timeout: Duration, addresses: AddressPolicy) -> Result<Self, ConfigError> {
        let client = guard::client(timeout, &addresses)?.build().map_err(ConfigError::Client)?;
        Ok(Self { client, addresses })
    }

    /// One GET; a body of more than `bytes_max` is refused.
    ///
    /// # Errors
    /// Says why there was no whole answer.
    pub async fn get(&self, url: &str, bytes_max: usize) -> Result<Read, String> {
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("allowed is http or https".to_owned());
        }
        self.addresses.check_url(&url).map_err(|error| error.to_string())?;
        let response = self.client.get(url).send().await.map_err(|error| chain(&error))?;
        let status = response.status().as_u16();
        let body = body::read(response, bytes_max).await.map_err(|error| error.to_string())?;
        Ok(Read { status, body })
    }

    /// One POST; an answer of more than `bytes_max` is refused.
    ///
    /// # Errors
    /// Says why there was no whole answer.
    pub async fn post(&self, sending: Sending<'_>, bytes_max: usize) -> Result<Read, String> {
        let Sending { url, token, key, media_type, text } = sending;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("allowed is http or https".to_owned());
        }
        self.addresses.check_url(url).map_err(|error| error.to_string())?;
        let request = self.client.post(url.clone()).bearer_auth(token);
        let request = request.header("idempotency-key", key).header(CONTENT_TYPE, media_type);
        let response = request.body(text.to_owned()).send().await.map_err(|error| chain(&error))?;
        let status = response.status().as_u16();
        let body = body::read(response, bytes_max).await.map_err(|error| error.to_string())?;
        Ok(Read { status, body })
    }
}
