//! Posts one signed event, with the same guard against private addresses as the driver.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use url::Url;

use super::client::chain;
use super::config::ConfigError;
use super::guard::{self, AddressPolicy};
use crate::webhook::{self, WebhookSecret};

/// Posts events to wherever subscribers want them, and to nowhere else.
#[derive(Clone, Debug)]
pub struct WebhookSender {
    client: reqwest::Client,
    addresses: AddressPolicy,
}

/// Why an address cannot be posted to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookUrlFault {
    #[error("allowed is the address of a receiver, such as https://receiver.example/events")]
    NotUrl,
    #[error("allowed is http or https without user and password")]
    Scheme,
    #[error("{0} is not a public address")]
    Private(String),
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct WebhookMessage<'a> {
    pub id: &'a str,
    /// Seconds UTC of the attempt.
    pub seconds: i64,
    pub body: &'a str,
}

impl WebhookSender {
    /// Builds a sender that gives up after `timeout`.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(timeout: Duration, addresses: AddressPolicy) -> Result<Self, ConfigError> {
        let client = guard::client(timeout, &addresses)?.build().map_err(ConfigError::Client)?;
        Ok(Self { client, addresses })
    }

    /// Whether an address may be posted to; names are checked again whenever they are resolved.
    ///
    /// # Errors
    /// When it may not.
    pub fn check(&self, url: &str) -> Result<Url, WebhookUrlFault> {
        let url = Url::parse(url).map_err(|_| WebhookUrlFault::NotUrl)?;
        let plain = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !plain || !url.has_host() {
            return Err(WebhookUrlFault::Scheme);
        }
        match self.addresses.check_url(&url) {
            Ok(()) => Ok(url),
            Err(forbidden) => Err(WebhookUrlFault::Private(forbidden.0)),
        }
    }

    /// Posts JSON as it is, with a token where there is one; the status of the answer, of which nothing else is read.
    ///
    /// # Errors
    /// Says why there was no answer.
    pub async fn push(&self, url: &str, token: Option<&str>, body: String) -> Result<u16, String> {
        let url = self.check(url).map_err(|fault| fault.to_string())?;
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.map_err(|error| chain(&error))?;
        Ok(response.status().as_u16())
    }

    /// Posts one message; the status of the answer, of which nothing else is read.
    ///
    /// # Errors
    /// Says why there was no answer.
    pub async fn post(
        &self,
        url: &str,
        secret: &WebhookSecret,
        message: WebhookMessage<'_>,
    ) -> Result<u16, String> {
        let url = self.check(url).map_err(|fault| fault.to_string())?;
        let WebhookMessage { id, seconds, body } = message;
        let signature = secret.sign(id, seconds, body.as_bytes()).map_err(|e| e.to_string())?;
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, webhook::MEDIA_TYPE)
            .header(webhook::ID, id)
            .header(webhook::TIMESTAMP, seconds.to_string())
            .header(webhook::SIGNATURE, signature)
            .body(body.to_owned());
        let response = request.send().await.map_err(|error| chain(&error))?;
        Ok(response.status().as_u16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_receivers_over_http_may_be_posted_to() {
        let sender = WebhookSender::new(Duration::from_secs(1), AddressPolicy::default()).unwrap();
        sender.check("https://receiver.example/events").unwrap();
        for (url, fault) in [
            ("somewhere", WebhookUrlFault::NotUrl),
            ("ftp://receiver.example/", WebhookUrlFault::Scheme),
            ("file:///etc/passwd", WebhookUrlFault::Scheme),
            ("https://user:word@receiver.example/", WebhookUrlFault::Scheme),
            ("http://127.0.0.1/", WebhookUrlFault::Private("127.0.0.1".into())),
            ("http://[::1]/", WebhookUrlFault::Private("::1".into())),
            ("http://169.254.169.254/", WebhookUrlFault::Private("169.254.169.254".into())),
            ("http://2130706433/", WebhookUrlFault::Private("127.0.0.1".into())),
        ] {
            assert_eq!(sender.check(url).unwrap_err(), fault, "{url}");
        }
        let loopback = AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
        let sender = WebhookSender::new(Duration::from_secs(1), loopback).unwrap();
        sender.check("http://127.0.0.1:9/").unwrap();
        assert!(sender.check("http://10.0.0.1/").is_err());
    }
}
