//! Keys that providers sign their documents with: registered, replaced by newer ones, revoked.
//!
//! A key is named by its thumbprint, so that a name means one key for ever. Rotating is registering
//! the next key, whose documents are taken from its first moment on, and revoking the old one.
//! What was signed before a key was revoked stays published; its page says that the key is revoked.

use crate::audit::{Entry, record};
use crate::offers::signature_fault;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId, ProviderId, Timestamp};
use sla::Offer;
use sla::exchange::jws::{self, PublicKey};
use storage::keys::{self, OfferSignature, ProviderKey};
use storage::{Tx, lock};

/// A key as its provider and everybody else see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCard {
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// The public key as a JSON Web Key (RFC 8037).
    pub jwk: String,
    /// Documents signed with it are taken from then on.
    pub valid_from: Timestamp,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was revoked; `None`: in use.
    pub revoked_at: Option<Timestamp>,
}

/// Who signed a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureCard {
    /// The key that signed.
    pub kid: String,
    /// The detached JWS.
    pub value: String,
    /// When the key was revoked since; `None`: it is in use.
    pub revoked_at: Option<Timestamp>,
}

impl SignatureCard {
    /// As it stands in the document.
    #[must_use]
    pub fn in_document(&self) -> sla::Signature {
        sla::Signature {
            kind: jws::DETACHED.to_owned(),
            kid: Some(self.kid.clone()),
            value: Some(self.value.clone()),
        }
    }
}

impl Broker {
    /// Registers a public key; repeating it changes nothing. A key that was revoked stays so.
    /// `valid_from`: now unless stated.
    pub async fn register_key(
        &self,
        ctx: &OpContext,
        jwk: &str,
        valid_from: Option<Timestamp>,
    ) -> Result<KeyCard, BrokerError> {
        ctx.may(Action::ManageKeys, ctx.actor.organisation(), "key")?;
        let key = PublicKey::from_jwk(jwk).map_err(|fault| {
            let allowed = "{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": …}";
            // What was sent may be a private key: it is not repeated.
            BrokerError::field("/key", "key", "", allowed, &fault.to_string())
        })?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        lock::provider(&mut tx, provider.id).await?;
        let kid = key.kid();
        match keys::find(&mut tx, provider.id, &kid).await? {
            Some(there) if there.revoked_at.is_some() => {
                let detail =
                    format!("the key {kid} was revoked and cannot come back: register a new one");
                return Err(BrokerError::Conflict { code: "key_revoked", detail });
            }
            Some(there) => return card(&there),
            None => {}
        }
        let row = ProviderKey {
            provider_id: provider.id,
            kid,
            public_key: key.to_bytes(),
            valid_from: valid_from.unwrap_or(now),
            created_by: ctx.actor.audit_name(),
            created_at: now,
            revoked_at: None,
        };
        keys::insert(&mut tx, &row).await?;
        let entry = Entry::new("key.registered", provider.id).with("kid", row.kid.as_str());
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        card(&row)
    }

    /// Revokes a key: no further document is taken with it. Repeating it changes nothing.
    pub async fn revoke_key(&self, ctx: &OpContext, kid: &str) -> Result<KeyCard, BrokerError> {
        ctx.may(Action::ManageKeys, ctx.actor.organisation(), "key")?;
        // No key has such a thumbprint, and not every database can be asked for it.
        if kid.contains(char::is_control) {
            return Err(BrokerError::NotFound { what: "key" });
        }
        let mut tx = self.begin().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        lock::provider(&mut tx, provider.id).await?;
        let found = keys::find(&mut tx, provider.id, kid).await?;
        let found = found.ok_or(BrokerError::NotFound { what: "key" })?;
        if found.revoked_at.is_some() {
            return card(&found);
        }
        let now = self.now();
        keys::revoke(&mut tx, provider.id, kid, now).await?;
        let entry = Entry::new("key.revoked", provider.id).with("kid", kid);
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        card(&ProviderKey { revoked_at: Some(now), ..found })
    }

    /// The keys of one's own provider, newest first, at most 200.
    pub async fn my_keys(&self, ctx: &OpContext) -> Result<Vec<KeyCard>, BrokerError> {
        ctx.may(Action::ManageKeys, ctx.actor.organisation(), "key")?;
        let mut tx = self.begin_read().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        keys::list(&mut tx, provider.id).await?.iter().map(card).collect()
    }

    /// The keys of a provider, for everybody who wants to check its signatures.
    pub async fn provider_keys(
        &self,
        ctx: &OpContext,
        provider: ProviderId,
    ) -> Result<Vec<KeyCard>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "provider")?;
        let mut tx = self.begin_read().await?;
        let found = storage::providers::find(&mut tx, provider).await?;
        found.ok_or(BrokerError::NotFound { what: "provider" })?;
        keys::list(&mut tx, provider).await?.iter().map(card).collect()
    }

    /// Who signed a version; `None`: it is not signed.
    pub(crate) async fn signature_of(
        &self,
        offer: OfferId,
        version: i64,
    ) -> Result<Option<SignatureCard>, BrokerError> {
        let mut tx = self.begin_read().await?;
        let found = keys::find_signature(&mut tx, offer, version).await?;
        let card = |found: keys::SignatureWithKey| SignatureCard {
            kid: found.kid,
            value: found.value,
            revoked_at: found.revoked_at,
        };
        Ok(found.map(card))
    }
}

