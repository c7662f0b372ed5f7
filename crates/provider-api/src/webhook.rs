//! Signatures of webhooks after Standard Webhooks: what is sent, and how a receiver knows that its cloud has sent it.
//! When to send is the cloud's; what an event means, the receiver's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Names the message; the same for every attempt, so that a receiver can tell repetitions.
pub const ID: &str = "webhook-id";
/// Seconds UTC of the attempt.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// One signature or several with blanks between them.
pub const SIGNATURE: &str = "webhook-signature";
/// The content type of one event.
pub const MEDIA_TYPE: &str = "application/cloudevents+json; charset=utf-8";

/// The beginning of a secret as text.
const PREFIX: &str = "whsec_";
/// The version of the signatures that are made and taken here.
const VERSION: &str = "v1,";
/// A message whose time is further away than this was held back, or sent again by somebody.
const TOLERANCE_SECONDS: i64 = 300;

/// A shared secret of 24 to 64 bytes; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

/// The text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is whsec_ and 24 to 64 random bytes in base64")]
pub struct InvalidSecret;

/// Why a message is not to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    #[error("the time of the message is no number")]
    Time,
    #[error("the message is older or newer than five minutes")]
    Stale,
    #[error("no signature fits the message")]
    Signature,
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(hidden)")
    }
}

impl WebhookSecret {
    /// Reads the text of a secret.
    ///
    /// # Errors
    /// When it does not begin with `whsec_` or is no base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let coded = text.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let bytes = STANDARD.decode(coded).map_err(|_| InvalidSecret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(InvalidSecret) }
    }

    /// The signature of one attempt, as the header carries it.
    ///
    /// # Errors
    /// Never for a secret that was parsed; the type of the key allows for others.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> Result<String, InvalidSecret> {
        let mac = self.over(id, &seconds.to_string(), body)?;
        Ok(format!("{VERSION}{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    /// Whether the message is from whoever shares the secret and of now.
    ///
    /// # Errors
    /// When it is not.
    pub fn verify(
        &self,
        (id, time, signatures): (&str, &str, &str),
        body: &[u8],
        now_seconds: i64,
    ) -> Result<(), Untrusted> {
        let sent: i64 = time.parse().map_err(|_| Untrusted::Time)?;
        if sent.abs_diff(now_seconds) > TOLERANCE_SECONDS.unsigned_abs() {
            return Err(Untrusted::Stale);
        }
        let ours = signatures.split(' ').filter_map(|each| each.strip_prefix(VERSION));
        for signature in ours.filter_map(|text| STANDARD.decode(text).ok()) {
            let mac = self.over(id, time, body).map_err(|_| Untrusted::Signature)?;
            // Compared in constant time.
            if mac.verify_slice(&signature).is_ok() {
                return Ok(());
            }
        }
        Err(Untrusted::Signature)
    }

    fn over(&self, id: &str, time: &str, body: &[u8]) -> Result<Hmac<Sha256>, InvalidSecret> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| InvalidSecret)?;
        for part in [id.as_bytes(), b".", time.as_bytes(), b".", body] {
            mac.update(part);
        }
        Ok(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const NOW: i64 = 1_614_265_330;

    /// The worked example of the Standard Webhooks libraries.
    #[test]
    fn the_signature_is_the_one_of_the_standard() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", NOW, br#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_message_is_trusted_only_as_it_was_signed_and_only_for_a_while() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let signature = secret.sign("evt_1", NOW, b"{}").unwrap();
        let other = WebhookSecret::parse(&format!("{PREFIX}{}", STANDARD.encode([1; 24]))).unwrap();
        let time = NOW.to_string();
        let check = |secret: &WebhookSecret, id, signature: &str, body: &[u8], now| {
            secret.verify((id, &time, signature), body, now)
        };
        assert_eq!(check(&secret, "evt_1", &signature, b"{}", NOW + 299), Ok(()));
        let several = format!("v1a,abc v1,AAAA {signature}");
        assert_eq!(check(&secret, "evt_1", &several, b"{}", NOW), Ok(()));
        assert_eq!(check(&secret, "evt_1", &signature, b"{}", NOW + 301), Err(Untrusted::Stale));
        assert_eq!(check(&secret, "evt_2", &signature, b"{}", NOW), Err(Untrusted::Signature));
        assert_eq!(check(&secret, "evt_1", &signature, b"{ }", NOW), Err(Untrusted::Signature));
        assert_eq!(check(&other, "evt_1", &signature, b"{}", NOW), Err(Untrusted::Signature));
        assert_eq!(secret.verify(("evt_1", "now", &signature), b"{}", NOW), Err(Untrusted::Time));
    }

    #[test]
    fn a_secret_that_is_short_or_no_base64_is_refused_and_none_is_shown() {
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?"]
        {
            assert_eq!(WebhookSecret::parse(text), Err(InvalidSecret), "{text:?}");
        }
        let shown = format!("{:?}", WebhookSecret::parse(SECRET).unwrap());
        assert_eq!(shown, "WebhookSecret(hidden)");
    }
}
