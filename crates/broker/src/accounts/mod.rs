//! Signing up, in and out.

mod members;
mod tokens;

pub use members::MemberView;
pub use tokens::TokenView;

use crate::audit::{Entry, record};
use crate::names::name_fault;
use crate::password::{PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN};
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, Actor, OrganisationId, ProviderId, Role, UserId, Viewer};
use std::fmt;
use storage::accounts::{self, Organisation, User};
use storage::providers::{self, NewProvider};
use storage::{Secret, Tx};

/// Longest address (RFC 5321 allows 254 octets for a path).
const EMAIL_BYTES_MAX: usize = 254;

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

impl fmt::Debug for SignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignUp").field("role", &self.role).finish_non_exhaustive()
    }
}

impl SignUp {
    /// All faults at once; pointers are the names of the form fields.
    fn faults(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code: &str, found: &str, allowed: &str, message: &str| {
            faults.push(FieldFault::new(&format!("/{field}"), code, found, allowed, message));
        };
        if !is_email(self.email.trim()) {
            fault(
                "email",
                "email",
                &self.email,
                "name@example.org",
                "this is not an e-mail address",
            );
        }
        // The password is never repeated in a fault.
        if self.password.chars().count() < PASSWORD_CHARACTERS_MIN {
            fault(
                "password",
                "too_short",
                "",
                "at least 10 characters",
                "the password is too short",
            );
        } else if self.password.len() > PASSWORD_BYTES_MAX {
            fault("password", "too_long", "", "at most 1000 bytes", "the password is too long");
        }
        for (field, value) in [("name", &self.name), ("organisation", &self.organisation)] {
            faults.extend(name_fault(&format!("/{field}"), value, "fill in a name"));
        }
        faults
    }
}

/// One @ with something on both sides, no spaces; whether it exists only a mail can tell.
fn is_email(text: &str) -> bool {
    let plain = text.len() <= EMAIL_BYTES_MAX
        && !text.contains(|character: char| character.is_whitespace() || sla::is_unseen(character));
    plain
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.contains('@') && host.split('.').all(|part| !part.is_empty())
        })
}

/// The stored form of an address.
fn address(text: &str) -> String {
    text.trim().to_lowercase()
}

impl Broker {
    /// Creates organisation and person; for role provider also the provider entry.
    pub async fn sign_up(&self, ctx: &OpContext, form: SignUp) -> Result<Viewer, BrokerError> {
        let mut faults = form.faults();
        let role = match form.role.parse() {
            Ok(role @ (Role::Customer | Role::Provider)) => Some(role),
            _ => {
                let (allowed, message) = ("customer or provider", "choose customer or provider");
                faults.push(FieldFault::new("/role", "role", &form.role, allowed, message));
                None
            }
        };
        match role {
            Some(role) if faults.is_empty() => {
                self.create_person(ctx, &form, role, role == Role::Provider).await
            }
            _ => Err(BrokerError::Invalid(faults)),
        }
    }

    async fn create_person(
        &self,
        ctx: &OpContext,
        form: &SignUp,
        role: Role,
        with_entry: bool,
    ) -> Result<Viewer, BrokerError> {
        let password_hash = Secret(self.hash_password(&form.password).await?);
        let now = self.now();
        let organisation = Organisation {
            id: OrganisationId::new(self.ids()),
            name: form.organisation.trim().to_owned(),
            role,
            created_at: now,
        };
        let user = User {
            id: UserId::new(self.ids()),
            organisation_id: organisation.id,
            email: address(&form.email),
            name: form.name.trim().to_owned(),
            password_hash,
            created_at: now,
        };
        let viewer = Viewer {
            user: user.id,
            organisation: organisation.id,
            role,
            name: user.name.clone(),
            organisation_name: organisation.name.clone(),
        };
        let mut tx = self.begin().await?;
        accounts::insert_organisation(&mut tx, &organisation).await?;
        accounts::insert_user(&mut tx, &user).await.map_err(|error| {
            if accounts::is_email_taken(&error) {
                return BrokerError::field(
                    "/email",
                    "email_taken",
                    &user.email,
                    "an address without an account, or sign in",
                    "there is an account with this address",
                );
            }
            error.into()
        })?;
        if with_entry {
            self.create_provider_entry(&mut tx, &organisation).await?;
        }
        let by = OpContext { actor: Actor::Person(viewer.clone()), ..ctx.clone() };
        record(self, &by, &mut tx, Entry::new("account.signed_up", organisation.id)).await?;
        tx.commit().await?;
        Ok(viewer)
    }

