//! Mutual TLS 1.3 with raw public keys (RFC 7250): each cloud has one key for links, and each side of a link knows the
//! other's from the consent. There is no authority, no name and no date to be wrong about.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use rustls::client::AlwaysResolvesClientRawPublicKeys;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error,
    PeerIncompatible, ServerConfig, SignatureScheme,
};

/// Before the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410).
const PRIVATE_HEAD: [u8; 16] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
/// Before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410).
const PUBLIC_HEAD: [u8; 12] = [48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0];

/// The public key of a cloud, as the other side pins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LinkKey([u8; 32]);

impl LinkKey {
    pub(crate) fn of(key: &SigningKey) -> Self {
        Self(key.verifying_key().to_bytes())
    }

    /// Reads standard base64; nothing when it is no key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
        ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok()?;
        Some(Self(bytes))
    }

    pub(crate) fn text(self) -> String {
        STANDARD.encode(self.0)
    }

    fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let bytes = certificate.as_ref().strip_prefix(PUBLIC_HEAD.as_slice())?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// What the other side of a connection has proved.
    pub(super) fn proved(certificates: Option<&[CertificateDer<'_>]>) -> Option<Self> {
        Self::read(certificates?.first()?)
    }
}

/// Keys that this cloud lets in: those of the links that are not down.
#[derive(Debug, Default)]
pub(crate) struct Known(RwLock<HashSet<LinkKey>>);

impl Known {
    pub(crate) fn set(&self, keys: HashSet<LinkKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn has(&self, key: LinkKey) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&key)
    }
}

/// Whom to talk to.
#[derive(Debug)]
enum Trust {
    /// One cloud.
    Pinned(LinkKey),
    /// Any that a link is with; which link it is for is judged when it has said so.
    Any(Arc<Known>),
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    fn judge(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        let key = LinkKey::read(certificate);
        let trusted = key.is_some_and(|key| match &self.trust {
            Trust::Pinned(pinned) => *pinned == key,
            Trust::Any(known) => known.has(key),
        });
        if trusted {
            Ok(())
        } else {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer))
        }
    }

    fn signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(certificate.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }
}

/// What both sides of a tunnel ask of the other: a raw public key, and a signature with it.
macro_rules! by_raw_keys {
    () => {
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.signature(message, certificate, signed)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ED25519]
        }

        fn requires_raw_public_keys(&self) -> bool {
            true
        }
    };
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(certificate).map(|()| ServerCertVerified::assertion())
    }

    by_raw_keys!();
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(certificate).map(|()| ClientCertVerified::assertion())
    }

    by_raw_keys!();
}

/// The own key as TLS proves it.
fn certified(key: &SigningKey, crypto: &CryptoProvider) -> Result<Arc<CertifiedKey>, Error> {
    let mut der = PRIVATE_HEAD.to_vec();
    der.extend_from_slice(&key.to_bytes());
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der));
    let private = crypto.key_provider.load_private_key(private)?;
    let mut public = PUBLIC_HEAD.to_vec();
    public.extend_from_slice(key.verifying_key().as_bytes());
    Ok(Arc::new(CertifiedKey::new(vec![CertificateDer::from(public)], private)))
}

fn crypto() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn verifier(trust: Trust, crypto: &CryptoProvider) -> Arc<Verifier> {
    Arc::new(Verifier { trust, algorithms: crypto.signature_verification_algorithms })
}

/// The end that is called: only clouds of known keys come in.
pub(super) fn server(key: &SigningKey, known: Arc<Known>) -> Result<Arc<ServerConfig>, Error> {
    let crypto = crypto();
    let own = certified(key, &crypto)?;
    let config = ServerConfig::builder_with_provider(Arc::clone(&crypto))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier(Trust::Any(known), &crypto))
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(own)));
    Ok(Arc::new(config))
}

/// The end that calls: only the one cloud answers.
pub(super) fn client(key: &SigningKey, pinned: LinkKey) -> Result<Arc<ClientConfig>, Error> {
    let crypto = crypto();
    let own = certified(key, &crypto)?;
    let config = ClientConfig::builder_with_provider(Arc::clone(&crypto))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier(Trust::Pinned(pinned), &crypto))
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(own)));
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    /// What one byte and its echo come to between two keys, each with whom it trusts.
    async fn echoed(own: u8, pinned: u8, called: u8, known: &[u8]) -> bool {
        let trusted = Arc::new(Known::default());
        trusted.set(known.iter().map(|seed| LinkKey::of(&key(*seed))).collect());
        let acceptor = TlsAcceptor::from(server(&key(called), trusted).unwrap());
        let connector = TlsConnector::from(client(&key(own), LinkKey::of(&key(pinned))).unwrap());
        let (near, far) = tokio::io::duplex(4096);
        let answering = tokio::spawn(async move {
            let mut stream = acceptor.accept(far).await.ok()?;
            let proved = LinkKey::proved(stream.get_ref().1.peer_certificates());
            let byte = stream.read_u8().await.ok()?;
            stream.write_u8(byte).await.ok()?;
            stream.flush().await.ok()?;
            proved
        });
        let asked = async {
            let name = ServerName::try_from("link.invalid").unwrap();
            let mut stream = connector.connect(name, near).await.ok()?;
            stream.write_u8(7).await.ok()?;
            stream.flush().await.ok()?;
            stream.read_u8().await.ok()
        };
        let heard = asked.await;
        let proved = answering.await.unwrap();
        assert!(proved.is_none_or(|proved| proved == LinkKey::of(&key(own))));
        heard == Some(7)
    }

    #[tokio::test]
    async fn only_the_two_keys_that_were_exchanged_talk_to_each_other() {
        assert!(echoed(1, 2, 2, &[1]).await);
        assert!(!echoed(1, 3, 2, &[1]).await, "another cloud answers at the address");
        assert!(!echoed(1, 2, 2, &[3]).await, "a stranger calls");
        assert!(!echoed(1, 2, 2, &[]).await, "nobody is known");
    }

    #[test]
    fn a_key_reads_back_and_nonsense_is_none() {
        let own = LinkKey::of(&key(1));
        assert_eq!(LinkKey::parse(&own.text()), Some(own));
        assert_eq!(LinkKey::parse("AAAA"), None);
        assert_eq!(LinkKey::parse("not base64"), None);
    }
}
