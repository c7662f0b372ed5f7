//! Signed documents: a detached JSON Web Signature (RFC 7515, appendix F) over the canonical JSON
//! (RFC 8785), with Ed25519 keys (RFC 8037) that are named by their thumbprint (RFC 7638).
//!
//! The signature stands in `metadata.signature` and signs everything else. Leaves to the caller
//! which keys belong to whom and until when.

use crate::node::Node;
use crate::{AsDocument, Signature, canonical_json, text_in};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use thiserror::Error;

/// `metadata.signature.type` of these signatures.
pub const DETACHED: &str = "jws-detached";
/// The algorithm that is written (RFC 8037); its newer name `Ed25519` (RFC 9864) is read as well.
const ALGORITHM: &str = "EdDSA";

/// A public key that can check signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A private key that can sign.
pub struct PrivateKey(ed25519_dalek::SigningKey);

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public().kid())
    }
}

/// Why a key cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// The text is no JSON object.
    #[error(
        "the key is no JSON Web Key: expected {{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": …}}"
    )]
    NoJwk,
    /// Another kind of key.
    #[error("expected a key of kty OKP and crv Ed25519")]
    OtherKind,
    /// `x` is not the base64url of 32 bytes, or no point of the curve.
    #[error("x is no Ed25519 public key in base64url without padding")]
    NoPoint,
    /// `d` is not the base64url of 32 bytes.
    #[error("d is no Ed25519 private key in base64url without padding")]
    NoSeed,
    /// A private key where a public one is expected: it should not leave its owner.
    #[error("this is a private key: send the public part only, without d")]
    Private,
    /// `d` and `x` do not belong together.
    #[error("d and x are keys of different pairs")]
    OtherPair,
}

impl PublicKey {
    /// Takes the 32 bytes of a key.
    ///
    /// # Errors
    /// The bytes are no point of the curve.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyFault> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyFault::NoPoint)?;
        // A key of small order makes signatures that fit anything.
        if key.is_weak() { Err(KeyFault::NoPoint) } else { Ok(Self(key)) }
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Reads a JSON Web Key; a private one is refused.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_jwk(text: &str) -> Result<Self, KeyFault> {
        let key = jwk(text)?;
        if key.get("d").is_some() {
            return Err(KeyFault::Private);
        }
        Self::from_bytes(&field(&key, "x").ok_or(KeyFault::NoPoint)?)
    }

    /// The JSON Web Key, with its `kid`.
    #[must_use]
    pub fn to_jwk(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.to_bytes());
        let kid = self.kid();
        format!("{{\"crv\":\"Ed25519\",\"kid\":\"{kid}\",\"kty\":\"OKP\",\"x\":\"{x}\"}}")
    }

    /// The key's name: its SHA-256 thumbprint (RFC 7638), so that a name means one key for ever.
    #[must_use]
    pub fn kid(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.to_bytes());
        let members = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}");
        URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
    }
}

impl PrivateKey {
    /// Makes the pair that belongs to 32 secret bytes; the caller draws them by chance.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads a JSON Web Key with its private part.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_jwk(text: &str) -> Result<Self, KeyFault> {
        let key = jwk(text)?;
        let private = Self::from_seed(&field(&key, "d").ok_or(KeyFault::NoSeed)?);
        match field(&key, "x") {
            Some(public) if public != private.public().to_bytes() => Err(KeyFault::OtherPair),
            _ => Ok(private),
        }
    }

    /// The JSON Web Key with its private part; keep it secret.
    #[must_use]
    pub fn to_jwk(&self) -> String {
        let (public, d) = (self.public(), URL_SAFE_NO_PAD.encode(self.0.to_bytes()));
        let (kid, x) = (public.kid(), URL_SAFE_NO_PAD.encode(public.to_bytes()));
        format!(
            "{{\"crv\":\"Ed25519\",\"d\":\"{d}\",\"kid\":\"{kid}\",\"kty\":\"OKP\",\"x\":\"{x}\"}}"
        )
    }

    /// The public part.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

/// Reads one JSON object of a kind of key that is known.
fn jwk(text: &str) -> Result<Node, KeyFault> {
    let key = object(text).ok_or(KeyFault::NoJwk)?;
    let is = |name, word: &str| key.get(name) == Some(&Node::text(word));
    if is("kty", "OKP") && is("crv", "Ed25519") { Ok(key) } else { Err(KeyFault::OtherKind) }
}

fn object(text: &str) -> Option<Node> {
    text_in::parse_json(text).filter(|node| matches!(node, Node::Map(_)))
}

fn field(key: &Node, name: &str) -> Option<[u8; 32]> {
    match key.get(name) {
        Some(Node::Text(text)) => URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok(),
        _ => None,
    }
}

/// A signature that fits its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The key that signed.
    pub kid: String,
    /// Lower-case hex SHA-256 of the canonical JSON.
    pub hash: String,
}

