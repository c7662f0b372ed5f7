//! Whom this machine trusts, read once per process and shared by all clients: a list of more than a
//! hundred certificates would be read and parsed again for every cloud otherwise.
//! A certificate that is added to the machine counts from the next start.

use std::sync::OnceLock;

use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;

use super::config::ConfigError;

/// What is spoken over TLS; the clients have no other.
const PROTOCOL: &[u8] = b"http/1.1";

/// The settings of TLS; a copy shares what was read.
pub(super) fn settings() -> Result<ClientConfig, ConfigError> {
    static SETTINGS: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(known) = SETTINGS.get() {
        return Ok(known.clone());
    }
    install_crypto();
    let mut fresh = ClientConfig::with_platform_verifier().map_err(ConfigError::Tls)?;
    fresh.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(SETTINGS.get_or_init(|| fresh).clone())
}

/// Gives rustls its cryptography once per process; a provider chosen earlier by the binary stays.
fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race against another installer is fine: then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn certificates_are_read_once_and_shared_by_all_clients() {
        let (one, other) = (settings().unwrap(), settings().unwrap());
        let resolver = |settings: &ClientConfig| Arc::clone(&settings.client_auth_cert_resolver);
        assert!(Arc::ptr_eq(&resolver(&one), &resolver(&other)));
        assert_eq!(one.alpn_protocols, [PROTOCOL]);
    }
}
