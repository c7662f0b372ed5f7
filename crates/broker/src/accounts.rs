//! Signing up, in and out; personal API tokens.

use crate::{Broker, BrokerError, OpContext};
use domain::{Role, Timestamp, TokenId, UserId, Viewer};

/// What somebody fills in to sign up.
#[derive(Clone, Default)]
pub struct SignUp {
    /// E-mail address; compared in lower case.
    pub email: String,
    /// At least 10 characters; nothing else is asked of it.
    pub password: String,
    /// The person's name.
    pub name: String,
    /// The organisation's name.
    pub organisation: String,
    /// `customer` or `provider`; brokers are appointed, not signed up.
    pub role: String,
}

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

impl Broker {
    /// Creates organisation and person; for role provider also the provider entry.
    pub async fn sign_up(&self, ctx: &OpContext, form: SignUp) -> Result<Viewer, BrokerError> {
        todo!()
    }

    /// Checks a password; takes as long for an unknown address as for a known one.
    pub async fn sign_in(&self, ctx: &OpContext, email: &str, password: &str) -> Result<Viewer, BrokerError> {
        todo!()
    }

    /// The person behind a session; `None` when the account is gone.
    pub async fn viewer(&self, user: UserId) -> Result<Option<Viewer>, BrokerError> {
        todo!()
    }

    /// The person behind an API token `kmi_…`; `None` when unknown or revoked.
    pub async fn viewer_by_token(&self, secret: &str) -> Result<Option<Viewer>, BrokerError> {
        todo!()
    }

    /// Makes a token; the secret is shown this once.
    pub async fn create_token(&self, ctx: &OpContext, name: &str) -> Result<(TokenView, String), BrokerError> {
        todo!()
    }

    /// The person's tokens, newest first.
    pub async fn tokens(&self, ctx: &OpContext) -> Result<Vec<TokenView>, BrokerError> {
        todo!()
    }

    /// Revokes a token; repeating it changes nothing.
    pub async fn revoke_token(&self, ctx: &OpContext, id: TokenId) -> Result<(), BrokerError> {
        todo!()
    }

    /// Creates a person with any role, for demo data and the first broker; repeatable by e-mail.
    pub async fn ensure_person(
        &self,
        ctx: &OpContext,
        form: SignUp,
        role: Role,
    ) -> Result<Viewer, BrokerError> {
        todo!()
    }
}
