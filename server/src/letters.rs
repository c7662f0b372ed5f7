//! Notices in words for mail and as data for webhooks: the words of the pages, the bodies of the API.

use app::Locale;
use async_trait::async_trait;
use broker::notices::Notice;
use broker::ports::{Letter, Letters, Mail, MailFault, Mailer};
use mail::{Outgoing, SendError, Smtp};
use serde_json::Value;

/// The words of the pages.
#[derive(Debug, Clone)]
pub struct ServerLetters {
    origin: String,
    language: Locale,
}

impl ServerLetters {
    /// Letters with links to `origin`, and the language of readers who chose none.
    #[must_use]
    pub fn new(origin: &str, language: Locale) -> Self {
        Self { origin: origin.to_owned(), language }
    }
}

impl Letters for ServerLetters {
    fn letter(&self, notice: &Notice, language: Option<&str>) -> Letter {
        let locale = language.and_then(Locale::from_tag).unwrap_or(self.language);
        let app::inbox::Letter { subject, text, html } =
            app::inbox::letter(locale, &self.origin, notice);
        Letter { subject, text, html, language: locale.tag().to_owned() }
    }

    fn data(&self, notice: &Notice) -> Value {
        crate::api::notice_json(notice)
    }
}

/// Gives mail to the server of the settings.
#[derive(Debug)]
pub(crate) struct SmtpMailer(pub Smtp);

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailFault> {
        let letter = &mail.letter;
        let outgoing = Outgoing {
            id: &mail.id,
            to: &mail.to,
            name: &mail.name,
            at_us: mail.at.0,
            subject: &letter.subject,
            text: &letter.text,
            html: &letter.html,
            language: &letter.language,
        };
        self.0.send(&outgoing).await.map_err(|error| match error {
            SendError::ForNow(fault) => MailFault::ForNow(fault),
            SendError::Refused(fault) => MailFault::Refused(fault),
        })
    }
}
