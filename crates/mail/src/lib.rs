#![doc = include_str!("../README.md")]

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{Address, AsyncTransport, Message, Tokio1Executor};
use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// How long a server may take for one command.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why there is no way to send.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The address of the server cannot be read.
    #[error(
        "the mail server's address cannot be read; it is smtp://HOST:PORT, smtp://HOST:PORT?tls=required or smtps://USER:PASSWORD@HOST"
    )]
    Server(#[source] lettre::transport::smtp::Error),
    /// The sender's address cannot be read.
    #[error("`{0}` is no sender such as Market <no-reply@market.example>")]
    Sender(String),
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Another try may succeed.
    #[error("the mail server did not take it: {0}")]
    ForNow(String),
    /// The server will never take it, or there is nobody to send it to.
    #[error("the mail server refuses it: {0}")]
    Refused(String),
}

/// One message to one person.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Names it; the same for every try.
    pub id: &'a str,
    /// Whose mailbox.
    pub to: &'a str,
    /// The person's name; may be empty.
    pub name: &'a str,
    /// When what it says was found, microseconds UTC.
    pub at_us: i64,
    /// One line.
    pub subject: &'a str,
    /// As text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: &'a str,
    /// The language of both, a BCP 47 tag.
    pub language: &'a str,
}

/// A server that takes mail.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// The address may hold a password, so it never shows.
impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("from", &self.from.to_string()).finish_non_exhaustive()
    }
}

impl Smtp {
    /// A server by its address, and who sends.
    ///
    /// # Errors
    /// When either cannot be read.
    pub fn new(server: &str, from: &str) -> Result<Self, SetupError> {
        let from = from.parse().map_err(|_| SetupError::Sender(from.to_owned()))?;
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(server).map_err(SetupError::Server)?;
        Ok(Self { transport: builder.timeout(Some(TIMEOUT)).build(), from })
    }

    /// Returns when the server has taken the message.
    ///
    /// # Errors
    /// Says whether another try may succeed.
    pub async fn send(&self, mail: &Outgoing<'_>) -> Result<(), SendError> {
        let message = self.message(mail).map_err(SendError::Refused)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(SendError::Refused(told(&error))),
            Err(error) => Err(SendError::ForNow(told(&error))),
        }
    }

    fn message(&self, mail: &Outgoing<'_>) -> Result<Message, String> {
        let address: Address = mail.to.parse().map_err(|_| "this is no address".to_owned())?;
        let name = Some(one_line(mail.name)).filter(|name| !name.is_empty());
        let micros = u64::try_from(mail.at_us).unwrap_or(0);
        let domain = self.from.email.domain();
        let body = MultiPart::alternative_plain_html(mail.text.to_owned(), mail.html.to_owned());
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, address))
            .message_id(Some(format!("<{}@{domain}>", mail.id)))
            .date(UNIX_EPOCH + Duration::from_micros(micros))
            .subject(one_line(mail.subject))
            .multipart(body)
            .map_err(|error| error.to_string())?;
        let headers = message.headers_mut();
        // Nobody's holiday notice answers to it (RFC 3834).
        for (name, value) in
            [("Auto-Submitted", "auto-generated"), ("Content-Language", mail.language)]
        {
            let name =
                HeaderName::new_from_ascii(name.to_owned()).map_err(|error| error.to_string())?;
            headers.insert_raw(HeaderValue::new(name, value.to_owned()));
        }
        Ok(message)
    }
}

/// What stands in a header is one line: whatever ends a line in it is a space.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ").trim().to_owned()
}

/// The fault with what caused it.
fn told(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: Outgoing<'_> = Outgoing {
        id: "ntc_1.usr_2",
        to: "person@customer.example",
        name: "雲 太郎",
        at_us: 1_795_305_600_000_000,
        subject: "新しい版",
        text: "text",
        html: "<p>html</p>",
        language: "ja",
    };

    #[tokio::test]
    async fn a_message_is_the_same_whenever_it_is_sent() {
        let smtp = Smtp::new("smtp://127.0.0.1:9", "Market <no-reply@market.example>").unwrap();
        let message = smtp.message(&MAIL).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(text.contains("Message-ID: <ntc_1.usr_2@market.example>\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(text.contains("Date: Sun, 22 Nov 2026 00:00:00 +0000\r\n"), "{text}");
        assert!(text.contains("multipart/alternative"), "{text}");
        assert_eq!(message.envelope().to(), ["person@customer.example".parse().unwrap()]);
    }

    #[tokio::test]
    async fn lines_in_a_subject_or_name_make_no_header() {
        let smtp = Smtp::new("smtp://127.0.0.1:9", "no-reply@market.example").unwrap();
        let forged = "a\r\nBcc: other@elsewhere.example";
        let mail = Outgoing { subject: forged, name: forged, ..MAIL };
        let message = smtp.message(&mail).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(!text.to_lowercase().contains("\r\nbcc:"), "{text}");
        assert!(text.contains("Subject: a  Bcc: other@elsewhere.example\r\n"), "{text}");
        assert_eq!(message.envelope().to().len(), 1);
        assert!(smtp.message(&Outgoing { to: "a@b\r\nRCPT TO:<c@d>", ..MAIL }).is_err());
    }

    #[tokio::test]
    async fn addresses_that_cannot_be_read_are_told_without_a_password() {
        let wrong = Smtp::new("http://user:geheim@server", "no-reply@market.example").unwrap_err();
        assert!(!format!("{wrong}").contains("geheim"), "{wrong}");
        assert!(Smtp::new("smtp://127.0.0.1:9", "nobody").is_err());
        let smtp = Smtp::new("smtps://user:geheim@server.example", "a@b.example").unwrap();
        assert!(!format!("{smtp:?}").contains("geheim"));
    }
}
