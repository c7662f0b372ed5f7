//! The signed statement that data were erased (IF10, F7.10.1c), its canonical bytes and its check.
//! Whether the bytes are really gone is the provider's work; this only binds its word to its key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::wire::{AllocationId, PublicKey};

/// The standard whose words `ErasureMethod` uses.
pub const ERASURE_STANDARD: &str = "NIST SP 800-88 Rev. 2";

/// How thoroughly data were erased, in the words of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ErasureMethod {
    /// Logical techniques on all user-addressable places; protects against simple recovery.
    Clear,
    /// Techniques that make recovery infeasible even in a laboratory.
    Purge,
    /// The medium itself can no longer be used.
    Destroy,
}

/// One erased resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasedResource {
    /// `volume`, `backup` and so on.
    pub kind: String,
    /// The provider's id of it.
    pub id: String,
    /// Bytes erased.
    pub bytes: i64,
    /// Files or objects erased.
    pub items: i64,
}

/// What a provider states, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnsignedStatement {
    /// Version of this form, 1.
    pub version: u32,
    /// The cloud that speaks.
    pub provider: String,
    /// The caller's label: its contract id.
    pub subject: String,
    pub allocation_id: AllocationId,
    pub resources: Vec<ErasedResource>,
    /// [`ERASURE_STANDARD`].
    pub standard: String,
    pub method: ErasureMethod,
    /// The technique used and how it was verified, in a sentence.
    pub technique: String,
    /// Bytes erased in all.
    pub bytes: i64,
    /// Microseconds UTC when nothing was left.
    pub erased_at_us: i64,
    /// Which key signs.
    pub key_id: String,
}

/// A signed statement; every field but the signature is covered by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureStatement {
    #[serde(flatten)]
    pub statement: UnsignedStatement,
    /// Ed25519 over the canonical JSON of all other fields, standard base64.
    pub signature: String,
}

/// Why a statement proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    #[error("the key is not a valid ed25519 public key")]
    Key,
    #[error("the signature is not 64 bytes of base64")]
    Encoding,
    #[error("the signature does not belong to this statement and key")]
    Signature,
    #[error("the statement names key {found}, expected is {expected}")]
    OtherKey { found: String, expected: String },
    #[error("the statement could not be written as JSON")]
    Json(#[source] serde_json::Error),
}

impl UnsignedStatement {
    /// The bytes that are signed.
    ///
    /// # Errors
    /// Never for values built by this crate; kept as a result since it passes through `serde_json`.
    pub fn canonical(&self) -> Result<Vec<u8>, StatementError> {
        let value = serde_json::to_value(self).map_err(StatementError::Json)?;
        let mut text = String::new();
        write_canonical(&value, &mut text);
        Ok(text.into_bytes())
    }

    /// Signs the statement.
    ///
    /// # Errors
    /// As [`Self::canonical`].
    pub fn sign(self, key: &SigningKey) -> Result<ErasureStatement, StatementError> {
        let signature = key.sign(&self.canonical()?);
        Ok(ErasureStatement { statement: self, signature: STANDARD.encode(signature.to_bytes()) })
    }
}

impl ErasureStatement {
    /// Checks the signature against a key obtained beforehand, never one sent along.
    ///
    /// # Errors
    /// When anything in the statement was changed or another key signed it.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), StatementError> {
        let bytes = STANDARD.decode(&self.signature).map_err(|_| StatementError::Encoding)?;
        let signature = Signature::from_slice(&bytes).map_err(|_| StatementError::Encoding)?;
        // Strict: refuses weak keys and signatures that could be altered and stay valid.
        key.verify_strict(&self.statement.canonical()?, &signature)
            .map_err(|_| StatementError::Signature)
    }

    /// Checks the statement against the key a cloud published in its capabilities.
    ///
    /// # Errors
    /// When the key is malformed, is not the one named, or did not sign this.
    pub fn verify_with(&self, published: &PublicKey) -> Result<(), StatementError> {
        if self.statement.key_id != published.key_id {
            let (found, expected) = (self.statement.key_id.clone(), published.key_id.clone());
            return Err(StatementError::OtherKey { found, expected });
        }
        self.verify(&published.verifying_key()?)
    }
}

