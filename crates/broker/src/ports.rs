//! What the use cases need from outside, as ports; `server` and `testkit` bring the real parts.
//! Services are asked through `provider_api::Probe`, clouds through `provider_api::Driver`.

use crate::notices::Notice;
use async_trait::async_trait;
use domain::{ProviderId, Timestamp};
use provider_api::Driver;
use provider_api::http::{HttpReader, WebhookSender};
use provider_api::suite::{Options, Report};
use serde_json::Value;
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

/// A notice as it is written to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// As text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The language of both, a BCP 47 tag.
    pub language: String,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Names it; the same for every try, so that a mailbox can tell repetitions.
    pub id: String,
    /// Whose mailbox.
    pub to: String,
    /// The person's name; may be empty.
    pub name: String,
    /// When what it says was found.
    pub at: Timestamp,
    /// What it says.
    pub letter: Letter,
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// Another try may succeed.
    #[error("{0}")]
    ForNow(String),
    /// The server will never take it.
    #[error("{0}")]
    Refused(String),
}

/// Gives mail to a server.
#[async_trait]
pub trait Mailer: Send + Sync + fmt::Debug {
    /// Returns when the server has taken it.
    async fn send(&self, mail: &Mail) -> Result<(), MailFault>;
}

/// Makes words of notices.
pub trait Letters: Send + Sync + fmt::Debug {
    /// A notice as a letter; `None`: in the language of the installation.
    fn letter(&self, notice: &Notice, language: Option<&str>) -> Letter;

    /// A notice as the API tells it.
    fn data(&self, notice: &Notice) -> Value;
}

/// Notices without words, for installations and tests that write to nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Letters for Plain {
    fn letter(&self, notice: &Notice, language: Option<&str>) -> Letter {
        let word = notice.kind.as_str().to_owned();
        let language = language.unwrap_or("en").to_owned();
        Letter { subject: word.clone(), text: word.clone(), html: word, language }
    }

    fn data(&self, notice: &Notice) -> Value {
        serde_json::json!({ "id": notice.id.to_string(), "kind": notice.kind.as_str() })
    }
}

/// Channels beside the inbox, and the way to other markets.
#[derive(Debug, Clone)]
pub struct Channels {
    /// Makes words of notices.
    pub letters: Arc<dyn Letters>,
    /// Gives mail to a server; `None`: this installation sends none.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Posts events to wherever organisations want them, and to nowhere else; `None`: this installation posts none.
    pub webhooks: Option<WebhookSender>,
    /// Reads from other markets, to mirror them; `None`: this installation follows none.
    pub reader: Option<HttpReader>,
    /// Markets that are followed while the process runs.
    pub mirrors: Vec<String>,
    /// Scheme and host as people reach the market; empty: not said.
    pub origin: String,
}

impl Default for Channels {
    fn default() -> Self {
        Self {
            letters: Arc::new(Plain),
            mailer: None,
            webhooks: None,
            reader: None,
            mirrors: Vec::new(),
            origin: String::new(),
        }
    }
}
