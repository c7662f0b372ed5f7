//! Sealing secrets for the database: AES-256-GCM-SIV (RFC 8452), bound to what they belong to.
//!
//! A sealed value is the nonce followed by the ciphertext. The purpose is authenticated with it,
//! so a token copied into another provider's row does not open.

use crate::BrokerError;
use crate::runtime::SealingKey;
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use domain::IdSource;
use std::fmt;

const NONCE_BYTES: usize = 12;

/// Seals and opens with the installation's key.
pub(crate) struct Sealer(Aes256GcmSiv);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl Sealer {
    pub fn new(key: &SealingKey) -> Self {
        Self(Aes256GcmSiv::new(&key.0.into()))
    }

    /// Seals `secret` for `purpose`, such as a provider's id.
    pub fn seal(
        &self,
        ids: &dyn IdSource,
        purpose: &str,
        secret: &str,
    ) -> Result<Vec<u8>, BrokerError> {
        let mut nonce = [0_u8; NONCE_BYTES];
        nonce.copy_from_slice(&ids.next_secret()[..NONCE_BYTES]);
        let payload = Payload { msg: secret.as_bytes(), aad: purpose.as_bytes() };
        let sealed = self
            .0
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| BrokerError::Internal("a secret could not be sealed".to_owned()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// A mark for `purpose` that only this installation can make and that is always the same: 32 hexadecimal digits. The
    /// cipher resists a nonce that is used again (RFC 8452), so what is left of nothing sealed is a code of its purpose.
    pub fn mark(&self, purpose: &str) -> Result<String, BrokerError> {
        let payload = Payload { msg: &[], aad: purpose.as_bytes() };
        let mark = self.0.encrypt(&Nonce::from([0_u8; NONCE_BYTES]), payload);
        let mark =
            mark.map_err(|_| BrokerError::Internal("a mark could not be made".to_owned()))?;
        Ok(hex::encode(mark))
    }

    /// Opens what [`Sealer::seal`] made for the same purpose with the same key.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<String, BrokerError> {
        let fault = || {
            BrokerError::Internal(format!(
                "the secret of {purpose} does not open: was the sealing key replaced?"
            ))
        };
        let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(fault)?;
        let payload = Payload { msg: body, aad: purpose.as_bytes() };
        let opened = self.0.decrypt(&Nonce::from(*nonce), payload).map_err(|_| fault())?;
        String::from_utf8(opened).map_err(|_| fault())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::SequentialIds;

    #[test]
    fn a_sealed_secret_opens_only_for_its_purpose_and_key() {
        let ids = SequentialIds::new(1);
        let sealer = Sealer::new(&SealingKey([7; 32]));
        let sealed = sealer.seal(&ids, "prv_a", "token").unwrap();
        assert_eq!(sealer.open("prv_a", &sealed).unwrap(), "token");
        assert!(sealer.open("prv_b", &sealed).is_err());
        assert!(Sealer::new(&SealingKey([8; 32])).open("prv_a", &sealed).is_err());
        assert!(sealer.open("prv_a", &sealed[..5]).is_err());
        let mark = sealer.mark("adopt a").unwrap();
        assert_eq!((mark.len(), &mark), (32, &sealer.mark("adopt a").unwrap()));
        assert_ne!(mark, sealer.mark("adopt b").unwrap());
        assert_ne!(mark, Sealer::new(&SealingKey([8; 32])).mark("adopt a").unwrap());
        assert!(!sealed.windows(5).any(|part| part == b"token"));
    }
}