impl PublicKey {
    /// Publishes a key under an id.
    #[must_use]
    pub fn of(key: &VerifyingKey, key_id: impl Into<String>) -> Self {
        Self {
            key_id: key_id.into(),
            algorithm: "ed25519".to_owned(),
            public_key: STANDARD.encode(key.as_bytes()),
        }
    }

    /// The key itself.
    ///
    /// # Errors
    /// When the text is not 32 bytes of base64 or no point of the curve.
    pub fn verifying_key(&self) -> Result<VerifyingKey, StatementError> {
        let bytes = STANDARD.decode(&self.public_key).map_err(|_| StatementError::Key)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| StatementError::Key)?;
        VerifyingKey::from_bytes(&bytes).map_err(|_| StatementError::Key)
    }
}

/// Writes JSON with sorted names and no blanks; equals RFC 8785 for the integers and ASCII names used here.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().collect();
            names.sort_by_key(|(name, _)| name.as_str());
            out.push('{');
            for (position, (name, field)) in names.into_iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write_canonical(field, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> UnsignedStatement {
        UnsignedStatement {
            version: 1,
            provider: "東 cloud".to_owned(),
            subject: "ctr_1".to_owned(),
            allocation_id: "a1".into(),
            resources: vec![ErasedResource {
                kind: "volume".into(),
                id: "v1".into(),
                bytes: 10,
                items: 2,
            }],
            standard: ERASURE_STANDARD.to_owned(),
            method: ErasureMethod::Clear,
            technique: "overwritten and unlinked".to_owned(),
            bytes: 10,
            erased_at_us: 1_700_000_000_000_000,
            key_id: "k1".to_owned(),
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    #[test]
    fn a_signed_statement_verifies_after_a_trip_as_json() {
        let signed = statement().sign(&key()).unwrap();
        let text = serde_json::to_string(&signed).unwrap();
        let back: ErasureStatement = serde_json::from_str(&text).unwrap();
        back.verify(&key().verifying_key()).unwrap();
        back.verify_with(&PublicKey::of(&key().verifying_key(), "k1")).unwrap();
    }

    #[test]
    fn any_changed_field_breaks_the_signature() {
        let signed = statement().sign(&key()).unwrap();
        let json = serde_json::to_value(&signed).unwrap();
        let mut changed = 0;
        for (name, value) in json.as_object().unwrap() {
            let mut other = json.clone();
            other[name] = match value {
                Value::Number(number) => (number.as_i64().unwrap() + 1).into(),
                Value::String(_) if name == "method" => "purge".into(),
                Value::String(text) if name == "signature" => text
                    .replacen(&text[..1], if text.starts_with('A') { "B" } else { "A" }, 1)
                    .into(),
                Value::String(text) => format!("{text}x").into(),
                _ => Value::Array(vec![]),
            };
            let forged: ErasureStatement = serde_json::from_value(other).unwrap();
            assert!(forged.verify(&key().verifying_key()).is_err(), "{name}");
            changed += 1;
        }
        assert_eq!(changed, 12, "every field was tried");
    }

    #[test]
    fn another_key_proves_nothing() {
        let signed = statement().sign(&key()).unwrap();
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert!(matches!(signed.verify(&other), Err(StatementError::Signature)));
        assert!(matches!(
            signed.verify_with(&PublicKey::of(&other, "k2")),
            Err(StatementError::OtherKey { .. })
        ));
    }

    #[test]
    fn canonical_json_sorts_names_and_has_no_blanks() {
        let mut text = String::new();
        write_canonical(
            &serde_json::json!({"b": [1, {"d": null, "c": "雲\n"}], "a": true}),
            &mut text,
        );
        assert_eq!(text, "{\"a\":true,\"b\":[1,{\"c\":\"雲\\n\",\"d\":null}]}");
    }
}
