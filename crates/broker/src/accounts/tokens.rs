//! Personal API tokens: made, used, listed, revoked.

use crate::audit::{Entry, record};
use crate::names::name_fault;
use crate::{Broker, BrokerError, OpContext};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Action, DurationUs, Timestamp, TokenId, Viewer};
use sha2::{Digest, Sha256};
use storage::Tx;
use storage::idempotency::{self, Attempt, Begun};
use storage::tokens::{self, NewToken, Token};

/// Starts every API token, so that scanners recognise a leaked one.
const TOKEN_PREFIX: &str = "kmi_";
/// How exact "last used" is.
const TOUCH_EVERY_US: DurationUs = 60_000_000;

/// A personal API token without its secret.
#[derive(Debug, Clone)]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// What the person called it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used; `None`: never.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked; `None`: it works.
    pub revoked_at: Option<Timestamp>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
        }
    }
}

impl From<NewToken> for TokenView {
    fn from(token: NewToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            created_at: token.created_at,
            last_used_at: None,
            revoked_at: None,
        }
    }
}

fn token_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Broker {
    /// The person behind an API token `kmi_…`; `None` when unknown or revoked.
    pub async fn viewer_by_token(&self, secret: &str) -> Result<Option<Viewer>, BrokerError> {
        if !secret.starts_with(TOKEN_PREFIX) {
            return Ok(None);
        }
        let hash = token_hash(secret);
        let found = tokens::find_viewer(&mut self.begin_read().await?, &hash).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        let now = self.now();
        // Written at most once a minute: reading with a token stays a read.
        if found.last_used_at.is_none_or(|last| now.since(last) > TOUCH_EVERY_US) {
            let mut tx = self.begin().await?;
            tokens::touch(&mut tx, found.token, now).await?;
            tx.commit().await?;
        }
        Ok(Some(found.viewer.into()))
    }

    /// Makes a token; the secret is shown this once.
    pub async fn create_token(
        &self,
        ctx: &OpContext,
        name: &str,
    ) -> Result<(TokenView, String), BrokerError> {
        let (token, secret) = self.new_token(ctx.token_owner()?, name)?;
        let mut tx = self.begin().await?;
        self.add_token(ctx, &mut tx, &token).await?;
        tx.commit().await?;
        Ok((token.into(), secret))
    }

    /// As [`Broker::create_token`] for a page that carries a key: sent twice it makes one token, and the
    /// second answer has no secret, because the broker does not keep it. An empty key is none.
    pub async fn create_token_once(
        &self,
        ctx: &OpContext,
        name: &str,
        key: &str,
    ) -> Result<(TokenView, Option<String>), BrokerError> {
        if key.is_empty() {
            let (token, secret) = self.create_token(ctx, name).await?;
            return Ok((token, Some(secret)));
        }
        let viewer = ctx.token_owner()?;
        let (token, secret) = self.new_token(viewer, name)?;
        let scope = format!("token:{}", viewer.user);
        // Another name sent from the same page is another token.
        let request = hex::encode(token_hash(&format!("{key}\0{}", token.name)));
        let now = self.now();
        let attempt = Attempt {
            scope: &scope,
            key: &request,
            request_hash: &request,
            at: now,
            abandoned_before: now,
        };
        let mut tx = self.begin().await?;
        // The key, the token and the answer are one unit of work, so nobody sees it half done.
        match idempotency::begin(&mut tx, &attempt).await? {
            Begun::Started => {}
            Begun::Finished { body, .. } => {
                let made = tokens::list_by_user(&mut tx, viewer.user).await?;
                let made = made.into_iter().find(|made| made.id.to_string() == body);
                let made = made.ok_or(BrokerError::NotFound { what: "token" })?;
                return Ok((made.into(), None));
            }
            Begun::InProgress | Begun::DifferentRequest => {
                let detail = "this form is being worked on already".to_owned();
                return Err(BrokerError::Conflict { code: "in_progress", detail });
            }
        }
        self.add_token(ctx, &mut tx, &token).await?;
        idempotency::finish(&mut tx, &scope, &request, 201, &token.id.to_string()).await?;
        tx.commit().await?;
        Ok((token.into(), Some(secret)))
    }

    fn new_token(&self, owner: &Viewer, name: &str) -> Result<(NewToken, String), BrokerError> {
        if let Some(fault) = name_fault("/name", name, "give the token a name") {
            return Err(BrokerError::Invalid(vec![fault]));
        }
        let secret = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(self.ids().next_secret()));
        let token = NewToken {
            id: TokenId::new(self.ids()),
            user_id: owner.user,
            name: name.trim().to_owned(),
            secret_hash: token_hash(&secret),
            created_at: self.now(),
        };
        Ok((token, secret))
    }

    async fn add_token(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        token: &NewToken,
    ) -> Result<(), BrokerError> {
        tokens::insert(tx, token).await?;
        record(self, ctx, tx, Entry::new("token.created", token.id)).await
    }

    /// The person's tokens, newest first.
    pub async fn tokens(&self, ctx: &OpContext) -> Result<Vec<TokenView>, BrokerError> {
        let viewer = ctx.token_owner()?;
        let mut tx = self.begin_read().await?;
        let rows = tokens::list_by_user(&mut tx, viewer.user).await?;
        Ok(rows.into_iter().map(TokenView::from).collect())
    }

    /// Revokes a token; repeating it changes nothing.
    pub async fn revoke_token(&self, ctx: &OpContext, id: TokenId) -> Result<(), BrokerError> {
        let viewer = ctx.token_owner()?;
        let mut tx = self.begin().await?;
        let rows = tokens::list_by_user(&mut tx, viewer.user).await?;
        let Some(token) = rows.into_iter().find(|token| token.id == id) else {
            return Err(BrokerError::NotFound { what: "token" });
        };
        if token.revoked_at.is_none() {
            tokens::revoke(&mut tx, id, viewer.user, self.now()).await?;
            record(self, ctx, &mut tx, Entry::new("token.revoked", id)).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

impl OpContext {
    /// Tokens belong to the signed-in person.
    fn token_owner(&self) -> Result<&Viewer, BrokerError> {
        self.may(Action::ManageTokens, self.actor.organisation(), "token")?;
        self.actor.viewer().ok_or(BrokerError::SignInFirst)
    }
}