    /// A provider that signs up starts as catalogue only, under a name of its own.
    async fn create_provider_entry(
        &self,
        tx: &mut Tx,
        organisation: &Organisation,
    ) -> Result<(), BrokerError> {
        let id = ProviderId::new(self.ids());
        // The id is unique, so the short name is too; a broker gives it a better one.
        let slug = id.to_string().replace('_', "-");
        let entry = NewProvider {
            id,
            organisation_id: Some(organisation.id),
            did: format!("did:kumoichi:{slug}"),
            slug,
            name_en: organisation.name.clone(),
            name_ja: organisation.name.clone(),
            description_en: String::new(),
            description_ja: String::new(),
            country: "JP".to_owned(),
            homepage: None,
            created_at: organisation.created_at,
        };
        Ok(providers::insert(tx, &entry).await?)
    }

    /// Checks a password; takes as long for an unknown address as for a known one.
    pub async fn sign_in(
        &self,
        ctx: &OpContext,
        email: &str,
        password: &str,
    ) -> Result<Viewer, BrokerError> {
        // What is no address belongs to nobody, and not every database can be asked for it.
        if password.len() > PASSWORD_BYTES_MAX || !is_email(email.trim()) {
            return Err(BrokerError::WrongCredentials);
        }
        let mut tx = self.begin_read().await?;
        let user = accounts::find_user_by_email(&mut tx, &address(email)).await?;
        drop(tx);
        let stored = user.as_ref().map(|user| user.password_hash.0.clone());
        let right = self.verify_password(password, stored).await?;
        let Some(user) = user.filter(|_| right) else {
            return Err(BrokerError::WrongCredentials);
        };
        let mut tx = self.begin().await?;
        let Some(viewer) = accounts::find_viewer(&mut tx, user.id).await? else {
            return Err(BrokerError::WrongCredentials);
        };
        let by = OpContext { actor: Actor::Person(viewer.clone()), ..ctx.clone() };
        record(self, &by, &mut tx, Entry::new("account.signed_in", user.id)).await?;
        tx.commit().await?;
        Ok(viewer)
    }

    /// The person behind a session; `None` when the account is gone.
    pub async fn viewer(&self, user: UserId) -> Result<Option<Viewer>, BrokerError> {
        Ok(accounts::find_viewer(&mut self.begin_read().await?, user).await?)
    }

    /// Creates a person with any role, for demo data and the first broker; repeatable by e-mail.
    pub async fn ensure_person(
        &self,
        ctx: &OpContext,
        form: SignUp,
        role: Role,
    ) -> Result<Viewer, BrokerError> {
        ctx.may(Action::AdministerProviders, None, "account")?;
        let mut tx = self.begin_read().await?;
        if let Some(user) = accounts::find_user_by_email(&mut tx, &address(&form.email)).await? {
            let viewer = accounts::find_viewer(&mut tx, user.id).await?;
            return viewer.ok_or(BrokerError::NotFound { what: "account" });
        }
        drop(tx);
        let faults = form.faults();
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        // Its provider entry comes with the seeded market.
        self.create_person(ctx, &form, role, false).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_a_name_and_a_host() {
        for good in ["a@b", "hanako@city.example.jp", "花子@例え.jp"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a b@c", "a@b@c", "a@b..c", "a@.b"] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn every_fault_of_a_sign_up_is_told_at_once_and_the_password_never() {
        let form = SignUp { password: "0123".into(), ..SignUp::default() };
        let faults = form.faults();
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/email", "/password", "/name", "/organisation"]);
        assert!(!format!("{faults:?}{form:?}").contains("0123"));
    }
}