/// Why a signature is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureFault {
    /// There is none.
    #[error("the document is not signed")]
    Unsigned,
    /// A kind of signature that is not read here.
    #[error("the signature is of the type `{found}`; expected {DETACHED}")]
    Kind {
        /// The kind.
        found: String,
    },
    /// The signature is no detached JWS.
    #[error("the signature is no detached JWS: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// An algorithm that is not read here; `none` is one of them.
    #[error("the signature was made with the algorithm `{found}`; expected {ALGORITHM}")]
    Algorithm {
        /// The algorithm.
        found: String,
    },
    /// The signature names another key than the document does.
    #[error("the document names the key {document}, its signature the key {signature}")]
    OtherKey {
        /// `metadata.signature.kid`.
        document: String,
        /// `kid` of the JWS header.
        signature: String,
    },
    /// Nobody knows the key.
    #[error("the key {kid} is not known")]
    UnknownKey {
        /// The key's name.
        kid: String,
    },
    /// The document is not the one that was signed.
    #[error(
        "the signature of the key {kid} was not made for this document, whose SHA-256 is {hash}: it was changed after signing, or another key signed it"
    )]
    Broken {
        /// The key's name.
        kid: String,
        /// Lower-case hex SHA-256 of the canonical JSON as it came.
        hash: String,
    },
}

impl SignatureFault {
    /// Stable reason; pages translate by it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Kind { .. } => "signature_kind",
            Self::Malformed { .. } => "signature_malformed",
            Self::Algorithm { .. } => "signature_algorithm",
            Self::OtherKey { .. } => "signature_other_key",
            Self::UnknownKey { .. } => "signature_unknown_key",
            Self::Broken { .. } => "signature_broken",
        }
    }
}

/// Lower-case hex SHA-256 of the canonical JSON, which names a document by its content.
#[must_use]
pub fn document_hash(document: &impl AsDocument) -> String {
    let digest = Sha256::digest(canonical_json(document).as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Signs a document; put the result into `metadata.signature`. A signature that is there already is
/// not signed with it.
#[must_use]
pub fn sign(document: &impl AsDocument, key: &PrivateKey) -> Signature {
    let kid = key.public().kid();
    let header = URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"{ALGORITHM}\",\"kid\":\"{kid}\"}}"));
    let signature = key.0.sign(signing_input(&header, document).as_bytes());
    let value = format!("{header}..{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()));
    Signature { kind: DETACHED.to_owned(), kid: Some(kid), value: Some(value) }
}

/// What is signed: the header and the document, which is left out of the signature itself.
fn signing_input(header: &str, document: &impl AsDocument) -> String {
    format!("{header}.{}", URL_SAFE_NO_PAD.encode(canonical_json(document)))
}

/// Checks the signature of a document; `key_of` finds the key of a name.
///
/// # Errors
/// Why the signature is not taken: which key, which hash.
pub fn verify(
    document: &impl AsDocument,
    key_of: impl FnOnce(&str) -> Option<PublicKey>,
) -> Result<Verified, SignatureFault> {
    let whole = document.to_document();
    let signature = whole.metadata().signature.as_ref().ok_or(SignatureFault::Unsigned)?;
    if signature.kind != DETACHED {
        return Err(SignatureFault::Kind { found: signature.kind.clone() });
    }
    let malformed = |what| SignatureFault::Malformed { what };
    let value = signature.value.as_deref().ok_or_else(|| malformed("it has no value"))?;
    let mut parts = value.split('.');
    let (header, middle, last) = (parts.next(), parts.next(), parts.next());
    let (Some(header), Some(""), Some(bytes), None) = (header, middle, last, parts.next()) else {
        return Err(malformed("expected header..signature with nothing between the dots"));
    };
    let kid = signed_kid(header)?;
    if let Some(named) = signature.kid.as_ref().filter(|named| **named != kid) {
        return Err(SignatureFault::OtherKey { document: named.clone(), signature: kid });
    }
    let bytes = URL_SAFE_NO_PAD.decode(bytes).ok().and_then(|bytes| bytes.try_into().ok());
    let bytes: [u8; 64] =
        bytes.ok_or_else(|| malformed("the signature is not 64 bytes in base64url"))?;
    let Some(key) = key_of(&kid) else { return Err(SignatureFault::UnknownKey { kid }) };
    let hash = document_hash(&whole);
    let signature = ed25519_dalek::Signature::from_bytes(&bytes);
    match key.0.verify_strict(signing_input(header, &whole).as_bytes(), &signature) {
        Ok(()) => Ok(Verified { kid, hash }),
        Err(_) => Err(SignatureFault::Broken { kid, hash }),
    }
}

/// Reads the header and gives the key's name.
fn signed_kid(header: &str) -> Result<String, SignatureFault> {
    let malformed = |what| SignatureFault::Malformed { what };
    let bytes =
        URL_SAFE_NO_PAD.decode(header).map_err(|_| malformed("the header is no base64url"))?;
    let text = String::from_utf8(bytes).map_err(|_| malformed("the header is no JSON object"))?;
    let header = object(&text).ok_or_else(|| malformed("the header is no JSON object"))?;
    let Node::Map(entries) = &header else { return Err(malformed("the header is no JSON object")) };
    let names: std::collections::BTreeSet<&String> = entries.iter().map(|(name, _)| name).collect();
    if names.len() != entries.len() {
        return Err(malformed("a header field stands twice"));
    }
    // Extensions that must be understood are not, and an unencoded payload is one (RFC 7797).
    if header.get("crit").is_some() || header.get("b64").is_some() {
        return Err(malformed("the header asks for extensions"));
    }
    match header.get("alg") {
        Some(Node::Text(found)) if found == ALGORITHM || found == "Ed25519" => {}
        Some(Node::Text(found)) => {
            return Err(SignatureFault::Algorithm { found: found.chars().take(40).collect() });
        }
        _ => return Err(malformed("the header names no algorithm")),
    }
    match header.get("kid") {
        Some(Node::Text(kid)) if !kid.is_empty() && kid.len() <= 200 => Ok(kid.clone()),
        _ => Err(malformed("the header names no key")),
    }
}