fn card(key: &ProviderKey) -> Result<KeyCard, BrokerError> {
    let public = PublicKey::from_bytes(&key.public_key).map_err(|fault| {
        BrokerError::Internal(format!("the stored key {} cannot be read: {fault}", key.kid))
    })?;
    Ok(KeyCard {
        kid: key.kid.clone(),
        jwk: public.to_jwk(),
        valid_from: key.valid_from,
        created_at: key.created_at,
        revoked_at: key.revoked_at,
    })
}

/// The keys of one provider, read once for any number of documents.
#[derive(Debug)]
pub(crate) struct Keyring(Vec<ProviderKey>);

/// A signature that fits its document.
#[derive(Debug)]
pub(crate) struct Signed {
    kid: String,
    value: String,
}

impl Signed {
    /// The row to be stored for a version.
    pub fn row(self, offer_id: OfferId, version: i64) -> OfferSignature {
        OfferSignature { offer_id, version, kid: self.kid, value: self.value }
    }
}

impl Keyring {
    /// Reads the keys of a provider.
    pub async fn of(tx: &mut Tx, provider: ProviderId) -> Result<Self, BrokerError> {
        Ok(Self(keys::list(tx, provider).await?))
    }

    /// Checks the signature of a document. Without one, or with a mere announcement of a key, a
    /// document is unsigned, which is allowed.
    pub fn check(&self, offer: &Offer, now: Timestamp) -> Result<Option<Signed>, BrokerError> {
        let signature = offer.metadata.signature.as_ref();
        let Some(value) = signature.and_then(|signature| signature.value.clone()) else {
            return Ok(None);
        };
        let named = signature.and_then(|signature| signature.kid.clone()).unwrap_or_default();
        let public = |kid: &str| {
            let key = self.0.iter().find(|key| key.kid == kid)?;
            PublicKey::from_bytes(&key.public_key).ok()
        };
        let verified =
            jws::verify(offer, public).map_err(|fault| signature_fault(&fault, &named))?;
        let kid = verified.kid;
        let key = self.0.iter().find(|key| key.kid == kid);
        let refused = |code, allowed: &str, message: String| {
            Err(BrokerError::field("/metadata/signature/kid", code, &kid, allowed, &message))
        };
        match key {
            Some(key) if key.revoked_at.is_some_and(|at| at <= now) => refused(
                "signature_revoked_key",
                "a key that is in use",
                format!("the key {kid} is revoked: sign with another one"),
            ),
            Some(key) if key.valid_from > now => refused(
                "signature_early_key",
                "a key that is in use already",
                format!("the key {kid} is not in use yet"),
            ),
            _ => Ok(Some(Signed { kid, value })),
        }
    }
}
